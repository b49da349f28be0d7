"""What each level declares, and that nothing else gets as far as the gate, a model or a source."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from pydantic import ValidationError

from agents.actions import Action, Actions, Arguments, Effect
from agents.levels import Route, UndeclaredAction, UndeclaredPath, UndeclaredStep, UndeclaredTool, narrowed
from agents.model import ModelNonsense, Prompt
from agents.prompts import PromptFile
from agents.runtime import LiveRun, Outcome
from agents.testing import ScriptedModel, Story
from agents.tools import tool
from agents.workflow import Agent, BadAgent
from storage.records import JsonObject

PROMPT = Prompt("sort", "v1", "Sort this.", "a letter")


class Post(Arguments):
    to: str


async def _never(arguments: Post, effect: Effect) -> JsonObject:
    raise AssertionError("executors are the gate's business")


ACTIONS = Actions([Action(name, name, name, Post, lambda post: post.to, _never) for name in ("post", "burn")])


@tool
async def weigh(letter: str) -> int:
    """Weigh a letter."""
    return len(letter)


async def nothing(run: LiveRun, input: str) -> str:
    return ""


def pipeline(*taken: str, steps: tuple[str, ...] = ("open", "weigh")) -> Story:
    async def workflow(run: LiveRun, input: str) -> str:
        for name in taken:
            if name in run.actions:
                await run.propose(name, {"to": "mia"}, summary="")
            else:
                await run.tool_call(name, {}, _done, str)
        return "ended"

    agent = Agent("clerk", 1, "", "", ("post",), workflow, steps=steps)
    return Story(agent, ACTIONS, ScriptedModel(), answers=[Outcome("succeeded", {})] * 3)


async def _done() -> str:
    return "done"


@pytest.mark.parametrize("taken", [("open", "weigh", "post"), ("open", "weigh"), ("open",), ()])
async def test_a_fixed_pipeline_goes_its_way_and_may_end_early(taken: tuple[str, ...]) -> None:
    assert await pipeline(*taken).advance() == "ended"


async def test_a_fixed_pipeline_may_have_steps_after_its_action() -> None:
    assert await pipeline("open", "post", "weigh", steps=("open", "post", "weigh")).advance() == "ended"


@pytest.mark.parametrize(
    ("taken", "words"),
    [
        (("weigh",), "step 1 is 'open', and its workflow wanted 'weigh'"),
        (("open", "seal"), "step 2 is 'weigh', and its workflow wanted 'seal'"),
        (("open", "post"), "step 2 is 'weigh', and its workflow wanted 'post'"),
        (("open", "weigh", "post", "post"), "it ends after 3 steps, and its workflow wanted 'post'"),
        (("open", "weigh", "post", "open"), "it ends after 3 steps"),
    ],
)
async def test_a_fixed_pipeline_takes_no_other_step(taken: tuple[str, ...], words: str) -> None:
    refused = pipeline(*taken)
    with pytest.raises(UndeclaredStep, match=words):
        await refused.advance()
    assert [step.name for step in refused.journal.steps if step.type == "tool_call"] == list(taken[:-1])


async def test_a_fixed_pipeline_makes_no_other_proposal() -> None:
    refused = pipeline("open", "weigh", "burn")
    with pytest.raises(UndeclaredAction, match="'burn', which it did not declare"):
        await refused.advance()
    assert not refused.gate.proposals


def routed(workflow: Callable[[LiveRun, str], Awaitable[str]], model: ScriptedModel | None = None, **more: Any) -> Story:
    agent = Agent("router", 2, "", "", ("post", "burn"), workflow, **more)
    return Story(agent, ACTIONS, model or ScriptedModel(), answers=[Outcome("succeeded", {})] * 2)


PATHS = {"answer": ("post",), "throw away": ("burn",), "both": ("post", "burn")}


async def chooser(run: LiveRun, input: str) -> str:
    route = await run.choose("route", PROMPT)
    outcome = await run.propose("post", {"to": "mia"}, summary="")
    return f"{route.path} {outcome.status}"


@pytest.mark.parametrize("path", ["answer", "both"])
async def test_a_model_chooses_a_path_and_its_actions_can_be_proposed(path: str) -> None:
    model = ScriptedModel([Route(path=path, reason="It asks.")])
    story = routed(chooser, model, paths=PATHS)
    assert await story.advance() == f"{path} succeeded"
    assert story.journal.rows[1].detail["output_summary"] == f"{path}: It asks."
    assert await story.advance() == f"{path} succeeded"
    assert len(model.asked) == 1


async def test_an_action_beside_the_chosen_path_is_refused() -> None:
    refused = routed(chooser, ScriptedModel([Route(path="throw away")]), paths=PATHS)
    with pytest.raises(UndeclaredAction, match="took the path 'throw away', on which 'post' does not lie"):
        await refused.advance()
    assert not refused.gate.proposals


async def test_a_path_that_was_not_declared_cannot_be_chosen() -> None:
    with pytest.raises(ValidationError):
        narrowed(Route, ("a", "b")).model_validate({"path": "c"})
    schema = narrowed(Route, ("a", "b")).model_json_schema()
    assert schema["properties"]["path"]["enum"] == ["a", "b"]
    assert "path" in schema["required"]


async def test_a_choice_can_ask_for_more_in_the_same_answer() -> None:
    class Reading(Route):
        to: str

    async def workflow(run: LiveRun, input: str) -> str:
        return (await run.choose("route", PROMPT, Reading)).to

    assert await routed(workflow, ScriptedModel([Reading(path="both", to="omar")]), paths=PATHS).advance() == "omar"


async def test_a_choice_that_is_none_is_a_failed_call_and_no_path() -> None:
    story = routed(chooser, ScriptedModel([ModelNonsense("eh")]), paths=PATHS)
    with pytest.raises(ModelNonsense):
        await story.advance()
    assert not story.gate.proposals


async def test_where_paths_are_declared_nothing_is_proposed_before_one_is_taken() -> None:
    async def hasty(run: LiveRun, input: str) -> str:
        return (await run.propose("post", {"to": "mia"}, summary="")).status

    with pytest.raises(UndeclaredAction, match="before a path was chosen"):
        await routed(hasty, paths=PATHS).advance()


async def test_without_declared_paths_the_first_action_is_the_path() -> None:
    async def both(run: LiveRun, input: str) -> str:
        await run.propose("post", {"to": "mia"}, summary="")
        return (await run.propose("burn", {"to": "mia"}, summary="")).status

    story = routed(both)
    with pytest.raises(UndeclaredAction, match="took the path 'post'"):
        await story.advance()
    assert [proposal.action for proposal in story.gate.proposals.values()] == ["post"]


@pytest.mark.parametrize(
    ("path", "words"), [("nowhere", "no path 'nowhere'. Its paths: answer"), ("both", "cannot take 'both' as well")]
)
async def test_one_path_is_taken_and_only_one(path: str, words: str) -> None:
    async def workflow(run: LiveRun, input: str) -> str:
        run.take("answer")
        run.take("answer")
        run.take(path)
        return ""

    with pytest.raises(UndeclaredPath, match=words):
        await routed(workflow, paths=PATHS).advance()


@pytest.mark.parametrize("level", [1, 3])
async def test_paths_and_tools_belong_to_their_levels(level: int) -> None:
    async def chooses(run: LiveRun, input: str) -> str:
        return (await run.choose("route", PROMPT)).path

    async def works(run: LiveRun, input: str) -> str:
        return (await run.work(input, PromptFile("p", "1", "Work."))).answer

    with pytest.raises(UndeclaredPath, match=f"of level {level}"):
        await Story(Agent("a", level, "", "", ("post",), chooses), ACTIONS, ScriptedModel()).advance()
    actions = () if level == 3 else ("post",)
    with pytest.raises(UndeclaredTool, match="neither tools nor actions" if level == 3 else "of level 1"):
        await Story(Agent("a", level, "", "", actions, works), ACTIONS, ScriptedModel()).advance()


@pytest.mark.parametrize(
    ("level", "actions", "more", "words"),
    [
        (0, ("post",), {}, "level must be 1, 2 or 3, not 0"),
        (1, ("post", "burn"), {}, "exactly one action, not 2"),
        (1, (), {}, "exactly one action, not 0"),
        (1, ("post",), {"paths": PATHS}, "`paths` belong to level 2, and this is level 1"),
        (2, ("post",), {"steps": ("a",)}, "`steps` belong to level 1"),
        (2, ("post",), {"tools": (weigh,)}, "`tools` belong to level 3"),
        (2, ("post",), {"paths": PATHS}, "leads to 'burn', which is not among its actions"),
        (2, ("post", "burn"), {"paths": {"a": ("post",)}}, "no path leads to its action 'burn'"),
        (3, ("post",), {"tools": (weigh, weigh)}, "cannot be called 'weigh': the name is taken"),
        (3, ("weigh",), {"tools": (weigh,)}, "cannot be called 'weigh'"),
        (3, ("finish",), {"tools": (weigh,)}, "cannot be called 'finish'"),
    ],
)
def test_a_declaration_that_does_not_fit_its_level_is_refused(
    level: int, actions: tuple[str, ...], more: dict[str, Any], words: str
) -> None:
    with pytest.raises(BadAgent, match=words):
        Agent("a", level, "", "", actions, nothing, **more)


def test_level_4_is_refused_with_the_evidence_that_would_be_needed_first() -> None:
    with pytest.raises(BadAgent, match=r"Level 4 .*level 3 first.*200 decisions.*release gate"):
        Agent("a", 4, "", "", ("post",), nothing)
