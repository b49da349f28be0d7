"""The Surface port: a place where people meet requests, in verbs of approval and not of any platform."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, Protocol

from bot.cards.card import View
from bot.cards.text import Text
from storage.records import JsonObject, Person, Place


class SurfaceError(Exception):
    """The platform refused for good; the message says why and what to do."""


class SurfaceBusy(Exception):
    """The platform asked to wait, or could not be reached; the same call may go through after `delay`. `untaken`: certainly
    nothing came of this one."""

    def __init__(self, delay: timedelta, reason: str, *, untaken: bool = False) -> None:
        super().__init__(reason)
        self.delay, self.untaken = delay, untaken


class MessageGone(SurfaceError):
    """The message to be updated was deleted, or its channel cannot be reached any more."""


class ChannelGone(SurfaceError):
    """Nothing can be said in that channel any more: it was archived or deleted, or the bot was removed from it."""


Standing = Literal["member", "guest", "deactivated", "stranger"]


@dataclass(frozen=True)
class Posted:
    """Where a message stands: the surface's own address to update it, and the thread in which to reply to it."""

    address: JsonObject
    thread: Place


@dataclass(frozen=True)
class Known:
    """Somebody as the directory knows them now."""

    person: Person
    standing: Standing
    zone: str = "UTC"  # their time zone, an IANA name


class Surface(Protocol):
    """One chat platform. Every method raises SurfaceError or SurfaceBusy, and nothing else."""

    name: str

    async def tenant(self) -> str:
        """The workspace or tenant that it is connected to."""

    async def post(self, place: Place, view: View) -> Posted:
        """Post a card or a notice. With `place.thread` it goes into that thread, and a card is shown in the channel too."""

    async def posted(self, place: Place, view: View, since: datetime) -> Posted | None:
        """Where a message about the same subject stands in that place already, if it was posted after `since`. None if there
        is none, or if the platform does not let us look."""

    async def update(self, address: JsonObject, view: View) -> None:
        """Replace what a message shows. Raises MessageGone."""

    async def reply(self, place: Place, text: Text) -> None:
        """Say something in `place.thread`, or in the channel if there is none. Raises ChannelGone."""

    async def tell(self, person: Person, place: Place | None, text: Text) -> None:
        """Say something that only `person` sees: there if possible, else in a direct message."""

    async def reaches(self, place: Place) -> bool:
        """Whether messages can be posted in that channel now."""

    async def person(self, key: str) -> Known:
        """Look somebody up in the directory, now."""

    async def members(self, group: str, *, fresh: bool = False) -> frozenset[str]:
        """Keys of the people in a group that a policy names (`slack:S…`, `slack:@handle`); empty if there is none.

        Remembered for at most 60 s; asked for anew if `fresh`."""

    async def find(self, written: str) -> frozenset[str]:
        """Keys of the accounts that somebody may mean by `@name`, a mention or an e-mail address, as it arrives here."""
