"""Level 3: a model works with declared tools only, and with what has room in its context."""

import json

import pytest

from agents.intent import NO_SOURCE
from agents.limits import Limits
from agents.model import Answer as Answered
from agents.model import Call, ModelOverreached, ModelUnavailable, Talk, Usage
from agents.offline import OFFLINE, OfflineModel
from agents.runtime import WorkflowFailed
from tests.agents.workbench import PROMPT, call, finish, names, send, told, worker


async def test_a_model_works_with_tools_and_finishes_with_sources() -> None:
    quote = {"source": "lamps", "quote": "They last ten years."}
    story, model = worker(call("search", query="lamps"), call("add", numbers=[4, 6]), finish(sources=[quote]))

    assert await story.advance() == "Ten years.\nSources: Lamps (https://x.example/lamps)"
    assert names(story) == ["turn", "search", "turn", "add", "turn"]
    found, added = story.journal.rows[2], story.journal.rows[4]
    assert (found.type, found.detail["query"], found.detail["sources_retrieved"]) == ("retrieval", "lamps", ["lamps"])
    assert (added.type, added.result, added.detail["result"]) == ("tool_call", 10, "done")
    assert [each.call.name for each in told(model).exchanges] == ["search", "add"]
    assert "glow warm" in told(model).exchanges[0].result
    assert told(model).exchanges[1].note == "14 turns are left."


async def test_the_model_is_offered_the_declared_tools_and_actions_and_nothing_else() -> None:
    story, model = worker(finish())
    await story.advance()

    assert [offer.name for offer in told(model).offers] == ["search", "read", "add", "send", "finish"]
    form = told(model).offers[3].schema
    assert form["required"] == ["summary", "arguments"]
    assert told(model).system.startswith(PROMPT.system)
    assert json.loads(told(model).data)["task"] == "How long do lamps last?"


async def test_last_words_without_a_call_are_the_answer() -> None:
    story, _ = worker("It is not known.")
    assert await story.advance() == "It is not known."


async def test_each_turn_is_traced_with_its_versions_and_the_share_of_the_cache() -> None:
    story, _ = worker(call("search", query="lamps"), finish())
    await story.advance()

    turn = story.journal.rows[1].detail
    assert (turn["model"], turn["prompt"], turn["prompt_version"]) == ("scripted", "research", "1-abc")
    assert str(turn["frame_version"]).startswith("2-")
    assert (turn["cached_tokens"], turn["cached_share"], turn["cost_usd"]) == (10, 0.1, 0.001)
    assert (turn["output_summary"], turn["dropped"]) == ("search: query=lamps", [])


REFUSED = [
    (call("shell", command="rm"), "There is no tool 'shell'. There are: search, read, add, send, finish."),
    (call("continue_work"), "There is no tool 'continue_work'"),
    (call("search"), "The arguments do not fit. search: query: Field required"),
    (call("search", query="x", extra=1), "extra: Extra inputs are not permitted"),
    (call("add", numbers="many"), "numbers: Input should be a valid list"),
    (call("send", to="mia"), "send: summary: Field required"),
    (call("send", summary="x", arguments={"to": "mia"}), "send: body: Field required"),
    (call("send", summary="x", arguments=[]), "send: arguments: should be an object"),
    (call("finish"), "finish: answer: Field required"),
]


@pytest.mark.parametrize(("bad", "words"), REFUSED)
async def test_a_call_that_was_not_declared_or_does_not_fit_is_refused_traced_and_told(bad: Call, words: str) -> None:
    story, model = worker(bad, finish())

    assert await story.advance() == "Ten years."
    refused = story.journal.rows[2]
    assert (refused.type, refused.name, refused.status) == ("tool_call", bad.name, "failed")
    assert (refused.detail["result"], refused.detail["violation"]) == ("refused", True)
    assert words in str(refused.error)
    exchange = told(model).exchanges[0]
    assert exchange.refused
    assert words in exchange.note
    assert not story.gate.proposals


async def test_a_call_that_the_port_itself_refused_is_paid_for_and_refused_by_name() -> None:
    overreach = ModelOverreached(Answered(call("shell"), "scripted", Usage(100, 20, 0, 0.5)), "shell")
    story, _ = worker(overreach, finish())

    assert await story.advance() == "Ten years."
    assert names(story) == ["turn", "shell", "turn"]
    assert story.journal.rows[1].detail["cost_usd"] == 0.5


async def test_too_many_refused_calls_end_the_run() -> None:
    story, _ = worker(*[call("shell")] * 5, limits=Limits(refusals=2))
    for _ in range(2):  # and replay ends the same way
        with pytest.raises(WorkflowFailed, match="The model tried 3 times what it may not do"):
            await story.advance()
    assert names(story).count("shell") == 3


async def test_a_tool_that_fails_is_told_to_the_model_and_no_violation() -> None:
    story, model = worker(call("read", page="nowhere"), finish())

    assert await story.advance() == "Ten years."
    assert told(model).exchanges[0].note.startswith("It failed. ")
    assert told(model).exchanges[0].result == "There is no page 'nowhere'."
    assert "violation" not in story.journal.rows[2].detail


async def test_what_does_not_fit_is_put_away_and_the_task_restated_and_the_trace_says_so() -> None:
    reads = [call("read", page="long")] * 6
    story, model = worker(*reads, finish(), limits=Limits(context=30_000, checkpoint_every=None))
    await story.advance()

    talks = [talk for talk in model.asked if isinstance(talk, Talk)]
    turns = [step.detail for step in story.journal.steps if step.name == "turn"]
    assert [turn["dropped"] for turn in turns] == [[], [], [], [], [2, 4, 6], [], []]
    assert all(int(str(turn["context_tokens"])) <= 30_000 for turn in turns)
    last = json.loads(talks[-1].data)
    assert last["task"] == "How long do lamps last?"
    assert last["limits"]["turns"] == 16
    assert last["earlier"][0] == "2. read: page=long → long"
    assert len(talks[-1].exchanges) < 6


async def test_a_result_is_shown_at_least_once_however_much_room_the_task_takes() -> None:
    task = "What about it? " + "x " * 5500  # with what is fixed, nearly half of what there is room for
    searches = [call("search", query="word " * 200)] * 3
    story, model = worker(*searches, finish(), limits=Limits(context=16_000), task=task)
    await story.advance()

    talks = [talk for talk in model.asked if isinstance(talk, Talk)]
    assert [talk.exchanges[-1].result[:20] for talk in talks[1:]] == ['[{"name": "long", "t'] * 3
    assert all(int(str(step.detail["context_tokens"])) <= 16_000 for step in story.journal.steps if step.name == "turn")


async def test_many_steps_in_little_room_do_not_end_the_work() -> None:
    turns = [call("read", page="long")] * 90
    limits = Limits(turns=100, context=5_000, checkpoint_every=None, cost_usd=None)
    story, model = worker(*turns, finish(), limits=limits)

    assert await story.advance() == "Ten years."
    earlier = json.loads(told(model).data)["earlier"]
    assert earlier[0] == f"({90 - len(earlier) + 1 - len(told(model).exchanges)} steps before these)"
    assert all(int(str(step.detail["context_tokens"])) <= 5_000 for step in story.journal.steps if step.name == "turn")


async def test_a_task_that_leaves_no_room_is_refused_before_it_costs_anything() -> None:
    story, model = worker(finish(), task="x" * 200_000)
    with pytest.raises(WorkflowFailed, match="The task is too long for this agent"):
        await story.advance()
    assert not model.asked


async def test_a_model_that_fails_ends_the_work_in_words() -> None:
    story, _ = worker(ModelUnavailable("Claude is overloaded."))
    with pytest.raises(ModelUnavailable, match="overloaded"):
        await story.advance()


async def test_rules_answer_turns_without_a_key_and_say_so() -> None:
    def rule(talk: Talk) -> Call:
        return send(quote="") if talk.exchanges else call("search", query="lamps")

    story, _ = worker()
    story.model = OfflineModel({"research": rule})
    assert (await story.park()).labels == (OFFLINE, NO_SOURCE)
