"""What a terminal says of a run: a line for each step, with tokens, and the share of them that came from the cache."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.run_told import lines
from storage.records import JsonObject, Person, Run, RunStatus, Step, StepStatus, StepType

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
RUN = Run(
    id="run_1", trace_id="0" * 32, agent="support", agent_version="1", level=2, input="x", created_at=NOW,
    origin=None, requester=Person(key="terminal:anna", name="Anna"), status=RunStatus.succeeded, total_cost_usd=0.0021,
)  # fmt: skip


def call(**detail: object) -> Step:
    told: JsonObject = {"output_summary": "refund", **detail}  # type: ignore[dict-item]
    return Step(
        run_id="run_1", number=1, span_id="0" * 16, type=StepType.llm_call, name="read", status=StepStatus.done,
        detail=told, started_at=NOW, finished_at=NOW + timedelta(milliseconds=840),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("detail", "line"),
    [
        ({}, "  1. llm_call read: done, 840 ms  refund"),
        ({"prompt_tokens": 0, "completion_tokens": 0, "cached_tokens": 0}, "  1. llm_call read: done, 840 ms  refund"),
        (
            {"prompt_tokens": 4000, "completion_tokens": 120, "cached_tokens": 3000},
            "  1. llm_call read: done, 840 ms, 4,000 (75% from the cache) + 120 tokens  refund",
        ),
        ({"prompt_tokens": 4000, "completion_tokens": 120}, "  1. llm_call read: done, 840 ms, 4,000 + 120 tokens  refund"),
    ],
)
def test_a_call_of_the_model_says_what_it_took(detail: JsonObject, line: str) -> None:
    assert list(lines(RUN, [call(**detail)]))[1] == line


@pytest.mark.parametrize(("cost", "says"), [(0.0021, "$0.0021"), (None, "an unknown price")])
def test_the_last_line_adds_up(cost: float | None, says: str) -> None:
    steps = [call(prompt_tokens=900, completion_tokens=100)] * 2
    assert list(lines(RUN.model_copy(update={"total_cost_usd": cost}), steps))[-1] == f"  In all: 2,000 tokens for {says}"
