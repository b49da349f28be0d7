"""Schedules: once for each time that a cron line is due, however many replicas, however late."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from bot.triggers.file import Schedule
from bot.triggers.schedule import Alarm
from tests.bot.flow.stage import CHANNEL, Stage

MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@dataclass
class Wall:
    """A clock on the wall."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now

    def move(self, **by: float) -> None:
        self.now += timedelta(**by)


def alarm(stage: Stage, wall: Wall, cron: str = "0 9 * * MON") -> Alarm:
    schedule = Schedule.model_validate({"agent": "payer", "cron": cron, "input": "think about it"})
    return Alarm(stage.signoff, "weekly", schedule, CHANNEL, wall)


async def count(stage: Stage) -> int:
    return len(await stage.read(lambda tx: tx.runs(limit=100)))


async def test_it_is_started_once_when_it_is_due(stage: Stage) -> None:
    wall = Wall(MONDAY - timedelta(seconds=3))
    weekly = alarm(stage, wall)
    seen = []
    for _ in range(4):
        await weekly.look()
        seen.append(await count(stage))
        wall.move(seconds=3)
    run = await stage.run()

    assert seen == [0, 1, 1, 1]
    assert (run.input, run.requester.key, run.requester.name) == (
        "think about it",
        "schedule:local:weekly",
        "schedule weekly",
    )
    assert run.origin == CHANNEL


async def test_replicas_and_restarts_start_it_once(stage: Stage) -> None:
    wall = Wall(MONDAY)
    await asyncio.gather(*(alarm(stage, wall).look() for _ in range(4)))
    wall.move(minutes=10)
    await alarm(stage, wall).look()
    assert await count(stage) == 1


@pytest.mark.parametrize(("minutes", "runs"), [(0, 1), (59, 1), (61, 0)])
async def test_what_was_slept_through_is_made_up_for_within_the_hour(stage: Stage, minutes: int, runs: int) -> None:
    wall = Wall(MONDAY - timedelta(minutes=1))
    weekly = alarm(stage, wall)
    await weekly.look()
    wall.move(minutes=minutes + 1)
    await weekly.look()
    assert await count(stage) == runs


async def test_of_many_that_were_slept_through_one_is_made_up_for(stage: Stage) -> None:
    wall = Wall(MONDAY)
    often = alarm(stage, wall, "*/5 * * * *")
    await often.look()
    wall.move(minutes=42)
    await often.look()
    await often.look()
    assert await count(stage) == 2


async def test_the_same_input_is_due_again_however_soon(stage: Stage) -> None:
    wall = Wall(MONDAY)
    often = alarm(stage, wall, "* * * * *")
    for _ in range(3):
        await often.look()
        wall.move(minutes=1)
    assert await count(stage) == 3


async def test_a_clock_that_is_set_back_starts_nothing_twice(stage: Stage) -> None:
    wall = Wall(MONDAY + timedelta(seconds=1))
    weekly = alarm(stage, wall)
    await weekly.look()
    wall.move(minutes=-5)
    for _ in range(4):
        await weekly.look()
        wall.move(minutes=3)
    assert await count(stage) == 1


async def test_an_hour_that_comes_twice_counts_once(stage: Stage) -> None:
    wall = Wall(datetime(2026, 10, 25, 0, 20, tzinfo=UTC))  # 02:20 in Berlin, and 02:20 again an hour later
    schedule = Schedule.model_validate(
        {"agent": "payer", "cron": "30 2 * * *", "timezone": "Europe/Berlin", "input": "think about it"}
    )
    nightly = Alarm(stage.signoff, "nightly", schedule, CHANNEL, wall)
    for _ in range(8):
        await nightly.look()
        wall.move(minutes=15)
    assert await count(stage) == 1
