"""Makes a fixture of today's shape: a SQLite database in which a run of each agent waits for people, as SQL text.

    python -m tests.upgrades.make tests/upgrades/NAME.sql

Add one with each release that changes the schema, the journal or a shipped agent, and leave the older ones as they are: that
is what they are for. Which release each is of stands in `test_upgrades.py`.
"""

import asyncio
import sqlite3
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from agents import shipped
from agents.executors.email import SmtpServer
from agents.executors.refund import Billing
from agents.offline import OfflineModel
from agents.shipped import Systems
from agents.support.customers import Customers
from agents.support.knowledge import Knowledge
from agents.support.seed import seed
from bot.flow.front_desk import FrontDesk
from storage.records import RunStatus
from tests.bot.flow.stage import Stage, policy_of, stage_at

ASK = "rules: [{name: all, actions: ['*'], verdict: approve, risk: high, reviewers: [ravi@example.com, noor@example.com]}]"
MIA = "From: mia@example.com\nSubject: Lamp\n\n"
RUNS = (
    f"support {MIA}The lamp of A-1042 broke. Please refund $480.",
    f"support {MIA}When are you open on Saturday?",
    "triage INC-42",
    "research Tell quality@brightfold.example what we know about batch AF-2609.",
)


def systems_in(folder: Path) -> Systems:
    """The seeded customers, and addresses at which nobody listens."""
    customers = Customers(f"sqlite:///{folder / 'customers.db'}")
    customers.prepare()
    seed(customers)
    smtp, billing = SmtpServer("127.0.0.1", 9, "support@lamps.example"), Billing("http://127.0.0.1:9", "key")
    return Systems(smtp, billing, customers, Knowledge())


def staff(stage: Stage, systems: Systems) -> None:
    """Have the stage serve the shipped agents, answer by rules and ask people about everything."""
    actions = shipped.actions(systems)
    stage.signoff = replace(
        stage.signoff, agents=shipped.agents(systems), actions=actions, model=OfflineModel(shipped.rules())
    )
    stage.desk = FrontDesk(stage.signoff)
    stage.policy[:] = [policy_of(ASK, actions)]


async def park(path: Path) -> None:
    """Make a database in which each run waits."""
    systems = systems_in(path.parent)
    async with stage_at(path) as stage:
        staff(stage, systems)
        for line in RUNS:
            stage.clock.move(seconds=1)
            await stage.type(f"run {line}")
            assert (await stage.run()).status is RunStatus.waiting
    systems.close()


def dumped(path: Path) -> str:
    """A database file as SQL text."""
    with sqlite3.connect(path) as connection:
        return "\n".join(connection.iterdump()) + "\n"


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(park(Path(folder) / "signoff.db"))
        Path(sys.argv[1]).write_text(dumped(Path(folder) / "signoff.db"))
