"""Workflows that propose several times: each replay finds its steps again, and nothing runs twice."""

from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import BaseModel

from agents.model import Prompt
from agents.runtime import LiveRun
from agents.workflow import Agent, Agents, Workflow
from bot.cards.card import Card
from bot.cards.text import plain
from bot.flow.front_desk import FrontDesk
from bot.flow.sweep import sweep
from storage.records import JsonObject, RequestStatus, RunStatus
from tests.bot.flow.stage import NOOR, POLICY, Stage, stage_at
from tests.fakes.models import ScriptedModel


async def several(run: LiveRun, text: str) -> str:
    """`pay 5 x; note y; …`, each proposed when the one before has its outcome."""
    told = []
    for line in text.split(";"):
        action, rest = line.strip().split(" ", 1)
        amount, _, to = rest.partition(" ")
        arguments: JsonObject = {"amount": amount, "to": to} if action == "pay" else {"text": rest}
        outcome = await run.propose(action, arguments, summary=line)
        told.append(f"{action} {outcome.status}{' edited' if outcome.edited else ''}")
    return ", ".join(told)


def cast(stage: Stage, workflow: Workflow) -> None:
    """Have `payer` follow another workflow."""
    agent = Agent("payer", 3, "Works.", "TEXT", ("pay", "note", "think", "advise"), workflow)
    stage.signoff = replace(stage.signoff, agents=Agents([agent]))
    stage.desk = FrontDesk(stage.signoff)


STORIES = [
    ("think a; pay 5 x", "a", "think succeeded, pay succeeded", ["5"]),
    ("pay 5 x; think a", "a", "pay succeeded, think succeeded", ["5"]),
    ("pay 5 x; pay 6 y", "aa", "pay succeeded, pay succeeded", ["5", "6"]),
    ("pay 5 x; pay 6 y; note z", "ae", "pay succeeded, pay succeeded edited, note succeeded", ["5", "1"]),
    ("pay 5 x; pay 6 y", "ra", "pay rejected, pay succeeded", ["6"]),
    ("pay 5 x; note z; pay 6 y; think b", "rr", "pay rejected, note succeeded, pay rejected, think succeeded", []),
    ("note z; pay 5 x; pay 6 y", "xe", "note succeeded, pay expired, pay succeeded edited", ["1"]),
]


@pytest.mark.parametrize(("text", "answers", "output", "paid"), STORIES)
async def test_each_proposal_gets_its_own_outcome_in_order(
    tmp_path: Path, text: str, answers: str, output: str, paid: list[str]
) -> None:
    path = tmp_path / "signoff.db"
    amounts: list[str] = []
    async with stage_at(path) as first:
        cast(first, several)
        await first.type(f"run payer {text}")
    for answer in answers:  # each decision after another restart
        async with stage_at(path, first.clock) as stage:
            cast(stage, several)
            await _answer(stage, answer)
            amounts += [str(amount) for amount, _, _ in stage.till.paid]
            run, steps = await stage.run(), await stage.read(lambda tx: tx.steps(tx.runs()[0].id))
            evaluations = await stage.read(lambda tx: tx.evaluations())
    assert (run.status, run.final_output) == (RunStatus.succeeded, output)
    assert amounts == paid
    assert [step.number for step in steps] == list(range(1, len(steps) + 1))
    assert len(evaluations) == len(text.split(";"))


async def _answer(stage: Stage, answer: str) -> None:
    [request] = await stage.read(lambda tx: tx.requests(status=RequestStatus.pending))
    match answer:
        case "a":
            await stage.approve(request)
        case "e":
            await stage.edit(request, amount="1")
        case "r":
            await stage.reject(request)
        case _:
            stage.clock.move(hours=5)
            await sweep(stage.signoff)
            await stage.settle()


async def test_the_card_of_a_rejected_request_does_not_tell_what_a_later_step_did(stage: Stage) -> None:
    cast(stage, several)
    request = await stage.ask("pay 5 x; note the lamp")
    await stage.reject(request)
    shown = await stage.desk.card(stage.click(request))
    assert isinstance(shown, Card)
    assert [plain(line).split(" ")[0] for line in shown.lines] == ["Rejected"]


async def test_a_new_revision_by_a_newer_policy_alone_is_no_edit_to_the_agent(stage: Stage) -> None:
    cast(stage, several)
    await stage.ask("pay 5 x")
    stage.adopt(POLICY.replace("    risk: high\n", "    risk: critical\n", 1))
    for _ in range(2):
        await stage.approve(await stage.latest())
    assert (await stage.run()).final_output == "pay succeeded"


class Guess(BaseModel):
    """What the model of a test says."""

    amount: str


class OtherGuess(BaseModel):
    """The same after an upgrade."""

    sum: int


def guesser(schema: type[BaseModel]) -> Workflow:
    """A workflow that asks the model, then proposes."""

    async def guess(run: LiveRun, text: str) -> str:
        await run.llm_call("guess", Prompt("guess", "1", "", text), schema, str)
        return (await run.propose("pay", {"amount": "5", "to": "x"}, summary="Pay")).status

    return guess


async def test_an_answer_that_no_longer_fits_names_the_step(stage: Stage) -> None:
    stage.signoff = replace(stage.signoff, model=ScriptedModel([Guess(amount="5")]))
    cast(stage, guesser(Guess))
    request = await stage.ask("x")
    cast(stage, guesser(OtherGuess))
    await stage.reject(request, NOOR)
    run = await stage.run()
    assert run.status is RunStatus.failed
    assert "changed while this run was parked: step 1" in (run.error or "")
