"""The tables. They never leave `storage`: everybody else sees the frozen records.

A column bears the name of its record's field; the few columns that a record does not have exist to be searched by.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index, Integer, MetaData, Table, UniqueConstraint, text
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from storage.sql.types import Json, UtcDateTime, Words

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Row(SQLModel, registry=registry(metadata=metadata)):
    """Base of the tables, with metadata of their own so that nobody else's tables mix with them."""

    metadata = metadata


class Deliveries(Row, table=True):
    """Keys of what platforms have delivered, to recognise redeliveries."""

    key: str = Field(primary_key=True)
    at: datetime = Field(sa_type=UtcDateTime, index=True)


class Runs(Row, table=True):
    """One execution of an agent."""

    __table_args__ = (Index(None, "created_at"), Index(None, "status", "created_at"))

    id: str = Field(primary_key=True)
    trace_id: str
    agent: str
    agent_version: str
    level: int
    requester: dict[str, Any] = Field(sa_type=Json)
    origin: dict[str, Any] | None = Field(sa_type=Json)
    input: str = Field(sa_type=Words)
    on_behalf_of: dict[str, Any] | None = Field(sa_type=Json)
    api_key: str | None
    status: str
    attempt: int
    final_output: str | None = Field(sa_type=Words)
    error: str | None = Field(sa_type=Words)
    created_at: datetime = Field(sa_type=UtcDateTime)
    finished_at: datetime | None = Field(sa_type=UtcDateTime)
    total_latency_ms: int | None = Field(sa_type=BigInteger)
    waited_ms: int | None = Field(sa_type=BigInteger)
    prompt_tokens: int | None
    completion_tokens: int | None
    total_cost_usd: float | None


class Steps(Row, table=True):
    """The journal, which is the trace."""

    run_id: str = Field(primary_key=True, foreign_key="runs.id")
    number: int = Field(primary_key=True)
    span_id: str
    type: str
    name: str
    status: str
    detail: dict[str, Any] = Field(sa_type=Json)
    result: dict[str, Any] | None = Field(sa_type=Json)
    error: str | None = Field(sa_type=Words)
    started_at: datetime = Field(sa_type=UtcDateTime)
    finished_at: datetime | None = Field(sa_type=UtcDateTime)


class Requests(Row, table=True):
    """What needs people, with the contents of its current revision."""

    __table_args__ = (Index(None, "status", "expires_at"), Index(None, "status", "nudge_at"), Index(None, "created_at"))

    id: str = Field(primary_key=True)
    run_id: str = Field(foreign_key="runs.id", index=True)
    step: int
    agent: str
    tenant: str
    requester: dict[str, Any] = Field(sa_type=Json)
    requester_key: str = Field(index=True)
    action: str
    summary: str = Field(sa_type=Words)
    evidence: list[Any] = Field(sa_type=Json)
    labels: list[Any] = Field(sa_type=Json)
    revision: int
    arguments: dict[str, Any] = Field(sa_type=Json)
    target: str = Field(sa_type=Words)
    verdict: dict[str, Any] = Field(sa_type=Json)
    fingerprint: str
    places: list[Any] = Field(sa_type=Json)
    on_behalf_of: dict[str, Any] | None = Field(sa_type=Json)
    api_key: str | None
    status: str
    reason: str | None = Field(sa_type=Words)
    created_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime = Field(sa_type=UtcDateTime)
    decided_at: datetime | None = Field(sa_type=UtcDateTime)
    nudge_at: datetime | None = Field(sa_type=UtcDateTime)
    escalated_at: datetime | None = Field(sa_type=UtcDateTime)


class Revisions(Row, table=True):
    """Each version of what a request asks for."""

    request_id: str = Field(primary_key=True, foreign_key="requests.id")
    number: int = Field(primary_key=True)
    arguments: dict[str, Any] = Field(sa_type=Json)
    target: str = Field(sa_type=Words)
    verdict: dict[str, Any] = Field(sa_type=Json)
    fingerprint: str
    editor: dict[str, Any] | None = Field(sa_type=Json)
    created_at: datetime = Field(sa_type=UtcDateTime)


class Conversations(Row, table=True):
    """Where a surface may speak, and what it needs for that."""

    surface: str = Field(primary_key=True)
    tenant: str = Field(primary_key=True)
    id: str = Field(primary_key=True)
    kind: str
    person: str | None = Field(index=True)
    address: dict[str, Any] = Field(sa_type=Json)
    seen_at: datetime = Field(sa_type=UtcDateTime)


class Decisions(Row, table=True):
    """What people answered; one answer a person and revision."""

    __table_args__ = (UniqueConstraint("request_id", "revision", "person_key", "verb"),)

    id: str = Field(primary_key=True)
    request_id: str = Field(foreign_key="requests.id")
    revision: int
    fingerprint: str
    person: dict[str, Any] = Field(sa_type=Json)
    person_key: str
    verb: str
    reason: str | None = Field(sa_type=Words)
    notes: str = Field(sa_type=Words)
    lent_by: dict[str, Any] | None = Field(sa_type=Json)
    seal: str
    created_at: datetime = Field(sa_type=UtcDateTime)


class Delegations(Row, table=True):
    """Who decides in whose place, and until when."""

    id: str = Field(primary_key=True)
    giver: dict[str, Any] = Field(sa_type=Json)
    giver_key: str = Field(index=True)
    taker: dict[str, Any] = Field(sa_type=Json)
    taker_key: str = Field(index=True)
    created_at: datetime = Field(sa_type=UtcDateTime)
    until: datetime = Field(sa_type=UtcDateTime)
    ended_at: datetime | None = Field(sa_type=UtcDateTime)


class Identities(Row, table=True):
    """Accounts of humans who have several."""

    key: str = Field(primary_key=True)
    human: str = Field(index=True)
    person: dict[str, Any] = Field(sa_type=Json)
    created_at: datetime = Field(sa_type=UtcDateTime)


class ApiKeys(Row, table=True):
    """Keys of other programs, hashed."""

    id: str = Field(primary_key=True)
    name: str
    owner: dict[str, Any] = Field(sa_type=Json)
    scopes: list[Any] = Field(sa_type=Json)
    secret_hash: str
    per_minute: int
    created_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime | None = Field(sa_type=UtcDateTime)
    revoked_at: datetime | None = Field(sa_type=UtcDateTime)
    last_used_at: datetime | None = Field(sa_type=UtcDateTime)


class Submissions(Row, table=True):
    """Idempotency keys and what was made of them."""

    api_key: str = Field(primary_key=True, foreign_key="apikeys.id")
    idempotency_key: str = Field(primary_key=True)
    body: str
    request_id: str = Field(foreign_key="requests.id")
    created_at: datetime = Field(sa_type=UtcDateTime, index=True)


class Executions(Row, table=True):
    """Attempts to run an action. The two constraints make a grant single-use."""

    __table_args__ = (UniqueConstraint("run_id", "step"), UniqueConstraint("request_id"))

    id: str = Field(primary_key=True)
    run_id: str = Field(foreign_key="runs.id")
    step: int
    request_id: str | None = Field(foreign_key="requests.id")
    action: str
    arguments: dict[str, Any] = Field(sa_type=Json)
    fingerprint: str
    status: str
    receipt: dict[str, Any] | None = Field(sa_type=Json)
    error: str | None = Field(sa_type=Words)
    started_at: datetime = Field(sa_type=UtcDateTime)
    finished_at: datetime | None = Field(sa_type=UtcDateTime)


class Adoptions(Row, table=True):
    """The policies that came into force. Their numbers let one of several replicas say so."""

    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    version: str
    content: dict[str, Any] = Field(sa_type=Json)
    at: datetime = Field(sa_type=UtcDateTime)


class Spendings(Row, table=True):
    """What rules with a budget let run by themselves: which step of which run, and when."""

    __table_args__ = (Index(None, "rule", "at"),)

    rule: str = Field(primary_key=True)
    run_id: str = Field(primary_key=True, foreign_key="runs.id")
    step: int = Field(primary_key=True)
    at: datetime = Field(sa_type=UtcDateTime, index=True)


class Evaluations(Row, table=True):
    """The joined records of proposals and what became of them."""

    id: str = Field(primary_key=True)
    run_id: str = Field(foreign_key="runs.id", index=True)
    step: int
    request_id: str | None = Field(foreign_key="requests.id")
    agent: str
    action: str
    verdict: str
    decision: str
    outcome: str
    body: dict[str, Any] = Field(sa_type=Json)
    created_at: datetime = Field(sa_type=UtcDateTime, index=True)


class Audit(Row, table=True):
    """The chain. Triggers refuse to change or delete its rows."""

    seq: int = Field(
        primary_key=True,
        sa_type=BigInteger().with_variant(Integer, "sqlite"),
        sa_column_kwargs={"autoincrement": False},
    )
    at: datetime = Field(sa_type=UtcDateTime)
    event: str
    actor: str
    run_id: str | None = Field(index=True)
    request_id: str | None = Field(index=True)
    body: dict[str, Any] = Field(sa_type=Json)
    previous: str
    hash: str


class Messages(Row, table=True):
    """Messages on surfaces that are kept in step with the database."""

    __table_args__ = (UniqueConstraint("subject", "purpose", "surface", "tenant", "channel"),)

    id: str = Field(primary_key=True)
    purpose: str
    subject: str
    home: dict[str, Any] = Field(sa_type=Json)
    place: dict[str, Any] = Field(sa_type=Json)
    surface: str
    tenant: str
    channel: str
    status: str
    address: dict[str, Any] | None = Field(sa_type=Json)
    shown: str | None
    created_at: datetime = Field(sa_type=UtcDateTime)


class Jobs(Row, table=True):
    """The outbox of the in-process Dispatch; exists on SQLite only. States: waiting, running, aside."""

    __table_args__ = (
        Index(None, "state", "due_at"),
        Index(None, "lock", "id"),
        Index(None, "key", unique=True, sqlite_where=text("state = 'waiting'")),
        {"info": {"database": "sqlite"}},
    )

    id: int = Field(primary_key=True)
    task: str
    payload: dict[str, Any] = Field(sa_type=Json)
    lock: str | None
    key: str | None
    due_at: datetime = Field(sa_type=UtcDateTime)
    state: str
    attempts: int
    error: str | None = Field(sa_type=Words)


def table(model: type[Row]) -> Table:
    """The SQLAlchemy table of `model`."""
    return metadata.tables[model.__name__.lower()]
