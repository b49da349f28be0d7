"""The one writer of a SQLite file: a thread that runs all transactions that wait in one commit.

A commit costs a flush to disk, which many callers can share. Each transaction runs within a savepoint, so one that fails
takes back only what it did itself; callers are answered after the commit that holds their work.
"""

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TypeVar

from storage.sql.calls import Call, Calls, answer

MOST_TOGETHER = 256

T = TypeVar("T")


class Writer:
    """Owns `connection`, which was opened for any thread and without the driver's transaction handling."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._calls = Calls()
        self.transactions = self.commits = 0  # that changed something
        self._thread = threading.Thread(target=self._serve, name="signoff-writer", daemon=True)
        self._thread.start()

    async def write(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run `work` in a transaction; return after the commit. Raises StoreBusy, and what `work` raises."""
        return await self._calls.ask(work)

    async def close(self) -> None:
        """Finish what was accepted."""
        self._calls.close()
        await asyncio.to_thread(self._thread.join)

    def _serve(self) -> None:
        try:
            while (calls := self._calls.take(MOST_TOGETHER)) is not None:
                if calls:
                    self._commit(calls)
                    answer(calls)
        finally:
            self._connection.close()

    def _commit(self, calls: Sequence[Call]) -> None:
        try:
            self._rollback()  # what could not be taken back the last time
            self._connection.execute("BEGIN IMMEDIATE")
            before = self._connection.total_changes
            for call in calls:
                self._attempt(call)
            self._connection.execute("COMMIT")
            self.commits += self._connection.total_changes > before
        except sqlite3.Error as error:
            with suppress(sqlite3.Error):  # or the thread would end, and nobody be answered any more
                self._rollback()
            for call in calls:
                call.fail(error)

    def _rollback(self) -> None:
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")

    def _attempt(self, call: Call) -> None:
        """Run one transaction; what it raises stays with it, unless the database has given up the whole commit."""
        before = self._connection.total_changes
        self._connection.execute("SAVEPOINT one")
        call.attempt(self._connection)
        self.transactions += self._connection.total_changes > before
        if call.error is not None:
            if not self._connection.in_transaction:
                raise sqlite3.OperationalError(str(call.error)) from call.error
            self._connection.execute("ROLLBACK TO one")
        self._connection.execute("RELEASE one")
