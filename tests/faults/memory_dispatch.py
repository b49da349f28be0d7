"""Dispatch from memory, by the rules of the port: order within a lock, one job a key, growing pauses."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import Any, TypeVar, cast

from storage.dispatch import MOST_ATTEMPTS, Handler, TryLater, pause
from storage.records import Job
from storage.store import Store, Transaction
from tests.faults.outside import Life

T = TypeVar("T")


@dataclass
class _Waiting:
    job: Job
    number: int
    due: datetime | None = None
    attempts: int = 0
    running: bool = False


class _Noting:
    """A transaction that also tells which jobs it defers."""

    def __init__(self, real: Transaction) -> None:
        self._real, self.jobs = real, list[Job]()

    def defer(self, *jobs: Job) -> None:
        self.jobs.extend(jobs)
        self._real.defer(*jobs)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


@dataclass
class Outbox:
    """The jobs of committed transactions."""

    jobs: list[_Waiting] = field(default_factory=list)
    _numbers: "count[int]" = field(default_factory=count)

    def noting(self, store: Store) -> Store:
        """The store, whose jobs are put here right after their commit."""
        return _NotingStore(store, self)

    def put(self, jobs: list[Job]) -> None:
        for job in jobs:
            if job.key is None or not any(w.job.key == job.key and not w.running for w in self.jobs):
                self.jobs.append(_Waiting(job, next(self._numbers), job.due))

    def put_back_all(self) -> None:
        """The process that ran them is gone."""
        for waiting in self.jobs:
            waiting.running = False

    def take(self, now: datetime) -> list[_Waiting]:
        """What is due and first of its lock."""
        locks: set[str] = set()
        due = []
        for waiting in sorted(self.jobs, key=lambda waiting: waiting.number):
            free = waiting.job.lock is None or waiting.job.lock not in locks
            if waiting.job.lock is not None:
                locks.add(waiting.job.lock)
            if free and not waiting.running and (waiting.due is None or waiting.due <= now):
                waiting.running = True
                due.append(waiting)
        return due


class _NotingStore:
    def __init__(self, store: Store, outbox: Outbox) -> None:
        self._store, self._outbox = store, outbox

    async def write(self, work: Callable[[Transaction], T]) -> T:
        last: list[_Noting] = []

        def noting(tx: Transaction) -> T:
            last[:] = [_Noting(tx)]
            return work(cast("Transaction", last[0]))

        result = await self._store.write(noting)
        self._outbox.put(last[0].jobs)
        return result

    async def read(self, work: Callable[[Transaction], T]) -> T:
        return await self._store.read(work)

    async def close(self) -> None:
        await self._store.close()


class MemoryDispatch:
    """Implements `storage.dispatch.Dispatch`, as far as tests drain it."""

    def __init__(self, outbox: Outbox, clock: Callable[[], datetime], life: Life) -> None:
        self._outbox, self._clock, self._life = outbox, clock, life

    async def serve(self, handlers: Mapping[str, Handler]) -> None:
        raise NotImplementedError("A simulated world drains.")

    async def drain(self, handlers: Mapping[str, Handler]) -> int:
        ran, running = 0, set[asyncio.Task[None]]()
        while True:
            async with self._life.turn("jobs"):
                taken = self._outbox.take(self._clock())
            ran += len(taken)
            running |= {
                asyncio.create_task(self._run(each, handlers), name=f"{each.job.task} {each.number}") for each in taken
            }
            if not running:
                return ran
            _, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)

    async def _run(self, waiting: _Waiting, handlers: Mapping[str, Handler]) -> None:
        try:
            await handlers[waiting.job.task](waiting.job.payload)
        except TryLater as later:
            waiting.due = self._clock() + later.delay
        except Exception:  # noqa: BLE001  # as every dispatch does
            waiting.attempts += 1
            waiting.due = self._clock() + pause(waiting.attempts)
            if waiting.attempts == MOST_ATTEMPTS:
                self._outbox.jobs.remove(waiting)
        else:
            self._life.go_on()
            self._outbox.jobs.remove(waiting)
        waiting.running = False
