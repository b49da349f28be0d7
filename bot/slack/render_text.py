"""Neutral text as Slack's rich text, in which nothing is parsed: no mention, link, emoji code or markup of others survives.

In `rich_text` each mention, link and emoji is a typed element of its own, so a `text` element is only ever shown
(https://docs.slack.dev/reference/block-kit/blocks/rich-text-block). Where Slack takes only a text object we use
`plain_text` with `emoji` off; the one piece of mrkdwn we write is the date token of `moment`.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from bot.cards.fold import more_characters
from bot.cards.inert import beginning, inert, inert_line
from bot.cards.text import Called, Page, Quote, Span, Text, When, Who, Words, plain
from bot.slack import limits
from policies.reviewers import shown

Block = dict[str, Any]

SAID = 6_000  # characters of one answer or reply; with all of JSON's escapes it stays within the blocks budget
_DATE = "{date_short_pretty} at {time}"
_USER_ID, _GROUP_ID = re.compile(r"slack:[UW][A-Z0-9]{1,20}"), re.compile(r"slack:S[A-Z0-9]{1,20}")


def rich(*elements: Block) -> Block:
    """A rich_text block."""
    return {"type": "rich_text", "elements": list(elements)}


def section(*parts: Block) -> Block:
    """A paragraph of rich text."""
    return {"type": "rich_text_section", "elements": list(parts)}


def quoted(*parts: Block) -> Block:
    """A paragraph set off with a bar."""
    return {"type": "rich_text_quote", "elements": list(parts)}


def preformatted(text: str) -> Block:
    """Somebody's text exactly as it is, in a box of its own."""
    return {"type": "rich_text_preformatted", "elements": [part(text)]}


def part(text: str, *styles: str) -> Block:
    """A piece of text, inert. `styles`: bold, italic, strike, code. Slack refuses empty pieces, so an empty one says so."""
    element: Block = {"type": "text", "text": inert(text) or "(empty)"}
    return element | {"style": dict.fromkeys(styles, True)} if styles else element


def plain_text(text: str, limit: int) -> Block:
    """A plain text object on one line, with an ellipsis where it is longer than `limit`."""
    line = inert_line(text) or "(empty)"
    return {"type": "plain_text", "text": line if len(line) <= limit else line[: limit - 1] + "…", "emoji": False}


def moment(at: datetime) -> str:
    """A moment in the reader's own time zone, as Slack's date token for mrkdwn."""
    return f"<!date^{int(at.timestamp())}^{_DATE}|{at:%Y-%m-%d %H:%M} UTC>"


def paragraphs(text: Text) -> list[Block]:
    """The rich text elements of a neutral text: running text, and each block quote as a paragraph of its own."""
    elements: list[Block] = []
    running: list[Block] = []
    for span in text:
        if isinstance(span, Quote) and span.block:
            elements += _flushed(running)
            elements.append(quoted(part(span.text)))
            running = []
        else:
            running += _pieces(span)
    return elements + _flushed(running)


def say(text: Text) -> list[Block]:
    """The blocks of an answer or a reply. What is too long for a message ends with how much is missing."""
    return [rich(*(paragraphs(_within(text, SAID)) or [section(part(""))]))]


def notification(text: str) -> str:
    """Our words for notifications and screen readers, escaped as mrkdwn asks
    (https://docs.slack.dev/messaging/formatting-message-text#escaping)."""
    line, more = beginning(inert_line(text), limits.UPDATE_TEXT // 8)
    escaped = line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return f"{escaped}…" if more else escaped


def spoken(text: Text) -> str:
    """The same from a neutral text."""
    return notification(plain(text))


def _flushed(running: Sequence[Block]) -> list[Block]:
    return [section(*running)] if any(piece.get("text") != "\n" for piece in running) else []


def _pieces(span: Span) -> list[Block]:
    match span:
        case Words(style="plain"):
            return [part(span.text)] if span.text else []
        case Words():
            return [part(span.text, "italic" if span.style == "dim" else span.style)] if span.text else []
        case Quote():
            return [part(span.text)]
        case Who() if span.ping and span.person.surface == "slack":
            return [{"type": "user", "user_id": span.person.user}]
        case Who():
            return [part(span.person.name, "bold")]
        case Called():
            return [_called(span.reference)]
        case When():
            return [_date(span.at)]
        case Page():
            return [{"type": "link", "url": span.url, "text": span.text}]


def _called(reference: str) -> Block:
    """Somebody named by id is notified (https://docs.slack.dev/reference/block-kit/block-elements/usergroup-element)."""
    if _USER_ID.fullmatch(reference):
        return {"type": "user", "user_id": shown(reference)}
    if _GROUP_ID.fullmatch(reference):
        return {"type": "usergroup", "usergroup_id": shown(reference)}
    return part(shown(reference), "bold")


def _date(at: datetime) -> Block:
    return {"type": "date", "timestamp": int(at.timestamp()), "format": _DATE, "fallback": f"{at:%Y-%m-%d %H:%M} UTC"}


def _within(text: Text, room: int) -> Text:
    kept: list[Span] = []
    missing = 0
    for span in text:
        if not isinstance(span, Words | Quote):
            kept.append(span)
            continue
        shown, more = beginning(inert(span.text), max(room, 0))
        room -= len(shown)
        missing += more
        kept += [span.model_copy(update={"text": shown})] if shown or not more else []
    return (*kept, Words(text=more_characters(missing) + " are not shown here.", style="dim")) if missing else tuple(kept)
