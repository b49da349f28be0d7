"""Cards as Slack messages: what people read, within every limit, in every state."""

from typing import Any

import pytest

from bot.cards.card import Card, CardField, Change
from bot.flow.binding import Binding
from bot.sandbox.blocks import check_blocks
from bot.slack import limits, names
from bot.slack.render_card import json_length, render_card
from storage.records import Evidence, Person
from tests.bot.slack.examples import (
    CARD,
    CARDS,
    DONE,
    EDITED,
    EXPIRED,
    FAILED,
    LONG,
    REJECTED,
    SECOND,
    STAMP,
    TOO_LONG,
    UNKNOWN,
    card,
    pieces,
    read,
)


def buttons(shown: Card) -> list[dict[str, Any]]:
    return [piece for piece in pieces(render_card(shown, STAMP).blocks) if piece["type"] == "button"]


@pytest.mark.parametrize("shown", CARDS.values(), ids=CARDS)
def test_slack_takes_every_card(shown: Card) -> None:
    message = render_card(shown, STAMP)
    assert check_blocks(message.blocks, "message") == []
    assert json_length(message.blocks) <= limits.MESSAGE_BLOCKS_JSON_BUDGET
    assert 0 < len(message.text) <= limits.UPDATE_TEXT
    assert message.metadata == {"event_type": "signoff_request", "event_payload": {"request_id": "req_1"}}


def test_pending_card_reads_top_down() -> None:
    assert read(render_card(CARD, STAMP).blocks) == [
        "Refund a payment",
        ":large_orange_circle:* Needs approval* · High risk · for *order 4711*",
        "*Amount: *480.00",
        "*Currency: *USD",
        "*Reason: *",
        "| The lamp arrived broken.\nPhotos are attached.",
        "---",
        "*What support says · not verified*",
        "> The customer asks for the price of a broken lamp.",
        "Source 1: *Refund rules* · help.example.com",
        "> Broken on arrival: full refund.",
        "Source 2: *Order 4711*",
        "> 480.00 USD, delivered 20 November",
        "Asked by Mia Chen through support | Needs 1 person, 0 so far | "
        "Expires <!date^1795372800^{date_short_pretty} at {time}|2026-11-22 18:40 UTC> | "
        "Refunds need a person. | offline model | req_1 · revision 1",
        "[Approve] [Edit] [Reject]",
    ]


@pytest.mark.parametrize(
    ("shown", "line"),
    [
        (SECOND, "*Approved* by *Noah Berg* · 10:02 UTC"),
        (EDITED, "*Amount (edited): *300.00"),
        (EDITED, "Amount: ~480.00~ → *300.00*"),
        (REJECTED, "*Rejected* by *Noah Berg* · 10:02 UTC: Not enough evidence"),
        (REJECTED, "> Where is the photo?"),
        (EXPIRED, ":hourglass:* Expired* · High risk · for *order 4711*"),
        (DONE, ":white_check_mark:* Approved and done* · High risk · for *order 4711*"),
        (DONE, "*Done: *Refunded 480.00 USD."),
        (FAILED, "*Failed: *billing refused"),
        (UNKNOWN, "*Outcome unknown: *reset"),
    ],
)
def test_card_says_how_it_stands(shown: Card, line: str) -> None:
    assert line in read(render_card(shown, STAMP).blocks)


def test_quorum_names_who_approved() -> None:
    assert "Needs 2 people, 1 so far (Noah Berg)" in read(render_card(SECOND, STAMP).blocks)[-2]


@pytest.mark.parametrize("shown", [REJECTED, EXPIRED, DONE, FAILED, UNKNOWN])
def test_decided_card_has_no_buttons_and_no_expiry(shown: Card) -> None:
    assert buttons(shown) == []
    assert "Expires" not in read(render_card(shown, STAMP).blocks)[-1]


def test_what_happened_stands_above_the_arguments_once_decided() -> None:
    lines = read(render_card(DONE, STAMP).blocks)
    assert lines.index("*Done: *Refunded 480.00 USD.") < lines.index("*Amount: *480.00")


def test_buttons_carry_what_was_seen_and_name_the_object() -> None:
    approve, edit, reject = buttons(CARD)
    assert [button["action_id"] for button in (approve, edit, reject)] == [names.APPROVE, names.EDIT, names.REJECT]
    assert (approve["style"], reject["style"]) == ("primary", "danger")
    assert approve["accessibility_label"] == "Approve: Refund a payment, order 4711"
    seen = Binding("req_1", 1, CARD.fingerprint)
    assert STAMP.read(approve["value"], "approve") == STAMP.read(edit["value"], "edit") == seen
    assert STAMP.read(reject["value"], "reject") == seen


def test_only_the_verbs_of_the_card_become_buttons() -> None:
    assert [button["text"]["text"] for button in buttons(card(buttons=("approve", "reject")))] == ["Approve", "Reject"]


def test_notification_holds_neither_arguments_nor_target() -> None:
    text = render_card(CARD, STAMP).text
    assert text == "Needs approval: Refund a payment (high risk), asked by Mia Chen"


def test_too_long_value_is_not_cut_silently() -> None:
    blocks = render_card(TOO_LONG, STAMP).blocks
    shown = next(piece for piece in pieces(blocks) if piece["type"] == "rich_text_preformatted")["elements"][0]["text"]
    assert LONG.startswith(shown)
    assert f" … {len(LONG) - len(shown):,} more characters, open to read all" in read(blocks)
    assert [button["text"]["text"] for button in buttons(TOO_LONG)] == ["Open to review", "Edit", "Reject"]
    assert buttons(TOO_LONG)[0]["action_id"] == names.READ


def test_a_value_of_many_lines_shows_a_glimpse() -> None:
    lines = "\n".join("abcdefghijklmnopqrstuvwxyz0123456789"[:31])
    blocks = render_card(card(fields=(CardField(name="body", label="Body", value=lines, long=True),)), STAMP).blocks
    assert "| a\nb\nc\nd\ne\nf\ng\nh" in read(blocks)
    assert " … 46 more characters, open to read all" in read(blocks)


def test_too_long_value_can_be_read_after_the_decision_too() -> None:
    assert [button["text"]["text"] for button in buttons(CARDS["too long, decided"])] == ["Read all"]


OVERLONG = "é" * 5_000
FAT = [
    pytest.param(card(summary=OVERLONG), id="summary"),
    pytest.param(card(target=OVERLONG), id="target"),
    pytest.param(card(evidence=(Evidence(title=OVERLONG, quote=OVERLONG, link=OVERLONG),) * 3), id="evidence"),
    pytest.param(card(reasons=(OVERLONG,)), id="reasons"),
    pytest.param(card(labels=(OVERLONG,)), id="labels"),
    pytest.param(card(changes=(Change(name="body", label="Body", before=OVERLONG, after="x"),)), id="before"),
    pytest.param(
        card(fields=tuple(CardField(name=f"f{n}", label=f"Field {n}", value="v") for n in range(200))), id="200 arguments"
    ),
    pytest.param(
        card(fields=tuple(CardField(name=f"f{n}", label="😀" * 500, value="😀" * 5_000, long=True) for n in range(40))),
        id="everything astral",
    ),
    pytest.param(card(lines=tuple(() for _ in range(3)) + tuple(CARDS["rejected"].lines) * 50), id="story"),
    pytest.param(card(fields=(CardField(name="a", label="A", value="\u202e" * 3_000),)), id="escapes"),
]


@pytest.mark.parametrize("shown", FAT)
def test_whatever_is_not_fully_shown_must_be_opened_to_approve(shown: Card) -> None:
    message = render_card(shown, STAMP)
    assert check_blocks(message.blocks, "message") == []
    assert json_length(message.blocks) <= limits.MESSAGE_BLOCKS_JSON_BUDGET
    assert buttons(shown)[0]["action_id"] == names.READ


def test_worst_case_of_every_text_still_fits() -> None:
    astral = "😀" * 3_000
    person = Person(key="slack:T1:U1", name=astral)
    worst = card(
        heading=astral, state=astral[:20], target=astral, summary=astral, agent=astral, requester=person,
        approvals=(person,) * 20, quorum=21, labels=(astral,) * 20, reasons=(astral,) * 20,
        fields=tuple(CardField(name=f"f{n}", label=astral, value=astral, long=True) for n in range(60)),
        changes=tuple(Change(name=f"f{n}", label=astral, before=astral, after=astral) for n in range(60)),
        evidence=(Evidence(title=astral, quote=astral, link=f"https://{astral}/"),) * 3,
    )  # fmt: skip
    message = render_card(worst, STAMP)
    assert check_blocks(message.blocks, "message") == []
    assert json_length(message.blocks) <= limits.MESSAGE_BLOCKS_JSON_BUDGET
