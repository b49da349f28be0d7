"""What the page of a run shows, from its rows. Pure."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import JsonValue

from agents.actions import Actions
from bot.cards.card import Notice
from bot.cards.text import Text
from bot.pages.axis import Axis, Bar, Span, axis_of
from bot.pages.secrecy import covered
from bot.pages.told import what_happened
from bot.traces.build import Rows, trace_of
from bot.traces.records import Approval, ModelCall, Retrieval, ToolCall, Trace, TraceStep
from bot.traces.text import money
from storage.records import Step, StepStatus
from storage.redaction import Cover

Covering = Callable[[JsonValue], JsonValue]

KINDS = {"retrieval": "Look-up", "llm_call": "Model", "tool_call": "Tool", "approval": "People"}


@dataclass(frozen=True)
class Row:
    """One line of the waterfall. `ms`: how long it took, or has taken so far; `marks`: what to notice, a sign and a word."""

    step: TraceStep
    depth: int
    title: str
    kind: str
    bar: Bar
    ms: int
    marks: tuple[tuple[str, str], ...]
    tokens: int | None
    cost: str


@dataclass(frozen=True)
class Part:
    """Something to read in a panel: a JSON value as text, set off or in a line."""

    label: str
    text: str
    block: bool


@dataclass(frozen=True)
class Panel:
    """One step, whole."""

    row: Row
    before: int | None
    after: int | None
    facts: tuple[tuple[str, str], ...]
    given: tuple[Part, ...]
    came: tuple[Part, ...]


@dataclass(frozen=True)
class RunPage:
    """The whole page. `ms`, `tokens` and `cost` are of all steps together, as far as they are known."""

    trace: Trace
    ms: int
    tokens: int
    cost: str
    excerpt: str
    told: tuple[Text, ...]
    axis: Axis
    rows: tuple[Row, ...]
    requests: tuple[str, ...]
    panel: Panel | None


def run_page(
    rows: Rows, notice: Notice, cover: Cover, actions: Actions, now: datetime, open_step: int | None
) -> RunPage | None:
    """The page, with the panel of one step open; None if there is no such step."""
    trace = trace_of(rows, actions)
    axis = axis_of(trace.started_at, _end(trace, now), [_span(step, now) for step in trace.steps])
    lines = tuple(_row(step, axis, trace.steps, now) for step in trace.steps)
    panel = (
        _panel(lines, rows.steps, open_step, lambda value: covered(value, cover, actions)) if open_step is not None else None
    )
    if open_step is not None and panel is None:
        return None
    return RunPage(
        trace=trace, ms=_ms(trace.started_at, _end(trace, now)), tokens=sum(line.tokens or 0 for line in lines),
        cost=money(_cost(trace)), excerpt=notice.excerpt, told=what_happened(rows, trace, actions), axis=axis, rows=lines,
        requests=tuple(sorted(rows.asked, key=lambda id: rows.asked[id].request.created_at)),
        panel=panel,
    )  # fmt: skip


def _end(trace: Trace, now: datetime) -> datetime:
    return max([trace.finished_at or now, *(step.finished_at for step in trace.steps if step.finished_at)])


def _ms(begin: datetime, end: datetime) -> int:
    return round((end - begin).total_seconds() * 1000)


def _cost(trace: Trace) -> float | None:
    """What a run has cost; None if that of a step is not known."""
    if trace.status.ended:
        return trace.total_cost_usd
    costs = [step.cost_usd for step in trace.steps if isinstance(step, ModelCall) and step.finished_at]
    return None if None in costs else sum(cost for cost in costs if cost is not None)


def _span(step: TraceStep, now: datetime) -> Span:
    return Span(step.started_at, step.finished_at or now, isinstance(step, Approval))


def _row(step: TraceStep, axis: Axis, steps: Sequence[TraceStep], now: datetime) -> Row:
    model = isinstance(step, ModelCall)
    tokens = (step.prompt_tokens or 0) + (step.completion_tokens or 0) if isinstance(step, ModelCall) else None
    return Row(
        step=step,
        depth=_depth(step, steps),
        title=_title(step),
        kind=KINDS[step.type],
        bar=axis.bar(step.started_at, step.finished_at or now),
        ms=_ms(step.started_at, step.finished_at or now),
        marks=tuple(_marks(step)),
        tokens=tokens,
        cost=money(step.cost_usd) if model and isinstance(step, ModelCall) else "",
    )


def _depth(step: TraceStep, steps: Sequence[TraceStep]) -> int:
    by_number = {each.step: each for each in steps} if step.parent is not None else {}
    depth, seen = 0, {step.step}
    while step.parent is not None and step.parent in by_number and step.parent not in seen:
        step, depth = by_number[step.parent], depth + 1
        seen.add(step.step)
    return depth


def _title(step: TraceStep) -> str:
    match step:
        case Approval():
            return "Asked people"
        case ToolCall(parent=int()):
            return f"Ran {step.name}"
        case ToolCall() if step.verdict is not None:
            return f"Proposed {step.name}"
        case _:
            return step.name


def _marks(step: TraceStep) -> Iterator[tuple[str, str]]:
    match step:
        case Approval(decision=None, finished_at=None):
            yield "…", "waits"
        case Approval(decision=str() as decision):
            yield _DECIDED[decision]
        case ToolCall(violation=True):
            yield "⊘", "not allowed"
        case ToolCall(result="blocked"):
            yield "⊘", "blocked"
        case _:
            pass
    if isinstance(step, ModelCall) and step.retries:
        yield "↻", f"{step.retries} {'retry' if step.retries == 1 else 'retries'}"
    if step.status is StepStatus.failed and not (isinstance(step, ToolCall) and step.result == "blocked"):
        yield "✗", "failed"
    if step.status is StepStatus.started:
        yield "…", "running"


_DECIDED: Mapping[str, tuple[str, str]] = {
    "approve": ("✓", "approved"),
    "edit": ("✎", "edited"),
    "reject": ("✗", "rejected"),
    "expired": ("⌛", "expired"),
    "cancelled": ("⊘", "cancelled"),
}


def _panel(lines: Sequence[Row], steps: Sequence[Step], number: int, cover: Covering) -> Panel | None:
    at = next((at for at, line in enumerate(lines) if line.step.step == number), None)
    if at is None:
        return None
    line, kept = lines[at], next(step for step in steps if step.number == number)
    numbers = [each.step.step for each in lines]
    return Panel(
        row=line,
        before=numbers[at - 1] if at else None,
        after=numbers[at + 1] if at + 1 < len(numbers) else None,
        facts=tuple(_facts(line.step)),
        given=tuple(_parts(_given(line.step), cover)),
        came=tuple(_parts(_came(line.step, kept), cover)),
    )


def _facts(step: TraceStep) -> Iterator[tuple[str, str]]:
    if isinstance(step, ModelCall):
        yield "Model", step.model or "unknown"
        yield "Prompt", f"{step.prompt}, version {step.prompt_version}"
        if step.prompt_tokens is not None:
            cached = f", {step.cached_tokens:,} of them from the cache" if step.cached_tokens else ""
            yield "Tokens", f"{step.prompt_tokens:,} in{cached}; {step.completion_tokens or 0:,} out"
        yield "Cost", money(step.cost_usd)
        yield "Retries", str(step.retries or 0)
    if isinstance(step, ToolCall) and step.verdict:
        yield "Policy", f"{step.verdict.outcome}, {step.verdict.risk} risk"
        yield "Rules", ", ".join(step.verdict.rules) or "none"
        yield "Because", " ".join(step.verdict.reasons)


def _given(step: TraceStep) -> dict[str, Any]:
    """What a step was given."""
    match step:
        case Retrieval():
            return {"Query": step.query}
        case ToolCall():
            arguments = {f"Argument {name}": value for name, value in (step.arguments or {}).items()}
            return {"Tool": step.tool, "Target": step.target, "Said of it, not verified": step.summary, **arguments}
        case _:
            return {}


def _came(step: TraceStep, kept: Step) -> dict[str, Any]:
    """What came of it."""
    match step:
        case Retrieval():
            return {"Sources": list(step.sources_retrieved), "What was found": kept.result}
        case ModelCall():
            value = kept.result.get("value") if isinstance(kept.result, dict) and "value" in kept.result else kept.result
            return {"In short": step.output_summary, "Answer": value}
        case ToolCall():
            # Of a proposal and its execution the receipt says it; what is replayed has their arguments, secrets and all.
            whole = kept.result if step.verdict is None and step.parent is None else None
            return {"Result": step.result, "Receipt": step.receipt, "Returned": whole}
        case _:
            return {}


def _parts(values: Mapping[str, JsonValue], cover: Covering) -> Iterator[Part]:
    for label, value in values.items():
        if value is None or value in ("", [], {}):
            continue
        shown = cover(value)
        text = shown if isinstance(shown, str) else json.dumps(shown, ensure_ascii=False, indent=2)
        yield Part(label, text, not isinstance(shown, str) or len(text) > 60 or "\n" in text)
