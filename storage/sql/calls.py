"""Work that is handed from event loops to a database thread, and answered there many at once.

To wake a thread or a loop costs more than most transactions do, so a thread takes everything that waits, and each loop is
woken once for all of its callers.
"""

import asyncio
import queue
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from storage.sql.errors import from_sqlite
from storage.store import StoreBusy

MOST_WAITING = 10_000

T = TypeVar("T")


@dataclass(eq=False, slots=True)
class Call:
    """One caller that waits for an answer, and what the answer will be."""

    work: Callable[[sqlite3.Connection], Any]
    loop: asyncio.AbstractEventLoop
    answer: asyncio.Future[Any]
    result: Any = None
    error: BaseException | None = None

    def attempt(self, connection: sqlite3.Connection) -> None:
        """Do the work; what it raises stays with its caller."""
        try:
            self.result = self.work(connection)
        except BaseException as error:  # noqa: BLE001  # it is raised again in its caller
            self.fail(error)

    def fail(self, error: BaseException) -> None:
        """The answer is this error, a driver's in the words of the Store port."""
        self.result, self.error = None, error
        if isinstance(error, sqlite3.Error):
            self.error = from_sqlite(error)
            self.error.__cause__ = error

    def settle(self) -> None:
        """Answer the caller, who may have gone."""
        if self.answer.done():
            return
        if self.error is None:
            self.answer.set_result(self.result)
        else:
            self.answer.set_exception(self.error)


class Calls:
    """The calls that wait for a thread, or for several that share them."""

    def __init__(self) -> None:
        self._waiting: queue.SimpleQueue[Call | None] = queue.SimpleQueue()
        self._closed = False

    async def ask(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Have `work` done on a database thread. Raises StoreBusy, and what `work` raises."""
        if self._closed:
            raise StoreBusy("The database is closed.")
        if self._waiting.qsize() >= MOST_WAITING:
            raise StoreBusy(f"{MOST_WAITING} transactions wait already; try again later.")
        loop = asyncio.get_running_loop()
        call = Call(work, loop, loop.create_future())
        self._waiting.put(call)
        result: T = await call.answer
        return result

    def close(self) -> None:
        """Take no more calls, and let the threads end after those that were taken."""
        if not self._closed:
            self._closed = True
            self._waiting.put(None)

    def take(self, most: int) -> list[Call] | None:
        """Wait for a call; return it with all that wait behind it, up to a bound. None after the last."""
        calls: list[Call] = []
        try:
            call = self._waiting.get()
            while call is not None:
                if not call.answer.cancelled():
                    calls.append(call)
                if len(calls) == most:
                    return calls
                call = self._waiting.get_nowait()
        except queue.Empty:
            return calls
        self._waiting.put(None)  # for the next thread, or for this one's next turn
        return calls or None


def answer(calls: Sequence[Call]) -> None:
    """Wake each event loop once, however many of its callers are answered."""
    for loop in {call.loop for call in calls}:
        mine = [call for call in calls if call.loop is loop]
        try:
            loop.call_soon_threadsafe(_settle, mine)
        except RuntimeError:  # the loop has been closed, nobody waits there any more
            continue


def _settle(calls: Sequence[Call]) -> None:
    for call in calls:
        call.settle()
