"""An execution trace, as JSON that stays the same from version to version: fields are added, never renamed.

Times are ISO 8601 in UTC, durations whole milliseconds, costs US
dollars. A cost that is not known is null, never 0. Secrets are stars here.
"""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from storage.records import Evidence, JsonObject, Outcome, Risk, RunStatus, StepStatus
from storage.records.base import Record


class Change(Record):
    """An argument that a reviewer changed, as people read it."""

    argument: str
    before: str
    after: str


class Voice(Record):
    """One decision of one person. `seconds` is how long after the card was posted."""

    who: str = Field(description="the person's name")
    decision: Literal["approve", "reject", "edit"]
    revision: int
    reason: str | None = None
    notes: str
    changes: tuple[Change, ...] = ()
    seconds: float
    at: datetime


class Ruling(Record):
    """What the policy said of a proposal."""

    outcome: Outcome
    risk: Risk
    rules: tuple[str, ...]
    reasons: tuple[str, ...]
    policy_version: str


class _Step(Record):
    """What every step has. `parent` is the step it belongs to: the proposal of an approval and of an execution."""

    step: int
    name: str
    status: StepStatus
    span_id: str
    parent: int | None = None
    started_at: datetime
    finished_at: datetime | None
    latency_ms: int | None
    error: str | None = None
    notes: tuple[str, ...] = Field((), description="remarks, for example that an answer was asked for twice")


class Retrieval(_Step):
    """Something was looked up."""

    type: Literal["retrieval"] = "retrieval"
    query: str | None = None
    sources_retrieved: tuple[str, ...] = ()


class ModelCall(_Step):
    """A language model was asked."""

    type: Literal["llm_call"] = "llm_call"
    model: str | None = None
    prompt: str | None = None
    prompt_version: str | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    cached_tokens: int | None = None
    cost_usd: float | None = None
    retries: int | None = None
    output_summary: str | None = None


class ToolCall(_Step):
    """A tool was used or an action proposed; `result` is `pending_approval` where people were asked."""

    type: Literal["tool_call"] = "tool_call"
    tool: str | None = None
    arguments: JsonObject | None = None
    target: str | None = None
    summary: str | None = None
    evidence: tuple[Evidence, ...] = ()
    verdict: Ruling | None = None
    result: str | None = None
    receipt: JsonObject | None = None
    violation: bool = Field(False, description="whether the agent asked for what it may not do")
    approval_request_id: str | None = None


class Approval(_Step):
    """People were asked. `decision` is null until they have answered."""

    type: Literal["approval"] = "approval"
    approval_request_id: str | None = None
    decision: Literal["approve", "edit", "reject", "expired", "cancelled"] | None = None
    wait_ms: int | None = None
    decisions: tuple[Voice, ...] = ()


TraceStep = Annotated[Retrieval | ModelCall | ToolCall | Approval, Field(discriminator="type")]


class Trace(Record):
    """One run. `total_latency_ms` is without the time that people took, `total_latency_with_wait_ms` with it."""

    session_id: str
    trace_id: str
    agent: str
    agent_version: str
    level: int
    asked_by: str
    on_behalf_of: str | None = None
    input: str
    status: RunStatus
    steps: tuple[TraceStep, ...]
    final_output: str | None
    error: str | None
    started_at: datetime
    finished_at: datetime | None
    total_latency_ms: int | None
    human_wait_ms: int | None
    total_latency_with_wait_ms: int | None
    prompt_tokens: int | None
    completion_tokens: int | None
    total_cost_usd: float | None
    success: bool | None
