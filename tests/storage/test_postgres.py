"""What only PostgreSQL brings: lost connections, deadlocks, workers that die."""

import asyncio
import socket
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress

import psycopg
import pytest

from storage.audit import verify
from storage.procrastinate_dispatch import ProcrastinateDispatch
from storage.records import Job, JsonObject
from storage.sql.open import Storage, open_storage
from storage.sql.postgres import PostgresStore, PostgresTransaction
from storage.store import OutcomeUnknown, StoreBusy
from tests.contracts.stored import ask
from tests.contracts.test_dispatch import defer
from tests.storage.records import request, run, start

pytestmark = pytest.mark.postgres


@pytest.fixture
async def storage(postgresql_url: str) -> AsyncIterator[Storage]:
    opened = await open_storage(postgresql_url)
    yield opened
    await opened.close()


async def test_the_time_is_the_database_s(storage: Storage, postgresql_url: str) -> None:
    with psycopg.connect(postgresql_url) as connection:
        [before] = connection.execute("SELECT clock_timestamp()").fetchone() or ()
        now = await storage.store.read(lambda tx: tx.now())
        [after] = connection.execute("SELECT clock_timestamp()").fetchone() or ()
    assert before <= now <= after


async def test_time_goes_on_within_a_transaction(storage: Storage) -> None:
    first, second = await storage.store.write(lambda tx: (tx.now(), tx.now()))
    assert first < second


async def test_transactions_that_meet_head_on_both_get_through(storage: Storage) -> None:
    await start(storage.store, "run_a")
    await start(storage.store, "run_b")
    both = threading.Barrier(2)

    def work(tx: PostgresTransaction, first: str, second: str) -> bool:
        tx.claim_run(first)
        with suppress(threading.BrokenBarrierError):
            both.wait(2)
        return tx.claim_run(second) is not None

    store = storage.store
    assert isinstance(store, PostgresStore)
    answers = await asyncio.gather(
        store.write(lambda tx: work(tx, "run_a", "run_b")), store.write(lambda tx: work(tx, "run_b", "run_a"))
    )
    assert all(answers)
    assert {one.attempt for one in await store.read(lambda tx: tx.runs())} == {2}


async def test_a_connection_that_the_server_dropped_is_replaced(storage: Storage, postgresql_url: str) -> None:
    await asyncio.gather(*(start(storage.store, f"run_{number}") for number in range(10)))
    with psycopg.connect(postgresql_url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    await storage.store.write(lambda tx: tx.add_run(run("run_x")))
    assert (await storage.store.read(lambda tx: tx.run("run_x"))).id == "run_x"


class Wire:
    """Between the store and the server; once armed, it cuts the connection at the commit: before or after it arrives."""

    def __init__(self, port: int) -> None:
        self._server = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.cut: str | None = None
        self._deaf: set[socket.socket] = set()
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self._server))
                threading.Thread(target=self._forth, args=(client, server), daemon=True).start()
                threading.Thread(target=self._back, args=(server, client), daemon=True).start()

    def _forth(self, client: socket.socket, server: socket.socket) -> None:
        with client, server, suppress(OSError):
            while data := client.recv(65536):
                if self.cut and b"COMMIT\x00" in data:
                    self._cut_off(client, server, data)
                    return
                server.sendall(data)

    def _back(self, server: socket.socket, client: socket.socket) -> None:
        with suppress(OSError):
            while data := server.recv(65536):
                if client not in self._deaf:
                    client.sendall(data)

    def _cut_off(self, client: socket.socket, server: socket.socket, data: bytes) -> None:
        when, self.cut = self.cut, None
        self._deaf.add(client)
        if when == "after":
            server.sendall(data)
            threading.Event().wait(0.2)  # the server commits
        client.shutdown(socket.SHUT_RDWR)
        server.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def wire(postgresql_url: str) -> Iterator[Wire]:
    opened = Wire(int(str(psycopg.conninfo.conninfo_to_dict(postgresql_url)["port"])))
    yield opened
    opened.close()


@pytest.mark.parametrize("cut", ["before", "after"])
async def test_an_audited_write_whose_commit_was_cut_off_happens_exactly_once(
    wire: Wire, postgresql_url: str, cut: str
) -> None:
    store = PostgresStore(psycopg.conninfo.make_conninfo(postgresql_url, port=wire.port))

    def work(tx: PostgresTransaction) -> str:
        tx.add_run(run())
        tx.audit("run.started", actor="a")
        return "answer"

    await store.read(lambda tx: tx.now())  # connected
    wire.cut = cut
    assert await store.write(work) == "answer"
    entries = await store.read(lambda tx: tx.audit_entries())
    assert wire.cut is None
    assert len(entries) == 1
    assert verify(entries) is None
    await store.close()


async def test_another_write_whose_commit_was_cut_off_is_unknown(wire: Wire, postgresql_url: str) -> None:
    store = PostgresStore(psycopg.conninfo.make_conninfo(postgresql_url, port=wire.port))
    await store.read(lambda tx: tx.now())  # connected
    wire.cut = "after"
    with pytest.raises(OutcomeUnknown, match="look before you try again"):
        await store.write(lambda tx: tx.add_run(run()))
    assert await store.read(lambda tx: tx.run("run_1"))
    await store.close()


async def test_a_lock_that_is_held_too_long_is_busy(storage: Storage, postgresql_url: str) -> None:
    await storage.store.write(lambda tx: tx.add_run(run()))
    store = storage.store
    assert isinstance(store, PostgresStore)

    def impatient(tx: PostgresTransaction) -> None:
        tx._driver.execute("SET LOCAL lock_timeout = '50ms'")
        tx.claim_run("run_1")

    with psycopg.connect(postgresql_url) as beside:
        beside.execute("UPDATE runs SET attempt = 7")
        with pytest.raises(StoreBusy, match="lock timeout"):
            await store.write(impatient)
        beside.rollback()


async def test_a_deadline_passes_while_a_lock_is_waited_for(storage: Storage, postgresql_url: str) -> None:
    """Whoever had the lock gives up, so the row is as it was: nobody would look at it a second time."""
    asked = await ask(storage, request(expires_in=1.5))
    with psycopg.connect(postgresql_url) as beside:
        beside.execute("UPDATE requests SET reason = 'held'")
        click = asyncio.create_task(storage.store.write(lambda tx: tx.hold_request("req_1", 1)))
        await asyncio.sleep(0.5)
        waits = beside.execute(
            "SELECT count(*) FROM pg_locks WHERE NOT granted AND clock_timestamp() < %s", [asked.expires_at]
        )
        assert waits.fetchone() == (1,)
        await asyncio.sleep(1.1)
        beside.rollback()
    assert await click is None


async def test_a_job_that_fails_ten_times_is_set_aside_and_its_lock_goes_on(
    storage: Storage, postgresql_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    ran: list[object] = []

    async def look(payload: JsonObject) -> None:
        ran.append(payload["n"])
        if payload["n"] == 1:
            raise OSError("still down")

    await defer(storage, *(Job(task="look", payload={"n": n}, lock="a") for n in (1, 2)))
    with psycopg.connect(postgresql_url, autocommit=True) as beside:
        beside.execute("UPDATE procrastinate_jobs SET attempts = 9 WHERE id = (SELECT min(id) FROM procrastinate_jobs)")
        assert await storage.dispatch.drain({"look": look}) == 2
        left = beside.execute("SELECT status, attempts, args->>'error' FROM procrastinate_jobs").fetchall()
    assert left == [("failed", 10, "OSError: still down")]
    assert ran == [1, 2]
    assert "set aside" in caplog.text


async def test_a_key_added_by_a_transaction_that_is_still_open_is_waited_for(storage: Storage, postgresql_url: str) -> None:
    """Whether the job is needed depends on how the other transaction ends."""
    for end, ran in (("rollback", 1), ("commit", 1)):
        with psycopg.connect(postgresql_url) as beside:
            beside.execute("SELECT signoff_defer('look', '{}', NULL, 'k', NULL)")
            waiting = asyncio.create_task(storage.store.write(lambda tx: tx.defer(Job(task="look", payload={}, key="k"))))
            done, _ = await asyncio.wait({waiting}, timeout=0.1)
            assert not done
            getattr(beside, end)()
        await waiting
        assert await storage.dispatch.drain({"look": nothing}) == ran


async def test_a_waiting_job_does_not_start_before_those_that_rely_on_it_have_committed(
    storage: Storage, postgresql_url: str
) -> None:
    await storage.store.write(lambda tx: tx.defer(Job(task="look", payload={}, key="k")))
    with psycopg.connect(postgresql_url) as beside:
        beside.execute("SELECT signoff_defer('look', '{}', NULL, 'k', NULL)")
        assert await storage.dispatch.drain({"look": nothing}) == 0
    assert await storage.dispatch.drain({"look": nothing}) == 1


async def test_payloads_carry_what_json_can(storage: Storage) -> None:
    seen: list[JsonObject] = []

    async def look(payload: JsonObject) -> None:
        seen.append(payload)

    payload: JsonObject = {"text": "nul \x00 half \ud800 ☃", "share": 1.0, "big": 2**53}
    await storage.store.write(lambda tx: tx.defer(Job(task="look", payload=payload)))
    await storage.dispatch.drain({"look": look})
    assert seen == [payload]


async def nothing(payload: JsonObject) -> None:
    """A handler with nothing to do."""


CHILD = """
import asyncio, sys
from storage.procrastinate_dispatch import ProcrastinateDispatch

async def look(payload):
    print("started", flush=True)
    await asyncio.sleep(60)

asyncio.run(ProcrastinateDispatch(sys.argv[1], heartbeat=0.3).serve({"look": look}))
"""


async def test_the_job_of_a_killed_worker_is_taken_over(storage: Storage, postgresql_url: str) -> None:
    await storage.store.write(lambda tx: tx.defer(Job(task="look", payload={"n": 1}, lock="a", key="k")))
    child = [sys.executable, "-c", CHILD, postgresql_url]
    with subprocess.Popen(child, stdout=subprocess.PIPE, text=True) as worker:  # noqa: S603, ASYNC220
        assert worker.stdout
        assert worker.stdout.readline() == "started\n"
        worker.kill()
    ran: list[object] = []
    done = asyncio.Event()

    async def look(payload: JsonObject) -> None:
        ran.append(payload["n"])
        if len(ran) == 2:
            done.set()

    await storage.store.write(lambda tx: tx.defer(Job(task="look", payload={"n": 2}, lock="a")))
    survivor = asyncio.create_task(ProcrastinateDispatch(postgresql_url, heartbeat=0.3).serve({"look": look}))
    await asyncio.wait_for(done.wait(), 20)
    survivor.cancel()
    await asyncio.gather(survivor, return_exceptions=True)
    assert ran == [1, 2]


async def test_serving_goes_on_after_an_outage(storage: Storage, postgresql_url: str) -> None:
    seen: list[object] = []

    async def look(payload: JsonObject) -> None:
        seen.append(payload["n"])

    serving = asyncio.create_task(storage.dispatch.serve({"look": look}))
    await storage.store.write(lambda tx: tx.defer(Job(task="look", payload={"n": 1})))
    async with asyncio.timeout(20):
        while seen != [1]:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        with psycopg.connect(postgresql_url, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        await storage.store.write(lambda tx: tx.defer(Job(task="look", payload={"n": 2})))
        while seen != [1, 2]:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)
