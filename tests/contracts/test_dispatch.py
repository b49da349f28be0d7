"""What every Dispatch must do, whatever carries its jobs."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

import pytest

from storage.dispatch import Handler, TryLater, pause
from storage.records import Job, JsonObject
from storage.sql.open import Storage
from storage.store import Transaction
from tests.conftest import Database


class Seen(list[JsonObject]):
    """A handler that remembers its payloads; `fail` raises what it returns, if anything."""

    def __init__(self, fail: Callable[[JsonObject], Exception | None] = lambda payload: None) -> None:
        super().__init__()
        self.fail = fail

    async def __call__(self, payload: JsonObject) -> None:
        self.append(payload)
        if error := self.fail(payload):
            raise error

    @property
    def numbers(self) -> list[object]:
        return [payload["n"] for payload in self]


def job(n: int, *, lock: str | None = None, key: str | None = None, task: str = "look") -> Job:
    return Job(task=task, payload={"n": n}, lock=lock, key=key)


async def defer(storage: Storage, *jobs: Job) -> None:
    def work(tx: Transaction) -> None:
        for one in jobs:
            tx.defer(one)

    await storage.store.write(work)


@asynccontextmanager
async def serving(storage: Storage, handlers: Mapping[str, Handler]) -> AsyncIterator[None]:
    task = asyncio.create_task(storage.dispatch.serve(handlers))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def until(condition: Callable[[], bool], seconds: float = 10) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110  # the condition is plain Python, there is nothing to wait on
            await asyncio.sleep(0.005)


async def test_jobs_run_after_their_transaction(storage: Storage) -> None:
    seen = Seen()
    await defer(storage, job(1), job(2))
    assert await storage.dispatch.drain({"look": seen}) == 2
    assert sorted(map(str, seen.numbers)) == ["1", "2"]
    assert await storage.dispatch.drain({"look": seen}) == 0


async def test_jobs_of_a_failed_transaction_do_not_run(storage: Storage) -> None:
    def work(tx: Transaction) -> None:
        tx.defer(job(1))
        raise LookupError("no")

    with pytest.raises(LookupError):
        await storage.store.write(work)
    assert await storage.dispatch.drain({"look": Seen()}) == 0


async def test_drain_runs_what_jobs_defer(storage: Storage) -> None:
    seen = Seen()

    async def first(payload: JsonObject) -> None:
        await defer(storage, job(2), job(3))

    await defer(storage, job(1, task="first"))
    assert await storage.dispatch.drain({"first": first, "look": seen}) == 3
    assert len(seen) == 2


async def test_a_served_job_starts_at_once(storage: Storage) -> None:
    seen = Seen()
    async with serving(storage, {"look": seen}):
        await defer(storage, job(0))
        await until(lambda: len(seen) == 1)  # by now it listens
        started = asyncio.get_running_loop().time()
        for n in range(1, 6):
            await defer(storage, job(n))
            await until(lambda: len(seen) > n)  # noqa: B023  # asked within this turn of the loop only
        assert asyncio.get_running_loop().time() - started < 1.5


async def test_jobs_with_a_lock_run_one_after_the_other_in_order(storage: Storage) -> None:
    seen: list[tuple[object, object]] = []
    running: set[object] = set()

    async def careful(payload: JsonObject) -> None:
        lock = payload["lock"]
        assert lock not in running
        running.add(lock)
        await asyncio.sleep(0.001)
        running.discard(lock)
        seen.append((lock, payload["n"]))

    for n in range(8):
        await defer(storage, *(Job(task="look", payload={"lock": lock, "n": n}, lock=lock) for lock in ("a", "b", "c")))
    await storage.dispatch.drain({"look": careful})
    for lock in ("a", "b", "c"):
        assert [n for its, n in seen if its == lock] == list(range(8))


async def test_jobs_without_a_common_lock_run_beside_each_other(storage: Storage) -> None:
    together = asyncio.Barrier(4)

    async def meet(payload: JsonObject) -> None:
        async with asyncio.timeout(5):
            await together.wait()

    await defer(storage, job(1), job(2), job(3, lock="a"), job(4, lock="b"))
    assert await storage.dispatch.drain({"look": meet}) == 4


async def test_there_is_a_bound_to_how_many_run_together(storage: Storage) -> None:
    now, most = 0, 0

    async def count(payload: JsonObject) -> None:
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(0.05)
        now -= 1

    await defer(storage, *(job(n) for n in range(100)))
    assert await storage.dispatch.drain({"look": count}) == 100
    assert 2 <= most <= 64


async def test_a_waiting_key_is_not_added_again(storage: Storage) -> None:
    seen = Seen()
    await defer(storage, job(1, key="k"), job(2, key="k"), job(3, key="other"))
    await defer(storage, job(4, key="k"))
    await storage.dispatch.drain({"look": seen})
    assert sorted(map(str, seen.numbers)) == ["1", "3"]
    await defer(storage, job(5, key="k"))
    await storage.dispatch.drain({"look": seen})
    assert 5 in seen.numbers


async def test_a_refused_key_leaves_the_rest_of_its_transaction(storage: Storage) -> None:
    def work(tx: Transaction) -> bool:
        tx.defer(job(2, key="k"))
        tx.defer(job(3))
        return tx.first_delivery("Ev1")

    await defer(storage, job(1, key="k"))
    assert await storage.store.write(work)
    assert not await storage.store.write(lambda tx: tx.first_delivery("Ev1"))
    assert await storage.dispatch.drain({"look": Seen()}) == 2


async def test_a_key_is_free_again_while_its_job_runs(storage: Storage) -> None:
    """A change made while the job runs is not seen by it, so it must get a job of its own."""
    seen = Seen()

    async def again(payload: JsonObject) -> None:
        seen.append(payload)
        if payload["n"] == 1:
            await defer(storage, job(2, key="k"))

    await defer(storage, job(1, key="k"))
    await storage.dispatch.drain({"look": again})
    assert seen.numbers == [1, 2]


async def test_keys_raced_by_many_are_added_once(storage: Storage) -> None:
    seen = Seen()
    await asyncio.gather(*(defer(storage, job(n, key="k"), job(n, key="j")) for n in range(20)))
    await storage.dispatch.drain({"look": seen})
    assert len(seen) == 2


async def test_a_job_waits_for_its_due_time(database: Database) -> None:
    async with database.open() as storage:
        seen = Seen()
        due = await storage.store.read(lambda tx: tx.now() + timedelta(seconds=0.4))
        await defer(storage, Job(task="look", payload={"n": 1}, due=due))
        assert await storage.dispatch.drain({"look": seen}) == 0
        async with serving(storage, {"look": seen}):
            await until(lambda: len(seen) == 1)
        assert await storage.store.read(lambda tx: tx.now()) >= due


async def test_a_failed_job_is_tried_again_and_those_behind_it_wait(storage: Storage) -> None:
    seen = Seen(lambda payload: OSError("down") if seen.numbers.count(1) == 1 and payload["n"] == 1 else None)
    await defer(storage, job(1, lock="a"), job(2, lock="a"), job(3, lock="b"))
    async with serving(storage, {"look": seen}):
        await until(lambda: len(seen) == 4)
    assert [n for n in seen.numbers if n != 3] == [1, 1, 2]


async def test_try_later_is_no_failure(storage: Storage) -> None:
    early = TryLater(timedelta(seconds=0.01), "the platform asked to wait")
    seen = Seen(lambda payload: early if len(seen) <= 12 else None)
    await defer(storage, job(1, lock="a"))
    async with asyncio.timeout(60):
        while len(seen) <= 12:
            await storage.dispatch.drain({"look": seen})
    assert len(seen) == 13


async def test_a_failed_job_and_a_younger_one_with_its_key_become_one(storage: Storage) -> None:
    seen = Seen()

    async def once(payload: JsonObject) -> None:
        seen.append(payload)
        if len(seen) == 1:
            await defer(storage, job(2, key="k", lock="a"))
            raise TryLater(timedelta(0), "busy")

    await defer(storage, job(1, key="k", lock="a"), job(3, lock="a"))
    async with asyncio.timeout(20):
        while len(seen) < 3:
            await storage.dispatch.drain({"look": once})
    assert await storage.dispatch.drain({"look": once}) == 0
    assert seen.numbers == [1, 1, 3]


async def test_a_task_nobody_knows_waits_for_somebody_who_does(storage: Storage) -> None:
    seen = Seen()
    await defer(storage, job(1))
    await storage.dispatch.drain({})
    async with serving(storage, {"look": seen}):
        await until(lambda: len(seen) == 1)


async def test_stopping_gives_running_jobs_a_moment(storage: Storage) -> None:
    finished = asyncio.Event()
    started = asyncio.Event()

    async def slow(payload: JsonObject) -> None:
        started.set()
        await asyncio.sleep(0.2)
        finished.set()

    await defer(storage, job(1))
    async with serving(storage, {"look": slow}):
        await asyncio.wait_for(started.wait(), 10)
    assert finished.is_set()
    assert await storage.dispatch.drain({"look": Seen()}) == 0


def test_pauses_double_up_to_five_minutes() -> None:
    assert [pause(n).total_seconds() for n in (1, 2, 3, 9, 10, 50)] == [1, 2, 4, 256, 300, 300]


def test_a_lock_and_a_due_time_exclude_each_other() -> None:
    with pytest.raises(ValueError, match="hold up the jobs behind it"):
        Job(task="look", payload={}, lock="a", due="2026-01-01T00:00:00Z")
