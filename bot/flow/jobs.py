"""The jobs of the flow: their names, and the locks that keep what belongs together in order."""

from bot.cards.text import Text, to_json
from storage.records import Job, JsonObject, Person, Place, Request

ADVANCE, EXECUTE = "advance", "execute"
SHOW_RUN, SHOW_CARD, REPLY = "show_run", "show_card", "reply"
TELL = "tell"
NUDGE = "nudge"


def advance(run_id: str) -> Job:
    """Let a run go on."""
    return Job(task=ADVANCE, payload={"run_id": run_id}, lock=f"run:{run_id}")


def execute(request: Request) -> Job:
    """Run what was approved."""
    return Job(task=EXECUTE, payload={"request_id": request.id}, lock=f"run:{request.run_id}")


def show_run(run_id: str) -> Job:
    """Bring the message about a run in step with the database."""
    return Job(task=SHOW_RUN, payload={"run_id": run_id}, lock=f"chat:{run_id}", key=f"show:{run_id}")


def show_card(request: Request) -> Job:
    """Bring the card of a request in step with the database."""
    payload = {"run_id": request.run_id, "request_id": request.id}
    return Job(task=SHOW_CARD, payload=dict(payload), lock=f"chat:{request.run_id}", key=f"show:{request.id}")


def reply(run_id: str, text: Text, *, request_id: str | None = None, place: Place | None = None) -> Job:
    """Say a line in the thread of a run or its card; or at `place`, if one is given."""
    where = place.model_dump(mode="json") if place else None
    payload = {"run_id": run_id, "request_id": request_id, "place": where, "text": to_json(text)}
    return Job(task=REPLY, payload=payload, lock=f"chat:{run_id}")


def nudge(request: Request, *, escalated: bool, reminded: bool) -> Job:
    """Remind those who can still decide on the request, or say that others may now; once however many wait to be said."""
    payload: JsonObject = {"run_id": request.run_id, "request_id": request.id, "escalated": escalated, "reminded": reminded}
    key = f"{'escalate' if escalated else 'remind'}:{request.id}"
    return Job(task=NUDGE, payload=payload, lock=f"chat:{request.run_id}", key=key)


def tell(person: Person, text: Text) -> Job:
    """Say something that only this person sees, in a direct message."""
    payload = {"person": person.model_dump(mode="json"), "text": to_json(text)}
    return Job(task=TELL, payload=payload, lock=f"tell:{person.key}")
