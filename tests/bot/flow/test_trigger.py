"""Triggers: one input is one piece of work for a while, whoever brings it and however often."""

import asyncio
import itertools
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.cards.text import plain
from bot.flow import jobs
from bot.flow.accounts import Kind
from bot.flow.run import INPUT_MAX, InputRefused
from bot.flow.trigger import PARTS, WINDOW, Occasion, Taken, requester, take
from storage.records import RequestStatus
from tests.bot.flow.stage import CHANNEL, PAYER, RAVI, Stage, stage_on

CRM = requester("webhook", "crm")


def occasion(text: str = "think about it", delivery: str = "d1", window: timedelta | None = WINDOW) -> Occasion:
    return Occasion(PAYER, text, CRM, CHANNEL, delivery, window)


async def taken(stage: Stage, what: Occasion) -> Taken:
    return await stage.store.write(lambda tx: take(tx, stage.signoff, what))


async def runs(stage: Stage) -> list[str]:
    return [run.id for run in await stage.read(lambda tx: tx.runs(limit=100))]


async def test_the_same_input_within_the_window_is_one_run_and_is_told_which(stage: Stage) -> None:
    first = await taken(stage, occasion())
    again = await taken(stage, occasion(delivery="d2"))
    redelivered = await taken(stage, occasion())

    assert first.new
    assert again == redelivered == Taken(first.run_id, new=False)
    assert await runs(stage) == [first.run_id]


@pytest.mark.parametrize("start", range(0, 600, 97))
async def test_the_window_is_whole_wherever_in_the_hour_it_begins(sqlite_stage: Stage, start: int) -> None:
    sqlite_stage.clock.move(seconds=start)
    first = await taken(sqlite_stage, occasion(delivery="a"))
    sqlite_stage.clock.move(seconds=WINDOW.total_seconds() - 1)
    within = await taken(sqlite_stage, occasion(delivery="b"))
    sqlite_stage.clock.move(seconds=WINDOW.total_seconds() / PARTS + 1)
    after = await taken(sqlite_stage, occasion(delivery="c"))

    assert within == Taken(first.run_id, new=False)
    assert after.new
    assert len(await runs(sqlite_stage)) == 2


async def test_what_is_brought_within_the_window_does_not_make_it_longer(stage: Stage) -> None:
    for minute in range(0, 24, 4):
        await taken(stage, occasion(delivery=f"d{minute}"))
        stage.clock.move(minutes=4)
    assert len(await runs(stage)) == 2  # at 0 and at 12


@pytest.mark.parametrize("seconds", [1, 86_400 * 5])
async def test_the_shortest_and_the_longest_window(sqlite_stage: Stage, seconds: int) -> None:
    window = timedelta(seconds=seconds)
    first = await taken(sqlite_stage, occasion(window=window))
    sqlite_stage.clock.move(seconds=seconds * 0.99)
    assert await taken(sqlite_stage, occasion(delivery="d2", window=window)) == Taken(first.run_id, new=False)
    sqlite_stage.clock.move(seconds=seconds * 0.12)
    assert (await taken(sqlite_stage, occasion(delivery="d3", window=window))).new


@pytest.mark.parametrize("seconds", [0, 86_400 * 5 + 1])
def test_a_window_that_cannot_be_kept_is_refused(seconds: int) -> None:
    with pytest.raises(ValueError, match="from a second to 5 days"):
        occasion(window=timedelta(seconds=seconds))


async def test_a_delivery_that_comes_again_after_the_window_has_no_effect(stage: Stage) -> None:
    await taken(stage, occasion())
    stage.clock.move(hours=30)
    assert await taken(stage, occasion()) == Taken(None, new=False)


async def test_another_input_or_agent_is_another_run(stage: Stage) -> None:
    other = replace(PAYER, name="other")
    for delivery, what in enumerate((occasion(), occasion("think again"), replace(occasion(), agent=other))):
        assert (await taken(stage, replace(what, delivery=f"d{delivery}"))).new


async def test_without_a_window_each_delivery_counts_once(stage: Stage) -> None:
    answers = [await taken(stage, occasion(delivery=each, window=None)) for each in ("9:00", "9:05", "9:05")]
    assert [answer.new for answer in answers] == [True, True, False]


async def test_many_at_the_same_moment_start_one_run(stage: Stage) -> None:
    answers = await asyncio.gather(*(taken(stage, occasion(delivery=f"d{n}")) for n in range(12)))
    [run] = await runs(stage)
    assert sorted((answer.run_id, answer.new) for answer in answers) == [(run, False)] * 11 + [(run, True)]


async def test_what_is_refused_leaves_nothing_behind(stage: Stage) -> None:
    with pytest.raises(InputRefused):
        await taken(stage, occasion("x" * (INPUT_MAX + 1)))
    assert (await taken(stage, occasion())).new


@pytest.mark.postgres
async def test_in_a_short_window_many_at_a_time_start_one_run_each_time(postgresql_url: str) -> None:
    """Whatever the moment at which a window ends, those who come then agree on one run, and none of them fails."""
    async with stage_on(postgresql_url) as stage:
        loop, numbers = asyncio.get_running_loop(), itertools.count()
        end = loop.time() + 3.5

        async def bring() -> None:
            while loop.time() < end:
                await taken(stage, occasion(delivery=f"d{next(numbers)}", window=timedelta(seconds=1)))

        await asyncio.gather(*(bring() for _ in range(8)))
        at = sorted([run.created_at for run in await stage.read(lambda tx: tx.runs(limit=100))])
    assert len(at) >= 3
    assert all(later - earlier > timedelta(seconds=0.9) for earlier, later in itertools.pairwise(at))


@pytest.mark.parametrize("kind", ["webhook", "mailbox", "schedule"])
async def test_who_asked_reads_well_and_keeps_nobody_from_deciding(stage: Stage, kind: Kind) -> None:
    await taken(stage, replace(occasion("480.00 lamp-shop"), person=requester(kind, "crm")))
    await stage.settle()
    request = await stage.latest()

    assert stage.card().requester.name == f"{kind} crm"
    assert f"{kind} crm" in plain((await stage.type(f"show {request.id}")).text)
    assert stage.surface.places[2].thread == "1"  # the card stands in the thread of the run's message
    assert jobs.show_card(request)[0].lock == jobs.show_run(request.run_id).lock  # and comes after it
    await stage.approve(request, RAVI)
    assert (await stage.latest()).status is RequestStatus.succeeded
    assert stage.surface.replies[-1][1] == f"{kind} crm succeeded: 480.00"
