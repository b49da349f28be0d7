"""How a run ends: its totals, its audit row, and the line that tells the person who asked."""

from collections.abc import Sequence
from datetime import datetime

from agents.runtime import Outcome
from bot.cards import lines
from bot.cards.build import cover_of
from bot.flow import jobs
from bot.flow.signoff import Signoff
from storage.records import JsonObject, Request, Run, RunStatus, Step, StepType
from storage.store import Transaction

_ENDS = {"succeeded": RunStatus.succeeded, "failed": RunStatus.failed, "unknown": RunStatus.failed}


def finish(tx: Transaction, signoff: Signoff, run: Run, status: RunStatus, output: str | None, error: str | None) -> bool:
    """Write the end of a run with its totals; False if it has ended before."""
    ended = totalled(run, tx.steps(run.id), tx.now()).model_copy(
        update={"status": status, "final_output": output, "error": error}
    )
    if not tx.end_run(ended):
        return False
    cover = cover_of(signoff.actions, tx.requests(run_id=run.id))
    tx.audit(f"run.{status}", actor=f"agent:{run.agent}", run_id=run.id, body=cover.json({"output": output, "error": error}))
    if run.api_key is None:  # whoever runs a workflow elsewhere tells its own people
        tx.defer(jobs.show_run(run.id))
        tx.defer(jobs.reply(run.id, lines.run_ended(ended, cover)))
    return True


def go_on(tx: Transaction, signoff: Signoff, request: Request, outcome: Outcome) -> None:
    """The request has ended: its run goes on here, or ends with it if its workflow runs elsewhere."""
    if request.api_key is None:
        tx.wake_run(request.run_id)
        tx.defer(jobs.advance(request.run_id))
        return
    status = _ENDS.get(outcome.status, RunStatus.cancelled)
    told = str(outcome.receipt.get("summary") or outcome.status)
    output, error = (told, None) if outcome.succeeded else (None, outcome.reason or outcome.status)
    finish(tx, signoff, tx.run(request.run_id), status, output, error)


def totalled(run: Run, steps: Sequence[Step], now: datetime) -> Run:
    """The run with its totals. Time that people took is kept apart; one call of unknown cost makes the total unknown."""
    waited = sum(step.latency_ms or 0 for step in steps if step.type is StepType.approval)
    whole = round((now - run.created_at).total_seconds() * 1000)
    calls = [step.detail for step in steps if step.type is StepType.llm_call]
    costs = [call.get("cost_usd") for call in calls]
    return run.model_copy(
        update={
            "finished_at": now,
            "total_latency_ms": max(whole - waited, 0),
            "waited_ms": waited,
            "prompt_tokens": sum(_count(call, "prompt_tokens") for call in calls),
            "completion_tokens": sum(_count(call, "completion_tokens") for call in calls),
            "total_cost_usd": None if None in costs else sum(float(str(cost)) for cost in costs),
        }
    )


def _count(call: JsonObject, name: str) -> int:
    value = call.get(name)
    return value if isinstance(value, int) else 0
