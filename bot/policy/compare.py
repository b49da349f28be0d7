"""Reads the history once and judges it by two policies."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from agents import shipped
from agents.actions import Actions
from bot.app import systems_of
from bot.policy.history import Stretch, history
from bot.settings import Settings
from bot.since import begin
from policies.backtest import Backtest, Compared
from policies.file import load
from policies.judge import Fallback, Judge
from policies.replay import Replay
from policies.rules import Policy, mentionable
from storage.sql.open import open_storage
from storage.store import Store, Transaction

Progress = Callable[[int], None]


@dataclass(frozen=True)
class Wanted:
    """Which past proposals were asked for."""

    since: timedelta | datetime
    agent: str | None = None
    action: str | None = None


@dataclass(frozen=True)
class Grounds:
    """What past proposals are judged again on: a store, the actions of today, and what the deployment names."""

    store: Store
    actions: Actions
    fallback: Fallback
    environment: str

    def judge(self, policy: Policy) -> Judge:
        """Who judges by a policy, as it is done when agents propose."""
        return Judge(policy, self.actions.models, self.fallback)

    async def stretch(self, wanted: Wanted) -> Stretch:
        """That part of the history, up to now by the store's time."""
        now = await self.store.read(lambda tx: tx.now())
        return Stretch(begin(wanted.since, now), now, wanted.agent, wanted.action)


@dataclass(frozen=True)
class File:
    """A policy and the file that it was read from."""

    path: Path
    policy: Policy


@dataclass(frozen=True)
class Report:
    """One comparison. `names` are those of the people in its contradictions, by the key of their account."""

    now: File
    candidate: File
    stretch: Stretch
    environment: str
    found: Backtest
    names: Mapping[str, str] = field(default_factory=dict)


@asynccontextmanager
async def grounds(settings: Settings) -> AsyncIterator[Grounds]:
    """What the settings name, released afterwards. Raises StorageError and what `systems_of` raises."""
    systems = systems_of(settings)
    try:
        storage = await open_storage(settings.database_url)
        try:
            fallback = Fallback(settings.reviewers, settings.channel)
            yield Grounds(storage.store, shipped.actions(systems), fallback, settings.environment)
        finally:
            await storage.close()
    finally:
        await systems.servers.close()
        systems.close()


async def compared(
    here: Grounds, current: Path, candidate: Path, wanted: Wanted, progress: Progress = lambda count: None
) -> Report:
    """The two policies over that part of the history. Raises PolicyError, StorageError."""
    known = mentionable(here.actions.models)
    now, other = (File(path, load(path, known)) for path in (current, candidate))
    replays = Replay(here.judge(now.policy)), Replay(here.judge(other.policy))
    stretch, found = await here.stretch(wanted), Backtest()
    async for past in history(here.store, stretch, here.actions, here.environment):
        found.add(Compared(past, *(replay.tell(past) for replay in replays)))
        progress(found.proposals)
    names = await here.store.read(lambda tx: _names(tx, found))
    return Report(now, other, stretch, here.environment, found, names)


def _names(tx: Transaction, found: Backtest) -> dict[str, str]:
    requests = dict.fromkeys(each.past.request_id for each in found.contradictions if each.past.request_id)
    return {each.person.key: each.person.name for request in requests for each in tx.decisions(request)}
