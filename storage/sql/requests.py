"""Requests, their revisions, and the decisions on them."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache

from sqlalchemy import ColumnElement, Integer, String, bindparam, case, func, select, tuple_
from sqlalchemy.dialects.postgresql import insert

from storage.records import Decision, MessageStatus, Place, Request, RequestStatus, Revision
from storage.sql.query import Query
from storage.sql.rows import Rows, columns, fields, literal, value
from storage.sql.tables import Decisions, Executions, Messages, Requests, Revisions, table
from storage.sql.types import now
from storage.store import NotFound

_requests, _revisions, _decisions = table(Requests), table(Revisions), table(Decisions)
_executions, _messages = table(Executions), table(Messages)
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

# PostgreSQL looks at the row before it waits for its lock, and not again if whoever had it gave up: so look once more.
_in_time = Query(select(_requests.c.id).where(_this, _requests.c.expires_at > now()))

_REVISED = ("revision", "arguments", "target", "verdict", "fingerprint", "summary", "labels", "expires_at", "nudge_at")
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

_due = Query(
    select(*_request)
    .where(_pending, _requests.c.nudge_at <= now(), _requests.c.expires_at > now())
    .order_by(_requests.c.nudge_at)
    .limit(bindparam("most", type_=Integer))
)
_nudge = Query(
    _requests.update()
    .where(_this, _pending, _requests.c.nudge_at == value("seen", _requests.c.nudge_at))
    .values(
        nudge_at=value("next", _requests.c.nudge_at),
        escalated_at=case((bindparam("escalate", type_=Integer) == 1, now()), else_=_requests.c.escalated_at),
    )
    .returning(*_request)
)
_unclaimed = Query(
    select(_requests.c.id)
    .where(
        _requests.c.status == RequestStatus.approved.value,
        _requests.c.api_key.is_not(None),
        _requests.c.decided_at <= value("before", _requests.c.decided_at),
    )
    .order_by(_requests.c.decided_at)
    .limit(bindparam("most", type_=Integer))
)
_unreported = Query(
    select(_requests.c.id)
    .join(_executions, _executions.c.request_id == _requests.c.id)
    .where(
        _requests.c.status == RequestStatus.executing.value,
        _requests.c.api_key.is_not(None),
        _executions.c.started_at <= value("before", _executions.c.started_at),
    )
    .order_by(_executions.c.started_at)
    .limit(bindparam("most", type_=Integer))
)
_where_posted = Query(
    select(_messages.c.surface, _messages.c.tenant, _messages.c.channel)
    .distinct()
    .join(_requests, _messages.c.subject == _requests.c.id)
    .where(_pending, _messages.c.purpose == "card", _messages.c.status == MessageStatus.posted.value)
    .order_by(_messages.c.surface, _messages.c.tenant, _messages.c.channel)
)
_posted = Query(
    select(*_request)
    .join(_messages, _messages.c.subject == _requests.c.id)
    .where(
        _pending,
        _messages.c.purpose == "card",
        _messages.c.status != MessageStatus.gone.value,
        _messages.c.surface == bindparam("on_surface"),
        _messages.c.tenant == bindparam("of_tenant"),
        _messages.c.channel == bindparam("in_channel"),
    )
    .order_by(_requests.c.created_at, _requests.c.id)
    .limit(bindparam("most", type_=Integer))
)

_decide = Query(insert(_decisions).on_conflict_do_nothing(index_elements=["request_id", "revision", "person_key", "verb"]))
_INSTEAD = ("id", "fingerprint", "person", "reason", "notes", "lent_by", "seal", "created_at")
_instead = Query(
    _decisions.update()
    .where(
        _decisions.c.id == bindparam("old"),
        _decisions.c.request_id == bindparam("request"),
        _decisions.c.revision == bindparam("of_revision"),
        _decisions.c.person_key == bindparam("by"),
        _decisions.c.verb == bindparam("same"),
    )
    .values({name: value(f"new_{name}", _decisions.c[name]) for name in _INSTEAD})
)
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


@cache
def _in_order(*, after: bool, own: bool) -> Query:
    at, place = _requests.c.expires_at, tuple_(_requests.c.expires_at, _requests.c.id)
    wanted = [_requests.c.status == bindparam("status")]
    if after:
        wanted += [at >= value("after_time", at), place > tuple_(value("after_time", at), bindparam("after_id"))]
    if own:
        wanted.append(_requests.c.api_key.is_(None))
    ordered = select(*_request).where(*wanted).order_by(at, _requests.c.id)
    return Query(ordered.limit(bindparam("most", type_=Integer)))


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
        return self._all(_find, Request, prefix=literal(prefix))

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

    def requests_in_order(
        self, status: RequestStatus, limit: int, *, after: tuple[datetime, str] | None = None, own: bool = False
    ) -> Sequence[Request]:
        """The soonest to expire first, from the one after `after`."""
        query = _in_order(after=after is not None, own=own)
        cursor = {} if after is None else {"after_time": after[0], "after_id": after[1]}
        return self._all(query, Request, status=status, most=limit, **cursor)

    def revisions(self, request_id: str) -> Sequence[Revision]:
        """In order of their numbers."""
        return self._all(_history, Revision, request=request_id)

    def hold_request(self, id: str, revision: int) -> Request | None:
        """Lock the request if it can be decided at `revision` now."""
        held = self._one(_hold, Request, request=id, at_revision=revision)
        if held is None or self._run(_in_time, request=id).fetchone() is None:
            return None
        return held

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

    def due_nudges(self, limit: int) -> Sequence[Request]:
        """Pending requests whose `nudge_at` has come, the longest due first."""
        return self._all(_due, Request, most=limit)

    def nudge_request(self, request: Request, *, next_at: datetime | None, escalate: bool) -> Request | None:
        """Set `nudge_at`, and `escalated_at` to now if `escalate`; None if another worker did."""
        return self._one(_nudge, Request, request=request.id, seen=request.nudge_at, next=next_at, escalate=int(escalate))

    def unclaimed_requests(self, before: datetime, limit: int) -> Sequence[str]:
        """Ids of approved requests of other programs that nobody has claimed, oldest first."""
        return [str(row[0]) for row in self._run(_unclaimed, before=before, most=limit).fetchall()]

    def unreported_requests(self, before: datetime, limit: int) -> Sequence[str]:
        """Ids of claimed requests of other programs without a report, oldest first."""
        return [str(row[0]) for row in self._run(_unreported, before=before, most=limit).fetchall()]

    def posted_requests(self, surface: str, tenant: str, channel: str, limit: int) -> Sequence[Request]:
        """Pending requests whose card stands in that channel, oldest first."""
        where = {"on_surface": surface, "of_tenant": tenant, "in_channel": channel}
        return self._all(_posted, Request, most=limit, **where)

    def places_of_cards(self) -> Sequence[Place]:
        """Where cards of pending requests stand, each channel once, in one order."""
        rows = self._run(_where_posted).fetchall()
        return [Place(surface=surface, tenant=tenant, channel=channel) for surface, tenant, channel in rows]

    def add_decision(self, decision: Decision) -> bool:
        """False if that person has decided the same on that revision before."""
        return self._changed(_decide, **fields(decision), person_key=decision.person.key)

    def replace_decision(self, id: str, decision: Decision) -> bool:
        """False if `id` is not the same answer of the same person to the same revision."""
        new = {f"new_{name}": getattr(decision, name) for name in _INSTEAD}
        same = {"request": decision.request_id, "of_revision": decision.revision, "by": decision.person.key}
        return self._changed(_instead, old=id, same=decision.verb, **same, **new)

    def decisions(self, request_id: str) -> Sequence[Decision]:
        """In order of time."""
        return self._all(_decided, Decision, request=request_id)
