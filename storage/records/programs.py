"""Other programs: their keys, and what they asked for."""

from datetime import datetime
from typing import Literal

from storage.records.base import Record
from storage.records.people import Person

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
