"""A run whose agent's code changed while it was parked ends in words that name the step, what was recorded and what is asked
for now; what people approved has happened once by then, and they are told so."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import pytest
from pydantic import BaseModel, Field

from agents.actions import Actions
from agents.checkpoint import continue_work
from agents.intent import Intent
from agents.limits import Limits
from agents.model import Call, Prompt
from agents.prompts import PromptFile
from agents.runtime import LiveRun
from agents.tools import tool
from agents.workflow import Agent, Agents
from bot.flow.front_desk import FrontDesk
from storage.records import RequestStatus, RunStatus
from tests.bot.flow.stage import Clock, Stage, stage_at
from tests.fakes.models import ScriptedModel

PROMPT = Prompt("sort", "1", "Sort.", "books")
WORK = PromptFile("work", "1", "Work.")


class Sorted(BaseModel):
    kind: str


async def _books() -> list[str]:
    return ["one"]


@dataclass(frozen=True)
class Code:
    """What a workflow does: look up books, sort them, pay. `steps` are the names; a star marks a call of the model."""

    steps: Sequence[str] = ("look", "sort*")
    query: str = "books"
    amount: str | None = "480.00"

    async def run(self, run: LiveRun, input: str) -> str:
        for name in self.steps:
            if name.endswith("*"):
                await run.llm_call(name[:-1], PROMPT, Sorted, lambda answer: answer.kind)
            else:
                await run.retrieval(name, self.query, _books, list[str], lambda books: books)
        if self.amount is None:
            return "Nothing to pay."
        if run.agent.level == 2:
            run.take("pay")
        outcome = await run.propose("pay", {"amount": self.amount, "to": "mia"}, summary=f"Pay mia {self.amount}")
        return outcome.status


def fixed(code: Code) -> Agent:
    """The code at level 1."""
    steps = tuple(name.rstrip("*") for name in code.steps)
    return Agent("clerk", 1, "", "", ("pay",), code.run, steps=steps)


def routed(code: Code) -> Agent:
    """The code at level 2."""
    return Agent("clerk", 2, "", "", ("pay",), code.run, paths={"pay": ("pay",)})


@tool
async def look(query: Annotated[str, Field(max_length=300)]) -> list[str]:
    """Look up books."""
    return [query]


@tool
async def peek(query: str) -> list[str]:
    """Look up books under another name."""
    return [query]


def tooled(*tools: Any, limits: Limits | None = None, amount: str | None = None) -> Agent:
    """A model at work, level 3. `amount` is what its author makes of each payment."""

    async def review(intent: Intent) -> Intent:
        return intent if amount is None else replace(intent, arguments={**intent.arguments, "amount": amount})

    async def workflow(run: LiveRun, input: str) -> str:
        return (await run.work(input, WORK, review=review)).told

    return Agent("clerk", 3, "", "", ("pay",), workflow, tools=tools or (look,), limits=limits or Limits())


def call(name: str, **arguments: Any) -> Call:
    return Call(name=name, arguments=arguments)


ANSWERS: dict[int, list[Any]] = {
    1: [Sorted(kind="mia")],
    2: [Sorted(kind="mia")],
    3: [
        call("look", query="books"),
        call("pay", arguments={"amount": "480.00", "to": "mia"}, summary="Pay mia 480.00"),
        call("finish", answer="Paid."),
    ],
}
PAID = "step 3 was tool_call 'pay' with amount=480.00, to=mia, now it is"

CHANGES = [
    (
        "a step renamed",
        Code(("seek", "sort*")),
        "step 1 was retrieval 'look' with books, now it is retrieval 'seek' with books",
    ),
    ("steps in another order", Code(("sort*", "look")), "step 1 was retrieval 'look' with books, now it is llm_call 'sort'"),
    ("a step more", Code(("look", "look", "sort*")), "step 2 was llm_call 'sort', now it is retrieval 'look' with books"),
    ("a step less", Code(("look",)), "step 2 was llm_call 'sort', now it is tool_call 'pay' with amount=480.00, to=mia"),
    (
        "another question",
        Code(query="lamps"),
        "step 1 was retrieval 'look' with books, now it is retrieval 'look' with lamps",
    ),
    ("another sum", Code(amount="300.00"), f"{PAID} tool_call 'pay' with amount=300.00, to=mia"),
    ("no proposal", Code(amount=None), f"{PAID} the end of the workflow"),
]
CASES = [
    *((1, name, fixed(Code()), fixed(code), words) for name, code, words in CHANGES),
    *((2, name, routed(Code()), routed(code), words) for name, code, words in CHANGES),
    (3, "a tool renamed", tooled(), tooled(peek),
     "step 2 was tool_call 'look' with query=books, now it is tool_call 'look' with query=books, refused"),
    (3, "another sum", tooled(), tooled(amount="300.00"), "step 4 was tool_call 'pay' with amount=480.00, to=mia, now it is "
     "tool_call 'pay' with amount=300.00, to=mia"),
    (3, "a checkpoint earlier", tooled(), tooled(limits=Limits(checkpoint_every=1)),
     "step 2 was tool_call 'look' with query=books, now it is tool_call 'continue_work' with"),
]  # fmt: skip


def served(stage: Stage, agent: Agent, answers: list[Any]) -> None:
    """Have the stage serve this agent."""
    actions = Actions([*stage.signoff.actions.values(), continue_work()])
    stage.signoff = replace(stage.signoff, agents=Agents([agent]), actions=actions, model=ScriptedModel(answers))
    stage.desk = FrontDesk(stage.signoff)


@pytest.mark.parametrize(
    ("level", "name", "before", "after", "words"), CASES, ids=[f"{each[0]}: {each[1]}" for each in CASES]
)
async def test_code_that_changed_under_a_parked_run_is_named_and_so_is_what_happened(
    tmp_path: Path, level: int, name: str, before: Agent, after: Agent, words: str
) -> None:
    clock = Clock()
    async with stage_at(tmp_path / "signoff.db", clock) as stage:
        served(stage, before, ANSWERS[level][:2])
        await stage.type("run clerk books")
        assert (await stage.run()).status is RunStatus.waiting

    async with stage_at(tmp_path / "signoff.db", clock) as stage:
        served(stage, after, [])
        await stage.approve(await stage.latest())
        run = await stage.run()
        assert await stage.status() is RequestStatus.succeeded  # it was approved, and does not depend on the code
        assert [str(amount) for amount, _, _ in stage.till.paid] == ["480.00"]
        assert run.status is RunStatus.failed
        assert run.error is not None
        assert run.error.startswith("The code of agent 'clerk' changed while this run was parked: step ")
        assert words in run.error
        assert "pay (succeeded)" in run.error
        assert run.error in stage.surface.told[-1][1]  # its notice is gone with the first surface


@pytest.mark.parametrize("agent", [fixed(Code()), routed(Code()), tooled()], ids=["1", "2", "3"])
async def test_the_same_code_goes_on(tmp_path: Path, agent: Agent) -> None:
    clock = Clock()
    async with stage_at(tmp_path / "signoff.db", clock) as stage:
        served(stage, agent, ANSWERS[agent.level][:2])
        await stage.type("run clerk books")
    async with stage_at(tmp_path / "signoff.db", clock) as stage:
        served(stage, agent, ANSWERS[agent.level][2:])
        await stage.approve(await stage.latest())
        assert (await stage.run()).status is RunStatus.succeeded
