"""What was run, what came of it, and the record that joins it all."""

from datetime import datetime
from enum import StrEnum

from storage.records.base import JsonObject, Record
from storage.records.runs import Run
from storage.records.verdicts import Outcome


class ExecutionStatus(StrEnum):
    """How one attempt to run an action stands. `unknown`: it may or may not have happened, and a person must look."""

    claimed = "claimed"
    succeeded = "succeeded"
    failed = "failed"
    unknown = "unknown"


class Execution(Record):
    """One attempt to run an action. There is at most one for each `tool_call` step that has an effect."""

    id: str
    run_id: str
    step: int
    request_id: str | None
    action: str
    arguments: JsonObject
    fingerprint: str
    status: ExecutionStatus = ExecutionStatus.claimed
    receipt: JsonObject | None = None
    error: str | None = None
    started_at: datetime
    finished_at: datetime | None = None


class Evaluation(Record):
    """The joined record of one proposal and what became of it; `body` is all of it (see `bot/flow/evaluate.py`)."""

    id: str
    run_id: str
    step: int
    request_id: str | None
    agent: str
    action: str
    verdict: Outcome
    decision: str  # approve, edit, reject, expired, cancelled, or auto, log, block where nobody was asked
    outcome: str  # succeeded, failed, unknown, or none where nothing ran
    body: JsonObject
    created_at: datetime


class PastProposal(Record):
    """A proposal whose story has ended, with what a policy needs to judge it again as the agent made it.

    `arguments` and `target` are whole, secrets included: they are for judging, never for showing. They are None where
    only the evaluation's are kept, without secrets. `at` is when it was proposed.
    """

    evaluation: Evaluation
    run: Run
    arguments: JsonObject | None
    target: str | None
    at: datetime
    order: tuple[datetime, str]  # its place among the others, to go on after
