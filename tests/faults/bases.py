"""The databases under a simulated world: a SQLite file on memory, or a PostgreSQL database, opened as often as processes
start, and looked at from beside."""

import asyncio
import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Protocol, cast

import psycopg
from psycopg import sql

from storage.dispatch import Dispatch
from storage.local_dispatch import LocalDispatch
from storage.sql import schema
from storage.sql.address import PostgresServer, parse
from storage.sql.postgres import PostgresStore
from storage.sql.sqlite import SqliteStore
from storage.store import Store
from tests.faults.memory_dispatch import MemoryDispatch, Outbox
from tests.faults.outside import Life
from tests.faults.shaky import Shaky
from tests.faults.turns import turns

Clock = Callable[[], datetime]


class Base(Protocol):
    """One database, which outlives the processes that use it. `slack` is how far its clock may be off."""

    slack: timedelta

    async def open(self, life: Life, clock: Clock) -> tuple[Store, Dispatch]:
        """What one process has of it, with the faults of its life."""

    async def close(self) -> None:
        """The process is gone, or ends."""

    def look(self, query: str) -> Sequence[Sequence[Any]]:
        """What is committed, seen over a connection of its own."""

    def change(self, statement: str, *values: object) -> None:
        """What somebody with the database's password does to it. Values stand as `?`."""

    def drop(self) -> None:
        """Nobody needs it any more."""


class SqliteBase:
    """A file."""

    slack = timedelta(0)

    def __init__(self, path: Path) -> None:
        self._path = path
        self._store: SqliteStore | None = None
        self._beside = sqlite3.connect(path, isolation_level=None)

    async def open(self, life: Life, clock: Clock) -> tuple[Store, Dispatch]:
        self._store = store = SqliteStore(self._path, clock, exclusive=True)
        outbox = Shaky(store, life.job_fault, life.transaction)
        return Shaky(store, life.write_fault, life.transaction), LocalDispatch(cast("SqliteStore", outbox))

    async def close(self) -> None:
        if self._store is not None:
            await self._store.close()
        self._store = None

    def look(self, query: str) -> Sequence[Sequence[Any]]:
        return self._beside.execute(query).fetchall()

    def change(self, statement: str, *values: object) -> None:
        self._beside.execute(statement, values)

    def drop(self) -> None:
        self._beside.close()


class PostgresBase:
    """A database on a server. Its jobs run from memory here: Procrastinate keeps time by its server's clock, which cannot be
    moved; the crash rig and the tests of three replicas have it for real."""

    slack = timedelta(milliseconds=50)

    def __init__(self, url: str) -> None:
        address = parse(url)
        assert isinstance(address, PostgresServer)
        self._dsn, self._outbox = address.dsn, Outbox()
        self._ahead = timedelta(0)
        self._clock: Clock = lambda: datetime.now(UTC)
        self._store: PostgresStore | None = None
        self._beside = psycopg.connect(self._dsn, autocommit=True)

    async def open(self, life: Life, clock: Clock) -> tuple[Store, Dispatch]:
        self._clock = clock
        if self._store is None:  # what a process of its own would have in memory is only connections
            self._store = PostgresStore(self._dsn, lambda: self._clock() - datetime.now(UTC))
        self._outbox.put_back_all()
        store = Shaky(self._outbox.noting(self._store), life.write_fault, life.transaction)
        return store, MemoryDispatch(self._outbox, clock, life)

    async def close(self) -> None: ...

    def drop(self) -> None:
        self._beside.close()
        if self._store is not None:
            asyncio.run(self._store.close())

    def look(self, query: str) -> Sequence[Sequence[Any]]:
        return self._beside.execute(sql.SQL(cast("Any", query))).fetchall()

    def change(self, statement: str, *values: object) -> None:
        self._beside.execute(sql.SQL(cast("Any", statement.replace("?", "%s"))), values)


@cache
def _migrated() -> bytes:
    with tempfile.TemporaryDirectory(prefix="signoff-") as folder:
        path = Path(folder) / "template.db"
        schema.upgrade(f"sqlite:///{path}")
        return path.read_bytes()


@contextmanager
def sqlite_files() -> Iterator[Callable[[], SqliteBase]]:
    """Makes fresh, migrated files, in memory where the system has a place for that. The next one replaces the last."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(prefix="signoff-", dir=memory if os.access(memory, os.W_OK) else None) as folder:
        made: list[SqliteBase] = []

        def fresh() -> SqliteBase:
            for old in made:
                old.drop()
            path = Path(folder) / "signoff.db"
            for file in Path(folder).iterdir():
                file.unlink()
            path.write_bytes(_migrated())
            made[:] = [SqliteBase(path)]
            return made[0]

        try:
            yield fresh
        finally:
            for old in made:
                old.drop()


async def abroad(closing: Any) -> None:
    """Wait for something that threads do."""
    with turns().abroad():
        await closing
