"""The nouns of Signoff as frozen values, without I/O.

Every record is a frozen pydantic model, so it validates when it is made, compares by value and turns into JSON without
further code. Times are aware UTC datetimes, money is in US dollars, latencies are whole milliseconds. Ids are strings
with a prefix that says what they name (`run_`, `req_`, `dec_`, `exe_`, `eva_`, `msg_`).
"""

from datetime import datetime
from enum import StrEnum
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

JsonObject = dict[str, JsonValue]


class Record(BaseModel):
    """Base of all records: frozen, and strict about unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Risk(StrEnum):
    """How bad it is when an action goes wrong, in words that a card can show."""

    low = "low"
    medium = "medium"
    high = "high"
    critical = "critical"

    @property
    def rank(self) -> int:
        """Position from least (0) to most (3) severe."""
        return list(Risk).index(self)


class Outcome(StrEnum):
    """What a policy lets happen with a proposal, from least to most restrictive."""

    auto = "auto"
    log = "log"
    approve = "approve"
    block = "block"

    @property
    def rank(self) -> int:
        """Position from least (0) to most (3) restrictive."""
        return list(Outcome).index(self)


class Person(Record):
    """Somebody who asks or decides. `key` is `surface:tenant:user`, for example `slack:T024BE7LD:U0MIA`."""

    key: str
    name: str
    email: str | None = None

    @property
    def surface(self) -> str:
        """The surface this identity belongs to, for example `slack`."""
        return self.key.split(":", 2)[0]

    @property
    def tenant(self) -> str:
        """The workspace or tenant this identity belongs to."""
        return self.key.split(":", 2)[1]

    @property
    def user(self) -> str:
        """The surface's own id of the user."""
        return self.key.split(":", 2)[2]


class Place(Record):
    """Where on a surface something is said: a channel and, within it, a thread."""

    surface: str
    tenant: str
    channel: str
    thread: str | None = None


class Evidence(Record):
    """One source that a proposal rests on."""

    title: str
    quote: str
    link: str | None = None


class Proposal(Record):
    """What an agent wants to do, with what it rests on. `target` names whom or what the action touches."""

    action: str
    arguments: JsonObject
    target: str
    summary: str
    evidence: tuple[Evidence, ...] = Field(default=(), max_length=3)
    risk: Risk | None = None  # what the agent or its model thinks; it can raise the policy's risk, never lower it
    labels: tuple[str, ...] = ()  # honest remarks shown on the card, for example that an offline model was used


class Verdict(Record):
    """What a policy says of one proposal, with everything that the gate needs to act on it."""

    outcome: Outcome
    risk: Risk
    reasons: tuple[str, ...]
    rules: tuple[str, ...]
    policy_version: str
    reviewers: tuple[str, ...] = ()
    quorum: int = Field(default=1, ge=1)
    exclude_requester: bool = True
    channel: str | None = None
    expires_in: int = Field(default=4 * 3600, ge=1)  # seconds
    reminders: tuple[float, ...] = (0.5, 0.9)  # when reviewers are reminded, as shares of the time they have
    escalate_to: tuple[str, ...] = ()  # who may decide as well, from `escalate_after` on
    escalate_after: int | None = None  # seconds; set where `escalate_to` names somebody

    def stricter_than(self, other: "Verdict") -> bool:
        """Whether this verdict asks for more than `other` did: outcome, risk or, where both ask people, people or time."""
        return (
            self.outcome.rank > other.outcome.rank
            or self.risk.rank > other.risk.rank
            or (self.outcome is Outcome.approve and other.outcome is Outcome.approve and self._asks_more(other))
        )

    def _asks_more(self, other: "Verdict") -> bool:
        return (
            self.quorum > other.quorum
            or (self.exclude_requester and not other.exclude_requester)
            or bool(set(other.reviewers) - set(self.reviewers))
            or bool(set(other.escalate_to) - {*self.escalate_to, *self.reviewers})
            or self.expires_in < other.expires_in
        )


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
    detail: JsonObject = {}
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
    place: Place | None
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


class Delegation(Record):
    """One reviewer lets somebody else decide in their place for a while."""

    id: str
    giver: Person
    taker: Person
    created_at: datetime
    until: datetime
    ended_at: datetime | None = None  # when it was taken back


class Identity(Record):
    """One account of a human who has several: accounts with the same `human` count as one person."""

    person: Person
    human: str
    created_at: datetime


Scope = Literal["request", "read", "report", "decide", "admin"]


class ApiKey(Record):
    """What lets another program use the HTTP API. The secret itself is never stored, only its hash."""

    id: str
    name: str
    owner: Person  # who answers for it: the requester of what it asks for, the person of what it decides
    scopes: tuple[Scope, ...]
    secret_hash: str  # SHA-256 of the secret, 64 hexadecimal digits
    per_minute: int  # calls allowed
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None


class Submission(Record):
    """What an idempotency key stands for: the body that came with it, and the request made of it."""

    api_key: str
    idempotency_key: str
    body: str  # digest of the canonical body
    request_id: str
    created_at: datetime


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


class AuditEntry(Record):
    """One link of the audit chain: `hash` = SHA-256 over `previous` and the canonical JSON of the other fields."""

    seq: int
    at: datetime
    event: str
    actor: str
    run_id: str | None
    request_id: str | None
    body: JsonObject
    previous: str
    hash: str


class MessageStatus(StrEnum):
    """`posting` is recorded before the platform is called, so an ambiguous failure leaves a trace."""

    posting = "posting"
    posted = "posted"
    gone = "gone"


class Message(Record):
    """One message that stands on a surface and is kept in step with the database.

    `purpose` is `card` (subject: a request) or `run` (subject: a run). `address` is the surface's own JSON that finds the
    message again. `shown` is a digest of what the message last showed.
    """

    id: str
    purpose: Literal["card", "run"]
    subject: str
    place: Place
    status: MessageStatus
    address: JsonObject | None = None
    shown: str | None = None
    created_at: datetime


class Conversation(Record):
    """A conversation that a surface can only speak in by what it was told there, as on Teams. `id` is the surface's own."""

    surface: str
    tenant: str
    id: str
    kind: Literal["personal", "group", "channel"]
    person: str | None = None  # key of the only other one in a personal conversation
    address: JsonObject  # what the surface needs to speak there
    seen_at: datetime


class Job(Record):
    """A hint to look, deferred in the transaction that gave cause for it.

    Jobs with the same `lock` run one after the other in the order in which they were deferred; while a job with a `key`
    still waits, a second one with that key is not added. A job with a `lock` has no `due` time, because it would hold up
    all that are deferred behind it until then.
    """

    task: str
    payload: JsonObject
    lock: str | None = None
    key: str | None = None
    due: datetime | None = None

    @model_validator(mode="after")
    def _holds_nobody_up(self) -> Self:
        if self.lock is not None and self.due is not None:
            raise ValueError("A job with a lock cannot have a due time: it would hold up the jobs behind it.")
        return self
