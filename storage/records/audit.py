"""The audit chain."""

from datetime import datetime

from storage.records.base import JsonObject, Record


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
