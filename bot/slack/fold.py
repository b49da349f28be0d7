"""Showing the beginning of what does not fit, and never in silence."""

from bot.cards.inert import beginning, inert
from bot.slack.render_text import Block, more_characters, part, section


class Fold:
    """Shows the beginning of long texts, in one share of the usual lengths, and remembers whether anything is missing."""

    def __init__(self, share: float) -> None:
        self._share = share
        self.missing = False

    def room(self, usual: int) -> int:
        """The share of a usual length or number."""
        return int(usual * self._share)

    def __call__(self, text: str, usual: int) -> tuple[str, list[Block]]:
        """What is shown of `text`, and the words that say how much is not."""
        shown, more = beginning(inert(text), self.room(usual))
        if not more:
            return shown, []
        self.missing = True
        return shown or "…", [part(f"{more_characters(more)}, open to read all", "italic")]

    def some(self, count: int, usual: int, noun: str) -> tuple[int, list[Block]]:
        """How many of `count` things are shown, and a paragraph that says how many are not."""
        shown = min(count, self.room(usual))
        if shown == count:
            return count, []
        self.missing = True
        return shown, [section(part(f"… {count - shown} more {noun}, open to read all", "italic"))]
