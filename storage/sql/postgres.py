"""The Store on PostgreSQL: psycopg on threads, READ COMMITTED, the database's own time.

Writes that race meet at row locks inside conditional statements. The audit chain's advisory lock is the last that a
transaction takes, so nobody who holds it waits for anybody else.
"""

import asyncio
import json
import time
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TypeVar, cast

import psycopg
from psycopg import IsolationLevel
from psycopg.types.string import TextLoader
from psycopg_pool import ConnectionPool

from storage.health import Health
from storage.records import Job
from storage.sql.audit import Head
from storage.sql.errors import from_psycopg
from storage.sql.query import POSTGRESQL, Connection, Cursor
from storage.sql.transaction import SqlTransaction
from storage.store import OutcomeUnknown, StoreBusy

T = TypeVar("T")
Offset = Callable[[], timedelta]
Driver = psycopg.Connection[tuple[object, ...]]

CONNECTIONS = 10
# A connection over which nothing comes back is given up, instead of waited on for ever.
_WIRE = {
    "connect_timeout": 5, "keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 20_000,
}  # fmt: skip
PATIENCE = 5.0  # seconds to wait for a connection or a lock
TRIES = 5
MOST_WAITING = 10_000

# The last one ends transactions whose client is gone without a word: they may hold the audit chain's lock.
_SETTINGS = b"""
    SET timezone = 'UTC'; SET lock_timeout = '5s'; SET statement_timeout = '30s';
    SET idle_in_transaction_session_timeout = '10s'
"""
# Each statement of these has its own snapshot, so the second sees what the last holder of the lock committed.
_HEAD = b"""
    SELECT pg_advisory_xact_lock(1365311234);
    SELECT clock_timestamp(), pg_current_xact_id()::text, seq, hash FROM (SELECT 1) AS one
    LEFT JOIN (SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1) AS last ON true
"""
_BUDGET = b"SELECT pg_advisory_xact_lock(1365311235, hashtext(%s))"
_DEFER = b"SELECT signoff_defer(%s, %s, %s, %s, %s)"


class PostgresTransaction(SqlTransaction):
    """A transaction on PostgreSQL. `offset` shifts its time, for tests."""

    def __init__(self, driver: Driver, offset: Offset | None) -> None:
        connection = cast("Connection", driver)
        super().__init__(_Shifted(connection, offset) if offset else connection, POSTGRESQL)
        self._driver, self._offset = driver, offset
        self._jobs: list[Job] = []
        self._asked: tuple[datetime, float] | None = None
        self.xid: object = None  # names the transaction to the database, once it has written audit entries

    def now(self) -> datetime:
        """The database's time, aware UTC: asked for once, and from then on by how long ago that was."""
        if self._asked is None:
            [moment] = self._driver.execute(b"SELECT clock_timestamp()").fetchone() or ()
            self._asked = (cast("datetime", moment), time.monotonic())
        moment, asked = self._asked
        return self._shift(moment + timedelta(seconds=time.monotonic() - asked))

    def hold_budgets(self, rules: Collection[str]) -> None:
        """Locks in one order everywhere; a statement after them sees what their last holders committed."""
        for rule in sorted(rules):
            self._driver.execute(_BUDGET, (rule,))

    def defer(self, *jobs: Job) -> None:
        """Add the jobs when the transaction is about to commit, so that jobs stand in the order of commits."""
        self._jobs.extend(jobs)

    def finish(self) -> None:
        """Defer the jobs, then link the audit entries under the chain's lock."""
        if self._jobs:
            self._driver.cursor().executemany(_DEFER, list(map(self._deferral, self._jobs)))
        if self._notes:
            cursor = self._driver.execute(_HEAD)
            cursor.nextset()
            moment, self.xid, seq, last = cursor.fetchone() or ()
            at = self._shift(moment)
            self._link(Head(at) if seq is None else Head(at, cast("int", seq), cast("str", last)))

    def _deferral(self, job: Job) -> tuple[object, ...]:
        due = job.due - self._offset() if job.due and self._offset else job.due
        return job.task, json.dumps(job.payload), job.lock, job.key, due

    def _shift(self, moment: object) -> datetime:
        utc = cast("datetime", moment).astimezone(UTC)
        return utc + self._offset() if self._offset else utc


class _Shifted:
    """A connection for tests, on which the database's clock is ahead."""

    def __init__(self, connection: Connection, offset: Offset) -> None:
        self._connection, self._offset = connection, offset

    def execute(self, query: str, params: Mapping[str, object], /) -> Cursor:
        """Run the statement with every reading of the clock shifted."""
        ahead = f"(clock_timestamp() + interval '{self._offset().total_seconds():.6f} seconds')"
        return self._connection.execute(query.replace("clock_timestamp()", ahead), params)

    def cursor(self) -> Cursor:
        """Statements that are run many times do not read the clock."""
        return self._connection.cursor()


class PostgresStore:
    """The Store port on PostgreSQL."""

    def __init__(self, dsn: str, offset: Offset | None = None) -> None:
        self._offset = offset
        self.health = Health()
        self._pool = ConnectionPool[Driver](
            dsn,
            kwargs=_WIRE,
            min_size=1,
            max_size=CONNECTIONS,
            timeout=PATIENCE,
            configure=_configure,
            open=True,
        )
        self._threads = ThreadPoolExecutor(CONNECTIONS, "signoff-store")
        self._waiting = 0

    async def write(self, work: Callable[[PostgresTransaction], T]) -> T:
        """Run `work` in one transaction; return its result after the commit."""
        with self.health.watched():
            return await self._on_thread(lambda: self._persist(work))

    async def read(self, work: Callable[[PostgresTransaction], T]) -> T:
        """Run `work` on one snapshot."""
        return await self._on_thread(lambda: self._look(work))

    async def close(self) -> None:
        """Finish what was accepted, then close the connections."""
        await asyncio.to_thread(self._threads.shutdown)
        await asyncio.to_thread(self._pool.close)

    async def _on_thread(self, call: Callable[[], T]) -> T:
        if self._waiting >= MOST_WAITING:
            raise StoreBusy(f"{MOST_WAITING} transactions wait already; try again later.")
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, call)
        except psycopg.Error as error:
            raise from_psycopg(error) from error
        finally:
            self._waiting -= 1

    def _persist(self, work: Callable[[PostgresTransaction], T]) -> T:
        """Run the transaction, again if it met another one head-on or its connection was stale, which leaves nothing."""
        return self._until_done(lambda: self._attempt(work))

    def _until_done(self, attempt: Callable[[], T]) -> T:
        for left in range(TRIES, 0, -1):
            try:
                return attempt()
            except (psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure):
                if left == 1:
                    raise
            except _Stale:
                if left == 1:
                    raise
                self._pool.check()  # after a restart of the server all connections are stale, not only this one
        raise AssertionError("unreachable")

    def _attempt(self, work: Callable[[PostgresTransaction], T]) -> T:
        with self._pool.connection() as driver:
            transaction = PostgresTransaction(driver, self._offset)
            try:
                result = work(transaction)
                transaction.finish()
            except psycopg.OperationalError as error:
                if driver.broken:
                    raise _Stale(str(error)) from error
                raise
            try:
                driver.commit()
            except psycopg.OperationalError as error:
                if not driver.broken:
                    raise
                lost = error
            else:
                return result
        if self._has_committed(transaction.xid, lost):
            return result
        raise _Stale(str(lost)) from lost

    def _has_committed(self, xid: object, lost: psycopg.OperationalError) -> bool:
        """Whether a transaction took effect whose connection was lost at the commit. Raises OutcomeUnknown."""
        deadline = time.monotonic() + PATIENCE
        while xid is not None and time.monotonic() < deadline:
            with suppress(psycopg.OperationalError), self._pool.connection() as driver:
                [status] = driver.execute(b"SELECT pg_xact_status(%s::text::xid8)", (xid,)).fetchone() or ()
                if status in ("committed", "aborted"):
                    return status == "committed"
            time.sleep(0.1)
        raise OutcomeUnknown(f"The connection was lost at the commit ({lost}); look before you try again.") from lost

    def _look(self, work: Callable[[PostgresTransaction], T]) -> T:
        return self._until_done(lambda: self._glance(work))

    def _glance(self, work: Callable[[PostgresTransaction], T]) -> T:
        with self._pool.connection() as driver:
            driver.isolation_level, driver.read_only = IsolationLevel.REPEATABLE_READ, True
            try:
                return work(PostgresTransaction(driver, self._offset))
            except psycopg.OperationalError as error:
                if driver.broken:
                    raise _Stale(str(error)) from error
                raise
            finally:
                if not driver.broken:
                    driver.rollback()
                    driver.isolation_level, driver.read_only = IsolationLevel.READ_COMMITTED, None


class _Stale(psycopg.OperationalError):
    """The connection was lost before the commit."""


def _configure(driver: Driver) -> None:
    driver.adapters.register_loader("json", TextLoader)
    driver.isolation_level = IsolationLevel.READ_COMMITTED
    driver.autocommit = True  # settings for the session need no transaction, and no commit that could be lost
    driver.execute(_SETTINGS)
    driver.autocommit = False
