"""The LangGraph example through the real flow: cards, decisions and effects, on both databases."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from agents.examples.langgraph_gate import in_file
from agents.shipped import Systems
from storage.records import RequestStatus, RunStatus, StepType
from tests.agents.examples.shop import SPENT, TICKET, TOLD, Ledger, live, move_in
from tests.bot.flow.stage import Stage, stage_on


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "ledger")


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
async def stage(request: pytest.FixtureRequest, systems: Systems, ledger: Ledger, tmp_path: Path) -> AsyncIterator[Stage]:
    async with stage_on(request.getfixturevalue(f"{request.param}_url")) as made:
        move_in(made, systems, ledger, in_file(tmp_path / "graph.db"))
        yield made


async def test_an_edited_refund_runs_once_and_the_graph_goes_on_with_it(stage: Stage, ledger: Ledger) -> None:
    assert await live(stage) == TOLD
    assert ledger.lines == SPENT

    run = await stage.run()
    steps = await stage.read(lambda tx: tx.steps(run.id))
    requests = await stage.read(lambda tx: tx.requests())
    assert run.status is RunStatus.succeeded
    assert [step.number for step in steps] == list(range(1, len(steps) + 1))
    assert [step.name for step in steps if step.type is StepType.llm_call] == ["classify"]
    assert {request.status for request in requests} == {RequestStatus.succeeded}
    assert all(request.labels for request in requests)  # also the second, made by a run that began at a checkpoint


async def test_a_rejected_refund_ends_the_graph_with_what_the_reviewer_wrote(stage: Stage, ledger: Ledger) -> None:
    await stage.type(f"run langgraph-support {TICKET}")
    await stage.reject(await stage.latest(), notes="Ask for a picture first.")

    told = (await stage.run()).final_output or ""
    assert told.startswith("The refund was rejected: ")
    assert "Ask for a picture first." in told
    assert ledger.lines == SPENT[:1]


async def test_it_goes_on_without_its_checkpoints(stage: Stage, systems: Systems, ledger: Ledger, tmp_path: Path) -> None:
    await stage.type(f"run langgraph-support {TICKET}")
    move_in(stage, systems, ledger, in_file(tmp_path / "another machine" / "graph.db"))

    assert await live(stage) == TOLD
    assert ledger.lines == SPENT
