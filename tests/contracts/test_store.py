"""What every Store must do, whatever database it is on."""

import asyncio
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from storage.audit import verify
from storage.records import (
    Execution,
    ExecutionStatus,
    MessageStatus,
    RequestStatus,
    Run,
    RunStatus,
    StepStatus,
)
from storage.sql.open import Storage
from storage.store import Conflict, Fenced, NotFound, Transaction
from tests.conftest import Database
from tests.contracts.stored import ask, chain
from tests.storage.records import (
    PLACE,
    decision,
    evaluation,
    execution,
    message,
    person,
    request,
    revision_of,
    run,
    step,
)

PENDING, APPROVED = RequestStatus.pending, RequestStatus.approved


# --- what is written comes back


async def test_records_come_back_as_they_were_written(storage: Storage) -> None:
    asked = request(arguments={"text": "naïve \x00 \u202e ☃", "deep": [1, 2.5, None, {"a": True}], "big": 2**53})
    told, ran, judged = message(address={"ts": "1.2"}), execution(receipt={"summary": "done"}), evaluation()
    stepped = step(1, result=["any", {"json": None}], finished_at=datetime.now(UTC))
    decided = decision("dec_1", person(1), notes="line\nline", reason="wrong_amount")

    def write(tx: Transaction) -> None:
        tx.add_run(run(total_cost_usd=0.25, status=RunStatus.running, attempt=1))
        tx.write_step(stepped, attempt=1)
        tx.add_request(asked, revision_of(asked))
        assert tx.add_decision(decided)
        assert tx.claim_execution(ran)
        tx.add_evaluation(judged)
        assert tx.add_message(told)

    def read(tx: Transaction) -> list[Any]:
        return [
            *tx.steps("run_1"), tx.request("req_1"), *tx.revisions("req_1"), *tx.decisions("req_1"),
            *tx.executions("run_1"), *tx.evaluations(), *tx.messages("req_1"),
        ]  # fmt: skip

    await storage.store.write(write)
    assert await storage.store.read(read) == [stepped, asked, revision_of(asked), decided, ran, judged, told]
    assert (await storage.store.read(lambda tx: tx.run("run_1"))).total_cost_usd == 0.25


async def test_text_that_no_database_carries_becomes_a_replacement_character(storage: Storage) -> None:
    await storage.store.write(lambda tx: tx.add_run(run(input="nul \x00, half \ud800, whole \U0001f600")))
    stored = await storage.store.read(lambda tx: tx.run("run_1"))
    assert stored.input == "nul \ufffd, half \ufffd, whole \U0001f600"


async def test_json_carries_even_lone_surrogates(storage: Storage) -> None:
    asked = await ask(storage, request(arguments={"text": "half \ud800"}))
    assert (await storage.store.read(lambda tx: tx.request("req_1"))).arguments == asked.arguments


async def test_missing_rows_are_named(storage: Storage) -> None:
    with pytest.raises(NotFound, match="There is no run run_9"):
        await storage.store.read(lambda tx: tx.run("run_9"))
    with pytest.raises(NotFound, match="There is no request req_9"):
        await storage.store.read(lambda tx: tx.request("req_9"))


async def test_the_same_id_twice_is_a_conflict(storage: Storage) -> None:
    await storage.store.write(lambda tx: tx.add_run(run()))
    with pytest.raises(Conflict):
        await storage.store.write(lambda tx: tx.add_run(run()))


async def test_a_request_of_no_run_is_a_conflict(storage: Storage) -> None:
    with pytest.raises(Conflict):
        await storage.store.write(lambda tx: tx.add_request(request(), revision_of(request())))


async def test_a_failed_transaction_leaves_nothing(storage: Storage) -> None:
    def work(tx: Transaction) -> None:
        tx.add_run(run())
        tx.audit("run.started", actor="signoff")
        raise LookupError("no")

    with pytest.raises(LookupError):
        await storage.store.write(work)
    assert not await storage.store.read(lambda tx: tx.runs())
    assert not await chain(storage)


async def test_one_bad_transaction_among_many_at_once_fails_alone(storage: Storage) -> None:
    def work(tx: Transaction, number: int) -> int:
        tx.add_run(run(f"run_{number}"))
        tx.audit("run.started", actor="signoff", run_id=f"run_{number}")
        if number % 7 == 3:
            raise LookupError(number)
        return number

    many = range(40)
    answers = await asyncio.gather(
        *(storage.store.write(partial(work, number=number)) for number in many), return_exceptions=True
    )
    failed = {number for number, answer in zip(many, answers, strict=True) if isinstance(answer, LookupError)}
    assert failed == {number for number in many if number % 7 == 3}
    stored = {one.id for one in await storage.store.read(lambda tx: tx.runs(limit=100))}
    assert stored == {f"run_{number}" for number in many} - {f"run_{number}" for number in failed}
    entries = await chain(storage)
    assert verify(entries) is None
    assert {entry.run_id for entry in entries} == stored


async def test_reads_see_a_snapshot(storage: Storage) -> None:
    await storage.store.write(lambda tx: tx.add_run(run("run_1")))
    loop = asyncio.get_running_loop()

    def look(tx: Transaction) -> tuple[int, int]:
        before = len(tx.runs())
        writing = asyncio.run_coroutine_threadsafe(storage.store.write(lambda tx: tx.add_run(run("run_2"))), loop)
        writing.result(10)
        return before, len(tx.runs())

    assert await storage.store.read(look) == (1, 1)
    assert len(await storage.store.read(lambda tx: tx.runs())) == 2


async def test_reads_cannot_write(storage: Storage) -> None:
    with pytest.raises(Exception, match="read"):
        await storage.store.read(lambda tx: tx.add_run(run()))
    assert not await storage.store.read(lambda tx: tx.runs())


async def test_lists_are_newest_first_and_filtered(storage: Storage) -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    for number in range(4):
        asked = request(f"req_{number}", f"run_{number}", created_at=start + timedelta(hours=number))
        await ask(storage, asked)
    await storage.store.write(lambda tx: tx.move_request("req_2", PENDING, RequestStatus.cancelled))

    async def ids(**filters: Any) -> list[str]:
        return [one.id for one in await storage.store.read(lambda tx: tx.requests(**filters))]

    assert await ids() == ["req_3", "req_2", "req_1", "req_0"]
    assert await ids(limit=2) == ["req_3", "req_2"]
    assert await ids(status=PENDING) == ["req_3", "req_1", "req_0"]
    assert await ids(run_id="run_1") == ["req_1"]
    assert await ids(requester="slack:T1:U1", status=RequestStatus.cancelled) == ["req_2"]
    assert await ids(requester="slack:T1:U2") == []


@pytest.mark.parametrize(
    ("prefix", "found"),
    [("req_ab", 2), ("REQ_AB", 2), ("req_abc", 1), ("req_", 3), ("", 3), ("req%", 0), ("reqxab", 0), ("/", 0)],
)
async def test_requests_are_found_by_the_start_of_their_id(storage: Storage, prefix: str, found: int) -> None:
    for number, name in enumerate(("req_abc", "req_ABd", "req_x1", "req_x2")):
        await ask(storage, request(name, f"run_{number}"))
    assert len(await storage.store.read(lambda tx: tx.find_requests(prefix))) == found


def _add_run(one: Run, tx: Transaction) -> None:
    tx.add_run(one)


async def test_runs_are_newest_first_filtered_and_walked_in_pages(storage: Storage) -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    for number in range(4):
        agent = "support" if number % 2 else "triage"
        at = start + timedelta(hours=number // 2)  # two at a time: the id decides between them
        await storage.store.write(partial(_add_run, run(f"run_{number}", agent=agent, created_at=at)))

    async def ids(**filters: Any) -> list[str]:
        return [one.id for one in await storage.store.read(lambda tx: tx.runs(**filters))]

    assert await ids() == ["run_3", "run_2", "run_1", "run_0"]
    assert await ids(limit=1) == ["run_3"]
    assert await ids(after=(start + timedelta(hours=1), "run_3")) == ["run_2", "run_1", "run_0"]
    assert await ids(after=(start, "run_1"), limit=5) == ["run_0"]
    assert await ids(since=start + timedelta(hours=1)) == ["run_3", "run_2"]
    assert await ids(agent="triage") == ["run_2", "run_0"]
    assert await ids(agent="triage", status=RunStatus.succeeded) == []


@pytest.mark.parametrize(("prefix", "found"), [("run_ab", 2), ("RUN_ABC", 1), ("run_", 3), ("run%", 0), ("/", 0)])
async def test_runs_are_found_by_the_start_of_their_id(storage: Storage, prefix: str, found: int) -> None:
    for name in ("run_abc", "run_ABd", "run_x1", "run_x2"):
        await storage.store.write(partial(_add_run, run(name)))
    assert len(await storage.store.read(lambda tx: tx.find_runs(prefix))) == found


# --- deliveries


async def test_a_delivery_is_first_once(storage: Storage) -> None:
    answers = await asyncio.gather(*(storage.store.write(lambda tx: tx.first_delivery("Ev1")) for _ in range(8)))
    assert sorted(answers) == [False] * 7 + [True]


async def test_deliveries_are_forgotten_in_time(database: Database) -> None:
    async with database.open() as storage:
        await storage.store.write(lambda tx: tx.first_delivery("old"))
        database.ahead = timedelta(days=2)
        await storage.store.write(lambda tx: tx.first_delivery("new"))
        old = timedelta(days=1)
        assert await storage.store.write(lambda tx: tx.forget_deliveries(tx.now() - old)) == 1
        assert await storage.store.write(lambda tx: (tx.first_delivery("old"), tx.first_delivery("new"))) == (True, False)


# --- runs and fences


async def test_a_run_goes_ready_running_waiting_ready(storage: Storage) -> None:
    await storage.store.write(lambda tx: tx.add_run(run()))
    claimed = await storage.store.write(lambda tx: tx.claim_run("run_1"))
    assert claimed is not None
    assert (claimed.status, claimed.attempt) == (RunStatus.running, 1)
    await storage.store.write(lambda tx: tx.park_run("run_1", 1))
    assert await storage.store.write(lambda tx: tx.claim_run("run_1")) is None
    assert await storage.store.write(lambda tx: tx.wake_run("run_1"))
    assert not await storage.store.write(lambda tx: tx.wake_run("run_1"))
    again = await storage.store.write(lambda tx: tx.claim_run("run_1"))
    assert again is not None
    assert again.attempt == 2


async def test_a_stale_attempt_is_fenced(storage: Storage) -> None:
    await storage.store.write(lambda tx: tx.add_run(run()))
    old = await storage.store.write(lambda tx: tx.claim_run("run_1"))
    new = await storage.store.write(lambda tx: tx.claim_run("run_1"))
    assert old is not None
    assert new is not None
    for stale in (
        lambda tx: tx.write_step(step(1), attempt=old.attempt),
        lambda tx: tx.park_run("run_1", old.attempt),
    ):
        with pytest.raises(Fenced):
            await storage.store.write(stale)
    ended = {"status": RunStatus.succeeded, "finished_at": datetime.now(UTC)}
    assert not await storage.store.write(lambda tx: tx.end_run(old.model_copy(update=ended)))
    await storage.store.write(lambda tx: tx.write_step(step(1), attempt=new.attempt))
    assert await storage.store.write(lambda tx: tx.end_run(new.model_copy(update=ended)))
    assert not await storage.store.write(lambda tx: tx.end_run(new.model_copy(update=ended)))
    with pytest.raises(Fenced):
        await storage.store.write(lambda tx: tx.write_step(step(2), attempt=new.attempt))


async def test_a_finished_step_is_never_replaced(storage: Storage) -> None:
    def work(tx: Transaction) -> None:
        tx.add_run(run(status=RunStatus.running, attempt=1))
        tx.write_step(step(1), attempt=1)
        tx.write_step(step(1, status=StepStatus.done, result="first"), attempt=1)
        tx.write_step(step(1, status=StepStatus.done, result="second"), attempt=1)
        tx.write_step(step(1, status=StepStatus.failed, error="third"), attempt=None)

    await storage.store.write(work)
    [only] = await storage.store.read(lambda tx: tx.steps("run_1"))
    assert (only.status, only.result) == (StepStatus.done, "first")


async def test_the_flow_writes_steps_of_parked_runs(storage: Storage) -> None:
    def work(tx: Transaction) -> None:
        tx.add_run(run(status=RunStatus.waiting, attempt=3))
        tx.write_step(step(2, status=StepStatus.waiting), attempt=None)
        tx.write_step(step(2, status=StepStatus.done), attempt=None)

    await storage.store.write(work)
    [only] = await storage.store.read(lambda tx: tx.steps("run_1"))
    assert only.status is StepStatus.done


# --- executions, messages


async def test_a_grant_is_used_once(storage: Storage) -> None:
    await ask(storage)

    async def claim(number: int) -> bool:
        one = execution(f"exe_{number}", step=3 + number % 2, request_id="req_1")
        return await storage.store.write(lambda tx: tx.claim_execution(one))

    assert sorted(await asyncio.gather(*(claim(number) for number in range(8)))) == [False] * 7 + [True]


async def test_an_execution_ends_once(storage: Storage) -> None:
    def claim(tx: Transaction) -> bool:
        tx.add_run(run())
        return tx.claim_execution(execution())

    assert await storage.store.write(claim)

    async def end(status: ExecutionStatus) -> Execution | None:
        return await storage.store.write(lambda tx: tx.end_execution("exe_1", status, receipt={"summary": "ok"}))

    ended = [one for one in await asyncio.gather(*(end(one) for one in list(ExecutionStatus)[1:] * 3)) if one]
    assert len(ended) == 1
    assert ended[0].receipt == {"summary": "ok"}
    assert ended[0].finished_at is not None
    assert await storage.store.read(lambda tx: tx.execution_of("run_1", 3)) == ended[0]
    assert await storage.store.read(lambda tx: tx.execution_of("run_1", 4)) is None


async def test_a_channel_has_one_message_about_a_subject(storage: Storage) -> None:
    other = PLACE.model_copy(update={"channel": "C2"})

    async def add(number: int) -> bool:
        return await storage.store.write(lambda tx: tx.add_message(message(f"msg_{number}")))

    assert sum(await asyncio.gather(*(add(number) for number in range(6)))) == 1
    assert await storage.store.write(lambda tx: tx.add_message(message("msg_x", place=other)))
    [first] = [one for one in await storage.store.read(lambda tx: tx.messages("req_1")) if one.place == PLACE]
    posted = first.model_copy(update={"status": MessageStatus.posted, "address": {"ts": "1.5"}, "shown": "d"})
    await storage.store.write(lambda tx: tx.update_message(posted))
    assert posted in await storage.store.read(lambda tx: tx.messages("req_1"))
    with pytest.raises(NotFound):
        await storage.store.write(lambda tx: tx.update_message(message("msg_none")))


# --- audit


async def test_the_chain_holds_after_concurrent_writes(storage: Storage) -> None:
    def work(tx: Transaction, number: int) -> None:
        tx.audit("one", actor=f"a{number}", body={"number": number, "text": "é\u2028", "share": 0.1})
        tx.audit("two", actor=f"a{number}", run_id=f"run_{number}")

    await asyncio.gather(*(storage.store.write(partial(work, number=number)) for number in range(50)))
    entries = await chain(storage)
    assert [entry.seq for entry in entries] == list(range(1, 101))
    assert verify(entries) is None
    for one, two in zip(entries[::2], entries[1::2], strict=True):
        assert (one.event, two.event, two.actor) == ("one", "two", one.actor)
    assert [entry.at for entry in entries] == sorted(entry.at for entry in entries)


async def test_entries_are_read_in_pages_and_by_subject(storage: Storage) -> None:
    def work(tx: Transaction) -> None:
        for number in range(5):
            tx.audit("e", actor="a", request_id=f"req_{number % 2}")

    await storage.store.write(work)
    pages = await storage.store.read(lambda tx: tx.audit_entries(after=2, limit=2))
    assert [entry.seq for entry in pages] == [3, 4]
    mine = await storage.store.read(lambda tx: tx.audit_entries(request_id="req_1"))
    assert [entry.seq for entry in mine] == [2, 4]


async def test_what_cannot_be_hashed_is_refused_with_its_transaction(storage: Storage) -> None:
    def work(tx: Transaction) -> None:
        tx.add_run(run())
        tx.audit("bad", actor="a", body={"number": 2**60})

    with pytest.raises(ValueError, match="2\\*\\*53"):
        await storage.store.write(work)
    assert not await storage.store.read(lambda tx: tx.runs())
    assert not await chain(storage)
