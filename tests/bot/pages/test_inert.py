"""What others wrote stays text on every page: no element, attribute, link or style of theirs, nothing hidden, no secret."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import Annotated

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markupsafe import Markup

from agents.actions import Action, Actions, Arguments, Effect, Secret
from agents.runtime import LiveRun
from agents.workflow import Agent, Agents
from bot.cards.inert import inert
from bot.flow.front_desk import FrontDesk
from bot.pages.render import rendered
from storage.records import JsonObject
from storage.redaction import Cover
from tests.bot.flow.stage import ANNA
from tests.bot.pages import examples
from tests.bot.pages.visit import House, house_of
from tests.bot.slack.hostile import HOSTILE

OURS = re.compile(r"/pages/[\w/?=&;#.%~-]*|#[\w-]+|url\(#\w+\)")
STORABLE = [text for text in HOSTILE if not any(0xD800 <= ord(char) < 0xE000 for char in text) and text.strip()]


class Reader(HTMLParser):
    """Reads a page as a browser does, and keeps what could do something."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.addresses: list[tuple[str, str]] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}
        self.addresses += [(tag, value or "") for name, value in attrs if name in ("href", "src", "action", "formaction")]

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    return reader


def assert_inert(html: str, like: Reader) -> None:
    """The page is made of the same kinds of things as one about ordinary texts."""
    seen = read(html)
    assert set(seen.tags) <= {*like.tags, "blockquote", "li", "ol", "pre", "del", "ins"}, set(seen.tags) - set(like.tags)
    assert seen.attributes <= {*like.attributes, "rel", "tabindex"}
    assert "script" not in seen.tags
    for tag, address in seen.addresses:
        assert OURS.fullmatch(address), (tag, address)
    text = "".join(seen.text)
    assert text == inert(text)


@pytest.mark.parametrize("first", range(0, len(STORABLE), 64))
async def test_on_every_page(sqlite_house: House, first: int) -> None:
    house = sqlite_house
    browser = await house.enter(ANNA)
    plain_run = await examples.hostile(house.stage, "ordinary")
    plain_request = await examples.hostile_request(house.stage, "ordinary")
    like = read("".join([
        (await browser.get(path)).text
        for path in ("/pages/runs", f"/pages/runs/{plain_run}/steps/3", f"/pages/requests/{plain_request}")
    ]))  # fmt: skip
    for text in STORABLE[first : first + 64]:
        run = await examples.hostile(house.stage, text)
        pages = [f"/pages/runs/{run}/steps/{step}" for step in (1, 2, 3)]
        if text.split() and "\x00" not in text:
            pages.append(f"/pages/requests/{await examples.hostile_request(house.stage, text)}")
        for path in pages:
            seen = await browser.get(path)
            assert seen.status == 200, (path, text[:80])
            assert_inert(seen.text, like)
    assert_inert((await browser.get("/pages/runs")).text, like)


SECRET = "ghp_" + "a1B2c3D4" * 4 + "e5F6"


async def test_no_secret_is_shown(sqlite_house: House) -> None:
    house = sqlite_house
    run = await examples.hostile(house.stage, f"my token is {SECRET} and that is all")
    request = await examples.hostile_request(house.stage, f"shop {SECRET}")
    browser = await house.enter(ANNA)
    for path in ["/pages/runs", f"/pages/requests/{request}", *(f"/pages/runs/{run}/steps/{step}" for step in (1, 2, 3))]:
        seen = await browser.get(path)
        assert seen.status == 200
        assert SECRET not in seen.text
        assert "secret, 40 characters" in seen.text


class Door(Arguments):
    """Which door, and what it listens to."""

    phrase: Annotated[str, Secret()]
    door: str


async def _opened(door: Door, effect: Effect) -> JsonObject:
    return {"summary": f"Opened {door.door}, which took {door.phrase!r}."}


async def porter(run: LiveRun, text: str) -> str:
    """Keeps a secret in what a tool returned, proposes it, and repeats it once it was asked for."""
    secret: JsonObject = {"phrase": "opensesame", "door": text}
    await run.tool_call("plan", {}, lambda: _plan(secret), dict)
    outcome = await run.propose("open", secret, summary="Open with opensesame")
    return f"{outcome.status} with opensesame"


async def _plan(secret: JsonObject) -> JsonObject:
    return {"next": [{"action": "open", "arguments": secret}]}


@pytest.mark.parametrize("verdict", ["auto", "approve", "block"])
async def test_a_secret_argument_is_shown_nowhere(sqlite_house: House, verdict: str) -> None:
    stage = sqlite_house.stage
    actions = Actions([Action("open", "Open a door", "Opens", Door, lambda door: door.door, _opened)])
    rule = f"rules:\n  - name: doors\n    actions: [open]\n    verdict: {verdict}\n    reviewers: [ravi@example.com]\n"
    stage.signoff = replace(
        stage.signoff, actions=actions, agents=Agents([Agent("porter", 2, "Opens.", "PHRASE", ("open",), porter)])
    )
    stage.desk = FrontDesk(stage.signoff)
    stage.adopt(rule if verdict == "approve" else rule.replace("    reviewers: [ravi@example.com]\n", ""))
    await stage.type("run porter cave")
    run = await stage.run()
    async with house_of(stage) as house:
        browser = await house.enter(ANNA)
        requests = await stage.read(lambda tx: tx.requests(limit=5))
        if requests:
            await stage.edit(requests[0], phrase="rosebuds", notes="opensesame is old, use rosebuds")
        steps = await stage.read(lambda tx: tx.steps(run.id))
        assert len(steps) == {"auto": 2, "approve": 4, "block": 2}[verdict]
        pages = [f"/pages/runs/{run.id}/steps/{step.number}" for step in steps]
        for path in [*pages, *(f"/pages/requests/{each.id}?verify=1" for each in requests)]:
            seen = await browser.get(path)
            assert seen.status == 200
            assert "opensesame" not in seen.text, path
            assert "rosebuds" not in seen.text, path


@settings(max_examples=300, deadline=None)
@given(st.text(st.characters(codec=None, exclude_categories=()), max_size=200))
def test_whatever_a_template_puts_out_is_inert(text: str) -> None:
    page = rendered("stop", title=text, said=text, home=False, guest=None, cover=Cover())
    seen = read(page)
    assert sorted(set(seen.tags)) == sorted(set(read(rendered("stop", title="a", said="b", home=False, guest=None)).tags))
    assert "".join(seen.text) == inert("".join(seen.text))
    whole = page.encode(errors="surrogatepass")
    assert not [char for char in "\u202e\u200b\u2066\u3164" if char.encode() in whole]


async def test_links_of_others_are_shown_and_cannot_be_followed(sqlite_house: House) -> None:
    request = await examples.hostile_request(sqlite_house.stage, "https://bank.example@evil.example/bank")
    seen = await (await sqlite_house.enter(ANNA)).get(f"/pages/requests/{request}")
    assert "evil.example: " in "".join(read(seen.text).text)
    assert not [address for _, address in read(seen.text).addresses if "example" in address]


def test_markup_is_only_what_macros_made() -> None:
    assert "<b>" in rendered("stop", title="t", said=Markup("<b>x</b>"), home=False, guest=None)
    assert "<b>" not in rendered("stop", title="t", said="<b>x</b>", home=False, guest=None)
