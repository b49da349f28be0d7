"""What time ends: in batches, by any number of replicas, and without one bad row holding up the others."""

import asyncio
from datetime import timedelta

import pytest

from agents.runtime import Outcome
from bot.cards.text import plain
from bot.flow.execute import report, take
from bot.flow.sweep import BATCH, CLAIM_WITHIN, REPORT_WITHIN, UNCLAIMED, UNREPORTED, sweep
from storage.records import Request, RequestStatus, StepStatus, StepType
from storage.store import Transaction
from tests.bot.flow.stage import Stage


async def copies(stage: Stage, count: int, *, broken: int = 0, **changes: object) -> list[str]:
    """As many requests like the one that an agent makes, each of a run of its own; the first ones without their journal."""
    request = await stage.ask()
    run = await stage.run()
    [first] = await stage.read(lambda tx: tx.revisions(request.id))
    steps = await stage.read(lambda tx: tx.steps(run.id))
    names = [f"copy{number:04d}" for number in range(count)]

    def work(tx: Transaction) -> None:
        for name in names:
            tx.add_run(run.model_copy(update={"id": f"run_{name}"}))
            copied = {"id": f"req_{name}", "run_id": f"run_{name}", **changes}
            tx.add_request(request.model_copy(update=copied), first.model_copy(update={"request_id": f"req_{name}"}))
            for step in steps if name not in names[:broken] else ():
                tx.write_step(step.model_copy(update={"run_id": f"run_{name}"}), attempt=None)

    await stage.store.write(work)
    return [f"req_{name}" for name in names]


async def test_a_backlog_ends_by_several_sweeps_at_once_each_request_once(stage: Stage) -> None:
    await copies(stage, 3 * BATCH)
    stage.clock.move(hours=5)
    swept = await asyncio.gather(*(sweep(stage.signoff) for _ in range(3)))
    assert sum(swept) == 3 * BATCH + 1
    assert await stage.read(lambda tx: tx.overdue_requests(10)) == []
    entries = await stage.read(lambda tx: tx.audit_entries(limit=10_000))
    ended = [entry.request_id for entry in entries if entry.event == "request.expired"]
    assert len(ended) == len(set(ended)) == 3 * BATCH + 1


async def test_bad_rows_hold_nobody_up_and_are_tried_again(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    broken = BATCH + 5  # more than a batch, and the oldest
    ids = await copies(stage, 2 * BATCH, broken=broken)
    stage.clock.move(hours=5)
    assert await sweep(stage.signoff) == 2 * BATCH + 1 - broken
    assert set(await stage.read(lambda tx: tx.overdue_requests(1000))) == set(ids[:broken])
    assert caplog.text.count("cannot be swept: There is no step") == broken
    steps = await stage.read(lambda tx: tx.steps(f"run_copy{2 * BATCH - 1:04d}"))
    [whole] = [step for step in steps if step.type is StepType.approval]

    def mend(tx: Transaction) -> None:
        for number in range(broken):
            waiting = {"run_id": f"run_copy{number:04d}", "status": StepStatus.waiting, "finished_at": None}
            tx.write_step(whole.model_copy(update=waiting), attempt=None)

    await stage.store.write(mend)
    assert await sweep(stage.signoff) == broken


async def of_another_program(stage: Stage) -> Request:
    """A request whose agent runs elsewhere, approved by a person."""
    [copy] = await copies(stage, 1, api_key="key_1")
    await stage.approve(await stage.read(lambda tx: tx.request(copy)))
    return await stage.read(lambda tx: tx.request(copy))


async def test_what_another_program_never_claims_expires_and_says_why(stage: Stage) -> None:
    request = await of_another_program(stage)
    assert request.status is RequestStatus.approved
    stage.clock.now += CLAIM_WITHIN - timedelta(minutes=1)
    assert await sweep(stage.signoff) == 0
    stage.clock.move(minutes=2)
    assert await sweep(stage.signoff) == 1
    await stage.settle()
    ended = await stage.read(lambda tx: tx.request(request.id))
    assert (ended.status, ended.reason) == (RequestStatus.expired, UNCLAIMED)
    assert any(UNCLAIMED in plain(line) for line in stage.card().lines)
    [record] = await stage.read(lambda tx: tx.evaluations(run_id=request.run_id))
    assert (record.decision, record.outcome) == ("expired", "none")
    assert await stage.store.write(lambda tx: take(tx, stage.signoff, ended)) is None


async def test_what_another_program_claims_and_never_reports_is_unknown_and_told_to_people(stage: Stage) -> None:
    request = await of_another_program(stage)
    taken = await stage.store.write(lambda tx: take(tx, stage.signoff, request))
    assert taken is not None
    stage.clock.now += REPORT_WITHIN - timedelta(minutes=1)
    assert await sweep(stage.signoff) == 0
    stage.clock.move(minutes=2)
    assert await sweep(stage.signoff) == 1
    await stage.settle()
    ended = await stage.read(lambda tx: tx.request(request.id))
    assert (ended.status, ended.reason) == (RequestStatus.unknown, UNREPORTED)
    assert any(UNREPORTED in text for _, text in stage.surface.replies)
    late = Outcome("succeeded", request.arguments, receipt={"summary": "It was done."})
    await stage.store.write(lambda tx: report(tx, stage.signoff, request.id, taken[1], late))
    assert (await stage.read(lambda tx: tx.request(request.id))).status is RequestStatus.unknown


async def test_what_it_reports_in_time_stays(stage: Stage) -> None:
    request = await of_another_program(stage)
    taken = await stage.store.write(lambda tx: take(tx, stage.signoff, request))
    assert taken is not None
    done = Outcome("succeeded", request.arguments, receipt={"summary": "Paid."})
    await stage.store.write(lambda tx: report(tx, stage.signoff, request.id, taken[1], done))
    stage.clock.move(hours=1)
    assert await sweep(stage.signoff) == 0
    assert (await stage.read(lambda tx: tx.request(request.id))).status is RequestStatus.succeeded
