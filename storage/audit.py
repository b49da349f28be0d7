"""The audit chain: each entry's hash covers the one before it, so nothing can be changed, removed or put in between.

What the chain cannot show by itself is that its end was cut off or that all of it was made anew: `storage.anchors` keeps
hashes of it elsewhere for that.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC

from storage.canonical import NotCanonical, canonical
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
    return next(breaks(entries, seq=seq, previous=previous), None)


def breaks(entries: Iterable[AuditEntry], *, seq: int = 0, previous: str = GENESIS) -> Iterator[Break]:
    """Every such place: after one, the chain is followed on from the entry as it stands."""
    for entry in entries:
        seq += 1
        if entry.seq != seq:
            yield Break(seq, f"entry {seq} is missing, {entry.seq} follows instead")
        elif entry.previous != previous:
            yield Break(seq, f"entry {seq} does not continue the entry before it")
        if not _intact(entry):
            yield Break(entry.seq, f"entry {entry.seq} was changed after it was written")
        seq, previous = entry.seq, entry.hash


def _intact(entry: AuditEntry) -> bool:
    try:
        return entry.hash == link(entry)
    except NotCanonical:  # what was written had a hash
        return False
