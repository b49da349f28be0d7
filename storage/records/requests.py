"""What needs people: requests, their revisions, and the decisions on them."""

from datetime import datetime
from enum import StrEnum
from typing import Literal

from storage.records.base import JsonObject, Record
from storage.records.people import Person, Place
from storage.records.proposals import Evidence
from storage.records.verdicts import Verdict


class RequestStatus(StrEnum):
    """Where a request stands in its life (see `bot/flow`)."""

    pending = "pending"
    approved = "approved"
    executing = "executing"
    succeeded = "succeeded"
    failed = "failed"
    unknown = "unknown"
    rejected = "rejected"
    expired = "expired"
    cancelled = "cancelled"
    blocked = "blocked"  # refused by the policy at once; only what another program's agent asks for is stored then

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen."""
        return self not in (RequestStatus.pending, RequestStatus.approved, RequestStatus.executing)


class Revision(Record):
    """One version of what a request asks for: number 1 is the agent's, each later one an edit or a new judgement."""

    request_id: str
    number: int
    arguments: JsonObject
    target: str
    verdict: Verdict
    fingerprint: str
    editor: Person | None = None
    created_at: datetime


class Request(Record):
    """A proposal that needs people. `arguments`, `target`, `verdict`, `fingerprint` are those of its current revision."""

    id: str
    run_id: str
    step: int  # number of the `approval` step that waits for this request
    agent: str
    tenant: str
    requester: Person
    action: str
    summary: str
    evidence: tuple[Evidence, ...]
    labels: tuple[str, ...]
    revision: int
    arguments: JsonObject
    target: str
    verdict: Verdict
    fingerprint: str
    places: tuple[Place, ...]  # one card stands in each; the run's own channel comes first
    on_behalf_of: Person | None = None  # whom the run acts for; like the requester, they do not decide
    api_key: str | None = None  # set where another program's agent asks: it claims the grant and reports the outcome
    status: RequestStatus = RequestStatus.pending
    reason: str | None = None  # why it ended, where the status alone does not say
    created_at: datetime
    expires_at: datetime
    decided_at: datetime | None = None
    nudge_at: datetime | None = None  # when people are next reminded or others are asked as well
    escalated_at: datetime | None = None  # since when those of `verdict.escalate_to` may decide too


Verb = Literal["approve", "reject", "edit"]


class Decision(Record):
    """One reviewer's answer to one revision."""

    id: str
    request_id: str
    revision: int  # the revision that was decided on; for an edit, the new one
    fingerprint: str
    person: Person
    verb: Verb
    reason: str | None = None  # why it was rejected, one of the reasons offered (see `bot/cards/form.py`)
    notes: str = ""
    lent_by: Person | None = None  # the reviewer who delegated to `person`, where that is what entitled them
    seal: str = ""  # keyed hash over all of this, so that no row of the database alone makes an approval
    created_at: datetime
