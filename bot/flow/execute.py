"""Third stretch: what was approved runs exactly as it was shown, once.

The intent is committed before the effect, the result after it. A process that dies between the two leaves an execution
that is `claimed` and stays so; whoever finds it later reports it as `unknown`, to a person, and never runs it again.
"""

import logging
from dataclasses import replace
from datetime import timedelta

from agents.runtime import Outcome
from bot.cards import lines
from bot.flow import jobs
from bot.flow.circumstances import spending
from bot.flow.effect import perform, recorded
from bot.flow.evaluate import request_evaluation
from bot.flow.finish import go_on
from bot.flow.outcomes import outcome_json, told
from bot.flow.people import agreed
from bot.flow.places import told_places
from bot.flow.seals import GRANT_LIFE, Grant
from bot.flow.signoff import Signoff, proposal_of
from storage.canonical import fingerprint
from storage.records import (
    Evaluation,
    Execution,
    ExecutionStatus,
    JsonObject,
    Request,
    RequestStatus,
    Step,
    StepStatus,
    StepType,
    Verdict,
)
from storage.records import Outcome as Ruling
from storage.store import Fenced, OutcomeUnknown, StoreBusy, Transaction

log = logging.getLogger(__name__)

LATE = timedelta(hours=1)  # from the approval until what still cannot be begun is given up

CANNOT = "It could not be begun within an hour of the approval; the log says why. Nothing was done; ask for it again."

LOST = "The service stopped while this action was running. Look whether it happened; it is not tried again."

ENDS = {
    "succeeded": (ExecutionStatus.succeeded, RequestStatus.succeeded),
    "failed": (ExecutionStatus.failed, RequestStatus.failed),
    "unknown": (ExecutionStatus.unknown, RequestStatus.unknown),
}


async def execute(signoff: Signoff, request_id: str) -> None:
    """The job behind an approval. Running it again, or late, changes nothing."""
    try:
        claimed = await signoff.store.write(lambda tx: claim(tx, signoff, request_id))
    except (StoreBusy, OutcomeUnknown):
        raise
    except Exception:
        if not await signoff.store.write(lambda tx: give_up(tx, signoff, request_id)):
            raise
        log.exception("request %s could not be begun and was given up", request_id)
        return
    if claimed is None:
        return
    request, execution, grant = claimed
    result = await perform(signoff, execution, grant)
    await recorded(signoff.store, lambda tx: report(tx, signoff, request.id, execution, result))


def claim(tx: Transaction, signoff: Signoff, request_id: str) -> tuple[Request, Execution, str] | None:
    """The job's claim of an approved request; None if there is nothing to run here."""
    request = tx.request(request_id)
    if request.api_key is not None:  # whoever asked claims it (see `bot/flow/claim.py`)
        return None
    if request.status is RequestStatus.executing:
        report_lost(tx, signoff, request)
        return None
    return take(tx, signoff, request)


def take(tx: Transaction, signoff: Signoff, request: Request) -> tuple[Request, Execution, str] | None:
    """Use up the one right to run an approved request. Returns it as a signed grant; None if there is none (any more)."""
    if request.status is not RequestStatus.approved:
        return None
    if problem := mismatch(tx, signoff, request):
        _report_refused(tx, signoff, request, problem)
        return None
    execution = _execution(tx, signoff, request)
    if tx.move_request(request.id, RequestStatus.approved, RequestStatus.executing) is None:
        return None
    shown = signoff.actions.covered(request.action, request.arguments)
    detail: JsonObject = {"tool": request.action, "arguments": shown, "approval_request_id": request.id}
    begin(tx, signoff, request.agent, execution, {**detail, "proposal_step": request.step - 1}, attempt=None)
    if request.verdict.outcome is Ruling.approve:
        tx.defer(*jobs.show_card(request))
    grant = granted(signoff, execution, request.agent, request.tenant, request.revision, request.verdict)
    return request, execution, grant


def granted(signoff: Signoff, execution: Execution, agent: str, tenant: str, revision: int, verdict: Verdict) -> str:
    """The signed grant for an execution that is about to be claimed."""
    grant = Grant(
        execution=execution.id,
        request=execution.request_id,
        action=execution.action,
        fingerprint=execution.fingerprint,
        agent=agent,
        tenant=tenant,
        revision=revision,
        policy_version=verdict.policy_version,
        expires_at=(execution.started_at + GRANT_LIFE).replace(microsecond=0),
    )
    return signoff.seals.sign(grant)


def mismatch(tx: Transaction, signoff: Signoff, request: Request) -> str | None:
    """Why what would run is not what enough people approved; None if it is exactly that.

    The fingerprint is computed afresh from the arguments that are about to run, and compared with what each counted
    decision was made on. A row that was changed after the approval does not run, nor does an approval count that is only
    a row.
    """
    mark = fingerprint(
        action=request.action,
        arguments=request.arguments,
        target=request.target,
        agent=request.agent,
        tenant=request.tenant,
        revision=request.revision,
        policy_version=request.verdict.policy_version,
    )
    if mark != request.fingerprint:
        return "What was about to run is not what was shown, so it was refused."
    if request.verdict.outcome is not Ruling.approve:
        return _held_back(tx, signoff, request)
    people = agreed(tx, signoff, request, mark)
    if people < request.verdict.quorum:
        return f"Only {people} of {request.verdict.quorum} people approved exactly this, so it was refused."
    return None


def _held_back(tx: Transaction, signoff: Signoff, request: Request) -> str | None:
    """Why the policy does not let this run without people, as the request's row says it did; None if it does."""
    passed = request.api_key is not None and request.action in signoff.actions  # only what could be checked passes
    if passed:
        verdict = spending(tx, signoff, tx.run(request.run_id), proposal_of(request), request.step + 1)
        if verdict.outcome in (Ruling.auto, Ruling.log):
            return None
    return "The policy does not let this run without asking people, so it was refused. Ask for it again."


def begin(
    tx: Transaction, signoff: Signoff, agent: str, execution: Execution, detail: JsonObject, *, attempt: int | None
) -> Step:
    """Journal that an effect is about to happen. Raises Fenced if somebody else has begun it."""
    step = Step(
        run_id=execution.run_id, number=execution.step, span_id=signoff.ids.span(), type=StepType.tool_call,
        name=execution.action, status=StepStatus.started, detail=detail, started_at=tx.now(),
    )  # fmt: skip
    if not tx.claim_execution(execution):
        raise Fenced(f"{execution.action} was begun by another worker.")
    tx.write_step(step, attempt=attempt)
    tx.audit(
        "execution.claimed",
        actor=f"agent:{agent}",
        run_id=execution.run_id,
        request_id=execution.request_id,
        body={"execution": execution.id, "action": execution.action, "fingerprint": execution.fingerprint},
    )
    return step


def end(tx: Transaction, signoff: Signoff, execution: Execution, result: Outcome, attempt: int | None) -> Step | None:
    """Journal what became of an effect: whole for the workflow, without secrets for readers.

    A late report about one that was given up is kept in the audit only: None.
    """
    status, shown = ENDS[result.status][0], told(result, signoff.actions.cover(execution.action, execution.arguments))
    ended = tx.end_execution(execution.id, status, receipt=result.receipt or None, error=result.reason or None)
    began = next(step for step in tx.steps(execution.run_id) if step.number == execution.step)
    detail = {**began.detail, "result": result.status, "receipt": shown.receipt}
    step = began.model_copy(
        update={
            "status": StepStatus.done if result.succeeded else StepStatus.failed,
            "detail": detail,
            "result": outcome_json(result),
            "error": result.reason or None,
            "finished_at": tx.now(),
        }
    )
    if ended is not None:
        tx.write_step(step, attempt=attempt)
    tx.audit(
        f"execution.{result.status}" if ended is not None else "execution.late_report",
        actor="signoff",
        run_id=execution.run_id,
        request_id=execution.request_id,
        body={"execution": execution.id, "reason": shown.reason, "receipt": shown.receipt, "reported": result.status},
    )
    return step if ended is not None else None


def report(tx: Transaction, signoff: Signoff, request_id: str, execution: Execution, result: Outcome) -> None:
    """The end of a request: its execution's result, its evaluation, the card, and the run that goes on."""
    request = tx.move_request(request_id, RequestStatus.executing, ENDS[result.status][1], reason=result.reason or None)
    notes = " ".join(decision.notes for decision in tx.decisions(request_id) if decision.notes)
    # A newer policy makes revisions too; only other arguments are an edit.
    edited = tx.revisions(request_id)[0].arguments != result.arguments
    result = replace(result, notes=notes, edited=edited)
    end(tx, signoff, execution, result, None)
    if request is None:
        return
    _concluded(tx, signoff, request, result)


def _concluded(tx: Transaction, signoff: Signoff, request: Request, result: Outcome) -> None:
    """The evaluation of a request that has ended, its card, and the run that goes on."""
    tx.add_evaluation(_record(tx, signoff, request, result))
    _show(tx, signoff, request, told(result, signoff.actions.cover(request.action, request.arguments)))
    go_on(tx, signoff, request, result)


def give_up(tx: Transaction, signoff: Signoff, request_id: str) -> bool:
    """End a request that was approved long ago and cannot be begun, so that it is not tried for ever; False if it may be."""
    request = tx.request(request_id)
    if request.decided_at is None or tx.now() - request.decided_at < LATE:
        return False
    return _end_without(tx, signoff, request, RequestStatus.approved, Outcome("failed", request.arguments, reason=CANNOT))


def _end_without(tx: Transaction, signoff: Signoff, request: Request, before: RequestStatus, result: Outcome) -> bool:
    """End a request that has no execution to report on; False if it was not `before`."""
    ended = tx.move_request(request.id, before, ENDS[result.status][1], reason=result.reason)
    if ended is None:
        return False
    detail: JsonObject = {"approval_request_id": request.id, "proposal_step": request.step - 1, "result": result.status}
    step = Step(
        run_id=request.run_id, number=request.step + 1, span_id=signoff.ids.span(), type=StepType.tool_call,
        name=request.action, status=StepStatus.failed, detail=detail, result=outcome_json(result), error=result.reason,
        started_at=tx.now(), finished_at=tx.now(),
    )  # fmt: skip
    tx.write_step(step, attempt=None)
    body: JsonObject = {"reason": result.reason, "reported": result.status}
    tx.audit("execution.given_up", actor="signoff", run_id=request.run_id, request_id=request.id, body=body)
    _concluded(tx, signoff, ended, result)
    return True


def _record(tx: Transaction, signoff: Signoff, request: Request, result: Outcome) -> Evaluation:
    """The evaluation; where nobody was asked, the decision is the policy's."""
    record, ruling = request_evaluation(tx, signoff.ids, request, result, signoff.actions), request.verdict.outcome
    return record if ruling is Ruling.approve else record.model_copy(update={"decision": ruling.value})


def _show(tx: Transaction, signoff: Signoff, request: Request, result: Outcome) -> None:
    """Tell people what became of it. Where nobody was asked there is no card, but what is logged or unknown is told."""
    if request.verdict.outcome is Ruling.approve or request.api_key is None:  # whatever its row says since
        tx.defer(*jobs.show_card(request))
        tx.defer(*jobs.say(request, lines.executed(request, result)))
    elif request.verdict.outcome is Ruling.log or result.status == "unknown":
        run = tx.run(request.run_id)
        places = told_places(signoff, request.verdict, run, unknown=result.status == "unknown")
        tx.defer(*jobs.log(run.id, lines.logged(run, proposal_of(request), result), places))


def execution_of(tx: Transaction, request: Request) -> Execution | None:
    """The execution of what the request asked for. Where nothing ran, the step after it may be another proposal's."""
    found = tx.execution_of(request.run_id, request.step + 1)
    return found if found is not None and found.request_id == request.id else None


def _execution(tx: Transaction, signoff: Signoff, request: Request) -> Execution:
    return Execution(
        id=signoff.ids.new("exe"),
        run_id=request.run_id,
        step=request.step + 1,
        request_id=request.id,
        action=request.action,
        arguments=request.arguments,
        fingerprint=request.fingerprint,
        started_at=tx.now(),
    )


def report_lost(tx: Transaction, signoff: Signoff, request: Request) -> None:
    """Nobody knows what became of an execution that was claimed: a person has to look."""
    execution = execution_of(tx, request)
    lost = Outcome("unknown", request.arguments, reason=LOST)
    if execution is not None and execution.status is ExecutionStatus.claimed:
        report(tx, signoff, request.id, execution, lost)
    else:  # something else changed the rows
        _end_without(tx, signoff, request, RequestStatus.executing, lost)


def _report_refused(tx: Transaction, signoff: Signoff, request: Request, problem: str) -> None:
    """Integrity broken: nothing runs, and everybody can see that and why."""
    execution = _execution(tx, signoff, request)
    tx.move_request(request.id, RequestStatus.approved, RequestStatus.executing)
    detail: JsonObject = {"tool": request.action, "approval_request_id": request.id, "proposal_step": request.step - 1}
    begin(tx, signoff, request.agent, execution, detail, attempt=None)
    tx.audit("execution.refused", actor="signoff", run_id=request.run_id, request_id=request.id, body={"reason": problem})
    report(tx, signoff, request.id, execution, Outcome("failed", request.arguments, reason=problem))
