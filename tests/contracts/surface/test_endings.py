"""However a request ends, its card says so and can be pressed no more."""

import asyncio

import pytest

from storage.records import RequestStatus
from tests.contracts.surface.chat import Chat
from tests.contracts.surface.features import feature
from tests.contracts.surface.house import TWO, House


async def ended(house: House, *words: str) -> str:
    """The card, with these words on it and no button."""
    card = await house.card()
    read = house.chat.words(card)
    for part in words:
        assert part in read, part
    assert house.chat.buttons(card) == []
    return read


@feature("Expiry")
async def test_a_request_expires_and_a_late_click_does_nothing(house: House, chat: Chat) -> None:
    card = await house.ask()
    house.stage.clock.move(hours=5)
    told = await house.press("ravi", card, "Approve")
    assert "expired" in told
    assert house.paid == []
    await house.pass_time(seconds=1)
    await ended(house, "Expired", "Nothing was done.")
    assert await house.status() is RequestStatus.expired
    assert "Expired." in chat.in_thread(await house.card())


@feature("Cancelled by the requester")
async def test_what_was_taken_back_is_shown_so(house: House) -> None:
    await house.ask()
    request = await house.request()
    assert "Cancelled" in await house.type("anna", f"cancel {request.id}")
    await ended(house, "Cancelled", "Anna Adler")


@feature("Executed, with the receipt")
async def test_what_was_done_is_shown_with_its_receipt(house: House, chat: Chat) -> None:
    await house.press("ravi", await house.ask(), "Approve")
    await ended(house, "Done", "Paid 480.00 to lamp-shop.")
    assert "Paid 480.00 to lamp-shop." in chat.in_thread(await house.card())


@feature("Failed, with the reason")
async def test_what_failed_is_shown_with_the_reason(house: House) -> None:
    house.stage.till.refuse()
    await house.press("ravi", await house.ask(), "Approve")
    await ended(house, "failed", "The till is closed.")


@feature("Outcome unknown")
async def test_what_nobody_knows_is_shown_as_unknown(house: House, chat: Chat) -> None:
    house.stage.till.vanish()
    await house.press("ravi", await house.ask(), "Approve")
    await ended(house, "outcome unknown", "The line went dead")
    assert "Somebody must look whether it happened" in chat.in_thread(await house.card())


@feature("Reminders in the thread, naming those who can decide")
async def test_people_are_reminded_before_it_expires(house: House, chat: Chat) -> None:
    card = await house.ask()
    await house.pass_time(hours=2)
    said = chat.in_thread(card)
    assert "Reminder. Pay somebody" in said
    assert "2 hours left" in said
    await house.pass_time(hours=1, minutes=36)
    assert "24 minutes left" in chat.in_thread(card)


@feature("The story is told in the card's thread")
async def test_the_thread_tells_the_story(house: House, chat: Chat) -> None:
    card = await house.ask()
    await house.press("ravi", card, "Edit")
    await house.send("ravi", "Approve edited", amount="300.00")
    told = chat.in_thread(card)
    positions = [told.find(part) for part in ("Edited", "Done. ", "succeeded: 300.00")]
    assert -1 not in positions, told
    assert positions == sorted(positions)
    assert "@Anna Adler" in told, "the requester is called"


@feature("A line for what is only logged, nothing for what is allowed")
async def test_what_is_logged_is_a_line(house: House, chat: Chat) -> None:
    await house.type("anna", "run payer note Remember the milk")
    assert "Logged: note" in chat.said()
    await house.type("anna", "run payer advise Buy shares")
    assert "We do not give advice." in chat.said() + chat.told("anna")


@feature("A card whose message was deleted is posted anew")
async def test_a_deleted_card_does_not_lose_the_request(house: House, chat: Chat) -> None:
    house.stage.adopt(TWO)
    card = await house.ask()
    await chat.press("ravi", card, "Approve")
    chat.delete(card)  # before it could be updated
    for _ in range(2):
        await house.pass_time(minutes=10)
    await house.press("noor", await house.card(), "Approve")
    assert house.paid == ["480.00 lamp-shop"]
    await ended(house, "Done", "Ravi Rao", "Noor Nasser")


@feature("A platform that is down or busy is tried again")
@pytest.mark.parametrize("trouble", ["busy", "unreachable"])
async def test_a_card_comes_when_the_platform_takes_it(house: House, chat: Chat, trouble: str) -> None:
    house.stage.clock.move(seconds=1)
    await chat.type("anna", "run payer 480.00 lamp-shop")
    if trouble == "busy":
        chat.busy(1)
    else:
        chat.unreachable()
    await house.settle()
    chat.unreachable(False)
    await asyncio.sleep(1.05)  # as long as the platform asked for
    for _ in range(4):
        await house.pass_time(minutes=2)
    assert chat.buttons(await house.card(), "ravi") == ["Approve", "Edit", "Reject"]
