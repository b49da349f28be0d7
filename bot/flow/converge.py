"""What stands in chat is brought in step with the database: each job looks at the rows and posts, updates or replies.

A message is recorded as `posting` before the platform is called. If the platform took it but the answer was lost, it is
posted again: two cards may exist then, both carry the request's id, and both lead to the same row.
"""

import logging
from collections.abc import Callable
from typing import Literal

from bot.cards import lines
from bot.cards.build import card_of, notice_of
from bot.cards.card import Card, View
from bot.cards.text import from_json
from bot.flow.execute import execution_of
from bot.flow.signoff import Signoff
from bot.flow.surface import MessageGone, Surface, SurfaceBusy, SurfaceError
from storage.dispatch import TryLater
from storage.records import JsonObject, Message, MessageStatus, Place
from storage.store import Transaction

log = logging.getLogger(__name__)


async def show_run(signoff: Signoff, run_id: str) -> None:
    """The notice of a run, in the place where it was started."""
    run = await signoff.store.read(lambda tx: tx.run(run_id))
    if run.origin is None:
        return

    def view(tx: Transaction) -> View:
        return notice_of(tx.run(run_id), tx.requests(run_id=run_id, limit=1), tx.steps(run_id))

    await _show(signoff, "run", run_id, run.origin, view)


async def show_card(signoff: Signoff, run_id: str, request_id: str) -> None:
    """The card of a request: in the run's own thread if that is in the channel of the reviewers, else in their channel."""
    request = await signoff.store.read(lambda tx: tx.request(request_id))
    if request.place is None:
        log.error("request %s has no channel; name one in the policy or set SIGNOFF_CHANNEL", request_id)
        return
    thread = await signoff.store.read(lambda tx: _thread(tx, run_id, request.place))

    await _show(signoff, "card", request_id, thread or request.place, lambda tx: current_card(tx, signoff, request_id))


def current_card(tx: Transaction, signoff: Signoff, request_id: str) -> Card:
    """The card of a request as it stands. Raises NotFound."""
    now = tx.request(request_id)
    return card_of(signoff.actions, now, tx.revisions(request_id), tx.decisions(request_id), execution_of(tx, now))


async def reply(signoff: Signoff, payload: JsonObject) -> None:
    """A line in the thread of the run or of the card, whichever stands."""
    run_id = str(payload["run_id"])
    request_id = str(payload["request_id"]) if payload.get("request_id") else None
    wanted = Place.model_validate(payload["place"]) if payload.get("place") else None
    place = await signoff.store.read(lambda tx: _reply_place(tx, run_id, request_id, wanted))
    if place is None:
        return
    surface = signoff.surfaces.get(place.surface)
    if surface is None:
        return
    try:
        await surface.reply(place, from_json(payload["text"]))
    except SurfaceBusy as busy:
        raise TryLater(busy.delay, str(busy)) from busy
    except SurfaceError as error:
        log.warning("a line about run %s could not be said: %s", run_id, error)


async def _show(
    signoff: Signoff, purpose: Literal["card", "run"], subject: str, place: Place, view: Callable[[Transaction], View]
) -> None:
    surface = signoff.surfaces.get(place.surface)
    if surface is None:
        return
    message, shown = await signoff.store.write(lambda tx: (_message(tx, signoff, purpose, subject, place), view(tx)))
    if message.shown == shown.shown:
        return
    try:
        await _converge(signoff, surface, message, place, shown)
    except SurfaceBusy as busy:
        raise TryLater(busy.delay, str(busy)) from busy


async def _converge(signoff: Signoff, surface: Surface, message: Message, place: Place, view: View) -> None:
    """Update the message; post it where there is none, or where people deleted one that still asks them."""
    posting = message.model_copy(update={"place": place})
    if message.status is MessageStatus.posted and message.address is not None:
        try:
            await surface.update(message.address, view)
            changes: dict[str, object] = {"shown": view.shown}
        except MessageGone as error:
            log.warning("message of %s is gone: %s", message.subject, error)
            changes = {"status": MessageStatus.gone, "shown": view.shown}
            if isinstance(view, Card) and view.buttons:
                changes = await _post(signoff, surface, posting, view)
    else:
        changes = await _post(signoff, surface, posting, view)
    await signoff.store.write(lambda tx: tx.update_message(message.model_copy(update=changes)))


async def _post(signoff: Signoff, surface: Surface, message: Message, view: View) -> dict[str, object]:
    """Post where it belongs; if that is refused for good, in the fallback channel; else tell the requester."""
    refused: SurfaceError | None = None
    for place in _places(message.place, signoff.fallback_place):
        try:
            posted = await surface.post(place, view)
        except SurfaceError as error:
            refused = error
            log.warning("%s of %s could not be posted to %s: %s", message.purpose, message.subject, place.channel, error)
        else:
            return {
                "status": MessageStatus.posted, "address": posted.address, "place": posted.thread, "shown": view.shown,
            }  # fmt: skip
    await _tell_requester(signoff, surface, message, str(refused))
    return {"status": MessageStatus.gone, "shown": view.shown}


async def _tell_requester(signoff: Signoff, surface: Surface, message: Message, why: str) -> None:
    def requester(tx: Transaction) -> lines.Unposted:
        if message.purpose == "card":
            request = tx.request(message.subject)
            return lines.unposted(request.requester, request.id, why)
        run = tx.run(message.subject)
        return lines.unposted(run.requester, run.id, why)

    person, text = await signoff.store.read(requester)
    try:
        await surface.tell(person, None, text)
    except SurfaceError as error:
        log.error("nobody could be told that %s has no message: %s", message.subject, error)


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


def _thread(tx: Transaction, run_id: str, place: Place | None) -> Place | None:
    """The thread of the run's own message, if it stands in the channel of `place`."""
    run = tx.run(run_id)
    for message in tx.messages(run_id):
        same = place is not None and run.origin is not None and run.origin.channel == place.channel
        if message.status is MessageStatus.posted and same:
            return message.place
    return None


def _reply_place(tx: Transaction, run_id: str, request_id: str | None, wanted: Place | None) -> Place | None:
    if wanted is not None:
        return _thread(tx, run_id, wanted) or wanted
    for subject in filter(None, (request_id, run_id)):
        for message in tx.messages(subject):
            if message.status is MessageStatus.posted:
                return message.place
    return None
