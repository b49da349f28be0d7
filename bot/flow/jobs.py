"""The jobs of the flow: their names, and the locks that keep what belongs together in order.

What is said of a request is a job for each of its places, with a lock for each, so that a platform which is down holds up
nobody on another one.
"""

from collections.abc import Sequence

from bot.cards.text import Text, to_json
from bot.flow.accounts import KINDS
from storage.records import Job, JsonObject, Person, Place, Request

ADVANCE, EXECUTE = "advance", "execute"
SHOW_RUN, SHOW_CARD, REPLY = "show_run", "show_card", "reply"
TELL = "tell"
ANNOUNCE = "announce"
NUDGE = "nudge"


def advance(run_id: str) -> Job:
    """Let a run go on."""
    return Job(task=ADVANCE, payload={"run_id": run_id}, lock=f"run:{run_id}")


def execute(request: Request) -> Job:
    """Run what was approved."""
    return Job(task=EXECUTE, payload={"request_id": request.id}, lock=f"run:{request.run_id}")


def show_run(run_id: str) -> Job:
    """Bring the message about a run in step with the database."""
    return Job(task=SHOW_RUN, payload={"run_id": run_id}, lock=_chat(run_id), key=f"show:{run_id}")


def show_card(request: Request) -> tuple[Job, ...]:
    """Bring the card of a request in step with the database, in each of its places."""
    return tuple(_show_card(request, place) for place in _places(request))


def say(request: Request, text: Text) -> tuple[Job, ...]:
    """Say a line in the thread of each card of a request."""
    return tuple(say_at(request, text, place) for place in _places(request))


def say_at(request: Request, text: Text, place: Place | None) -> Job:
    """Say a line in the thread of the card that belongs in one of the request's places."""
    payload = {**_about(request, place), "text": to_json(text)}
    return Job(task=REPLY, payload=payload, lock=_lock(request, place))


def reply(run_id: str, text: Text, *, place: Place | None = None, lock: str | None = None) -> Job:
    """Say a line in the thread of a run; or at `place`, if one is given."""
    payload: JsonObject = {"run_id": run_id, "request_id": None, "place": _json(place), "text": to_json(text)}
    return Job(task=REPLY, payload=payload, lock=lock or _chat(run_id))


def log(run_id: str, text: Text, places: Sequence[Place]) -> tuple[Job, ...]:
    """Say what ran without asking, in each of the places where people read of it."""
    others = (reply(run_id, text, place=place, lock=_chat(run_id, place)) for place in places[1:])
    return (reply(run_id, text, place=next(iter(places), None)), *others)


def nudge(request: Request, *, escalated: bool, reminded: bool) -> tuple[Job, ...]:
    """Remind those who can still decide on the request, or say that others may now."""
    return tuple(nudge_at(request, place, escalated=escalated, reminded=reminded) for place in _places(request))


def nudge_at(request: Request, place: Place | None, *, escalated: bool, reminded: bool) -> Job:
    """Say it in one place; once, however many wait to be said there."""
    payload: JsonObject = {**_about(request, place), "escalated": escalated, "reminded": reminded}
    key = f"{'escalate' if escalated else 'remind'}:{_name(request.id, place)}"
    return Job(task=NUDGE, payload=payload, lock=_lock(request, place), key=key)


def tell(person: Person, text: Text) -> Job:
    """Say something that only this person sees, in a direct message."""
    payload = {"person": person.model_dump(mode="json"), "text": to_json(text)}
    return Job(task=TELL, payload=payload, lock=f"tell:{person.key}")


def announce(place: Place, text: Text) -> Job:
    """Say something that belongs to no run, in a channel."""
    payload = {"place": _json(place), "text": to_json(text)}
    return Job(task=ANNOUNCE, payload=payload, lock=_name("announce", place))


def place_in(payload: JsonObject) -> Place | None:
    """The place that a job is about."""
    return Place.model_validate(payload["place"]) if payload.get("place") else None


def _show_card(request: Request, place: Place | None) -> Job:
    key = f"show:{_name(request.id, place)}"
    return Job(task=SHOW_CARD, payload=_about(request, place), lock=_lock(request, place), key=key)


def _places(request: Request) -> Sequence[Place | None]:
    """Where something is to be said of it; without any place, who asked is told."""
    return request.places or (None,)


def _about(request: Request, place: Place | None) -> JsonObject:
    return {"run_id": request.run_id, "request_id": request.id, "place": _json(place)}


def _json(place: Place | None) -> JsonObject | None:
    return place.model_dump(mode="json") if place else None


def _lock(request: Request, place: Place | None) -> str:
    """The first place may be the run's own channel, where the run's message comes before the card."""
    homes = (place.surface, *KINDS) if place else ()
    if place is None or (place == request.places[0] and request.requester.surface in homes):
        return _chat(request.run_id)
    return _chat(request.run_id, place)


def _chat(run_id: str, place: Place | None = None) -> str:
    return f"chat:{_name(run_id, place)}"


def _name(subject: str, place: Place | None) -> str:
    return ":".join([subject, *(place.where if place else ())])
