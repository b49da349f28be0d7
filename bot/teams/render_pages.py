"""The whole of a card in a dialog, page by page, when it does not fit on the card.

Every character is there, in the order of the card. Only the last page carries Approve, sealed for the person to whom it was
served, and only the page before carries what turns to it: nobody approves what they have not had before them. Pages are
turned with buttons on the other side: a second press in the same spot must not approve.
"""

from collections.abc import Iterator
from typing import Final

from bot.cards.card import Card
from bot.cards.pages import Zone, passages
from bot.flow.binding import Stamp
from bot.teams import limits
from bot.teams.actions import POSITIVE, back, data_of, execute, submit
from bot.teams.render_card import headed, said_by, told
from bot.teams.render_text import Block, Dialog, adaptive, box, quoted, rich, runs, size

PAGE: Final = limits.CARD - 6 * 1024  # of one page without its buttons, unless a single passage is longer


def first_page(card: Card, stamp: Stamp, *, dialog: bool = True) -> Dialog:
    """Where reading begins."""
    return page_dialog(card, 1, stamp, dialog=dialog)


def page_dialog(card: Card, number: int, stamp: Stamp, *, dialog: bool = True) -> Dialog:
    """Page `number` (from 1; clamped) of a card, for its reader alone; without `dialog`, in place of the card."""
    pages = list(_pages(card))
    number = min(max(number, 1), len(pages))
    title = f"Page {number} of {len(pages)}"
    place = [] if dialog else [rich(runs(title, "small"), horizontalAlignment="Right")]
    body = [*place, *pages[number - 1], *_turning(number, len(pages), card, stamp, dialog)]
    actions = list(_ending(card, stamp, dialog, last=number == len(pages)))
    return Dialog(title, adaptive(body, actions, told=f"{title}. {told(card)}"))


def _ending(card: Card, stamp: Stamp, dialog: bool, *, last: bool) -> Iterator[Block]:
    if last and "approve" in card.buttons:
        data = data_of("approve_read", stamp.value(card, "approve_read"))
        yield (submit if dialog else execute)("Approve", data, **POSITIVE)
    if not dialog:
        yield back(card, stamp)


def _turning(number: int, total: int, card: Card, stamp: Stamp, dialog: bool) -> Iterator[Block]:
    """Where one is, and the buttons to turn the page."""
    press = submit if dialog else execute
    buttons = []
    if number > 1:
        buttons.append(press("Previous page", data_of("turn", stamp.value(card, "turn", number - 1))))
    if number < total:
        buttons.append(press("Next page", data_of("turn", stamp.value(card, "turn", number + 1))))
    if "approve" in card.buttons:
        where = "This was all of it." if number == total else "Approve is on the last page."
        yield rich(runs(where, "small"), separator=True)
    if buttons:
        yield _at_the_right({"type": "ActionSet", "actions": buttons})


def _at_the_right(block: Block) -> Block:
    room = {"type": "Column", "width": "stretch", "items": []}
    return {
        "type": "ColumnSet",
        "spacing": "Small",
        "columns": [room, {"type": "Column", "width": "auto", "items": [block]}],
    }


def _pages(card: Card) -> Iterator[list[Block]]:
    page: list[Block] = []
    for block in (headed(card), *_everything(card)):
        if page and size([*page, block]) > PAGE:
            yield page
            page = []
        page.append(block)
    yield page


def _everything(card: Card) -> Iterator[Block]:
    zone: Zone = "action"
    for passage in passages(card):
        entering, zone = passage.zone != zone, passage.zone
        head = [said_by(card)] if entering and zone == "claims" else []
        titled = rich(runs(passage.title, "bold"), spacing="Small")
        yield box([*head, titled, quoted(runs(passage.text))], separator=entering)
