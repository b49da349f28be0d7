"""A LangGraph graph with Signoff as its gate: it interrupts, people decide on a card, it is resumed with their decision.

Two logs keep a run. LangGraph's checkpointer holds the graph's state after each node, so a node that has ended never runs
again. Signoff's journal holds each step that a node takes through `run`, so within a node that died half-way no model is
paid twice. The journal is always written first; `mark` in the graph's state says how much of it the graph had seen, and
from there it is read on.

The one rule for graphs: an effect is never a node. A node that needs one interrupts with a `Wish`; Signoff judges it, asks
people, runs exactly what they approved, once, and the node gets a `Decision`. What a node does by itself may only read.

Nodes that take steps run one after the other. Replicas on several machines need a checkpointer that they share, such as
LangGraph's for PostgreSQL, so that a run can go on elsewhere.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypedDict

from agents.runtime import LiveRun
from storage.records import Evidence, JsonObject

try:
    from langgraph.runtime import Runtime
    from langgraph.types import Command, StateSnapshot, interrupt
except ImportError as error:  # it is an extra
    raise ImportError("LangGraph is not installed. Install it with Signoff: pip install 'signoff[langgraph]'") from error


class Mark(TypedDict):
    """How much of the run's journal a graph has seen, and what it took from there."""

    recorded: int
    labels: list[str]
    path: str | None


class Wish(TypedDict):
    """What a graph interrupts with: the action that it proposes, in words of plain JSON, as checkpoints hold it."""

    action: str
    arguments: JsonObject
    summary: str
    evidence: list[JsonObject]


class Decision(TypedDict):
    """What became of a wish. `arguments` are the ones that ran, which a reviewer may have edited."""

    status: str
    arguments: JsonObject
    edited: bool
    notes: str
    said: str
    mark: Mark


class Marked(TypedDict, total=False):
    """The part of a graph's state that is Signoff's. Derive the state from it."""

    mark: Mark


@dataclass(frozen=True)
class Through:
    """The context that nodes get: the run that they take their steps through. Derive from it to give them more."""

    run: LiveRun


def step(node: Callable[[Any, Runtime[Any]], Awaitable[dict[str, Any]]]) -> Any:
    """A node that takes steps through `runtime.context.run`."""

    @wraps(node)
    async def noted(state: Any, runtime: Runtime[Any]) -> dict[str, Any]:
        return {**await node(state, runtime), "mark": _mark(runtime.context.run)}

    return noted


def signed_off(wish: Wish) -> Decision:
    """Within a node: interrupt the graph until people, or the policy, have decided. The node runs again from its top then,
    so nothing may stand before it that must not happen twice. Put the decision's `mark` into what the node returns."""
    decision: Decision = interrupt(wish)
    return decision


async def worked(graph: Any, start: dict[str, Any], context: Through) -> dict[str, Any]:
    """Let a compiled graph, with its checkpointer, go on to its end; returns its state.

    Raises what its nodes raise; leaves the workflow by `Parked` or `Blocked`, as `LiveRun.propose` does.
    """
    run, thread = context.run, {"configurable": {"thread_id": context.run.id}}

    async def on(given: Any) -> StateSnapshot:
        await graph.ainvoke(given, thread, context=context, durability="sync")
        return await _state(graph, thread)

    state = await _state(graph, thread)
    _catch_up(run, state.values.get("mark"))
    if state.config["configurable"].get("checkpoint_id") is None:
        state = await on(start)
    elif state.next and not state.interrupts:  # it ended between two nodes, or within one
        state = await on(None)
    while state.interrupts:
        [asked] = state.interrupts
        state = await on(Command(resume=await _decided(run, asked.value)))
    return dict(state.values)


async def _state(graph: Any, thread: dict[str, Any]) -> StateSnapshot:
    state: StateSnapshot = await graph.aget_state(thread)
    return state


async def _decided(run: LiveRun, wish: Wish) -> Decision:
    outcome = await run.propose(
        wish["action"],
        wish["arguments"],
        summary=wish["summary"],
        evidence=[Evidence.model_validate(each) for each in wish["evidence"]],
    )
    return Decision(
        status=outcome.status,
        arguments=outcome.arguments,
        edited=outcome.edited,
        notes=outcome.notes,
        said=str(outcome.receipt.get("summary") or outcome.reason),
        mark=_mark(run),
    )


def _mark(run: LiveRun) -> Mark:
    return Mark(recorded=run.recorder.number, labels=sorted(run.labels), path=run.course.path)


def _catch_up(run: LiveRun, mark: Mark | None) -> None:
    """Begin where the graph had come to, instead of at the workflow's top."""
    if mark is None:
        return
    run.recorder.number = mark["recorded"]
    run.labels.update(mark["labels"])
    if mark["path"] is not None:
        run.take(mark["path"])
