"""Reminders and escalation: when something is due, and whom it calls.

The plan follows from the request alone, and `nudge_at` is the next moment of it, so each is done once however many replicas
look. After an outage only the newest reminder is said, and none once the request is decided or over: what is said is made
of the rows at the moment it is said.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from bot.cards import lines
from bot.cards.text import Called, Text
from bot.flow import jobs
from bot.flow.people import approvals, ties_of
from bot.flow.signoff import Signoff
from policies.judge import half
from policies.people import Ties, reviewers
from policies.reviewers import names
from storage.records import Person, Request, RequestStatus
from storage.store import Transaction

Kind = Literal["reminder", "escalation"]


@dataclass(frozen=True, order=True)
class Nudge:
    """What is to be done about a request that still waits, and when."""

    at: datetime
    kind: Kind


def plan(request: Request) -> tuple[Nudge, ...]:
    """Every nudge that the request gets as long as nobody decides, in order of time."""
    whole = request.expires_at - request.created_at
    reminders = [Nudge(request.created_at + whole * share, "reminder") for share in request.verdict.reminders]
    return tuple(sorted([*reminders, *_escalation(request, whole)]))


def scheduled(request: Request, now: datetime) -> Request:
    """The request with `nudge_at` set. An escalation that is overdue, because an edit left less time, comes at once."""
    left = [nudge.at for nudge in plan(request) if nudge.at > now or nudge.kind == "escalation"]
    return request.model_copy(update={"nudge_at": min(left, default=None)})


def nudge(tx: Transaction, request_id: str) -> Request | None:
    """Do what has come due; None if nothing has, somebody else did it, or it is decided."""
    request, now = tx.request(request_id), tx.now()
    if request.nudge_at is None or request.nudge_at > now:
        return None
    since = request.nudge_at
    come = {each.kind for each in plan(request) if since <= each.at <= now}
    escalates = "escalation" in come
    after = request.model_copy(update={"escalated_at": now}) if escalates else request
    nudged = tx.nudge_request(request, next_at=scheduled(after, now).nudge_at, escalate=escalates)
    if nudged is None:
        return None
    if escalates:
        _escalated(tx, nudged)
    if come:
        tx.defer(*jobs.nudge(nudged, escalated=escalates, reminded="reminder" in come))
    return nudged


def nudge_text(tx: Transaction, signoff: Signoff, request_id: str, *, escalated: bool, reminded: bool) -> Text | None:
    """What to say now; None if the request does not wait any more."""
    request, now = tx.request(request_id), tx.now()
    if request.status is not RequestStatus.pending or now >= request.expires_at:
        return None
    further = request.verdict.escalate_to if escalated else ()
    references = dict.fromkeys((*further, *(reviewers(request) if reminded else ())))
    called = _able(tx, request, tuple(references), now)
    action = signoff.actions[request.action].title if request.action in signoff.actions else request.action
    return lines.nudged(request, action, request.expires_at - now, called, escalated=escalated)


def _escalation(request: Request, whole: timedelta) -> list[Nudge]:
    if not request.verdict.escalate_to or request.escalated_at is not None:
        return []
    total = int(whole.total_seconds())
    after = request.verdict.escalate_after or half(total)
    return [Nudge(request.created_at + timedelta(seconds=after if after < total else half(total)), "escalation")]


def _escalated(tx: Transaction, request: Request) -> None:
    tx.audit(
        "request.escalated",
        actor="signoff",
        run_id=request.run_id,
        request_id=request.id,
        body={"revision": request.revision, "to": [*request.verdict.escalate_to]},
    )
    tx.defer(*jobs.show_card(request))


def _able(tx: Transaction, request: Request, references: Sequence[str], now: datetime) -> tuple[Called, ...]:
    """Those of the references who can still decide, and those to whom they lent that."""
    ties = ties_of(tx)
    unable = _accounts(ties, [*_approved(tx, request), *_behind(request)])
    left = [each for each in references if not any(names(each, person) for person in unable)]
    lent = [
        each.taker.key
        for each in tx.delegations(at=now)
        if each.taker.key not in {person.key for person in unable}
        and any(names(reference, giver) for reference in left for giver in ties.accounts(each.giver))
    ]
    return tuple(Called(reference=each) for each in dict.fromkeys([*left, *lent]))


def _approved(tx: Transaction, request: Request) -> list[Person]:
    given = approvals(tx.decisions(request.id), request.fingerprint)
    return [person for each in given for person in (each.person, each.lent_by) if person is not None]


def _behind(request: Request) -> list[Person]:
    if not request.verdict.exclude_requester:
        return []
    return [person for person in (request.requester, request.on_behalf_of) if person is not None]


def _accounts(ties: Ties, people: Sequence[Person]) -> list[Person]:
    return [account for person in people for account in ties.accounts(person)]
