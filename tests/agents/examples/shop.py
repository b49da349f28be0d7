"""A Signoff in which the LangGraph example works, and a ledger on disk of what it cost: each question, each effect."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from agents import shipped
from agents.actions import Action, Actions, Arguments, Effect
from agents.examples.langgraph_gate import Checkpointer
from agents.examples.langgraph_support import CLASSIFY, RULES, langgraph_support
from agents.model import Answer, M, Prompt
from agents.offline import OfflineModel
from agents.shipped import Systems
from agents.workflow import Agents
from bot.flow.front_desk import FrontDesk
from policies.file import SHIPPED, parse
from policies.judge import Fallback
from policies.rules import mentionable
from storage.records import JsonObject, RequestStatus
from tests.bot.flow.stage import Stage

TICKET = "Please refund my order A-1042, it came broken."
SPENT = [f"asked {CLASSIFY.name}", "execute_financial_action 300.00", "send_external_email mia@example.com"]
TOLD = "execute_financial_action is done. A reviewer had changed what was proposed. send_external_email is done."


@dataclass(frozen=True)
class Ledger:
    """Lines in a file, which outlives whoever writes it."""

    path: Path

    def write(self, line: str) -> None:
        with self.path.open("a", encoding="utf-8") as file:
            file.write(f"{line}\n")

    @property
    def lines(self) -> list[str]:
        return self.path.read_text(encoding="utf-8").splitlines() if self.path.exists() else []


class PaidModel(OfflineModel):
    """Rules whose answers have to be paid."""

    def __init__(self, ledger: Ledger) -> None:
        super().__init__(RULES)
        self._ledger = ledger

    async def ask(self, prompt: Prompt, schema: type[M]) -> Answer[M]:
        self._ledger.write(f"asked {prompt.name}")
        return await super().ask(prompt, schema)


def move_in(stage: Stage, systems: Systems, ledger: Ledger, checkpointer: Checkpointer) -> None:
    """Have the stage be a Signoff with this one agent."""
    stage.policy[:] = [parse(SHIPPED.read_bytes(), mentionable({}))]
    stage.signoff = replace(
        stage.signoff,
        agents=Agents([langgraph_support(systems.customers, systems.knowledge, checkpointer)]),
        actions=Actions(replace(action, execute=_entered(action, ledger)) for action in shipped.actions(systems).values()),
        model=PaidModel(ledger),
        fallback=Fallback(("ravi@example.com",)),
    )
    stage.desk = FrontDesk(stage.signoff)


def _entered(action: Action[Any], ledger: Ledger) -> Callable[[Arguments, Effect], Awaitable[JsonObject]]:
    async def execute(arguments: Arguments, effect: Effect) -> JsonObject:
        given = arguments.model_dump(mode="json")
        ledger.write(f"{action.name} {given.get('amount') or given.get('to')}")
        return {"summary": f"{action.name} is done."}

    return execute


async def live(stage: Stage) -> str | None:
    """Start the run, or go on with it; a reviewer refunds less, and lets the mail be sent. Returns how the run ended."""
    await stage.settle()
    if not await stage.read(lambda tx: tx.runs()):
        await stage.type(f"run langgraph-support {TICKET}", delivery="only")
    while pending := await stage.read(lambda tx: tx.requests(status=RequestStatus.pending)):
        if pending[0].action == "execute_financial_action":
            await stage.edit(pending[0], amount="300.00", notes="Only the shade is broken.")
        else:
            await stage.approve(pending[0])
    run = await stage.run()
    return run.final_output or run.error
