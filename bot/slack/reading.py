"""What Slack asks of the flow beyond the desk that every surface has: the card of a request, to show the whole of it."""

from typing import Protocol

from bot.cards.card import Card
from bot.flow.desk import Answer, Click, Desk


class ReadingDesk(Desk, Protocol):
    """A desk that also lets people read."""

    async def card(self, click: Click) -> Card | Answer:
        """The card of the request as it stands now, or why it may not be read."""
