"""A checkpoint of level 3 on its way through the gate: whatever tools said, the parked run goes on where people let it."""

from dataclasses import replace

import pytest
from pydantic import JsonValue

from agents.actions import Actions
from agents.checkpoint import continue_work
from agents.limits import Limits
from agents.model import Call, Talk
from agents.prompts import PromptFile
from agents.runtime import LiveRun
from agents.testing import ScriptedModel
from agents.tools import ToolFailed, tool
from agents.workflow import Agent, Agents
from bot.flow.front_desk import FrontDesk
from storage.records import RequestStatus, RunStatus
from tests.bot.flow.stage import Stage

PROMPT = PromptFile("clerk", "1-abc", "You look things up.")
SAID: dict[str, str | float | dict[str, JsonValue]] = {
    "strange": "a\x00b\ud800c\r\nd\u2028e",
    "secret": "password=hunter2hunter2 and AKIAIOSFODNN7EXAMPLE",
    "long": "wörter " * 2000,
    "object": {"z": 1, "a": [1.0, 1e-07, 12345678901234567890], "m": {"y": None, "b": True}},
    "nothing": float("nan"),
}


@tool
async def look(at: str) -> str | float | dict[str, JsonValue]:
    """Look at something."""
    if at.startswith("no "):
        raise ToolFailed(str(SAID[at.removeprefix("no ")]))
    return SAID[at]


async def _work(run: LiveRun, input: str) -> str:
    return (await run.work(input, PROMPT)).told


CLERK = Agent("clerk", 3, "", "", (), _work, tools=(look,), limits=Limits(turns=20, checkpoint_every=3))
DONE = Call(name="finish", arguments={"answer": "Done."})


def turn(at: str) -> Call:
    return Call(name="look", arguments={"at": at})


@pytest.mark.parametrize("name", SAID)
async def test_a_parked_run_goes_on_whatever_was_said(stage: Stage, name: str) -> None:
    model = ScriptedModel([turn(f"no {name}"), turn(name), turn(name), DONE])
    actions = Actions([continue_work()])
    stage.signoff = replace(stage.signoff, actions=actions, agents=Agents([CLERK]), model=model)
    stage.desk = FrontDesk(stage.signoff)
    stage.adopt("defaults: {reviewers: [ravi@example.com]}\nrules: []\n")
    await stage.type("run clerk look at it, token=abcdefgh12345678")
    request = await stage.latest()
    assert (request.action, request.status) == ("continue_work", RequestStatus.pending)

    await stage.edit(request, turns="3", advice="Hurry.")
    await stage.approve(await stage.latest())

    run = await stage.run()
    assert (run.status, run.error) == (RunStatus.succeeded, None)
    assert len(model.asked) == 4
    assert isinstance(last := model.asked[-1], Talk)
    assert any("Hurry." in each.note for each in last.exchanges)
