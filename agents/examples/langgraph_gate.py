"""A LangGraph graph with Signoff as its gate: it stops at `interrupt(proposal)` and goes on with what people decided.

The effect is Signoff's. What a graph interrupts with is proposed; once it is approved, Signoff runs exactly that, once, and
the graph is resumed with what became of it (the fields of `agents.runtime.Outcome`: status, arguments as a reviewer may have
edited them, notes ...). A graph that caused the effect in a node of its own, after an approval, would lose all of that:
LangGraph runs a node again whose end it could not record.

There are two memories, the run's journal and the graph's checkpoints, and the journal is the truth:

- Every checkpoint carries a bookmark: how many steps of the journal its nodes have taken, with path and labels.
- A node's steps are in the journal before its checkpoint is written. So a bookmark never points beyond the journal, and the
  state beside it is what those steps gave. The run turns to the bookmark, and the graph goes on from its checkpoint.
- What the journal has beyond the bookmark was taken by a node that died before its checkpoint. It runs again, asks for
  the same steps in the same order, and the journal answers. No recorded answer is paid twice, and no action runs twice.
- A checkpoint that is lost, that changed code has made, or that an older backup of the journal does not cover, is not
  needed: the graph begins anew, and the journal answers everything. Another machine does not need the file either.
- Proposals are made between two stretches of the graph, never in a node, so they keep their place in the journal.

What this asks of a graph: one node at a time (two at once would both write the bookmark, which LangGraph refuses), every
look-up and model call through `run`, at most one `interrupt` in a node and no step before it, and state that is plain JSON.

Checkpoints hold in the clear what the graph knows. Keep them as you keep the database, or delete them: nothing needs them.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypedDict

from pydantic import BaseModel, ConfigDict, ValidationError

from agents.actions import by_field
from agents.runtime import LiveRun, WorkflowFailed
from storage.records import Evidence, JsonObject, Risk

try:
    from langchain_core.runnables import RunnableConfig
    from langgraph.checkpoint.base import BaseCheckpointSaver
    from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
    from langgraph.errors import GraphInterrupt, GraphRecursionError, InvalidUpdateError
    from langgraph.graph import StateGraph
    from langgraph.graph.state import CompiledStateGraph
    from langgraph.runtime import Runtime
    from langgraph.types import Command, Interrupt, StateSnapshot
    from langsmith import tracing_context
except ModuleNotFoundError as missing:
    raise ImportError("LangGraph is not installed; run: pip install 'signoff[langgraph]'") from missing

MOST_NODES = 100  # that run from one stop of the graph to the next; LangGraph's own limit is ten thousand

Node = Callable[[LiveRun, Any], Awaitable[Mapping[str, Any]]]
"""A node: from the run and the graph's state to what changes in the state."""


class Bookmark(TypedDict):
    """Where in a run a checkpoint stands, and which version of the agent made it."""

    steps: int
    path: str | None
    labels: list[str]
    version: str


class Gated(TypedDict, total=False):
    """Base of a graph's state."""

    bookmark: Bookmark


class Asked(BaseModel):
    """What a graph interrupts with: a proposal, as `LiveRun.propose` takes it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    action: str
    arguments: JsonObject
    summary: str
    evidence: tuple[Evidence, ...] = ()
    risk: Risk | None = None


Graph = StateGraph[Any, LiveRun, Any, Any]

Checkpointer = Callable[[], AbstractAsyncContextManager[BaseCheckpointSaver[Any]]]
"""Opens the checkpointer: one of LangGraph's, for as long as a run goes on."""


def in_file(path: Path) -> Checkpointer:
    """Checkpoints in a SQLite file, whose folder is made if it is not there."""

    @asynccontextmanager
    async def opened() -> AsyncIterator[BaseCheckpointSaver[Any]]:
        try:
            await asyncio.to_thread(path.parent.mkdir, parents=True, exist_ok=True)
        except OSError as error:
            raise WorkflowFailed(f"There is no folder for the graph's checkpoints, {path}: {error.strerror}.") from error
        try:
            async with AsyncSqliteSaver.from_conn_string(str(path)) as saver:
                yield saver
        except sqlite3.Error as error:
            raise WorkflowFailed(f"The graph's checkpoints in {path} cannot be used: {error}.") from error

    return opened


@dataclass(frozen=True)
class GatedGraph:
    """A graph that can be played: a StateGraph that `gated` made, with its edges. A thread is called as its run is."""

    graph: Graph
    checkpointer: Checkpointer

    async def play(self, run: LiveRun, start: Mapping[str, Any], version: str) -> Mapping[str, Any]:
        """Let the graph go on to its end, perhaps days later and in another process; returns its state.

        `start` is what it begins with, `version` the agent's. Raises WorkflowFailed and what the nodes and
        `LiveRun.propose` raise; leaves the workflow by `Parked` or `Blocked`.
        """
        with tracing_context(enabled=False):  # whatever LANGSMITH_TRACING says: the trace is Signoff's
            async with self.checkpointer() as saver:
                try:
                    return await _Play(run, self.graph.compile(checkpointer=saver), saver, version).to_end(start)
                except (InvalidUpdateError, GraphRecursionError) as error:
                    why = "The graph cannot go on. Let one node run at a time, and let it come to an end."
                    raise WorkflowFailed(f"{why} {error}") from error


def gated(state: type[Any], nodes: Mapping[str, Node]) -> Graph:
    """A StateGraph with these nodes, each of which moves the bookmark; its edges are still to be drawn.

    `state` is a TypedDict derived from `Gated`.
    """
    graph: Graph = StateGraph(state, context_schema=LiveRun)
    for name, node in nodes.items():
        graph.add_node(name, _marking(name, node))
    return graph


def _marking(name: str, node: Node) -> Any:  # LangGraph goes by the name `runtime`, which no Callable can say
    async def marked(state: Any, runtime: Runtime[LiveRun]) -> Mapping[str, Any]:
        run, mark = runtime.context, state["bookmark"]
        _turn(run, mark)
        try:
            changes = await node(run, state)
        except GraphInterrupt as interrupt:
            if run.recorder.number != mark["steps"]:  # the node will begin at its top again, but its journal would not
                why = f"The node {name!r} took a step or proposed something before this interrupt. Make two nodes of it."
                raise WorkflowFailed(why) from interrupt
            raise
        return {**changes, "bookmark": _bookmark(run, mark["version"])}

    return marked


def _bookmark(run: LiveRun, version: str) -> Bookmark:
    return Bookmark(steps=run.recorder.number, path=run.course.path, labels=sorted(run.labels), version=version)


def _turn(run: LiveRun, mark: Bookmark) -> None:
    """Have the run stand where the mark is, unless it is further: at a node that is resumed, a proposal has been made."""
    run.recorder.number = max(run.recorder.number, mark["steps"])
    run.labels.update(mark["labels"])
    if mark["path"] is not None:
        run.take(mark["path"])


@dataclass(frozen=True)
class _Play:
    """One going-on of one run's graph."""

    run: LiveRun
    graph: CompiledStateGraph[Any, LiveRun, Any, Any]
    saver: BaseCheckpointSaver[Any]
    version: str

    @property
    def _thread(self) -> RunnableConfig:
        return {"configurable": {"thread_id": self.run.id}, "recursion_limit": MOST_NODES}

    async def to_end(self, start: Mapping[str, Any]) -> Mapping[str, Any]:
        state = await self._taken_up()
        entry: Any = None if state.values else {**start, "bookmark": _bookmark(self.run, self.version)}
        while True:
            if state.interrupts:
                entry = Command(resume=await self._decided(state.interrupts[0]))
            # Also where the state names no next node: the writes of the last one may wait for their checkpoint.
            await self.graph.ainvoke(entry, self._thread, context=self.run, durability="sync")
            entry, state = None, await self._state()
            if not state.next:
                return dict(state.values)

    async def _state(self) -> StateSnapshot:
        state = await self.graph.aget_state(self._thread)
        if len(state.tasks) > 1:
            raise WorkflowFailed(f"The graph runs {len(state.tasks)} nodes at once. Let one run at a time.")
        return state

    async def _taken_up(self) -> StateSnapshot:
        """The state of the last checkpoint, with the run turned to its bookmark; an empty one if it cannot be used."""
        state = await self._state()
        mark: Bookmark | None = state.values.get("bookmark")
        if mark is None or mark["version"] != self.version or mark["steps"] > len(self.run.journal.steps):
            await self.saver.adelete_thread(self.run.id)
            return await self._state()
        _turn(self.run, mark)
        return state

    async def _decided(self, interrupt: Interrupt) -> JsonObject:
        """Propose what the graph interrupts with; returns what became of it."""
        try:
            asked = Asked.model_validate(interrupt.value)
        except ValidationError as error:
            wrong = "; ".join(f"{field}: {text}" for field, text in by_field(error).items())
            raise WorkflowFailed(f"The graph interrupts with something that is no proposal: {wrong}.") from error
        outcome = await self.run.propose(
            asked.action, asked.arguments, summary=asked.summary, evidence=asked.evidence, risk=asked.risk
        )
        return asdict(outcome)
