"""Cron lines start runs, once however many replicas look, and late rather than never."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.triggers.schedule import Timer, coming
from bot.triggers.trigger import Trigger
from tests.bot.flow.stage import CHANNEL, PAYER, Stage

TRIGGER = Trigger("schedule", "monday", PAYER, CHANNEL, None)


def timer(cron: str = "0 * * * *", timezone: str = "UTC") -> Timer:
    return Timer(TRIGGER, cron, timezone, "480.00 lamp-shop")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


async def runs(stage: Stage) -> int:
    return len(await stage.store.read(lambda tx: tx.runs(limit=100)))


@pytest.mark.parametrize(
    ("cron", "timezone", "after", "next"),
    [
        ("0 9 * * MON", "UTC", "2026-11-22T12:00", "2026-11-23T09:00"),  # the 22nd is a Sunday
        ("0 9 * * SUN", "UTC", "2026-11-23T12:00", "2026-11-29T09:00"),
        ("0 9 * * MON-FRI", "Europe/Berlin", "2026-11-20T12:00", "2026-11-23T08:00"),
        ("30 2 * * *", "Europe/Berlin", "2027-03-27T12:00", "2027-03-28T01:30"),  # 03:30, as there is no 02:30 that night
        ("0 0 1 * *", "UTC", "2026-11-22T12:00", "2026-12-01T00:00"),
        ("0 9 * * MON", "UTC", "2026-11-23T09:00", "2026-11-30T09:00"),
    ],
)
def test_cron_lines_mean_what_they_mean_everywhere(cron: str, timezone: str, after: str, next: str) -> None:
    assert coming(cron, timezone, at(after)) == at(next)


async def test_a_run_starts_when_its_time_has_come_and_only_then(stage: Stage) -> None:
    stage.clock.move(minutes=10)
    hourly = timer()
    await hourly.look(stage.signoff)
    assert await runs(stage) == 0
    stage.clock.move(minutes=50)
    for _ in range(3):
        await hourly.look(stage.signoff)
    assert await runs(stage) == 1
    stage.clock.move(minutes=60)
    await hourly.look(stage.signoff)
    assert await runs(stage) == 2, "the same input at another time is another run"


async def test_replicas_start_one_run_together(stage: Stage) -> None:
    stage.clock.move(minutes=10)
    replicas = [timer() for _ in range(3)]
    for each in replicas:
        await each.look(stage.signoff)
    stage.clock.move(minutes=50, seconds=3)
    for each in replicas:
        await each.look(stage.signoff)
    assert await runs(stage) == 1


@pytest.mark.parametrize(("asleep", "started"), [(30, 1), (59, 1), (60 * 5, 1), (60 * 24 * 3, 1)])
async def test_times_that_were_slept_through_are_made_up_for_by_one_run(stage: Stage, asleep: int, started: int) -> None:
    stage.clock.move(minutes=45)
    hourly = timer()
    await hourly.look(stage.signoff)
    stage.clock.move(minutes=asleep)
    await hourly.look(stage.signoff)
    assert await runs(stage) == started


async def test_a_time_that_is_long_over_is_over(stage: Stage) -> None:
    daily = timer("0 13 * * *")
    await daily.look(stage.signoff)
    stage.clock.move(hours=3)
    await daily.look(stage.signoff)
    assert await runs(stage) == 0


@pytest.mark.parametrize(("late", "started"), [(4, 1), (6, 0)])
async def test_a_short_restart_misses_nothing_and_a_new_line_starts_nothing_from_before(
    stage: Stage, late: int, started: int
) -> None:
    stage.clock.move(minutes=late)
    await timer().look(stage.signoff)
    assert await runs(stage) == started


async def test_a_clock_that_is_set_back_starts_nothing_twice(stage: Stage) -> None:
    stage.clock.move(minutes=50)
    hourly = timer()
    await hourly.look(stage.signoff)
    stage.clock.move(minutes=15)
    await hourly.look(stage.signoff)
    stage.clock.move(minutes=-10)
    await hourly.look(stage.signoff)
    stage.clock.move(minutes=12)
    await hourly.look(stage.signoff)
    assert await runs(stage) == 1


async def test_an_hour_that_comes_twice_counts_once(stage: Stage) -> None:
    stage.clock.now = at("2026-10-25T00:20")  # 02:20 in Berlin, and 02:20 again an hour later
    nightly = timer("30 2 * * *", "Europe/Berlin")
    for _ in range(8):
        await nightly.look(stage.signoff)
        stage.clock.move(minutes=15)
    assert await runs(stage) == 1


async def test_a_time_is_not_lost_when_the_database_is_down(stage: Stage) -> None:
    stage.clock.move(minutes=50)
    hourly = timer()
    await hourly.look(stage.signoff)
    assert hourly.due(stage.clock() + timedelta(minutes=11)) is not None
    assert hourly.due(stage.clock() + timedelta(minutes=11)) is not None, "looking takes nothing away"
