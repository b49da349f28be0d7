"""Fourth stretch: what happened is kept as evaluation data.

One record joins a proposal with everything that became of it: the input, the proposal as the agent made it, the evidence
that people saw, the verdict, every decision with its notes, the edit as a field-level diff, the outcome, and the versions of
agent, prompt, model and policy. It is written in the transaction that ends the proposal. It holds no secrets; the whole
arguments stay with the request.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from agents.actions import Actions
from agents.runtime import Outcome
from bot.flow.ids import Ids
from storage.records import (
    Decision,
    Evaluation,
    JsonObject,
    Proposal,
    Request,
    Revision,
    Run,
    Step,
    StepType,
    Verdict,
)
from storage.records import Outcome as Ruling
from storage.store import Transaction


def evaluation(
    tx: Transaction,
    ids: Ids,
    run: Run,
    proposal: Proposal,
    verdict: Verdict,
    *,
    step: int,
    ruling: Outcome,
    actions: Actions,
) -> Evaluation:
    """The record of a proposal that nobody was asked about: it ran by itself, or was blocked."""
    cover, steps = actions.cover(proposal.action, proposal.arguments), tx.steps(run.id)
    body: JsonObject = {
        **_context(run, steps),
        "timestamp": next((each.started_at for each in steps if each.number == step), tx.now()).isoformat(),
        "claimed_risk": proposal.risk,
        "proposed_action": _proposed(actions, proposal.action, proposal.arguments, proposal.target),
        "one_line_summary": proposal.summary,
        "evidence_used": [item.model_dump(mode="json") for item in proposal.evidence],
        "risk_level": verdict.risk,
        "verdict": verdict.model_dump(mode="json"),
        "decisions": [],
        "edit": [],
        "outcome": _outcome(ruling),
    }
    return Evaluation(
        id=ids.new("eva"), run_id=run.id, step=step, request_id=None, agent=run.agent, action=proposal.action,
        verdict=verdict.outcome, decision=verdict.outcome.value, outcome=_ran(ruling), body=cover.json(body),
        created_at=tx.now(),
    )  # fmt: skip


@dataclass(frozen=True)
class History:
    """What is kept of a request besides itself, read once for everything that is written when it ends."""

    steps: Sequence[Step]
    revisions: Sequence[Revision]
    decisions: Sequence[Decision]


def history_of(tx: Transaction, request: Request) -> History:
    """The history of a request as this transaction sees it."""
    return History(tx.steps(request.run_id), tx.revisions(request.id), tx.decisions(request.id))


def request_evaluation(
    tx: Transaction, ids: Ids, request: Request, result: Outcome, actions: Actions, history: History | None = None
) -> Evaluation:
    """The record of a request that has just ended."""
    run, history = tx.run(request.run_id), history or history_of(tx, request)
    revisions, decisions = history.revisions, history.decisions
    first, cover = revisions[0], actions.cover(request.action, *(revision.arguments for revision in revisions))
    body: JsonObject = {
        **_context(run, history.steps),
        "request_id": request.id,
        "proposed_action": _proposed(actions, request.action, first.arguments, first.target),
        "one_line_summary": request.summary,
        "evidence_used": [item.model_dump(mode="json") for item in request.evidence],
        "risk_level": request.verdict.risk,
        "timestamp": request.created_at.isoformat(),
        **_claimed(history.steps, request.step - 1),
        "expires_at": request.expires_at.isoformat(),
        "verdict": first.verdict.model_dump(mode="json"),
        "final_verdict": request.verdict.model_dump(mode="json"),
        "fingerprint": request.fingerprint,
        "decisions": [_decision(decision, request) for decision in decisions],
        "edit": diff_of(actions, request.action, first.arguments, request.arguments),
        "outcome": _outcome(result),
    }
    return Evaluation(
        id=ids.new("eva"), run_id=run.id, step=request.step - 1, request_id=request.id, agent=request.agent,
        action=request.action, verdict=first.verdict.outcome, decision=_final(request, revisions, decisions, result),
        outcome=_ran(result), body=cover.json(body), created_at=tx.now(),
    )  # fmt: skip


def differences(before: JsonObject, after: JsonObject) -> list[dict[str, str | None]]:
    """The edit as a field-level diff: `{"field", "before", "after"}` for each argument that differs, values as text."""
    names = [*before, *(name for name in after if name not in before)]
    return [
        {"field": name, "before": _text(before.get(name)), "after": _text(after.get(name))}
        for name in names
        if before.get(name) != after.get(name)
    ]


def diff_of(actions: Actions, action: str, before: JsonObject, after: JsonObject) -> list[JsonValue]:
    """The same as it is kept: of a secret, only that it was changed."""
    if before == after:
        return []
    shown = {name: actions.covered(action, arguments) for name, arguments in (("before", before), ("after", after))}
    return [
        {"field": name, **{side: _text(shown[side].get(name)) for side in shown}}
        for name in (each["field"] for each in differences(before, after))
        if name is not None
    ]


def _proposed(actions: Actions, action: str, arguments: JsonObject, target: str) -> JsonObject:
    cover = actions.cover(action, arguments)
    return {"action": action, "arguments": actions.covered(action, arguments, cover), "target": cover(target)}


def _claimed(steps: Sequence[Step], proposed: int) -> JsonObject:
    """The risk that the agent itself saw, where the journal has it; an approve rule leaves no other trace of it."""
    found = next((each.detail for each in steps if each.number == proposed), {})
    return {"claimed_risk": found["claimed_risk"]} if "claimed_risk" in found else {}


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _context(run: Run, steps: Sequence[Step]) -> JsonObject:
    calls = [step.detail for step in steps if step.type is StepType.llm_call]
    return {
        "session_id": run.id,
        "trace_id": run.trace_id,
        "agent": run.agent,
        "input": run.input,
        "requester": run.requester.key,
        "versions": {
            "agent": run.agent_version,
            "prompts": {str(call.get("prompt")): call.get("prompt_version") for call in calls},
            "models": [*sorted({str(call.get("model")) for call in calls})],
        },
    }


def _decision(decision: Decision, request: Request) -> JsonObject:
    return {
        "request_id": request.id,
        "decision": decision.verb,
        "person": decision.person.key,
        "lent_by": decision.lent_by.key if decision.lent_by else None,
        "revision": decision.revision,
        "reason": decision.reason,
        "notes": decision.notes,
        "timestamp": decision.created_at.isoformat(),
        "seconds_to_decide": round((decision.created_at - request.created_at).total_seconds(), 3),
    }


def _outcome(result: Outcome) -> JsonObject:
    return {"status": result.status, "reason": result.reason, "receipt": result.receipt}


def _ran(result: Outcome) -> str:
    return result.status if result.status in ("succeeded", "failed", "unknown") else "none"


def _final(request: Request, revisions: Sequence[Revision], decisions: Sequence[Decision], result: Outcome) -> str:
    """approve, edit, reject, expired or cancelled; auto or log where the policy let another program's agent go on."""
    if result.status in ("expired", "cancelled"):
        return result.status
    if not decisions and revisions[0].verdict.outcome is not Ruling.approve:
        return revisions[0].verdict.outcome.value
    if any(decision.verb == "reject" for decision in decisions):
        return "reject"
    return "edit" if differences(revisions[0].arguments, request.arguments) else "approve"
