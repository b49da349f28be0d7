"""What stands on surfaces, and where they can speak."""

from datetime import datetime
from enum import StrEnum
from typing import Literal

from storage.records.base import JsonObject, Record
from storage.records.people import Place


class MessageStatus(StrEnum):
    """`posting` is recorded before the platform is called, so an ambiguous failure leaves a trace; `waiting`, once the
    platform certainly did not take it."""

    waiting = "waiting"
    posting = "posting"
    posted = "posted"
    gone = "gone"


class Message(Record):
    """One message that stands on a surface and is kept in step with the database.

    `purpose` is `card` (subject: a request) or `run` (subject: a run). It belongs to `home` and stands in `place`: another
    one where it was refused at home. `address` is the surface's own JSON that finds the message again. `shown` is a digest
    of what the message last showed.
    """

    id: str
    purpose: Literal["card", "run"]
    subject: str
    home: Place
    place: Place
    status: MessageStatus
    address: JsonObject | None = None
    shown: str | None = None
    created_at: datetime


class Conversation(Record):
    """A conversation that a surface can only speak in by what it was told there, as on Teams. `id` is the surface's own."""

    surface: str
    tenant: str
    id: str
    kind: Literal["personal", "group", "channel"]
    person: str | None = None  # key of the only other one in a personal conversation
    address: JsonObject  # what the surface needs to speak there
    seen_at: datetime
