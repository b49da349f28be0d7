"""Requests, their revisions, and the decisions on them."""

from collections.abc import Sequence
from functools import cache

from sqlalchemy import ColumnElement, Integer, String, bindparam, case, func, select
from sqlalchemy.dialects.postgresql import insert

from storage.records import Decision, Request, RequestStatus, Revision
from storage.sql.query import Query
from storage.sql.rows import Rows, columns, fields, value
from storage.sql.tables import Decisions, Requests, Revisions, table
from storage.sql.types import now
from storage.store import NotFound

_requests, _revisions, _decisions = table(Requests), table(Revisions), table(Decisions)
_request = columns(_requests, Request)

_this = _requests.c.id == bindparam("request")
_pending = _requests.c.status == RequestStatus.pending.value

_add = Query(_requests.insert())
_add_revision = Query(_revisions.insert())
_get = Query(select(*_request).where(_this))
_find = Query(
    select(*_request)
    .where(func.lower(_requests.c.id).startswith(bindparam("prefix", type_=String), escape="/"))
    .order_by(_requests.c.id)
    .limit(3)
)
_history = Query(
    select(*columns(_revisions, Revision))
    .where(_revisions.c.request_id == bindparam("request"))
    .order_by(_revisions.c.number)
)

# The write that decides. It changes nothing but locks the row (SQLite: the database), so whoever comes second waits here
# and then finds what the first one left.
_hold = Query(
    _requests.update()
    .where(_this, _pending, _requests.c.revision == bindparam("at_revision"), _requests.c.expires_at > now())
    .values(revision=_requests.c.revision)
    .returning(*_request)
)

_REVISED = ("revision", "arguments", "target", "verdict", "fingerprint", "summary", "labels", "expires_at")
_revise = Query(
    _requests.update().where(_this, _pending).values({name: value(f"new_{name}", _requests.c[name]) for name in _REVISED})
)
_move = Query(
    _requests.update()
    .where(_this, _requests.c.status == bindparam("before"))
    .values(
        status=bindparam("after"),
        reason=func.coalesce(value("why", _requests.c.reason), _requests.c.reason),
        decided_at=case((_pending, now()), else_=_requests.c.decided_at),
    )
    .returning(*_request)
)
_expire = Query(
    _requests.update()
    .where(_this, _pending, _requests.c.expires_at <= now())
    .values(status=RequestStatus.expired.value, decided_at=now())
    .returning(*_request)
)
_overdue = Query(
    select(_requests.c.id)
    .where(_pending, _requests.c.expires_at <= now())
    .order_by(_requests.c.expires_at)
    .limit(bindparam("most", type_=Integer))
)

_decide = Query(insert(_decisions).on_conflict_do_nothing(index_elements=["request_id", "revision", "person_key", "verb"]))
_decided = Query(
    select(*columns(_decisions, Decision))
    .where(_decisions.c.request_id == bindparam("request"))
    .order_by(_decisions.c.created_at, _decisions.c.id)
)

_FILTERS: dict[str, ColumnElement[str]] = {
    "status": _requests.c.status,
    "run_id": _requests.c.run_id,
    "requester": _requests.c.requester_key,
}


@cache
def _list(filters: tuple[str, ...]) -> Query:
    wanted = [_FILTERS[name] == bindparam(f"wanted_{name}") for name in filters]
    newest = select(*_request).where(*wanted).order_by(_requests.c.created_at.desc(), _requests.c.id.desc())
    return Query(newest.limit(bindparam("most", type_=Integer)))


class RequestRows(Rows):
    """Requests, revisions and decisions of the Store port."""

    def add_request(self, request: Request, revision: Revision) -> None:
        """Insert both."""
        self._run(_add, **fields(request), requester_key=request.requester.key)
        self._run(_add_revision, **fields(revision))

    def request(self, id: str) -> Request:
        """Raises NotFound."""
        request = self._one(_get, Request, request=id)
        if request is None:
            raise NotFound("request", id)
        return request

    def find_requests(self, prefix: str) -> Sequence[Request]:
        """At most 3 whose id starts with `prefix`, case-insensitive."""
        literal = prefix.lower().replace("/", "//").replace("%", "/%").replace("_", "/_")
        return self._all(_find, Request, prefix=literal)

    def requests(
        self,
        *,
        limit: int = 20,
        status: RequestStatus | None = None,
        run_id: str | None = None,
        requester: str | None = None,
    ) -> Sequence[Request]:
        """Newest first."""
        given = {"status": status, "run_id": run_id, "requester": requester}
        wanted = {name: content for name, content in given.items() if content is not None}
        values = {f"wanted_{name}": content for name, content in wanted.items()}
        return self._all(_list(tuple(wanted)), Request, most=limit, **values)

    def revisions(self, request_id: str) -> Sequence[Revision]:
        """In order of their numbers."""
        return self._all(_history, Revision, request=request_id)

    def hold_request(self, id: str, revision: int) -> Request | None:
        """Lock the request if it can be decided at `revision` now."""
        return self._one(_hold, Request, request=id, at_revision=revision)

    def revise_request(self, request: Request, revision: Revision) -> None:
        """Store a new revision of a request that this transaction holds."""
        self._run(_add_revision, **fields(revision))
        new = {f"new_{name}": getattr(request, name) for name in _REVISED}
        if not self._changed(_revise, request=request.id, **new):
            raise NotFound("pending request", request.id)

    def move_request(
        self, id: str, before: RequestStatus, after: RequestStatus, *, reason: str | None = None
    ) -> Request | None:
        """Status `before` becomes `after`; None if it was not `before`."""
        return self._one(_move, Request, request=id, before=before, after=after, why=reason)

    def expire_request(self, id: str) -> Request | None:
        """`pending` and past its time becomes `expired`."""
        return self._one(_expire, Request, request=id)

    def overdue_requests(self, limit: int) -> Sequence[str]:
        """Ids of pending requests past their time, oldest first."""
        return [str(row[0]) for row in self._run(_overdue, most=limit).fetchall()]

    def add_decision(self, decision: Decision) -> bool:
        """False if that person has decided the same on that revision before."""
        return self._changed(_decide, **fields(decision), person_key=decision.person.key)

    def decisions(self, request_id: str) -> Sequence[Decision]:
        """In order of time."""
        return self._all(_decided, Decision, request=request_id)
