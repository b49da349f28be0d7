"""The audit chain as such."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

import pytest

from storage.audit import GENESIS, Break, link, verify
from storage.records import AuditEntry

AT = datetime(2026, 1, 2, 3, 4, 5, 600, tzinfo=UTC)


def chain(length: int) -> list[AuditEntry]:
    entries: list[AuditEntry] = []
    for seq in range(1, length + 1):
        previous = entries[-1].hash if entries else GENESIS
        entry = AuditEntry(
            seq=seq, at=AT, event="e", actor="a", run_id=None, request_id="req_1", body={"n": seq}, previous=previous,
            hash="",
        )  # fmt: skip
        entries.append(entry.model_copy(update={"hash": link(entry)}))
    return entries


def changed(entry: AuditEntry, **fields: object) -> AuditEntry:
    return entry.model_copy(update=fields)


def rehashed(entry: AuditEntry, **fields: object) -> AuditEntry:
    entry = changed(entry, **fields)
    return changed(entry, hash=link(entry))


def test_an_untouched_chain_holds() -> None:
    assert verify(chain(5)) is None
    assert verify([]) is None


def test_a_chain_is_verified_in_pages() -> None:
    entries = chain(5)
    assert verify(entries[3:], seq=3, previous=entries[2].hash) is None
    assert verify(entries[3:]) == Break(1, "entry 1 is missing, 4 follows instead")


@pytest.mark.parametrize(
    ("tamper", "seq", "reason"),
    [
        (lambda e: [*e[:2], changed(e[2], body={"n": 9}), *e[3:]], 3, "changed"),
        (lambda e: [*e[:2], changed(e[2], actor="b"), *e[3:]], 3, "changed"),
        (lambda e: [*e[:2], changed(e[2], at=AT + timedelta(microseconds=1)), *e[3:]], 3, "changed"),
        (lambda e: [*e[:2], rehashed(e[2], body={"n": 9}), *e[3:]], 4, "does not continue"),
        (lambda e: [*e[:2], *e[3:]], 3, "missing"),
        (lambda e: e[1:], 1, "missing"),
        (lambda e: [*e[:2], e[1], *e[2:]], 3, "missing"),
        (lambda e: [e[0], rehashed(e[2], seq=2), *e[3:]], 2, "does not continue"),
    ],
)
def test_tampering_is_found(tamper: Callable[[list[AuditEntry]], list[AuditEntry]], seq: int, reason: str) -> None:
    broken = verify(tamper(chain(5)))
    assert broken is not None
    assert broken.seq == seq
    assert reason in broken.reason


def test_the_hash_does_not_depend_on_how_the_same_moment_is_written() -> None:
    [entry] = chain(1)
    elsewhere = entry.at.astimezone(timezone(timedelta(hours=9)))
    assert link(changed(entry, at=elsewhere)) == entry.hash


def test_the_hash_is_a_published_one() -> None:
    """Fixed for ever: if this changes, chains in the field no longer verify."""
    assert chain(1)[0].hash == "17c1f02d7213f9d1bd71707491dfb7b410c399b45af2b27afe5e0dbc3ad132ea"
