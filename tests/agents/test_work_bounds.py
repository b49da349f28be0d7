"""Level 3: a model works within its bounds, and people are asked at checkpoints."""

from dataclasses import replace
from typing import Any

import pytest

from agents.limits import Limits
from agents.model import Usage
from agents.runtime import Outcome, Parked, WorkflowChanged
from tests.agents.workbench import call, checkpoint, finish, names, read, search, send, told, worker

ADDING = [call("add", numbers=[n]) for n in range(40)]
GO_ON = Outcome("succeeded", {})


@pytest.mark.parametrize(
    ("limits", "usage", "why"),
    [
        (Limits(turns=3), Usage(100, 20, 0, 0.001), "The 3 turns it may take are used up."),
        (Limits(tokens=300), Usage(100, 20, 0, 0.001), "The 300 tokens it may use are used up."),
        (Limits(cost_usd=0.003), Usage(100, 20, 0, 0.001), "The $0.00 it may cost are used up."),
        (
            Limits(cost_usd=0.5),
            Usage(100, 20, 0, None),
            "The price of its model is not known, so $0.50 may be spent already.",
        ),
        (Limits(seconds=4), Usage(100, 20, 0, 0.001), "The 4 seconds it may take are used up."),
        (Limits(checkpoint_every=3), Usage(100, 20, 0, 0.001), "It has taken 3 turns since anybody looked."),
    ],
)
async def test_at_a_bound_people_are_asked_whether_it_goes_on(limits: Limits, usage: Usage, why: str) -> None:
    story, _ = worker(*ADDING, limits=limits, usage=usage)
    await story.park()
    asked = checkpoint(story)
    assert asked["why"] == why
    assert asked["task"] == "How long do lamps last?"
    assert str(asked["planned"]).startswith("add: numbers=[")
    assert names(story)[-3] == "turn"  # then the proposal and its approval: what was planned has not happened


@pytest.mark.parametrize("limits", [Limits(cost_usd=None), Limits(cost_usd=1, unknown_price=True)])
async def test_an_unknown_price_stops_nothing_where_it_is_allowed(limits: Limits) -> None:
    story, _ = worker(ADDING[0], finish(), limits=limits, usage=Usage(100, 20, 0, None))
    assert await story.advance() == "Ten years."


async def test_a_checkpoint_shows_what_was_done_and_what_is_planned_and_goes_on_when_approved() -> None:
    story, model = worker(*ADDING[:4], finish(), limits=Limits(checkpoint_every=3))
    await story.park()
    asked = checkpoint(story)
    assert asked["done"] == "2. add: numbers=[0] → 0\n4. add: numbers=[1] → 1"
    assert (asked["planned"], asked["turns"]) == ("add: numbers=[2]", 13)

    arguments = asked | {"advice": "Be quick."}
    story.gate.answers = [Outcome("succeeded", arguments, edited=True, notes="Please.")]
    assert await story.advance() == "Ten years."
    assert "A colleague says: Be quick. Please." in told(model).exchanges[2].note
    assert "Be quick" not in told(model).exchanges[3].note


async def test_a_grant_is_as_much_again_or_what_a_reviewer_wrote() -> None:
    story, _ = worker(*ADDING, limits=Limits(turns=2, checkpoint_every=None))
    await story.park()
    story.gate.answers = [Outcome("succeeded", checkpoint(story))]
    await story.park()
    assert names(story).count("turn") == 4
    story.gate.answers.append(Outcome("succeeded", checkpoint(story) | {"turns": 5}, edited=True))
    await story.park()
    assert names(story).count("turn") == 9


async def test_a_reviewer_can_bound_what_had_no_bound() -> None:
    story, _ = worker(*ADDING, limits=Limits(turns=2, cost_usd=None, checkpoint_every=None))
    await story.park()
    story.gate.answers = [Outcome("succeeded", checkpoint(story) | {"turns": 30, "cost_usd": 0.003}, edited=True)]
    await story.park()

    assert names(story).count("turn") == 5
    assert checkpoint(story)["why"] == "The $0.01 it may cost are used up."


async def test_people_are_asked_also_where_next_to_nothing_is_left() -> None:
    limits = Limits(cost_usd=0.0030000004, checkpoint_every=3)
    story, _ = worker(*ADDING, limits=limits)
    await story.park()

    assert checkpoint(story)["cost_usd"] == 1e-6


@pytest.mark.parametrize("more", [{"turns": 1001}, {"cost_usd": 10_001.0}])
def test_limits_that_nobody_could_grant_again_are_refused(more: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="which is the most that people can grant"):
        Limits(**more)


@pytest.mark.parametrize("status", ["rejected", "expired", "cancelled", "unknown", "failed"])
async def test_without_a_grant_the_work_ends_with_what_it_has(status: str) -> None:
    story, model = worker(call("read", page="lamps"), *ADDING, limits=Limits(turns=2))
    await story.park()
    story.gate.answers = [Outcome(status, {}, notes="Enough.")]

    assert await story.advance() == (
        "Stopped after 2 turns: The 2 turns it may take are used up. "
        f"Whether it may go on: {status}. They wrote: Enough.\nNo answer yet. Read so far: Lamps."
    )
    assert len(model.asked) == 2


async def test_even_a_policy_that_always_grants_comes_to_an_end() -> None:
    story, _ = worker(*ADDING, limits=Limits(turns=2, checkpoint_every=None, checkpoints=3))
    for _ in range(5):
        try:
            output = await story.advance()
        except Parked:
            story.gate.answers.append(Outcome("succeeded", checkpoint(story)))
    assert "let it go on 3 times already" in output


async def test_a_proposal_is_not_asked_about_twice_in_a_row() -> None:
    story, _ = worker(ADDING[0], send(), limits=Limits(checkpoint_every=2))
    assert (await story.park()).action == "send"


async def test_replay_takes_the_same_path_without_the_model() -> None:
    turns = (call("read", page="lamps"), call("shell"), send(), *ADDING[:4], finish())
    story, model = worker(*turns, limits=Limits(checkpoint_every=5))
    await story.park()
    story.gate.answers = [GO_ON]
    await story.park()
    story.gate.answers.append(Outcome("succeeded", checkpoint(story)))
    before = len(story.journal.writes)
    output = await story.advance()
    asked, writes, proposals = len(model.asked), list(story.journal.writes), dict(story.gate.proposals)

    assert len(writes) > before
    assert await story.advance() == output
    assert (len(model.asked), story.journal.writes, story.gate.proposals) == (asked, writes, proposals)


async def test_changed_tools_under_a_parked_run_are_named() -> None:
    story, _ = worker(call("add", numbers=[1]), send())
    await story.park()
    story.agent = replace(story.agent, tools=(search, read))
    with pytest.raises(
        WorkflowChanged, match=r"step 2 was tool_call 'add' with numbers=\[1\], now it is tool_call 'add' .*, refused"
    ):
        await story.advance()
