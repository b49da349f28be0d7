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
from storage.records import Job, JsonObject, MessageStatus, Person, Place
from storage.store import Transaction

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Line:
    """Something to say about a run: in the thread of its request's card or its own, or at `wanted`. `job` says it again."""

    run_id: str
    request_id: str | None
    wanted: Place | None
    job: Job


@dataclass(frozen=True)
class _Where:
    """The place to say it, and the time; where all of its messages are gone, `person` is who asked."""

    place: Place | None
    now: datetime
    person: Person | None


async def reply(signoff: Signoff, payload: JsonObject) -> None:
    """Say a line in the thread of the run or of the card, whichever stands."""
    run_id, text = str(payload["run_id"]), from_json(payload["text"])
    request_id = str(payload["request_id"]) if payload.get("request_id") else None
    wanted = Place.model_validate(payload["place"]) if payload.get("place") else None
    line = _Line(run_id, request_id, wanted, jobs.reply(run_id, text, request_id=request_id, place=wanted))
    await _say(signoff, line, text)


async def nudge(signoff: Signoff, payload: JsonObject) -> None:
    """Remind people of a request, or call others, if it still waits."""
    run_id, request_id = str(payload["run_id"]), str(payload["request_id"])
    escalated, reminded = bool(payload["escalated"]), bool(payload["reminded"])
    request, text = await signoff.store.read(
        lambda tx: (tx.request(request_id), nudge_text(tx, signoff, request_id, escalated=escalated, reminded=reminded))
    )
    if text is not None:
        again = jobs.nudge(request, escalated=escalated, reminded=reminded)
        await _say(signoff, _Line(run_id, request_id, None, again), text)


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
    if line.wanted is None:
        await lose(signoff, place)
        await signoff.store.write(lambda tx: _again(tx, line, place))
    elif signoff.fallback_place is not None and signoff.fallback_place.channel != place.channel:
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
    for subject in filter(None, (line.request_id, line.run_id)):
        for message in tx.messages(subject):
            if message.status is MessageStatus.posted and message.place.channel == place.channel:
                tx.update_message(message.model_copy(update={"status": MessageStatus.gone}))
    tx.defer(line.job)


def _where(tx: Transaction, line: _Line) -> _Where:
    if line.wanted is not None:
        return _Where(thread_of(tx, line.run_id, line.wanted) or line.wanted, tx.now(), None)
    messages = [m for subject in filter(None, (line.request_id, line.run_id)) for m in tx.messages(subject)]
    place = next((message.place for message in messages if message.status is MessageStatus.posted), None)
    lost = bool(messages) and all(message.status is MessageStatus.gone for message in messages)
    return _Where(place, tx.now(), tx.run(line.run_id).requester if lost else None)
