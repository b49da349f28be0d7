"""What every Store must do about decisions: one of many wins, a quorum is counted once, a deadline is a deadline."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

from storage.audit import verify
from storage.records import (
    Request,
    RequestStatus,
)
from storage.sql.open import Storage
from storage.store import Transaction
from tests.conftest import Database
from tests.contracts.stored import ask, chain
from tests.storage.records import (
    decision,
    person,
    request,
    revision_of,
)

PENDING, APPROVED = RequestStatus.pending, RequestStatus.approved


async def approve(storage: Storage, number: int, id: str = "req_1", quorum: int = 1) -> bool:
    """One reviewer's click, as the flow does it; True for the click that makes the quorum."""

    def work(tx: Transaction) -> bool:
        if tx.hold_request(id, 1) is None:
            return False
        if not tx.add_decision(decision(f"dec_{id}_{number}", person(number), id)):
            return False
        if len(tx.decisions(id)) < quorum:
            return False
        moved = tx.move_request(id, PENDING, APPROVED)
        tx.audit("request.approved", actor=person(number).key, request_id=id)
        return moved is not None

    return await storage.store.write(work)


async def decided(storage: Storage, id: str) -> tuple[Request, int]:
    """A request and how many decided on it."""
    return await storage.store.read(lambda tx: (tx.request(id), len(tx.decisions(id))))


async def test_of_simultaneous_clicks_one_decides(storage: Storage) -> None:
    names = [f"req_{number}" for number in range(10)]
    for number, name in enumerate(names):
        await ask(storage, request(name, f"run_{number}"))
    clicks = [(name, number) for name in names for number in range(8)]
    won = await asyncio.gather(*(approve(storage, number, name) for name, number in clicks))
    winners = [name for (name, _), one in zip(clicks, won, strict=True) if one]
    assert sorted(winners) == sorted(names)
    for name in names:
        approved, decisions = await decided(storage, name)
        assert approved.status is APPROVED
        assert approved.decided_at is not None
        assert decisions == 1
    entries = await chain(storage)
    assert len(entries) == len(names)
    assert verify(entries) is None


async def test_a_quorum_of_two_is_made_once_by_two(storage: Storage) -> None:
    for turn in range(10):
        await ask(storage, request(f"req_{turn}", f"run_{turn}"))
        made = await asyncio.gather(*(approve(storage, number, f"req_{turn}", quorum=2) for number in range(8)))
        assert sum(made) == 1
        assert (await decided(storage, f"req_{turn}"))[1] == 2


async def test_one_person_counts_once(storage: Storage) -> None:
    await ask(storage)
    made = await asyncio.gather(*(approve(storage, 1, quorum=2) for _ in range(4)))
    assert not any(made)
    assert len(await storage.store.read(lambda tx: tx.decisions("req_1"))) == 1


async def test_nothing_is_decided_past_the_deadline(database: Database) -> None:
    async with database.open() as storage:
        asked = await ask(storage, request(expires_in=3600))
        assert await storage.store.write(lambda tx: tx.hold_request("req_1", 1)) == asked
        assert await storage.store.write(lambda tx: tx.expire_request("req_1")) is None
        assert await storage.store.read(lambda tx: tx.overdue_requests(10)) == []
        database.ahead = timedelta(seconds=3600)
        assert await storage.store.write(lambda tx: tx.hold_request("req_1", 1)) is None
        assert await storage.store.read(lambda tx: tx.overdue_requests(10)) == ["req_1"]
        expired = await storage.store.write(lambda tx: tx.expire_request("req_1"))
        assert expired is not None
        assert expired.status is RequestStatus.expired
        assert expired.decided_at is not None
        assert expired.decided_at >= asked.expires_at
        assert await storage.store.write(lambda tx: tx.expire_request("req_1")) is None


async def test_the_deadline_is_read_when_the_statement_runs(database: Database) -> None:
    async with database.open() as storage:
        await ask(storage, request(expires_in=3600))

        def slow(tx: Transaction) -> tuple[bool, bool]:
            early = tx.hold_request("req_1", 1)
            database.ahead = timedelta(hours=2)
            return early is not None, tx.hold_request("req_1", 1) is not None

        assert await storage.store.write(slow) == (True, False)


async def expire(storage: Storage, id: str) -> bool:
    return await storage.store.write(lambda tx: tx.expire_request(id)) is not None


async def test_clicks_race_with_expiry_and_one_wins(storage: Storage) -> None:
    for number in range(6):
        asked = await ask(storage, request(f"req_{number}", f"run_{number}", expires_in=0.03))
        attempts = [one for n in range(20) for one in (approve(storage, n, asked.id), expire(storage, asked.id))]
        ends = sum(await asyncio.gather(*attempts))
        while not ends:  # every click came too late, and every try to expire too early
            ends = await expire(storage, asked.id)
        assert ends == 1


async def test_another_revision_is_not_held(storage: Storage) -> None:
    asked = await ask(storage)
    revised = asked.model_copy(update={"revision": 2, "arguments": {"amount": 30000}, "fingerprint": "f2"})

    def edit(tx: Transaction) -> None:
        assert tx.hold_request("req_1", 1)
        tx.revise_request(revised, revision_of(revised, editor=person(1)))

    await storage.store.write(edit)
    assert await storage.store.write(lambda tx: tx.hold_request("req_1", 1)) is None
    assert await storage.store.write(lambda tx: tx.hold_request("req_1", 2)) == revised
    assert [one.number for one in await storage.store.read(lambda tx: tx.revisions("req_1"))] == [1, 2]


async def test_a_move_happens_once_and_keeps_its_reason(storage: Storage) -> None:
    await ask(storage)
    move = lambda tx: tx.move_request("req_1", PENDING, RequestStatus.cancelled, reason="withdrawn")  # noqa: E731
    moved = [one for one in await asyncio.gather(*(storage.store.write(move) for _ in range(8))) if one]
    assert [(one.status, one.reason) for one in moved] == [(RequestStatus.cancelled, "withdrawn")]
    assert moved[0].decided_at is not None


async def test_only_leaving_pending_sets_the_time_of_the_decision(storage: Storage) -> None:
    await ask(storage)
    approved = await storage.store.write(lambda tx: tx.move_request("req_1", PENDING, APPROVED))
    executing = await storage.store.write(lambda tx: tx.move_request("req_1", APPROVED, RequestStatus.executing))
    assert approved is not None
    assert executing is not None
    assert executing.decided_at == approved.decided_at


async def test_a_decision_takes_the_place_of_the_same_answer_of_the_same_person_only(storage: Storage) -> None:
    await ask(storage)
    row = decision("dec_row", person(1), "req_1")
    genuine = row.model_copy(update={"id": "dec_made", "seal": "sealed", "notes": "Yes.", "lent_by": person(3)})
    others = (
        genuine.model_copy(update={"person": person(2)}),
        genuine.model_copy(update={"verb": "reject"}),
        genuine.model_copy(update={"revision": 2}),
    )
    await storage.store.write(lambda tx: tx.add_decision(row))
    for other in others:
        assert not await storage.store.write(lambda tx, other=other: tx.replace_decision("dec_row", other))  # type: ignore[misc]
    assert not await storage.store.write(lambda tx: tx.replace_decision("dec_none", genuine))
    assert await storage.store.read(lambda tx: list(tx.decisions("req_1"))) == [row]
    assert await storage.store.write(lambda tx: tx.replace_decision("dec_row", genuine))
    assert await storage.store.read(lambda tx: list(tx.decisions("req_1"))) == [genuine]


async def test_requests_are_walked_in_pages_the_soonest_to_expire_first(storage: Storage) -> None:
    when = datetime.now(UTC) + timedelta(hours=1)
    hours = (3, 1, 2, 1, 2, 4)
    for number, hour in enumerate(hours):
        whose: dict[str, Any] = {"api_key": "key_1"} if number == 3 else {}
        asked = request(f"req_{number}", f"run_{number}", expires_at=when + timedelta(hours=hour), **whose)
        await ask(storage, asked)
    await storage.store.write(lambda tx: tx.move_request("req_5", PENDING, APPROVED))

    async def walked(status: RequestStatus, **how: Any) -> list[str]:
        found: list[Request] = []
        while True:
            after = (found[-1].expires_at, found[-1].id) if found else None
            page = await storage.store.read(lambda tx, after=after: tx.requests_in_order(status, 2, after=after, **how))  # type: ignore[misc]
            found += page
            if len(page) < 2:
                return [each.id for each in found]

    assert await walked(PENDING) == ["req_1", "req_3", "req_2", "req_4", "req_0"]
    assert await walked(PENDING, own=True) == ["req_1", "req_2", "req_4", "req_0"]
    assert await walked(APPROVED, own=True) == ["req_5"]
    assert await walked(RequestStatus.expired) == []
