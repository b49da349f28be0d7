"""Runs, their journal, and the keys of deliveries."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache

from sqlalchemy import Integer, String, bindparam, func, select, tuple_
from sqlalchemy.dialects.postgresql import Insert, insert

from storage.records import Run, RunStatus, Step, StepStatus
from storage.redaction import redacted_json
from storage.sql.query import Query
from storage.sql.rows import Rows, among, columns, fields, literal, value
from storage.sql.tables import Deliveries, Runs, Steps, table
from storage.sql.types import now
from storage.store import Fenced, NotFound

_deliveries, _runs, _steps = table(Deliveries), table(Runs), table(Steps)

_open = among(_runs.c.status, *(status for status in RunStatus if not status.ended))
_this = _runs.c.id == bindparam("run")
_under = _runs.c.attempt == bindparam("under")

_deliver = Query(insert(_deliveries).values(key=bindparam("key"), at=now()).on_conflict_do_nothing())
_forget = Query(_deliveries.delete().where(_deliveries.c.at < value("before", _deliveries.c.at)))

_add = Query(_runs.insert())
_get = Query(select(*columns(_runs, Run)).where(_this))
_claim = Query(
    _runs.update()
    .where(_this, among(_runs.c.status, RunStatus.ready, RunStatus.running))
    .values(status="running", attempt=_runs.c.attempt + 1)
    .returning(*columns(_runs, Run))
)
_park = Query(_runs.update().where(_this, _under, _runs.c.status == "running").values(status="waiting"))
_wake = Query(_runs.update().where(_this, _runs.c.status == "waiting").values(status="ready"))

_TOTALS = ("total_latency_ms", "waited_ms", "prompt_tokens", "completion_tokens", "total_cost_usd")
_END = ("status", "final_output", "error", "finished_at", *_TOTALS)
_end = Query(_runs.update().where(_this, _under, _open).values({name: value(f"new_{name}", _runs.c[name]) for name in _END}))

_journal = Query(select(*columns(_steps, Step)).where(_steps.c.run_id == bindparam("run")).order_by(_steps.c.number))
_OVER = ("span_id", "type", "name", "status", "detail", "result", "error", "started_at", "finished_at")


_new_step = {name: value(f"new_{name}", _steps.c[name]) for name in Step.model_fields}
_holding = select(*_new_step.values()).select_from(_runs).where(_this, _under, _runs.c.status == "running")


def _or_replace(statement: Insert) -> Query:
    return Query(
        statement.on_conflict_do_update(
            index_elements=["run_id", "number"],
            set_={name: statement.excluded[name] for name in _OVER},
            where=among(_steps.c.status, StepStatus.started, StepStatus.waiting),
        )
    )


# Fenced, the same statement holds the run's row until the commit, so nobody can claim the run in between.
_write_fenced = _or_replace(insert(_steps).from_select(list(_new_step), _holding.with_for_update()))
_write_free = _or_replace(insert(_steps).values(_new_step))
_holds = Query(select(_runs.c.id).where(_this, _under, _runs.c.status == "running"))


_newest = tuple_(_runs.c.created_at, _runs.c.id)
_WANTED = {
    "status": _runs.c.status == bindparam("status", type_=String),
    "agent": _runs.c.agent == bindparam("agent", type_=String),
    "since": _runs.c.created_at >= value("since", _runs.c.created_at),
    "after": _newest < tuple_(value("after", _runs.c.created_at), value("after_id", _runs.c.id)),
}


@cache
def _list(wanted: frozenset[str]) -> Query:
    listed = select(*columns(_runs, Run)).where(*(_WANTED[name] for name in sorted(wanted)))
    newest = listed.order_by(_runs.c.created_at.desc(), _runs.c.id.desc())
    return Query(newest.limit(bindparam("most", type_=Integer)))


_find = Query(
    select(*columns(_runs, Run))
    .where(func.lower(_runs.c.id).startswith(bindparam("prefix", type_=String), escape="/"))
    .order_by(_runs.c.id)
    .limit(3)
)


class RunRows(Rows):
    """Runs, steps and deliveries of the Store port."""

    def first_delivery(self, key: str) -> bool:
        """Remember `key`; False if it was known."""
        return self._changed(_deliver, key=key)

    def forget_deliveries(self, before: datetime) -> int:
        """Forget keys remembered before `before`; return how many."""
        return self._run(_forget, before=before).rowcount

    def add_run(self, run: Run) -> None:
        """Insert."""
        self._run(_add, **fields(run))

    def run(self, id: str) -> Run:
        """Raises NotFound."""
        run = self._one(_get, Run, run=id)
        if run is None:
            raise NotFound("run", id)
        return run

    def runs(
        self,
        *,
        limit: int = 20,
        status: RunStatus | None = None,
        agent: str | None = None,
        since: datetime | None = None,
        after: tuple[datetime, str] | None = None,
    ) -> Sequence[Run]:
        """Newest first, from the one after `after`."""
        begun, last = after or (None, None)
        given = {"status": status, "agent": agent, "since": since, "after": begun}
        wanted = {name: content for name, content in given.items() if content is not None}
        cursor = {} if last is None else {"after_id": last}
        return self._all(_list(frozenset(wanted)), Run, most=limit, **wanted, **cursor)

    def find_runs(self, prefix: str) -> Sequence[Run]:
        """At most 3 whose id starts with `prefix`, case-insensitive."""
        return self._all(_find, Run, prefix=literal(prefix))

    def claim_run(self, id: str) -> Run | None:
        """`ready` or `running` becomes `running` under the next attempt."""
        return self._one(_claim, Run, run=id)

    def park_run(self, id: str, attempt: int) -> None:
        """`running` becomes `waiting`. Raises Fenced."""
        if not self._changed(_park, run=id, under=attempt):
            raise _fenced(id, attempt)

    def wake_run(self, id: str) -> bool:
        """`waiting` becomes `ready`."""
        return self._changed(_wake, run=id)

    def end_run(self, run: Run) -> bool:
        """Write the end of a run that has not ended, fenced by its attempt."""
        end = {f"new_{name}": getattr(run, name) for name in _END}
        return self._changed(_end, run=run.id, under=run.attempt, **end)

    def steps(self, run_id: str) -> Sequence[Step]:
        """In order of their numbers."""
        return self._all(_journal, Step, run=run_id)

    def write_step(self, step: Step, *, attempt: int | None) -> None:
        """Insert the step or replace an open one, its detail without credentials. Raises Fenced."""
        new = {f"new_{name}": content for name, content in step} | {"new_detail": redacted_json(step.detail)}
        if attempt is None:
            self._run(_write_free, **new)
        elif not self._changed(_write_fenced, run=step.run_id, under=attempt, **new) and not self._values(
            _holds, run=step.run_id, under=attempt
        ):
            raise _fenced(step.run_id, attempt)


def _fenced(id: str, attempt: int) -> Fenced:
    return Fenced(f"Attempt {attempt} no longer holds run {id}; another worker has claimed it or it has ended.")
