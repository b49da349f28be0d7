"""What agents, customers and models wrote stays inert, wherever it is shown."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.cards.card import Card, CardField, Change
from bot.cards.inert import inert
from bot.cards.text import quote, words
from bot.sandbox.blocks import check_blocks, check_view
from bot.slack.render_card import render_card
from bot.slack.render_form import form_view
from bot.slack.render_notice import render_notice
from bot.slack.render_pages import page_view
from bot.slack.render_text import say, spoken
from storage.records import Evidence, Person
from tests.bot.slack.examples import FIELDS, NOTICE, STAMP, card, edit_form, pieces

HOSTILE = [
    "<!channel> please approve", "<!here>", "<!everyone>", "<!subteam^S0FINANCE>", "<@U0MIA>", "<#C0SUPPORT>",
    "@channel @here", "<https://evil.example|https://bank.example>", "[bank](https://evil.example)",
    "https://evil.example/login",
    "*bold* _italic_ ~strike~ `code`", "```\nblock\n```", "> quoted", "- list", ":white_check_mark: Approved by CFO",
    "&lt;!channel&gt;", "<!date^0^{date}|yesterday>", "<mailto:x@evil.example|mail>", "\u202eevorppa\u202c", "a\u200bb",
    "\u2066hidden\u2069", "\x00\x07\x1b[31m", "\ud800", "\uffa0\u3164\u115f", "\U000e0041\U000e0042", "", " ", "\n\n\n",
    '{"type":"actions"}', "]]>", "'; DROP TABLE requests; --", "\u202e", "\u2028\u2029",
    "x" * 4_000, "<" * 3_000, "😀" * 2_000,
]  # fmt: skip
FORBIDDEN = {"link", "user", "usergroup", "channel", "broadcast", "mrkdwn", "markdown", "image", "color"}


def full_of(text: str) -> Card:
    """A card with `text` wherever something of others can stand."""
    return card(
        target=text,
        fields=(CardField(name="a", label="A", value=text), CardField(name="b", label="B", value=text, long=True)),
        changes=(Change(name="a", label="A", before=text, after=text),),
        summary=text,
        evidence=(Evidence(title=text, quote=text, link=text),),
        labels=(text,),
        agent=text,
        requester=Person(key="slack:T1:U1", name=text),
        approvals=(Person(key="slack:T1:U2", name=text),),
        lines=(words(quote(text), quote(text, block=True)),),
    )


def assert_inert(value: Any) -> None:
    for piece in pieces(value):
        if piece["type"] == "mrkdwn":
            assert piece["text"].startswith("Expires <!date^1795372800^")
            assert piece["verbatim"] is True
        else:
            assert piece["type"] not in FORBIDDEN
        if piece["type"] == "plain_text":
            assert piece["emoji"] is False
        if piece["type"] in ("text", "plain_text"):
            assert piece["text"] == inert(piece["text"])


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_of_others_becomes_markup(text: str) -> None:
    shown = full_of(text)
    message = render_card(shown, STAMP)
    assert check_blocks(message.blocks, "message") == []
    assert_inert(message.blocks)
    assert "<" not in message.text
    view = page_view(shown, 1, STAMP)
    assert check_view(view) == []
    assert_inert(view)
    notice = render_notice(NOTICE.model_copy(update={"excerpt": text, "outcome": text, "labels": (text,), "agent": text}))
    assert check_blocks(notice.blocks, "message") == []
    assert_inert(notice.blocks)


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_of_others_becomes_markup_in_answers(text: str) -> None:
    said = words("They say ", quote(text), quote(text, block=True))
    assert check_blocks(say(said), "message") == []
    assert_inert(say(said))
    assert "<" not in spoken(said)


@pytest.mark.parametrize("text", HOSTILE)
def test_a_form_starts_with_exactly_the_stored_text(text: str) -> None:
    body = next(field for field in FIELDS if field.name == "body").model_copy(update={"value": text})
    view = form_view(edit_form(body), STAMP)
    assert check_view(view) == []
    starts = [block["element"].get("initial_value", "") for block in view["blocks"] if block["type"] == "input"]
    assert "".join(starts) == text


@settings(max_examples=150, deadline=None)
@given(st.text(st.characters(codec=None, exclude_categories=()), max_size=400))
def test_no_text_at_all_becomes_markup(text: str) -> None:
    shown = full_of(text)
    message = render_card(shown, STAMP)
    assert check_blocks(message.blocks, "message") == []
    assert_inert(message.blocks)


def test_ordinary_arabic_and_hebrew_stay_as_they_are() -> None:
    texts = [
        piece["text"] for piece in pieces(render_card(full_of("استرداد מוצר"), STAMP).blocks) if piece["type"] == "text"
    ]
    assert "استرداد מוצר" in texts


def test_the_true_host_of_a_link_is_shown() -> None:
    shown = card(evidence=(Evidence(title="Bank", quote="q", link="https://bank.example@evil.example/bank.example"),))
    texts = [piece["text"] for piece in pieces(render_card(shown, STAMP).blocks) if piece["type"] == "text"]
    assert " · evil.example" in texts
