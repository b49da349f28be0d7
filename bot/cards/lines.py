"""The lines that tell the story in a thread and on a decided card. One place for the words, so that every surface says
the same."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta

from agents.runtime import Outcome
from bot.cards.card import Change
from bot.cards.text import Called, Quote, Text, When, Who, bold, code, quote, words
from policies.reviewers import shown
from storage.records import Decision, Person, Proposal, Request, RequestStatus, Run, RunStatus
from storage.redaction import Cover

Unposted = tuple[Person, Text]
MOST_CALLED = 10  # people whom one reminder notifies


def approved(person: Person, notes: str, missing: int, *, lent_by: Person | None = None) -> Text:
    """Somebody approved; `missing` more people must."""
    return words(bold("Approved"), *by(person, lent_by), ". ", _next(missing), *_notes(notes))


def edited(person: Person, changes: Sequence[Change], notes: str, missing: int, *, lent_by: Person | None = None) -> Text:
    """Somebody changed arguments; `missing` more people must approve what it is now."""
    told = [
        span
        for change in changes
        for span in words(f" {change.name.replace('_', ' ')} ", quote(change.before), " → ", quote(change.after), ".")
    ]
    return words(bold("Edited"), *by(person, lent_by), ":", *told, " ", _next(missing), *_notes(notes))


def rejected(person: Person, outcome: Outcome, *, lent_by: Person | None = None) -> Text:
    """Somebody said no."""
    return words(bold("Rejected"), *by(person, lent_by), f": {outcome.reason}.", *_notes(outcome.notes))


def expired(request: Request) -> Text:
    """Nobody decided in time."""
    return words(bold("Expired."), f" Nobody decided within {_duration(request)}. Nothing was done.")


def cancelled(person: Person) -> Text:
    """The requester took it back."""
    return words(bold("Cancelled"), " by ", Who(person=person), ". Nothing was done.")


def executed(request: Request, result: Outcome) -> Text:
    """What became of the approved action."""
    if result.succeeded:
        return words(bold("Done. "), quote(str(result.receipt.get("summary") or f"{request.action} succeeded.")))
    if result.status == "failed":
        return words(bold("Failed. "), "Nothing was done: ", quote(result.reason))
    return words(
        bold("Outcome unknown. "), quote(result.reason), " Somebody must look whether it happened; it will not run again."
    )


def logged(run: Run, proposal: Proposal, result: Outcome) -> Text:
    """An action that ran by itself and is only logged."""
    told = str(result.receipt.get("summary") or result.reason or result.status)
    how = {"failed": "Failed: ", "unknown": "Outcome unknown: "}.get(result.status, "Logged: ")
    return words(bold(how), code(proposal.action), f" by {run.agent}, without asking. ", quote(told))


def run_ended(run: Run, cover: Cover) -> Text:
    """The end of a run, told to the person who asked; `cover` hides its secrets."""
    asked = Who(person=run.requester, ping=True)
    if run.status is RunStatus.succeeded:
        return words(asked, " ", quote(cover(run.final_output or "Done.")))
    if run.status is RunStatus.blocked:
        return words(asked, " ", bold("Blocked by policy. "), quote(cover(run.error or "")))
    return words(asked, " ", bold("This run failed. "), quote(cover(run.error or "")))


def unposted(person: Person, subject: str, why: str) -> Unposted:
    """A card or notice could not be posted anywhere."""
    return person, words("The card of ", code(subject), " could not be posted: ", why)


def standing(request: Request, decisions: Sequence[Decision]) -> Text:
    """How a request stands, told to somebody who came late."""
    last = decisions[-1] if decisions else None
    when = f" at {request.decided_at:%H:%M} UTC" if request.decided_at else ""
    match request.status:
        case RequestStatus.pending:
            return words("This is recorded and waits for somebody else.") if last else words("This is still open.")
        case RequestStatus.expired if request.reason:
            return words("This expired", when, ". ", request.reason)
        case RequestStatus.expired:
            return words(f"This expired at {request.expires_at:%H:%M} UTC. Nothing was done.")
        case RequestStatus.cancelled:
            return words("This was cancelled", when, ". ", quote(request.reason or ""))
        case RequestStatus.rejected if last:
            return words(Who(person=last.person), " has rejected this already", when, ".")
        case _ if last:
            return words(Who(person=last.person), " has approved this already", when, ".")
        case _:
            return words(f"This is {request.status} already.")


def by(person: Person, lent_by: Person | None) -> Text:
    """Who decided, and in whose place."""
    return words(" by ", Who(person=person), *((" for ", Who(person=lent_by)) if lent_by else ()))


def nudged(request: Request, action: str, left: timedelta, called: Sequence[Called], *, escalated: bool) -> Text:
    """A request still waits: those who can decide are called, with how much time is left. `action` is its title."""
    opening = "Escalated. " if escalated else "Reminder. "
    names = [span for each in called[:MOST_CALLED] for span in (" ", each)]
    more = f" and {len(called) - MOST_CALLED} more" if len(called) > MOST_CALLED else ""
    who = (" These people can decide now:", *names, more) if escalated else (*names, more)
    return words(bold(opening), f"{action} (", code(request.id), f") waits for approval, {_time(left)} left.", *who)


def escalated(request: Request, at: datetime) -> Text:
    """On a card: since when others may decide too. A card notifies nobody."""
    names = ", ".join(shown(reference) for reference in request.verdict.escalate_to)
    return words(bold("Escalated"), f" to {names or 'others'} · ", When(at=at))


def unclaimed(why: str) -> Text:
    """Another program's request was approved, but the program never came for it."""
    return words(bold("Expired. "), why)


def value_text(value: object) -> str:
    """An argument as people read it."""
    match value:
        case None:
            return "(none)"
        case bool():
            return "yes" if value else "no"
        case list() if all(isinstance(item, str | int | float) and "," not in str(item) for item in value):
            return ", ".join(value_text(item) for item in value)
        case list() | dict():  # in a form that has one reading
            return json.dumps(value, ensure_ascii=False)
        case _:
            return str(value)


def _next(missing: int) -> str:
    if missing == 0:
        return "It runs now."
    return f"{missing} more {'person' if missing == 1 else 'people'} must approve."


def _notes(notes: str) -> tuple[str | Quote, ...]:
    return (quote(notes, block=True),) if notes else ()


def _time(left: timedelta) -> str:
    """`2 hours 5 minutes`, `1 day 3 hours`: at most two units."""
    minutes = round(left.total_seconds() / 60)
    counts = ((minutes // 1440, "day"), (minutes // 60 % 24, "hour"), (minutes % 60, "minute"))
    told = [f"{count} {unit}{'s' if count != 1 else ''}" for count, unit in counts if count]
    return " ".join(told[:2]) or "less than a minute"


def _duration(request: Request) -> str:
    minutes = round((request.expires_at - request.created_at).total_seconds() / 60)
    hours, rest = divmod(minutes, 60)
    parts = [f"{hours} hour{'s' if hours != 1 else ''}"] if hours else []
    return " ".join([*parts, f"{rest} minutes"] if rest or not hours else parts)
