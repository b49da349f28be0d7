"""Rows 6 and 7 of the fault matrix: the database is locked, is away, is killed, or is lost in the middle of a commit."""

import asyncio
import os
import sqlite3
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from bot.cards.text import plain
from bot.flow.front_desk import PERHAPS, TRY_AGAIN
from bot.flow.handlers import handlers
from bot.flow.sweep import sweep
from bot.slack.limits import ACK_SECONDS
from storage.records import Request, RequestStatus
from storage.sql.open import Storage
from storage.sql.postgres import PostgresStore
from storage.sql.sqlite import SqliteStore
from storage.store import StorageError
from tests.bot.api.office import office_of
from tests.bot.flow.stage import Stage, stage_on
from tests.faults.primary import Primary, primary
from tests.faults.proxy import FINE, Proxy, Trouble, Way
from tests.faults.whole import until, whole

FULL = os.environ.get("SIGNOFF_FAULTS") == "full"
BACK_WITHIN = 15.0  # seconds after the database is back
# The same for a job that was given to a worker which never heard of it, because the connection was lost with the answer: it
# counts as that worker's for three heartbeats.
IN_HAND_WITHIN = 60.0
DONE = "Approved. It runs now."


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue(f"{request.param}_url"))


@contextmanager
def locked(url: str, request: Request) -> Iterator[None]:
    """Somebody else's transaction: on SQLite it has the file, on PostgreSQL the request's row."""
    if url.startswith("sqlite"):
        beside = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
        beside.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            beside.close()
    else:
        with psycopg.connect(url) as server:
            server.execute("SELECT id FROM requests WHERE id = %s FOR UPDATE", (request.id,))
            yield
            server.rollback()


def readiness(stage: Stage) -> Storage:
    """The stage's database, as a replica asks whether it is ready."""
    assert isinstance(stage.store, SqliteStore | PostgresStore)
    return Storage(stage.store, stage.dispatch, stage.store.health)


async def ready(storage: Storage) -> bool:
    try:
        async with asyncio.timeout(3):
            await storage.check()
    except (StorageError, TimeoutError):
        return False
    return True


async def test_locked_for_a_second_it_waits_and_answers_in_time(url: str) -> None:
    async with stage_on(url) as stage:
        request = await stage.ask()
        begun = time.monotonic()
        with locked(url, request):
            click = asyncio.create_task(stage.desk.approve(stage.click(request)))
            await asyncio.sleep(1)
            assert not click.done(), "acknowledged before it was stored"
        answer = await click
        assert answer.ok
        assert time.monotonic() - begun < ACK_SECONDS
        await stage.settle()
        await whole(stage, paid=1)


async def test_locked_for_long_it_says_try_again_and_leaves_nothing(url: str) -> None:
    """The full size holds the lock for 30 s, with people pressing all the time."""
    async with stage_on(url) as stage, office_of(stage) as office:
        program = await office.program()
        request, refused = await stage.ask(), 0
        before = await stage.read(lambda tx: tx.audit_head())
        end = time.monotonic() + (30 if FULL else 0)
        with locked(url, request):
            while refused == 0 or time.monotonic() < end:
                press, say = stage.click(request), {"reason": "wrong_details"}
                answers = await asyncio.gather(stage.desk.approve(press), stage.desk.reject(press, dict(say)))
                assert [(answer.ok, plain(answer.text)) for answer in answers] == [(False, TRY_AGAIN)] * 2
                if url.startswith("sqlite"):  # there the whole file is locked
                    told = await program.ask()
                    assert (told.status, told.headers["Retry-After"]) == (503, "1")
                    assert "try again" in told.detail
                refused += len(answers)
        assert await stage.read(lambda tx: tx.audit_head()) == before
        assert await stage.read(lambda tx: tx.decisions(request.id)) == []
        assert len(await stage.read(lambda tx: tx.requests())) == 1
        assert (await stage.approve(request)).ok
        await whole(stage, paid=1)


@asynccontextmanager
async def behind_proxy(url: str) -> AsyncIterator[tuple[Stage, Proxy]]:
    """A stage whose every connection to PostgreSQL goes through a proxy."""
    port = int(str(conninfo_to_dict(url)["port"]))
    async with Proxy.to(port) as proxy, stage_on(url.replace(f":{port}/", f":{proxy.port}/")) as stage:
        try:
            yield stage, proxy
        finally:
            proxy.trouble = FINE


@asynccontextmanager
async def working(stage: Stage) -> AsyncIterator[None]:
    """The jobs run, and the sweep is made, as in a replica."""

    async def swept() -> None:
        while True:
            await asyncio.sleep(0.5)
            try:
                await sweep(stage.signoff)
            except StorageError:
                continue

    tasks = [asyncio.create_task(stage.dispatch.serve(handlers(stage.signoff))), asyncio.create_task(swept())]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _ended(stage: Stage, requests: list[Request]) -> bool:
    try:
        async with asyncio.timeout(5):
            now = await stage.read(lambda tx: [tx.request(request.id) for request in requests])
    except (StorageError, TimeoutError):
        return False
    return all(request.status.ended for request in now)


@pytest.mark.postgres
async def test_away_for_a_minute_nothing_happens_and_it_comes_back_by_itself(postgresql_url: str) -> None:
    """60 s in full size, 3 s else."""
    async with behind_proxy(postgresql_url) as (stage, proxy):
        asked = [await stage.ask(f"{number}.00 shop") for number in (1, 2, 3)]
        storage = readiness(stage)
        assert await ready(storage)
        async with working(stage):
            await proxy.refuse()
            away, told = time.monotonic(), 0
            while told == 0 or time.monotonic() - away < (60 if FULL else 3):
                answer = await stage.desk.approve(stage.click(asked[0]))
                assert (answer.ok, plain(answer.text)) == (False, TRY_AGAIN)
                told += 1
            assert not await ready(storage)
            assert stage.till.paid == []
            await proxy.accept()
            took = await until(lambda: ready(storage), BACK_WITHIN)
            assert [await _press(stage, request) for request in asked[:2]] == [DONE, DONE]
            await until(lambda: _ended(stage, asked[:2]), IN_HAND_WITHIN)
            stage.clock.move(hours=5)  # and nobody decides the third
            assert took < BACK_WITHIN
            await until(lambda: _ended(stage, asked), IN_HAND_WITHIN)
        newest = await whole(stage, paid=2)
        assert newest[0].status is RequestStatus.expired


@pytest.mark.postgres
@pytest.mark.parametrize("lost", ["request", "answer"])
async def test_a_commit_on_whose_way_the_connection_is_lost_is_read_again_not_guessed(
    postgresql_url: str, lost: str
) -> None:
    async with behind_proxy(postgresql_url) as (stage, proxy):
        request = await stage.ask()
        trouble = Trouble(lose_request=b"COMMIT\x00") if lost == "request" else Trouble(lose_answer=b"COMMIT\x00")
        for paid in range(1, 21 if FULL else 3):
            proxy.struck, proxy.trouble = 0, trouble
            click = asyncio.create_task(stage.desk.approve(stage.click(request)))
            await until(lambda: proxy.struck > 0)
            proxy.trouble = FINE
            answer = await click
            assert answer.ok, plain(answer.text)
            await stage.settle()
            await whole(stage, paid=paid)
            request = await stage.ask()


@pytest.mark.postgres
async def test_every_commit_lost_on_the_way_to_the_end_of_a_request(postgresql_url: str) -> None:
    """Each connection dies at its first commit for as long as a request lives: the desk may not know, the rows always do."""
    async with behind_proxy(postgresql_url) as (stage, proxy):
        for trouble in (Trouble(lose_request=b"COMMIT\x00"), Trouble(lose_answer=b"COMMIT\x00")):
            request = await stage.ask()
            async with working(stage):
                proxy.trouble = trouble
                answer = await stage.desk.approve(stage.click(request))
                proxy.trouble = FINE
                if not answer.ok:
                    assert plain(answer.text) in (TRY_AGAIN, PERHAPS)
                    await stage.desk.approve(stage.click(request))
                await until(lambda: _ended(stage, [request]), IN_HAND_WITHIN)  # noqa: B023
        await whole(stage, paid=2)


KINDS = {
    "reset": lambda proxy: proxy.reset(),
    "half-closed": lambda proxy: proxy.half_close(),
}


@pytest.mark.postgres
@pytest.mark.parametrize("kind", KINDS)
async def test_connections_that_died_while_idle_are_noticed_and_replaced(postgresql_url: str, kind: str) -> None:
    async with behind_proxy(postgresql_url) as (stage, proxy):
        for paid in (1, 2, 3):
            request = await stage.ask()
            KINDS[kind](proxy)
            assert (await stage.approve(request)).ok
            await whole(stage, paid=paid)


@pytest.mark.postgres
@pytest.mark.parametrize("trouble", [Trouble(latency=0.02), Trouble(drip=0.0001)], ids=["latency", "slow drip"])
async def test_a_slow_network_changes_nothing(postgresql_url: str, trouble: Trouble) -> None:
    async with behind_proxy(postgresql_url) as (stage, proxy):
        request = await stage.ask()
        proxy.trouble = trouble
        assert (await stage.desk.approve(stage.click(request))).ok
        proxy.trouble = FINE
        await stage.settle()
        await whole(stage, paid=1)


@pytest.mark.postgres
async def test_a_database_that_stalls_makes_nobody_believe_anything(postgresql_url: str) -> None:
    async with behind_proxy(postgresql_url) as (stage, proxy):
        request = await stage.ask()
        storage = readiness(stage)
        proxy.trouble = Trouble(stall=True)
        click = asyncio.create_task(stage.desk.approve(stage.click(request)))
        assert not await ready(storage)
        assert not click.done()
        proxy.trouble = FINE
        assert (await click).ok
        await stage.settle()
        await whole(stage, paid=1)
        assert await ready(storage)


@pytest.mark.postgres
@pytest.mark.parametrize("way", ["there", "back"])
@pytest.mark.parametrize("once", [True, False] if FULL else [True])
async def test_cut_at_any_byte_an_answer_is_never_more_than_what_is_stored(
    postgresql_url: str, way: Way, once: bool
) -> None:
    """Of what a decision sends and receives: in full size every 16th byte, and every 200th where all connections are cut."""
    step = (16 if once else 200) if FULL else 1600
    async with behind_proxy(postgresql_url) as (stage, proxy):
        paid, at, struck = 0, 0, True
        while struck:
            request = await stage.ask()
            proxy.reset()  # a new connection counts from zero
            proxy.struck, proxy.trouble = 0, Trouble(cut=(way, at), once=once)
            answer = await stage.desk.approve(stage.click(request))
            proxy.trouble = FINE
            struck, at = proxy.struck > 0, at + step
            stored = await stage.read(lambda tx: tx.decisions(request.id))  # noqa: B023
            assert bool(stored) == answer.ok or plain(answer.text) == PERHAPS, (at, plain(answer.text))
            if not stored:
                assert (await stage.desk.approve(stage.click(request))).ok
            await stage.settle()
            paid += 1
            await whole(stage, paid=paid)
        assert at > 4096


@pytest.mark.postgres
async def test_the_primary_is_killed_under_load_and_comes_back(record_property: Callable[[str, object], None]) -> None:
    """`pg_ctl stop -m immediate` while people decide; started again, all that was acknowledged is there and runs once."""
    with primary() as server:
        async with stage_on(server.url) as stage:
            asked = [await stage.ask(f"{number}.00 shop") for number in range(1, (60 if FULL else 12) + 1)]
            async with working(stage):
                clicks = [asyncio.create_task(_press(stage, request)) for request in asked]
                await until(lambda: sum(click.done() for click in clicks) >= len(asked) // 4)
                await asyncio.to_thread(_power_cut, server)
                took = await until(lambda: all(click.done() for click in clicks), BACK_WITHIN)
                await until(lambda: _ended(stage, asked), IN_HAND_WITHIN)
            record_property("figure", f"all {len(asked)} decided {took:.1f} s after the primary was back")
            requests = await whole(stage)
            assert all("pproved" in click.result() for click in clicks)
            assert all(request.status in (RequestStatus.succeeded, RequestStatus.unknown) for request in requests)
            known = sum(request.status is RequestStatus.succeeded for request in requests)
            assert known >= len(asked) - 16, "more are unknown than can have been running"


def _power_cut(server: Primary) -> None:
    server.kill()
    threading.Event().wait(1)
    server.start()


async def _press(stage: Stage, request: Request) -> str:
    """Press until it is known what became of it, as a person would who is told to try again."""
    while True:
        answer = await stage.desk.approve(stage.click(request))
        if (text := plain(answer.text)) not in (TRY_AGAIN, PERHAPS):
            return text
        await asyncio.sleep(0.1)
