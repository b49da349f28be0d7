"""The whole text in a dialog, page by page."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.cards.card import Card, CardField
from bot.cards.inert import inert
from bot.flow.binding import BadBinding, Binding, Stamp
from bot.teams import limits
from bot.teams.render_pages import first_page, page_dialog
from bot.teams.render_text import Block, size
from tests.bot.slack.examples import CARD, CARDS, DONE, LONG, TOO_LONG, card
from tests.bot.teams.cards import STAMP, actions, faults, read


def all_pages(shown: Card, *, dialog: bool = True) -> list[Block]:
    total = int(first_page(shown, STAMP).title.rsplit(" ", 1)[1])
    return [page_dialog(shown, number, STAMP, dialog=dialog).card for number in range(1, total + 1)]


def body(pages: list[Block]) -> str:
    """The text below the titles that begin with "Body"."""
    text = ""
    for *_, title, box in (block["items"] for page in pages for block in page["body"] if block["type"] == "Container"):
        if title["inlines"][0]["text"].startswith("Body"):
            text += "".join(run["text"] for run in box["items"][0]["inlines"])
    return text


def as_seen(text: str) -> str:
    return text.replace("\t", "    ").replace("\u00a0", " ")


@pytest.mark.parametrize("dialog", [True, False])
@pytest.mark.parametrize("shown", CARDS.values(), ids=CARDS)
def test_teams_takes_every_page(shown: Card, dialog: bool) -> None:
    for page in all_pages(shown, dialog=dialog):
        assert faults(page) == []
        assert size(page) <= limits.CARD


def test_pages_hold_every_character() -> None:
    assert body(all_pages(TOO_LONG)) == LONG


@settings(max_examples=50, deadline=None)
@given(st.text(min_size=1, max_size=3_000), st.integers(1, 9))
def test_pages_hold_every_character_of_anything(text: str, times: int) -> None:
    value = text * times
    pages = all_pages(card(fields=(CardField(name="body", label="Body", value=value),)))
    assert as_seen(body(pages)) == as_seen(inert(value))
    assert all(size(page) <= limits.FORM for page in pages)


def test_only_the_last_page_approves() -> None:
    *earlier, last = all_pages(TOO_LONG)
    assert len(earlier) >= 1
    assert all("actions" not in page for page in earlier)
    (approve,) = last["actions"]
    assert (approve["title"], approve["type"], approve["data"]["verb"]) == ("Approve", "Action.Submit", "approve_read")
    assert STAMP.read(approve["data"]["binding"], "approve_read") == Binding("req_1", 1, TOO_LONG.fingerprint)


def test_pages_are_for_their_reader_alone() -> None:
    other = Stamp(STAMP.seals, STAMP.surface, STAMP.team, "teams:tenant:mia")
    with pytest.raises(BadBinding):
        other.read(all_pages(TOO_LONG)[-1]["actions"][0]["data"]["binding"], "approve_read")


def test_pages_are_turned_with_buttons() -> None:
    pages = all_pages(TOO_LONG)
    turns = [
        [
            (each["title"], STAMP.read(each["data"]["binding"], "turn").page)
            for each in actions(page)
            if each["data"]["verb"] == "turn"
        ]
        for page in pages
    ]
    assert turns[0] == [("Next page", 2)]
    assert turns[-1] == [("Previous page", len(pages) - 1)]


def test_without_dialogs_pages_are_answers_and_lead_back() -> None:
    for page in all_pages(TOO_LONG, dialog=False):
        assert {each["type"] for each in actions(page)} == {"Action.Execute"}
        back = page["actions"][-1]
        assert (back["title"], back["verb"]) == ("Back", "refresh")
        assert STAMP.read(back["data"]["binding"], "read").request_id == "req_1"
    assert page["actions"][0]["verb"] == "approve_read"


def test_a_page_that_does_not_exist_is_the_nearest_one() -> None:
    assert page_dialog(TOO_LONG, 99, STAMP).card == all_pages(TOO_LONG)[-1]
    assert page_dialog(TOO_LONG, -1, STAMP) == first_page(TOO_LONG, STAMP)


def test_a_decided_card_is_only_read() -> None:
    assert actions(first_page(DONE, STAMP).card) == []


def test_the_whole_card_is_there() -> None:
    text = "\n".join(read(first_page(CARD, STAMP).card["body"]))
    for part in ("480.00", "The lamp arrived broken.", "not verified", "https://help.example.com/refunds", "Mia", "req_1"):
        assert part in text
