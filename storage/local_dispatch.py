"""Dispatch within one process, over the outbox on SQLite.

Nothing is polled where it matters: a commit that deferred jobs wakes the dispatch at once. The poll is for due times, and
for jobs that a command of the CLI deferred from its own process.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from storage.dispatch import MOST_ATTEMPTS, Handler, NoHandler, TryLater, pause
from storage.sql.jobs import Taken
from storage.sql.sqlite import SqliteStore, SqliteTransaction
from storage.store import StoreBusy

CONCURRENCY = 64
POLL = 0.5  # seconds
REST = timedelta(seconds=2)  # for a job that found the database busy
GRACE = 5.0  # seconds that running jobs are given when the dispatch is told to stop

logger = logging.getLogger(__name__)


class LocalDispatch:
    """The Dispatch port on a SqliteStore."""

    def __init__(self, store: SqliteStore) -> None:
        self._store = store
        self._recovered = not store.exclusive
        self._loop: asyncio.AbstractEventLoop | None = None
        self._woken = asyncio.Event()
        store.deferred = self._wake

    async def serve(self, handlers: Mapping[str, Handler]) -> None:
        """Run jobs until cancelled."""
        crew = _Crew(self._store, handlers, self._woken)
        self._loop = asyncio.get_running_loop()
        try:
            while True:
                self._woken.clear()
                try:
                    await self._recover()
                    await crew.turn()
                except StoreBusy as busy:
                    crew.rest(busy)
                await self._idle()
        finally:
            self._loop = None
            await crew.stop()

    async def drain(self, handlers: Mapping[str, Handler]) -> int:
        """Run jobs until none is due; return how many ran."""
        await self._recover()
        crew = _Crew(self._store, handlers, self._woken)
        try:
            while await crew.turn() or crew.busy:
                await crew.wait()
        finally:
            await crew.stop()
        return crew.taken

    def _wake(self) -> None:
        if self._loop is asyncio.get_running_loop():
            self._woken.set()
        elif self._loop is not None:
            self._loop.call_soon_threadsafe(self._woken.set)

    async def _idle(self) -> None:
        # Not wait_for: before Python 3.12 it loses a cancellation that arrives together with the wake-up.
        with suppress(TimeoutError):
            async with asyncio.timeout(POLL):
                await self._woken.wait()

    async def _recover(self) -> None:
        """Jobs that run although this process, the only one, has just begun belong to one that died."""
        if self._recovered:
            return
        left = await self._store.write(lambda tx: tx.put_back_jobs(tx.now()))
        self._recovered = True
        if left:
            logger.warning("%d jobs run again because their process ended while they ran.", left)


@dataclass(frozen=True)
class _Ended:
    """A job whose handler is done, and what is to be recorded of it; None if it did its work."""

    job: Taken
    record: Callable[[SqliteTransaction], None] | None = None


class _Crew:
    """The jobs that run for one caller of `serve` or `drain`.

    In each turn one transaction records what became of the jobs that have ended and takes those that are due.
    """

    def __init__(self, store: SqliteStore, handlers: Mapping[str, Handler], woken: asyncio.Event) -> None:
        self._store, self._handlers, self._woken = store, handlers, woken
        self._ended: list[_Ended] = []
        self._turn: asyncio.Task[int] | None = None
        self.running: set[asyncio.Task[None]] = set()
        self.taken = 0
        self._said = ""  # why jobs rest, while they do

    @property
    def busy(self) -> bool:
        """Whether something runs, or has ended and is not recorded yet."""
        return bool(self.running or self._ended)

    async def turn(self) -> int:
        """Record what has ended and start what is due, as far as there is room; return how many jobs that were."""
        self._turn = asyncio.create_task(self._exchange())
        return await asyncio.shield(self._turn)  # cut off, jobs would be taken that nobody runs

    async def wait(self) -> None:
        """Until a job has ended; for a while if all have, and could not be recorded."""
        if self.running:
            await asyncio.wait(self.running, return_when=asyncio.FIRST_COMPLETED)
        elif self._said:
            await asyncio.sleep(POLL)

    async def stop(self) -> None:
        """Give running jobs a moment, then put back those that go on."""
        if self._turn is not None:
            await asyncio.wait([self._turn])
        if self.running:
            _, slow = await asyncio.wait(self.running, timeout=GRACE)
            for task in slow:
                task.cancel()
            await asyncio.gather(*slow, return_exceptions=True)
        if self._ended:
            await self._exchange(room=0)  # what cannot be recorded now runs again after the next start

    async def _exchange(self, room: int | None = None) -> int:
        room = CONCURRENCY - len(self.running) if room is None else room
        ended, self._ended = self._ended, []
        try:
            jobs = await self._store.write(lambda tx: _exchange(tx, ended, room))
        except StoreBusy as busy:  # as long as its end is not recorded, a job counts as running
            self.rest(busy)
            self._ended = ended + self._ended
            return 0
        self._said = ""
        for job in jobs:
            task = asyncio.create_task(self._run(job), name=f"{job.task} {job.id}")
            self.running.add(task)
            task.add_done_callback(self._left)
        self.taken += len(jobs)
        return len(jobs)

    def rest(self, busy: StoreBusy) -> None:
        """Say why jobs wait, once for each reason."""
        if str(busy) != self._said:
            logger.warning("Jobs rest: %s", busy)
        self._said = str(busy)

    def _left(self, task: asyncio.Task[None]) -> None:
        self.running.discard(task)
        self._woken.set()

    async def _run(self, job: Taken) -> None:
        try:
            handler = self._handlers.get(job.task)
            if handler is None:
                raise NoHandler(f"Nothing here knows how to do {job.task!r}.")
            await handler(job.payload)
        except StoreBusy as busy:  # which is no failure of the job's own
            self.rest(busy)
            self._ended.append(_Ended(job, lambda tx: tx.put_back_job(job.id, due=tx.now() + REST)))
        except TryLater as later:
            delay = later.delay
            self._ended.append(_Ended(job, lambda tx: tx.put_back_job(job.id, due=tx.now() + delay)))
        except asyncio.CancelledError:
            self._ended.append(_Ended(job, lambda tx: tx.put_back_job(job.id, due=tx.now())))
            raise
        except Exception as error:  # noqa: BLE001  # whatever a handler raises is a reason to try again
            self._ended.append(_Ended(job, _failed(job, error)))
        else:
            self._ended.append(_Ended(job))


def _exchange(tx: SqliteTransaction, ended: Sequence[_Ended], room: int) -> Sequence[Taken]:
    tx.finish_jobs([each.job.id for each in ended if each.record is None])
    for each in ended:
        if each.record is not None:
            each.record(tx)
    return tx.take_jobs(room) if room > 0 else ()


def _failed(job: Taken, error: Exception) -> Callable[[SqliteTransaction], None]:
    attempts, said = job.attempts + 1, f"{type(error).__name__}: {error}"
    if attempts < MOST_ATTEMPTS:
        logger.warning("Job %s %d failed and will be tried again: %s", job.task, job.id, said, exc_info=error)
        delay = pause(attempts)
        return lambda tx: tx.put_back_job(job.id, due=tx.now() + delay, failed=True, error=said)
    logger.error("Job %s %d failed %d times, set aside: %s", job.task, job.id, attempts, said, exc_info=error)
    return lambda tx: tx.set_job_aside(job.id, at=tx.now(), error=said)
