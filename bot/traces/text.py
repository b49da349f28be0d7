"""A trace for a terminal: what happened in a few lines, then each step with what it took."""

from collections.abc import Iterator

from bot.cards.inert import inert_line
from bot.traces.records import Approval, ModelCall, Retrieval, ToolCall, Trace, TraceStep, Voice
from storage.records import Run

WIDE = 100  # characters of one line's text
_SIGNS = {"done": "✓", "failed": "✗", "waiting": "…", "started": "…"}


def trace_text(trace: Trace) -> str:
    """The whole trace. What agents and people wrote is inert."""
    return "\n".join([*_head(trace), "", *(line for step in trace.steps for line in _step(step)), "", *_end(trace)])


def run_line(run: Run) -> str:
    """One run of a list."""
    took = _took(run.total_latency_ms, run.waited_ms)
    cost = money(run.total_cost_usd) if run.status.ended else ""
    when = run.created_at.strftime("%Y-%m-%d %H:%M")
    return f"{run.id}  {when}  {run.status:<9}  {_short(run.agent, 20):<20}  {took:<22}  {cost:<9}  {_short(run.input, 50)}"


def money(cost: float | None) -> str:
    """US dollars; unknown is never shown as nothing."""
    return "unknown" if cost is None else f"${cost:.4f}"


def duration(milliseconds: int) -> str:
    """A duration as people say it: `80 ms`, `4.2 s`, `3 min 20 s`, `2 h 5 min`."""
    if milliseconds < 1000:
        return f"{milliseconds} ms"
    seconds = milliseconds / 1000
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, hours = divmod(round(seconds), 60), divmod(round(seconds / 60), 60)
    return f"{minutes[0]} min {minutes[1]} s" if seconds < 3600 else f"{hours[0]} h {hours[1]} min"


def _head(trace: Trace) -> Iterator[str]:
    acting = f" for {_short(trace.on_behalf_of, 40)}" if trace.on_behalf_of else ""
    yield f"{trace.session_id}  {trace.agent} (level {trace.level}), asked by {_short(trace.asked_by, 40)}{acting}"
    yield f"  {trace.status}, begun {trace.started_at:%Y-%m-%d %H:%M:%S} UTC"
    yield f"  input: {_short(trace.input, WIDE)}"


def _step(step: TraceStep) -> Iterator[str]:
    indent = "      " if step.parent is not None else "  "
    facts = ", ".join(filter(None, [_time(step), _model_facts(step) if isinstance(step, ModelCall) else ""]))
    yield f"{indent}{_SIGNS[step.status]} {step.step}. {step.type} {_short(step.name, 40)}" + (
        f"  ({facts})" if facts else ""
    )
    yield from (f"{indent}     {_short(line, WIDE)}" for line in (*_said(step), *_added(step)))


def _time(step: TraceStep) -> str:
    took = "" if step.latency_ms is None else duration(step.latency_ms)
    if not isinstance(step, Approval):
        return took
    return f"people took {took}" if took else "waits for people"


def _model_facts(step: ModelCall) -> str:
    if not step.prompt_tokens:
        return step.model or ""
    tokens = f"{step.prompt_tokens:,} + {step.completion_tokens or 0:,} tokens"
    cached = f"{step.cached_tokens / step.prompt_tokens:.0%} cached" if step.cached_tokens else ""
    retried = f"{step.retries} retries" if step.retries else ""
    return ", ".join(filter(None, [step.model, tokens, cached, money(step.cost_usd), retried]))


def _said(step: TraceStep) -> Iterator[str]:
    match step:
        case Retrieval():
            yield f"looked for: {step.query or ''}"
            yield f"found: {', '.join(step.sources_retrieved) or 'nothing'}"
        case ModelCall():
            yield f"answered: {step.output_summary or 'nothing that could be used'}"
        case Approval():
            yield from (_voice(voice) for voice in step.decisions)
        case ToolCall():
            yield from _tool(step)


def _tool(step: ToolCall) -> Iterator[str]:
    if step.verdict:
        yield f"policy: {step.verdict.outcome}, {step.verdict.risk} risk, by {', '.join(step.verdict.rules)}"
    if step.summary:
        yield f"proposed: {step.summary}"
    if step.result:
        yield f"result: {step.result}{', which the agent may not do' if step.violation else ''}"


def _added(step: TraceStep) -> Iterator[str]:
    if step.error:
        yield f"error: {step.error}"
    yield from (f"note: {note}" for note in step.notes)


def _voice(voice: Voice) -> str:
    changes = "; ".join(f"{each.argument}: {each.before} -> {each.after}" for each in voice.changes)
    parts = [
        f"{voice.who}: {voice.decision} after {duration(round(voice.seconds * 1000))}",
        changes,
        voice.reason,
        voice.notes,
    ]
    return "  ".join(filter(None, parts))


def _end(trace: Trace) -> Iterator[str]:
    if trace.final_output:
        yield f"  output: {_short(trace.final_output, WIDE * 2)}"
    if trace.error:
        yield f"  error: {_short(trace.error, WIDE * 2)}"
    if trace.total_latency_ms is not None:
        tokens = (trace.prompt_tokens or 0) + (trace.completion_tokens or 0)
        took = _took(trace.total_latency_ms, trace.human_wait_ms)
        yield f"  took {took}, {tokens:,} tokens for {money(trace.total_cost_usd)}"


def _took(latency: int | None, waited: int | None) -> str:
    if latency is None:
        return ""
    return duration(latency) + (f" + {duration(waited)} people" if waited else "")


def _short(text: str, most: int) -> str:
    line = inert_line(text)
    return line if len(line) <= most else line[: most - 1] + "…"
