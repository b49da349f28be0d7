"""Text that is inert by construction, and neutral texts as Adaptive Cards.

Whatever others wrote goes only into `TextRun`s of a `RichTextBlock`, which know no Markdown, no links and no mentions
(https://learn.microsoft.com/adaptive-cards/authoring-cards/text-features). A `TextBlock` knows all of them, and so does a
`FactSet`; the few of ours hold a date in the reader's own time zone, or a mention, and never a word of anybody else.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain, count
from typing import Any, Final

from bot.cards.fold import more_characters
from bot.cards.inert import beginning, inert, inert_line
from bot.cards.text import Called, Page, Quote, Span, Text, When, Who, Words, plain
from bot.teams import limits
from policies.reviewers import shown

Block = dict[str, Any]

SAID: Final = 6_000  # characters of one answer or reply
SPOKEN: Final = 400  # characters of a notification
SCHEMA: Final = "http://adaptivecards.io/schemas/adaptive-card.json"
SMALL: Final = {"size": "Small", "isSubtle": True}

_STYLES: Final[Mapping[str, Block]] = {
    "bold": {"weight": "Bolder"},
    "dim": {"isSubtle": True},
    "code": {"fontType": "Monospace"},
    "italic": {"italic": True},
    "strike": {"strikethrough": True},
    "small": SMALL,
    "alarm": {"color": "Attention", "weight": "Bolder"},
}
_FUNCTION: Final = re.compile(r"(?<=\{)(?=\{(?:DATE|TIME)\()", re.IGNORECASE)
_SPACES: Final = re.compile(r"(?<![^\n]) |(?<= ) |\t")
_TAB: Final = "\u00a0" * 4
_OBJECT: Final = re.compile(r"teams:(?:[0-9a-fA-F-]{36}:)?([0-9a-fA-F-]{36})")
_NAME = re.compile(r"[^\W\d_]+(?:[ '-][^\W\d_]+){0,5}")  # a name that no Markdown is in


@dataclass(frozen=True)
class Dialog:
    """A card to show in a dialog, or in place of another one where there are none. `title` is ours."""

    title: str
    card: Block


def adaptive(body: Sequence[Block], actions: Sequence[Block] = (), *, told: str) -> Block:
    """A whole card. `told` is what is read out, and shown where Adaptive Cards are too old: our words only."""
    card: Block = {
        "$schema": SCHEMA, "type": "AdaptiveCard", "version": limits.CARD_VERSION, "fallbackText": told, "speak": told,
        "msteams": {"width": "Full"}, "body": list(body),
    }  # fmt: skip
    return card | {"actions": list(actions)} if actions else card


def attachment(card: Block) -> Block:
    """A card as an attachment of a message or a dialog."""
    return {"contentType": limits.CARD_TYPE, "content": card}


def size(value: Any) -> int:
    """Bytes of compact JSON in UTF-16, as `limits.CARD` counts."""
    return len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-16-le", "surrogatepass"))


def runs(text: str, *styles: str) -> list[Block]:
    """A piece of text, inert, as TextRuns. `styles`: bold, dim, code, italic, strike, small, alarm.

    White space that a renderer would swallow is kept as no-break spaces. What looks like a date function is split, because
    the official renderer computes those in TextRuns too.
    """
    kept = _SPACES.sub(lambda found: _TAB if found.group() == "\t" else "\u00a0", inert(text)) or "(empty)"
    style = {key: value for name in styles for key, value in _STYLES.get(name, {}).items()}
    return [{"type": "TextRun", "text": piece} | style for piece in _FUNCTION.split(kept)]


def rich(*pieces: Sequence[Block], **layout: Any) -> Block:
    """A paragraph of TextRuns."""
    return {"type": "RichTextBlock", "inlines": [run for piece in pieces for run in piece]} | layout


def box(items: Sequence[Block], **layout: Any) -> Block:
    """Things that belong together."""
    return {"type": "Container", "items": list(items)} | layout


def quoted(*pieces: Sequence[Block]) -> Block:
    """A paragraph set off, in the words of others."""
    return box([rich(*pieces)], style="emphasis", spacing="Small")


def claimed(*pieces: Sequence[Block]) -> Block:
    """The same within a zone that is set off as a whole."""
    return box([rich(*pieces)], style="default", spacing="Small")


def moment(at: datetime, lead: str = "") -> Block:
    """A moment in the reader's own time zone, with at most a word of ours before it: the one text that Teams computes
    (https://learn.microsoft.com/adaptive-cards/authoring-cards/text-features#datetime-formatting-and-localization)."""
    instant = f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    text = f"{lead}{{{{DATE({instant}, SHORT)}}}} at {{{{TIME({instant})}}}}"
    return {"type": "TextBlock", "text": text, "wrap": True, "spacing": "None"} | SMALL


def paragraphs(text: Text, people: "Mentions | None" = None) -> list[Block]:
    """The elements of a neutral text: running text, and as paragraphs of their own each block quote, each moment that
    stands at the end of its line, and the people to be notified, if `people` is there to collect them."""
    elements: list[Block] = []
    running: list[Block] = []
    for span in text:
        apart, lead = _apart(span, running, people)
        if apart is None:
            running += _pieces(span) if running or not elements else _begun(_pieces(span))
            continue
        elements += _flushed(_without(running, lead))
        elements.append(apart)
        running = []
    return elements + _flushed(running)


def _begun(pieces: list[Block]) -> list[Block]:
    """What follows a paragraph of its own begins at the margin."""
    return [piece | {"text": piece["text"].lstrip(" \u00a0")} for piece in pieces[:1]] + pieces[1:]


def say(text: Text) -> Block:
    """An answer or a reply as a card. What is too long for a message ends with how much is missing."""
    people = Mentions(plain(text))
    body = paragraphs(_within(text, SAID), people) or [rich(runs(""))]
    card = adaptive(body, told="Signoff answered. Open Teams to read it.")
    return card | {"msteams": {"width": "Full", "entities": people.entities}} if people.entities else card


def spoken(text: Text) -> str:
    """The summary of a message for notifications, which show it as plain text."""
    return notification(plain(text))


def notification(text: str) -> str:
    """One line without what HTML is made of."""
    line, more = beginning(inert_line(text).replace("<", "‹").replace(">", "›"), SPOKEN)
    return f"{line}…" if more else line


class Mentions:
    """People to be notified: `<at>` in a TextBlock, with an entity that says who it is
    (https://learn.microsoft.com/microsoftteams/platform/task-modules-and-cards/cards/cards-format#mention-support-within-adaptive-cards).

    The tags hold the name, where that is letters and nothing that a TextBlock could read as markup, else a number; and
    nothing that occurs in a tag of `written`, so that nothing that others wrote stands for anybody.
    """

    def __init__(self, written: str) -> None:
        self.entities: list[Block] = []
        self._written, self._numbers = written, map(str, count(1))

    def block(self, user: str, name: str) -> Block:
        """The paragraph that notifies one person; `user` is their Entra object id or their id on Teams."""
        names = chain([name] if _NAME.fullmatch(name) else [], self._numbers)
        tag = next(tag for each in names if self._free(tag := f"<at>{each}</at>"))
        mentioned = {"id": user, "name": inert_line(name)[:SPOKEN] or user}
        self.entities.append({"type": "mention", "text": tag, "mentioned": mentioned})
        return {"type": "TextBlock", "text": tag, "wrap": True, "spacing": "None"}

    def _free(self, tag: str) -> bool:
        return tag not in self._written and all(entity["text"] != tag for entity in self.entities)


def _apart(span: Span, running: Sequence[Block], people: Mentions | None) -> tuple[Block | None, str]:
    """The paragraph that a span is by itself, if it is one, and what it takes from the running text before it."""
    match span:
        case Quote(block=True):
            return quoted(runs(span.text)), ""
        case When():
            lead = _lead(running)
            return (
                (None, "") if lead is None else (moment(span.at, lead.strip().capitalize() + " " * bool(lead.strip())), lead)
            )
        case Who() if people and span.ping and span.person.surface == "teams":
            return people.block(span.person.user, span.person.name), ""
        case Called() if people and (user := _OBJECT.fullmatch(span.reference)):
            return people.block(user[1], shown(span.reference)), ""
        case _:
            return None, ""


def _lead(running: Sequence[Block]) -> str | None:
    """What stands between the last separator and a moment: at most a word of ours; None if the moment is in a sentence."""
    if not running:
        return ""
    before, separator, lead = running[-1]["text"].rpartition("·")
    return lead if separator and re.fullmatch(r"[a-z \u00a0]{0,12}", lead) and (before or len(running) > 1) else None


def _without(running: list[Block], lead: str) -> list[Block]:
    """The running text without what a moment took from its end."""
    if not running or not running[-1]["text"].endswith(f"·{lead}"):
        return running
    text = running[-1]["text"].removesuffix(f"·{lead}").rstrip(" \u00a0")
    return [*running[:-1], *([running[-1] | {"text": text}] if text else [])]


def _flushed(running: Sequence[Block]) -> list[Block]:
    """The lines of running text, each a paragraph."""
    return [rich(line, spacing="Small") for line in _lines(running) if any(run["text"].strip() for run in line)]


def _lines(running: Sequence[Block]) -> Iterator[list[Block]]:
    line: list[Block] = []
    for run in running:
        text = run["text"].removesuffix("\n")
        line += [run | {"text": text}] if text else []
        if run["text"].endswith("\n"):
            yield line
            line = []
    yield line


def _pieces(span: Span) -> list[Block]:
    match span:
        case Words():
            return runs(span.text, span.style) if span.text else []
        case Quote():
            return runs(span.text)
        case Who():
            return runs(span.person.name, "bold")
        case Called():
            return runs(shown(span.reference), "bold")
        case When():
            return runs(f"{span.at:%Y-%m-%d %H:%M} UTC")
        case Page():
            opens: Block = {"type": "Action.OpenUrl", "url": span.url}
            return [run | {"selectAction": opens, "underline": True} for run in runs(span.text)]


def _within(text: Text, room: int) -> Text:
    kept: list[Span] = []
    missing = 0
    for span in text:
        if not isinstance(span, Words | Quote):
            kept.append(span)
            continue
        told, more = beginning(inert(span.text), max(room, 0))
        room -= len(told)
        missing += more
        kept += [span.model_copy(update={"text": told})] if told or not more else []
    return (*kept, Words(text=more_characters(missing) + " are not shown here.", style="dim")) if missing else tuple(kept)
