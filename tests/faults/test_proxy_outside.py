"""Row 9 of the fault matrix: Slack, mail and billing refuse, limit, stall or break off at any byte.

What Signoff says of an effect is held against what the other side has in its books: `succeeded` is there once, `failed` not
at all, `unknown` once or not at all; never twice.
"""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from agents.actions import ActionFailed, Effect, EffectUnknown
from agents.executors.email import SmtpServer, send_external_email
from agents.executors.refund import execute_financial_action
from bot.demo import CHANNEL, RAVI, TESS, Demo
from bot.sandbox.billing import BillingServer
from bot.sandbox.mailbox import Mailbox
from storage.records import Request, RequestStatus
from storage.store import Transaction
from tests.e2e.company import BROKEN_LAMP, Eyes, Premises, everything, premises, staffed
from tests.faults.proxy import FINE, Proxy, Trouble, Way
from tests.faults.whole import until

FULL = os.environ.get("SIGNOFF_FAULTS") == "full"
POST = b"POST /api/chat.postMessage"


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Premises]:
    async with premises(tmp_path / "premises") as made:
        yield made


@asynccontextmanager
async def distant(place: Premises) -> AsyncIterator[tuple[Demo, Proxy]]:
    """A Signoff that reaches Slack's Web API through a proxy."""
    url = urlsplit(place.sandbox.api_url)
    assert url.port
    async with Proxy.to(url.port) as proxy:
        there = url._replace(netloc=f"127.0.0.1:{proxy.port}").geturl()
        async with staffed(place, slack_api_url=there) as demo:
            yield demo, proxy
            proxy.trouble = FINE


async def asked(demo: Demo, number: int = 1) -> list[Request]:
    """So many tickets, and the requests that come of them."""
    for _ in range(number):
        answer = await demo.sandbox.say(TESS.id, CHANNEL, f"/signoff run support {BROKEN_LAMP}")
        assert answer is not None
    store = demo.replica.storage.store

    async def there() -> bool:
        return len(await store.read(lambda tx: tx.requests(limit=100))) == number

    await until(there, 30)
    return list(await store.read(lambda tx: tx.requests(limit=100)))


def cards(demo: Demo, request: Request) -> int:
    """How many cards of it stand in the channel."""
    return sum(request.id in str(message.metadata) for message in everything(demo.sandbox))


async def resting(demo: Demo) -> None:
    """Wait until every message is posted and known to be."""

    def all_posted(tx: Transaction) -> bool:
        return all([m.status for m in tx.messages(each.id)] == ["posted"] for each in tx.requests(limit=100))

    await until(lambda: demo.replica.storage.store.read(all_posted), 60)


ON_ITS_WAY = 0.5  # seconds within which an answer has come back, on a busy machine too


async def test_a_retry_after_is_honoured_by_every_card_that_waits(place: Premises) -> None:
    """30 s in full size, 2 s else. Nothing is asked of the method until then, however many want to; what was on its way
    already when Slack said so is no breach."""
    seconds, tickets = (30, 8) if FULL else (2, 3)
    async with distant(place) as (demo, proxy):
        place.sandbox.fail_next("chat.postMessage", retry_after=seconds)
        requests = await asked(demo, tickets)
        await resting(demo)
        posts = [at for at, began in proxy.heard if began.startswith(POST)]
        early = [at for at in posts if ON_ITS_WAY < at - posts[0] < seconds - 0.1]
        assert not early, "asked again before its time"
        assert [cards(demo, request) for request in requests] == [1] * tickets
        await Eyes(demo).audit()


TROUBLES = [
    {"status": 500},
    {"status": 503},
    {"error": "internal_error"},
    {"error": "ratelimited", "retry_after": 1},
    {"drop_connection_after_accepting": True},
]


@pytest.mark.parametrize("trouble", TROUBLES, ids=str)
async def test_slack_in_trouble_gets_one_card_even_where_answers_are_lost(
    place: Premises, trouble: dict[str, object]
) -> None:
    times = 5 if FULL else 1
    async with distant(place) as (demo, _):
        place.sandbox.fail_next("chat.postMessage", times=times, **trouble)  # type: ignore[arg-type]
        [request] = await asked(demo)
        await resting(demo)
        assert cards(demo, request) == 1
        await _decided(demo, request)


@pytest.mark.parametrize(
    "trouble",
    [
        Trouble(lose_request=POST, once=True),
        Trouble(lose_answer=POST, once=True),
        Trouble(latency=0.3),
        Trouble(drip=0.0005),
    ],
    ids=["reset before accept", "reset after accept", "latency", "slow drip"],
)
async def test_a_bad_network_to_slack_loses_nothing_and_doubles_nothing(place: Premises, trouble: Trouble) -> None:
    async with distant(place) as (demo, proxy):
        proxy.trouble = trouble
        [request] = await asked(demo)
        await resting(demo)
        proxy.trouble = FINE
        assert cards(demo, request) == 1
        await _decided(demo, request)


async def test_slack_that_does_not_answer_and_slack_that_is_away_are_outlived(place: Premises) -> None:
    async with distant(place) as (demo, proxy):
        [request] = await asked(demo)
        await resting(demo)
        before = cards(demo, request)
        proxy.trouble = Trouble(stall=True)
        [card] = [message for message in everything(place.sandbox) if request.id in str(message.metadata)][:1]
        pressing = asyncio.create_task(place.sandbox.click(RAVI.id, card, "signoff_approve"))
        await asyncio.sleep(6 if FULL else 1)
        await proxy.refuse()
        await pressing
        await asyncio.sleep(10 if FULL else 0.5)
        proxy.trouble = FINE
        await proxy.accept()
        if (await demo.replica.storage.store.read(lambda tx: tx.request(request.id))).status is RequestStatus.pending:
            await place.sandbox.click(RAVI.id, card, "signoff_approve")  # told that nobody could look her up
        await Eyes(demo).ended(request)
        await Eyes(demo).card(request, "480.00")
        assert cards(demo, request) == before
        assert len(demo.world.billing.refunds()) == 1


async def _decided(demo: Demo, request: Request) -> None:
    """A press on whichever card works, once."""
    for message in [each for each in everything(demo.sandbox) if request.id in str(each.metadata)]:
        await demo.sandbox.click(RAVI.id, message, "signoff_approve")
    ended = await Eyes(demo).ended(request)
    assert ended.status is RequestStatus.succeeded
    assert len(demo.world.billing.refunds()) == 1
    await Eyes(demo).audit()


# --- mail and billing, byte by byte


@dataclass
class Counter:
    """One system behind a proxy: what is done to it, and how often its books say that it was done."""

    proxy: Proxy
    act: Callable[[str], Awaitable[object]]
    booked: Callable[[], int]


@asynccontextmanager
async def mail(tmp_path: Path) -> AsyncIterator[Counter]:
    mailbox = Mailbox(tmp_path / "mailbox")
    await mailbox.start()
    async with Proxy.to(mailbox.port) as proxy:
        action = send_external_email(SmtpServer("127.0.0.1", proxy.port, "support@lamps.example", tls="none", timeout=1.0))

        async def send(key: str) -> object:
            said = {"to": "mia@example.com", "subject": "Your lamp", "body": "It is on its way.\n" * 20}
            return await action.execute(action.parse({**said}), Effect(key, "run_1", "req_1"))

        yield Counter(proxy, send, lambda: len(mailbox.received()))
    await mailbox.stop()


@asynccontextmanager
async def billing(tmp_path: Path) -> AsyncIterator[Counter]:
    server = BillingServer(tmp_path / "billing.db")
    await server.start()
    port = urlsplit(server.client.url).port
    assert port
    async with Proxy.to(port) as proxy:
        there = replace(server.client, url=f"http://127.0.0.1:{proxy.port}", timeout=1.0)
        action = execute_financial_action(there)

        async def refund(key: str) -> object:
            wanted = {"charge": "ch_A1042", "amount": "1.00", "currency": "USD", "reason": "duplicate"}
            return await action.execute(action.parse({**wanted}), Effect(key, "run_1", "req_1"))

        yield Counter(proxy, refund, lambda: len(server.refunds()))
    await server.stop()


COUNTERS = {"mail": mail, "billing": billing}


@pytest.fixture(params=COUNTERS)
async def counter(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Counter]:
    async with COUNTERS[request.param](tmp_path) as made:
        yield made


async def said(counter: Counter, key: str) -> str:
    """Do it once, and hold what is said against the books."""
    before = counter.booked()
    try:
        await counter.act(key)
    except ActionFailed:
        end = "failed"
    except EffectUnknown:
        end = "unknown"
    else:
        end = "succeeded"
    await asyncio.sleep(0.02)  # the other side may still be writing it down
    done = counter.booked() - before
    assert done in {"succeeded": (1,), "failed": (0,), "unknown": (0, 1)}[end], f"{end}, but the books say {done}"
    return end


@pytest.mark.parametrize("way", ["there", "back"])
async def test_cut_at_any_byte_what_is_said_of_an_effect_is_true(counter: Counter, way: Way) -> None:
    """Every byte of what is sent and of what is answered in full size."""
    at, ends = 0, set[str]()
    while "succeeded" not in ends:
        counter.proxy.trouble = Trouble(cut=(way, at))
        ends.add(await said(counter, f"{way} {at}"))
        at += 1 if FULL else 61
    counter.proxy.trouble = FINE
    assert ends == {"failed", "unknown", "succeeded"} or (ends == {"failed", "succeeded"} and not FULL)


LAST = {"mail": b"\r\n.\r\n", "billing": b"POST /v1/refunds"}  # what commits the other side
FIRST = {"mail": b"RCPT TO:", "billing": b"GET /v1/charges"}  # what still changes nothing


@pytest.mark.parametrize("name", LAST)
async def test_lost_before_the_effect_it_failed_and_lost_after_it_nobody_knows(tmp_path: Path, name: str) -> None:
    async with COUNTERS[name](tmp_path) as counter:
        await _lost_before_and_after(counter, FIRST[name], LAST[name])


async def _lost_before_and_after(counter: Counter, first: bytes, last: bytes) -> None:
    counter.proxy.trouble = Trouble(lose_request=first)
    assert await said(counter, "before") == "failed"
    counter.proxy.trouble = Trouble(lose_answer=first)
    assert await said(counter, "before the answer") == "failed"
    assert counter.booked() == 0
    counter.proxy.trouble = Trouble(lose_answer=last)
    assert await said(counter, "after") == "unknown"
    assert counter.booked() == 1
    counter.proxy.trouble = FINE
    assert await said(counter, "fine") == "succeeded"


@pytest.mark.parametrize(
    "trouble",
    [Trouble(stall=True), Trouble(swallow=True), Trouble(drip=0.001), Trouble(latency=0.05)],
    ids=["stalls", "black hole", "slow drip", "latency"],
)
async def test_slow_or_silent_what_is_said_is_true(counter: Counter, trouble: Trouble) -> None:
    counter.proxy.trouble = trouble
    begun = time.monotonic()
    end = await said(counter, "slow")
    assert time.monotonic() - begun < 15
    assert end == ("failed" if trouble.stall or trouble.swallow else "succeeded")
    counter.proxy.trouble = FINE


async def test_nobody_there_is_failed(counter: Counter) -> None:
    await counter.proxy.refuse()
    assert await said(counter, "refused") == "failed"
    await counter.proxy.accept()
    assert await said(counter, "again") == "succeeded"


async def test_the_same_effect_is_booked_once_however_often_it_is_asked_for(tmp_path: Path) -> None:
    """The key is the same for every try of one effect."""
    async with billing(tmp_path) as counter:
        for trouble in (Trouble(lose_answer=b"POST /v1/refunds"), FINE, FINE):
            counter.proxy.trouble = trouble
            with suppress(EffectUnknown):
                await counter.act("one key")
        assert counter.booked() == 1
