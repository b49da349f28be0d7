"""Any graph behind the gate: what it may do, and that what would break the journal is refused before it does."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import pytest
from langgraph.graph import END, START
from langgraph.types import interrupt

from agents.actions import Action, Actions, Arguments, Effect
from agents.examples.langgraph_gate import Gated, GatedGraph, Node, gated, in_file
from agents.runtime import Blocked, LiveRun, Outcome, Parked, UndeclaredAction, WorkflowFailed
from agents.testing import ScriptedModel, Story
from agents.workflow import Agent
from storage.records import JsonObject

PROPOSAL = {"action": "post", "arguments": {"to": "mia"}, "summary": "Post it."}
DONE = Outcome("succeeded", {"to": "mia"})


class Post(Arguments):
    to: str


class State(Gated, total=False):
    heard: Annotated[list[str], lambda old, new: [*old, *new]]
    counted: int


async def _never(arguments: Post, effect: Effect) -> JsonObject:
    raise AssertionError("executors are the gate's business")


ACTIONS = Actions([Action("post", "Post", "Posts a letter.", Post, lambda post: post.to, _never)])


async def ask(run: LiveRun, state: State) -> State:
    return {"heard": [interrupt(PROPOSAL)["status"]]}


async def count(run: LiveRun, state: State) -> State:
    async def one_more() -> int:
        return state.get("counted", 0) + 1

    return {"counted": await run.tool_call("count", {}, one_more, int)}


async def step_then_ask(run: LiveRun, state: State) -> State:
    return {**await count(run, state), **await ask(run, state)}


async def ask_twice(run: LiveRun, state: State) -> State:
    return {"heard": [interrupt(PROPOSAL)["status"], interrupt(PROPOSAL)["status"]]}


async def ask_for_anything(run: LiveRun, state: State) -> State:
    return {"heard": [interrupt({"question": "May I?"})]}


async def ask_for_more(run: LiveRun, state: State) -> State:
    return {"heard": [interrupt({**PROPOSAL, "action": "pay"})]}


def story(
    file: Path, nodes: Mapping[str, Node], edges: list[tuple[str, str]], *answers: Outcome | Blocked | None, **agent: Any
) -> Story:
    graph = gated(State, nodes)
    for start, end in edges:
        graph.add_edge(start, end)
    played = GatedGraph(graph, in_file(file))

    async def workflow(run: LiveRun, input: str) -> str:
        state = await played.play(run, {"heard": [], "counted": 0}, "1")
        return f"{state['heard']} {state['counted']}"

    return Story(Agent("graph", 2, "", "", ("post",), workflow, **agent), ACTIONS, ScriptedModel(), "", answers)


def line(*names: str) -> list[tuple[str, str]]:
    return list(zip([START, *names], [*names, END], strict=True))


NODES: dict[str, Node] = {"count": count, "ask": ask, "again": count, "ask_again": ask}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "graph.db"


async def test_each_interrupt_gets_the_outcome_of_its_own_proposal(file: Path) -> None:
    told = story(file, NODES, line(*NODES))
    for answers in ([], [Outcome("rejected", {})]):
        told.gate.answers = [*answers]
        with pytest.raises(Parked):
            await told.advance()
    told.gate.answers = [Outcome("rejected", {}), DONE]

    assert await told.advance() == "['rejected', 'succeeded'] 2"
    assert sorted(told.gate.proposals) == [2, 5]


async def test_what_the_policy_lets_run_at_once_goes_on_at_once(file: Path) -> None:
    assert await story(file, NODES, line(*NODES), DONE, DONE).advance() == "['succeeded', 'succeeded'] 2"


async def test_a_blocked_proposal_ends_the_run(file: Path) -> None:
    with pytest.raises(Blocked, match="Never"):
        await story(file, NODES, line(*NODES), Blocked("Never.")).advance()


async def test_a_node_that_failed_is_tried_again_from_its_checkpoint(file: Path) -> None:
    tries = []

    async def shaky(run: LiveRun, state: State) -> State:
        tries.append(state["counted"])
        if len(tries) == 1:
            raise ConnectionError("The database is away.")
        return {}

    told = story(file, {"count": count, "shaky": shaky, "again": count}, line("count", "shaky", "again"))
    with pytest.raises(ConnectionError):
        await told.advance()

    assert await told.advance() == "[] 2"
    assert tries == [1, 1]
    assert sorted(told.journal.rows) == [1, 2]


@pytest.mark.parametrize(
    ("node", "why"),
    [
        (step_then_ask, "'only' took a step or proposed something before this interrupt"),
        (ask_twice, "'only' took a step or proposed something before this interrupt"),
        (ask_for_anything, "no proposal: action: Field required; .*question: Extra inputs"),
    ],
)
async def test_an_interrupt_that_breaks_the_rules_is_refused(file: Path, node: Node, why: str) -> None:
    told = story(file, {"only": node}, line("only"), DONE, DONE)
    with pytest.raises(WorkflowFailed, match=why):
        await told.advance()
    assert len(told.gate.proposals) == (node is ask_twice)


@pytest.mark.parametrize("both", [{"one": count, "two": count}, {"one": count, "two": ask}, {"one": ask, "two": ask}])
async def test_two_nodes_at_once_are_refused(file: Path, both: dict[str, Node]) -> None:
    told = story(file, both, [(START, "one"), (START, "two")], DONE, DONE)
    for _ in range(2):
        with pytest.raises(WorkflowFailed, match=r"one (node )?run at a time|before this interrupt"):
            await told.advance()
    assert not told.gate.proposals


async def test_a_graph_without_an_end_is_stopped(file: Path) -> None:
    async def nothing(run: LiveRun, state: State) -> State:
        return {}

    told = story(file, {"one": nothing, "two": nothing}, [(START, "one"), ("one", "two"), ("two", "one")])
    with pytest.raises(WorkflowFailed, match="let it come to an end"):
        await told.advance()


async def test_the_level_holds_for_a_graph_too(file: Path) -> None:
    with pytest.raises(UndeclaredAction, match="'pay', which it did not declare"):
        await story(file, {"only": ask_for_more}, line("only")).advance()
    unrouted = story(file.with_name("unrouted.db"), NODES, line(*NODES), paths={"letter": ("post",)})
    with pytest.raises(UndeclaredAction, match="before a path was chosen"):
        await unrouted.advance()


async def test_a_path_that_was_taken_is_taken_after_a_restart(file: Path) -> None:
    async def choose(run: LiveRun, state: State) -> State:
        run.take("letter")
        return {}

    nodes: dict[str, Node] = {"choose": choose, **NODES}
    told = story(file, nodes, line(*nodes), paths={"letter": ("post",), "else": ("post",)})
    with pytest.raises(Parked):
        await told.advance()
    told.gate.answers = [DONE, DONE]
    assert await told.advance() == "['succeeded', 'succeeded'] 2"


async def test_checkpoints_that_cannot_be_used_are_named(file: Path) -> None:
    await asyncio.to_thread(file.write_text, "no database, whatever it is called; and long enough to be read as one")
    with pytest.raises(WorkflowFailed, match=r"checkpoints in .*graph\.db cannot be used: file is not a database"):
        await story(file, NODES, line(*NODES)).advance()
    with pytest.raises(WorkflowFailed, match=r"no folder for the graph's checkpoints, .*: (Not a directory|File exists)"):
        await story(file / "inside.db", NODES, line(*NODES)).advance()
