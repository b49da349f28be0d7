"""A run's rows as a trace. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from agents.actions import Actions
from bot.cards.build import changes_of
from bot.traces.records import Approval, Change, ModelCall, Retrieval, Ruling, ToolCall, Trace, TraceStep, Voice
from storage.records import Decision, Request, RequestStatus, Revision, Run, Step, StepType

_KINDS: Mapping[StepType, type[Retrieval | ModelCall | ToolCall | Approval]] = {
    StepType.retrieval: Retrieval,
    StepType.llm_call: ModelCall,
    StepType.tool_call: ToolCall,
    StepType.approval: Approval,
}
_REMARKS = ("label", "lost", "model_error")
_DECIDED = {
    RequestStatus.rejected: "reject",
    RequestStatus.expired: "expired",
    RequestStatus.cancelled: "cancelled",
    RequestStatus.blocked: "cancelled",
}


@dataclass(frozen=True)
class Asked:
    """A request of the run with everything that people did with it."""

    request: Request
    revisions: Sequence[Revision]
    decisions: Sequence[Decision]


@dataclass(frozen=True)
class Rows:
    """What a trace is made of."""

    run: Run
    steps: Sequence[Step]
    asked: Mapping[str, Asked]


def trace_of(rows: Rows, actions: Actions) -> Trace:
    """The trace of a run, whether it has ended or not."""
    run = rows.run
    latency, waited = run.total_latency_ms, run.waited_ms
    return Trace(
        session_id=run.id,
        trace_id=run.trace_id,
        agent=run.agent,
        agent_version=run.agent_version,
        level=run.level,
        asked_by=run.requester.name,
        on_behalf_of=run.on_behalf_of.name if run.on_behalf_of else None,
        input=run.input,
        status=run.status,
        steps=tuple(_step(step, rows, actions) for step in rows.steps),
        final_output=run.final_output,
        error=run.error,
        started_at=run.created_at,
        finished_at=run.finished_at,
        total_latency_ms=latency,
        human_wait_ms=waited,
        total_latency_with_wait_ms=None if latency is None or waited is None else latency + waited,
        prompt_tokens=run.prompt_tokens,
        completion_tokens=run.completion_tokens,
        total_cost_usd=run.total_cost_usd,
        success=run.success,
    )


def _step(step: Step, rows: Rows, actions: Actions) -> TraceStep:
    kind = _KINDS[step.type]
    told: dict[str, Any] = {name: value for name, value in step.detail.items() if name in kind.model_fields}
    if "verdict" in told:
        told["verdict"] = {name: value for name, value in told["verdict"].items() if name in Ruling.model_fields}
    asked = rows.asked.get(str(step.detail.get("approval_request_id")))
    if kind is Approval and asked is not None:
        told |= _approval(step, asked, actions)
    return kind(
        **{name: value for name, value in told.items() if value is not None},
        step=step.number,
        name=step.name,
        status=step.status,
        span_id=step.span_id,
        parent=_parent(step),
        started_at=step.started_at,
        finished_at=step.finished_at,
        latency_ms=step.latency_ms,
        error=step.error,
        notes=tuple(str(step.detail[name]) for name in _REMARKS if step.detail.get(name)),
    )


def _approval(step: Step, asked: Asked, actions: Actions) -> dict[str, Any]:
    return {
        "wait_ms": step.latency_ms,
        "decision": _decision(asked),
        "decisions": tuple(_voice(decision, asked, actions) for decision in asked.decisions),
    }


def _decision(asked: Asked) -> str | None:
    """What people made of it; an edit that was approved is an edit."""
    if asked.request.status is RequestStatus.pending:
        return None
    edited = asked.revisions[0].arguments != asked.request.arguments
    return _DECIDED.get(asked.request.status, "edit" if edited else "approve")


def _voice(decision: Decision, asked: Asked, actions: Actions) -> Voice:
    return Voice(
        who=decision.person.name,
        decision=decision.verb,
        revision=decision.revision,
        reason=decision.reason,
        notes=decision.notes,
        changes=_changes(decision, asked, actions),
        seconds=round((decision.created_at - asked.request.created_at).total_seconds(), 3),
        at=decision.created_at,
    )


def _changes(decision: Decision, asked: Asked, actions: Actions) -> tuple[Change, ...]:
    """What an edit changed, against the revision before it."""
    by_number = {revision.number: revision.arguments for revision in asked.revisions}
    before, after = by_number.get(decision.revision - 1), by_number.get(decision.revision)
    if decision.verb != "edit" or before is None or after is None:
        return ()
    found = changes_of(actions, asked.request.action, before, after)
    return tuple(Change(argument=each.name, before=each.before, after=each.after) for each in found)


def _parent(step: Step) -> int | None:
    number = step.detail.get("proposal_step")
    return number if isinstance(number, int) else None
