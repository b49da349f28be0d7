"""A trace in a terminal: short, true, and inert whatever the texts are."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.traces.records import Approval, ModelCall, ToolCall, Trace, TraceStep, Voice
from bot.traces.text import duration, money, trace_text
from storage.records import RunStatus, StepStatus

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
HOSTILE = "\x1b[2Jnice\r\n\u202etxt.exe"


def step(kind: type[Any], **more: Any) -> Any:
    usual = {
        "step": 1, "name": "read", "status": StepStatus.done, "span_id": "0" * 16, "started_at": NOW,
        "finished_at": NOW + timedelta(milliseconds=840), "latency_ms": 840,
    }  # fmt: skip
    return kind(**usual | more)


def trace(*steps: TraceStep, **more: Any) -> Trace:
    usual = {
        "session_id": "run_1", "trace_id": "0" * 32, "agent": "support", "agent_version": "1", "level": 2,
        "asked_by": "Tess", "input": "x", "status": RunStatus.succeeded, "steps": steps, "final_output": "Done.",
        "error": None, "started_at": NOW, "finished_at": NOW, "total_latency_ms": 1840, "human_wait_ms": 60_000,
        "total_latency_with_wait_ms": 61_840, "prompt_tokens": 1800, "completion_tokens": 200,
        "total_cost_usd": 0.0021, "success": True,
    }  # fmt: skip
    return Trace.model_validate(usual | more)


@pytest.mark.parametrize(
    ("milliseconds", "told"),
    [(0, "0 ms"), (999, "999 ms"), (1000, "1.0 s"), (59_900, "59.9 s"), (200_000, "3 min 20 s"), (7_500_000, "2 h 5 min")],
)
def test_durations_are_told_as_people_say_them(milliseconds: int, told: str) -> None:
    assert duration(milliseconds) == told


@pytest.mark.parametrize(("cost", "told"), [(0.0021, "$0.0021"), (0.0, "$0.0000"), (None, "unknown")])
def test_an_unknown_price_is_never_nothing(cost: float | None, told: str) -> None:
    assert money(cost) == told


@pytest.mark.parametrize(
    ("facts", "line"),
    [
        ({}, "  ✓ 1. llm_call read  (840 ms, m)"),
        (
            {"prompt_tokens": 4000, "completion_tokens": 120, "cached_tokens": 3000, "cost_usd": 0.01},
            "  ✓ 1. llm_call read  (840 ms, m, 4,000 + 120 tokens, 75% cached, $0.0100)",
        ),
        (
            {"prompt_tokens": 4000, "completion_tokens": 120, "retries": 2},
            "  ✓ 1. llm_call read  (840 ms, m, 4,000 + 120 tokens, unknown, 2 retries)",
        ),
    ],
)
def test_a_call_of_the_model_says_what_it_took(facts: dict[str, Any], line: str) -> None:
    assert line in trace_text(trace(step(ModelCall, model="m", **facts))).splitlines()


def test_the_time_of_people_stands_apart() -> None:
    waiting = step(Approval, status=StepStatus.waiting, finished_at=None, latency_ms=None)
    assert "… 1. approval read  (waits for people)" in trace_text(trace(waiting))
    assert trace_text(trace()).endswith("took 1.8 s + 1 min 0 s people, 2,000 tokens for $0.0021")


def test_what_others_wrote_is_inert() -> None:
    voice = Voice(who=HOSTILE, decision="reject", revision=1, reason=HOSTILE, notes=HOSTILE, seconds=1, at=NOW)
    hostile = trace(
        step(ToolCall, name=HOSTILE, summary=HOSTILE, result=HOSTILE, error=HOSTILE, notes=(HOSTILE,)),
        step(Approval, decisions=(voice,)),
        input=HOSTILE,
        final_output=HOSTILE,
        error=HOSTILE,
        asked_by=HOSTILE,
        on_behalf_of=HOSTILE,
    )
    told = trace_text(hostile)
    assert not set("\x1b\r\u202e") & set(told)
    assert told.count("nice") >= 10
