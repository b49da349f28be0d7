"""Reasons go everywhere, so they hold no secret of the arguments, whatever a condition has to say of them."""

import json
from dataclasses import replace
from typing import Annotated

import pytest

from agents.actions import Action, Actions, Arguments, Effect, Secret
from agents.runtime import LiveRun
from agents.workflow import Agent, Agents
from bot.flow.front_desk import FrontDesk
from storage.records import JsonObject
from tests.bot.flow.stage import Stage

PASSWORD = "correct-horse-battery"  # invented
ASKS = """
rules:
  - name: logins
    actions: [login]
    when: '{"a": 1}[args.password] == 1 || args.name.matches(args.password + "[")'
    verdict: approve
    reviewers: [ravi@example.com]
"""


class Login(Arguments):
    """Somebody logs in."""

    name: str
    password: Annotated[str, Secret()]


async def log_in(login: Login, effect: Effect) -> JsonObject:
    return {"summary": "Done."}


async def keeper(run: LiveRun, text: str) -> str:
    return (await run.propose("login", {"name": "mia", "password": PASSWORD}, summary="Log in.")).status


@pytest.fixture
async def stage(stage: Stage) -> Stage:
    login = Action("login", "Log in", "Logs in", Login, lambda each: each.name, log_in)
    agents = Agents([Agent("keeper", 2, "Logs in.", "TEXT", ("login",), keeper)])
    stage.signoff = replace(stage.signoff, agents=agents, actions=Actions([login]))
    stage.desk = FrontDesk(stage.signoff)
    return stage


@pytest.mark.parametrize("outcome", ["approve", "block"])
async def test_a_condition_that_fails_on_a_secret_does_not_tell_it(stage: Stage, outcome: str) -> None:
    stage.adopt(ASKS.replace("verdict: approve", f"verdict: {outcome}"))
    await stage.type("run keeper now")
    run = await stage.run()
    kept = await stage.read(
        lambda tx: [
            *(step.model_dump(mode="json", exclude={"result"}) for step in tx.steps(run.id)),
            *(each.body for each in tx.audit_entries()),
            *(each.body for each in tx.evaluations()),
            *(each.verdict.model_dump(mode="json") for each in tx.requests()),
        ]
    )
    told = [*(card.model_dump_json() for card in stage.surface.cards()), *(text for _, text in stage.surface.replies)]
    assert "could not be decided" in json.dumps(kept)
    assert [text for text in (json.dumps(kept), *told, str(run.error)) if PASSWORD in text] == []
