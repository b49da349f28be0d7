"""Triggers: one input is one piece of work for a while, whoever brings it and however often."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.cards.text import plain
from bot.flow.accounts import Kind
from bot.flow.run import INPUT_MAX, InputRefused
from bot.flow.trigger import WINDOW, Occasion, Taken, ids_around, requester, take
from storage.records import RequestStatus
from tests.bot.flow.stage import CHANNEL, PAYER, RAVI, Stage

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
async def test_the_window_is_exact_wherever_in_the_hour_it_begins(sqlite_stage: Stage, start: int) -> None:
    sqlite_stage.clock.move(seconds=start)
    first = await taken(sqlite_stage, occasion(delivery="a"))
    sqlite_stage.clock.move(seconds=WINDOW.total_seconds() - 5)
    within = await taken(sqlite_stage, occasion(delivery="b"))
    sqlite_stage.clock.move(seconds=6)
    after = await taken(sqlite_stage, occasion(delivery="c"))

    assert within == Taken(first.run_id, new=False)
    assert after.new
    assert len(await runs(sqlite_stage)) == 2


async def test_what_is_looked_at_within_the_window_does_not_make_it_longer(stage: Stage) -> None:
    for minute in range(0, 21, 4):
        await taken(stage, occasion(delivery=f"d{minute}"))
        stage.clock.move(minutes=4)
    assert len(await runs(stage)) == 2  # at 0 and at 12


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


def test_neighbouring_parts_of_time_share_their_ids() -> None:
    now = datetime(2026, 11, 22, 12, 5, tzinfo=UTC)
    before, this, after = ids_around(occasion(), now)
    assert len({before, this, after}) == 3
    assert ids_around(occasion(), now + WINDOW)[:2] == (this, after)
    assert ids_around(occasion(window=WINDOW * 2), now) != (before, this, after)


@pytest.mark.parametrize("kind", ["webhook", "mailbox", "schedule"])
async def test_who_asked_reads_well_and_keeps_nobody_from_deciding(stage: Stage, kind: Kind) -> None:
    await taken(stage, replace(occasion("480.00 lamp-shop"), person=requester(kind, "crm")))
    await stage.settle()
    request = await stage.latest()

    assert stage.card().requester.name == f"{kind} crm"
    assert f"{kind} crm" in plain((await stage.type(f"show {request.id}")).text)
    assert stage.surface.places[2].thread == "1"  # the card stands in the thread of the run's message
    await stage.approve(request, RAVI)
    assert (await stage.latest()).status is RequestStatus.succeeded
    assert stage.surface.replies[-1][1] == f"{kind} crm succeeded: 480.00"
