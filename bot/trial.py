"""One run of one agent without a chat: the real flow, policy and actions on a database of its own, people at a terminal."""

import os
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from agents import shipped
from agents.shipped import Systems
from bot.app import model_of
from bot.flow import jobs
from bot.flow.handlers import handlers
from bot.flow.ids import RandomIds
from bot.flow.run import start
from bot.flow.seals import Seals
from bot.flow.signoff import Signoff
from bot.flow.vouched import Choice, Ruled, decide_as
from bot.settings import Settings
from bot.traces.build import trace_of
from bot.traces.read import rows_of
from bot.traces.records import Trace
from policies.file import load
from policies.judge import Fallback
from policies.rules import mentionable
from storage.dispatch import Handler
from storage.records import JsonObject, Person, Request, RequestStatus, Run
from storage.sql.open import Storage, open_storage
from storage.sql.schema import upgrade

REVIEWER = "reviewer@example.com"  # decides where neither the policy nor SIGNOFF_REVIEWERS names anybody
_CHATTER = (jobs.SHOW_RUN, jobs.SHOW_CARD, jobs.REPLY, jobs.NUDGE, jobs.TELL)


@dataclass(frozen=True)
class Trial:
    """A Signoff that serves one terminal."""

    signoff: Signoff
    storage: Storage

    async def begin(self, agent: str, text: str, person: Person) -> Run:
        """Start a run and let it go on until it ends or people are asked. Raises UnknownAgent, InputRefused."""
        chosen = self.signoff.agents[agent]
        run = await self.storage.store.write(lambda tx: start(tx, self.signoff, chosen, text, person, None, None))
        assert run is not None  # noqa: S101  # only a repeated delivery starts none
        return await self._settled(run)

    async def asked(self, run: Run) -> Request | None:
        """The request that the run waits for."""
        requests = await self.storage.store.read(lambda tx: tx.requests(run_id=run.id))
        return next((request for request in requests if request.status is RequestStatus.pending), None)

    async def deciders(self, request: Request) -> frozenset[str]:
        """Keys of those who have decided on its revision."""
        decisions = await self.storage.store.read(lambda tx: tx.decisions(request.id))
        return frozenset(each.person.key for each in decisions if each.revision == request.revision)

    async def decide(self, request: Request, person: Person, choice: Choice, by: str) -> Ruled:
        """Record a decision; nothing goes on by itself. Raises what `decide_as` raises."""
        return await decide_as(self.signoff, request.id, person, choice, by=by)

    async def go_on(self, run: Run) -> Run:
        """Let what was decided take effect."""
        return await self._settled(run)

    async def trace(self, run: Run) -> Trace:
        """What the run did, step by step."""
        rows = await self.storage.store.read(lambda tx: rows_of(tx, run))
        return trace_of(rows, self.signoff.actions)

    async def _settled(self, run: Run) -> Run:
        await self.storage.dispatch.drain(self._handlers())
        return await self.storage.store.read(lambda tx: tx.run(run.id))

    def _handlers(self) -> Mapping[str, Handler]:
        """The flow's, but nobody is told anything, because there is no chat."""
        return {**handlers(self.signoff), **dict.fromkeys(_CHATTER, _silence)}


@asynccontextmanager
async def trial(settings: Settings, systems: Systems, database: Path) -> AsyncIterator[Trial]:
    """A Signoff on the SQLite file `database`, which is made if it is not there. Raises PolicyError, StorageError."""
    url = f"sqlite:///{database}"
    actions = shipped.actions(systems)
    policy = load(settings.policy, mentionable(actions.models))
    upgrade(url)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(systems.servers.close)
        storage = await open_storage(url, exclusive=True)
        stack.push_async_callback(storage.close)
        signoff = Signoff(
            store=storage.store,
            agents=shipped.agents(systems),
            actions=actions,
            model=await model_of(settings, systems, stack),
            policy=lambda: policy,
            fallback=Fallback(settings.reviewers or (REVIEWER,)),
            environment=settings.environment,
            fallback_place=None,
            surfaces={},
            ids=RandomIds(),
            seals=Seals([os.urandom(32)]),  # what is approved here counts nowhere else
        )
        yield Trial(signoff, storage)


async def _silence(payload: JsonObject) -> None:
    return None
