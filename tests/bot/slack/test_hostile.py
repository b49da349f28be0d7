"""What agents, customers and models wrote stays inert, wherever it is shown."""

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.runtime import LiveRun
from bot.cards.card import Card, CardField, Change
from bot.cards.inert import host, inert
from bot.cards.text import quote, words
from bot.sandbox.blocks import check_blocks, check_view
from bot.sandbox.server import Sandbox
from bot.slack.render_card import render_card
from bot.slack.render_form import form_view
from bot.slack.render_notice import render_notice
from bot.slack.render_pages import page_view
from bot.slack.render_text import say, spoken
from storage.records import Evidence, Person, RunStatus
from tests.bot.slack.company import Company, company_on
from tests.bot.slack.conftest import MIA, NOAH
from tests.bot.slack.examples import FIELDS, NOTICE, STAMP, card, edit_form, pieces
from tests.bot.slack.hostile import HOSTILE

FORBIDDEN = {"link", "user", "usergroup", "channel", "broadcast", "mrkdwn", "markdown", "image", "color"}


def full_of(text: str) -> Card:
    """A card with `text` wherever something of others can stand."""
    return card(
        target=text,
        fields=(CardField(name="a", label=text, value=text), CardField(name="b", label="B", value=text, long=True)),
        changes=(Change(name="a", label=text, before=text, after=text),),
        remarks=(text,),
        heading=text,
        reasons=(text,),
        editor=Person(key="slack:T1:U3", name=text),
        summary=text,
        evidence=(Evidence(title=text, quote=text, link=text),),
        labels=(text,),
        agent=text,
        requester=Person(key="slack:T1:U1", name=text),
        approvals=(Person(key="slack:T1:U2", name=text),),
        lines=(words(quote(text), quote(text, block=True)),),
    )


OURS = {"large_orange_circle", "x", "warning", "raised_hand", "hourglass", "hourglass_flowing_sand"}
EXPIRES = re.compile(r"Expires <!date\^\d+\^\{date_short_pretty\} at \{time\}\|[\d: -]+ UTC>")


def assert_inert(value: Any) -> None:
    for piece in pieces(value):
        if piece["type"] == "emoji":
            assert piece["name"] in OURS
        assert piece["type"] != "date"
        if piece["type"] == "mrkdwn":
            assert EXPIRES.fullmatch(piece["text"])
            assert piece["verbatim"] is True
        else:
            assert piece["type"] not in FORBIDDEN
        if piece["type"] == "plain_text":
            assert piece["emoji"] is False
        if piece["type"] in ("text", "plain_text"):
            assert piece["text"] == inert(piece["text"])


def test_there_are_enough_of_them() -> None:
    assert len(HOSTILE) >= 256


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_nothing_of_others_becomes_markup(text: str) -> None:
    shown = full_of(text)
    message = render_card(shown, STAMP)
    assert check_blocks(message.blocks, "message") == []
    assert_inert(message.blocks)
    assert "<" not in message.text
    for view in (page_view(shown, 1, STAMP), page_view(shown, 10**6, STAMP)):
        assert check_view(view) == []
        assert_inert(view)
    notice = render_notice(NOTICE.model_copy(update={"excerpt": text, "outcome": text, "labels": (text,), "agent": text}))
    assert check_blocks(notice.blocks, "message") == []
    assert_inert(notice.blocks)


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_nothing_of_others_becomes_markup_in_answers(text: str) -> None:
    said = words("They say ", quote(text), quote(text, block=True))
    assert check_blocks(say(said), "message") == []
    assert_inert(say(said))
    assert "<" not in spoken(said)


@pytest.mark.parametrize("text", [text for text in HOSTILE if len(text) < 30_000])
def test_a_form_starts_with_exactly_the_stored_text(text: str) -> None:
    body = next(field for field in FIELDS if field.name == "body").model_copy(update={"value": text})
    view = form_view(edit_form(body), STAMP)
    assert check_view(view) == []
    starts = [block["element"].get("initial_value", "") for block in view["blocks"] if block["type"] == "input"]
    assert "".join(starts) == text


@pytest.fixture
async def company(sqlite_url: str, sandbox: Sandbox) -> AsyncIterator[Company]:
    async with company_on(sqlite_url, sandbox, parrot) as made:
        yield made


async def parrot(run: LiveRun, text: str) -> str:
    """Says a hostile string, by its number, wherever an agent can say something."""
    said = HOSTILE[int(text)]
    run.labels.add(said)
    await run.propose(
        "deploy",
        {"where": said, "script": said, "settings": {said: said}, "phrase": "Open, Sesame!"},
        summary=said,
        evidence=[
            Evidence(title=said, quote=said, link=said),
            Evidence(title="T", quote="Q", link=f"https://evil.example/{said}"),
        ],
    )
    return said


@pytest.mark.parametrize("first", range(0, len(HOSTILE), 32))
async def test_through_the_whole_flow_nothing_pings_links_or_is_refused(company: Company, first: int) -> None:
    """Each string in each text of a request: accepted by a workspace with Slack's limits, inert, and stored as it was."""
    stored = 0
    for number, text in enumerate(HOSTILE[first : first + 32], start=first):
        run = await company.propose(str(number))
        if run.status is RunStatus.failed:
            assert any(0xD800 <= ord(char) < 0xE000 for char in text), "only what has no canonical form is refused"
            continue
        request = await company.stage.latest()
        assert (request.run_id, request.target, request.arguments["script"]) == (
            run.id,
            text.replace("\x00", "\ufffd"),
            text,
        )
        assert request.arguments["settings"] == {text: text}
        assert (request.evidence[0].title, request.evidence[0].quote, request.evidence[0].link) == (text, text, text)
        assert request.labels == (text,)
        stored += 1
    assert stored > 0
    calls = [call for call in company.sandbox.calls if call.method.startswith("chat.")]
    assert all(call.answer["ok"] for call in calls)
    assert sum(call.method == "chat.postMessage" for call in calls) >= 2 * stored
    for call in calls:
        if [piece for piece in pieces(call.arguments["blocks"]) if piece == {"type": "user", "user_id": MIA}]:
            assert call.arguments["text"].startswith("Mia Chen This run failed. input contains"), "her own run has ended"
            continue
        assert_inert(call.arguments["blocks"])
        assert "<" not in call.arguments["text"]
        assert (call.arguments["parse"], str(call.arguments["link_names"]).lower()) in {("none", "false"), ("none", "0")}
    assert company.sandbox.ephemerals(NOAH) == []


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


TRUE_HOSTS = {
    "https://bank.example@evil.example/bank.example": "evil.example",
    "https://bank.example:pass@evil.example:8443/": "evil.example",
    "https://EVIL.example#bank.example": "evil.example",
    "https://evil.example\\\\@bank.example": "bank.example",
    "https://аррӏе.example/": "xn--80ak6aa92e.example",
    "https://bank.example.evil.example/": "bank.example.evil.example",
    "//evil.example/x": "evil.example",
    "javascript:alert(1)": "javascript:alert(1)",
    "https://bank.example\u202e.evil.example/": "https://bank.example<U+202E>.evil.example/",
}


@pytest.mark.parametrize(("link", "true"), TRUE_HOSTS.items(), ids=TRUE_HOSTS.values())
def test_the_host_that_is_shown_is_the_one_a_browser_would_go_to(link: str, true: str) -> None:
    assert host(link) == true


def test_the_true_host_of_a_link_is_shown() -> None:
    shown = card(evidence=(Evidence(title="Bank", quote="q", link="https://bank.example@evil.example/bank.example"),))
    texts = [piece["text"] for piece in pieces(render_card(shown, STAMP).blocks) if piece["type"] == "text"]
    assert " · evil.example" in texts
