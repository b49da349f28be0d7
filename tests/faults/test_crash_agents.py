"""Row 4: an agent is killed between any two steps and goes on elsewhere; nothing recorded is paid or done again.

What is promised of the model: an answer that was committed is never asked for again. An answer that dies with its process,
after it came and before that commit, was known to nobody, and is asked for once more. That is the one place where a call is
paid twice, and each such kill costs exactly one call. Of actions: each happens at most once; where the process dies between
claim and report, nobody knows, a person is told so, and nothing is tried again.
"""

import asyncio
import os
import re
import signal
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from bot.sandbox.world import World
from storage.sql import schema
from tests.fakes.effects import Effects, effects
from tests.fakes.messages_api import MessagesApi
from tests.fakes.rule_mind import the_same
from tests.faults.crash import HEARTBEAT, PATIENCE, Nursery, nursery
from tests.faults.tales import TALES, Spot, Tale, journal_of, mind

FULL = os.environ.get("SIGNOFF_FAULTS") == "full"
KILLS = 5 if FULL else 1
NUMBERS = count()
UNKNOWN = re.compile("is not known|may or may not have happened|unknown")  # how a run says that nobody knows

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(1800 if FULL else 120)]


@dataclass
class Workshop:
    """A database, the systems that agents work on and the model they ask: all that outlives a killed process."""

    world: World
    api: MessagesApi
    nursery: Nursery
    url: str
    directory: Path
    whole: dict[str, "Told"] = field(default_factory=dict)

    async def unharmed(self, tale: Tale) -> "Told":
        """How a tale goes when nobody kills anything."""
        if tale.name not in self.whole:
            self.whole[tale.name] = await self.carry(tale)
        return self.whole[tale.name]

    async def carry(self, tale: Tale, kill_at: str | None = None) -> "Told":
        """Have processes carry a run to its end, the first of which is killed at a spot."""
        self.api.requests.clear()
        before, case, deaths = Counter(effects(self.world)), f"case {next(NUMBERS)}", 0
        while True:
            child = await self.nursery.start(**self._order(tale, case, None if deaths else kill_at))
            code = await asyncio.wait_for(child.ended, PATIENCE)
            if code == 0:
                said = child.ready.result()
                output = re.sub(r"\bre_\w+", "re_…", said["output"])
                done = dict(Counter(effects(self.world)) - before)
                asked = Counter(map(the_same, self.api.requests))
                return Told(
                    said["status"], output, [(kind, name) for kind, name in said["steps"]], done, asked, deaths, said["lost"]
                )
            assert code == -signal.SIGKILL, f"the process ended by itself with {code}"
            deaths += 1

    def _order(self, tale: Tale, case: str, kill_at: str | None) -> dict[str, Any]:
        mailbox, billing = self.world.mailbox, self.world.billing
        settings = {
            "SIGNOFF_DATABASE_URL": self.url, "SIGNOFF_CUSTOMERS_URL": self.world.customers_url,
            "SIGNOFF_SMTP_HOST": mailbox.host, "SIGNOFF_SMTP_PORT": mailbox.port, "SIGNOFF_SMTP_STARTTLS": False,
            "SIGNOFF_BILLING_URL": billing.client.url, "SIGNOFF_BILLING_KEY": billing.key,
        }  # fmt: skip
        return {
            "do": "carry", "case": case, "agent": tale.agent, "input": tale.input, "api": self.api.url, "kill_at": kill_at,
            "settings": settings, "witness": self.directory / "effects", "heartbeat": HEARTBEAT,
        }  # fmt: skip


@dataclass(frozen=True)
class Told:
    """What became of a run: how it ended, its steps, what the world has of it, how often each question was asked, how
    many processes died over it, and over how many of its steps."""

    status: str
    output: str
    steps: list[tuple[str, str]]
    effects: Effects
    asked: Counter[str]
    deaths: int
    lost: int


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def parent(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Nursery]:
    async with nursery(tmp_path_factory.mktemp("nursery") / "log", "tests.faults.carrier") as made:
        yield made


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def shop(
    request: pytest.FixtureRequest, parent: Nursery, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Workshop]:
    directory = tmp_path_factory.mktemp("workshop")
    url = f"sqlite:///{directory / 'signoff.db'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("cluster").create(f"agents_{next(NUMBERS)}")
    schema.upgrade(url)
    async with World(directory / "world") as world, MessagesApi(mind=mind()) as api:
        yield Workshop(world, api, parent, url, directory)


SPOTS = [(tale, spot) for tale in TALES for spot in (tale.spots if FULL else tale.sample)]
FEW = {  # on PostgreSQL; all of them with --full
    "triage": {"step 4 done after commit", "step 6 done before commit"},
    "refund": {"step 4 done before commit", "step 6 done before commit", "step 6 done after commit"},
    "reply": {"step 7 started after commit"},
    "research": {"step 17 done after commit", "step 22 done before commit"},
}


def _cases() -> Iterator[Any]:
    for tale, spot in SPOTS:
        yield pytest.param("sqlite", tale, spot, id=f"sqlite-{tale}-{spot}")
    for tale, spot in SPOTS:
        if FULL or spot.name in FEW[tale.name]:
            yield pytest.param("postgresql", tale, spot, id=f"postgresql-{tale}-{spot}", marks=pytest.mark.postgres)


@pytest.mark.parametrize("tale", TALES, ids=str)
@pytest.mark.parametrize("shop", ["sqlite"], indirect=True, scope="module")
async def test_a_run_that_nobody_kills_takes_the_steps_that_are_told_of_it(shop: Workshop, tale: Tale) -> None:
    told = await shop.unharmed(tale)
    assert journal_of(told.steps) == tale.journal
    assert (told.status, told.effects, told.deaths) == ("succeeded", tale.effects, 0)
    assert set(told.asked.values()) == {1}


@pytest.mark.parametrize(("shop", "tale", "spot"), list(_cases()), indirect=["shop"], scope="module")
async def test_an_agent_killed_here_goes_on_and_nothing_recorded_is_paid_or_done_twice(
    shop: Workshop, tale: Tale, spot: Spot
) -> None:
    whole = await shop.unharmed(tale)
    for _ in range(KILLS):
        told = await shop.carry(tale, spot.name)
        assert told.deaths == 1, f"{spot.name} was not passed"
        if spot.begun:
            assert UNKNOWN.search(told.output)
            assert sum(told.effects.values()) <= 1
            assert set(told.asked.values()) == {1}
            assert len(told.asked) <= len(whole.asked)
            continue
        assert told.lost == spot.open
        assert (told.status, told.output, told.effects) == (whole.status, whole.output, whole.effects)
        assert told.steps == whole.steps
        assert told.asked.keys() == whole.asked.keys()
        assert sum(told.asked.values()) == sum(whole.asked.values()) + spot.paid_again
