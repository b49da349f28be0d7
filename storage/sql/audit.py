"""The audit chain's rows: gathered during a transaction, linked and inserted at its end."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from sqlalchemy import Integer, bindparam, select

from storage.audit import GENESIS, link
from storage.records import AuditEntry, JsonObject
from storage.redaction import redacted_json
from storage.sql.query import Query
from storage.sql.rows import Rows, columns, fields
from storage.sql.tables import Audit, table
from storage.store import Unreadable

_audit = table(Audit)

_insert = Query(_audit.insert())
last_entry = Query(select(_audit.c.seq, _audit.c.hash).order_by(_audit.c.seq.desc()).limit(1))
_head = Query(select(*columns(_audit, AuditEntry)).order_by(_audit.c.seq.desc()).limit(1))


@cache
def _list(filters: tuple[str, ...]) -> Query:
    wanted = [_audit.c[name] == bindparam(f"wanted_{name}") for name in filters]
    after = _audit.c.seq > bindparam("after", type_=Integer)
    ordered = select(*columns(_audit, AuditEntry)).where(after, *wanted).order_by(_audit.c.seq)
    return Query(ordered.limit(bindparam("most", type_=Integer)))


@dataclass(frozen=True)
class Head:
    """Where the chain ends, and the time at which it goes on."""

    at: datetime
    seq: int = 0
    hash: str = GENESIS


@dataclass(frozen=True)
class _Note:
    event: str
    actor: str
    run_id: str | None
    request_id: str | None
    body: JsonObject


@contextmanager
def _as_written() -> Iterator[None]:
    """Rows that do not turn into entries were not written by this program."""
    try:
        yield
    except (ValueError, TypeError) as error:
        raise Unreadable(f"A row of the audit chain makes no entry: {error}") from error


class AuditRows(Rows):
    """The audit part of the Store port."""

    _notes: tuple[_Note, ...] = ()

    def audit(
        self,
        event: str,
        *,
        actor: str,
        run_id: str | None = None,
        request_id: str | None = None,
        body: JsonObject | None = None,
    ) -> None:
        """Append to the chain when the transaction is about to commit, without credentials."""
        self._notes = (*self._notes, _Note(event, actor, run_id, request_id, redacted_json(body or {})))

    def audit_entries(
        self, *, after: int = 0, limit: int = 1000, request_id: str | None = None, run_id: str | None = None
    ) -> Sequence[AuditEntry]:
        """In order of `seq`; entries of this transaction are not among them. Raises Unreadable."""
        given = {"request_id": request_id, "run_id": run_id}
        wanted = {name: content for name, content in given.items() if content is not None}
        values = {f"wanted_{name}": content for name, content in wanted.items()}
        with _as_written():
            return self._all(_list(tuple(wanted)), AuditEntry, after=after, most=limit, **values)

    def audit_head(self) -> AuditEntry | None:
        """The entry with which the chain ends. Raises Unreadable."""
        with _as_written():
            return self._one(_head, AuditEntry)

    def _link(self, head: Head) -> None:
        """Insert what was gathered. Nobody else may append between the reading of `head` and the commit."""
        previous, rows = head.hash, []
        for seq, note in enumerate(self._notes, head.seq + 1):
            entry = AuditEntry(seq=seq, at=head.at, **vars(note), previous=previous, hash="")
            previous = link(entry)
            rows.append({**fields(entry), "hash": previous})
        self._run_each(_insert, rows)
