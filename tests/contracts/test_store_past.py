"""What every Store must do about past proposals: all of them, each once, in order, with what is needed to judge again."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from storage.records import PastProposal, Request
from storage.sql.open import Storage
from storage.store import Transaction
from tests.storage.records import evaluation, execution, request, revision_of, run

SINCE = datetime(2026, 3, 1, tzinfo=UTC)
UNTIL = SINCE + timedelta(days=1)


def at(minutes: float) -> datetime:
    return SINCE + timedelta(minutes=minutes)


async def asked(storage: Storage, name: str, minutes: float, **fields: Any) -> Request:
    """A request that was edited, and ended two hours after it was asked."""
    made = request(f"req_{name}", f"run_{name}", created_at=at(minutes), **fields)
    edited = made.model_copy(update={"revision": 2, "arguments": {"amount": 1}})
    ended = evaluation(
        f"eva_{name}", made.run_id, request_id=made.id, created_at=at(minutes + 120), agent=made.agent, action=made.action
    )

    def work(tx: Transaction) -> None:
        tx.add_run(run(made.run_id, created_at=at(minutes)))
        tx.add_request(made, revision_of(made))
        tx.revise_request(edited, revision_of(edited))
        tx.add_evaluation(ended)

    await storage.store.write(work)
    return made


async def unasked(storage: Storage, name: str, minutes: float, *, ran: bool = True, **fields: Any) -> None:
    def work(tx: Transaction) -> None:
        tx.add_run(run(f"run_{name}", created_at=at(minutes)))
        if ran:
            tx.claim_execution(execution(f"exe_{name}", f"run_{name}", started_at=at(minutes), arguments={"whole": name}))
        tx.add_evaluation(evaluation(f"eva_{name}", f"run_{name}", created_at=at(minutes + 1), **fields))

    await storage.store.write(work)


async def past(storage: Storage, *, most: int = 100, **filters: Any) -> Sequence[PastProposal]:
    given: dict[str, Any] = {"since": SINCE, "until": UNTIL, **filters}
    return await storage.store.read(lambda tx: tx.past_proposals(most, **given))


async def walked(storage: Storage, *, most: int, asked: bool) -> list[str]:
    found: list[str] = []
    after: tuple[datetime, str] | None = None
    while page := await past(storage, most=most, asked=asked, after=after):
        assert len(page) <= most
        found += [each.evaluation.id for each in page]
        after = page[-1].order
    return found


async def test_what_people_were_asked_about_comes_as_the_agent_made_it(storage: Storage) -> None:
    made = await asked(storage, "a", 5, arguments={"amount": 48000, "password": "hunter22"})
    [found] = await past(storage, asked=True)
    assert (found.arguments, found.target, found.at) == (made.arguments, made.target, made.created_at)
    assert (found.evaluation.id, found.evaluation.request_id) == ("eva_a", made.id)
    assert found.run == await storage.store.read(lambda tx: tx.run("run_a"))
    assert await past(storage, asked=False) == []


async def test_what_nobody_was_asked_about_comes_with_what_ran(storage: Storage) -> None:
    await unasked(storage, "a", 5)
    await unasked(storage, "b", 7, ran=False, decision="block", outcome="none")
    ran, blocked = await past(storage, asked=False)
    assert (ran.arguments, ran.target, ran.at) == ({"whole": "a"}, None, at(5))
    assert (blocked.arguments, blocked.at, blocked.evaluation.decision) == (None, at(8), "block")
    assert await past(storage, asked=True) == []


async def test_a_day_begins_with_its_first_moment_and_ends_before_the_next(storage: Storage) -> None:
    for name, minutes in (("before", -0.001), ("first", 0), ("last", 1439.999), ("after", 1440)):
        await asked(storage, name, minutes)
        await unasked(storage, f"ran_{name}", minutes - 1)
    assert await walked(storage, most=10, asked=True) == ["eva_first", "eva_last"]
    assert await walked(storage, most=10, asked=False) == ["eva_ran_first", "eva_ran_last"]


@pytest.mark.parametrize("most", [1, 2, 3, 50])
async def test_pages_of_any_size_hold_each_once_in_order(storage: Storage, most: int) -> None:
    for number, minutes in enumerate((9, 3, 3, 3, 1, 7)):
        await asked(storage, f"{number}", minutes)
        await unasked(storage, f"u{number}", minutes)
    assert await walked(storage, most=most, asked=True) == [f"eva_{name}" for name in (4, 1, 2, 3, 5, 0)]
    assert await walked(storage, most=most, asked=False) == [f"eva_u{name}" for name in (4, 1, 2, 3, 5, 0)]


async def test_one_agent_or_one_action_is_picked_out(storage: Storage) -> None:
    await asked(storage, "a", 1, agent="support", action="pay")
    await asked(storage, "b", 2, agent="support", action="mail")
    await asked(storage, "c", 3, agent="triage", action="pay")
    await unasked(storage, "d", 4, agent="triage", action="pay")

    async def picked(**filters: Any) -> list[str]:
        return [each.evaluation.id for each in await past(storage, **filters)]

    assert await picked(asked=True, agent="support") == ["eva_a", "eva_b"]
    assert await picked(asked=True, action="pay") == ["eva_a", "eva_c"]
    assert await picked(asked=True, agent="triage", action="pay") == ["eva_c"]
    assert await picked(asked=False, agent="triage", action="pay") == ["eva_d"]
    assert await picked(asked=False, agent="support") == []


async def test_what_has_not_ended_is_not_past(storage: Storage) -> None:
    open_request = request("req_open", "run_open", created_at=at(1))

    def work(tx: Transaction) -> None:
        tx.add_run(run("run_open"))
        tx.add_request(open_request, revision_of(open_request))

    await storage.store.write(work)
    assert await past(storage, asked=True) == []
