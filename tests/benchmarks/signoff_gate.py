"""Whole gate cycles through the real flow: a command starts a run, its agent proposes, a person approves, it executes.

A cycle is over when its run has ended: run, steps, request, decision, execution, evaluation and their audit rows are
committed then. Everything is real but chat, of which there are two readings. Without chat, the jobs that show cards and
say lines are deferred, taken and ended like all others, but do nothing. With chat, every card and notice is built and
posted to a surface in memory, and the reading ends when the last of them stands.
"""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from itertools import count

from agents.workflow import Agents
from bot.cards.card import Card, View
from bot.flow import jobs
from bot.flow.desk import Click, Command
from bot.flow.front_desk import FrontDesk
from bot.flow.handlers import handlers
from bot.flow.ids import RandomIds
from bot.flow.seals import Seals
from bot.flow.signoff import Signoff
from bot.flow.surface import Posted
from policies.judge import Fallback
from storage.dispatch import Dispatch, Handler
from storage.records import JsonObject, Place
from storage.sql.open import open_storage
from tests.bot.flow.stage import ANNA, CHANNEL, PAYER, POLICY, RAVI, Till, actions_of, policy_of
from tests.fakes.models import ScriptedModel
from tests.fakes.surface import FakeSurface

PATIENCE = 120.0  # seconds to wait for one thing of the flow
TURNS = 2  # times that a run goes on: until it asks, and to its end


@dataclass(frozen=True)
class Asked:
    """What a reviewer sees of one request."""

    run_id: str
    request_id: str
    revision: int
    fingerprint: str


@dataclass
class Board(FakeSurface):
    """The channel: whoever reviews takes the next card from here."""

    asked: asyncio.Queue[Asked] = field(default_factory=asyncio.Queue)

    async def post(self, place: Place, view: View) -> Posted:
        posted = await super().post(place, view)
        if isinstance(view, Card):
            self.asked.put_nowait(Asked(view.run_id, view.request_id, view.revision, view.fingerprint))
        return posted


@dataclass
class Gate:
    """A Signoff, and the people in front of it."""

    signoff: Signoff
    dispatch: Dispatch
    board: Board
    chat: bool
    _turns: Counter[str] = field(default_factory=Counter)
    _ended: dict[str, asyncio.Event] = field(default_factory=dict)
    _deliveries: Iterator[int] = field(default_factory=count)

    async def cycles(self, number: int, together: int) -> float:
        """Seconds that so many cycles take, so many of them at a time."""
        desk, left, work = FrontDesk(self.signoff), iter(range(number)), self._handlers()
        serving = asyncio.create_task(self.dispatch.serve(work))
        began = time.perf_counter()
        await asyncio.gather(*(self._clerk(desk, left) for _ in range(together)))
        seconds = time.perf_counter() - began
        serving.cancel()
        with suppress(asyncio.CancelledError):
            await serving
        await self.dispatch.drain(work)
        return time.perf_counter() - began if self.chat else seconds

    async def _clerk(self, desk: FrontDesk, left: Iterator[int]) -> None:
        """Has an agent propose, takes whatever card comes next, approves, and waits for the end of that run."""
        for _ in left:
            started = await desk.command(Command("run payer 480.00 lamp-shop", ANNA, CHANNEL, self._delivery()))
            assert started.ok, started
            asked = await asyncio.wait_for(self.board.asked.get(), PATIENCE)
            click = Click(asked.request_id, asked.revision, asked.fingerprint, RAVI, self._delivery())
            decided = await desk.approve(click)
            assert decided.ok, decided
            await asyncio.wait_for(self._end_of(asked.run_id).wait(), PATIENCE)
            del self._ended[asked.run_id]

    def _handlers(self) -> Mapping[str, Handler]:
        real = handlers(self.signoff)

        async def advance(payload: JsonObject) -> None:
            await real[jobs.ADVANCE](payload)
            run_id = str(payload["run_id"])
            self._turns[run_id] += 1
            if self._turns[run_id] == TURNS:
                self._end_of(run_id).set()

        quiet = {} if self.chat else dict.fromkeys(real, _nothing) | {jobs.SHOW_CARD: self._card}
        return {**real, **quiet, jobs.ADVANCE: advance, jobs.EXECUTE: real[jobs.EXECUTE]}

    async def _card(self, payload: JsonObject) -> None:
        """Without chat: somebody finds the request, as by `/signoff list`."""
        request_id = str(payload["request_id"])
        if request_id not in self._turns:
            self._turns[request_id] += 1
            found = await self.signoff.store.read(lambda tx: tx.request(request_id))
            self.board.asked.put_nowait(Asked(found.run_id, found.id, found.revision, found.fingerprint))

    def _end_of(self, run_id: str) -> asyncio.Event:
        return self._ended.setdefault(run_id, asyncio.Event())

    def _delivery(self) -> str:
        return f"delivery:{next(self._deliveries)}"


@asynccontextmanager
async def gate(url: str, *, chat: bool) -> AsyncIterator[Gate]:
    """A Signoff on a migrated database, as `signoff serve` opens it."""
    board, actions = Board(), actions_of(Till())
    policy = policy_of(POLICY, actions)
    storage = await open_storage(url, exclusive=True)
    try:
        signoff = Signoff(
            store=storage.store,
            agents=Agents([PAYER]),
            actions=actions,
            model=ScriptedModel(),
            policy=lambda: policy,
            fallback=Fallback(),
            fallback_place=None,
            surfaces={"slack": board},
            ids=RandomIds(),
            seals=Seals([bytes(32)]),
        )
        yield Gate(signoff, storage.dispatch, board, chat)
    finally:
        await storage.close()


async def _nothing(payload: JsonObject) -> None:
    return
