"""How a run went, for a terminal: its trace as JSON, or a line for each step and what it took in all."""

from collections.abc import Iterator, Sequence

from bot.cards.inert import inert_line
from storage.records import JsonObject, Run, Step


def trace(run: Run, steps: Sequence[Step]) -> JsonObject:
    """The run and its steps, under the names of the trace."""
    return {
        "session_id": run.id, "agent": run.agent, "input": run.input, "status": run.status,
        "steps": [{"step": step.number, "type": step.type, "name": step.name, "status": step.status,
                   "latency_ms": step.latency_ms, **step.detail} for step in steps],
        "final_output": run.final_output, "error": run.error, "total_latency_ms": run.total_latency_ms,
        "total_cost_usd": run.total_cost_usd, "success": run.success,
    }  # fmt: skip


def lines(run: Run, steps: Sequence[Step]) -> Iterator[str]:
    """The steps, a line for each."""
    yield "Steps"
    yield from map(_line, steps)
    if tokens := sum(_count(step, "prompt_tokens") + _count(step, "completion_tokens") for step in steps):
        cost = "an unknown price" if run.total_cost_usd is None else f"${run.total_cost_usd:.4f}"
        yield f"  In all: {tokens:,} tokens for {cost}"


def _line(step: Step) -> str:
    said = (step.error, *(step.detail.get(name) for name in ("output_summary", "query", "result")))
    about = inert_line(str(next(filter(None, said), "")))[:100]
    took = ", ".join(filter(None, [str(step.status), f"{step.latency_ms or 0} ms", _tokens(step)]))
    return f"  {step.number}. {step.type} {step.name}: {took}  {about}".rstrip()


def _tokens(step: Step) -> str:
    """What a call of the model took; empty where no tokens were counted, as the rules have none."""
    asked, answered = _count(step, "prompt_tokens"), _count(step, "completion_tokens")
    if not asked + answered:
        return ""
    cached = f" ({_count(step, 'cached_tokens') / asked:.0%} from the cache)" if _count(step, "cached_tokens") else ""
    return f"{asked:,}{cached} + {answered:,} tokens"


def _count(step: Step, name: str) -> int:
    count = step.detail.get(name)
    return count if isinstance(count, int) else 0
