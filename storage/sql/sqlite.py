"""The Store on a SQLite file: how connections are opened, how transactions read time and jobs, how reads run.

Write-ahead logging lets readers see a snapshot while the one writer works; `synchronous=FULL` makes a commit durable
(https://www.sqlite.org/pragma.html#pragma_synchronous).
"""

import sqlite3
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TypeVar, cast

from filelock import FileLock, Timeout

from storage.clock import Clock, SystemClock, keep, utc_now
from storage.health import Health, nothing_wrong
from storage.records import Job
from storage.sql.audit import Head, last_entry
from storage.sql.jobs import JobRows
from storage.sql.query import SQLITE, Connection
from storage.sql.readers import Readers
from storage.sql.transaction import SqlTransaction
from storage.sql.types import utc_text
from storage.sql.writer import Writer
from storage.store import FileInUse

T = TypeVar("T")
CACHE = 4_000  # kilobytes of pages that each of three connections keeps; the system caches the file as well
CHECKPOINT = (
    10_000  # pages in the write-ahead log before they are moved to the file; the same pages are written again and again
)
BUSY = 5.0  # seconds that a statement waits for another process's write


def connect(path: Path, clock: Clock = utc_now, busy: float = BUSY) -> sqlite3.Connection:
    """A connection by the one recipe, for use by one thread at a time."""
    connection = sqlite3.connect(path, timeout=busy, isolation_level=None, check_same_thread=False, cached_statements=256)
    try:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute(f"PRAGMA cache_size=-{CACHE}")
        connection.execute(f"PRAGMA wal_autocheckpoint={CHECKPOINT}")
        connection.execute("PRAGMA foreign_keys=ON")
        connection.create_function("signoff_now", 0, lambda: utc_text(clock()))
    except sqlite3.Error:
        connection.close()
        raise
    return connection


class SqliteTransaction(SqlTransaction, JobRows):
    """A transaction on SQLite. Its clock is this process's."""

    def __init__(self, connection: sqlite3.Connection, clock: Clock) -> None:
        super().__init__(cast("Connection", connection), SQLITE)
        self._driver, self._clock = connection, clock
        self._jobs: list[Job] = []

    def now(self) -> datetime:
        """The clock's time, aware UTC."""
        return self._clock().astimezone(UTC)

    def hold_budgets(self, rules: Collection[str]) -> None:
        """Whoever writes holds the whole database."""

    def defer(self, *jobs: Job) -> None:
        """Add the jobs to the outbox when the transaction is about to commit, unless their keys wait there already."""
        self._jobs.extend(jobs)

    @property
    def deferred(self) -> bool:
        """Whether jobs were deferred."""
        return bool(self._jobs)

    def finish(self) -> None:
        """Store the jobs, and link the audit entries; the writer holds the database, so nobody else can."""
        if self._jobs:
            self.add_jobs(self._jobs, self.now())
        if self._notes:
            last = self._values(last_entry)
            self._link(Head(self.now(), **last) if last else Head(self.now()))


class SqliteStore:
    """The Store port on a SQLite file. `deferred` is called after a commit that deferred jobs.

    Nothing is written while a SystemClock cannot be trusted; any other clock is.
    """

    def __init__(self, path: Path, clock: Clock = utc_now, *, exclusive: bool = False, busy: float = BUSY) -> None:
        self._lock = _lock(path) if exclusive else None
        self._clock = clock
        self._bearing = bearing_file(path) if exclusive else None
        self.health = Health(clock.check if isinstance(clock, SystemClock) else nothing_wrong)
        if self._bearing and isinstance(clock, SystemClock):
            keep(clock.bearing, self._bearing)
        self._writer = Writer(connect(path, clock, busy))
        self._readers = Readers(lambda: _read_only(connect(path, clock, busy)))
        self.exclusive = exclusive
        self.deferred: Callable[[], None] = lambda: None

    async def write(self, work: Callable[[SqliteTransaction], T]) -> T:
        """Run `work` in one transaction; return its result after the commit."""
        with self.health.watched():
            result, deferred = await self._writer.write(partial(self._attempt, work))
        if deferred:
            self.deferred()
        return result

    @property
    def written(self) -> tuple[int, int]:
        """How many transactions and how many commits have changed something since the store was opened."""
        return self._writer.transactions, self._writer.commits

    async def read(self, work: Callable[[SqliteTransaction], T]) -> T:
        """Run `work` on one snapshot, beside the writer."""
        return await self._readers.read(lambda connection: work(SqliteTransaction(connection, self._clock)))

    async def close(self) -> None:
        """Finish what was accepted, then release the file."""
        await self._writer.close()
        await self._readers.close()
        if self._bearing:
            self._bearing.unlink(missing_ok=True)
        if self._lock:
            self._lock.release()

    def _attempt(self, work: Callable[[SqliteTransaction], T], connection: sqlite3.Connection) -> tuple[T, bool]:
        transaction = SqliteTransaction(connection, self._clock)
        result = work(transaction)
        transaction.finish()
        self.health.guard()  # last, so that the clock was right whenever this transaction read it
        return result, transaction.deferred


def _read_only(connection: sqlite3.Connection) -> sqlite3.Connection:
    connection.execute("PRAGMA query_only=ON")
    return connection


def bearing_file(path: Path) -> Path:
    """Where the process that serves the database says how it found the clock."""
    return path.with_name(f"{path.name}.clock")


def _lock(path: Path) -> FileLock:
    lock = FileLock(f"{path}.lock", thread_local=False)
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise FileInUse(
            f"Another process serves {path} already. Stop it first, or use PostgreSQL to run several."
        ) from error
    return lock
