"""The second look by a model: asked once, as a step of the run, and never of secrets."""

from dataclasses import dataclass, field
from typing import Annotated, Any

import pytest

from agents.actions import Action, Actions, Arguments, Effect, Secret
from agents.model import Model, ModelUnavailable
from agents.offline import OfflineModel
from agents.runtime import LiveRun
from agents.second_look.ask import NOT_TAKEN, SEEN, Look, second_look, second_look_rules
from agents.workflow import Agent
from storage.records import JsonObject
from tests.fakes.models import ScriptedModel
from tests.fakes.runs import Story


class Transfer(Arguments):
    to: str
    amount: str
    password: Annotated[str, Secret()]


async def nothing(arguments: Transfer, effect: Effect) -> JsonObject:
    return {}


ACTIONS = Actions([Action("transfer", "Move money", "Moves money.", Transfer, lambda each: each.to, nothing)])
ARGUMENTS: JsonObject = {"to": "eve@evil.example", "amount": "480.00", "password": "hunter2-hunter2"}


@dataclass
class Played:
    """One look, told again on replay."""

    model: Model
    summary: str = "Pay eve@evil.example 480.00 USD with hunter2-hunter2."
    arguments: JsonObject = field(default_factory=lambda: dict(ARGUMENTS))

    async def twice(self) -> str:
        async def workflow(run: LiveRun, input: str) -> str:
            return "\n".join(await second_look(run, "transfer", self.arguments, self.summary))

        story = Story(Agent("looker", 2, "Looks.", "nothing", ("transfer",), workflow), ACTIONS, self.model)
        first = await story.advance()
        assert await story.advance() == first
        return first


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (Look(agrees=True), ""),
        (Look(agrees=True, difference="None."), ""),
        (Look(agrees=False, difference="It pays\nsomebody \u202eelse."), f"{SEEN}It pays somebody else."),
        (Look(agrees=False, difference="x" * 500), SEEN + "x" * 200),
        (Look(agrees=False), f"{SEEN}it does not say how."),
        (ModelUnavailable("Claude is overloaded."), NOT_TAKEN),
    ],
)
async def test_what_the_model_says_stands_on_the_card_and_is_asked_once(answer: Any, told: str) -> None:
    model = ScriptedModel([answer])

    assert await Played(model).twice() == told
    assert len(model.asked) == 1


async def test_the_model_sees_everything_but_the_secrets() -> None:
    model = ScriptedModel([Look(agrees=True)])
    await Played(model).twice()

    assert "eve@evil.example" in model.asked[0].data
    assert "480.00" in model.asked[0].data
    assert "hunter2" not in model.asked[0].data


async def test_a_long_text_is_cut_and_says_so() -> None:
    model = ScriptedModel([Look(agrees=True)])
    await Played(model, "Pay.", {**ARGUMENTS, "to": "x" * 50_000}).twice()

    assert len(model.asked[0].data) < 30_000
    assert "more characters]" in model.asked[0].data


@pytest.mark.parametrize(
    ("summary", "agrees"), [("Pay eve@evil.example 480.00 USD.", True), ("Pay eve@evil.example 1 USD.", False)]
)
async def test_without_a_key_the_comparison_answers(summary: str, agrees: bool) -> None:
    told = await Played(OfflineModel(second_look_rules()), summary).twice()

    assert (told == "") is agrees
