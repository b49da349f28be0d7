"""How requests of other programs end: taken back, or claimed by whoever asked, who does it and reports what came of it.

A grant is claimed once and never again. What is reported stands; whoever says otherwise later is kept in the audit log.
"""

from dataclasses import dataclass
from datetime import datetime

from agents.runtime import Outcome
from bot.cards.text import bold, quote, words
from bot.flow import jobs
from bot.flow.close import cancel, expire
from bot.flow.execute import ENDS, execution_of, report, take
from bot.flow.seals import BadGrant
from bot.flow.signoff import Signoff
from bot.flow.sweep import CLAIM_WITHIN
from storage.canonical import digest
from storage.records import Execution, ExecutionStatus, JsonObject, Person, Request, RequestStatus
from storage.store import Transaction


@dataclass(frozen=True)
class Claimed:
    """The right to run a request once, and what exactly to run."""

    request: Request
    execution: Execution
    grant: str


@dataclass(frozen=True)
class Report:
    """What came of it. `status` is succeeded, failed (nothing was done) or unknown."""

    status: str
    receipt: JsonObject
    error: str | None
    grant: str


@dataclass(frozen=True)
class Refused:
    """Nothing was done, and why."""

    why: str


def take_back(tx: Transaction, signoff: Signoff, request: Request, person: Person) -> Refused | None:
    """Cancel a request that waits for people; None if that is done."""
    if expire(tx, signoff, request.id) is not None:
        return Refused("It has just expired; nothing was done.")
    if cancel(tx, signoff, request.id, person) is not None:
        return None
    status = tx.request(request.id).status
    if status is RequestStatus.approved:
        return Refused("It is approved already. Do not claim its grant: nobody else can, and it ends by itself.")
    return Refused(f"It is {status} already and cannot be cancelled.")


def claim(tx: Transaction, signoff: Signoff, request_id: str) -> Claimed | Refused:
    """Use up the one right to run an approved request."""
    request = tx.request(request_id)
    if late := _unclaimable(request, tx.now()):
        return Refused(late)
    taken = take(tx, signoff, request)
    if taken is None:
        now = tx.request(request_id)
        return Refused(_unclaimable(now, tx.now()) or "Another call has claimed it at this moment.")
    _, execution, grant = taken
    return Claimed(tx.request(request_id), execution, grant)


def claim_before(request: Request) -> datetime | None:
    """Until when the grant of an approved request can be claimed."""
    if request.status is not RequestStatus.approved or request.decided_at is None:
        return None
    return request.decided_at + CLAIM_WITHIN


def _unclaimable(request: Request, now: datetime) -> str | None:
    """Why there is no grant to claim, and what to do; None if there is one."""
    match request.status:
        case RequestStatus.approved:
            until = claim_before(request)
            if until is not None and now < until:
                return None
            return f"It was approved, but had to be claimed within {CLAIM_WITHIN.seconds // 60} minutes. Ask for it again."
        case RequestStatus.pending:
            return "Nobody has decided yet. Wait for the decision, then claim the grant."
        case RequestStatus.executing | RequestStatus.succeeded | RequestStatus.unknown:
            return "The grant was claimed before, and a grant is used once. Never run it a second time; report the first."
        case RequestStatus.failed:
            return f"It has failed, and a grant is used once: {request.reason or 'nothing was done.'}"
        case _:
            return f"It is {request.status}: {request.reason or 'nothing may be done.'}"


def tell(tx: Transaction, signoff: Signoff, request: Request, told: Report) -> Refused | None:
    """Report what came of a claimed request; None if it is recorded, now or by the same report before. Raises BadGrant."""
    execution = execution_of(tx, request)
    if execution is None:
        return Refused("Its grant was not claimed, so there is nothing to report.")
    _belongs(signoff, told.grant, execution)
    if execution.status is ExecutionStatus.claimed:
        report(tx, signoff, request.id, execution, _outcome(execution, told))
        execution = execution_of(tx, request) or execution  # another report may have come first
    if _same(execution, told):
        return None
    return _contradicted(tx, signoff, request, execution, told)


def _belongs(signoff: Signoff, grant: str, execution: Execution) -> None:
    """The grant lets something begin for five minutes, but what was begun in time may be reported later."""
    if signoff.seals.verify(grant, execution.started_at).execution != execution.id:
        raise BadGrant("This grant is for another request.")


def _outcome(execution: Execution, told: Report) -> Outcome:
    return Outcome(told.status, execution.arguments, reason=told.error or "", receipt=told.receipt)


def _same(execution: Execution, told: Report) -> bool:
    stood = (execution.status, execution.receipt or {}, execution.error or "")
    return stood == (ENDS[told.status][0], told.receipt, told.error or "")


def _contradicted(tx: Transaction, signoff: Signoff, request: Request, execution: Execution, told: Report) -> Refused:
    """What stands stays; a report that says otherwise is kept in the audit, once, and people are told."""
    body: JsonObject = {"reported": told.status, "reason": told.error or "", "receipt": told.receipt}
    if tx.first_delivery(f"report:{execution.id}:{digest(body)}"):
        report(tx, signoff, request.id, execution, _outcome(execution, told))
        cover = signoff.actions.cover(request.action, request.arguments)
        summary = cover(str(told.receipt.get("summary") or told.error or ""))
        said = words(bold("Reported later: "), f"{told.status}. ", quote(summary))
        tx.defer(*jobs.say(request, said))
    return Refused(
        f"It is recorded as {execution.status} already ({execution.error or 'reported before'}). "
        "What stands is not changed; your report is kept in the audit log, and people are told."
    )
