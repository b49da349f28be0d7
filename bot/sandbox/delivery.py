"""How what people do reaches the app: the port, and what comes back."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

# How many parcels are remembered.
JOURNAL = 10_000

Kind = Literal["slash_commands", "interactive", "events_api"]


@dataclass(frozen=True)
class Retry:
    """The how-manieth redelivery of an event this is, and Slack's word for why."""

    number: int
    reason: str


@dataclass(frozen=True)
class Parcel:
    """Something for the app. Only events are redelivered by Slack itself."""

    kind: Kind
    payload: Mapping[str, Any]
    retry: Retry | None = None


@dataclass(frozen=True)
class Answer:
    """What became of a parcel: `acked` within three seconds with an optional `body`, or why not.

    `refused` is an answer other than 200, `absent` an app that is not there.
    """

    fate: Literal["acked", "timeout", "refused", "absent"]
    body: Mapping[str, Any] | None = None

    @property
    def acked(self) -> bool:
        """Whether the app acknowledged in time."""
        return self.fate == "acked"


class Delivery(Protocol):
    """A way to the app: Socket Mode or signed HTTP requests."""

    @property
    def connected(self) -> bool:
        """Whether there is an app to deliver to."""
        ...

    async def deliver(self, parcel: Parcel) -> Answer:
        """Send a parcel and wait up to three seconds for its acknowledgement."""
        ...

    async def redeliver_last(self, times: int) -> list[Answer]:
        """Send the very same bytes as last time again, `times` times, one after the other."""
        ...


class Line:
    """The way in use, which can be switched, and what went over it (`sent`, oldest first)."""

    def __init__(self, via: Delivery) -> None:
        self.via = via
        self.sent: list[tuple[Parcel, Answer]] = []
        self._gates: list[asyncio.Barrier] = []

    @property
    def connected(self) -> bool:
        """Whether there is an app to deliver to."""
        return self.via.connected

    async def deliver(self, parcel: Parcel) -> Answer:
        """Deliver over the way in use."""
        if self._gates:
            await self._gates.pop().wait()
        answer = await self.via.deliver(parcel)
        self.sent.append((parcel, answer))
        del self.sent[:-JOURNAL]
        return answer

    def hold_next(self, parcels: int) -> None:
        """Let the next `parcels` wait for one another before any of them leaves."""
        self._gates = [asyncio.Barrier(parcels)] * parcels

    async def redeliver_last(self, times: int) -> list[Answer]:
        """Redeliver over the way in use."""
        return await self.via.redeliver_last(times)


def read_body(text: str) -> Mapping[str, Any] | None:
    """The body of an acknowledgement: JSON, or plain text for a person."""
    if not text.strip():
        return None
    try:
        body = json.loads(text)
    except ValueError:
        return {"text": text}
    return body if isinstance(body, dict) else {"text": text}
