"""Cards and words arrive where they belong, and every refusal of Teams is told apart."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.cards.text import words
from bot.flow.surface import ChannelGone, MessageGone, SurfaceBusy, SurfaceError
from storage.records import Person, Place
from tests.bot.slack.examples import CARD, DONE, NOTICE, TOO_LONG
from tests.bot.teams.conftest import CHAT, HERE, Office, office_in
from tests.fakes.connector import Town
from tests.fakes.connector.cast import ANNA, GROUP, NOOR, RAVI, SUPPORT, TENANT, Human, personal

HELLO = words("Hello.")
SINCE = datetime(2026, 1, 1, tzinfo=UTC)


def who(human: Human) -> Person:
    return Person(key=f"teams:{TENANT}:{human.aad}", name=human.name)


async def test_a_card_in_a_channel_begins_a_thread(office: Office) -> None:
    posted = await office.surface.post(HERE, CARD)
    [message] = office.town.posts(SUPPORT)
    assert "Refund a payment" in office.town.read(message)
    assert posted.thread == HERE.model_copy(update={"thread": message.id})
    await office.surface.reply(posted.thread, HELLO)
    assert [office.town.read(each) for each in office.town.replies(SUPPORT, message.id)] == ["Hello."]


async def test_a_card_in_a_thread_stays_there(office: Office) -> None:
    thread = (await office.surface.post(HERE, NOTICE)).thread
    posted = await office.surface.post(thread, CARD)
    assert posted.thread == thread
    assert thread.thread is not None
    assert len(office.town.replies(SUPPORT, thread.thread)) == 1


async def test_a_group_chat_has_no_threads(office: Office) -> None:
    posted = await office.surface.post(CHAT, CARD)
    assert posted.thread == CHAT
    await office.surface.reply(CHAT, HELLO)
    assert len(office.town.posts(GROUP)) == 2


@pytest.mark.parametrize("place", [HERE, CHAT])
async def test_an_update_shows_the_new_state_in_the_same_message(office: Office, place: Place) -> None:
    posted = await office.surface.post(place, CARD)
    await office.surface.update(posted.address, DONE)
    [message] = office.town.posts(place.channel)
    assert "Approved and done" in office.town.read(message)
    assert not office.town.buttons(message)


async def test_everybody_in_the_channel_may_have_a_view_of_their_own(office: Office) -> None:
    await office.surface.post(HERE, CARD)
    [message] = office.town.posts(SUPPORT)
    assert message.own_card is not None
    assert {ANNA.id, RAVI.id, NOOR.id} <= set(message.own_card["refresh"]["userIds"])
    await office.surface.post(HERE, DONE)
    assert "refresh" not in (office.town.posts(SUPPORT)[-1].own_card or {})


async def test_without_a_roster_a_card_is_posted_all_the_same(office: Office) -> None:
    office.town.fail_next("GET members", status=502, times=2)
    await office.surface.post(HERE, CARD)
    assert len(office.town.posts(SUPPORT)) == 1


async def test_a_card_that_is_too_large_is_shown_in_brief(office: Office) -> None:
    office.town.fail_next("POST activities", status=413, code="MessageSizeTooBig")
    await office.surface.post(HERE, CARD)
    [message] = office.town.posts(SUPPORT)
    assert "Open to review" in office.town.buttons(message)


async def test_the_longest_card_is_taken(office: Office) -> None:
    await office.surface.post(HERE, TOO_LONG)
    assert len(office.town.posts(SUPPORT)) == 1


BUSY: dict[str, tuple[dict[str, Any], float]] = {
    "asked to wait": ({"status": 429, "retry_after": 7}, 7.0),
    "asked to wait, not how long": ({"status": 429}, 30.0),
    "a race": ({"status": 412}, 5.0),
    "a gateway": ({"status": 502}, 5.0),
    "a slow gateway": ({"status": 504}, 5.0),
    "no answer": ({"drop": "before"}, 2.0),
    "a lost answer": ({"drop": "after"}, 2.0),
}


@pytest.mark.parametrize(("fault", "seconds"), BUSY.values(), ids=BUSY)
async def test_what_passes_may_be_tried_again(office: Office, fault: dict[str, Any], seconds: float) -> None:
    office.town.fail_next("POST activities", **fault)
    with pytest.raises(SurfaceBusy) as raised:
        await office.surface.reply(HERE, HELLO)
    assert raised.value.delay == timedelta(seconds=seconds)
    await office.surface.reply(HERE, HELLO)


async def test_a_channel_that_signoff_is_not_in_any_more_is_gone(office: Office) -> None:
    posted = await office.surface.post(HERE, CARD)
    await office.town.remove_bot(SUPPORT, ANNA)
    with pytest.raises(ChannelGone, match="is not in that conversation"):
        await office.surface.reply(HERE, HELLO)
    with pytest.raises(ChannelGone):
        await office.surface.post(HERE, CARD)
    with pytest.raises(MessageGone):
        await office.surface.update(posted.address, DONE)
    assert not await office.surface.reaches(HERE)
    assert await office.surface.reaches(CHAT)


async def test_a_channel_that_was_deleted_is_gone(office: Office) -> None:
    await office.town.delete_channel(SUPPORT, ANNA)
    with pytest.raises(ChannelGone):
        await office.surface.reply(HERE, HELLO)
    assert not await office.surface.reaches(HERE)


async def test_a_message_that_was_deleted_is_gone(office: Office) -> None:
    posted = await office.surface.post(HERE, CARD)
    office.town.delete_message(office.town.posts(SUPPORT)[0])
    with pytest.raises(MessageGone):
        await office.surface.update(posted.address, DONE)


async def test_a_proxy_that_knows_no_such_page_takes_no_channel_away(office: Office) -> None:
    posted = await office.surface.post(HERE, CARD)
    calls: list[tuple[str, Callable[[], Awaitable[object]]]] = [
        ("POST activities", lambda: office.surface.reply(HERE, HELLO)),
        ("PUT activities", lambda: office.surface.update(posted.address, DONE)),
        ("GET members", lambda: office.surface.reaches(HERE)),
    ]
    for kind, call in calls:
        office.town.fail_next(kind, status=404, code="")
        with pytest.raises(SurfaceBusy, match="not Teams"):
            await call()
        await call()


async def test_a_404_that_means_something_else_takes_no_channel_away(office: Office) -> None:
    office.town.fail_next("POST activities", status=404, code="ServiceNotFound")
    with pytest.raises(SurfaceError) as raised:
        await office.surface.reply(HERE, HELLO)
    assert not isinstance(raised.value, ChannelGone)


async def test_any_other_refusal_is_for_good_and_says_why(office: Office) -> None:
    office.town.fail_next("POST activities", status=400, code="BadSyntax")
    with pytest.raises(SurfaceError, match="BadSyntax"):
        await office.surface.reply(HERE, HELLO)


async def test_whether_a_channel_can_be_used_is_not_guessed(office: Office) -> None:
    office.town.down = True
    with pytest.raises(SurfaceBusy):
        await office.surface.reaches(HERE)


async def test_somebody_can_be_told_before_they_ever_spoke(office: Office) -> None:
    await office.surface.tell(who(RAVI), None, HELLO)
    assert [office.town.read(each) for each in office.town.direct(RAVI)] == ["Hello."]


async def test_somebody_who_spoke_is_told_where_they_did(office: Office) -> None:
    await office.town.say(ANNA, personal(ANNA), "list", mention=False)
    await office.town.until(lambda: office.town.direct(ANNA))
    await office.surface.tell(who(ANNA), None, HELLO)
    assert [office.town.read(each) for each in office.town.direct(ANNA)][-1] == "Hello."


async def test_somebody_who_blocked_signoff_is_not_told(office: Office) -> None:
    await office.surface.tell(who(RAVI), None, HELLO)
    office.town.block(RAVI)
    with pytest.raises(SurfaceError):
        await office.surface.tell(who(RAVI), None, HELLO)


async def test_what_stands_somewhere_already_cannot_be_found(office: Office) -> None:
    await office.surface.post(HERE, CARD)
    assert await office.surface.posted(HERE, CARD, SINCE) is None


async def test_a_token_that_is_refused_is_replaced_once(office: Office) -> None:
    office.town.login.revoke()
    await office.surface.reply(HERE, HELLO)
    assert len(office.town.posts(SUPPORT)) == 1


async def test_a_token_that_is_refused_for_long_makes_the_message_wait(office: Office) -> None:
    office.town.fail_next("POST activities", status=401, code="BotNotRegistered", times=2)
    with pytest.raises(SurfaceBusy, match="SIGNOFF_TEAMS_APP_ID") as raised:
        await office.surface.reply(HERE, HELLO)
    assert raised.value.untaken
    assert raised.value.delay >= timedelta(minutes=1)
    await office.surface.reply(HERE, HELLO)
    assert len(office.town.posts(SUPPORT)) == 1


async def test_nothing_is_sent_to_a_service_that_is_not_one(town: Town, store: Any) -> None:
    async with office_in(town, store, allows=lambda url: False) as office:
        with pytest.raises(SurfaceError, match="not where Teams takes messages"):
            await office.surface.reply(HERE, HELLO)
    assert not town.calls
