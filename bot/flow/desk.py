"""The desk: what surfaces bring to the flow, as neutral intents, and what they get back.

A surface turns a platform's payload into one of these values, waits for the answer, which comes after the commit, and only
then acknowledges. It never decides anything itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from bot.cards.ask import AskForm, ChatMessage
from bot.cards.card import Card
from bot.cards.form import Form
from bot.cards.text import Text
from storage.records import JsonObject, Person, Place


@dataclass(frozen=True)
class Command:
    """`/signoff <line>` typed by a person at a place. `delivery` is the same for each redelivery of the same payload; `zone`
    is the person's time zone, an IANA name, once they were looked up."""

    line: str
    person: Person
    place: Place
    delivery: str
    zone: str = "UTC"


@dataclass(frozen=True)
class Click:
    """A person's press on a card or a form of one revision. `fingerprint` is what the button carried."""

    request_id: str
    revision: int
    fingerprint: str
    person: Person
    delivery: str
    whole: bool = True  # False if the surface did not show the person everything that there is to read


@dataclass(frozen=True)
class Asked:
    """A person hands a message of a chat to an agent."""

    message: ChatMessage
    person: Person
    delivery: str


@dataclass(frozen=True)
class Answer:
    """What to tell the person who acted, and nobody else. `errors` belong to fields of the form that was submitted."""

    ok: bool
    text: Text
    errors: Mapping[str, str] = field(default_factory=dict)


class Desk(Protocol):
    """Everything that a surface may ask of the flow. No method raises for anything that a person can cause; a database that
    cannot be reached becomes an answer that says so and that nothing was done."""

    async def lost(self, place: Place) -> bool:
        """That channel was archived or deleted, or the bot was removed: what waits there goes to the fallback channel. False
        if that could not be seen to now."""

    async def command(self, command: Command) -> Answer:
        """Run, list, show, cancel, delegate, policy, help: the whole slash command. An empty or unknown one is answered
        with what exists."""

    async def approve(self, click: Click) -> Answer:
        """Approve that revision."""

    async def form(self, click: Click, purpose: Literal["edit", "reject"]) -> Form | Answer:
        """The dialog to open, or why it may not be opened."""

    async def card(self, click: Click, *, whole: bool = True) -> Card | Answer:
        """The card of the request as it stands now, or why there is none. The `whole` of it, more than its channel shows to
        everybody there, is for full members only."""

    async def reject(self, click: Click, values: JsonObject) -> Answer:
        """Reject with the values of the reject form (`reason`, `notes`)."""

    async def edit(self, click: Click, values: JsonObject) -> Answer:
        """Edit with the values of the edit form (the arguments, `notes`)."""

    async def ask_form(self, message: ChatMessage, person: Person) -> AskForm | Answer:
        """The dialog in which that person hands the message to an agent, or why there is none."""

    async def ask(self, asked: Asked, values: JsonObject) -> Answer:
        """Have an agent work on the message, with the values of that dialog (`agent`, `note`)."""
