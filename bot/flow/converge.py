"""What stands in chat is brought in step with the database: each job looks at the rows and posts, updates or replies.

A request has a card in each of its places, and each converges on its own. A message is recorded as `posting` before the
platform is called. If the platform took it but the answer was lost, it is looked for there before it is posted again. Where
the platform does not let us look, two cards may exist: both carry the request's id, and both lead to the same row. A message
that is gone comes back only while it asks people.
"""

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Literal

from bot.cards.build import card_of, notice_of
from bot.cards.card import Card, View
from bot.flow import jobs
from bot.flow.execute import execution_of
from bot.flow.post import Showing, nowhere, post
from bot.flow.signoff import Signoff
from bot.flow.surface import MessageGone, SurfaceBusy
from storage.dispatch import TryLater
from storage.records import Message, MessageStatus, Place
from storage.store import Transaction

log = logging.getLogger(__name__)


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
        await nowhere(signoff, request)
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
    showing = await signoff.store.read(lambda tx: _showing(tx, signoff, purpose, subject, home, view(tx)))
    if showing.done:
        return
    if wait := signoff.turns.wait(home, showing.now):
        raise TryLater(wait, "others wait for that channel")
    if showing.fresh:
        await signoff.store.write(lambda tx: _record(tx, showing.message))
    try:
        await _converge(signoff, showing)
    except SurfaceBusy as busy:
        if showing.fresh and busy.untaken:
            await signoff.store.write(lambda tx: _note(tx, showing.message, {"status": MessageStatus.waiting}))
        raise TryLater(signoff.turns.refused(home, showing.now, busy.delay), str(busy)) from busy


def _showing(
    tx: Transaction, signoff: Signoff, purpose: Literal["card", "run"], subject: str, home: Place, view: View
) -> Showing:
    """The message that belongs there, or a new one that is to be recorded as `posting`."""
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
    place = (thread_of(tx, tx.request(subject).run_id, home) if purpose == "card" else None) or home
    others = tuple(other for other in messages if other is not standing)
    return Showing(message, view, place, fresh, others, tx.now())


def _record(tx: Transaction, message: Message) -> None:
    """The platform is about to be called. Raises TryLater if another worker is about to as well."""
    if message.status is MessageStatus.waiting:
        tx.update_message(message.model_copy(update={"status": MessageStatus.posting}))
    elif not tx.add_message(message):
        raise TryLater(timedelta(seconds=1), "it is being posted")


async def _converge(signoff: Signoff, showing: Showing) -> None:
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
                changes = await post(signoff, showing)
    else:
        changes = await post(signoff, showing)
    await signoff.store.write(lambda tx: _note(tx, message, changes))


def _note(tx: Transaction, message: Message, changes: dict[str, object]) -> None:
    """Write what became of the message. If its channel was lost meanwhile it stays given up: a job to post it waits."""
    now = next(each for each in tx.messages(message.subject) if each.id == message.id)
    if now.status is message.status or now.status is not MessageStatus.gone:
        tx.update_message(message.model_copy(update=changes))
