"""How much of a card is shown where space is short: the beginning of what is long, never in silence.

A surface shows a card in one share of the usual lengths; where that does not fit its limits, in a smaller one. Whether
anything is missing decides whether the card may be approved as it stands. What is missing is read page by page
(`bot.cards.pages`).
"""

from typing import Final

from bot.cards.card import Card
from bot.cards.inert import beginning, inert

# Characters shown on the card; a person reads about 1,200 in a minute.
VALUE: Final = 1_200
VALUE_LINES: Final = 30
GLIMPSE: Final = 400  # of a value that is longer than that and has to be opened anyway
GLIMPSE_LINES: Final = 8
QUOTE: Final = 320
SUMMARY: Final = 600
TARGET: Final = 160
TITLE: Final = 100
NAME: Final = 48
NAMES: Final = 3  # people named at most; their number is always told
REMARK: Final = 300
REMARKS: Final = 5
FIELDS: Final = 30  # arguments shown at most
LINES: Final = 12  # story lines shown at most

# How much of that is used, tried in turn until the card fits. The last shows no text of others at all.
SHARES: Final = (1.0, 0.5, 0.25, 0.1, 0.03, 0.0)


class Fold:
    """Shows the beginning of long texts, in one share of the usual lengths, and remembers whether anything is missing."""

    def __init__(self, share: float) -> None:
        self._share = share
        self.missing = False

    def text(self, text: str, usual: int) -> tuple[str, str]:
        """What is shown of `text`, made inert, and the words that say how much is not; none where all of it is."""
        shown, more = beginning(inert(text), int(usual * self._share))
        if not more:
            return shown, ""
        self.missing = True
        return shown or "…", f"{more_characters(more)}, open to read all"

    def some(self, count: int, usual: int, noun: str) -> tuple[int, str]:
        """How many of `count` things are shown, and the words that say how many are not."""
        shown = min(count, int(usual * self._share))
        if shown == count:
            return count, ""
        self.missing = True
        return shown, f"… {count - shown} more {noun}, open to read all"


def more_characters(count: int) -> str:
    """How much is not shown, in words."""
    return f" … {count:,} more character{'s' if count != 1 else ''}"


def worth_showing(value: str) -> int:
    """How many characters of a value: all that can be read at a glance, else only a glimpse."""
    if len(value) <= VALUE and value.count("\n") < VALUE_LINES:
        return VALUE
    return min(GLIMPSE, len("\n".join(value.split("\n", GLIMPSE_LINES)[:GLIMPSE_LINES])))


def short(text: str, limit: int) -> str:
    """A name or label with an ellipsis where it is longer than `limit`."""
    shown, more = beginning(inert(text), limit)
    return f"{shown}…" if more else shown


def quorum(card: Card) -> str:
    """How many people are needed, and who approved so far."""
    people = "1 person" if card.quorum == 1 else f"{card.quorum} people"
    so_far = ", ".join(short(person.name, NAME) for person in card.approvals[:NAMES])
    return f"Needs {people}, {len(card.approvals)} so far" + (f" ({so_far})" if so_far else "")
