"""The crash rig: a town in which a replica lives, dies and comes back, and what must hold of a request that went through it.

The chat platform and the billing system are servers in this process, so they survive. The replica is a process of its own
(see `replica.py`); whenever it dies, a new one is started at once, as a supervisor would.
"""

import asyncio
import json
import os
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import aiohttp

from bot.sandbox.people import Seed
from bot.sandbox.workspace import Message
from storage.audit import verify
from storage.sql.open import Storage, open_storage
from storage.store import Transaction
from tests.e2e.company import Premises, everything, premises
from tests.faults.history import History
from tests.faults.points import Point
from tests.faults.replica import RIG

T = TypeVar("T")

ROOT = Path(__file__).parents[2]
PATIENCE = 20.0  # seconds until something that should happen counts as not happening
HEARTBEAT = 0.3  # seconds; what waits for a dead worker's heartbeats waits as many of them as elsewhere
TICKET = "Please refund $0.10 of my order A-1042, the lamp arrived broken. Mia Keller, mia@example.com. Case {case}."


@dataclass
class Child:
    """A replica process, as told by its parent."""

    pid: int
    ready: asyncio.Future[dict[str, Any]]
    ended: asyncio.Future[int]
    held: asyncio.Queue[str] = field(default_factory=asyncio.Queue)


class Nursery:
    """The warmed-up parent that forks replicas."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._count = 0
        self._starting: dict[int, asyncio.Future[Child]] = {}
        self._children: dict[int, Child] = {}
        self._early: list[dict[str, Any]] = []

    async def start(self, **order: Any) -> Child:
        """Fork a process for an order; it need not be ready yet."""
        self._count += 1
        started: asyncio.Future[Child] = asyncio.get_running_loop().create_future()
        self._starting[self._count] = started
        assert self._process.stdin
        self._process.stdin.write((json.dumps({**order, "order": self._count}, default=str) + "\n").encode())
        return await started

    async def listen(self) -> None:
        """Hear what the processes tell, until their parent ends."""
        assert self._process.stdout
        async for line in self._process.stdout:
            said = json.loads(line)
            if said["what"] != "started" and said["pid"] not in self._children:
                self._early.append(said)  # a child may be faster than its parent
                continue
            self._hear(said)

    def _hear(self, said: dict[str, Any]) -> None:
        pid, loop = said["pid"], asyncio.get_running_loop()
        if said["what"] == "started":
            self._children[pid] = child = Child(pid, loop.create_future(), loop.create_future())
            early, self._early = self._early, []
            for each in early:
                (self._hear if each["pid"] == pid else self._early.append)(each)
            _settle(self._starting.pop(said["order"]), child)
        elif said["what"] == "held":
            self._children[pid].held.put_nowait(said["spot"])
        elif said["what"] == "ended":
            child = self._children.pop(pid)
            _settle(child.ended, said["code"])
            child.ready.cancel()
        else:
            _settle(self._children[pid].ready, said)


def _settle(future: asyncio.Future[T], value: T) -> None:
    """Answer whoever waits, if somebody still does."""
    if not future.done():
        future.set_result(value)


@asynccontextmanager
async def nursery(log: Path, program: str = "tests.faults.replica") -> AsyncIterator[Nursery]:
    """A parent for replicas, or for the processes of another program of that kind, whose logs go to a file."""
    with log.open("ab") as errors:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", program, cwd=ROOT, stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE, stderr=errors, env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8"},
        )  # fmt: skip
    made = Nursery(process)
    listening = asyncio.create_task(made.listen())
    try:
        yield made
    finally:
        assert process.stdin
        process.stdin.close()
        await process.wait()
        await listening


@dataclass
class Town:
    """A workspace, a billing system, a database, and one replica that is kept alive."""

    place: Premises
    url: str
    nursery: Nursery
    storage: Storage
    port: int
    history: History
    ahead: float = 0.0
    cases: int = 0
    kills: int = 0
    back: list[float] = field(default_factory=list)  # seconds from each death to the next readiness
    child: Child | None = None

    @property
    def database(self) -> str:
        return self.url.split(":", 1)[0]

    @property
    def web(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def order(self, **more: Any) -> dict[str, Any]:
        """What a replica of this town is started with."""
        settings = {**self.place.environment(), "SIGNOFF_DATABASE_URL": self.url, "SIGNOFF_PORT": self.port}
        settings |= {"SLACK_APP_TOKEN": None, "SLACK_SIGNING_SECRET": self.place.sandbox.signing_secret}
        usual = {"do": "serve", "settings": settings, "witness": self.witness, "heartbeat": HEARTBEAT, "ahead": self.ahead}
        return usual | more

    @property
    def witness(self) -> Path:
        return self.place.directory / "effects"

    async def supervise(self) -> None:
        """Start the replica, again each time that it was killed."""
        died: float | None = None
        while True:
            self.child = child = await self.nursery.start(**self.order())
            news: set[asyncio.Future[Any]] = {child.ready, child.ended}
            await asyncio.wait(news, timeout=PATIENCE, return_when=asyncio.FIRST_COMPLETED)
            assert child.ready.done(), f"the replica of {self.place.directory} did not come up"
            assert not child.ready.cancelled(), f"the replica of {self.place.directory} ended before it served"
            if died is not None:
                self.back.append(time.monotonic() - died)
            await asyncio.wait({child.ended})  # not `await`, with which cancelling this would cancel that
            code, died = child.ended.result(), time.monotonic()
            assert code == -signal.SIGKILL, f"the replica ended by itself with {code}"
            self.kills += 1

    async def arm(self, point: Point) -> None:
        """Have the replica that serves now kill itself at a point, and hold jobs back until then."""
        order = {"kill_at": point.spot, "held": point.held, "ahead": self.ahead}
        async with aiohttp.ClientSession() as session, session.post(self.web + RIG, json=order) as answer:
            assert answer.status == 200

    async def served(self) -> None:
        """Until a replica is ready."""
        await self.until(
            lambda: self.child is not None and self.child.ready.done() and not self.child.ended.done(), "a replica"
        )

    async def until(self, look: Callable[[], T | None], what: str, seconds: float = PATIENCE) -> T:
        """What `look` finds as soon as it finds something."""
        deadline = time.monotonic() + seconds
        while not (found := look()):
            assert time.monotonic() < deadline, f"waited {seconds:.0f} seconds in vain for {what}"
            await asyncio.sleep(0.01)
        return found

    async def read_until(self, look: Callable[[Transaction], T | None], what: str, seconds: float = PATIENCE) -> T:
        """What `look` finds in the rows as soon as it finds something."""
        deadline = time.monotonic() + seconds
        while not (found := await self.storage.store.read(look)):
            assert time.monotonic() < deadline, f"waited {seconds:.0f} seconds in vain for {what}"
            await asyncio.sleep(0.02)
        return found

    def cards(self, request_id: str) -> list[Message]:
        """The cards of a request that stand."""
        return [
            each for each in everything(self.place.sandbox)
            if request_id in str(each.metadata) and "signoff_request" in str(each.metadata)
        ]  # fmt: skip

    def effects(self, request_id: str) -> int:
        """How many effects of a request began, as witnessed beside the database."""
        return self.witness.read_text().split().count(request_id) if self.witness.exists() else 0

    def refunds(self, request_id: str) -> int:
        """How many refunds of a request are in billing's ledger."""
        ledger = self.place.world.billing.refunds()
        return sum(1 for refund in ledger if refund.metadata.get("signoff_request") == request_id)


@asynccontextmanager
async def town(directory: Path, nursery: Nursery, url: str | None = None, people: Seed | None = None) -> AsyncIterator[Town]:
    """A town without a replica yet; on SQLite unless there is a `url`."""
    async with premises(directory, people) as place:
        storage = await open_storage(url or place.database_url)
        with (directory / "history.jsonl").open("w") as file:
            history = History(time.monotonic, file=file)
            made = Town(place, url or place.database_url, nursery, storage, _free_port(), history)
            place.sandbox.use_http(f"{made.web}/slack/events")
            try:
                yield made
            finally:
                await storage.close()


@asynccontextmanager
async def kept_alive(place: Town) -> AsyncIterator[Town]:
    """The town with its replica, which comes back whenever it was killed."""
    watching = asyncio.create_task(place.supervise())
    try:
        await place.served()
        yield place
        assert not watching.done(), watching.exception()
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
        if place.child is not None and not place.child.ended.done():
            os.kill(place.child.pid, signal.SIGKILL)
            await place.child.ended


async def chain_problem(place: Town) -> str | None:
    """What is wrong with the audit chain, if anything."""
    entries = list(await place.storage.store.read(lambda tx: tx.audit_entries(limit=1_000_000)))
    found = verify(entries)
    return None if found is None else f"I4: {found}"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
