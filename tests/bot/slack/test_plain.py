"""Messages as plain text: nothing is lost, and nothing of Slack's own writing is left."""

from typing import Any

import pytest

from bot.slack.plain import author_of, files_of, people_in, text_of, typed
from tests.bot.slack.hostile import HOSTILE

NAMES = {"U0MIA": "Mia Chen"}

TYPED = {
    "1 &lt; 2 &amp;&amp; 3 &gt; 2": "1 < 2 && 3 > 2",
    "&amp;lt;": "&lt;",
    "<@U0MIA> and <@U0NOAH|noah> and <@U0ZOE>": "@Mia Chen and @noah and @U0ZOE",
    "<#C0SUPPORT|support> <#C0X>": "#support #C0X",
    "<!here> <!channel|channel> <!subteam^S1|@finance> <!subteam^S1>": "@here channel @finance @subteam",
    "<https://a.example/x?y=1&amp;z=2>": "https://a.example/x?y=1&z=2",
    "<http://a.example|a.example>": "a.example",
    "<https://evil.example|your bank>": "your bank (https://evil.example)",
    "<mailto:mia@example.com|mia@example.com>": "mia@example.com",
    "<tel:+491234|+49 1234>": "+49 1234 (+491234)",
    "&lt;https://a.example&gt;": "<https://a.example>",
    "*bold* _it_ `code` > x": "*bold* _it_ `code` > x",
    "<>": "<>",
    "a < b": "a < b",
}


@pytest.mark.parametrize(("text", "plain"), TYPED.items(), ids=TYPED)
def test_text_is_read_as_it_was_typed(text: str, plain: str) -> None:
    assert typed(text, NAMES) == plain


@pytest.mark.parametrize("attack", HOSTILE[::37])
def test_whatever_was_typed_comes_back(attack: str) -> None:
    escaped = attack.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert typed(escaped, NAMES) == attack


def rich(*elements: dict[str, Any]) -> dict[str, Any]:
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": list(elements)}]}


SAYS = {
    "text first": ({"text": "Hello", "blocks": [rich({"type": "text", "text": "other"})]}, "Hello"),
    "a program's blocks": (
        {"text": "", "blocks": [
            {"type": "header", "text": {"type": "plain_text", "text": "INC-42 &lt;"}},
            {"type": "section", "text": {"type": "mrkdwn", "text": "1 &lt; 2 <@U0MIA>"},
             "fields": [{"type": "plain_text", "text": "High"}]},
            {"type": "divider"},
            {"type": "actions", "elements": [{"type": "button", "text": {"type": "plain_text", "text": "Close"}}]},
            rich({"type": "text", "text": "Ask "}, {"type": "user", "user_id": "U0MIA"}, {"type": "emoji", "name": "x"},
                 {"type": "link", "url": "https://a.example", "text": "there"}),
            {"type": "context", "elements": [{"type": "mrkdwn", "text": "by Zen"}]},
        ]},
        "INC-42 &lt;\n1 < 2 @Mia Chen\nHigh\nAsk @Mia Chen:x:there (https://a.example)\nby Zen",
    ),
    "attachments": ({"attachments": [{"fallback": "Build failed"}, {"text": "at <https://a.example>"}]},
                    "Build failed\n\nat https://a.example"),
    "a shared message": (
        {"text": "look", "attachments": [{"is_share": True, "author_name": "Mia", "text": "My lamp &amp; me"}]},
        "look\n\nMia: My lamp & me",
    ),
    "an unfurled link": ({"text": "look <https://a.example>", "attachments": [{"text": "A page"}]}, "look https://a.example"),
    "nothing": ({"text": "  ", "files": [{"name": "a.pdf"}]}, ""),
    "nonsense": ({"text": None, "blocks": "x", "attachments": [1, None], "files": {}}, ""),
}  # fmt: skip


@pytest.mark.parametrize(("message", "said"), SAYS.values(), ids=SAYS)
def test_everything_that_a_message_says(message: dict[str, Any], said: str) -> None:
    assert text_of(message, NAMES) == said


def test_blocks_within_blocks_end_somewhere() -> None:
    block: dict[str, Any] = {"type": "section", "text": "deep"}
    for _ in range(500):
        block = {"type": "context", "elements": [block]}
    assert text_of({"blocks": [block]}, NAMES) == ""


def test_files_are_named_and_bounded() -> None:
    files = [{"name": "n" * 500}, {"title": "t"}, {}] + [{"name": "x"}] * 20
    named = files_of({"files": files})
    assert named[:3] == ("n" * 80, "t", "a file")
    assert len(named) == 10


AUTHORS: dict[str, tuple[dict[str, Any], str]] = {
    "a person": ({"user": "U0MIA"}, "Mia Chen"),
    "somebody unknown": ({"user": "U0ZOE"}, "U0ZOE"),
    "a program with a name of its own": ({"bot_id": "B1", "username": "Zendesk", "user": "U0BOT"}, "Zendesk"),
    "a program": ({"bot_id": "B1", "bot_profile": {"name": "Mail"}, "user": "U0BOT"}, "Mail"),
    "nobody": ({}, "somebody"),
}


@pytest.mark.parametrize(("message", "name"), AUTHORS.values(), ids=AUTHORS)
def test_who_wrote_it(message: dict[str, Any], name: str) -> None:
    assert author_of(message, NAMES) == name


def test_whom_to_look_up() -> None:
    assert people_in({"user": "U0MIA", "text": "<@U0NOAH> <@U0MIA|mia> &lt;@U0X&gt;"}) == ["U0MIA", "U0NOAH"]
    assert people_in({"text": "hi"}) == []
