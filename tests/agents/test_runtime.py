"""The runtime: steps are journaled once and replayed; signals pass; changed code and failed steps are named."""

from datetime import timedelta
from typing import Any

import pytest
from pydantic import BaseModel

from agents.actions import Action, Actions, AgentError, Arguments, BadArguments, Effect
from agents.model import ModelError, ModelNonsense, ModelRefused, ModelUnavailable, Prompt
from agents.offline import OFFLINE, OfflineModel
from agents.runtime import Blocked, LiveRun, Outcome, Parked, StepFailed, UndeclaredAction, WorkflowChanged
from agents.workflow import Agent, Workflow
from storage.records import Evidence, JsonObject, Risk, StepStatus, StepType
from tests.fakes.models import ScriptedModel
from tests.fakes.runs import Story

PROMPT = Prompt("sort", "v1", "Sort this.", "a letter")


class Sorted(BaseModel):
    kind: str


class Post(Arguments):
    to: str


async def _never(arguments: Post, effect: Effect) -> JsonObject:
    raise AssertionError("executors are the gate's business")


POST = Action("post", "Post", "Posts a letter.", Post, lambda post: post.to, _never)


def story(workflow: Workflow, *answers: Outcome | Blocked | None, model: ScriptedModel | None = None) -> Story:
    agent = Agent("clerk", 2, "", "", ("post",), workflow)
    return Story(agent, Actions([POST]), model or ScriptedModel(), "input", answers)


async def clerk(run: LiveRun, input: str) -> str:
    found = await run.retrieval("books", input, _two_books, list[str], lambda books: books)
    sort = await run.llm_call("sort", PROMPT, Sorted, lambda answer: answer.kind)
    outcome = await run.propose("post", {"to": sort.kind}, summary="Post\nit", risk=Risk.high)
    return f"{len(found)} {sort.kind} {outcome.status}"


async def _two_books() -> list[str]:
    return ["a", "b"]


async def test_a_parked_run_resumes_without_asking_the_model_again() -> None:
    model = ScriptedModel([Sorted(kind="mia")])
    parked = story(clerk, model=model)
    await parked.park()
    before = list(parked.journal.writes)
    parked.gate.answers = [Outcome("succeeded", {"to": "mia"})]

    assert await parked.advance() == "2 mia succeeded"
    assert len(model.asked) == 1
    assert parked.journal.writes == before


async def test_each_step_is_journaled_before_and_after_it_runs() -> None:
    parked = story(clerk, model=ScriptedModel([Sorted(kind="mia")]))
    await parked.park()

    written = [(step.number, step.type, step.status) for step in parked.journal.writes]
    assert written == [
        (1, StepType.retrieval, StepStatus.started),
        (1, StepType.retrieval, StepStatus.done),
        (2, StepType.llm_call, StepStatus.started),
        (2, StepType.llm_call, StepStatus.done),
    ]
    call = parked.journal.rows[2].detail
    assert (call["model"], call["prompt_tokens"], call["cached_tokens"], call["cost_usd"]) == ("scripted", 100, 10, 0.001)
    assert (call["prompt"], call["prompt_version"], call["output_summary"]) == ("sort", "v1", "mia")
    assert parked.journal.rows[1].detail == {"query": "input", "sources_retrieved": ["a", "b"]}
    assert parked.journal.rows[1].latency_ms == timedelta(seconds=1) / timedelta(milliseconds=1)


async def test_a_step_that_was_started_but_not_finished_runs_again() -> None:
    interrupted = story(clerk, model=ScriptedModel([Sorted(kind="mia")]))
    await interrupted.park()
    done = interrupted.journal.rows[2]
    interrupted.journal.rows[2] = done.model_copy(update={"status": StepStatus.started, "result": None})
    interrupted.model = ScriptedModel([Sorted(kind="omar")])

    assert (await interrupted.park()).target == "omar"


async def test_a_proposal_carries_its_target_and_at_most_three_sources() -> None:
    async def talkative(run: LiveRun, input: str) -> str:
        sources = [Evidence(title=str(n), quote="") for n in range(5)]
        await run.propose("post", {"to": "mia"}, summary=" one \n line ", evidence=sources)
        return ""

    proposal = await story(talkative).park()

    assert (proposal.target, proposal.summary, len(proposal.evidence)) == ("mia", "one line", 3)


async def test_two_proposals_are_numbered_after_each_other() -> None:
    async def twice(run: LiveRun, input: str) -> str:
        first = await run.propose("post", {"to": "mia"}, summary="1")
        second = await run.propose("post", {"to": "omar"}, summary="2")
        return f"{first.status} {second.status}"

    parked = story(twice, Outcome("rejected", {}))
    assert (await parked.park()).target == "omar"
    assert sorted(parked.gate.proposals) == [1, 3]
    parked.gate.answers.append(Outcome("succeeded", {}))
    assert await parked.advance() == "rejected succeeded"


@pytest.mark.parametrize("answer", [None, Blocked("Never.")], ids=["parked", "blocked"])
async def test_signals_are_not_swallowed_by_except_exception(answer: Blocked | None) -> None:
    async def careless(run: LiveRun, input: str) -> str:
        try:
            await run.propose("post", {"to": "mia"}, summary="")
        except Exception:  # noqa: BLE001  # what a careless author writes
            return "swallowed"
        return "went on"

    with pytest.raises(type(answer) if answer else Parked):
        await story(careless, answer).advance()


async def test_changed_code_names_the_step() -> None:
    parked = story(clerk, model=ScriptedModel([Sorted(kind="mia")]))
    await parked.park()

    async def rewritten(run: LiveRun, input: str) -> str:
        await run.retrieval("books", input, _two_books, list[str], lambda books: books)
        await run.retrieval("shelves", input, _two_books, list[str], lambda books: books)
        return ""

    parked.agent = Agent("clerk", 2, "", "", ("post",), rewritten)
    with pytest.raises(WorkflowChanged, match=r"step 2 was llm_call 'sort', now it is retrieval 'shelves'"):
        await parked.advance()


@pytest.mark.parametrize("error", [ModelUnavailable("down"), ModelRefused("no"), ModelNonsense("eh")], ids=lambda e: e.kind)
async def test_a_failed_model_call_is_recorded_and_fails_the_same_way_on_replay(error: ModelError) -> None:
    async def forgiving(run: LiveRun, input: str) -> str:
        try:
            await run.llm_call("sort", PROMPT, Sorted, lambda answer: answer.kind)
        except ModelError as problem:
            outcome = await run.propose("post", {"to": f"{problem.kind}: {problem}"}, summary="")
            return outcome.status
        return "the model answered"

    model = ScriptedModel([error, Sorted(kind="fine by now")])
    parked = story(forgiving, model=model)
    proposal = await parked.park()
    parked.gate.answers = [Outcome("succeeded", {})]

    assert proposal.target == f"{error.kind}: {error}"
    assert await parked.advance() == "succeeded"
    assert len(model.asked) == 1
    step = parked.journal.rows[1]
    assert (step.status, step.error, step.detail["model_error"]) == (StepStatus.failed, str(error), error.kind)


@pytest.mark.parametrize(("problem", "words"), [(AgentError("no books"), "no books"), (TimeoutError(), "It took too long.")])
async def test_a_failed_look_up_says_the_same_when_it_happens_and_on_replay(problem: Exception, words: str) -> None:
    async def broken() -> list[str]:
        raise problem

    async def workflow(run: LiveRun, input: str) -> str:
        await run.retrieval("books", input, broken, list[str], lambda books: books)
        return ""

    failing = story(workflow)
    for _ in range(2):
        with pytest.raises(StepFailed, match=words):
            await failing.advance()
    assert [step.status for step in failing.journal.writes] == [StepStatus.started, StepStatus.failed]


async def test_labels_of_an_answer_reach_the_proposal_also_after_replay() -> None:
    parked = story(clerk)
    parked.model = OfflineModel({"sort": lambda prompt: Sorted(kind="mia")})
    assert (await parked.park()).labels == (OFFLINE,)
    assert (await parked.park()).labels == (OFFLINE,)


@pytest.mark.parametrize(
    ("action", "arguments", "error"),
    [
        ("burn", {"to": "mia"}, UndeclaredAction),
        ("post", {}, BadArguments),
        ("post", {"to": "mia", "cc": "x"}, BadArguments),
    ],
)
async def test_what_was_not_declared_or_does_not_fit_never_reaches_the_gate(
    action: str, arguments: dict[str, Any], error: type[Exception]
) -> None:
    async def workflow(run: LiveRun, input: str) -> str:
        await run.propose(action, arguments, summary="")
        return ""

    refused = story(workflow, Outcome("succeeded", {}))
    with pytest.raises(error):
        await refused.advance()
    assert not refused.gate.proposals
