"""Runs and their steps, which are the journal and the trace."""

from datetime import datetime
from enum import StrEnum

from pydantic import Field, JsonValue

from storage.records.base import JsonObject, Record
from storage.records.people import Person, Place


class RunStatus(StrEnum):
    """Where a run stands. `ready`, `running` and `waiting` can go on; the others are ends."""

    ready = "ready"
    running = "running"
    waiting = "waiting"
    succeeded = "succeeded"
    failed = "failed"
    blocked = "blocked"
    cancelled = "cancelled"

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen."""
        return self not in (RunStatus.ready, RunStatus.running, RunStatus.waiting)


class Run(Record):
    """One execution of an agent. `attempt` fences writers: each claim raises it, and only the newest may write."""

    id: str
    trace_id: str
    agent: str
    agent_version: str
    level: int
    requester: Person
    origin: Place | None
    input: str
    on_behalf_of: Person | None = None  # whom the run acts for, if not for its requester
    api_key: str | None = None  # id of the key through which another program's agent asks; its workflow runs elsewhere
    status: RunStatus = RunStatus.ready
    attempt: int = 0
    final_output: str | None = None
    error: str | None = None
    created_at: datetime
    finished_at: datetime | None = None
    total_latency_ms: int | None = None
    waited_ms: int | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    total_cost_usd: float | None = None  # None means unknown, never free

    @property
    def success(self) -> bool | None:
        """Whether the run reached its goal; None while it still goes on."""
        return self.status is RunStatus.succeeded if self.status.ended else None


class StepType(StrEnum):
    """The four kinds of recorded unit."""

    retrieval = "retrieval"
    llm_call = "llm_call"
    tool_call = "tool_call"
    approval = "approval"


class StepStatus(StrEnum):
    """How far a step got. `waiting` is an approval that people have not answered yet."""

    started = "started"
    waiting = "waiting"
    done = "done"
    failed = "failed"


class Step(Record):
    """One row of the journal, which is also one row of the trace.

    `detail` holds what a reader of the trace wants (query, model, tokens, arguments, verdict ...), `result` what replay
    gives back to the workflow.
    """

    run_id: str
    number: int
    span_id: str
    type: StepType
    name: str
    status: StepStatus
    detail: JsonObject = Field(default_factory=dict)
    result: JsonValue = None
    error: str | None = None
    started_at: datetime
    finished_at: datetime | None = None

    @property
    def latency_ms(self) -> int | None:
        """Whole milliseconds from start to end; None while the step is open."""
        if self.finished_at is None:
            return None
        return round((self.finished_at - self.started_at).total_seconds() * 1000)
