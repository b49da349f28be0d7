"""The readers of a SQLite file: a few threads, each of which runs everything that waits on one snapshot."""

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Sequence
from typing import TypeVar

from storage.sql.calls import Call, Calls, answer

READERS = 2  # more would only compete for the interpreter
MOST_TOGETHER = 32

T = TypeVar("T")


class Readers:
    """`connect` opens a connection for any thread."""

    def __init__(self, connect: Callable[[], sqlite3.Connection]) -> None:
        self._connect, self._calls = connect, Calls()
        self._threads: list[threading.Thread] = []

    async def read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run `work` on a snapshot that is no older than this call. Raises StoreBusy, and what `work` raises."""
        if not self._threads:
            self._start()
        return await self._calls.ask(work)

    async def close(self) -> None:
        """Finish what was accepted."""
        self._calls.close()
        for thread in self._threads:
            await asyncio.to_thread(thread.join)

    def _start(self) -> None:
        for number in range(READERS):
            thread = threading.Thread(target=self._serve, name=f"signoff-reader-{number}", daemon=True)
            thread.start()
            self._threads.append(thread)

    def _serve(self) -> None:
        connection: sqlite3.Connection | None = None
        while (calls := self._calls.take(MOST_TOGETHER)) is not None:
            try:
                connection = connection or self._connect()
                self._look(connection, calls)
            except sqlite3.Error as error:
                for call in calls:
                    call.fail(error)
            answer(calls)
        if connection is not None:
            connection.close()

    def _look(self, connection: sqlite3.Connection, calls: Sequence[Call]) -> None:
        try:
            connection.execute("BEGIN")  # the snapshot is taken by the first statement after it
            for call in calls:
                call.attempt(connection)
        finally:
            connection.rollback()
