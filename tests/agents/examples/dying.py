"""A process in which the LangGraph example is killed with -9 at moments of its life, and lives on in a new process.

    python -m tests.agents.examples.dying FOLDER EVERY

Moments are those before and after each of the graph's writes; EVERY is how many of them lie from one death to the next.
Prints a line of JSON for each death: the moment, how the run ended, and the ledger of its costs. Everything is loaded once;
each life is a fork of its own, with nothing but the files of the one before.
"""

import asyncio
import json
import os
import shutil
import signal
import sys
from collections.abc import Coroutine
from contextlib import closing
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from agents.executors.email import SmtpServer
from agents.executors.refund import Billing
from agents.shipped import Systems
from agents.support.customers import Customers
from agents.support.knowledge import Knowledge
from agents.support.seed import seed
from storage.sql.schema import upgrade
from tests.agents.examples.power import Machine, Power
from tests.agents.examples.shop import Ledger, live, move_in
from tests.bot.flow.stage import stage_on


@dataclass
class Deadly(Power):
    """Power whose end is the process's."""

    def cut(self, what: str) -> None:
        os.kill(os.getpid(), signal.SIGKILL)


async def life(folder: Path, power: Power) -> None:
    """One process's part of the run."""
    systems = Systems(
        SmtpServer("127.0.0.1", 9, "support@lamps.example"),
        Billing("http://127.0.0.1:9", "key"),
        Customers(f"sqlite:///{folder / 'customers.db'}"),
        Knowledge(),
    )
    with closing(systems):
        async with stage_on(f"sqlite:///{folder / 'signoff.db'}") as stage:
            move_in(stage, systems, Ledger(folder / "ledger"), Machine(folder / "graph.db", power).checkpointer)
            end = await live(stage)
    (folder / "end").write_text(json.dumps([end, power.used]), encoding="utf-8")


def forked(work: Coroutine[Any, Any, None]) -> bool:
    """Do it in a child; False if it was killed."""
    child = os.fork()
    if child == 0:
        asyncio.run(work)
        os._exit(0)
    work.close()
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return False
    assert os.waitstatus_to_exitcode(status) == 0
    return True


def main(folder: Path, every: int) -> None:
    """Deaths, one after the other, until a life is too short for the next."""
    world = folder / "world"
    world.mkdir()
    upgrade(f"sqlite:///{world / 'signoff.db'}")
    with closing(Customers(f"sqlite:///{world / 'customers.db'}")) as customers:
        customers.prepare()
        seed(customers)
    for moment in count(0, every):
        shutil.copytree(world, here := folder / str(moment))
        if forked(life(here, Deadly(moment))):
            return
        assert forked(life(here, Power()))
        end, _ = json.loads((here / "end").read_text(encoding="utf-8"))
        print(json.dumps({"moment": moment, "end": end, "ledger": Ledger(here / "ledger").lines}), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
