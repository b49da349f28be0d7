"""The fallback route: what waits for people never ends up nowhere."""

import logging
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.cards.text import Text
from bot.flow.converge import show_card
from bot.flow.front_desk import FrontDesk
from bot.flow.lost import look, lose
from bot.flow.reconcile import reconcile
from bot.flow.surface import SurfaceBusy
from bot.flow.sweep import nudge
from storage.records import MessageStatus, Person, Place
from tests.bot.flow.stage import CHANNEL, POLICY, RAVI, Stage

FALLBACK = Place(surface="slack", tenant="T1", channel="C7")
ONCALL = Place(surface="slack", tenant="T1", channel="C9")


@pytest.fixture
def routed(stage: Stage) -> Stage:
    """Cards go to #C9, and where they cannot, to #C7."""
    stage.signoff = replace(stage.signoff, fallback_place=FALLBACK)
    stage.desk = FrontDesk(stage.signoff)
    stage.adopt(POLICY.replace("    risk: high\n", "    risk: high\n    channel: slack:C9\n", 1))
    return stage


def channels(stage: Stage) -> list[str]:
    """Where cards stand, in the order in which they were posted."""
    return [stage.surface.places[n].channel for n, views in stage.surface.views.items() if hasattr(views[0], "buttons")]


async def test_a_card_whose_channel_is_lost_appears_in_the_fallback_channel(
    routed: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    asked = await routed.ask()
    routed.surface.archived.add("C9")
    assert await routed.desk.lost(ONCALL)
    await routed.settle()
    assert channels(routed) == ["C9", "C7"]
    assert "Unarchive it or invite Signoff again" in caplog.text
    assert any(record.levelno == logging.ERROR for record in caplog.records)
    assert (await routed.approve(asked)).ok
    assert len(routed.till.paid) == 1
    assert routed.card().state == "Approved and done"
    assert routed.surface.replies[-2][0].channel == "C7"


async def test_a_channel_that_is_told_lost_twice_makes_one_more_card(routed: Stage) -> None:
    await routed.ask()
    routed.surface.archived.add("C9")
    for _ in range(3):
        await routed.desk.lost(ONCALL)
        await routed.settle()
    assert channels(routed) == ["C9", "C7"]


async def test_without_a_fallback_channel_the_requester_is_told_once_and_the_card_comes_back_with_the_channel(
    stage: Stage,
) -> None:
    asked = await stage.ask()
    stage.surface.archived.add(CHANNEL.channel)
    await lose(stage.signoff, CHANNEL)
    await stage.settle()
    for _ in range(3):
        stage.clock.move(minutes=1)
        await reconcile(stage.signoff)
        await stage.settle()
    assert [(key, "archived" in text) for key, text in stage.surface.told] == [(asked.requester.key, True)]
    stage.surface.archived.clear()
    await reconcile(stage.signoff)
    await stage.settle()
    assert len(channels(stage)) == 2
    assert (await stage.approve(asked)).ok


async def test_what_nobody_tells_us_of_we_see_by_ourselves(routed: Stage) -> None:
    await routed.ask()
    await look(routed.signoff)
    await routed.settle()
    assert channels(routed) == ["C9"]
    routed.surface.archived.add("C9")
    await look(routed.signoff)
    await routed.settle()
    assert channels(routed) == ["C9", "C7"]


async def test_a_surface_that_is_wrong_about_a_channel_makes_one_card_an_hour(routed: Stage) -> None:
    await routed.ask()

    async def wrong(place: Place) -> bool:
        return False

    routed.surface.reaches = wrong  # type: ignore[method-assign]
    for _ in range(5):
        await look(routed.signoff)
        await routed.settle()
    assert channels(routed) == ["C9", "C9"]


async def test_a_reminder_that_finds_the_channel_gone_takes_the_card_along(routed: Stage) -> None:
    await routed.ask()
    routed.surface.archived.add("C9")
    routed.clock.move(hours=2)
    await nudge(routed.signoff)
    await routed.settle()
    assert channels(routed) == ["C9", "C7"]
    place, text = routed.surface.replies[-1]
    assert (place.channel, text.startswith("Reminder")) == ("C7", True)


async def test_a_line_about_what_is_decided_goes_to_who_asked_when_the_channel_is_gone(stage: Stage) -> None:
    asked = await stage.ask()
    stage.surface.archived.add(CHANNEL.channel)
    await stage.approve(asked, RAVI)
    assert len(stage.till.paid) == 1
    told = [text for key, text in stage.surface.told if key == asked.requester.key]
    assert any("Done. Paid 480.00" in text for text in told)


async def test_a_line_for_a_channel_that_is_gone_is_said_in_the_fallback_channel(routed: Stage) -> None:
    routed.adopt(POLICY.replace("    verdict: log\n", "    verdict: log\n    channel: slack:C9\n", 1))
    routed.surface.archived.add("C9")
    await routed.type("run payer note hello")
    assert any(place.channel == "C7" and text.startswith("Logged") for place, text in routed.surface.replies)


async def test_a_card_given_up_while_it_is_updated_stays_given_up_until_it_is_posted_again(routed: Stage) -> None:
    asked = await routed.ask()
    surface, update = routed.surface, routed.surface.update

    async def lost_meanwhile(address: dict[str, object], view: object) -> None:
        await update(address, view)  # type: ignore[arg-type]
        await lose(routed.signoff, ONCALL)

    surface.update = lost_meanwhile  # type: ignore[method-assign, assignment]
    [posted] = await routed.read(lambda tx: tx.messages(asked.id))
    await routed.store.write(lambda tx: tx.update_message(posted.model_copy(update={"shown": None})))
    await show_card(routed.signoff, asked.id, *asked.places)
    [message] = await routed.read(lambda tx: tx.messages(asked.id))
    assert message.status is MessageStatus.gone
    surface.archived.add("C9")
    await routed.settle()
    assert channels(routed) == ["C9", "C7"]


async def test_a_request_without_any_channel_is_told_to_who_asked(stage: Stage) -> None:
    asked = await stage.ask()
    homeless = asked.model_copy(update={"id": "req_homeless", "places": ()})
    [first] = await stage.read(lambda tx: tx.revisions(asked.id))
    revision = first.model_copy(update={"request_id": homeless.id})
    await stage.store.write(lambda tx: tx.add_request(homeless, revision))
    for _ in range(2):
        await show_card(stage.signoff, homeless.id)
        await stage.settle()
    assert [(key, "SIGNOFF_CHANNEL" in text) for key, text in stage.surface.told] == [(asked.requester.key, True)]


@pytest.mark.parametrize("fallback", [None, FALLBACK], ids=["no fallback", "fallback lost too"])
async def test_who_asked_is_told_although_the_platform_asks_to_wait_at_that_very_moment(
    sqlite_stage: Stage, fallback: Place | None
) -> None:
    stage = sqlite_stage
    stage.signoff = replace(stage.signoff, fallback_place=fallback)
    asked = await stage.ask()
    stage.surface.archived |= {CHANNEL.channel, FALLBACK.channel}
    tell, busy = stage.surface.tell, [SurfaceBusy(timedelta(minutes=5), "asked to wait")]

    async def once_busy(person: Person, place: Place | None, text: Text) -> None:
        if busy:
            raise busy.pop()
        await tell(person, place, text)

    stage.surface.tell = once_busy  # type: ignore[method-assign]
    await lose(stage.signoff, CHANNEL)
    await stage.settle()
    assert stage.surface.told == []
    for _ in range(3):
        stage.clock.move(minutes=6)
        await reconcile(stage.signoff)
        await stage.settle()
    assert [(key, "archived" in text) for key, text in stage.surface.told] == [(asked.requester.key, True)]
