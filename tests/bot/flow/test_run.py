"""Runs: what the policy lets happen, what people type, and how a run ends."""

import pytest

from bot.cards.text import plain
from bot.flow.run import INPUT_MAX
from bot.flow.surface import Standing
from storage.records import RequestStatus, RunStatus, StepStatus
from tests.bot.flow.stage import Stage


async def test_auto_runs_at_once_and_says_nothing(stage: Stage) -> None:
    await stage.type("run payer think about it")
    run = await stage.run()
    assert (run.status, run.final_output) == (RunStatus.succeeded, "think: succeeded")
    assert not any("Logged" in text for _, text in stage.surface.replies)


async def test_log_runs_at_once_and_is_posted_in_a_line(stage: Stage) -> None:
    await stage.type("run payer note the lamp is broken")
    assert (await stage.run()).final_output == "note: succeeded"
    assert any("Logged: note by payer" in text for _, text in stage.surface.replies)


async def test_block_never_runs_and_ends_the_run_with_the_reason(stage: Stage) -> None:
    await stage.type("run payer advise sue them")
    run = await stage.run()
    assert run.status is RunStatus.blocked
    assert run.error == "We do not give advice."
    [evaluation] = await stage.read(lambda tx: tx.evaluations())
    assert (evaluation.decision, evaluation.outcome) == ("block", "none")


async def test_a_run_that_waits_is_rows_and_resumes_by_replay(stage: Stage) -> None:
    request = await stage.ask()
    waiting = await stage.run()
    assert waiting.status is RunStatus.waiting
    await stage.approve(request)
    steps = await stage.read(lambda tx: tx.steps(request.run_id))
    assert [(step.number, step.type.value, step.status) for step in steps] == [
        (1, "tool_call", StepStatus.done),
        (2, "approval", StepStatus.done),
        (3, "tool_call", StepStatus.done),
    ]
    assert steps[0].detail["result"] == "pending_approval"
    assert steps[0].detail["approval_request_id"] == request.id


async def test_the_wait_of_people_is_kept_out_of_the_latency(stage: Stage) -> None:
    request = await stage.ask()
    stage.clock.move(minutes=10)
    await stage.approve(request)
    run = await stage.run()
    assert run.waited_ms is not None
    assert run.total_latency_ms is not None
    assert 600_000 <= run.waited_ms < 605_000  # the database's own clock goes on
    assert 0 <= run.total_latency_ms < 5_000


@pytest.mark.parametrize("typed", ["", "help", "HELP"])
async def test_help_lists_commands_and_agents(stage: Stage, typed: str) -> None:
    text = plain((await stage.type(typed)).text)
    assert "/signoff run AGENT TEXT" in text
    assert "payer" in text


async def test_an_unknown_command_names_the_nearest(stage: Stage) -> None:
    answer = await stage.type("shwo req_1")
    assert not answer.ok
    assert "Did you mean /signoff show" in plain(answer.text)


async def test_an_unknown_agent_lists_those_that_exist(stage: Stage) -> None:
    answer = await stage.type("run nobody do it")
    assert not answer.ok
    assert "payer" in plain(answer.text)
    assert await stage.read(lambda tx: tx.runs()) == []


async def test_an_agent_without_a_text_says_what_to_type(stage: Stage) -> None:
    assert "/signoff run payer AMOUNT TO" in plain((await stage.type("run payer")).text)


async def test_a_text_over_the_limit_is_refused_with_both_numbers(stage: Stage) -> None:
    answer = await stage.type("run payer " + "x" * (INPUT_MAX + 1))
    assert "1,048,576" in plain(answer.text)
    assert await stage.read(lambda tx: tx.runs()) == []


async def test_the_same_command_delivered_twice_starts_one_run(stage: Stage) -> None:
    for _ in range(2):
        await stage.type("run payer think twice", delivery="again")
    assert len(await stage.read(lambda tx: tx.runs())) == 1


async def test_bad_arguments_of_an_agent_end_the_run_in_words(stage: Stage) -> None:
    await stage.type("run payer 5000 lamp-shop")
    run = await stage.run()
    assert run.status is RunStatus.failed
    assert "amount" in (run.error or "")


async def test_a_workflow_that_raises_shows_no_trace(stage: Stage) -> None:
    await stage.type("run payer oops")
    run = await stage.run()
    assert run.status is RunStatus.failed
    assert run.error == f"The agent ended with an internal error. The log has it under {run.id}."


async def test_list_and_show_tell_what_waits(stage: Stage) -> None:
    assert "Nothing waits" in plain((await stage.type("list")).text)
    request = await stage.ask()
    assert request.id in plain((await stage.type("list")).text)
    shown = plain((await stage.type(f"show {request.id.removeprefix('req_')[:5]}")).text)
    assert "480.00" in shown
    assert "lamp-shop" in shown
    assert not (await stage.type("show req_nope")).ok


async def test_the_requester_is_told_the_result(stage: Stage) -> None:
    await stage.approve(await stage.ask())
    assert stage.surface.replies[-1][1] == "Anna succeeded: 480.00"


@pytest.mark.parametrize("standing", ["guest", "deactivated", "stranger"])
@pytest.mark.parametrize("line", ["run payer think twice", "list", "show req_1", "cancel req_1"])
async def test_commands_are_for_full_members_of_the_workspace(stage: Stage, standing: Standing, line: str) -> None:
    request = await stage.ask()
    stage.surface.standings["anna"] = standing
    answer = await stage.type(line.replace("req_1", request.id))
    assert not answer.ok
    assert "Only full members" in plain(answer.text)
    assert len(await stage.read(lambda tx: tx.runs())) == 1
    assert await stage.status() is RequestStatus.pending
