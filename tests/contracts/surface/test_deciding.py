"""A card comes, people read it, and what they decide happens, as it was shown and once."""

import pytest

from storage.records import RequestStatus
from tests.contracts.surface.chat import Chat, NotPossible
from tests.contracts.surface.features import feature
from tests.contracts.surface.house import RULES, TWO, House

ASKS = "verdict: approve, reviewers: [ravi@example.com], reason: 'Numbers <!here> *go* to [Ravi](https://ravi.example).'"
LONG = "\n".join(f"Line {number} of a long letter to a customer who wrote to us." for number in range(600))


@feature("Card: action, risk, evidence, who asked, when it expires")
async def test_a_card_says_what_will_happen_and_who_asks_for_it(house: House, chat: Chat) -> None:
    card = await house.ask()
    read = chat.words(card, "ravi")
    for part in ("Pay somebody", "480.00", "lamp-shop", "The ticket", "Anna Adler", "payer", "Expires"):
        assert part in read, part
    assert "high" in read.casefold()
    assert chat.buttons(card, "ravi") == ["Approve", "Edit", "Reject"]


@feature("Card: what customers and agents wrote stays inert")
async def test_words_of_others_neither_mention_nor_link(house: House, chat: Chat) -> None:
    card = await house.ask("480.00 <!channel> <at>Ravi Rao</at> [click](https://evil.example) \u202etxet **bold**")
    read = chat.words(card, "ravi")
    assert "[click](https://evil.example)" in read
    assert "**bold**" in read
    assert "<U+202E>" in read
    assert chat.told("ravi").strip() == ""


@feature("Card: why people are asked, in words that hold nothing of an agent's")
async def test_a_card_says_why_people_are_asked(house: House, chat: Chat) -> None:
    house.stage.adopt(f"{RULES}  - {{name: numbers, actions: [pay], when: int(args.to) > 5, {ASKS}}}\n")
    card = await house.ask("480.00 <!channel>")
    read = chat.words(card, "ravi")
    for part in ("of rule “numbers” could not be decided", "Numbers <!here> *go* to [Ravi](https://ravi.example)."):
        assert part in read, part
    doubts = [line for line in read.splitlines() if "could not be decided" in line]
    assert not [line for line in doubts if "channel" in line]
    assert chat.told("noor").strip() == ""
    house.stage.adopt(RULES.replace("verdict: log", "verdict: log\n    budget: 1\n    reviewers: [ravi@example.com]"))
    for text in ("one", "two"):
        await house.type("anna", f"run payer note {text}")
    assert "lets 1 run by themselves within an hour, and that many did" in chat.words(await house.card(), "ravi")


@feature("Approve")
async def test_one_approves_and_it_runs_once(house: House, chat: Chat) -> None:
    card = await house.ask()
    await house.press("ravi", card, "Approve")
    assert house.paid == ["480.00 lamp-shop"]
    card = await house.card()
    assert chat.buttons(card) == []
    assert "Ravi Rao" in chat.words(card)
    assert "Paid 480.00 to lamp-shop." in chat.words(card)


@feature("Reject with reason and notes")
async def test_one_rejects_in_a_form_and_says_why(house: House, chat: Chat) -> None:
    await house.press("ravi", await house.ask(), "Reject")
    assert "Rejecting ends this request" in chat.form("ravi")
    await house.send("ravi", "Reject", reason="not_enough_evidence", notes="Where is the photo?")
    assert chat.form("ravi") == ""
    assert house.paid == []
    read = chat.words(await house.card())
    for part in ("Rejected", "Ravi Rao", "Not enough evidence", "Where is the photo?"):
        assert part in read, part


@feature("Edit in a form, shown as a diff")
async def test_one_edits_and_what_was_edited_runs(house: House, chat: Chat) -> None:
    await house.press("ravi", await house.ask(), "Edit")
    assert "480.00" in chat.form("ravi")
    await house.send("ravi", "Approve edited", amount="300.00", notes="as agreed")
    assert house.paid == ["300.00 lamp-shop"]
    read = chat.words(await house.card())
    for part in ("480.00", "300.00", "as agreed", "Ravi Rao"):
        assert part in read, part


@feature("Edit: errors at the field, corrected without typing anew")
async def test_what_cannot_be_is_said_at_its_field_and_can_be_corrected(house: House, chat: Chat) -> None:
    await house.press("ravi", await house.ask(), "Edit")
    try:
        await house.send("ravi", "Approve edited", amount="300.001", to="another shop")
    except NotPossible:
        pytest.fail("a number with too many decimals is for Signoff to judge")
    assert house.paid == []
    assert "300.001" in chat.form("ravi")
    assert "another shop" in chat.form("ravi")
    assert "decimal" in chat.form("ravi")
    await house.send("ravi", "Approve edited", amount="300.00")
    assert house.paid == ["300.00 another shop"]


@feature("Long texts are read page by page, Approve on the last one")
async def test_a_long_card_is_approved_by_whoever_read_it_to_its_end(house: House, chat: Chat) -> None:
    card = await house.ask_long(LONG)
    assert "Approve" not in chat.buttons(card, "ravi")
    await house.press("ravi", card, "Open to review")
    pages = [chat.form("ravi")]
    while "Next page" in chat.form_buttons("ravi"):
        assert "Approve" not in chat.form_buttons("ravi")
        await house.send("ravi", "Next page")
        pages.append(chat.form("ravi"))
        assert len(pages) < 50
    assert len(pages) > 1
    whole = "\n".join(pages)
    missing = [number for number in range(600) if f"Line {number} of a long letter" not in whole]
    assert missing == []
    await house.send("ravi", "Approve")
    assert await house.status() is RequestStatus.succeeded


@feature("Two-person quorum")
async def test_two_different_people_have_to_agree(house: House, chat: Chat) -> None:
    house.stage.adopt(TWO)
    card = await house.ask()
    await house.press("ravi", card, "Approve")
    assert house.paid == []
    card = await house.card()
    assert "Ravi Rao" in chat.words(card, "noor")
    assert "Approve" in chat.buttons(card, "noor")
    assert "1 more person must approve" in chat.in_thread(card)
    await house.press("ravi", card, "Approve")
    assert house.paid == []
    await house.press("noor", await house.card(), "Approve")
    assert house.paid == ["480.00 lamp-shop"]


@feature("Double click")
async def test_two_clicks_are_one_decision(house: House, chat: Chat) -> None:
    card = await house.ask()
    await chat.press("ravi", card, "Approve")
    await chat.press("ravi", card, "Approve")  # the card has not been updated yet
    await house.settle()
    assert house.paid == ["480.00 lamp-shop"]
    assert "has approved this already" in chat.told("ravi")


@feature("Whoever comes late is told who decided")
async def test_of_two_the_second_is_told_who_won(house: House, chat: Chat) -> None:
    card = await house.ask()
    await chat.press("ravi", card, "Approve")
    await chat.press("noor", card, "Approve")
    await house.settle()
    assert house.paid == ["480.00 lamp-shop"]
    assert "Ravi Rao has approved this already" in chat.told("noor")


@feature("A card that was edited since is not approved unseen")
async def test_a_click_on_what_is_not_shown_any_more_does_nothing(house: House, chat: Chat) -> None:
    house.stage.adopt(TWO)
    card = await house.ask()
    await house.press("ravi", card, "Edit")
    await chat.send("ravi", "Approve edited", amount="300.00")
    await chat.press("noor", card, "Approve")  # still shows what it was before
    await house.settle()
    assert house.paid == []
    assert "edited since" in chat.told("noor")


@feature("Redelivered payloads have no second effect")
async def test_what_is_delivered_twice_happens_once(house: House, chat: Chat) -> None:
    house.stage.adopt(TWO)
    card = await house.ask()
    await chat.press("ravi", card, "Approve")
    await chat.redeliver()
    await house.settle()
    request = await house.request()
    assert len(await house.stage.read(lambda tx: tx.decisions(request.id))) == 1
    await chat.type("anna", "run payer 5.00 second")
    await chat.redeliver()
    await house.settle()
    assert len(await house.stage.read(lambda tx: tx.runs(limit=10))) == 2


@feature("Forged payloads are refused with 401", sandbox="Signoff connects to it, nobody else can")
async def test_nobody_but_the_platform_is_heard(house: House, chat: Chat) -> None:
    assert await chat.forge("anna", "run payer 480.00 lamp-shop") == 401
    await house.settle()
    assert await house.stage.read(lambda tx: tx.runs(limit=10)) == []
