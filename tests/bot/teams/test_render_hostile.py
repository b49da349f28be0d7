"""What agents, customers and models wrote is never anything but a TextRun, wherever it is shown."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.cards.card import Card, CardField, Change
from bot.cards.inert import inert
from bot.cards.text import Called, Text, Who, quote, words
from bot.teams.render_card import render_card
from bot.teams.render_form import form_dialog
from bot.teams.render_notice import render_notice
from bot.teams.render_pages import page_dialog
from bot.teams.render_text import Block, Mentions, say, spoken
from storage.records import Evidence, Person
from tests.bot.slack.examples import FIELDS, NOTICE, card, edit_form
from tests.bot.slack.hostile import HOSTILE
from tests.bot.teams.cards import STAMP, Element, elements, faults, inputs, written

OURS = {"AdaptiveCard", "Container", "ColumnSet", "Column", "ActionSet", "RichTextBlock", "TextRun", "TextBlock",
        "Action.Execute", "Action.Submit", "Action.ShowCard"}  # fmt: skip
INPUTS = {"Input.Text", "Input.ChoiceSet"}
TITLES = {"Approve", "Edit", "Reject", "Open to review", "Read all", "Refresh", "Previous page", "Next page", "Back",
          "Approve edited"}  # fmt: skip
MOMENT = re.compile(r"(Expires )?\{\{DATE\([\d:TZ-]+, SHORT\)\}\} at \{\{TIME\([\d:TZ-]+\)\}\}")
MENTION = re.compile(r"<at>[^<>]+</at>")
TEXT_RUN = {"type", "text", "weight", "isSubtle", "fontType", "italic", "strikethrough", "size", "color"}
FUNCTION = re.compile(r"\{\{(?:DATE|TIME)\(", re.IGNORECASE)

MARK = "\u4e00MARK\u4e01"  # nothing of ours holds it: where it is, others wrote


def full_of(text: str) -> Card:
    """A card with `text` wherever something of others can stand."""
    return card(
        target=text,
        fields=(CardField(name="a", label=text, value=text), CardField(name="b", label="B", value=text, long=True)),
        changes=(Change(name="a", label=text, before=text, after=text),),
        remarks=(text,),
        heading=text,
        reasons=(text,),
        editor=Person(key="teams:t:3", name=text),
        summary=text,
        evidence=(Evidence(title=text, quote=text, link=text),),
        labels=(text,),
        agent=text,
        requester=Person(key="teams:t:1", name=text),
        approvals=(Person(key="teams:t:2", name=text),),
        lines=(words(text, quote(text), Who(person=Person(key="teams:t:4", name=text)), quote(text, block=True)),),
    )


def everything(text: str) -> Iterator[Block]:
    """Every card of ours that holds `text`."""
    shown = full_of(text)
    yield render_card(shown, STAMP, user_ids=("29:1",)).card
    yield render_card(shown, STAMP, dialogs=False, forms={"reject": edit_form()}).card
    yield render_card(shown.model_copy(update={"buttons": ()}), STAMP).card
    for number in (1, 10**6):
        yield page_dialog(shown, number, STAMP).card
    about = {"excerpt": text, "outcome": text, "labels": (text,), "agent": text, "headline": said(text)}
    yield render_notice(NOTICE.model_copy(update=about)).card
    yield say(said(text))


def said(text: str) -> Text:
    return words("They say ", quote(text), quote(text, block=True), text, Called(reference=text))


def assert_inert(shown: Any) -> None:
    allowed = OURS | {element["type"] for element in inputs(shown).values()}
    for each in elements(shown):
        if each["type"] == "TextBlock":
            assert MOMENT.fullmatch(each["text"])
        elif each["type"] == "TextRun":
            assert each.keys() <= TEXT_RUN
            assert each["text"] == inert(each["text"])
            assert not FUNCTION.search(each["text"])
        elif each["type"].startswith("Action."):
            assert each["title"] in TITLES
        assert each["type"] in allowed
    assert "entities" not in shown["msteams"]


def strays(value: Any, mark: str) -> Iterator[str]:
    """Every string with `mark` that is not the text of a TextRun."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from () if key == "text" and value.get("type") == "TextRun" else strays([key, inner], mark)
    elif isinstance(value, list):
        for inner in value:
            yield from strays(inner, mark)
    elif isinstance(value, str) and mark in value:
        yield value


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_nothing_of_others_becomes_markup(text: str) -> None:
    for shown in everything(text):
        assert faults(shown) == []
        assert_inert(shown)
    for summary in (render_card(full_of(text), STAMP).text, spoken(said(text))):
        assert "<" not in summary
        assert "\n" not in summary


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters(codec=None, exclude_categories=()), max_size=300))
def test_no_text_at_all_becomes_anything_but_a_text_run(text: str) -> None:
    for shown in everything(text):
        assert faults(shown) == []
        assert_inert(shown)


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=40), st.text(max_size=40))
def test_what_others_wrote_is_nowhere_else(before: str, after: str) -> None:
    for shown in everything(before + MARK + after):
        assert list(strays(shown, MARK)) == []


def test_it_is_shown_all_the_same() -> None:
    for shown in everything(MARK):
        assert any(MARK in text for text in written(shown))


@pytest.mark.parametrize("text", ["{{DATE(2017-02-14T06:08:00Z, SHORT)}}", "{{TIME(2017-02-14T06:08:00Z)}}", "{{{{DATE("])
def test_a_date_of_theirs_is_not_computed_and_still_reads_the_same(text: str) -> None:
    runs = say(words(quote(text)))["body"][0]["inlines"]
    assert len(runs) > 1
    assert "".join(run["text"] for run in runs).replace("\u00a0", " ") == text


def test_white_space_is_kept() -> None:
    (run,) = say(words(quote("if x:\n    y  = 1\n\tz")))["body"][0]["inlines"]
    assert run["text"] == "if x:\n\u00a0\u00a0\u00a0\u00a0y \u00a0= 1\n\u00a0\u00a0\u00a0\u00a0z"


@pytest.mark.parametrize("text", [text for text in HOSTILE if len(text) < 10_000])
def test_a_form_starts_with_exactly_the_stored_text(text: str) -> None:
    body = next(field for field in FIELDS if field.name == "body").model_copy(update={"value": text})
    shown = form_dialog(edit_form(body), STAMP, errors={"body": text, "": text}).card
    assert faults(shown) == []
    assert inputs(shown)["body"].get("value", "") == text
    assert {each["type"] for each in elements(shown)} <= OURS - {"TextBlock"} | INPUTS


def mentions(shown: Block) -> tuple[list[str], list[Element]]:
    tags = [each["text"] for each in elements(shown) if each["type"] == "TextBlock"]
    return tags, shown["msteams"].get("entities", [])


def test_people_are_notified_by_tags_that_nothing_of_others_holds() -> None:
    zoe = Person(key="teams:tenant:0a0a0a0a-0000-0000-0000-000000000001", name="<at>1</at>")
    group = Called(reference="teams:0a0a0a0a-0000-0000-0000-000000000002")
    shown = say(words(Who(person=zoe, ping=True), " ", quote("<at>1</at> and <at>2</at>"), group))
    assert faults(shown) == []
    tags, entities = mentions(shown)
    assert tags == ["<at>3</at>", "<at>4</at>"]
    assert [(each["text"], each["mentioned"]["id"]) for each in entities] == [
        ("<at>3</at>", zoe.user), ("<at>4</at>", "0a0a0a0a-0000-0000-0000-000000000002"),
    ]  # fmt: skip
    assert "<at>1</at> and <at>2</at>" in "".join(written(shown))


@pytest.mark.parametrize("person", [Person(key="slack:T1:U1", name="Mia"), Person(key="teams:t:u", name="Mia")])
def test_nobody_else_is_notified(person: Person) -> None:
    shown = say(words(Who(person=person, ping=person.surface == "slack"), Called(reference="mia@example.com")))
    assert mentions(shown) == ([], [])
    assert written(shown) == ["Mia", "mia@example.com"]


@pytest.mark.parametrize(
    ("name", "written", "tag"),
    [
        ("Zoë O'Hara-Öz", "", "<at>Zoë O'Hara-Öz</at>"),
        ("Zoe", "<at>Zoe</at> agreed", "<at>1</at>"),
        ("**Zoe**", "", "<at>1</at>"),
        ("[Zoe](https://evil.example)", "", "<at>1</at>"),
        ("Zoe_", "", "<at>1</at>"),
    ],
)
def test_a_mention_shows_the_name_only_where_it_cannot_be_anything_else(name: str, written: str, tag: str) -> None:
    assert Mentions(written).block("0a0a0a0a-0000-0000-0000-000000000001", name)["text"] == tag


def test_two_people_of_one_name_are_told_apart() -> None:
    people = Mentions("")
    assert [people.block(user, "Zoe")["text"] for user in ("one", "two")] == ["<at>Zoe</at>", "<at>1</at>"]
