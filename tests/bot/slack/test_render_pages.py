"""The whole text in a dialog, page by page."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.cards.card import Card, CardField
from bot.cards.inert import inert
from bot.flow.binding import Binding
from bot.sandbox.blocks import check_view
from bot.slack import names
from bot.slack.render_pages import page_view
from tests.bot.slack.examples import CARD, CARDS, DONE, LONG, STAMP, TOO_LONG, card, pieces, read


def all_pages(shown: Card) -> list[dict[str, object]]:
    total = int(page_view(shown, 1, STAMP)["title"]["text"].rsplit(" ", 1)[1])
    return [page_view(shown, number, STAMP) for number in range(1, total + 1)]


def body(views: list[dict[str, object]]) -> str:
    """The preformatted text below the labels that begin with "Body"."""
    text = ""
    for view in views:
        blocks = view["blocks"]
        assert isinstance(blocks, list)
        for block in blocks:
            if block["type"] == "rich_text" and block["elements"][0]["elements"][0].get("text", "").startswith("Body"):
                text += block["elements"][1]["elements"][0]["text"]
    return text


@pytest.mark.parametrize("shown", CARDS.values(), ids=CARDS)
def test_slack_takes_every_page(shown: Card) -> None:
    for view in all_pages(shown):
        assert check_view(view) == []


def test_pages_hold_every_character() -> None:
    assert body(all_pages(TOO_LONG)) == LONG


@settings(max_examples=50, deadline=None)
@given(st.text(min_size=1, max_size=3_000), st.integers(1, 9))
def test_pages_hold_every_character_of_anything(text: str, times: int) -> None:
    value = text * times
    assert body(all_pages(card(fields=(CardField(name="body", label="Body", value=value),)))) == inert(value)


def test_only_the_last_page_approves() -> None:
    *earlier, last = all_pages(TOO_LONG)
    assert len(earlier) >= 1
    assert all("submit" not in view for view in earlier)
    assert last["submit"] == {"type": "plain_text", "text": "Approve", "emoji": False}
    assert last["callback_id"] == names.REVIEW
    assert all("private_metadata" not in view for view in earlier)
    assert STAMP.read(last["private_metadata"], "approve_read") == Binding("req_1", 1, TOO_LONG.fingerprint)


def test_pages_are_turned_with_buttons() -> None:
    views = all_pages(TOO_LONG)
    turns = [
        [(p["action_id"], STAMP.read(p["value"], "turn").page) for p in pieces(view["blocks"]) if p["type"] == "button"]
        for view in views
    ]
    assert turns[0] == [(names.NEXT, 2)]
    assert turns[-1] == [(names.PREVIOUS, len(views) - 1)]


def test_a_page_that_does_not_exist_is_the_nearest_one() -> None:
    assert page_view(TOO_LONG, 99, STAMP) == all_pages(TOO_LONG)[-1]
    assert page_view(TOO_LONG, -1, STAMP) == page_view(TOO_LONG, 1, STAMP)


def test_a_decided_card_is_only_read() -> None:
    assert "submit" not in page_view(DONE, 1, STAMP)


def test_the_whole_card_is_there() -> None:
    text = "\n".join(read(page_view(CARD, 1, STAMP)["blocks"]))
    for part in (
        "480.00",
        "The lamp arrived broken.",
        "not verified",
        "https://help.example.com/refunds",
        "Mia Chen",
        "req_1",
    ):
        assert part in text
