"""The audit chain: each entry's hash covers the one before it, so nothing can be changed, removed or put in between.

What the chain cannot show by itself is that its end was cut off; keep a recent hash somewhere else for that.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC

from storage.canonical import canonical
from storage.records import AuditEntry, JsonObject

GENESIS = "0" * 64


@dataclass(frozen=True)
class Break:
    """Where a chain does not hold, and why."""

    seq: int
    reason: str


def link(entry: AuditEntry) -> str:
    """The hash that belongs to `entry`: SHA-256 over `previous` and the canonical JSON of the fields but the two hashes.

    Raises NotCanonical.
    """
    fields: JsonObject = {
        "seq": entry.seq,
        "at": entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "event": entry.event,
        "actor": entry.actor,
        "run_id": entry.run_id,
        "request_id": entry.request_id,
        "body": entry.body,
    }
    return hashlib.sha256(entry.previous.encode() + canonical(fields)).hexdigest()


def verify(entries: Iterable[AuditEntry], *, seq: int = 0, previous: str = GENESIS) -> Break | None:
    """The first place where `entries`, in order, do not continue the chain after entry `seq` with hash `previous`."""
    for entry in entries:
        seq += 1
        if entry.seq != seq:
            return Break(seq, f"entry {seq} is missing, {entry.seq} follows instead")
        if entry.previous != previous:
            return Break(seq, f"entry {seq} does not continue the entry before it")
        if entry.hash != link(entry):
            return Break(seq, f"entry {seq} was changed after it was written")
        previous = entry.hash
    return None
