"""One request, several places: a card in each, which converge one by one."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest
from pydantic import JsonValue

from bot.cards.card import Card, View
from bot.flow.converge import show_card
from bot.flow.desk import Command
from bot.flow.front_desk import FrontDesk
from bot.flow.handlers import handlers
from bot.flow.lost import lose
from bot.flow.people import sealed
from bot.flow.places import review_places
from bot.flow.reconcile import reconcile
from bot.flow.surface import Posted, SurfaceBusy
from bot.flow.sweep import nudge
from storage.records import Job, MessageStatus, Place
from tests.bot.flow.stage import ANNA, CHANNEL, NOOR, POLICY, Stage
from tests.fakes.surface import FakeSurface

NAMED = "slack:C9", "teams:19:abc@thread.tacv2"
ONCALL = Place(surface="slack", tenant="T1", channel="C9")
ROOM = Place(surface="teams", tenant="ten1", channel="19:abc@thread.tacv2")
FALLBACK = Place(surface="slack", tenant="T1", channel="C7")


@dataclass
class Room(FakeSurface):
    """A second platform, which can be down for half an hour."""

    name: str = "teams"
    down: bool = False

    async def post(self, place: Place, view: View) -> Posted:
        if self.down:
            raise SurfaceBusy(timedelta(minutes=30), "cannot be reached")
        return await super().post(place, view)


def asking_in(*channels: str) -> str:
    """The policy, which asks in these channels."""
    return POLICY.replace("    risk: high\n", f"    risk: high\n    channel: [{', '.join(map(repr, channels))}]\n", 1)


def both(stage: Stage) -> Room:
    """Connect a second platform, and have people asked on both."""
    room = Room()
    surfaces = {"slack": stage.surface, "teams": room}
    stage.signoff = replace(stage.signoff, surfaces=surfaces, homes={"slack": "T1", "teams": "ten1"})
    stage.desk = FrontDesk(stage.signoff)
    stage.adopt(asking_in(*NAMED))
    return room


def channels(surface: FakeSurface) -> list[str]:
    """Where its cards stand, in the order in which they were posted."""
    return [surface.places[n].channel for n, shown in surface.views.items() if shown and isinstance(shown[-1], Card)]


async def test_a_card_stands_in_each_place_and_a_decision_closes_all(stage: Stage) -> None:
    room = both(stage)
    asked = await stage.ask()
    assert asked.places == (ONCALL, ROOM)
    assert (channels(stage.surface), channels(room)) == ([ONCALL.channel], [ROOM.channel])
    await stage.approve(asked)
    assert len(stage.till.paid) == 1
    assert [card.state for surface in (stage.surface, room) for card in surface.cards()] == ["Approved and done"] * 2
    lines = [[text for place, text in each.replies if place.channel != CHANNEL.channel] for each in (stage.surface, room)]
    assert lines[0] == lines[1]
    assert any("Done. Paid 480.00" in line for line in lines[0])


async def test_the_runs_own_channel_keeps_the_card_in_its_thread(stage: Stage) -> None:
    both(stage)
    stage.adopt(asking_in("slack:C9", "slack:C1"))
    assert [place.channel for place in (await stage.ask()).places] == ["C1", "C9"]
    views, places = stage.surface.views, stage.surface.places
    (run,) = [str(n) for n, shown in views.items() if shown and not isinstance(shown[-1], Card)]
    threads = {places[n].channel: places[n].thread for n, shown in views.items() if str(n) != run}
    assert threads == {"C1": run, "C9": None}


async def test_a_platform_that_is_down_holds_up_nobody_on_another(sqlite_stage: Stage) -> None:
    """On SQLite, whose jobs are due by the injected clock."""
    stage, room = sqlite_stage, both(sqlite_stage)
    room.down = True
    asked = await stage.ask()
    await stage.approve(asked)
    assert stage.surface.cards()[-1].state == "Approved and done"
    assert room.cards() == []
    room.down = False
    stage.clock.move(minutes=31)
    await stage.settle()
    assert [card.state for card in room.cards()] == ["Approved and done"]
    assert any("Done. Paid 480.00" in text for _, text in room.replies)


async def test_a_line_that_one_place_refuses_is_said_once_in_the_other(stage: Stage) -> None:
    room = both(stage)
    asked = await stage.ask()
    room.archived.add(ROOM.channel)
    await stage.approve(asked)
    said = [text for place, text in stage.surface.replies if "Done. Paid 480.00" in text and place.channel == ONCALL.channel]
    assert len(said) == 1
    assert stage.surface.told == []


@pytest.mark.parametrize("lost", [ONCALL, ROOM], ids=["first", "second"])
async def test_a_lost_place_gives_up_only_its_own_card(stage: Stage, lost: Place) -> None:
    room = both(stage)
    stage.signoff = replace(stage.signoff, fallback_place=FALLBACK)
    asked = await stage.ask()
    surfaces = {"slack": stage.surface, "teams": room}
    surfaces[lost.surface].archived.add(lost.channel)
    assert await lose(stage.signoff, lost) == 1
    for _ in range(3):
        await stage.settle()
        stage.clock.move(minutes=2)
        await reconcile(stage.signoff)
    messages = await stage.read(lambda tx: tx.messages(asked.id))
    assert {m.home.where: m.status is MessageStatus.posted for m in messages} == {
        place.where: place != lost for place in (ONCALL, ROOM)
    }
    assert (channels(stage.surface), channels(room)) == ([ONCALL.channel], [ROOM.channel])
    assert stage.surface.told == []
    assert (await stage.approve(asked)).ok
    assert surfaces[{"slack": "teams", "teams": "slack"}[lost.surface]].cards()[-1].state == "Approved and done"


async def test_when_every_place_is_lost_the_fallback_channel_has_one_card(stage: Stage) -> None:
    room = both(stage)
    stage.signoff = replace(stage.signoff, fallback_place=FALLBACK)
    asked = await stage.ask()
    for surface, place in ((room, ROOM), (stage.surface, ONCALL)):
        surface.archived.add(place.channel)
        await lose(stage.signoff, place)
        await stage.settle()
    assert channels(stage.surface) == [ONCALL.channel, FALLBACK.channel]
    await stage.approve(asked)
    assert stage.surface.cards()[-1].state == "Approved and done"
    assert [place.channel for place, text in stage.surface.replies if "Done. Paid" in text and place.channel != "C1"] == [
        "C7"
    ]


async def test_a_place_of_its_own_that_was_not_tried_yet_is_no_fallback(stage: Stage) -> None:
    room = both(stage)
    stage.signoff = replace(stage.signoff, fallback_place=ONCALL)
    room.archived.add(ROOM.channel)

    async def nothing(payload: object) -> None: ...

    await stage.desk.command(Command("run payer 480.00 lamp-shop", ANNA, CHANNEL, "once"))
    await stage.dispatch.drain({**handlers(stage.signoff), "show_card": nothing})
    asked = await stage.latest()
    stage.clock.move(minutes=2)
    for place in (ROOM, ONCALL):
        await show_card(stage.signoff, asked.id, place)
    assert channels(stage.surface) == [ONCALL.channel]


async def test_where_no_place_takes_the_card_who_asked_is_told_once(stage: Stage) -> None:
    room = both(stage)
    room.archived.add(ROOM.channel)
    stage.surface.archived.add(ONCALL.channel)
    asked = await stage.ask()
    stage.clock.move(minutes=2)
    await reconcile(stage.signoff)
    await stage.settle()
    assert [key for key, text in stage.surface.told] == [asked.requester.key]
    assert channels(stage.surface) == channels(room) == []


async def test_a_reminder_is_said_in_each_place(stage: Stage) -> None:
    room = both(stage)
    await stage.ask()
    stage.clock.move(hours=2, minutes=1)
    await nudge(stage.signoff)
    await stage.settle()
    for surface in (stage.surface, room):
        assert [text.startswith("Reminder") for _, text in surface.replies] == [True]


async def test_what_is_logged_is_said_in_each_place(stage: Stage) -> None:
    room = both(stage)
    stage.adopt(POLICY.replace("verdict: log\n", f"verdict: log\n    channel: {list(NAMED)}\n", 1))
    await stage.type("run payer note hello")
    for surface, place in ((stage.surface, ONCALL), (room, ROOM)):
        assert [text.startswith("Logged") for at, text in surface.replies if at.channel == place.channel] == [True]


async def test_a_stricter_policy_shows_the_new_revision_in_each_place(stage: Stage) -> None:
    room = both(stage)
    asked = await stage.ask()
    stage.adopt(asking_in(*NAMED).replace("verdict: approve\n", "verdict: approve\n    quorum: 2\n", 1))
    assert not (await stage.approve(asked)).ok
    assert [card.revision for surface in (stage.surface, room) for card in surface.cards()] == [2, 2]
    latest = await stage.latest()
    assert latest.verdict.channels == NAMED
    await stage.approve(latest)
    await stage.approve(latest, NOOR)
    assert len(stage.till.paid) == 1


async def test_a_job_from_before_there_were_places_shows_the_card_in_each(stage: Stage) -> None:
    room = both(stage)
    asked = await stage.ask()
    for surface in (stage.surface, room):
        surface.views = {n: shown for n, shown in surface.views.items() if not isinstance(shown[-1], Card)}
    await stage.approve(asked)  # both cards are gone by now
    for message in await stage.read(lambda tx: tx.messages(asked.id)):
        again = message.model_copy(update={"status": MessageStatus.posting, "shown": None, "address": None})
        await stage.store.write(lambda tx, again=again: tx.update_message(again))  # type: ignore[misc]
    old = Job(task="show_card", payload={"run_id": asked.run_id, "request_id": asked.id}, lock=f"chat:{asked.run_id}")
    await stage.store.write(lambda tx: tx.defer(old))
    await stage.settle()
    assert [card.state for surface in (stage.surface, room) for card in surface.cards()] == ["Approved and done"] * 2


async def test_a_card_whose_address_was_lost_is_taken_over_and_not_posted_again(stage: Stage) -> None:
    asked = await stage.ask()
    [posted] = await stage.read(lambda tx: tx.messages(asked.id))
    assert posted.address is not None
    found = Posted(posted.address, posted.place)
    lost = posted.model_copy(update={"status": MessageStatus.posting, "address": None, "shown": None})
    await stage.store.write(lambda tx: tx.update_message(lost))

    async def looked(place: Place, view: View, since: datetime) -> Posted | None:
        assert isinstance(view, Card)
        assert (place.channel, view.request_id, since) == (CHANNEL.channel, asked.id, posted.created_at)
        return found

    stage.surface.posted = looked  # type: ignore[method-assign]
    await show_card(stage.signoff, asked.id, *asked.places)
    assert len(stage.surface.cards()) == 1
    assert [m.address for m in await stage.read(lambda tx: tx.messages(asked.id))] == [posted.address]
    await stage.approve(asked)
    assert stage.card().state == "Approved and done"


@pytest.mark.parametrize(("untaken", "looks"), [(True, 0), (False, 1)])
async def test_a_platform_is_only_searched_for_what_it_may_have_taken(stage: Stage, untaken: bool, looks: int) -> None:
    post, busy, looked = stage.surface.post, [SurfaceBusy(timedelta(0), "asked to wait", untaken=untaken)], list[View]()

    async def once_busy(place: Place, view: View) -> Posted:
        if isinstance(view, Card) and busy:
            raise busy.pop()
        return await post(place, view)

    async def nothing(place: Place, view: View, since: datetime) -> Posted | None:
        looked.append(view)
        return None

    stage.surface.post, stage.surface.posted = once_busy, nothing  # type: ignore[method-assign]
    asked = await stage.ask()
    assert (len(looked), len(stage.surface.cards())) == (looks, 1)
    [message] = await stage.read(lambda tx: tx.messages(asked.id))
    assert message.status is MessageStatus.posted


async def test_a_surface_that_is_not_connected_is_left_out(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    stage.signoff = replace(stage.signoff, fallback_place=FALLBACK)
    stage.adopt(asking_in(*NAMED))
    assert (await stage.ask()).places == (ONCALL,)
    assert "'teams', which is not connected; Signoff uses the other channels" in caplog.text


@pytest.mark.parametrize(
    ("written", "homes", "places"),
    [
        (("slack:C9",), {"slack": "T1"}, (ONCALL,)),
        (("C9",), {"slack": "T1"}, (ONCALL,)),  # one surface only, so that is meant
        (("C9", "slack:C9"), {"slack": "T1"}, (ONCALL,)),
        (("slack:C9",), {}, ()),
        ((), {"slack": "T1"}, ()),
    ],
)
async def test_a_run_that_came_from_nowhere_is_asked_about_where_the_policy_says(
    stage: Stage, written: tuple[str, ...], homes: dict[str, str], places: tuple[Place, ...]
) -> None:
    asked, run = await stage.ask(), await stage.run()
    signoff = replace(stage.signoff, homes=homes)
    verdict = asked.verdict.model_copy(update={"channels": written})
    assert review_places(signoff, verdict, run.model_copy(update={"origin": None})) == places


@pytest.mark.parametrize(("channels", "sealed_as"), [((), None), (("C9",), "C9"), (NAMED, [*NAMED])])
async def test_what_was_sealed_when_a_request_had_one_channel_holds(
    stage: Stage, channels: tuple[str, ...], sealed_as: JsonValue
) -> None:
    asked = await stage.ask()
    await stage.approve(asked)
    [decision] = await stage.read(lambda tx: tx.decisions(asked.id))
    verdict = asked.verdict.model_copy(update={"channels": channels})
    facts = sealed(decision, verdict)["verdict"]
    assert facts == {**verdict.model_dump(mode="json", exclude={"channels"}), "channel": sealed_as}
