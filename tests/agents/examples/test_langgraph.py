"""A LangGraph graph with Signoff as its gate: interrupted, decided on in chat, resumed; killed anywhere, it goes on."""

import socket
from collections.abc import AsyncIterator, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("langgraph", reason="needs the extra: pip install 'signoff[langgraph]'")

from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

from agents import own
from agents.actions import Action, Actions, Effect
from agents.examples import langgraph_support as example
from agents.examples.langgraph_gate import worked
from agents.executors.email import SendExternalEmail
from agents.executors.records import DraftInternalMessage
from agents.model import ModelUnavailable
from agents.runtime import LiveRun
from agents.support.knowledge import Article, Knowledge
from agents.workflow import Agents
from bot.flow.execute import execute
from bot.flow.front_desk import FrontDesk
from bot.flow.run import advance
from storage.records import JsonObject, RequestStatus, RunStatus, StepType
from tests.bot.flow.stage import Stage, stage_on
from tests.fakes.models import ScriptedModel

TICKET = "When do you open on Saturdays? My address is mia@example.com"
ANSWER = example.Reading(path="answer", question="opening hours saturday", quote="When do you open on Saturdays?")
TEAM = example.Reading(path="team", question="", quote="")
POLICY = """
defaults: {reviewers: [ravi@example.com]}
rules:
  - {name: mail, actions: [send_external_email], verdict: approve, risk: high}
  - {name: notes, actions: [draft_internal_message], verdict: log, risk: low}
"""


class Died(BaseException):
    """The process was killed."""


@dataclass
class Graph:
    """A compiled graph that dies at its nth call: before anything happens, or after all of it is in the checkpoints."""

    compiled: Any
    office: "Office"

    async def ainvoke(self, *given: Any, **how: Any) -> Any:
        self.office.calls += 1
        self.office.at("before", self.office.calls)
        told = await self.compiled.ainvoke(*given, **how)
        self.office.at("after", self.office.calls)
        return told

    async def aget_state(self, *given: Any) -> Any:
        return await self.compiled.aget_state(*given)


@dataclass
class Fragile(Knowledge):
    """A help centre in which the process dies, before or after it has answered."""

    office: "Office"

    def __post_init__(self) -> None:
        super().__init__()

    async def search(self, text: str, limit: int = 3) -> tuple[Article, ...]:
        self.office.searched += 1
        self.office.at("search", self.office.searched)
        return await super().search(text, limit)


@dataclass
class Office:
    """A stage with the graph as its only agent, and what left it."""

    stage: Stage
    checkpoints: Path
    sent: list[SendExternalEmail] = field(default_factory=list)
    noted: list[DraftInternalMessage] = field(default_factory=list)
    dies: tuple[str, int] | None = None
    died: bool = False
    calls: int = 0
    searched: int = 0

    def open(self, *answers: Any) -> ScriptedModel:
        """With these answers of the model, and no more."""
        model = ScriptedModel([*answers])
        actions = Actions(
            [
                Action("send_external_email", "Send", "Sends", SendExternalEmail, lambda a: a.to, self._send),
                Action("draft_internal_message", "Note", "Notes", DraftInternalMessage, lambda a: "us", self._note),
            ]
        )
        agent = replace(example.langgraph_support(), workflow=self._work)
        self.stage.signoff = replace(self.stage.signoff, actions=actions, agents=Agents([agent]), model=model)
        self.stage.desk = FrontDesk(self.stage.signoff)
        self.stage.adopt(POLICY)
        return model

    async def _work(self, run: LiveRun, input: str) -> str:
        async with AsyncSqliteSaver.from_conn_string(str(self.checkpoints)) as saver:
            compiled = Graph(example.graph().compile(checkpointer=saver), self)
            knowledge = Fragile(self)
            try:
                state = await worked(compiled, {"text": input}, example.Desk(run, knowledge))
            finally:
                knowledge.close()
        return example.told(state["decision"])

    async def _send(self, mail: SendExternalEmail, effect: Effect) -> JsonObject:
        self.sent.append(mail)
        return {"summary": f"Sent to {mail.to}."}

    async def _note(self, note: DraftInternalMessage, effect: Effect) -> JsonObject:
        self.noted.append(note)
        return {"summary": "The team knows."}

    async def kept(self) -> dict[str, Any]:
        """The graph's state, as its checkpoints hold it."""
        thread = {"configurable": {"thread_id": (await self.stage.run()).id}}
        async with AsyncSqliteSaver.from_conn_string(str(self.checkpoints)) as saver:
            return dict((await example.graph().compile(checkpointer=saver).aget_state(thread)).values)  # type: ignore[arg-type]

    def at(self, point: str, time: int) -> None:
        if self.dies == (point, time):
            self.died = True
            raise Died

    async def surviving(self, what: Coroutine[Any, Any, Any]) -> None:
        """What people do; where the process dies of it, another one takes over what it left, and dies no more."""
        with suppress(Died):  # which may reach us or not, as jobs are taken by tasks of their own
            await what
        if self.died:
            for request in await self.stage.read(lambda tx: tx.requests()):
                await execute(self.stage.signoff, request.id)
            await advance(self.stage.signoff, (await self.stage.run()).id)

    async def ask(self, text: str = TICKET) -> None:
        await self.surviving(self.stage.type(f"run langgraph-support {text}"))


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
async def office(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Office]:
    async with stage_on(request.getfixturevalue(f"{request.param}_url")) as stage:
        yield Office(stage, tmp_path / "langgraph.db")


async def test_what_is_approved_is_sent_once_and_the_graph_ends_with_it(office: Office) -> None:
    model = office.open(ANSWER)
    await office.ask()
    request = await office.stage.latest()
    assert (request.action, request.arguments["to"]) == ("send_external_email", "mia@example.com")
    assert [item.title for item in request.evidence] == ["Ticket", "Opening hours and how to reach us"]
    assert office.sent == []

    await office.stage.approve(request)

    assert [mail.to for mail in office.sent] == ["mia@example.com"]
    assert (await office.stage.run()).final_output == "Sent to mia@example.com."
    assert len(model.asked) == 1
    steps = await office.stage.read(lambda tx: tx.steps(request.run_id))
    assert [(step.type, step.name) for step in steps] == [
        (StepType.llm_call, "classify"),
        (StepType.retrieval, "help_centre"),
        (StepType.tool_call, "send_external_email"),
        (StepType.approval, "send_external_email"),
        (StepType.tool_call, "send_external_email"),
    ]


async def test_what_is_edited_is_sent_as_edited_and_the_graph_knows(office: Office) -> None:
    office.open(ANSWER)
    await office.ask()
    await office.stage.edit(await office.stage.latest(), subject="We are open until 16:00")

    assert [mail.subject for mail in office.sent] == ["We are open until 16:00"]
    state = await office.kept()
    assert state["decision"]["edited"]
    assert state["decision"]["arguments"]["subject"] == "We are open until 16:00"


async def test_a_rejection_reaches_the_graph_with_its_notes(office: Office) -> None:
    office.open(ANSWER)
    await office.ask()
    await office.stage.reject(await office.stage.latest(), notes="She was called.")

    assert office.sent == []
    assert (await office.stage.run()).final_output == "Nothing was sent: rejected. She was called."


async def test_the_other_path_asks_the_team_without_a_tool(office: Office) -> None:
    office.open(TEAM)
    await office.ask()
    assert len(office.noted) == 1
    assert office.searched == 0
    assert (await office.stage.run()).final_output == "The team knows."


async def test_the_state_is_in_langgraphs_checkpoints_while_people_think(office: Office) -> None:
    office.open(ANSWER)
    await office.ask()
    state = await office.kept()
    assert state["question"] == ANSWER.question
    assert state["article"]["slug"] == "opening-hours"
    assert "decision" not in state


ASKED = [("before", 1), ("after", 1), ("search", 1), ("before", 2), ("after", 2)]


@pytest.mark.parametrize("dies", ASKED, ids=lambda dies: f"{dies[0]} {dies[1]}")
async def test_killed_anywhere_no_model_is_paid_twice_and_nothing_is_sent_twice(
    office: Office, dies: tuple[str, int]
) -> None:
    """Before the graph begins; once it waits, before Signoff is asked; within a node; with the decision in hand, before the
    graph is resumed; and once it has ended, before the run does."""
    model = office.open(ANSWER)
    office.dies = dies
    await office.ask()
    request = await office.stage.latest()
    assert request.status is RequestStatus.pending
    await office.surviving(office.stage.approve(request))

    assert office.died
    run = await office.stage.run()
    assert (run.status, run.final_output) == (RunStatus.succeeded, "Sent to mia@example.com.")
    assert (len(model.asked), len(office.sent)) == (1, 1)
    assert [request.id for request in await office.stage.read(lambda tx: tx.requests())] == [request.id]


async def test_a_node_that_ended_never_runs_again_however_often_the_run_goes_on(office: Office) -> None:
    office.open(ANSWER)
    await office.ask()
    run = await office.stage.run()
    for _ in range(3):
        await office.stage.store.write(lambda tx: tx.wake_run(run.id))
        await advance(office.stage.signoff, run.id)
    assert office.searched == 1
    await office.stage.approve(await office.stage.latest())
    assert (office.searched, len(office.sent)) == (1, 1)


async def test_a_model_that_is_down_ends_the_run_in_words(office: Office) -> None:
    office.open(ModelUnavailable("The model cannot be reached."))
    await office.ask()
    run = await office.stage.run()
    assert (run.status, run.error) == (RunStatus.failed, "The model cannot be reached.")


async def test_nobody_outside_is_called(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """LangGraph brings a client of a tracing service along, which has to be asked for by a variable of its own."""
    called: list[Any] = []
    monkeypatch.setattr(socket, "getaddrinfo", lambda *given, **how: called.append(given))
    office.open(ANSWER)
    await office.ask()
    await office.stage.approve(await office.stage.latest())
    assert len(office.sent) == 1
    assert called == []


def test_it_is_an_agent_of_ones_own(tmp_path: Path) -> None:
    loaded = own.load([Path(example.__file__)])
    assert [agent.name for agent in loaded.agents] == ["langgraph-support"]
    assert set(example.graph().nodes) == {"classify", "route", "execute_tool", "human_review"}
