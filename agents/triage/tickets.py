"""Tickets by their numbers: a folder with a file for each, `INC-42.eml` or `INC-42.txt`.

It stands for whatever keeps a company's tickets. An agent of your own can take anything else with the same `read`.
"""

import asyncio
import re
from pathlib import Path

from agents.mail import LIMIT, TicketRejected, ticket_input

SAMPLES = Path(__file__).parent / "samples"

_NUMBER = re.compile(r"[A-Z]{2,10}-\d{1,9}")


class Tickets:
    """The tickets in `folder`; without one, the samples that ship. Raises TicketRejected where it is no folder."""

    def __init__(self, folder: Path = SAMPLES) -> None:
        if not folder.is_dir():
            raise TicketRejected(f"{folder} is no folder. Name one with tickets in it: INC-42.eml, INC-42.txt.")
        self._folder = folder

    async def read(self, input: str) -> str:
        """The ticket of that number as text; anything that is no ticket's number is the ticket itself.

        Raises TicketRejected where there is no such ticket, or it cannot be read.
        """
        number = input.strip().upper()
        return await asyncio.to_thread(self._of, number) if _NUMBER.fullmatch(number) else input

    def _of(self, number: str) -> str:
        for path in (self._folder / f"{number}.eml", self._folder / f"{number}.txt"):
            try:
                with path.open("rb") as file:
                    return ticket_input(file.read(LIMIT))
            except FileNotFoundError:
                continue
            except OSError as error:
                raise TicketRejected(f"The ticket {number} could not be read: {error.strerror}.") from error
        raise TicketRejected(f"There is no ticket {number}. Give another number, or the ticket's text.")
