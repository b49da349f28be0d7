"""Lines in threads: what happened, and reminders of what has not."""

import logging
from dataclasses import dataclass
from datetime import datetime

from bot.cards.text import Text, from_json
from bot.flow import jobs
from bot.flow.converge import thread_of
from bot.flow.lost import lose
from bot.flow.remind import nudge_text
from bot.flow.signoff import Signoff
from bot.flow.surface import ChannelGone, SurfaceBusy, SurfaceError
from storage.dispatch import TryLater
from storage.records import Job, JsonObject, MessageStatus, Person, Place, Request
from storage.store import Transaction

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Line:
    """Something to say about a run: in the thread of its request's card that belongs at `home`; without a request in the
    thread of its own message, or at `home`. `job` says it again."""

    run_id: str
    request: Request | None
    home: Place | None
    job: Job

    @property
    def first(self) -> bool:
        """Whether it is also said where no card stands: once, although the request has several places."""
        return self.request is None or self.home is None or self.home.where == self.request.places[0].where


@dataclass(frozen=True)
class _Where:
    """The place to say it, and the time; where all of its messages are gone, `person` is who asked."""

    place: Place | None
    now: datetime
    person: Person | None


async def reply(signoff: Signoff, payload: JsonObject) -> None:
    """Say a line in the thread of the run or of the card, whichever stands."""
    run_id, text, place = str(payload["run_id"]), from_json(payload["text"]), jobs.place_in(payload)
    if not payload.get("request_id"):
        return await _say(signoff, _Line(run_id, None, place, jobs.reply(run_id, text, place=place)), text)
    request = await signoff.store.read(lambda tx: tx.request(str(payload["request_id"])))
    if place is None and request.places:  # the job was deferred when a request had one place only
        return await signoff.store.write(lambda tx: tx.defer(*jobs.say(request, text)))
    return await _say(signoff, _Line(run_id, request, place, jobs.say_at(request, text, place)), text)


async def nudge(signoff: Signoff, payload: JsonObject) -> None:
    """Remind people of a request, or call others, if it still waits."""
    request_id, place = str(payload["request_id"]), jobs.place_in(payload)
    escalated, reminded = bool(payload["escalated"]), bool(payload["reminded"])
    request, text = await signoff.store.read(
        lambda tx: (tx.request(request_id), nudge_text(tx, signoff, request_id, escalated=escalated, reminded=reminded))
    )
    if text is None:
        return
    home = place or next(iter(request.places), None)  # none in a job deferred when a request had one place only
    again = jobs.nudge_at(request, home, escalated=escalated, reminded=reminded)
    await _say(signoff, _Line(request.run_id, request, home, again), text)


async def _say(signoff: Signoff, line: _Line, text: Text) -> None:
    where = await signoff.store.read(lambda tx: _where(tx, line))
    if where.person is not None:
        await _tell(signoff, where.person, text)
    if where.place is not None:
        await _say_at(signoff, line, where.place, where.now, text)


async def _say_at(signoff: Signoff, line: _Line, place: Place, now: datetime, text: Text) -> None:
    surface = signoff.surfaces.get(place.surface)
    if surface is None:
        return
    if wait := signoff.turns.wait(place, now):
        raise TryLater(wait, "others wait for that channel")
    try:
        await surface.reply(place, text)
    except SurfaceBusy as busy:
        raise TryLater(signoff.turns.refused(place, now, busy.delay), str(busy)) from busy
    except ChannelGone as gone:
        log.warning("a line about run %s could not be said: %s", line.run_id, gone)
        await _say_elsewhere(signoff, line, place, text)
    except SurfaceError as error:
        log.warning("a line about run %s could not be said: %s", line.run_id, error)


async def _say_elsewhere(signoff: Signoff, line: _Line, place: Place, text: Text) -> None:
    """The channel is lost: say it where the card goes now, or in the deployment's channel, or to who asked."""
    if line.request is not None or line.home is None:
        await lose(signoff, place)
        await signoff.store.write(lambda tx: _again(tx, line, place))
    elif signoff.fallback_place is not None and signoff.fallback_place.where != place.where:
        fallback = signoff.fallback_place
        await _say_at(signoff, line, fallback, await signoff.store.read(lambda tx: tx.now()), text)
    else:
        await _tell(signoff, await signoff.store.read(lambda tx: tx.run(line.run_id).requester), text)


async def _tell(signoff: Signoff, person: Person, text: Text) -> None:
    surface = signoff.surfaces.get(person.surface)
    if surface is None:
        return
    try:
        await surface.tell(person, None, text)
    except SurfaceBusy as busy:
        raise TryLater(busy.delay, str(busy)) from busy
    except SurfaceError as error:
        log.error("%s could not be told something: %s", person.key, error)


def _again(tx: Transaction, line: _Line, place: Place) -> None:
    """Give up what of this run stands there, and say the line after the card was posted again."""
    for subject in filter(None, (line.request.id if line.request else None, line.run_id)):
        for message in tx.messages(subject):
            if message.status is MessageStatus.posted and message.place.where == place.where:
                tx.update_message(message.model_copy(update={"status": MessageStatus.gone}))
    tx.defer(line.job)


def _where(tx: Transaction, line: _Line) -> _Where:
    now, run = tx.now(), tx.run(line.run_id)
    if line.request is None and line.home is not None:
        return _Where(thread_of(tx, line.run_id, line.home) or line.home, now, None)
    cards = tx.messages(line.request.id) if line.request else ()
    own = [card for card in cards if line.home is not None and card.home.where == line.home.where]
    if own and own[0].status is MessageStatus.posted:
        return _Where(own[0].place, now, None)
    if not line.first or any(card.status is MessageStatus.posted for card in cards):
        return _Where(None, now, None)  # what is said at the other card is enough
    messages = [*cards, *tx.messages(line.run_id)]
    place = next((message.place for message in messages if message.status is MessageStatus.posted), None)
    lost = bool(messages) and all(message.status is MessageStatus.gone for message in messages)
    return _Where(place, now, run.requester if lost else None)
