"""The whole of a card as titled texts, to be read page by page: every character is there, in the order of the card."""

from collections.abc import Iterator
from typing import Literal

from bot.cards.card import Card
from bot.cards.inert import inert
from bot.cards.text import plain
from storage.records import Record

Zone = Literal["action", "claims", "context"]

CHUNK = 2_500  # characters of one piece


class Passage(Record):
    """A titled piece of the whole, its text inert. `zone` as on the card: what happens, what others say, who and when."""

    zone: Zone
    title: str
    text: str


def passages(card: Card) -> Iterator[Passage]:
    """All of a card in pieces of at most `CHUNK` characters, which say how many there are of one text."""
    for zone, title, text in _texts(card):
        chunks = list(_chunks(inert(text)))
        for number, chunk in enumerate(chunks, start=1):
            piece = f" ({number} of {len(chunks)})" if len(chunks) > 1 else ""
            yield Passage(zone=zone, title=f"{title}{piece}", text=chunk)


def _texts(card: Card) -> Iterator[tuple[Zone, str, str]]:
    yield "action", "For", card.target
    for field in card.fields:
        yield "action", field.label, field.value
    for change in card.changes:
        yield "action", f"{change.label}, before the edit", change.before
    if card.remarks:
        yield "action", "About this", "\n".join(card.remarks)
    yield "claims", "Summary", card.summary
    for number, item in enumerate(card.evidence, start=1):
        yield "claims", f"Source {number}", item.title
        yield "claims", f"Source {number}, quote", item.quote
        if item.link:
            yield "claims", f"Source {number}, link", item.link
    yield from (("context", title, text) for title, text in _context(card))


def _context(card: Card) -> Iterator[tuple[str, str]]:
    yield "Asked by", card.requester.name
    if card.approvals:
        yield "Approved so far by", ", ".join(person.name for person in card.approvals)
    for title, remarks in (("Why people are asked", card.reasons), ("Remarks", card.labels)):
        if remarks:
            yield title, " ".join(remarks)
    if card.lines:
        yield "What happened", "\n".join(plain(line).strip() for line in card.lines)
    yield "Request", f"{card.request_id}, revision {card.revision}"


def _chunks(text: str) -> Iterator[str]:
    """All of `text` in pieces of at most `CHUNK` characters, broken at the end of a line where one is near."""
    while len(text) > CHUNK:
        line_end = text.rfind("\n", CHUNK // 2, CHUNK) + 1
        yield text[: line_end or CHUNK]
        text = text[line_end or CHUNK :]
    yield text
