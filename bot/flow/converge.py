"""What stands in chat is brought in step with the database: each job looks at the rows and posts, updates or replies.

A request has a card in each of its places, and each converges on its own. A message is recorded as `posting` before the
platform is called. If the platform took it but the answer was lost, it is looked for there before it is posted again. Where
the platform does not let us look, two cards may exist: both carry the request's id, and both lead to the same row. A message
that is gone comes back only while it asks people.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from bot.cards import lines
from bot.cards.build import card_of, notice_of
from bot.cards.card import Card, View
from bot.cards.text import Text
from bot.flow import jobs
from bot.flow.execute import execution_of
from bot.flow.signoff import Signoff
from bot.flow.surface import MessageGone, Posted, Surface, SurfaceBusy, SurfaceError
from storage.dispatch import TryLater
from storage.records import Message, MessageStatus, Person, Place, Request, RequestStatus
from storage.store import Transaction

log = logging.getLogger(__name__)

SETTLING = timedelta(minutes=1)  # how long another place may take before it counts as one that shows nothing
NO_CHANNEL = "No channel is named for it. Name one in the policy or set SIGNOFF_CHANNEL."


@dataclass(frozen=True)
class _Showing:
    """A message as it stands, what it is to show from now on, and where it is to be posted. `fresh`: the platform
    cannot have it yet.
    `others` are the messages that show the same in other places."""

    message: Message
    view: View
    place: Place
    fresh: bool
    others: tuple[Message, ...]
    now: datetime

    @property
    def asks(self) -> bool:
        """Whether it waits for people."""
        return isinstance(self.view, Card) and bool(self.view.buttons)

    @property
    def elsewhere(self) -> bool:
        """Whether another place shows it, or is about to."""
        return any(_stands(message, self.now) for message in self.others)

    @property
    def refused(self) -> bool:
        """Whether it had no place as it is."""
        return self.message.status is MessageStatus.gone and self.message.shown == self.view.shown

    @property
    def done(self) -> bool:
        """Whether nothing is to be done."""
        if self.message.status is MessageStatus.gone:
            return not self.asks or (self.refused and self.elsewhere)
        return self.message.shown == self.view.shown


async def show_run(signoff: Signoff, run_id: str) -> None:
    """The notice of a run, in the place where it was started."""
    run = await signoff.store.read(lambda tx: tx.run(run_id))
    if run.origin is None:
        return

    def view(tx: Transaction) -> View:
        return notice_of(signoff.actions, tx.run(run_id), tx.requests(run_id=run_id), tx.steps(run_id))

    await _show(signoff, "run", run_id, run.origin, view)


async def show_card(signoff: Signoff, request_id: str, home: Place | None = None) -> None:
    """The card of a request in one of its places: in the run's own thread if that is there."""
    request = await signoff.store.read(lambda tx: tx.request(request_id))
    if not request.places:
        await _nowhere(signoff, request)
    elif home is None:  # the job was deferred when a request had one place only
        await signoff.store.write(lambda tx: tx.defer(*jobs.show_card(request)))
    else:
        await _show(signoff, "card", request_id, home, lambda tx: current_card(tx, signoff, request_id))


def current_card(tx: Transaction, signoff: Signoff, request_id: str) -> Card:
    """The card of a request as it stands. Raises NotFound."""
    now = tx.request(request_id)
    return card_of(signoff.actions, now, tx.revisions(request_id), tx.decisions(request_id), execution_of(tx, now))


def thread_of(tx: Transaction, run_id: str, place: Place) -> Place | None:
    """The thread of the run's own message, if it stands in the channel of `place`."""
    origin = tx.run(run_id).origin
    if origin is None or (origin.surface, origin.channel) != (place.surface, place.channel):
        return None
    return next((message.place for message in tx.messages(run_id) if message.status is MessageStatus.posted), None)


async def _show(
    signoff: Signoff, purpose: Literal["card", "run"], subject: str, home: Place, view: Callable[[Transaction], View]
) -> None:
    if home.surface not in signoff.surfaces:
        return
    showing = await signoff.store.write(lambda tx: _showing(tx, signoff, purpose, subject, home, view(tx)))
    if showing.done:
        return
    if wait := signoff.turns.wait(home, showing.now):
        raise TryLater(wait, "others wait for that channel")
    try:
        await _converge(signoff, showing)
    except SurfaceBusy as busy:
        if showing.fresh and busy.untaken:
            await signoff.store.write(lambda tx: _note(tx, showing.message, {"status": MessageStatus.waiting}))
        raise TryLater(signoff.turns.refused(home, showing.now, busy.delay), str(busy)) from busy


def _showing(
    tx: Transaction, signoff: Signoff, purpose: Literal["card", "run"], subject: str, home: Place, view: View
) -> _Showing:
    """The message that belongs there, or a new one recorded as `posting`."""
    messages = [message for message in tx.messages(subject) if message.purpose == purpose]
    standing = next((message for message in messages if message.home.where == home.where), None)
    fresh = standing is None or standing.status is MessageStatus.waiting
    message = standing or Message(
        id=signoff.ids.new("msg"),
        purpose=purpose,
        subject=subject,
        home=home,
        place=home,
        status=MessageStatus.posting,
        created_at=tx.now(),
    )
    if standing is None:
        tx.add_message(message)
    elif fresh:
        message = standing.model_copy(update={"status": MessageStatus.posting})
        tx.update_message(message)
    place = (thread_of(tx, tx.request(subject).run_id, home) if purpose == "card" else None) or home
    others = tuple(other for other in messages if other is not standing)
    return _Showing(message, view, place, fresh, others, tx.now())


def _stands(message: Message, now: datetime) -> bool:
    settling = message.status in (MessageStatus.posting, MessageStatus.waiting) and now - message.created_at < SETTLING
    return message.status is MessageStatus.posted or settling


async def _converge(signoff: Signoff, showing: _Showing) -> None:
    """Update the message; post it where there is none, or where one is gone that still asks people."""
    message, view = showing.message, showing.view
    connected = message.place.surface in signoff.surfaces
    if message.status is MessageStatus.posted and message.address is not None and connected:
        try:
            await signoff.surface_of(message.place).update(message.address, view)
            changes: dict[str, object] = {"shown": view.shown}
        except MessageGone as error:
            log.warning("message of %s is gone: %s", message.subject, error)
            changes = {"status": MessageStatus.gone, "shown": view.shown}
            if showing.asks:
                changes = await _post(signoff, showing)
    else:
        changes = await _post(signoff, showing)
    await signoff.store.write(lambda tx: _note(tx, message, changes))


async def _post(signoff: Signoff, showing: _Showing) -> dict[str, object]:
    """Post where it belongs. If that is refused for good and no other place shows it, post it in the fallback channel; else
    tell the requester, once."""
    try:
        return await _posted(signoff.surface_of(showing.place), showing, showing.place)
    except SurfaceError as error:
        why = _logged(showing, showing.place, error)
    alone, fallback = await signoff.store.write(lambda tx: _give_way(tx, signoff, showing))
    if fallback is not None:
        try:
            return await _posted(signoff.surface_of(fallback), showing, fallback)
        except SurfaceError as error:
            why = _logged(showing, fallback, error)
    if alone and not showing.refused:
        await _tell_requester(signoff, showing.message, why)
    return _gone(showing)


def _logged(showing: _Showing, place: Place, error: SurfaceError) -> str:
    purpose, subject = showing.message.purpose, showing.message.subject
    log.error("%s of %s could not be posted to %s: %s", purpose, subject, place.channel, error)
    return str(error)


def _gone(showing: _Showing) -> dict[str, object]:
    return {"status": MessageStatus.gone, "place": showing.message.home, "shown": showing.view.shown}


def _give_way(tx: Transaction, signoff: Signoff, showing: _Showing) -> tuple[bool, Place | None]:
    """Record that it was refused where it belongs. Whether no other place shows it; then also where it goes instead, which
    this message takes in this very transaction, so that of several that are refused only one goes there."""
    message, fallback = showing.message, signoff.fallback_place
    others = [each for each in tx.messages(message.subject) if each.purpose == message.purpose and each.id != message.id]
    alone = not (any(_stands(other, tx.now()) for other in others) or _awaited(tx, signoff, message, len(others)))
    taken = {message.home.where, *(where for other in others for where in (other.home.where, other.place.where))}
    if alone and fallback is not None and fallback.where not in taken:
        tx.update_message(message.model_copy(update={"status": MessageStatus.posting, "place": fallback}))
        return True, fallback
    tx.update_message(message.model_copy(update=_gone(showing)))
    return alone, None


def _awaited(tx: Transaction, signoff: Signoff, message: Message, others: int) -> bool:
    """Whether there are places of a new request in which nobody has tried yet."""
    if message.purpose == "run":
        return False
    request = tx.request(message.subject)
    connected = sum(place.surface in signoff.surfaces for place in request.places)
    return connected > others + 1 and tx.now() - request.created_at < SETTLING


async def _posted(surface: Surface, showing: _Showing, place: Place) -> dict[str, object]:
    """Post it, unless an earlier attempt, whose answer was lost, went through: then that message is taken over."""
    posted = None if showing.fresh else await _found(surface, showing, place)
    posted = posted or await surface.post(place, showing.view)
    return {
        "status": MessageStatus.posted, "address": posted.address, "place": posted.thread, "shown": showing.view.shown,
    }  # fmt: skip


async def _found(surface: Surface, showing: _Showing, place: Place) -> Posted | None:
    """What stands there already, brought up to date."""
    found = await surface.posted(place, showing.view, showing.message.created_at)
    if found is not None:
        try:
            await surface.update(found.address, showing.view)
        except MessageGone:
            return None
    return found


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


async def _tell_requester(signoff: Signoff, message: Message, why: str) -> None:
    def requester(tx: Transaction) -> lines.Unposted:
        if message.purpose == "card":
            request = tx.request(message.subject)
            return lines.unposted(request.requester, request.id, why)
        run = tx.run(message.subject)
        return lines.unposted(run.requester, run.id, why)

    person, text = await signoff.store.read(requester)
    if surface := signoff.surfaces.get(person.surface):
        await _tell(surface, person, text)


async def _tell(surface: Surface, person: Person, text: Text) -> None:
    try:
        await surface.tell(person, None, text)
    except SurfaceError as error:
        log.error("%s could not be told that a message has no place: %s", person.key, error)
