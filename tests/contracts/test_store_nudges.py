"""What every Store must do about reminders, and about what other programs and channels leave behind."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

from storage.records import Request, RequestStatus, Run
from storage.sql.open import Storage
from storage.store import Transaction
from tests.contracts.stored import ask
from tests.storage.records import PLACE, execution, message, request, run

PAST, SOON = timedelta(seconds=-60), timedelta(hours=1)


def at(offset: timedelta) -> datetime:
    return datetime.now(UTC) + offset


async def asked(storage: Storage, name: str, **fields: Any) -> Request:
    return await ask(storage, request(f"req_{name}", f"run_{name}", **fields))


async def due(storage: Storage, limit: int = 10) -> list[str]:
    return await storage.store.read(lambda tx: [each.id for each in tx.due_nudges(limit)])


async def test_nudges_are_due_from_their_moment_until_the_deadline_the_longest_due_first(storage: Storage) -> None:
    await asked(storage, "second", nudge_at=at(PAST))
    await asked(storage, "first", nudge_at=at(2 * PAST))
    await asked(storage, "later", nudge_at=at(SOON))
    await asked(storage, "never")
    await asked(storage, "over", nudge_at=at(PAST), expires_in=-1)
    await asked(storage, "decided", nudge_at=at(PAST), status=RequestStatus.approved)
    assert await due(storage) == ["req_first", "req_second"]
    assert await due(storage, 1) == ["req_first"]


async def test_one_of_many_workers_nudges(storage: Storage) -> None:
    found = await asked(storage, "one", nudge_at=at(PAST))
    [seen] = await storage.store.read(lambda tx: tx.due_nudges(5))
    again = at(SOON)

    def nudge(tx: Transaction) -> Request | None:
        return tx.nudge_request(seen, next_at=again, escalate=False)

    done = [each for each in await asyncio.gather(*(storage.store.write(nudge) for _ in range(8))) if each]
    assert len(done) == 1
    assert (done[0].id, done[0].nudge_at, done[0].escalated_at) == (found.id, again, None)
    assert await due(storage) == []


async def test_an_escalation_is_dated_once(storage: Storage) -> None:
    await asked(storage, "one", nudge_at=at(PAST))
    [seen] = await storage.store.read(lambda tx: tx.due_nudges(5))
    before = await storage.store.read(lambda tx: tx.now())
    first = await storage.store.write(lambda tx: tx.nudge_request(seen, next_at=at(PAST), escalate=True))
    assert first is not None
    assert first.escalated_at is not None
    assert before <= first.escalated_at <= await storage.store.read(lambda tx: tx.now())
    later = await storage.store.write(lambda tx: tx.nudge_request(first, next_at=None, escalate=False))
    assert later is not None
    assert (later.nudge_at, later.escalated_at) == (None, first.escalated_at)


async def test_what_was_decided_meanwhile_is_not_nudged(storage: Storage) -> None:
    await asked(storage, "one", nudge_at=at(PAST))
    [seen] = await storage.store.read(lambda tx: tx.due_nudges(5))
    await storage.store.write(lambda tx: tx.move_request(seen.id, RequestStatus.pending, RequestStatus.rejected))
    assert await storage.store.write(lambda tx: tx.nudge_request(seen, next_at=None, escalate=True)) is None


async def approved(storage: Storage, name: str, **fields: Any) -> Request:
    found = await asked(storage, name, **fields)
    move = (RequestStatus.pending, RequestStatus.approved)
    done = await storage.store.write(lambda tx: tx.move_request(found.id, *move))
    assert done is not None
    return done


async def test_grants_that_nobody_claimed_are_found_when_they_are_old(storage: Storage) -> None:
    theirs = await approved(storage, "theirs", api_key="key_1")
    await approved(storage, "ours")
    await asked(storage, "pending", api_key="key_1")
    taken = await approved(storage, "taken", api_key="key_1")
    await storage.store.write(lambda tx: tx.move_request(taken.id, RequestStatus.approved, RequestStatus.executing))
    assert theirs.decided_at is not None
    just, before = theirs.decided_at, theirs.decided_at - timedelta(microseconds=1)
    assert await storage.store.read(lambda tx: tx.unclaimed_requests(just, 10)) == [theirs.id]
    assert await storage.store.read(lambda tx: tx.unclaimed_requests(before, 10)) == []


async def test_claims_that_nobody_reported_are_found_when_they_are_old(storage: Storage) -> None:
    started = at(PAST)
    for name, key in (("late", "key_1"), ("later", "key_1"), ("ours", None)):
        found = await approved(storage, name, api_key=key)

        def claim(tx: Transaction, found: Request = found, name: str = name) -> None:
            tx.move_request(found.id, RequestStatus.approved, RequestStatus.executing)
            began = started + (timedelta(seconds=5) if name == "later" else timedelta())
            tx.claim_execution(execution(f"exe_{name}", found.run_id, request_id=found.id, started_at=began))

        await storage.store.write(claim)
    assert await storage.store.read(lambda tx: tx.unreported_requests(started, 10)) == ["req_late"]
    assert await storage.store.read(lambda tx: tx.unreported_requests(at(SOON), 10)) == ["req_late", "req_later"]
    assert await storage.store.read(lambda tx: tx.unreported_requests(at(SOON), 1)) == ["req_late"]


async def test_what_waits_in_a_channel_is_found_by_its_card(storage: Storage) -> None:
    for number, name in enumerate(("older", "newer", "gone", "decided", "elsewhere")):
        found = await asked(storage, name, created_at=at(PAST) + timedelta(seconds=number))
        place = PLACE.model_copy(update={"channel": "C2"}) if name == "elsewhere" else PLACE
        posted = message(f"msg_{name}", found.id, place=place, status="gone" if name == "gone" else "posted")
        await storage.store.write(lambda tx, posted=posted: tx.add_message(posted))  # type: ignore[misc]
    await storage.store.write(lambda tx: tx.move_request("req_decided", RequestStatus.pending, RequestStatus.rejected))

    async def standing(channel: str, limit: int = 10) -> list[str]:
        return await storage.store.read(lambda tx: [each.id for each in tx.posted_requests("slack", "T1", channel, limit)])

    assert await standing("C1") == ["req_older", "req_newer"]
    assert await standing("C1", 1) == ["req_older"]
    assert await standing("C2") == ["req_elsewhere"]
    assert await standing("C3") == []
    channels = await storage.store.read(lambda tx: tx.places_of_cards())
    assert [(place.surface, place.tenant, place.channel) for place in channels] == [
        ("slack", "T1", "C1"),
        ("slack", "T1", "C2"),
    ]


async def test_whom_a_run_acts_for_is_kept(storage: Storage) -> None:
    person = request().requester
    await storage.store.write(lambda tx: tx.add_run(run("run_9", on_behalf_of=person, api_key="key_9")))
    kept: Run = await storage.store.read(lambda tx: tx.run("run_9"))
    assert (kept.on_behalf_of, kept.api_key) == (person, "key_9")
