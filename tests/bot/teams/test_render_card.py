"""Cards as Adaptive Cards: what people read, within every limit, in every state."""

from collections.abc import Mapping

import pytest

from bot.cards.card import Card, CardField, Change
from bot.cards.form import Form
from bot.flow.binding import UNREAD, Binding, Purpose
from bot.teams import limits
from bot.teams.render_card import render_card
from bot.teams.render_notice import render_notice
from bot.teams.render_text import size
from storage.records import Evidence, Person, RunStatus, Verb
from tests.bot.slack.examples import (
    CARD,
    CARDS,
    DONE,
    EDITED,
    EXPIRED,
    FAILED,
    LONG,
    NOTICE,
    REJECT,
    REJECTED,
    SECOND,
    TOO_LONG,
    UNKNOWN,
    card,
    edit_form,
)
from tests.bot.teams.cards import STAMP, Element, actions, elements, faults, inputs, read

FORMS: Mapping[Verb, Form] = {"edit": edit_form(), "reject": REJECT}
PEOPLE = tuple(f"29:{number}" for number in range(60))


def lines(shown: Card) -> list[str]:
    return read(render_card(shown, STAMP).card["body"])


def buttons(shown: Card, *, dialogs: bool = True) -> list[Element]:
    return actions(render_card(shown, STAMP, dialogs=dialogs).card)


@pytest.mark.parametrize("shown", CARDS.values(), ids=CARDS)
def test_teams_takes_every_card(shown: Card) -> None:
    for message in (
        render_card(shown, STAMP),
        render_card(shown, STAMP, brief=True),
        render_card(shown, STAMP, user_ids=PEOPLE),
        render_card(shown, STAMP, dialogs=False),
        render_card(shown, STAMP, dialogs=False, forms=FORMS, user_ids=PEOPLE),
    ):
        assert faults(message.card) == []
        assert size(message.card) <= limits.CARD
        assert message.card["fallbackText"] == message.card["speak"] != ""


def test_pending_card_reads_top_down() -> None:
    assert lines(CARD) == [
        "*Refund a payment*",
        "*🟠 Needs approval* · High risk · for *order 4711*",
        "*Amount:* 480.00",
        "*Currency:* USD",
        "*Reason:*",
        "> The lamp arrived broken.\nPhotos are attached.",
        "*What support says · not verified*",
        "> The customer asks for the price of a broken lamp.",
        "Source 1: *Refund rules* · help.example.com",
        "> Broken on arrival: full refund.",
        "Source 2: *Order 4711*",
        "> 480.00 USD, delivered 20 November",
        "Asked by Mia Chen through support",
        "Needs 1 person, 0 so far",
        "Expires {{DATE(2026-11-22T18:40:00Z, SHORT)}} at {{TIME(2026-11-22T18:40:00Z)}}",
        "Refunds need a person.",
        "offline model",
        "req_1 · revision 1",
    ]


@pytest.mark.parametrize(
    ("shown", "line"),
    [
        (SECOND, "*Approved* by *Noah Berg* · 10:02 UTC"),
        (SECOND, "Needs 2 people, 1 so far (Noah Berg)"),
        (EDITED, "*Amount (edited):* 300.00"),
        (EDITED, "Amount: ~480.00~ → *300.00*"),
        (REJECTED, "*Rejected* by *Noah Berg* · 10:02 UTC: Not enough evidence"),
        (REJECTED, "> Where is the photo?"),
        (EXPIRED, "*⌛ Expired* · High risk · for *order 4711*"),
        (DONE, "*✅ Approved and done* · High risk · for *order 4711*"),
        (DONE, "*Done: *Refunded 480.00 USD."),
        (FAILED, "*Failed: *billing refused"),
        (UNKNOWN, "*Outcome unknown: *reset"),
    ],
)
def test_card_says_how_it_stands(shown: Card, line: str) -> None:
    assert line in lines(shown)


@pytest.mark.parametrize("shown", [REJECTED, EXPIRED, DONE, FAILED, UNKNOWN])
def test_decided_card_has_no_buttons_no_expiry_and_is_not_refreshed(shown: Card) -> None:
    rendered = render_card(shown, STAMP, user_ids=PEOPLE).card
    assert actions(rendered) == []
    assert "refresh" not in rendered
    assert not any("Expires" in line for line in read(rendered["body"]))


def test_what_happened_stands_above_the_arguments_once_decided() -> None:
    assert lines(DONE).index("*Done: *Refunded 480.00 USD.") < lines(DONE).index("*Amount:* 480.00")


def test_buttons_carry_what_was_seen() -> None:
    approve, edit, reject = buttons(CARD)
    assert [each["title"] for each in (approve, edit, reject)] == ["Approve", "Edit", "Reject"]
    assert (approve["style"], reject["style"]) == ("positive", "destructive")
    assert approve["verb"] == approve["data"]["verb"] == "approve"
    purposes: tuple[Purpose, ...] = ("approve", "edit", "reject")
    for button, purpose in zip((approve, edit, reject), purposes, strict=True):
        assert button["data"]["verb"] == purpose
        assert STAMP.read(button["data"]["binding"], purpose) == Binding("req_1", 1, CARD.fingerprint)


def test_approve_is_the_same_where_cards_are_not_refreshed() -> None:
    approve = buttons(CARD)[0]
    assert (approve["type"], approve["fallback"]["type"]) == ("Action.Execute", "Action.Submit")
    assert approve["fallback"]["data"] == approve["data"]


def test_edit_and_reject_open_dialogs() -> None:
    for button in buttons(CARD)[1:]:
        assert (button["type"], button["data"]["msteams"]) == ("Action.Submit", {"type": "task/fetch"})


def test_without_dialogs_a_press_is_answered_with_a_card() -> None:
    for button in buttons(TOO_LONG, dialogs=False):
        assert button["type"] == "Action.Execute"
        assert "msteams" not in button["data"]


def test_without_dialogs_forms_unfold_within_the_card() -> None:
    shown = render_card(CARD, STAMP, dialogs=False, forms=FORMS).card
    assert [(each["type"], each["title"]) for each in shown["actions"]] == [
        ("Action.Execute", "Approve"), ("Action.ShowCard", "Edit"), ("Action.ShowCard", "Reject"),
    ]  # fmt: skip
    assert {"amount", "body", "reason", "notes"} <= inputs(shown).keys()
    purposes: tuple[Purpose, ...] = ("edit_form", "reject_form")
    for outer, purpose in zip(shown["actions"][1:], purposes, strict=True):
        inner = outer["card"]["actions"][0]
        assert inner["data"]["verb"] == purpose
        assert STAMP.read(inner["data"]["binding"], purpose) == Binding("req_1", 1, CARD.fingerprint)


def test_a_form_too_long_to_unfold_has_to_be_asked_for() -> None:
    long = edit_form(*(edit_form().fields[4].model_copy(update={"value": "x" * 20_000}),))
    shown = render_card(CARD, STAMP, dialogs=False, forms={"edit": long})
    assert [each["type"] for each in shown.card["actions"]] == ["Action.Execute"] * 3
    assert size(shown.card) <= limits.CARD
    assert "*Amount:* 480.00" in read(shown.card["body"])


def test_only_the_verbs_of_the_card_become_buttons() -> None:
    assert [each["title"] for each in buttons(card(buttons=("approve", "reject")))] == ["Approve", "Reject"]


def test_those_named_get_views_of_their_own() -> None:
    refresh = render_card(CARD, STAMP, user_ids=PEOPLE).card["refresh"]
    assert refresh["userIds"] == list(PEOPLE)
    assert (refresh["action"]["type"], refresh["action"]["verb"]) == ("Action.Execute", "refresh")
    assert STAMP.read(refresh["action"]["data"]["binding"], "read") == Binding("req_1", 1, CARD.fingerprint)
    assert "refresh" not in render_card(CARD, STAMP).card


def test_more_people_than_teams_takes_are_refused() -> None:
    with pytest.raises(ValueError, match="61 people"):
        render_card(CARD, STAMP, user_ids=(*PEOPLE, "29:one more"))


def test_notification_holds_neither_arguments_nor_target() -> None:
    assert render_card(CARD, STAMP).text == "Needs approval: Refund a payment (high risk), asked by Mia Chen"


def test_risk_is_said_in_words() -> None:
    for shown in CARDS.values():
        assert "High risk" in lines(shown)[1]


def test_too_long_value_is_not_cut_silently() -> None:
    read_all, edit, reject = buttons(TOO_LONG)
    box = next(each for each in elements(render_card(TOO_LONG, STAMP).card) if each.get("style") == "emphasis")
    shown = box["items"][0]["inlines"][0]["text"]
    assert LONG.startswith(shown)
    assert f"… {len(LONG) - len(shown):,} more characters, open to read all" in lines(TOO_LONG)
    assert [each["title"] for each in (read_all, edit, reject)] == ["Open to review", "Edit", "Reject"]
    assert read_all["data"]["verb"] == "read"
    assert STAMP.read(edit["data"]["binding"], "edit").page == UNREAD
    assert "approve" not in {each.get("verb") for each in actions(render_card(TOO_LONG, STAMP).card, fallbacks=True)}


def test_too_long_value_can_be_read_after_the_decision_too() -> None:
    assert [each["title"] for each in buttons(CARDS["too long, decided"])] == ["Read all"]


OVERLONG = "é" * 5_000
ASTRAL = "😀" * 3_000
SOMEBODY = Person(key="teams:t:u", name=ASTRAL)
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
    pytest.param(
        card(fields=tuple(CardField(name=f"f{n}", label="F", value="{{DATE(" * 170) for n in range(30))), id="functions"
    ),
    pytest.param(
        card(
            heading=ASTRAL, target=ASTRAL, summary=ASTRAL, agent=ASTRAL, requester=SOMEBODY,
            approvals=(SOMEBODY,) * 20, quorum=21, labels=(ASTRAL,) * 20, reasons=(ASTRAL,) * 20,
            fields=tuple(CardField(name=f"f{n}", label=ASTRAL, value=ASTRAL, long=True) for n in range(60)),
            changes=tuple(Change(name=f"f{n}", label=ASTRAL, before=ASTRAL, after=ASTRAL) for n in range(60)),
            evidence=(Evidence(title=ASTRAL, quote=ASTRAL, link=f"https://{ASTRAL}/"),) * 3,
        ),
        id="worst",
    ),
]  # fmt: skip


@pytest.mark.parametrize("shown", FAT)
def test_whatever_is_not_fully_shown_must_be_opened_to_approve(shown: Card) -> None:
    for message in (render_card(shown, STAMP, user_ids=PEOPLE), render_card(shown, STAMP, dialogs=False, forms=FORMS)):
        assert faults(message.card) == []
        assert size(message.card) <= limits.CARD
        assert actions(message.card)[0]["data"]["verb"] == "read"


@pytest.mark.parametrize("status", RunStatus)
def test_teams_takes_every_notice(status: RunStatus) -> None:
    shown = render_notice(NOTICE.model_copy(update={"status": status, "outcome": "x" * 501}))
    assert faults(shown.card) == []
    told = read(shown.card["body"])
    assert told[0].endswith("*support* waits for a decision · asked by *Mia Chen*")
    assert told[1:3] == ["> My lamp arrived broken.", "What support says"]
    assert told[3].endswith("… 1 more character in the trace")
    assert told[4:] == ["offline model", "run_1"]
