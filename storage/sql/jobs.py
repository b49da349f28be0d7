"""The outbox of the in-process Dispatch, on SQLite.

A job is `waiting` until the dispatch takes it, `running` while its handler runs, and deleted after that; `aside` when it
has failed too often. Taking jobs is a write, so a transaction that finds the key of a waiting job knows that the job will
start after its own commit and see what it did.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Integer, bindparam, literal_column, select
from sqlalchemy.dialects.postgresql import insert

from storage.records import Job, JsonObject
from storage.sql.query import Query
from storage.sql.rows import Rows, value
from storage.sql.tables import Jobs, table
from storage.sql.types import now

_jobs = table(Jobs)
_ahead = _jobs.alias("ahead")

_this = _jobs.c.id == bindparam("job", type_=Integer)
_waiting = _jobs.c.state == "waiting"
_new = {name: value(name, _jobs.c[name]) for name in ("task", "payload", "lock", "key", "due_at")}

_add = Query(
    insert(_jobs)
    .values(**_new, state="waiting", attempts=0)
    .on_conflict_do_nothing(index_elements=["key"], index_where=_jobs.c.state == literal_column("'waiting'"))
)
_due = (
    select(_jobs.c.id)
    .where(
        _waiting,
        _jobs.c.due_at <= now(),
        ~select(_ahead.c.id)
        .where(_ahead.c.lock == _jobs.c.lock, _ahead.c.id < _jobs.c.id, _ahead.c.state != "aside")
        .exists(),
    )
    .order_by(_jobs.c.due_at, _jobs.c.id)
    .limit(bindparam("most", type_=Integer))
)
_take = Query(
    _jobs.update()
    .where(_jobs.c.id.in_(_due))
    .values(state="running")
    .returning(_jobs.c.id, _jobs.c.task, _jobs.c.payload, _jobs.c.attempts)
)
_done = Query(_jobs.delete().where(_this))
_twin = Query(
    _jobs.delete().where(
        _waiting, _jobs.c.key == select(_ahead.c.key).where(_ahead.c.id == bindparam("job")).scalar_subquery()
    )
)
_again = Query(
    _jobs.update()
    .where(_this)
    .values(
        state=bindparam("after"),
        attempts=_jobs.c.attempts + bindparam("counted", type_=Integer),
        due_at=value("later", _jobs.c.due_at),
        error=value("why", _jobs.c.error),
    )
)
_left = Query(select(_jobs.c.id).where(_jobs.c.state == "running"))


@dataclass(frozen=True)
class Taken:
    """A job that now belongs to a dispatch; `attempts` counts the failures so far."""

    id: int
    task: str
    payload: JsonObject
    attempts: int


class JobRows(Rows):
    """The outbox within a transaction."""

    def add_jobs(self, jobs: Sequence[Job], due: datetime) -> None:
        """Insert those whose key does not wait already; `due` is when those run that name no time."""
        self._run_each(
            _add,
            [
                {"task": job.task, "payload": job.payload, "lock": job.lock, "key": job.key, "due_at": job.due or due}
                for job in jobs
            ],
        )

    def take_jobs(self, limit: int) -> Sequence[Taken]:
        """Take what is due, first in its lock's order, in order of time."""
        ready = _take.on(self._dialect)
        rows = self._run(_take, most=limit).fetchall()
        return sorted((Taken(**ready.row(row)) for row in rows), key=lambda taken: taken.id)

    def finish_jobs(self, ids: Sequence[int]) -> None:
        """These jobs have done their work."""
        self._run_each(_done, [{"job": job} for job in ids])

    def put_back_job(self, id: int, *, due: datetime, failed: bool = False, error: str | None = None) -> None:
        """Let the job wait again in its old place; a younger one with its key is not needed any more."""
        self._run(_twin, job=id)
        self._run(_again, job=id, after="waiting", counted=int(failed), later=due, why=error)

    def set_job_aside(self, id: int, *, at: datetime, error: str) -> None:
        """Keep the job for people to look at; those behind it go on."""
        self._run(_again, job=id, after="aside", counted=1, later=at, why=error)

    def put_back_jobs(self, due: datetime) -> int:
        """Let jobs wait again whose process ended while they ran; return how many."""
        left = [int(row[0]) for row in self._run(_left).fetchall()]
        for job in left:
            self.put_back_job(job, due=due)
        return len(left)
