"""Row 16 of the fault matrix: somebody sets the clock. Expiry never extends, and nothing is decided by a wrong clock."""

import ast
import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from aiohttp import ClientSession

import bot.flow
import storage
from bot.cards.text import plain
from bot.flow.clock import accept
from bot.flow.handlers import handlers
from bot.scheduler import Ticks
from bot.web import served, web_app
from storage.clock import Bearing, SystemClock, keep, kept, since_boot, this_boot
from storage.records import RequestStatus
from storage.sql.open import Storage, open_storage
from storage.sql.sqlite import bearing_file
from storage.store import ClockMoved
from tests.bot.flow.stage import Clock, Stage, stage_on
from tests.faults.whole import until, whole

STEPS = [timedelta(minutes=5), timedelta(minutes=-5), timedelta(hours=5), timedelta(hours=-5), timedelta(seconds=31)]
FOUR_HOURS = 4 * 3600.0
ASKED = ("datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time")


@dataclass
class Machine:
    """A machine with two clocks: nobody can set the one that counts from the start."""

    up: float = 1000.0
    shift: timedelta = timedelta(0)
    start: datetime = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)

    def wall(self) -> datetime:
        return self.start + timedelta(seconds=self.up) + self.shift

    def steady(self) -> float:
        return self.up

    def clock(self) -> SystemClock:
        """As a process finds it that starts now."""
        return SystemClock(self.wall, self.steady)


@asynccontextmanager
async def serving(url: str, machine: Machine) -> AsyncIterator[tuple[Stage, Storage]]:
    """A Signoff on that machine."""
    clock = machine.clock()
    async with stage_on(url, clock=Stopped()) as stage:
        await stage.store.close()
        opened = await open_storage(url, exclusive=True, clock=clock)
        try:
            signoff = replace(stage.signoff, store=opened.store)
            yield (
                replace(
                    stage, signoff=signoff, store=opened.store, dispatch=opened.dispatch, desk=type(stage.desk)(signoff)
                ),
                opened,
            )
        finally:
            await opened.close()


class Stopped(Clock):
    """The stage's own clock, which nobody asks here."""

    def move(self, **by: float) -> None: ...


@pytest.mark.parametrize("step", STEPS, ids=str)
async def test_while_the_clock_is_wrong_nothing_is_decided_and_readiness_says_so(sqlite_url: str, step: timedelta) -> None:
    machine = Machine()
    async with serving(sqlite_url, machine) as (stage, opened), served(web_app(opened.check, {}), "127.0.0.1", 0) as web:
        request = await stage.ask()
        machine.shift = step
        for answer in (
            await stage.desk.approve(stage.click(request)),
            await stage.desk.reject(stage.click(request), {"reason": "wrong_details"}),
            await stage.type("run payer 5.00 shop"),
            await stage.type(f"cancel {request.id}"),
        ):
            assert not answer.ok
            assert "The machine's clock was moved " in plain(answer.text)
            assert plain(answer.text).endswith("or Signoff is restarted. Nothing was done.")
        with pytest.raises(ClockMoved):
            await stage.store.write(lambda tx: tx.expire_request(request.id))
        assert await _ready(web) == (503, "The machine's clock was moved ")
        machine.shift = timedelta(seconds=-29)
        assert await until_ready(web) < 5
        assert (await stage.approve(request)).ok
        await whole(stage, paid=1)


async def until_ready(web: str) -> float:
    async def ready() -> bool:
        return (await _ready(web))[0] == 200

    return await until(ready)


async def _ready(web: str) -> tuple[int, str]:
    async with ClientSession() as http, http.get(f"{web}/health/ready") as answer:
        return answer.status, (await answer.json()).get("reason", "")[:30]


@pytest.mark.parametrize("step", STEPS, ids=str)
async def test_restarted_under_another_time_nothing_is_decided_before_it_was_asked_or_after_it_expired(
    sqlite_url: str, step: timedelta
) -> None:
    """A restart trusts the clock again; one that was set back first has to come to where it was. The card's time holds."""
    machine = Machine()
    async with serving(sqlite_url, machine) as (stage, _):
        request = await stage.ask()
    machine.shift, machine.up = step, machine.up + 60
    behind = max(request.created_at - machine.wall(), timedelta(0))
    async with serving(sqlite_url, machine) as (stage, _):
        if behind:
            answer = await stage.desk.approve(stage.click(request))
            assert "the newest entry of the audit chain" in plain(answer.text)
            machine.up += behind.total_seconds() - 31
            assert not (await stage.desk.approve(stage.click(request))).ok
            machine.up += 2
        answer = await stage.desk.approve(stage.click(request))
        assert answer.ok == (machine.wall() < request.expires_at)
        machine.up += 60
        other = await stage.ask("5.00 shop")
        machine.up += FOUR_HOURS
        assert not (await stage.desk.approve(stage.click(other))).ok
        await stage.settle()
        assert (await stage.read(lambda tx: tx.request(other.id))).status is RequestStatus.expired


async def test_it_starts_paused_and_goes_on_when_the_clock_has_come_that_far(
    sqlite_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    machine = Machine()
    async with serving(sqlite_url, machine) as (stage, _):
        request = await stage.ask()
        await stage.desk.approve(stage.click(request))  # its job has not run
    machine.shift = timedelta(hours=-1)
    async with serving(sqlite_url, machine) as (stage, opened):
        working = asyncio.create_task(stage.dispatch.serve(handlers(stage.signoff)))
        await until(lambda: "Jobs rest" in caplog.text)
        await asyncio.sleep(1.2)
        assert caplog.text.count("Jobs rest") == 1, "said twice a second"
        assert not working.done()
        assert stage.till.paid == []
        machine.up += 3600
        await until(lambda: len(stage.till.paid) == 1)
        await opened.check()
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)
        await whole(stage, paid=1)


async def test_a_clock_that_was_ahead_is_accepted_by_somebody_who_knows(sqlite_url: str) -> None:
    machine = Machine()
    async with serving(sqlite_url, machine) as (stage, _):
        before = await stage.ask()
    machine.shift = timedelta(days=400)
    async with serving(sqlite_url, machine) as (stage, _):
        early = await stage.ask("7.00 shop")
    machine.shift = timedelta(0)
    async with serving(sqlite_url, machine) as (stage, _):
        assert "`signoff db accept-clock`" in plain((await stage.desk.approve(stage.click(before))).text)
    command = await open_storage(sqlite_url, clock=machine.wall)
    accepted = await command.store.write(lambda tx: accept(tx, replace(stage.signoff, store=command.store), "anna"))
    assert accepted is not None
    assert accepted.ended == (early.id,)
    assert await command.store.write(lambda tx: accept(tx, stage.signoff, "anna")) is None, "there is nothing left to accept"
    await command.close()
    async with serving(sqlite_url, machine) as (stage, _):
        assert (await stage.read(lambda tx: tx.request(early.id))).status is RequestStatus.expired
        assert not (await stage.approve(early)).ok
        assert (await stage.approve(before)).ok
        await whole(stage, paid=1)


ZONES = [
    ("Europe/Berlin", "2026-03-29T01:00Z"),
    ("Europe/Berlin", "2026-10-25T01:00Z"),
    ("America/New_York", "2026-11-01T06:00Z"),
]


@pytest.mark.parametrize(("zone", "change"), ZONES)
async def test_daylight_saving_is_no_step(sqlite_url: str, zone: str, change: str) -> None:
    moment = datetime.fromisoformat(change)
    local = Machine(start=moment - timedelta(hours=2))
    machine = Machine(start=local.start)

    def wall() -> datetime:
        return local.wall().astimezone(ZoneInfo(zone))

    clock = SystemClock(wall, local.steady)
    opened = await open_storage(sqlite_url, exclusive=True, clock=clock)
    try:
        assert (wall() + timedelta(hours=2)).utcoffset() is not None
        before = wall().utcoffset()
        for _ in range(4):
            local.up += 3600
            await opened.check()
            stored = await opened.store.write(lambda tx: tx.now())
            assert stored == machine.start + timedelta(seconds=local.up)
        assert wall().utcoffset() != before, "the zone did not change its time"
    finally:
        await opened.close()


async def test_a_sleep_of_the_machine_is_no_step(sqlite_url: str) -> None:
    machine = Machine()
    async with serving(sqlite_url, machine) as (stage, opened):
        request = await stage.ask()
        machine.up += FOUR_HOURS + 1  # both clocks go on while a laptop sleeps
        await opened.check()
        answer = await stage.desk.approve(stage.click(request))
        assert not answer.ok
        assert (await stage.latest()).status is RequestStatus.expired


async def test_a_command_beside_knows_the_clock_as_the_server_found_it(sqlite_url: str) -> None:
    machine = Machine()
    async with serving(sqlite_url, machine) as (stage, _):
        request = await stage.ask()
        machine.shift = timedelta(hours=3)
        beside = await open_storage(sqlite_url, clock=machine.clock())
        with pytest.raises(ClockMoved, match="moved forward by 3 h"):
            await beside.store.write(lambda tx: tx.hold_request(request.id, 1))
        await beside.close()
        machine.shift = timedelta(0)
        beside = await open_storage(sqlite_url, clock=machine.clock())
        assert await beside.store.write(lambda tx: tx.hold_request(request.id, 1))
        await beside.close()
    file = bearing_file(Path(sqlite_url.removeprefix("sqlite:///")))
    assert not file.exists(), "nobody serves any more"


def test_what_another_start_of_the_machine_left_is_not_followed(tmp_path: Path) -> None:
    file, machine = tmp_path / "clock", Machine()
    keep(Bearing("another boot", -1e9), file)
    clock, bearing = machine.clock(), kept(file)
    assert bearing == Bearing("another boot", -1e9)
    clock.follow(bearing)
    clock.check()
    for nonsense in ("", "[]", "{}", '{"boot": 1}', "\x00"):
        file.write_text(nonsense)
        assert kept(file) is None
    keep(clock.bearing, tmp_path / "no folder" / "clock")  # goes without


def test_the_machine_itself_is_asked() -> None:
    clock = SystemClock()
    clock.check()
    assert abs(clock() - datetime.now(UTC)) < timedelta(seconds=5)
    assert since_boot() <= since_boot()
    assert this_boot() == this_boot()


@pytest.mark.parametrize(
    ("step", "words"),
    [
        (timedelta(seconds=40), "forward by 40 s"),
        (timedelta(minutes=-5), "back by 5 min"),
        (timedelta(hours=5), "forward by 5 h"),
        (timedelta(days=-400), "back by 400 days"),
    ],
)
def test_people_are_told_by_how_much(step: timedelta, words: str) -> None:
    machine = Machine()
    clock = machine.clock()
    machine.shift = step
    with pytest.raises(ClockMoved, match=words):
        clock.check()


@pytest.mark.postgres
@pytest.mark.parametrize("step", STEPS, ids=str)
async def test_postgresql_decides_by_its_own_time(postgresql_url: str, step: timedelta) -> None:
    """A replica whose machine has a wrong clock decides and expires as the others do."""
    machine = Machine()
    clock = machine.clock()
    machine.shift = step
    opened = await open_storage(postgresql_url, clock=clock)
    try:
        await opened.check()
        there = await opened.store.read(lambda tx: tx.now())
        assert abs(there - datetime.now(UTC)) < timedelta(seconds=60)
    finally:
        await opened.close()
    async with stage_on(postgresql_url) as stage:
        request = await stage.ask()
        stage.clock.move(seconds=FOUR_HOURS - 60)
        assert (await stage.desk.approve(stage.click(await stage.ask()))).ok
        stage.clock.move(seconds=61)
        assert not (await stage.desk.approve(stage.click(request))).ok
        assert (await stage.read(lambda tx: tx.request(request.id))).status is RequestStatus.expired


def test_the_flow_asks_nobody_but_the_store_for_the_time() -> None:
    """So that it is the database's time wherever something is decided. `run.py` only stamps the steps of a trace."""
    asking = set()
    for package in (bot.flow, storage):
        for path in Path(package.__path__[0]).rglob("*.py"):
            if any(ast.unparse(node) in ASKED for node in ast.walk(ast.parse(path.read_text()))):
                asking.add(path.name)
    assert asking <= {"run.py", "clock.py", "procrastinate_dispatch.py", "anchors.py"}, asking


async def test_ticks_go_on_when_the_clock_is_set_back(caplog: pytest.LogCaptureFixture) -> None:
    """Set back by five hours, what was to tick in a moment lies five hours ahead."""
    ticked = asyncio.Event()

    async def tick() -> None:
        ticked.set()

    ticks = Ticks({"sweep": (3600.0, tick)}, look=0.1)
    ticks.start()
    try:
        ticks.scheduler.get_job("sweep").modify(next_run_time=datetime.now(UTC) + timedelta(hours=5))
        async with asyncio.timeout(5):
            await ticked.wait()
        assert ticks.scheduler.get_job("sweep").next_run_time < datetime.now(UTC) + timedelta(hours=1, seconds=1)
    finally:
        ticks.shutdown(wait=False)


async def test_a_tick_that_cannot_write_rests_without_a_trace(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)

    async def tick() -> None:
        raise ClockMoved("The machine's clock was moved.")

    ticks = Ticks({"sweep": (0.05, tick)})
    ticks.start()
    try:
        await until(lambda: "tick sweep rests: The machine's clock was moved." in caplog.text)
    finally:
        ticks.shutdown(wait=False)
    assert "Traceback" not in caplog.text
