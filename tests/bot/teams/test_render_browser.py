"""Every state in the official JavaScript renderer: it shows what it should, and its buttons report verb and data."""

import importlib.util
from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.teams.render_card import render_card
from bot.teams.render_form import form_dialog, values_of
from bot.teams.render_text import Block
from tests.bot.slack.examples import CARD, edit_form
from tests.bot.teams.cards import STAMP, actions, read
from tests.bot.teams.gallery.browser import browser, chromium, page
from tests.bot.teams.gallery.states import FORMS, states

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(chromium() is None, reason="needs Chromium"),
    pytest.mark.skipif(importlib.util.find_spec("playwright") is None, reason="needs playwright"),
]
UNFOLDS = "Action.ShowCard"


@pytest.fixture
async def opened() -> AsyncIterator[Any]:
    async with browser() as running, page(running) as shown:
        yield shown


async def show(opened: Any, card: Block, theme: str = "light") -> str:
    return str(await opened.evaluate("([card, theme]) => show(card, theme)", [card, theme]))


async def press(opened: Any, title: str, *, last: bool = False) -> list[dict[str, Any]]:
    """What is reported when somebody presses a button."""
    found = opened.locator("button:visible", has_text=title)
    await (found.last if last else found.first).click()
    return list(await opened.evaluate("pressed.splice(0)"))


def reported(action: Any) -> dict[str, Any]:
    return {"type": action["type"], "title": action["title"], "verb": action.get("verb"), "data": action["data"]}


@pytest.mark.parametrize("name", states())
async def test_every_button_reports_verb_and_data(opened: Any, name: str) -> None:
    card = states()[name]
    text = await show(opened, card)
    assert "Unknown element" not in text
    for action in [each for each in actions(card) if each["type"] != UNFOLDS]:
        if name.endswith("form") or (name == "inline forms" and action["title"] != "Approve"):
            continue
        assert await press(opened, action["title"]) == [reported(action)]


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_what_is_read_is_what_was_meant(opened: Any, theme: str) -> None:
    text = " ".join((await show(opened, states()["hostile"], theme)).split())
    for line in read(states()["hostile"]["body"])[:6]:
        assert " ".join(line.removeprefix("> ").replace("**", "").replace("*", "").split()) in text.replace("*", "")
    assert "{{DATE(2030-01-01T00:00:00Z" in text, "a date of theirs is not computed"
    assert "Expires Sun, 22 Nov 2026 at 19:40" in text, "ours is, in the reader's time zone"
    assert await opened.locator("#card a, #card img, #card strong").count() == 0


async def test_a_form_reports_what_was_typed(opened: Any) -> None:
    card = form_dialog(edit_form(), STAMP).card
    await show(opened, card)
    await opened.fill("input >> nth=0", "300.00")
    (sent,) = await press(opened, "Approve edited")
    assert sent["data"]["verb"] == "edit_form"
    assert values_of(sent["data"]) == {
        "amount": "300.00", "days": "3", "to": "mia@example.com", "subject": "Your lamp", "body": "Dear Mia,\nsorry.",
        "notify": True, "why": "broken", "day": "2026-11-22",
    }  # fmt: skip


async def test_nothing_is_sent_without_what_is_required(opened: Any) -> None:
    await show(opened, render_card(CARD, STAMP, dialogs=False, forms=FORMS).card)
    await press(opened, "Reject")
    assert await press(opened, "Reject", last=True) == []
    assert "Please choose one." in await opened.inner_text("#card")
    await opened.select_option("select:visible", label="Not enough evidence")
    (sent,) = await press(opened, "Reject", last=True)
    assert (sent["verb"], sent["data"]["verb"]) == ("reject_form", "reject_form")
    assert values_of(sent["data"])["reason"] == "not_enough_evidence"
