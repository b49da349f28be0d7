"""What only Teams has: its scopes, its threads, old clients, cards that are refreshed, messages for one person."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from bot.cards.text import words
from bot.flow.surface import SurfaceBusy
from storage.records import Person, Place, RequestStatus
from tests.bot.slack.examples import CARD
from tests.contracts.surface.house import TWO, House, house_on
from tests.contracts.surface.on_teams import TeamsChat
from tests.fakes.connector import Town
from tests.fakes.connector.cast import ANNA, DAN, GROUP, NOOR, ONCALL, RAVI, SUPPORT, TENANT, Human, personal
from tests.fakes.connector.problems import Refused
from tests.fakes.connector.state import Message


@pytest.fixture
async def house(sqlite_url: str) -> AsyncIterator[House]:
    async with house_on(sqlite_url, ["teams"]) as made:
        yield made


@pytest.fixture
def chat(house: House) -> TeamsChat:
    assert isinstance(house.chat, TeamsChat)
    return house.chat


@pytest.fixture
def town(chat: TeamsChat) -> Town:
    return chat.town


def person(who: Human) -> Person:
    return Person(key=f"teams:{TENANT}:{who.aad}", name=who.name)


async def say(house: House, who: Human, room: str, text: str, thread: str | None = None) -> None:
    """Words to the bot, and everything that follows."""
    assert isinstance(house.chat, TeamsChat)
    house.stage.clock.move(seconds=1)
    answer = await house.chat.town.say(who, room, text, thread)
    assert answer is not None
    assert answer.acked, answer
    await house.chat._quiet()
    await house.settle()


async def press(house: House, who: Human, message: Message, title: str, **options: Any) -> None:
    assert isinstance(house.chat, TeamsChat)
    await house.chat.town.press(who, message, title, **options)
    await house.chat._quiet()
    await house.settle()


def with_buttons(town: Town, room: str) -> list[Message]:
    """The cards that can be pressed in a room, whatever the thread."""
    return [each for each in town.state.shown(room) if "Approve" in town.buttons(each)]


async def test_alone_with_signoff_no_mention_is_needed(house: House, town: Town) -> None:
    await say(house, DAN, personal(DAN), "list")
    assert "Nothing waits for a decision." in town.read(town.direct(DAN)[-1]).replace("\u00a0", " ")
    await say(house, DAN, personal(DAN), "/signoff help")
    assert "delegate" in town.read(town.direct(DAN)[-1])


async def test_in_a_group_chat_the_card_stands_in_the_chat(house: House, town: Town) -> None:
    await say(house, ANNA, GROUP, "run payer 480.00 lamp-shop")
    [card] = with_buttons(town, GROUP)
    await press(house, RAVI, card, "Approve")
    assert house.paid == ["480.00 lamp-shop"]
    assert town.buttons(card) == []
    assert [each for each in town.state.shown(GROUP) if each.root] == [], "a chat has no threads"


async def test_a_run_that_is_started_in_a_thread_stays_in_it(house: House, town: Town) -> None:
    await town.say(DAN, SUPPORT, "A customer is angry", mention=False)
    [root] = [each for each in town.messages(SUPPORT) if each.sender == DAN.id]
    await say(house, ANNA, SUPPORT, "run payer 480.00 lamp-shop", root.id)
    [card] = with_buttons(town, SUPPORT)
    assert card.root == root.id
    await press(house, RAVI, card, "Approve")
    assert town.posts(SUPPORT) == [], "nothing of it stands outside"


async def test_a_client_that_knows_no_execute_can_approve(house: House, town: Town) -> None:
    card = await house.ask()
    await press(house, RAVI, card, "Approve", old_client=True)
    assert house.paid == ["480.00 lamp-shop"]


async def test_a_card_that_could_not_be_updated_is_refreshed_when_it_is_looked_at(house: House, town: Town) -> None:
    card = await house.ask()
    town.fail_next("PUT activities", status=502, times=20)
    await press(house, RAVI, card, "Approve")
    assert "Approve" in town.buttons(card, NOOR), "the message could not be updated yet"
    assert await town.refresh(NOOR, card) is not None
    assert town.buttons(card, NOOR) == []
    assert "Paid 480.00 to lamp-shop." in town.read(card, NOOR).replace("\u00a0", " ")


async def test_where_nothing_can_be_whispered_it_is_said_in_the_personal_chat(house: House, town: Town) -> None:
    town.api.targeted = False
    await house.ask()
    await say(house, DAN, SUPPORT, "list")
    assert "1 waiting" in town.read(town.direct(DAN)[-1]).replace("\u00a0", " ")
    assert town.targeted(DAN) == []


async def test_what_cannot_be_said_to_somebody_alone_is_not_said_aloud(house: House, town: Town) -> None:
    town.api.targeted = False
    town.state.personal(DAN)
    town.block(DAN)
    await house.ask()
    await say(house, DAN, SUPPORT, "list")
    everything = "\n".join(town.read(each) for each in town.state.shown(SUPPORT)).replace("\u00a0", " ")
    assert "Add the app Signoff for yourself" in everything
    assert "1 waiting" not in everything


async def test_what_waits_in_a_deleted_channel_appears_in_the_fallback_channel(house: House, town: Town) -> None:
    fallback = Place(surface="teams", tenant=TENANT, channel=ONCALL)
    house.stage.signoff = replace(house.stage.signoff, fallback_place=fallback)
    house.stage.desk._signoff = house.stage.signoff
    await house.ask()
    await town.delete_channel(SUPPORT, ANNA)
    assert isinstance(house.chat, TeamsChat)
    await house.chat._quiet()
    for _ in range(2):
        await house.pass_time(minutes=2)
    [card] = with_buttons(town, ONCALL)
    await press(house, RAVI, card, "Approve")
    assert house.paid == ["480.00 lamp-shop"]


async def test_many_messages_share_one_login_and_a_token_that_ended_is_renewed(chat: TeamsChat, town: Town) -> None:
    for _ in range(5):
        await chat.surface.post(chat.here, CARD)
    assert town.login.asked == 1
    town.login.revoke()
    try:
        await chat.surface.post(chat.here, CARD)
    except SurfaceBusy:
        await chat.surface.post(chat.here, CARD)
    assert len(town.posts(SUPPORT)) == 6
    assert town.login.asked == 2


async def test_a_post_whose_answer_was_lost_leaves_a_card_that_works(house: House, chat: TeamsChat, town: Town) -> None:
    house.stage.clock.move(seconds=1)
    await chat.type("anna", "run payer 480.00 lamp-shop")
    town.fail_next("POST activities", drop="after", times=2)
    await house.settle()
    for _ in range(4):
        await house.pass_time(minutes=2)
    for card in with_buttons(town, SUPPORT):
        await press(house, RAVI, card, "Approve")
    assert house.paid == ["480.00 lamp-shop"]
    assert with_buttons(town, SUPPORT) == []


async def test_two_presses_at_the_same_time_are_one_decision(house: House, town: Town) -> None:
    card = await house.ask()
    await asyncio.gather(*(town.press(who, card, "Approve") for who in (RAVI, NOOR)))
    await house.settle()
    assert house.paid == ["480.00 lamp-shop"]
    told = town.strips(RAVI) + town.strips(NOOR)
    assert sum("already" in each for each in told) == 1, told


async def test_forged_activities_run_nothing_and_call_nobody(house: House, chat: TeamsChat, town: Town) -> None:
    calls = len(town.calls)
    for wrong, header in town.forgeries().items():
        activity = town.message(ANNA, SUPPORT, "run payer 480.00 lamp-shop")
        assert (await town.deliver(activity, header)).status == 401, wrong
    evil = town.message(ANNA, SUPPORT, "list") | {"serviceUrl": "https://evil.example/teams/"}
    assert (await town.deliver(evil, town.authorization(serviceurl="https://evil.example/teams/"))).status == 401
    other = town.message(ANNA, SUPPORT, "list")
    other["channelData"]["tenant"]["id"] = other["conversation"]["tenantId"] = "11111111-0000-0000-0000-000000000000"
    assert (await town.deliver(other)).status == 401
    await chat._quiet()
    assert len(town.calls) == calls
    assert await house.stage.read(lambda tx: tx.runs(limit=10)) == []


async def test_somebody_who_left_in_the_meantime_cannot_press(house: House, town: Town) -> None:
    house.stage.adopt(TWO)
    card = await house.ask()
    await press(house, RAVI, card, "Approve")
    town.leave(NOOR)
    with pytest.raises(Refused):
        await town.press(NOOR, card, "Approve")
    assert await house.status() is RequestStatus.pending


async def test_a_person_is_told_in_a_chat_that_is_begun_for_it(chat: TeamsChat, town: Town) -> None:
    await chat.surface.tell(person(NOOR), None, words("Only for you."))
    [told] = town.direct(NOOR)
    assert town.read(told).replace("\u00a0", " ") == "Only for you."
    assert [call.kind for call in town.calls][-2:] == ["POST conversations", "POST activities"]


async def test_of_many_cards_at_once_none_is_lost_to_throttling(sqlite_url: str) -> None:
    async with house_on(sqlite_url, ["teams"], throttled=True) as house:
        chat = house.chat
        assert isinstance(chat, TeamsChat)
        for number in range(12):
            await house.begin("payer", f"{number + 1}.00 lamp-shop")
        for _ in range(60):
            await house.settle()
            house.stage.clock.move(seconds=1)
        assert len(with_buttons(chat.town, SUPPORT)) == 12
        assert 0 < [call.status for call in chat.town.calls].count(429) < 24, "asked to wait, it waits"


@pytest.mark.parametrize(
    "text", ["<at>Signoff</at>\u00a0list\r\n", "\r\n<at>Signoff</at> list", "list <at>Signoff</at>", "<at>Signoff</at> LIST"]
)
async def test_a_command_is_found_around_the_mention(chat: TeamsChat, town: Town, text: str) -> None:
    assert (await town.deliver(town.message(DAN, SUPPORT, "list") | {"text": text})).status == 202
    await chat._quiet()
    assert "Nothing waits for a decision." in chat.told("dan")


ODD: tuple[Any, ...] = (None, [], "x", {"action": None}, {"data": None}, {"action": {"data": 5}}, {"data": {"verb": ["x"]}})


@pytest.mark.parametrize("name", ["adaptiveCard/action", "task/fetch", "task/submit"])
@pytest.mark.parametrize("value", ODD, ids=str)
async def test_a_press_that_makes_no_sense_is_answered_with_a_sentence(town: Town, name: str, value: Any) -> None:
    activity = town.message(DAN, SUPPORT, "") | {"type": "invoke", "name": name, "value": value}
    answer = await town.deliver(activity)
    assert answer.status == 200
    assert "not one that Signoff made" in str(answer.body).replace("\u00a0", " ")


@pytest.mark.parametrize("kind", ["messageReaction", "typing", "messageUpdate", "messageDelete", "event", "somethingNew"])
async def test_what_signoff_does_not_know_is_taken_and_does_nothing(chat: TeamsChat, town: Town, kind: str) -> None:
    calls = len(town.calls)
    assert (await town.deliver(town.message(DAN, SUPPORT, "") | {"type": kind})).acked
    await chat._quiet()
    assert len(town.calls) == calls


async def test_a_dialog_is_for_the_person_to_whom_it_was_shown(house: House, chat: TeamsChat, town: Town) -> None:
    card = await house.ask_long("\n".join(f"Line {number} of a long letter to somebody" for number in range(600)))
    await chat.press("ravi", card, "Open to review")
    while "Next page" in chat.form_buttons("ravi"):
        await chat.send("ravi", "Next page")
    town._hands.dialogs[NOOR.id] = town._hands.dialogs[RAVI.id]
    await house.send("noor", "Approve")
    assert "not one that Signoff made for this, here and for you" in chat.form("noor")
    assert await house.status() is RequestStatus.pending


async def test_an_answer_waits_while_teams_is_busy(house: House, town: Town) -> None:
    town.fail_next("POST activities", status=502)
    await say(house, DAN, SUPPORT, "list")
    told = await town.until(lambda: town.targeted(DAN) + town.direct(DAN), 15)
    assert "Nothing waits for a decision." in town.read(told[-1]).replace("\u00a0", " ")
