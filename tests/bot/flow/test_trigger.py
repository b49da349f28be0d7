"""Runs that nobody typed: once for the same input within a window, and by nobody who could decide."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.flow.trigger import Fired, Trigger, fire
from storage.records import RequestStatus
from tests.bot.flow.stage import CHANNEL, PAYER, RAVI, Stage

WEBHOOK = Trigger("webhook", "shop", PAYER, CHANNEL)


async def fired(stage: Stage, delivery: str, text: str = "480.00 lamp-shop", by: Trigger = WEBHOOK) -> Fired:
    return await stage.store.write(lambda tx: fire(tx, stage.signoff, by, text, delivery))


async def test_it_asks_people_in_its_channel_and_runs_what_they_approve(stage: Stage) -> None:
    began = await fired(stage, "1")
    await stage.settle()
    request = await stage.latest()

    assert began == Fired(True, request.run_id)
    assert [place.where for place in request.places] == [CHANNEL.where]
    assert request.requester.name == "webhook shop"
    await stage.approve(request, RAVI)
    assert await stage.status() is RequestStatus.succeeded
    assert len(stage.till.paid) == 1


async def test_the_card_stands_in_the_thread_of_its_run(stage: Stage) -> None:
    await fired(stage, "1")
    await stage.settle()
    request = await stage.latest()
    [card], [run] = await stage.store.read(lambda tx: (tx.messages(request.id), tx.messages(request.run_id)))
    assert card.place == run.place
    assert card.place.thread is not None


async def test_the_same_delivery_starts_one_run(stage: Stage) -> None:
    first, again = await fired(stage, "1"), await fired(stage, "1", "1.00 somebody-else")
    assert (first.new, again) == (True, Fired(False, None))


async def test_the_same_input_within_the_window_starts_one_run_and_is_told_which(stage: Stage) -> None:
    first = await fired(stage, "1")
    stage.clock.move(minutes=9)
    assert await fired(stage, "2") == Fired(False, first.run_id)


@pytest.mark.parametrize("minutes", [0, 3.3, 9.9])
async def test_the_window_is_never_shorter_wherever_it_begins(stage: Stage, minutes: float) -> None:
    stage.clock.move(minutes=minutes)
    await fired(stage, "1")
    stage.clock.move(minutes=9.99)
    assert not (await fired(stage, "2")).new


async def test_the_window_ends_however_often_the_input_comes(stage: Stage) -> None:
    """An alarm that rings every minute is not silent for ever."""
    new = []
    for minute in range(60):
        new.append((await fired(stage, f"{minute}")).new)
        stage.clock.move(minutes=1)
    assert new[0]
    assert 3 <= sum(new) <= 6


async def test_other_inputs_agents_and_windows_are_others(stage: Stage) -> None:
    twin = replace(PAYER, name="twin")
    stage.signoff = replace(stage.signoff, agents=type(stage.signoff.agents)([PAYER, twin]))
    assert (await fired(stage, "1")).new
    assert (await fired(stage, "2", "1.00 lamp-shop")).new
    assert (await fired(stage, "3", by=replace(WEBHOOK, agent=twin))).new
    assert (await fired(stage, "4", by=replace(WEBHOOK, window=timedelta()))).new
    assert (await fired(stage, "5", by=replace(WEBHOOK, window=timedelta()))).new


async def test_two_triggers_with_the_same_input_start_one_run(stage: Stage) -> None:
    """The mail about a ticket, and the call about it."""
    first = await fired(stage, "1")
    assert await fired(stage, "2", by=replace(WEBHOOK, kind="mailbox", name="support")) == Fired(False, first.run_id)
