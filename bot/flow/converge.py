"""What stands in chat is brought in step with the database: each job looks at the rows and posts, updates or replies.

A message is recorded as `posting` before the platform is called. If the platform took it but the answer was lost, it is
posted again: two cards may exist then, both carry the request's id, and both lead to the same row. A message that is gone
comes back only while it asks people.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from bot.cards import lines
from bot.cards.build import card_of, notice_of
from bot.cards.card import Card, View
from bot.cards.text import Text
from bot.flow.execute import execution_of
from bot.flow.signoff import Signoff
from bot.flow.surface import MessageGone, Surface, SurfaceBusy, SurfaceError
from storage.dispatch import TryLater
from storage.records import Message, MessageStatus, Person, Place, Request, RequestStatus
from storage.store import Transaction

log = logging.getLogger(__name__)

NO_CHANNEL = "No channel is named for it. Name one in the policy or set SIGNOFF_CHANNEL."


@dataclass(frozen=True)
class _Showing:
    """A message as it stands, what it is to show from now on, and where it belongs."""

    message: Message
    view: View
    place: Place

    @property
    def asks(self) -> bool:
        """Whether it waits for people."""
        return isinstance(self.view, Card) and bool(self.view.buttons)

    @property
    def told(self) -> bool:
        """Whether there was no place for it, and who asked knows."""
        return self.message.status is MessageStatus.gone and self.message.shown == self.view.shown

    @property
    def done(self) -> bool:
        """Whether nothing is to be done."""
        if self.message.status is MessageStatus.gone:
            return not self.asks
        return self.message.shown == self.view.shown


async def show_run(signoff: Signoff, run_id: str) -> None:
    """The notice of a run, in the place where it was started."""
    run = await signoff.store.read(lambda tx: tx.run(run_id))
    if run.origin is None:
        return

    def view(tx: Transaction) -> View:
        return notice_of(signoff.actions, tx.run(run_id), tx.requests(run_id=run_id), tx.steps(run_id))

    await _show(signoff, "run", run_id, run.origin, view)


async def show_card(signoff: Signoff, run_id: str, request_id: str) -> None:
    """The card of a request: in the run's own thread if that is in the channel of the reviewers, else in their channel."""
    request = await signoff.store.read(lambda tx: tx.request(request_id))
    if request.place is None:
        await _nowhere(signoff, request)
        return
    thread = await signoff.store.read(lambda tx: thread_of(tx, run_id, request.place))

    await _show(signoff, "card", request_id, thread or request.place, lambda tx: current_card(tx, signoff, request_id))


def current_card(tx: Transaction, signoff: Signoff, request_id: str) -> Card:
    """The card of a request as it stands. Raises NotFound."""
    now = tx.request(request_id)
    return card_of(signoff.actions, now, tx.revisions(request_id), tx.decisions(request_id), execution_of(tx, now))


def thread_of(tx: Transaction, run_id: str, place: Place | None) -> Place | None:
    """The thread of the run's own message, if it stands in the channel of `place`."""
    run = tx.run(run_id)
    for message in tx.messages(run_id):
        same = place is not None and run.origin is not None and run.origin.channel == place.channel
        if message.status is MessageStatus.posted and same:
            return message.place
    return None


async def _show(
    signoff: Signoff, purpose: Literal["card", "run"], subject: str, place: Place, view: Callable[[Transaction], View]
) -> None:
    surface = signoff.surfaces.get(place.surface)
    if surface is None:
        return
    showing, now = await signoff.store.write(
        lambda tx: (_Showing(_message(tx, signoff, purpose, subject, place), view(tx), place), tx.now())
    )
    if showing.done:
        return
    if wait := signoff.turns.wait(place, now):
        raise TryLater(wait, "others wait for that channel")
    try:
        await _converge(signoff, surface, showing)
    except SurfaceBusy as busy:
        raise TryLater(signoff.turns.refused(place, now, busy.delay), str(busy)) from busy


async def _converge(signoff: Signoff, surface: Surface, showing: _Showing) -> None:
    """Update the message; post it where there is none, or where one is gone that still asks people."""
    message, view = showing.message, showing.view
    if message.status is MessageStatus.posted and message.address is not None:
        try:
            await surface.update(message.address, view)
            changes: dict[str, object] = {"shown": view.shown}
        except MessageGone as error:
            log.warning("message of %s is gone: %s", message.subject, error)
            changes = {"status": MessageStatus.gone, "shown": view.shown}
            if showing.asks:
                changes = await _post(signoff, surface, showing)
    else:
        changes = await _post(signoff, surface, showing)
    await signoff.store.write(lambda tx: _note(tx, message, changes))


async def _post(signoff: Signoff, surface: Surface, showing: _Showing) -> dict[str, object]:
    """Post where it belongs; if that is refused for good, in the fallback channel; else tell the requester, once."""
    message, view = showing.message, showing.view
    refused: SurfaceError | None = None
    for place in _places(showing.place, signoff.fallback_place):
        try:
            posted = await surface.post(place, view)
        except SurfaceError as error:
            refused = error
            log.error("%s of %s could not be posted to %s: %s", message.purpose, message.subject, place.channel, error)
        else:
            return {
                "status": MessageStatus.posted, "address": posted.address, "place": posted.thread, "shown": view.shown,
            }  # fmt: skip
    if not showing.told:
        await _tell_requester(signoff, surface, message, str(refused))
    return {"status": MessageStatus.gone, "shown": view.shown}


def _note(tx: Transaction, message: Message, changes: dict[str, object]) -> None:
    """Write what became of the message. If its channel was lost meanwhile it stays given up: a job to post it waits."""
    now = next(each for each in tx.messages(message.subject) if each.id == message.id)
    if now.status is message.status or now.status is not MessageStatus.gone:
        tx.update_message(message.model_copy(update=changes))


async def _nowhere(signoff: Signoff, request: Request) -> None:
    """There is no channel to ask in: an alarm, and who asked is told as long as that helps."""
    log.error("request %s has no channel. %s", request.id, NO_CHANNEL)
    surface = signoff.surfaces.get(request.requester.surface)
    if surface is not None and request.status is RequestStatus.pending:
        await _tell(surface, *lines.unposted(request.requester, request.id, NO_CHANNEL))


async def _tell_requester(signoff: Signoff, surface: Surface, message: Message, why: str) -> None:
    def requester(tx: Transaction) -> lines.Unposted:
        if message.purpose == "card":
            request = tx.request(message.subject)
            return lines.unposted(request.requester, request.id, why)
        run = tx.run(message.subject)
        return lines.unposted(run.requester, run.id, why)

    person, text = await signoff.store.read(requester)
    await _tell(signoff.surfaces.get(person.surface, surface), person, text)


async def _tell(surface: Surface, person: Person, text: Text) -> None:
    try:
        await surface.tell(person, None, text)
    except SurfaceError as error:
        log.error("%s could not be told that a message has no place: %s", person.key, error)


def _places(place: Place, fallback: Place | None) -> list[Place]:
    return [place] if fallback is None or fallback.channel == place.channel else [place, fallback]


def _message(tx: Transaction, signoff: Signoff, purpose: Literal["card", "run"], subject: str, place: Place) -> Message:
    """The message to converge: the one that stands, or a new one recorded as `posting`."""
    for standing in tx.messages(subject):
        if standing.purpose == purpose:
            return standing
    message = Message(
        id=signoff.ids.new("msg"),
        purpose=purpose,
        subject=subject,
        place=place,
        status=MessageStatus.posting,
        created_at=tx.now(),
    )
    tx.add_message(message)
    return message
