"""Opening a database by its URL: the Store and the Dispatch that belongs to it."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from storage.clock import Clock, SystemClock, kept
from storage.dispatch import Dispatch
from storage.health import Health
from storage.local_dispatch import LocalDispatch
from storage.procrastinate_dispatch import ProcrastinateDispatch
from storage.sql import schema
from storage.sql.address import SqliteFile, parse
from storage.sql.postgres import PostgresStore
from storage.sql.sqlite import SqliteStore, bearing_file
from storage.store import Store, Unreadable


@dataclass(frozen=True)
class Storage:
    """An open database: its Store, and the Dispatch that runs the jobs deferred through it."""

    store: Store
    dispatch: Dispatch
    health: Health = field(default_factory=Health)

    async def check(self) -> None:
        """Raises StorageError, with the reason, while it cannot be read or written."""
        await self.store.read(lambda tx: tx.now())
        await self.health.check(self.store)

    async def close(self) -> None:
        """Finish what was accepted, then release the database."""
        await self.store.close()


async def open_storage(
    url: str,
    *,
    exclusive: bool = False,
    clock: Clock | None = None,
    clock_offset: Callable[[], timedelta] | None = None,
) -> Storage:
    """Open the database at `url` (see `storage.sql.address`).

    With `exclusive`, this process is the one that serves a SQLite file. SQLite takes the time from `clock`, or from the
    system as long as that can be trusted; PostgreSQL has its own, which tests can shift by `clock_offset`.
    Raises BadAddress, FileInUse, SchemaOutdated, StoreBusy.
    """
    address = parse(url)
    await asyncio.to_thread(schema.check, url)
    if isinstance(address, SqliteFile):
        store = await _open_file(address.path, clock or SystemClock(), exclusive)
        return Storage(store, LocalDispatch(store), store.health)
    server = await asyncio.to_thread(PostgresStore, address.dsn, clock_offset)
    return Storage(server, ProcrastinateDispatch(address.dsn), server.health)


async def _open_file(path: Path, clock: Clock, exclusive: bool) -> SqliteStore:
    store = SqliteStore(path, clock, exclusive=exclusive)
    if isinstance(clock, SystemClock):
        if not exclusive and (bearing := kept(bearing_file(path))):
            clock.follow(bearing)
        with suppress(Unreadable):  # then the chain is broken, which `signoff audit verify` tells
            newest = await store.read(lambda tx: tx.audit_head())
            clock.not_behind(newest.at if newest else None)
    return store
