"""How a request leaves `pending`: approved and on its way to run, or ended without running."""

from pydantic import JsonValue

from agents.runtime import Outcome
from bot.cards import lines
from bot.cards.text import Text
from bot.flow import jobs
from bot.flow.evaluate import History, diff_of, history_of, request_evaluation
from bot.flow.finish import go_on
from bot.flow.outcomes import outcome_json
from bot.flow.signoff import Signoff
from storage.records import Decision, JsonObject, Person, Request, RequestStatus, Step, StepStatus
from storage.redaction import redacted
from storage.store import NotFound, Transaction

APPROVED: JsonValue = {"approved": True}  # result of an approval step whose outcome is the execution step after it


def settle(tx: Transaction, signoff: Signoff, held: Request, person: Person, verb: str) -> None:
    """Enough people approved: the approval step is done and the execution is deferred."""
    approved = tx.move_request(held.id, RequestStatus.pending, RequestStatus.approved)
    assert approved is not None  # noqa: S101  # this transaction holds it
    _finish_approval(tx, signoff, approved, history_of(tx, approved), {"decision": verb}, None)
    tx.audit(
        "request.approved",
        actor=person.key,
        run_id=held.run_id,
        request_id=held.id,
        body={
            "revision": held.revision,
            "fingerprint": held.fingerprint,
            "arguments": signoff.actions.covered(held.action, held.arguments),
        },
    )
    if held.api_key is None:  # else whoever asked claims the grant
        tx.defer(jobs.execute(approved))
        tx.defer(jobs.show_run(held.run_id))


def close(tx: Transaction, signoff: Signoff, request: Request, outcome: Outcome, *, actor: str, said: Text) -> None:
    """The request ended without running: journal, audit, evaluation, card, thread, and the run that goes on."""
    history = history_of(tx, request)
    _finish_approval(tx, signoff, request, history, {"decision": outcome.status, "reason": outcome.reason}, outcome)
    tx.audit(
        f"request.{outcome.status}",
        actor=actor,
        run_id=request.run_id,
        request_id=request.id,
        body={"revision": request.revision, "reason": outcome.reason, "notes": outcome.notes},
    )
    tx.add_evaluation(request_evaluation(tx, signoff.ids, request, outcome, signoff.actions, history))
    tx.defer(*jobs.show_card(request))
    tx.defer(*jobs.say(request, said))
    go_on(tx, signoff, request, outcome)


def expire(tx: Transaction, signoff: Signoff, request_id: str) -> Request | None:
    """End a request whose time is over; None if it is not, or was decided."""
    expired = tx.expire_request(request_id)
    if expired is None:
        return None
    outcome = Outcome("expired", expired.arguments, reason="Nobody decided in time.")
    close(tx, signoff, expired, outcome, actor="signoff", said=lines.expired(expired))
    return expired


def cancel(tx: Transaction, signoff: Signoff, request_id: str, person: Person) -> Request | None:
    """Take a pending request back; None if it is not pending any more."""
    reason = f"{person.name} took it back."
    cancelled = tx.move_request(request_id, RequestStatus.pending, RequestStatus.cancelled, reason=reason)
    if cancelled is None:
        return None
    outcome = Outcome("cancelled", cancelled.arguments, reason=reason)
    close(tx, signoff, cancelled, outcome, actor=person.key, said=lines.cancelled(person))
    return cancelled


def _finish_approval(
    tx: Transaction, signoff: Signoff, request: Request, history: History, detail: JsonObject, outcome: Outcome | None
) -> None:
    """Complete the `approval` step: who, how long people took, what they decided, and the edit as a diff."""
    step, first, now = _approval_step(history, request), history.revisions[0], tx.now()
    told: JsonObject = {
        **step.detail,
        **detail,
        "people": [_told(decision) for decision in history.decisions],
        "diff": diff_of(signoff.actions, request.action, first.arguments, request.arguments),
        "wait_ms": round((now - step.started_at).total_seconds() * 1000),
    }
    done = {
        "status": StepStatus.done,
        "detail": told,
        "result": outcome_json(outcome) if outcome else APPROVED,
        "finished_at": now,
    }
    tx.write_step(step.model_copy(update=done), attempt=None)


def _told(decision: Decision) -> JsonObject:
    """A decision as the trace tells it."""
    return {
        "person": decision.person.key,
        "lent_by": decision.lent_by.key if decision.lent_by else None,
        "decision": decision.verb,
        "notes": redacted(decision.notes),
    }


def _approval_step(history: History, request: Request) -> Step:
    for step in history.steps:
        if step.number == request.step:
            return step
    raise NotFound("step", f"{request.run_id}:{request.step}")
