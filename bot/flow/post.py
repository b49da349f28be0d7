"""Posting a message: where it belongs; else in the deployment's channel; else who asked is told.

What an earlier attempt may have posted already is looked for first, so that no second message stands beside it.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.cards import lines
from bot.cards.card import Card, View
from bot.flow import jobs
from bot.flow.signoff import Signoff
from bot.flow.surface import MessageGone, Posted, Surface, SurfaceError
from storage.records import Message, MessageStatus, Place, Request, RequestStatus, Run
from storage.store import Transaction

log = logging.getLogger(__name__)

NO_CHANNEL = "No channel is named for it. Name one in the policy or set SIGNOFF_CHANNEL."
SETTLING = timedelta(minutes=1)  # how long another place may take before it counts as one that shows nothing


@dataclass(frozen=True)
class Showing:
    """A message as it stands, what it is to show from now on, and where it is to be posted. `fresh`: the platform cannot
    have it yet. `others` are the messages that show the same in other places."""

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


async def post(signoff: Signoff, showing: Showing) -> dict[str, object]:
    """Post where it belongs. If that is refused for good and no other place shows it, post it in the fallback channel; else
    tell the requester, once."""
    try:
        return await _posted(signoff.surface_of(showing.place), showing, showing.place)
    except SurfaceError as error:
        why = _logged(showing, showing.place, error)
    fallback = await signoff.store.write(lambda tx: _give_way(tx, signoff, showing, why))
    if fallback is not None:
        try:
            return await _posted(signoff.surface_of(fallback), showing, fallback)
        except SurfaceError as error:
            refused = _logged(showing, fallback, error)
            await signoff.store.write(lambda tx: _give_up(tx, showing, refused))
    return _gone(showing)


def _logged(showing: Showing, place: Place, error: SurfaceError) -> str:
    purpose, subject = showing.message.purpose, showing.message.subject
    log.error("%s of %s could not be posted to %s: %s", purpose, subject, place.channel, error)
    return str(error)


def _gone(showing: Showing) -> dict[str, object]:
    return {"status": MessageStatus.gone, "place": showing.message.home, "shown": showing.view.shown}


def _give_way(tx: Transaction, signoff: Signoff, showing: Showing, why: str) -> Place | None:
    """Record that it was refused where it belongs. If no other place shows it, where it goes instead, which this message
    takes in this very transaction, so that of several that are refused only one goes there; else who asked is told."""
    message, fallback = showing.message, signoff.fallback_place
    others = [each for each in tx.messages(message.subject) if each.purpose == message.purpose and each.id != message.id]
    request = tx.request(message.subject) if message.purpose == "card" else None
    awaited = request is not None and _awaited(signoff, request, len(others), tx.now())
    alone = not (awaited or any(_stands(other, tx.now()) for other in others))
    taken = {message.home.where, *(where for other in others for where in (other.home.where, other.place.where))}
    taken |= {place.where for place in (request.places if request else ())}  # each has a message of its own, or will
    if alone and fallback is not None and fallback.where not in taken:
        tx.update_message(message.model_copy(update={"status": MessageStatus.posting, "place": fallback}))
        return fallback
    if alone:
        _give_up(tx, showing, why)
    else:
        tx.update_message(message.model_copy(update=_gone(showing)))
    return None


def _give_up(tx: Transaction, showing: Showing, why: str) -> None:
    """No place takes it: who asked is told, once for each thing that it is to show."""
    message = showing.message
    tx.update_message(message.model_copy(update=_gone(showing)))
    subject = tx.request(message.subject) if message.purpose == "card" else tx.run(message.subject)
    _tell(tx, subject, showing.view.shown, why)


def _tell(tx: Transaction, subject: Request | Run, about: str, why: str) -> None:
    if tx.first_delivery(f"unposted:{subject.id}:{about}"):
        tx.defer(jobs.tell(*lines.unposted(subject.requester, subject.id, why)))


def _awaited(signoff: Signoff, request: Request, others: int, now: datetime) -> bool:
    """Whether there are places of a new request in which nobody has tried yet."""
    connected = sum(place.surface in signoff.surfaces for place in request.places)
    return connected > others + 1 and now - request.created_at < SETTLING


async def _posted(surface: Surface, showing: Showing, place: Place) -> dict[str, object]:
    """Post it, unless an earlier attempt, whose answer was lost, went through: then that message is taken over."""
    posted = None if showing.fresh else await _found(surface, showing, place)
    posted = posted or await surface.post(place, showing.view)
    return {
        "status": MessageStatus.posted, "address": posted.address, "place": posted.thread, "shown": showing.view.shown,
    }  # fmt: skip


async def _found(surface: Surface, showing: Showing, place: Place) -> Posted | None:
    """What stands there already, brought up to date."""
    found = await surface.posted(place, showing.view, showing.message.created_at)
    if found is not None:
        try:
            await surface.update(found.address, showing.view)
        except MessageGone:
            return None
    return found


async def nowhere(signoff: Signoff, request: Request) -> None:
    """There is no channel to ask in: an alarm, and who asked is told as long as that helps."""
    log.error("request %s has no channel. %s", request.id, NO_CHANNEL)
    if request.status is RequestStatus.pending:
        await signoff.store.write(lambda tx: _tell(tx, request, request.fingerprint, NO_CHANNEL))


def _stands(message: Message, now: datetime) -> bool:
    settling = message.status in (MessageStatus.posting, MessageStatus.waiting) and now - message.created_at < SETTLING
    return message.status is MessageStatus.posted or settling
