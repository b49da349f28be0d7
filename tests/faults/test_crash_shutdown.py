"""Row 18: `signoff serve` is told to stop while clicks are in flight. Each is answered and counts, and it ends in time."""

import asyncio
import os
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from bot.demo import CHANNEL, RAVI, TESS
from bot.sandbox.workspace import Message
from storage.records import Request, RequestStatus
from storage.sql.open import open_storage
from storage.store import Transaction
from tests.e2e.company import Premises, actions_of, everything, premises
from tests.e2e.process import Serving, serve
from tests.faults.crash import TICKET

FULL = os.environ.get("SIGNOFF_FAULTS") == "full"
CLICKS = 50 if FULL else 12
STOPPED = 30.0  # seconds until the process has ended
TOGETHER = 8  # commands under way at once while the requests are made

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest) -> str | None:
    return str(request.getfixturevalue("postgresql_url")) if request.param == "postgresql" else None


def environment(place: Premises, url: str | None) -> Mapping[str, str]:
    """Settings for HTTP mode."""
    usual = {**place.environment(), "SIGNOFF_DATABASE_URL": url or place.database_url}
    del usual["SLACK_APP_TOKEN"]
    return usual | {"SLACK_SIGNING_SECRET": place.sandbox.signing_secret}


def cards(place: Premises) -> list[Message] | None:
    """Every card, once they all ask."""
    found = [each for each in everything(place.sandbox) if "signoff_approve" in actions_of(each)]
    return found if len(found) == CLICKS else None


async def asked(place: Premises, serving: Serving) -> list[Message]:
    """The cards of that many requests."""
    place.sandbox.use_http(f"{serving.web}/slack/events")
    gate = asyncio.Semaphore(TOGETHER)

    async def ask(number: int) -> None:
        async with gate:
            answer = await place.sandbox.say(TESS.id, CHANNEL, f"/signoff run support {TICKET.format(case=number)}")
            assert answer is not None
            assert answer.acked

    await asyncio.gather(*(ask(number) for number in range(CLICKS)))
    return await place.sandbox.until(lambda: cards(place), 120)


async def test_clicks_in_flight_when_it_is_told_to_stop_are_answered_and_count(
    url: str | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with premises(
        tmp_path / "place", ack_seconds=STOPPED
    ) as place:  # not Slack's: fifty at once are slow on few cores
        async with serve(cwd=place.directory, env=environment(place, url)) as serving:
            found = await asked(place, serving)
            clicks = [asyncio.create_task(place.sandbox.click(RAVI.id, card, "signoff_approve")) for card in found]
            await asyncio.wait(clicks, return_when=asyncio.FIRST_COMPLETED)  # all were sent before the first was answered
            in_flight = sum(not click.done() for click in clicks)
            told = time.monotonic()
            serving.process.terminate()
            answers = await asyncio.gather(*clicks)
            await serving.process.wait()
            stopped = time.monotonic() - told
        if FULL:
            with capsys.disabled():
                print(f"\nSIGTERM with {in_flight} clicks in flight: ended after {stopped:.1f} s", flush=True)
        assert [answer.fate for answer in answers] == ["acked"] * CLICKS
        assert stopped <= STOPPED
        assert serving.process.returncode == 0
        await _decided(place, url)
        async with serve(cwd=place.directory, env=environment(place, url)):
            await _done(place, url)


async def _decided(place: Premises, url: str | None) -> None:
    """Every click is in the database of the service that is gone."""
    storage = await open_storage(url or place.database_url)
    try:
        requests = await storage.store.read(_requests)
        assert RequestStatus.pending not in {request.status for request in requests}
        assert len(requests) == CLICKS
    finally:
        await storage.close()


async def _done(place: Premises, url: str | None) -> None:
    """The next service finishes what was decided, once."""
    storage = await open_storage(url or place.database_url)
    try:
        await place.sandbox.until(lambda: not any(actions_of(each) for each in everything(place.sandbox)), 60)
        async with asyncio.timeout(60):
            # Nothing tells this process of a commit.
            while {request.status for request in await storage.store.read(_requests)} != {RequestStatus.succeeded}:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        assert len(place.world.billing.refunds()) == CLICKS
    finally:
        await storage.close()


def _requests(tx: Transaction) -> list[Request]:
    return list(tx.requests(limit=CLICKS + 1))
