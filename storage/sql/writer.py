"""The one writer of a SQLite file: a thread that runs all transactions that wait in one commit.

A commit costs a flush to disk, which many callers can share. Each transaction runs within a savepoint, so one that fails
takes back only what it did itself; callers are answered after the commit that holds their work.
"""

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from storage.sql.errors import from_sqlite
from storage.store import StoreBusy

MOST_TOGETHER = 256
MOST_WAITING = 10_000

T = TypeVar("T")


@dataclass(eq=False)
class _Call:
    work: Callable[[sqlite3.Connection], Any]
    loop: asyncio.AbstractEventLoop
    answer: asyncio.Future[Any]
    result: Any = None
    error: BaseException | None = None

    def settle(self) -> None:
        """Answer the caller, who may have gone."""
        if self.answer.done():
            return
        if self.error is None:
            self.answer.set_result(self.result)
        else:
            self.answer.set_exception(self.error)


class Writer:
    """Owns `connection`, which was opened for any thread and without the driver's transaction handling."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._calls: queue.Queue[_Call | None] = queue.Queue(MOST_WAITING)
        self._closed = False
        self._thread = threading.Thread(target=self._serve, name="signoff-writer", daemon=True)
        self._thread.start()

    async def write(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run `work` in a transaction; return after the commit. Raises StoreBusy, and what `work` raises."""
        loop = asyncio.get_running_loop()
        call = _Call(work, loop, loop.create_future())
        if self._closed:
            raise StoreBusy("The database is closed.")
        try:
            self._calls.put_nowait(call)
        except queue.Full:
            raise StoreBusy(f"{MOST_WAITING} transactions wait already; try again later.") from None
        result: T = await call.answer
        return result

    async def close(self) -> None:
        """Finish what was accepted."""
        if not self._closed:
            self._closed = True
            await asyncio.to_thread(self._calls.put, None)
        await asyncio.to_thread(self._thread.join)

    def _serve(self) -> None:
        try:
            ended = False
            while not ended:
                calls, ended = self._next()
                if calls:
                    self._commit(calls)
                    _answer(calls)
        finally:
            self._connection.close()

    def _next(self) -> tuple[list[_Call], bool]:
        """Everything that waits, up to a bound, and whether that was the last."""
        calls: list[_Call] = []
        call = self._calls.get()
        while call is not None:
            if not call.answer.cancelled():
                calls.append(call)
            if len(calls) == MOST_TOGETHER or self._calls.empty():
                return calls, False
            call = self._calls.get_nowait()
        return calls, True

    def _commit(self, calls: Sequence[_Call]) -> None:
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            for call in calls:
                self._attempt(call)
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            for call in calls:
                call.error = from_sqlite(error)
                call.error.__cause__ = error

    def _attempt(self, call: _Call) -> None:
        """Run one transaction; what it raises stays with it, unless the database has given up the whole commit."""
        self._connection.execute("SAVEPOINT one")
        try:
            call.result = call.work(self._connection)
        except BaseException as error:  # it is raised again in its caller
            call.error = error
            if isinstance(error, sqlite3.Error):
                call.error = from_sqlite(error)
                call.error.__cause__ = error
            if not self._connection.in_transaction:
                raise sqlite3.OperationalError(str(error)) from error
            self._connection.execute("ROLLBACK TO one")
        self._connection.execute("RELEASE one")


def _answer(calls: Sequence[_Call]) -> None:
    """Wake each event loop once, however many of its callers are answered."""
    for loop in {call.loop for call in calls}:
        mine = [call for call in calls if call.loop is loop]
        try:
            loop.call_soon_threadsafe(_settle, mine)
        except RuntimeError:  # the loop has been closed, nobody waits there any more
            continue


def _settle(calls: Sequence[_Call]) -> None:
    for call in calls:
        call.settle()
