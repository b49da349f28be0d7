"""What only the SQLite store does: one writer, one commit for many, one process that serves a file."""

import asyncio
import sqlite3
import subprocess
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import pytest

from storage.audit import verify
from storage.records import Job, JsonObject
from storage.sql.address import SqliteFile, parse
from storage.sql.calls import MOST_WAITING
from storage.sql.open import open_storage
from storage.sql.sqlite import SqliteStore, SqliteTransaction, connect
from storage.sql.writer import Writer
from storage.store import FileInUse, StorageError, StoreBusy
from tests.storage.records import run, start


@pytest.fixture
def path(sqlite_url: str) -> Path:
    address = parse(sqlite_url)
    assert isinstance(address, SqliteFile)
    return address.path


@pytest.fixture
async def store(path: Path) -> AsyncIterator[SqliteStore]:
    opened = SqliteStore(path, busy=0.05)
    yield opened
    await opened.close()


class Ailing(sqlite3.Connection):
    """Its disk fails at each of these statements, once."""

    fails: tuple[str, ...] = ("COMMIT", "ROLLBACK")

    def execute(self, sql: str, *parameters: Any) -> sqlite3.Cursor:
        if sql in self.fails:
            self.fails = tuple(each for each in self.fails if each != sql)
            raise sqlite3.OperationalError("disk I/O error")
        return super().execute(sql, *parameters)


async def test_a_disk_that_fails_twice_over_fails_one_commit_and_not_the_writer() -> None:
    connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False, factory=Ailing)
    connection.execute("CREATE TABLE notes (text)")
    writer = Writer(connection)
    with pytest.raises(StorageError):
        await writer.write(lambda tx: tx.execute("INSERT INTO notes VALUES ('lost')"))
    await writer.write(lambda tx: tx.execute("INSERT INTO notes VALUES ('kept')"))
    assert await writer.write(lambda tx: tx.execute("SELECT text FROM notes").fetchall()) == [("kept",)]
    await writer.close()


def test_connections_follow_the_recipe(path: Path) -> None:
    with closing(connect(path)) as connection:
        settings = ["journal_mode", "synchronous", "foreign_keys", "busy_timeout"]
        values = [connection.execute(f"PRAGMA {name}").fetchone()[0] for name in settings]
        assert values == ["wal", 2, 1, 5000]
        assert connection.isolation_level is None


@asynccontextmanager
async def held(store: SqliteStore) -> AsyncIterator[list[str]]:
    """The writer is busy with one transaction until the block ends; yields the statements that it runs from then on."""
    statements: list[str] = []
    started, go_on = threading.Event(), threading.Event()

    def hold(tx: SqliteTransaction) -> None:
        tx._driver.set_trace_callback(statements.append)
        started.set()
        go_on.wait(10)

    holding = asyncio.create_task(store.write(hold))
    await asyncio.to_thread(started.wait, 10)
    try:
        yield statements
        await asyncio.sleep(0)  # tasks made in the block get in line
    finally:
        go_on.set()
        await holding


async def test_transactions_that_wait_share_one_commit(store: SqliteStore) -> None:
    async with held(store) as statements:
        waiting = [asyncio.create_task(start(store, f"run_{n}")) for n in range(30)]
    await asyncio.gather(*waiting)
    assert statements.count("COMMIT") == 2
    assert statements.count("BEGIN IMMEDIATE") == 1
    assert len(await store.read(lambda tx: tx.runs(limit=100))) == 30


async def test_nobody_is_answered_before_the_commit(store: SqliteStore, path: Path) -> None:
    with closing(connect(path)) as beside:
        for number in range(20):
            await start(store, f"run_{number}")
            assert beside.execute("SELECT count(*) FROM runs").fetchone() == (number + 1,)


async def test_a_writer_beside_is_waited_for_then_reported(store: SqliteStore, path: Path) -> None:
    with closing(connect(path)) as beside:
        beside.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreBusy, match="locked"):
            await store.write(lambda tx: tx.add_run(run()))
        beside.execute("ROLLBACK")
    await store.write(lambda tx: tx.add_run(run()))


async def test_a_full_queue_is_refused(store: SqliteStore) -> None:
    async with held(store):
        many = [asyncio.create_task(store.write(lambda tx: tx.first_delivery("Ev1"))) for _ in range(MOST_WAITING + 1)]
    answers = await asyncio.gather(*many, return_exceptions=True)
    assert sum(isinstance(answer, StoreBusy) for answer in answers) == 1
    assert answers.count(True) == 1


async def test_a_caller_that_gave_up_does_not_disturb_the_others(store: SqliteStore) -> None:
    async with held(store):
        leaving = asyncio.create_task(store.write(lambda tx: tx.add_run(run("run_left"))))
        staying = asyncio.create_task(store.write(lambda tx: tx.add_run(run("run_stayed"))))
        await asyncio.sleep(0)
        leaving.cancel()
    await staying
    assert [one.id for one in await store.read(lambda tx: tx.runs())] == ["run_stayed"]


async def test_closing_finishes_what_was_accepted(path: Path) -> None:
    store = SqliteStore(path)
    accepted = [asyncio.create_task(start(store, f"run_{n}")) for n in range(20)]
    await asyncio.sleep(0)
    await store.close()
    await asyncio.gather(*accepted)
    with pytest.raises(StoreBusy, match="closed"):
        await store.write(lambda tx: tx.runs())
    with closing(connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM runs").fetchone() == (20,)


async def test_one_process_serves_a_file_and_commands_work_beside_it(sqlite_url: str) -> None:
    serving = await open_storage(sqlite_url, exclusive=True)
    with pytest.raises(FileInUse, match="Another process serves"):
        await open_storage(sqlite_url, exclusive=True)
    beside = await open_storage(sqlite_url)
    await beside.store.write(lambda tx: tx.add_run(run()))
    assert await serving.store.read(lambda tx: tx.run("run_1"))
    await beside.close()
    await serving.close()
    again = await open_storage(sqlite_url, exclusive=True)
    await again.close()


async def test_a_job_deferred_by_a_command_beside_is_found(sqlite_url: str) -> None:
    serving, beside = await open_storage(sqlite_url, exclusive=True), await open_storage(sqlite_url)
    ran = asyncio.Event()

    async def look(payload: object) -> None:
        ran.set()

    task = asyncio.create_task(serving.dispatch.serve({"look": look}))
    await asyncio.sleep(0.05)
    await beside.store.write(lambda tx: tx.defer(Job(task="look", payload={})))
    await asyncio.wait_for(ran.wait(), 5)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await beside.close()
    await serving.close()


async def test_a_job_that_fails_ten_times_is_set_aside_and_its_lock_goes_on(
    sqlite_url: str, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    storage = await open_storage(sqlite_url)
    ran: list[object] = []

    async def look(payload: JsonObject) -> None:
        ran.append(payload["n"])
        if payload["n"] == 1:
            raise OSError("still down")

    await storage.store.write(lambda tx: tx.defer(Job(task="look", payload={"n": 1}, lock="a")))
    await storage.store.write(lambda tx: tx.defer(Job(task="look", payload={"n": 2}, lock="a")))
    with closing(connect(path)) as beside:
        beside.execute("UPDATE jobs SET attempts = 9 WHERE id = 1")
        assert await storage.dispatch.drain({"look": look}) == 2
        left = beside.execute("SELECT id, state, attempts, error FROM jobs").fetchall()
    assert left == [(1, "aside", 10, "OSError: still down")]
    assert ran == [1, 2]
    assert "set aside" in caplog.text
    await storage.close()


CHILD = """
import asyncio, sys
from storage.records import Job
from storage.sql.open import open_storage
from tests.storage.records import run

async def write(url):
    storage = await open_storage(url, exclusive=True)

    def work(tx, id):
        tx.add_run(run(id))
        tx.audit("run.started", actor="a", run_id=id)

    async def worker(name):
        for number in range(10_000):
            id = f"run_{name}_{number}"
            await storage.store.write(lambda tx: work(tx, id))
            print(id, flush=True)

    await asyncio.gather(*(worker(name) for name in range(8)))

async def take(url):
    storage = await open_storage(url, exclusive=True)
    await storage.store.write(lambda tx: tx.defer(Job(task="look", payload={"n": 1}, lock="a", key="k")))

    async def look(payload):
        print("started", flush=True)
        await asyncio.sleep(60)

    await storage.dispatch.drain({"look": look})

asyncio.run({"write": write, "take": take}[sys.argv[1]](sys.argv[2]))
"""


def child(what: str, url: str) -> "subprocess.Popen[str]":
    return subprocess.Popen([sys.executable, "-c", CHILD, what, url], stdout=subprocess.PIPE, text=True)  # noqa: S603


async def test_a_killed_process_loses_nothing_that_was_acknowledged(sqlite_url: str, path: Path) -> None:
    for _ in range(3):
        with child("write", sqlite_url) as writing:
            assert writing.stdout
            acknowledged = [writing.stdout.readline().strip()]
            await asyncio.sleep(0.15)
            writing.kill()
            acknowledged += writing.stdout.read().split()
        storage = await open_storage(sqlite_url, exclusive=True)
        stored = {one.id for one in await storage.store.read(lambda tx: tx.runs(limit=100_000))}
        entries = await storage.store.read(lambda tx: tx.audit_entries(limit=100_000))
        await storage.close()
        assert len(acknowledged) > 1
        assert set(acknowledged[:-1]) <= stored  # the last line may be cut off
        assert {entry.run_id for entry in entries} == stored
        assert verify(entries) is None
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("DELETE FROM runs")
            connection.execute("DROP TRIGGER IF EXISTS audit_refuses_delete")
            connection.execute("DELETE FROM audit")
            connection.commit()


async def test_the_job_of_a_killed_process_runs_again(sqlite_url: str) -> None:
    with child("take", sqlite_url) as taking:
        assert taking.stdout
        assert taking.stdout.readline() == "started\n"
        taking.kill()
    beside, ran = await open_storage(sqlite_url), list[object]()

    async def look(payload: object) -> None:
        ran.append(payload)

    assert await beside.dispatch.drain({"look": look}) == 0  # it may still run, for all that a command beside can tell
    await beside.close()
    serving = await open_storage(sqlite_url, exclusive=True)
    await serving.store.write(lambda tx: tx.defer(Job(task="look", payload={"n": 2}, lock="a", key="k")))
    assert await serving.dispatch.drain({"look": look}) == 1
    assert ran == [{"n": 1}]
    await serving.close()
