"""Past proposals: evaluations with what a policy needs to judge them again.

There are two walks, each along an index: what people were asked about in the order in which it was asked, and the rest in
the order in which it ended. Each page is one statement, so a history of any length is read in the memory of a page.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Column, Integer, Select, String, and_, bindparam, func, or_, select

from storage.records import Evaluation, PastProposal, Record, Run
from storage.sql.query import Query
from storage.sql.rows import Rows, columns, value
from storage.sql.tables import Evaluations, Executions, Requests, Revisions, Runs, table
from storage.store import Unreadable

_evaluations, _executions, _requests, _revisions, _runs = (
    table(each) for each in (Evaluations, Executions, Requests, Revisions, Runs)
)

_PARTS: Mapping[str, tuple[type[Record], list[Any]]] = {
    "evaluation": (Evaluation, columns(_evaluations, Evaluation)),
    "run": (Run, columns(_runs, Run)),
}


def _columns() -> list[Any]:
    """The columns of an evaluation and its run, named after the part that they belong to."""
    return [column.label(f"{part}_{column.name}") for part, (_, found) in _PARTS.items() for column in found]


def _asked() -> tuple[Select[Any], Column[datetime], Column[str]]:
    """With the arguments of the first revision, which is the agent's own."""
    first = and_(_revisions.c.request_id == _requests.c.id, _revisions.c.number == 1)
    # by the run as well, because that is what evaluations have an index on
    joined = and_(_evaluations.c.run_id == _requests.c.run_id, _evaluations.c.request_id == _requests.c.id)
    rows = _requests.join(_evaluations, joined).join(_runs, _runs.c.id == _requests.c.run_id).join(_revisions, first)
    whole = _revisions.c.arguments.label("arguments"), _revisions.c.target.label("target")
    listed = select(*_columns(), *whole, _requests.c.created_at.label("at")).select_from(rows)
    return listed, _requests.c.created_at, _requests.c.id


def _unasked() -> tuple[Select[Any], Column[datetime], Column[str]]:
    """With the arguments that ran; what was blocked has none."""
    ran = and_(_executions.c.run_id == _evaluations.c.run_id, _executions.c.step == _evaluations.c.step)
    rows = _evaluations.join(_runs, _runs.c.id == _evaluations.c.run_id).outerjoin(_executions, ran)
    at = func.coalesce(_executions.c.started_at, _evaluations.c.created_at, type_=_evaluations.c.created_at.type)
    listed = select(*_columns(), _executions.c.arguments.label("arguments"), at.label("at")).select_from(rows)
    return listed.where(_evaluations.c.request_id.is_(None)), _evaluations.c.created_at, _evaluations.c.id


@cache
def _page(asked: bool, *, after: bool, by: tuple[str, ...]) -> Query:
    listed, time, name = _asked() if asked else _unasked()
    listed = listed.add_columns(time.label("order_time"), name.label("order_id"))
    listed = listed.where(time >= value("since", time), time < value("until", time))
    listed = listed.where(*(_evaluations.c[name] == bindparam(f"wanted_{name}", type_=String) for name in by))
    if after:
        seen, last = value("after_time", time), value("after_id", name)
        listed = listed.where(time >= seen, or_(time > seen, name > last))
    return Query(listed.order_by(time, name).limit(bindparam("most", type_=Integer)))


class PastRows(Rows):
    """Past proposals of the Store port."""

    def past_proposals(
        self,
        limit: int,
        *,
        asked: bool,
        since: datetime,
        until: datetime,
        after: tuple[datetime, str] | None = None,
        agent: str | None = None,
        action: str | None = None,
    ) -> Sequence[PastProposal]:
        """Oldest first, from the one after `after`. Raises Unreadable."""
        wanted = {name: text for name, text in (("agent", agent), ("action", action)) if text is not None}
        values: dict[str, object] = {f"wanted_{name}": text for name, text in wanted.items()}
        if after is not None:
            values |= {"after_time": after[0], "after_id": after[1]}
        query = _page(asked, after=after is not None, by=tuple(wanted))
        rows = self._run(query, since=since, until=until, most=limit, **values).fetchall()
        ready = query.on(self._dialect)
        try:
            return [_past(ready.row(row)) for row in rows]
        except ValueError as error:
            raise Unreadable(f"A past proposal between {since} and {until} holds what nobody of us has written.") from error


def _past(row: dict[str, Any]) -> PastProposal:
    parts = {
        part: kind.model_validate({name: row[f"{part}_{name}"] for name in kind.model_fields})
        for part, (kind, _) in _PARTS.items()
    }
    order = row["order_time"], row["order_id"]
    return PastProposal(**parts, arguments=row["arguments"], target=row.get("target"), at=row["at"], order=order)
