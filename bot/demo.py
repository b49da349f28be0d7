"""The demo: a whole company on one machine. The world, a Slack-compatible workspace and Signoff, each unchanged."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bot.app import Replica, assembled
from bot.flow.sweep import nudge, sweep
from bot.sandbox.people import Channel, Command, Installation, Person, Seed, UserGroup
from bot.sandbox.samples import samples
from bot.sandbox.server import Sandbox
from bot.sandbox.world import World
from bot.settings import Settings
from storage.sql.schema import upgrade

TESS = Person("U0TESS", "tess", "Tess Torres", "tess@lamps.example", "Support · asks")
RAVI = Person("U0RAVI", "ravi", "Ravi Shah", "ravi@lamps.example", "Support lead · reviews")
NOOR = Person("U0NOOR", "noor", "Noor Haddad", "noor@lamps.example", "Finance · reviews")
DAN = Person("U0DAN", "dan", "Dan Okafor", "dan@lamps.example", "Warehouse · no rights here")
PEOPLE = (TESS, RAVI, NOOR, DAN)
CHANNEL = "C0SUPPORT"
REVIEWERS = "slack:@reviewers"


def seed() -> Seed:
    """A small company: one channel, one user group of reviewers."""
    installation = Installation(commands=(Command("/signoff", "run AGENT TEXT", "Have an agent work, and see what waits"),))
    everybody = (*(person.id for person in PEOPLE), installation.bot.id)
    return Seed(
        people=PEOPLE,
        channels=(Channel(CHANNEL, "support", "Tickets, and what the support agent wants to do about them", everybody),),
        groups=(UserGroup("S0REVIEW", "reviewers", (RAVI.id, NOOR.id), "Reviewers"),),
        installation=installation,
        team_name="Signoff sandbox",
    )


@dataclass
class MovableClock:
    """The real time, moved forward on request, so that four hours can pass in a click."""

    offset: timedelta = field(default_factory=timedelta)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.offset


@dataclass(frozen=True)
class Demo:
    """The parts, running."""

    sandbox: Sandbox
    world: World
    replica: Replica
    clock: MovableClock


@asynccontextmanager
async def demo(directory: Path, *, port: int = 0) -> AsyncIterator[Demo]:
    """Everything in one process, with its files in `directory`; what is there is carried on with."""
    clock = MovableClock()
    async with World(directory / "world") as world, _sandbox(world, clock, port) as (sandbox, advanced):
        settings = _settings(directory, sandbox)
        upgrade(settings.database_url)
        systems = world.systems()
        try:
            async with assembled(settings, systems, clock=clock) as replica:
                advanced.append(replica)
                working = asyncio.create_task(replica.serve())
                try:
                    yield Demo(sandbox, world, replica, clock)
                finally:
                    working.cancel()
                    with contextlib.suppress(asyncio.CancelledError):
                        await working
        finally:
            systems.close()


@asynccontextmanager
async def _sandbox(world: World, clock: MovableClock, port: int) -> AsyncIterator[tuple[Sandbox, list[Replica]]]:
    replicas: list[Replica] = []

    async def panels() -> list[dict[str, Any]]:
        return [dict(panel) for panel in world.panels()]

    async def advance(seconds: float) -> None:
        clock.offset += timedelta(seconds=seconds)
        for replica in replicas:
            await sweep(replica.signoff)
            await nudge(replica.signoff)

    made = Sandbox(
        seed(), samples=[dict(sample) for sample in samples()], panels=panels, advance=advance, now=clock, port=port
    )
    async with made as sandbox:
        yield sandbox, replicas


def _settings(directory: Path, sandbox: Sandbox) -> Settings:
    """Signoff's settings, pointed at the sandbox; a key for Claude in the environment is used, everything else is ours."""
    return Settings.model_validate(
        {
            "database_url": f"sqlite:///{directory / 'signoff.db'}",
            "audit_anchors": directory / "audit-anchors.jsonl",
            "signing_key_file": directory / "signing-key",
            "reviewers": (REVIEWERS,),
            "channel": CHANNEL,
            "port": 0,
            "triggers": None,  # a company's own mailboxes are not emptied into a demo
            "slack_bot_token": sandbox.bot_token,
            "slack_app_token": sandbox.app_token,
            "slack_signing_secret": None,
            "slack_api_url": sandbox.api_url,
        }
    )
