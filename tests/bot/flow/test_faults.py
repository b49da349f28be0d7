"""Whatever write fails, is cut off at its commit, or is the last before the process is killed: effects happen at most once,
every run and request comes to an end, and each proposal leaves one evaluation record."""

import os
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from agents.actions import Action, Actions, Effect
from bot.flow.run import advance
from storage.audit import verify
from storage.records import ExecutionStatus, JsonObject
from storage.store import StoreBusy
from tests.bot.flow.stage import Sentence, Stage, stage_at
from tests.faults.shaky import FAULTS, Fault, Killed, Nth, Shaky

FULL = os.environ.get("SIGNOFF_FAULTS") == "full"
LOST = "The service stopped while this action was running."


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("text", ["5 shop", "note a lamp", "think hard", "advise them"])
async def test_one_failing_write_anywhere_neither_doubles_nor_loses(tmp_path: Path, fault: str, text: str) -> None:
    """Every fault at every write in full size; else each write has one fault or two."""
    step = 1 if FULL else 3
    at, failed = list(FAULTS).index(fault) % step, True
    while failed:
        failed = await _play(tmp_path / f"{at}.db", text, at, FAULTS[fault])
        at += step
    assert at > 2


async def _play(path: Path, text: str, at: int, fault: Fault) -> bool:
    """The story with one fault in it, the restart, and what must hold then. False once there was no such write."""
    paid = []
    async with stage_at(path) as before:
        strikes = Nth(at, fault)
        shaky = Shaky(before.store, strikes)
        before.signoff = replace(before.signoff, store=shaky)  # the desk's writes go through: people would try again
        await before.type(f"run payer {text}")
        await _decide(before)
        paid += before.till.paid
    async with stage_at(path, before.clock) as stage:
        for _ in range(3):
            await _let_time_pass(stage)
            await _decide(stage)
        paid += stage.till.paid
        await _must_hold(stage, len(paid), known=isinstance(fault.error, StoreBusy))
    return strikes.struck


async def _decide(stage: Stage) -> None:
    for request in await stage.read(lambda tx: tx.requests()):
        await stage.approve(request)


async def _let_time_pass(stage: Stage) -> None:
    stage.clock.move(minutes=2)
    await stage.settle()


async def _must_hold(stage: Stage, paid: int, *, known: bool) -> None:
    run, requests = await stage.run(), await stage.read(lambda tx: tx.requests())
    executions = await stage.read(lambda tx: tx.executions(run.id))
    assert run.status.ended, run
    assert all(request.status.ended for request in requests), requests
    assert len(await stage.read(lambda tx: tx.evaluations())) == 1
    assert all(execution.status is not ExecutionStatus.claimed for execution in executions)
    assert paid <= 1
    for execution in executions:  # a process that lives on knows what it did, however busy the database is
        lost = execution.status == "unknown" or (execution.status == "failed" and not paid)  # failed: it was not begun
        assert execution.status == "succeeded" or (lost and not known)
        assert execution.status != "succeeded" or execution.action != "pay" or paid == 1
    assert verify(await stage.read(lambda tx: tx.audit_entries())) is None


@pytest.mark.parametrize("action", ["note", "think"])
async def test_an_effect_that_nobody_asked_about_and_nobody_knows_of_is_told_to_people(tmp_path: Path, action: str) -> None:
    path = tmp_path / "signoff.db"
    async with stage_at(path) as before:
        perform_then(before, Killed())
        await before.type(f"run payer {action} hard")
    async with stage_at(path, before.clock) as stage:
        await stage.settle()
        [evaluation] = await stage.read(lambda tx: tx.evaluations())
        assert (await stage.run()).final_output == f"{action}: unknown"
        assert evaluation.outcome == "unknown"
        assert [LOST in text for _, text in stage.surface.replies].count(True) == 1


async def test_a_worker_that_was_given_up_for_dead_leaves_only_an_audit_entry(stage: Stage) -> None:
    perform_then(stage, lambda run_id: advance(stage.signoff, run_id))
    await stage.type("run payer note a lamp")
    assert (await stage.run()).final_output == "note: unknown"
    [evaluation] = await stage.read(lambda tx: tx.evaluations())
    assert evaluation.outcome == "unknown"
    events = await stage.read(lambda tx: [entry.event for entry in tx.audit_entries()])
    assert events.count("execution.late_report") == 1
    assert [LOST in text for _, text in stage.surface.replies].count(True) == 1


def perform_then(stage: Stage, then: BaseException | Callable[[str], Awaitable[None]]) -> None:
    """Have `note` and `think` come to an end only after that."""

    async def said(sentence: Sentence, effect: Effect) -> JsonObject:
        if isinstance(then, BaseException):
            raise then
        await then(effect.run_id)
        return {"summary": sentence.text}

    names = ("note", "think")
    actions = Actions([Action(name, name.title(), name, Sentence, lambda s: "everybody", said) for name in names])
    stage.signoff = replace(stage.signoff, actions=actions)
