"""The methods of the Surface port, on the platform's own bytes."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.cards.text import Who, bold, code, quote, words
from bot.flow.surface import ChannelGone, MessageGone, SurfaceBusy, SurfaceError
from storage.records import Person
from tests.bot.slack.examples import CARD, CARDS, DONE, NOTICE
from tests.contracts.surface.chat import Chat
from tests.contracts.surface.features import feature
from tests.contracts.surface.house import House

SENTENCE = words(bold("Refused. "), code("req_1"), " ", quote("<at>x</at> **y** [a](https://evil.example)"))


def somebody(chat: Chat, who: str) -> Person:
    return Person(key=chat.key(who), name=who.title())


@feature("Card: every state, posted and updated")
@pytest.mark.parametrize("shown", CARDS.values(), ids=CARDS)
async def test_every_card_can_be_posted_and_updated(chat: Chat, shown: object) -> None:
    posted = await chat.surface.post(chat.here, shown)  # type: ignore[arg-type]
    assert "Refund a payment" in chat.words(chat.at(posted.address))
    await chat.surface.update(posted.address, DONE)
    assert "Approved and done" in chat.words(chat.at(posted.address))
    assert chat.buttons(chat.at(posted.address)) == []


@feature("A run's notice, with its story in a thread")
async def test_a_notice_opens_a_thread_in_which_things_are_said(chat: Chat) -> None:
    root = await chat.surface.post(chat.here, NOTICE)
    card = await chat.surface.post(root.thread, CARD)
    await chat.surface.reply(card.thread, SENTENCE)
    said = chat.in_thread(chat.at(card.address))
    assert "Refused. req_1" in said
    assert "[a](https://evil.example)" in said
    assert "My lamp arrived broken." in chat.words(chat.at(root.address))


@feature("Private answers")
async def test_what_one_person_is_told_nobody_else_sees(chat: Chat) -> None:
    for place in (chat.here, None):
        await chat.surface.tell(somebody(chat, "ravi"), place, words(f"Only for Ravi, {place is None}."))
    assert "Only for Ravi, False." in chat.told("ravi")
    assert "Only for Ravi, True." in chat.told("ravi")
    assert "Only for Ravi" not in chat.said() + chat.told("noor")


@feature("People can be called, so that they are notified")
async def test_somebody_can_be_called_in_a_thread(chat: Chat) -> None:
    posted = await chat.surface.post(chat.here, CARD)
    ravi = (await chat.surface.person(chat.key("ravi"))).person
    await chat.surface.reply(posted.thread, words(Who(person=ravi, ping=True), " please look"))
    said = chat.in_thread(chat.at(posted.address))
    assert "@Ravi Rao" in said
    assert "please look" in said


@feature("A deleted card is noticed")
async def test_a_message_that_is_gone_is_said_so(chat: Chat) -> None:
    posted = await chat.surface.post(chat.here, CARD)
    chat.delete(chat.at(posted.address))
    with pytest.raises(MessageGone):
        await chat.surface.update(posted.address, DONE)


@feature("A lost channel is noticed")
@pytest.mark.parametrize("how", ["lose", "expel"])
async def test_a_channel_that_is_lost_is_said_so(house: House, chat: Chat, how: str) -> None:
    posted = await chat.surface.post(chat.here, CARD)
    assert await chat.surface.reaches(chat.here)
    await (chat.lose() if how == "lose" else chat.expel())
    assert not await chat.surface.reaches(chat.here)
    with pytest.raises(SurfaceError):
        await chat.surface.post(chat.here, CARD)
    if how == "lose":  # a message of one's own can be changed on Slack without being in the channel any more
        with pytest.raises(MessageGone):
            await chat.surface.update(posted.address, DONE)
    with pytest.raises(ChannelGone):
        await chat.surface.reply(posted.thread, words("Done."))


@feature("Rate limits: as long as the platform says")
async def test_busy_says_for_how_long(chat: Chat) -> None:
    chat.busy(17)
    with pytest.raises(SurfaceBusy) as raised:
        await chat.surface.post(chat.here, CARD)
    assert timedelta(seconds=17) <= raised.value.delay < timedelta(seconds=25)


@feature("Outages are told from refusals")
async def test_a_platform_that_is_down_is_busy(chat: Chat) -> None:
    posted = await chat.surface.post(chat.here, CARD)
    chat.unreachable()
    with pytest.raises(SurfaceBusy):
        await chat.surface.post(chat.here, CARD)
    with pytest.raises(SurfaceBusy):
        await chat.surface.update(posted.address, DONE)
    chat.unreachable(False)
    await chat.surface.update(posted.address, DONE)


@feature("Directory: members, guests, outsiders, former colleagues")
async def test_who_somebody_is(chat: Chat) -> None:
    ravi = await chat.surface.person(chat.key("ravi"))
    assert (ravi.standing, ravi.person.name, ravi.person.email) == ("member", "Ravi Rao", "ravi@example.com")
    standings = {who: (await chat.surface.person(chat.key(who))).standing for who in ("zoe", "olga", "gone")}
    assert (standings["zoe"], standings["olga"]) == ("guest", "stranger")
    assert standings["gone"] in ("deactivated", "stranger")
    assert (await chat.surface.person(chat.key("ravi") + "x")).standing == "stranger"


@feature("Directory: people found by mention, name and address")
async def test_people_are_found_as_they_are_written(chat: Chat) -> None:
    for written in chat.called("dan"):
        assert await chat.surface.find(written) == {chat.key("dan")}, written
    for nobody in ("nobody@example.com", "@nobody at all"):
        assert await chat.surface.find(nobody) == frozenset()


@feature("Directory: groups")
async def test_the_members_of_a_group(chat: Chat) -> None:
    members = await chat.surface.members(chat.group, fresh=True)
    assert {chat.key("ravi"), chat.key("noor")} <= members
    assert chat.key("dan") not in members
    assert await chat.surface.members(f"{chat.here.surface}:@no-such-group") == frozenset()


@feature("The tenant is known")
async def test_the_tenant(chat: Chat) -> None:
    assert await chat.surface.tenant() == chat.here.tenant


@feature("A post whose answer was lost is found again", teams="Teams does not let apps look")
async def test_what_stands_there_already_is_found(chat: Chat) -> None:
    before = datetime.now(UTC) - timedelta(hours=1)
    assert await chat.surface.posted(chat.here, CARD, before) is None
    posted = await chat.surface.post(chat.here, CARD)
    assert await chat.surface.posted(chat.here, CARD, before) == posted
