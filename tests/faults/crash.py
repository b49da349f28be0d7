"""The crash rig: a town in which a replica lives, dies and comes back, and what must hold of a request that went through it.

The chat platform and the billing system are servers in this process, so they survive. The replica is a process of its own
(see `replica.py`); whenever it dies, a new one is started at once, as a supervisor would.
"""

import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import aiohttp

from bot.demo import CHANNEL, RAVI, TESS
from bot.sandbox.delivery import Answer
from bot.sandbox.people import Seed
from bot.sandbox.workspace import Message
from storage.audit import verify
from storage.records import ExecutionStatus, Request, RequestStatus, Run
from storage.sql.open import Storage, open_storage
from storage.store import Transaction
from tests.e2e.company import Premises, actions_of, everything, premises, text_of, values
from tests.faults.history import History
from tests.faults.points import Point
from tests.faults.replica import RIG

T = TypeVar("T")

ROOT = Path(__file__).parents[2]
CONVERGED = 5.0  # seconds until the cards of a request that ended say so
PATIENCE = 20.0  # seconds until something that should happen counts as not happening
HEARTBEAT = 0.3  # seconds; what waits for a dead worker's heartbeats waits as many of them as elsewhere
HOURS = 3600.0
TICKET = "Please refund $0.10 of my order A-1042, the lamp arrived broken. Mia Keller, mia@example.com. Case {case}."
ENDS = {
    RequestStatus.succeeded: "Approved and done",
    RequestStatus.unknown: "Outcome unknown",
    RequestStatus.rejected: "Rejected",
    RequestStatus.expired: "Expired",
}  # what a card says in the end
BUTTONS = {"signoff_approve", "signoff_edit", "signoff_reject", "signoff_read"}


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
async def nursery(log: Path) -> AsyncIterator[Nursery]:
    """A parent for replicas, whose logs go to a file."""
    with log.open("ab") as errors:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.faults.replica", cwd=ROOT, stdin=asyncio.subprocess.PIPE,
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


@dataclass
class Case:
    """One request's life through a kill: what people do, as patiently as they are, and what is true afterwards."""

    town: Town
    point: Point
    number: int = 0
    problems: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.town.cases += 1
        self.number = self.town.cases

    @property
    def mark(self) -> str:
        """How the ticket of this case ends, and no other."""
        return f"Case {self.number}."

    async def play(self) -> None:
        """Drive it from the command to the end, with the kill on the way; what must hold is in `problems` if it does not."""
        town, before = self.town, self.town.kills
        await town.served()
        if self.point.early:
            await town.arm(self.point)
        await self._acked(lambda: self._say(), "command")
        request = await town.read_until(self._request, f"the request of {self.point}")
        if self.point.early:
            await self._killed(before)
        card = await self._standing(request)
        if not self.point.early:
            await town.arm(self.point)
        await self._act(request, card, before)
        await self._killed(before)
        await self._end(request)

    async def _killed(self, before: int) -> None:
        """Until the kill has happened and a new replica serves."""
        await self.town.until(lambda: self.town.kills > before, f"the kill at {self.point.spot!r}")
        await self.town.served()

    async def _say(self) -> Answer | None:
        sandbox, ticket = self.town.place.sandbox, TICKET.format(case=self.number)
        return await sandbox.say(TESS.id, CHANNEL, f"/signoff run support {ticket}")

    async def _acked(self, act: Callable[[], Awaitable[Answer | None]], what: str, request: str = "") -> None:
        """Somebody does something. If nobody acknowledged it, the platform's client says so, and it comes once more: the
        very same bytes, as any sender repeats them that heard nothing."""
        decides = self.town.history.invoke(RAVI.name, "decide", request) if request else None
        answer = await act()
        if answer is not None and answer.acked:
            if decides:
                decides("ok", await self._became(request))
            return
        if decides:
            decides("unknown", None)
        await self.town.served()
        await self._undecided(request, what)
        for _ in range(100):
            [again] = await self.town.place.sandbox.redeliver_last(1)
            if again.acked:
                return
            await asyncio.sleep(0.05)
        self.problems.append(f"{what} was never acknowledged")

    async def _undecided(self, request: str, what: str) -> None:
        """After a kill before its commit, a decision must not have happened; after it, it must have."""
        if not request or not self.point.spot.startswith("request."):
            return
        decisions = await self.town.storage.store.read(lambda tx: len(tx.decisions(request)))
        expected = 1 if self.point.spot.endswith("after commit") else 0
        if decisions != expected:
            self.problems.append(f"{decisions} decisions after a {what} that was killed {self.point.spot}, not {expected}")

    async def _became(self, request: str) -> str | None:
        """What an acknowledged decision made of the request, which must be in the rows by now."""
        now = await self.town.storage.store.read(lambda tx: tx.request(request))
        if now.status is RequestStatus.pending:
            self.problems.append("I3: an acknowledged decision is not in the database")
            return None
        return "rejected" if now.status is RequestStatus.rejected else "approved"

    def _request(self, tx: Transaction) -> Request | None:
        return next((each for run in self._runs(tx) for each in tx.requests(run_id=run.id, limit=5)), None)

    def _runs(self, tx: Transaction) -> list[Run]:
        return [run for run in tx.runs(limit=20) if run.input.endswith(self.mark)]

    async def _standing(self, request: Request) -> Message:
        """The card that people see, once it has buttons and its address is stored: nobody clicks within milliseconds."""

        def look(tx: Transaction) -> list[str] | None:
            return [str(each.address["ts"]) for each in tx.messages(request.id) if each.address]

        [stands] = await self.town.read_until(look, f"the card of {self.point}")
        return next(card for card in self.town.cards(request.id) if card.ts == stands)

    async def _act(self, request: Request, card: Message, before: int) -> None:
        town, sandbox = self.town, self.town.place.sandbox
        match self.point.story:
            case "approve":
                await self._acked(lambda: sandbox.click(RAVI.id, card, "signoff_approve"), "approval", request.id)
            case "reject":
                await self._submitted(card, "signoff_reject", {"reason": "no_longer_needed"}, request.id)
            case "edit":
                await self._submitted(card, "signoff_edit", {"amount": "0.05"}, request.id)
            case "expire":
                town.ahead += 5 * HOURS
                await town.arm(self.point)
            case "remind":
                town.ahead += 2.2 * HOURS
                await town.arm(self.point)
                await self._killed(before)
                await self._acked(lambda: sandbox.click(RAVI.id, card, "signoff_approve"), "approval", request.id)

    async def _submitted(self, card: Message, action: str, typed: Mapping[str, str], request: str) -> None:
        sandbox = self.town.place.sandbox
        # A dialog opens only by a press that is seconds old, so nobody but the person repeats it.
        while not (await sandbox.click(RAVI.id, card, action)).acked:
            await self.town.served()
        view = await sandbox.until(lambda: sandbox.view_of(RAVI.id), PATIENCE)
        entered: dict[str, Any] = dict(values(**typed))
        await self._acked(lambda: sandbox.submit(RAVI.id, view, entered), "form", request)
        if left := sandbox.view_of(RAVI.id):  # it stays open where the acknowledgement was lost
            await sandbox.close_view(RAVI.id, left)

    async def _end(self, request: Request) -> None:
        """Wait until everything about the request has settled, then look at all that must hold."""
        told = self.town.history.invoke("rig", "read", request.id)
        ended = await self.town.read_until(lambda tx: self._ended(tx, request.id), f"the end after {self.point}")
        told("ok", [ended.status, ended.revision])
        with contextlib.suppress(AssertionError):
            await self.town.until(lambda: not self._cards(ended), "every card", CONVERGED)
        self.problems += self._cards(ended)
        effects, refunds = self.town.effects(ended.id), self.town.refunds(ended.id)
        self.problems += await self.town.storage.store.read(lambda tx: list(self._rows(tx, ended, effects, refunds)))

    def _ended(self, tx: Transaction, request_id: str) -> Request | None:
        request = tx.request(request_id)
        return request if request.status.ended and tx.run(request.run_id).status.ended else None

    def _cards(self, ended: Request) -> list[str]:
        """I6 and I7: at most one card too many, and each says how it ended, an unknown outcome in so many words too."""
        cards, says = self.town.cards(ended.id), ENDS.get(ended.status, "?")
        problems = [] if 1 <= len(cards) <= 2 else [f"I6: {len(cards)} cards stand"]
        problems += ["I6: a card still has buttons" for card in cards if BUTTONS & set(actions_of(card))]
        return problems + [f"I6: a card does not say {says!r}" for card in cards if says not in text_of(card)]

    def _rows(self, tx: Transaction, ended: Request, effects: int, refunds: int) -> Iterator[str]:
        """What the rows, billing and the witness must agree on."""
        runs, decisions = self._runs(tx), tx.decisions(ended.id)
        executions = [each for each in tx.executions(ended.run_id) if each.request_id == ended.id]
        if len(runs) != 1:
            yield f"I8: {len(runs)} runs of one command"
        if len(tx.requests(run_id=ended.run_id, limit=5)) != 1:
            yield "I8: more than one request of one proposal"
        if len(decisions) != (0 if self.point.story == "expire" else 1):
            yield f"I1: {len(decisions)} decisions"
        if effects > 1 or refunds > 1 or len(executions) > 1:
            yield f"I7: {len(executions)} executions, {effects} effects, {refunds} refunds"
        if (ended.status is RequestStatus.succeeded) != (refunds == 1) and ended.status is not RequestStatus.unknown:
            yield f"I2: {ended.status} with {refunds} refunds"
        if ended.status not in self._fates():
            yield f"ended as {ended.status}, not as one of {sorted(self._fates())}"
        if executions and executions[0].status is ExecutionStatus.claimed:
            yield "I7: an execution is claimed for ever"
        yield from self._audited(tx, ended)

    def _fates(self) -> set[RequestStatus]:
        """How the story may end. What was begun and not reported is unknown, and nothing else is."""
        if self.point.story in ("expire", "reject"):
            return {RequestStatus.expired if self.point.story == "expire" else RequestStatus.rejected}
        begun = ("execution.claimed after commit", "effect before", "effect after", "execution.succeeded before commit")
        if self.point.spot in ("update Card after", "reply after"):  # perhaps while it runs
            return {RequestStatus.succeeded, RequestStatus.unknown}
        return {RequestStatus.unknown if self.point.spot in begun else RequestStatus.succeeded}

    def _audited(self, tx: Transaction, ended: Request) -> Iterator[str]:
        """I4: every state that was passed has its audit entry, once."""
        events = [entry.event for entry in tx.audit_entries(request_id=ended.id)]
        verdict = {"approve": "request.approve", "remind": "request.approve", "edit": "request.edit"}.get(self.point.story)
        executed = ended.status in (RequestStatus.succeeded, RequestStatus.unknown)
        wanted = ["request.created", *([verdict] if verdict else [f"request.{ended.status}"])]
        wanted += ["request.approved", "execution.claimed", f"execution.{ended.status}"] if executed else []
        yield from (f"I4: {events.count(each)} audit entries {each}" for each in wanted if events.count(each) != 1)


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
