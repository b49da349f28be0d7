"""Opening a database by its URL: the Store and the Dispatch that belongs to it."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from storage.dispatch import Dispatch
from storage.local_dispatch import LocalDispatch
from storage.procrastinate_dispatch import ProcrastinateDispatch
from storage.sql import schema
from storage.sql.address import SqliteFile, parse
from storage.sql.postgres import PostgresStore
from storage.sql.sqlite import Clock, SqliteStore, utc_now
from storage.store import Store


@dataclass(frozen=True)
class Storage:
    """An open database: its Store, and the Dispatch that runs the jobs deferred through it."""

    store: Store
    dispatch: Dispatch

    async def close(self) -> None:
        """Finish what was accepted, then release the database."""
        await self.store.close()


async def open_storage(
    url: str,
    *,
    exclusive: bool = False,
    clock: Clock = utc_now,
    clock_offset: Callable[[], timedelta] | None = None,
) -> Storage:
    """Open the database at `url` (see `storage.sql.address`).

    With `exclusive`, this process is the one that serves a SQLite file. SQLite takes the time from `clock`; PostgreSQL has
    its own, which tests can shift by `clock_offset`. Raises BadAddress, FileInUse, SchemaOutdated, StoreBusy.
    """
    address = parse(url)
    await asyncio.to_thread(schema.check, url)
    if isinstance(address, SqliteFile):
        store = SqliteStore(address.path, clock, exclusive=exclusive)
        return Storage(store, LocalDispatch(store))
    server = await asyncio.to_thread(PostgresStore, address.dsn, clock_offset)
    return Storage(server, ProcrastinateDispatch(address.dsn))
