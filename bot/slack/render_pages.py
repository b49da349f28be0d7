"""The whole of a card in a dialog, page by page, when it does not fit on the card.

Every character is there, in the order of the card. Only the last page carries Approve, sealed for the person to whom it was
served, and only the page before carries what turns to it: nobody approves what they have not had before them. Pages are
turned with buttons inside the dialog and never with its submit button: a second press in the same spot must not approve.
"""

from collections.abc import Iterator

from bot.cards.card import Card
from bot.cards.pages import Zone, passages
from bot.flow.binding import Stamp
from bot.slack import limits, names
from bot.slack.render_card import headed, json_length
from bot.slack.render_text import Block, part, plain_text, preformatted, rich, section

PAGE_JSON = 12_000  # characters of JSON of one page, unless a single block is longer
PAGE_BLOCKS = limits.VIEW_BLOCKS - 10


def first_page(card: Card, stamp: Stamp) -> Block:
    """Where reading begins."""
    return page_view(card, 1, stamp)


def page_view(card: Card, number: int, stamp: Stamp) -> Block:
    """Page `number` (from 1; clamped) of a card as a modal view, for its reader alone."""
    pages = list(_pages(card))
    number = min(max(number, 1), len(pages))
    view: Block = {
        "type": "modal",
        "callback_id": names.REVIEW,
        "title": plain_text(f"Page {number} of {len(pages)}", limits.VIEW_TITLE),
        "close": plain_text("Close", limits.VIEW_CLOSE),
        "blocks": [*pages[number - 1], *_turning(number, len(pages), card, stamp)],
    }
    if number == len(pages) and "approve" in card.buttons:
        view["submit"] = plain_text("Approve", limits.VIEW_SUBMIT)
        view["private_metadata"] = stamp.value(card, "approve_read")
    return view


def _turning(number: int, total: int, card: Card, stamp: Stamp) -> Iterator[Block]:
    """Where one is, and the buttons to turn the page."""
    buttons = []
    if number > 1:
        buttons.append(_turn(names.PREVIOUS, "Previous page", stamp.value(card, "turn", number - 1)))
    if number < total:
        buttons.append(_turn(names.NEXT, "Next page", stamp.value(card, "turn", number + 1)) | {"style": "primary"})
    if "approve" in card.buttons:
        where = "This was all of it." if number == total else "Approve is on the last page."
        yield {"type": "context", "elements": [plain_text(where, limits.SECTION_TEXT)]}
    if buttons:
        yield {"type": "actions", "elements": buttons}


def _turn(action: str, label: str, value: str) -> Block:
    return {
        "type": "button",
        "action_id": action,
        "text": plain_text(label, limits.BUTTON_TEXT),
        "value": value,
        "accessibility_label": label,
    }


def _pages(card: Card) -> Iterator[list[Block]]:
    page: list[Block] = []
    for block in (*headed(card), *_everything(card)):
        full = len(page) >= PAGE_BLOCKS or json_length([*page, block]) > PAGE_JSON
        if page and full:
            yield page
            page = []
        page.append(block)
    yield page


def _everything(card: Card) -> Iterator[Block]:
    zone: Zone = "action"
    for passage in passages(card):
        if passage.zone != zone:
            zone = passage.zone
            yield from _entering(zone, card)
        yield rich(section(part(passage.title, "bold")), preformatted(passage.text))


def _entering(zone: Zone, card: Card) -> Iterator[Block]:
    yield {"type": "divider"}
    if zone == "claims":
        yield rich(section(part(f"What {card.agent} says · not verified", "bold")))
