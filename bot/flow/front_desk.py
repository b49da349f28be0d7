"""The desk as the flow keeps it: looks up who somebody is, then hands the intent to one transaction."""

import logging
import re
from collections.abc import Callable
from typing import Literal

from bot.cards import lines
from bot.cards.ask import AskForm, ChatMessage
from bot.cards.card import Card
from bot.cards.form import NOTES, Form, argument_fields, reject_fields
from bot.cards.text import words
from bot.flow import ask, decide
from bot.flow.commands import command
from bot.flow.converge import current_card
from bot.flow.desk import Answer, Asked, Click, Command
from bot.flow.lost import lose
from bot.flow.people import Rights, allowed, concerned, rights, ties_of
from bot.flow.signoff import Signoff
from bot.flow.surface import Standing, SurfaceBusy, SurfaceError
from policies.people import Refused
from storage.records import JsonObject, Person, Place, Request, RequestStatus
from storage.store import ClockMoved, NotFound, OutcomeUnknown, StorageError, StoreBusy, Transaction

log = logging.getLogger(__name__)

TRY_AGAIN = "Signoff cannot reach its database right now. Nothing was done; please try again in a moment."
WHO_ARE_YOU = "Signoff cannot look up who you are right now, so nothing was done. Please try again in a moment."
NO_SUCH = "Signoff does not know this request. Nothing was done."
PERHAPS = "Signoff lost its database at the last moment and cannot say whether this was done. Please look at the card."
MEMBERS_ONLY = "Only full members of this workspace can read all of this."
UNREADABLE = "Holds a character that is no text. Please type it anew."
BROKEN = "Something went wrong inside Signoff, and nothing was done. The log says more."

_ODD = re.compile("[\0\ud800-\udfff]")


class FrontDesk:
    """Implements `bot.flow.desk.Desk`."""

    def __init__(self, signoff: Signoff) -> None:
        self._signoff = signoff

    async def lost(self, place: Place) -> bool:
        try:
            await lose(self._signoff, place)
        except Exception as error:  # the tick that looks at channels sees to it later
            log.error("what waits in %s could not be given up", place.channel, exc_info=error)
            return False
        return True

    async def command(self, typed: Command) -> Answer:
        try:
            return await command(self._signoff, typed)
        except Exception as error:  # noqa: BLE001  # whatever went wrong, a person gets a sentence
            return _sorry(error)

    async def approve(self, click: Click) -> Answer:
        return await self._decide(click, lambda tx, sure, has: decide.approve(tx, self._signoff, sure, has))

    async def reject(self, click: Click, values: JsonObject) -> Answer:
        if refused := _no_text(values):
            return refused
        return await self._decide(click, lambda tx, sure, has: decide.reject(tx, self._signoff, sure, has, values))

    async def edit(self, click: Click, values: JsonObject) -> Answer:
        if refused := _no_text(values):
            return refused
        # What it is edited to may be riskier than what it was, so groups are looked up as for the highest risk.
        return await self._decide(click, lambda tx, sure, has: decide.edit(tx, self._signoff, sure, has, values), fresh=True)

    async def form(self, click: Click, purpose: Literal["edit", "reject"]) -> Form | Answer:
        try:
            request = await self._signoff.store.read(lambda tx: tx.request(click.request_id))
            has, sure = await rights(self._signoff, request, click)
            if why := await self._cannot_open(request, sure, has):
                return why
            if purpose == "edit" and await self._signoff.store.read(lambda tx: decide.fixed(tx, self._signoff, request)):
                return Answer(False, words(decide.FIXED))
            return _form(self._signoff, request, purpose)
        except Exception as error:  # noqa: BLE001
            return _sorry(error)

    async def card(self, click: Click, *, whole: bool = True) -> Card | Answer:
        try:
            if whole and await self._standing(click.person) != "member":
                return Answer(False, words(MEMBERS_ONLY))
            return await self._signoff.store.read(lambda tx: current_card(tx, self._signoff, click.request_id))
        except Exception as error:  # noqa: BLE001
            return _sorry(error)

    async def ask_form(self, message: ChatMessage, person: Person) -> AskForm | Answer:
        try:
            return await ask.ask_form(self._signoff, message, person)
        except Exception as error:  # noqa: BLE001
            return _sorry(error)

    async def ask(self, asked: Asked, values: JsonObject) -> Answer:
        try:
            return await ask.ask(self._signoff, asked, values)
        except Exception as error:  # noqa: BLE001
            return _sorry(error)

    async def _decide(
        self, click: Click, work: Callable[[Transaction, Click, Rights], Answer], *, fresh: bool = False
    ) -> Answer:
        try:
            request = await self._signoff.store.read(lambda tx: tx.request(click.request_id))
            has, sure = await rights(self._signoff, request, click, fresh=fresh)
            return await self._signoff.store.write(lambda tx: work(tx, sure, has))
        except Exception as error:  # noqa: BLE001
            return _sorry(error)

    async def _standing(self, person: Person) -> Standing:
        return (await self._signoff.surfaces[person.surface].person(person.key)).standing

    async def _cannot_open(self, request: Request, click: Click, has: Rights) -> Answer | None:
        if request.status is not RequestStatus.pending:
            decisions = await self._signoff.store.read(lambda tx: tx.decisions(request.id))
            return Answer(False, lines.standing(request, decisions))
        if request.revision != click.revision:
            return Answer(False, words("This was edited since. Look at the card again, then decide."))
        ties = await self._signoff.store.read(lambda tx: ties_of(tx, has.others, concerned(tx, request, click.person)))
        right = allowed(request, click, has, ties)
        return Answer(False, words(right.reason)) if isinstance(right, Refused) else None


def _no_text(values: JsonObject) -> Answer | None:
    """The answer to what no database keeps: NUL and halves of surrogate pairs."""
    odd = {name: UNREADABLE for name, value in values.items() if isinstance(value, str) and _ODD.search(value)}
    return Answer(False, words("Some of that cannot be kept, so nothing was done."), odd) if odd else None


def _form(signoff: Signoff, request: Request, purpose: Literal["edit", "reject"]) -> Form:
    edits, known = purpose == "edit", request.action in signoff.actions
    title = signoff.actions[request.action].title if known else request.action
    intro = (
        "What you send here is judged again and counts as your approval of exactly these values."
        if edits
        else "Rejecting ends this request. Nothing is done."
    )
    return Form(
        purpose=purpose,
        request_id=request.id,
        revision=request.revision,
        fingerprint=request.fingerprint,
        title=f"{'Edit' if edits else 'Reject'}: {title}",
        intro=intro,
        submit="Approve edited" if edits else "Reject",
        fields=(*argument_fields(signoff.actions[request.action], request.arguments), NOTES) if edits else reject_fields(),
    )


def _sorry(error: Exception) -> Answer:
    """A sentence for every error; what is unexpected goes to the log with its trace."""
    match error:
        case ClockMoved():
            return Answer(False, words(f"{error} Nothing was done."))
        case StoreBusy():
            return Answer(False, words(TRY_AGAIN))
        case SurfaceBusy() | SurfaceError() | KeyError():
            log.warning("a person could not be looked up: %s", error)
            return Answer(False, words(WHO_ARE_YOU))
        case NotFound():
            return Answer(False, words(NO_SUCH))
        case OutcomeUnknown():
            log.error("the outcome of an intent is unknown", exc_info=error)
            return Answer(False, words(PERHAPS))
        case StorageError():
            log.exception("storage refused an intent", exc_info=error)
            return Answer(False, words(TRY_AGAIN))
        case _:
            log.error("an intent could not be carried out", exc_info=error)
            return Answer(False, words(BROKEN))
