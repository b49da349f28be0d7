"""Showing the beginning of what does not fit, and never in silence, in Slack's rich text."""

from bot.cards import fold
from bot.slack.render_text import Block, part, section


class Fold:
    """`bot.cards.fold.Fold` with what it says as pieces and paragraphs."""

    def __init__(self, share: float) -> None:
        self._fold = fold.Fold(share)

    @property
    def missing(self) -> bool:
        """Whether anything is not shown."""
        return self._fold.missing

    def __call__(self, text: str, usual: int) -> tuple[str, list[Block]]:
        """What is shown of `text`, and the words that say how much is not."""
        shown, more = self._fold.text(text, usual)
        return shown, [part(more, "italic")] if more else []

    def some(self, count: int, usual: int, noun: str) -> tuple[int, list[Block]]:
        """How many of `count` things are shown, and a paragraph that says how many are not."""
        shown, more = self._fold.some(count, usual, noun)
        return shown, [section(part(more, "italic"))] if more else []
