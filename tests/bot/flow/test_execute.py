"""What was approved runs once, exactly as shown; what is not certain goes to a person."""

import sqlite3
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from agents.actions import Action, Actions
from bot.flow.execute import claim
from storage.records import ExecutionStatus, RequestStatus
from tests.bot.flow.stage import RAVI, Payment, Stage, stage_at


async def test_a_failed_payment_says_why_on_the_card(stage: Stage) -> None:
    stage.till.refuse()
    await stage.approve(await stage.ask())
    assert await stage.status() is RequestStatus.failed
    assert "The till is closed." in str(stage.card().lines)
    assert (await stage.run()).final_output == "failed: 480.00 The till is closed."


async def test_a_lost_line_is_unknown_and_not_tried_again(stage: Stage) -> None:
    stage.till.vanish()
    await stage.approve(await stage.ask())
    stage.till.problem = None
    await stage.settle()
    assert await stage.status() is RequestStatus.unknown
    assert stage.till.paid == []
    assert "Somebody must look" in " ".join(text for _, text in stage.surface.replies)


async def test_an_executor_that_raises_anything_is_unknown_without_a_trace_in_chat(stage: Stage) -> None:
    stage.till.problem = ZeroDivisionError("secret detail")
    await stage.approve(await stage.ask())
    assert await stage.status() is RequestStatus.unknown
    assert "secret detail" not in str(stage.surface.replies) + str(stage.card())


async def test_a_crash_between_claim_and_report_is_unknown_after_the_restart(tmp_path: Path) -> None:
    path = tmp_path / "signoff.db"
    async with stage_at(path) as before:
        request = await before.ask()
        await before.desk.approve(before.click(request, RAVI))
        await before.store.write(lambda tx: claim(tx, before.signoff, request.id))
    async with stage_at(path, before.clock) as after:
        await after.settle()
        assert await after.status() is RequestStatus.unknown
        assert after.till.paid == []
        assert (await after.run()).final_output is not None


async def test_a_restart_with_pending_cards_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "signoff.db"
    async with stage_at(path) as before:
        for number in range(12):
            await before.ask(f"{number + 1} shop-{number}")
    async with stage_at(path, before.clock) as after:
        for request in await after.read(lambda tx: tx.requests(limit=20)):
            assert (await after.approve(request)).ok
        assert sorted(to for _, to, _ in after.till.paid) == sorted(f"shop-{number}" for number in range(12))


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE requests SET arguments = replace(arguments, '480.00', '990.00')",
        "UPDATE requests SET target = 'somebody-else'",
        "UPDATE requests SET arguments = replace(arguments, '480.00', '990.00'), fingerprint = 'f'",
        "DELETE FROM decisions",
    ],
)
async def test_what_was_changed_after_the_approval_is_refused(sqlite_stage: Stage, tmp_path: Path, tampering: str) -> None:
    request = await sqlite_stage.ask()
    await sqlite_stage.desk.approve(sqlite_stage.click(request))
    with sqlite3.connect(tmp_path / "signoff.db") as database:
        database.execute(tampering)
    database.close()
    await sqlite_stage.settle()
    assert sqlite_stage.till.paid == []
    assert await sqlite_stage.status() is RequestStatus.failed
    assert "refused" in str(sqlite_stage.card().lines)


async def test_an_upgrade_that_adds_an_argument_nobody_saw_is_refused(stage: Stage) -> None:
    class TippedPayment(Payment):
        """The same after an upgrade."""

        tip: Decimal = Decimal(5)

    request = await stage.ask()
    upgraded = Action("pay", "Pay somebody", "Pays", TippedPayment, lambda p: p.to, stage.till.pay)
    stage.signoff = replace(stage.signoff, actions=Actions([upgraded]))
    await stage.approve(request)
    assert stage.till.paid == []
    assert await stage.status() is RequestStatus.failed
    assert "changed since" in str(stage.card().lines)


async def test_the_idempotency_key_is_one_for_one_effect(stage: Stage) -> None:
    await stage.approve(await stage.ask())
    await stage.approve(await stage.ask("20 baker"))
    keys = [key for _, _, key in stage.till.paid]
    assert len(set(keys)) == 2


async def test_an_execution_is_recorded_with_its_receipt(stage: Stage) -> None:
    request = await stage.ask()
    await stage.approve(request)
    execution = await stage.read(lambda tx: tx.execution_of(request.run_id, request.step + 1))
    assert execution is not None
    assert execution.status is ExecutionStatus.succeeded
    assert execution.receipt == {"summary": "Paid 480.00 to lamp-shop."}
    assert execution.fingerprint == request.fingerprint
