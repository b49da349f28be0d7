"""Row 17: of three replicas on PostgreSQL one dies, or stands still and comes back. The others go on with its work."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio

from bot.demo import CHANNEL, RAVI, TESS
from bot.flow.effect import LONGEST
from storage.records import Request, RequestStatus, Run
from storage.store import Transaction
from tests.e2e.company import actions_of, text_of
from tests.faults.crash import HEARTBEAT, TICKET, Child, Nursery, Town, chain_problem, nursery, town
from tests.faults.replica import RIG

FULL = os.environ.get("SIGNOFF_FAULTS") == "full"
RESUMED = 10.0  # seconds until somebody else goes on with a dead replica's work
STALL = 60.0 if FULL else 2.0  # seconds that a replica stands still
MISSING = 5 * HEARTBEAT  # seconds after which a replica of short heartbeats counts as dead

AT_WORK = ("ask before", "effect before", "effect after") if FULL else ("effect before",)

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.postgres, pytest.mark.timeout(300)]


@dataclass(frozen=True)
class Replica:
    """One of the three."""

    child: Child
    web: str

    async def hold(self, *spots: str) -> None:
        """Wait at these spots from now on, and at no others."""
        async with aiohttp.ClientSession() as session, session.post(self.web + RIG, json={"held": spots}) as answer:
            assert answer.status == 200

    def signal(self, what: signal.Signals) -> None:
        os.kill(self.child.pid, what)


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def parent(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Nursery]:
    async with nursery(tmp_path_factory.mktemp("nursery") / "log") as made:
        yield made


@asynccontextmanager
async def three(
    parent: Nursery, directory: Path, url: str, heartbeat: float | None = HEARTBEAT
) -> AsyncIterator[tuple[Town, list[Replica]]]:
    """A town with three replicas; without a `heartbeat` with the one they have in production."""
    async with town(directory / "town", parent, url) as place:
        order = place.order(heartbeat=heartbeat)
        order["settings"]["SIGNOFF_PORT"] = 0
        children = [await parent.start(**order) for _ in range(3)]
        replicas = [Replica(child, (await asyncio.wait_for(child.ready, 30))["web"]) for child in children]
        try:
            yield place, replicas
        finally:
            for child in children:
                with suppress(ProcessLookupError):
                    os.kill(child.pid, signal.SIGKILL)


async def ask(place: Town, replica: Replica, case: int = 1) -> None:
    """Somebody has the support agent work on a ticket, by that replica."""
    place.place.sandbox.use_http(f"{replica.web}/slack/events")
    answer = await place.place.sandbox.say(TESS.id, CHANNEL, f"/signoff run support {TICKET.format(case=case)}")
    assert answer is not None
    assert answer.acked


async def at_work(replicas: Sequence[Replica]) -> tuple[Replica, list[Replica]]:
    """The replica that is held with work in hand, and the others."""
    waiting = {asyncio.create_task(replica.child.held.get()): replica for replica in replicas}
    done, left = await asyncio.wait(waiting, timeout=20, return_when=asyncio.FIRST_COMPLETED)
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)
    [busy] = [waiting[task] for task in done]
    return busy, [replica for replica in replicas if replica is not busy]


async def in_hand(place: Town, replicas: Sequence[Replica], spot: str) -> tuple[Replica, list[Replica]]:
    """Let a request's life go on until a replica is in the middle of `spot`; the others will not wait there."""
    for replica in replicas:
        await replica.hold(spot)
    await ask(place, replicas[0])
    if spot.startswith("effect"):
        request = await place.read_until(lambda tx: next(iter(tx.requests(limit=1)), None), "the request")
        card = await place.until(lambda: next(iter(place.cards(request.id)), None), "the card")
        assert (await place.place.sandbox.click(RAVI.id, card, "signoff_approve")).acked
    busy, others = await at_work(replicas)
    for replica in others:
        await replica.hold()
    return busy, others


def the_request(tx: Transaction) -> Request | None:
    return next(iter(tx.requests(limit=1)), None)


async def unknown(place: Town) -> Request:
    """The request, once it ended as unknown and its card says so."""

    def look(tx: Transaction) -> Request | None:
        request = the_request(tx)
        return request if request and request.status is RequestStatus.unknown else None

    request = await place.read_until(look, "the outcome to be called unknown", 30)
    await place.until(lambda: any("Outcome unknown" in text_of(card) for card in place.cards(request.id)), "the card")
    return request


async def asked(place: Town) -> Request:
    """The request, once its card stands."""
    request = await place.read_until(the_request, "the request", 30)
    await place.until(lambda: place.cards(request.id), "the card")
    return request


async def approved(place: Town, replica: Replica, request: Request) -> Request:
    """The request, approved by that replica, at its end."""
    place.place.sandbox.use_http(f"{replica.web}/slack/events")
    card = next(card for card in place.cards(request.id) if actions_of(card))
    assert (await place.place.sandbox.click(RAVI.id, card, "signoff_approve")).acked

    def look(tx: Transaction) -> Request | None:
        now = tx.request(request.id)
        return now if now.status.ended and tx.run(now.run_id).status.ended else None

    return await place.read_until(look, "the end of the request", 30)


@pytest.mark.parametrize("spot", AT_WORK)
async def test_the_work_of_a_killed_replica_goes_on_within_ten_seconds(
    parent: Nursery, postgresql_url: str, tmp_path: Path, spot: str, capsys: pytest.CaptureFixture[str]
) -> None:
    async with three(parent, tmp_path, postgresql_url, heartbeat=None) as (place, replicas):
        busy, others = await in_hand(place, replicas, spot)
        busy.signal(signal.SIGKILL)
        died = time.monotonic()
        request = await (asked(place) if spot == "ask before" else unknown(place))
        resumed = time.monotonic() - died
        if FULL:
            with capsys.disabled():
                print(f"\n1 of 3 replicas killed, {spot}: its work went on after {resumed:.1f} s", flush=True)
        assert resumed <= RESUMED
        if spot == "ask before":
            request = await approved(place, others[0], request)
            assert request.status is RequestStatus.succeeded
        assert place.effects(request.id) == (0 if spot == "effect before" else 1)
        assert len(place.cards(request.id)) == 1
        assert await chain_problem(place) is None


async def test_a_replica_that_stood_still_while_its_run_went_on_elsewhere_changes_nothing(
    parent: Nursery, postgresql_url: str, tmp_path: Path
) -> None:
    async with three(parent, tmp_path, postgresql_url) as (place, replicas):
        busy, _ = await in_hand(place, replicas, "ask before")
        busy.signal(signal.SIGSTOP)
        began = time.monotonic()
        request = await asked(place)
        before = await place.storage.store.read(lambda tx: _everything(tx, request.run_id))
        await asyncio.sleep(max(0.0, STALL - (time.monotonic() - began)))
        busy.signal(signal.SIGCONT)
        await busy.hold()
        await asyncio.sleep(MISSING)

        assert await place.storage.store.read(lambda tx: _everything(tx, request.run_id)) == before
        assert await place.storage.store.read(lambda tx: len(tx.requests(limit=5))) == 1
        assert len(place.cards(request.id)) == 1
        ended = await approved(place, busy, request)
        assert (ended.status, place.effects(request.id), place.refunds(request.id)) == (RequestStatus.succeeded, 1, 1)
        assert await chain_problem(place) is None


def _everything(tx: Transaction, run_id: str) -> tuple[Run, object, object]:
    return tx.run(run_id), tx.steps(run_id), tx.audit_entries(run_id=run_id)


@pytest.mark.parametrize("spot", [spot for spot in AT_WORK if spot.startswith("effect")])
async def test_a_replica_that_stood_still_in_the_middle_of_an_effect_has_it_at_most_once_and_reports_late(
    parent: Nursery, postgresql_url: str, tmp_path: Path, spot: str
) -> None:
    async with three(parent, tmp_path, postgresql_url) as (place, replicas):
        busy, _ = await in_hand(place, replicas, spot)
        busy.signal(signal.SIGSTOP)
        began = time.monotonic()
        request = await unknown(place)
        await asyncio.sleep(max(0.0, STALL - (time.monotonic() - began)))
        busy.signal(signal.SIGCONT)
        await busy.hold()

        late = "execution.late_report"
        await place.read_until(lambda tx: late in _events(tx, request), "the late report", 30)
        now = await place.storage.store.read(lambda tx: tx.request(request.id))
        assert now == request
        assert _events_once(await place.storage.store.read(lambda tx: _events(tx, request)))
        happened = place.effects(request.id)
        assert place.refunds(request.id) == happened
        assert happened == 1 or (spot == "effect before" and STALL >= LONGEST)  # then it is too late to begin
        assert await chain_problem(place) is None


def _events(tx: Transaction, request: Request) -> list[str]:
    return [entry.event for entry in tx.audit_entries(request_id=request.id)]


def _events_once(events: Sequence[str]) -> bool:
    """Claimed once, called unknown once, reported late once, and never anything else."""
    ended = [event for event in events if event.startswith("execution.")]
    return ended == ["execution.claimed", "execution.unknown", "execution.late_report"]


async def test_a_replica_that_stood_still_works_again_when_it_is_the_only_one_left(
    parent: Nursery, postgresql_url: str, tmp_path: Path
) -> None:
    async with three(parent, tmp_path, postgresql_url) as (place, replicas):
        stalled, *others = replicas
        stalled.signal(signal.SIGSTOP)
        await asyncio.sleep(2 * MISSING)  # the others have crossed it off by now
        for replica in others:
            replica.signal(signal.SIGKILL)
        stalled.signal(signal.SIGCONT)
        await ask(place, stalled)
        request = await asked(place)
        assert (await approved(place, stalled, request)).status is RequestStatus.succeeded
