"""What lost its job gets one again, and old deliveries are forgotten."""

from bot.flow.desk import Command
from bot.flow.execute import claim
from bot.flow.reconcile import REMEMBERED, reconcile
from storage.records import RequestStatus
from tests.bot.flow.stage import ANNA, CHANNEL, Stage


async def lose_jobs(stage: Stage) -> None:
    """Run every job that waits as if its worker had taken it and done nothing."""

    async def nothing(payload: object) -> None: ...

    await stage.dispatch.drain(dict.fromkeys(("advance", "execute", "show_run", "show_card", "reply"), nothing))


async def test_a_run_whose_job_was_lost_goes_on(stage: Stage) -> None:
    await stage.desk.command(Command("run payer 480.00 lamp-shop", ANNA, CHANNEL, "once"))
    await lose_jobs(stage)
    stage.clock.move(minutes=2)
    await reconcile(stage.signoff)
    await stage.settle()
    assert await stage.status() is RequestStatus.pending


async def test_an_approved_request_whose_job_was_lost_runs_once(stage: Stage) -> None:
    request = await stage.ask()
    await stage.desk.approve(stage.click(request))
    await lose_jobs(stage)
    stage.clock.move(minutes=2)
    for _ in range(3):
        await reconcile(stage.signoff)
    await stage.settle()
    assert len(stage.till.paid) == 1


async def test_a_run_whose_job_was_set_aside_while_it_ran_goes_on(stage: Stage) -> None:
    await stage.desk.command(Command("run payer 480.00 lamp-shop", ANNA, CHANNEL, "once"))
    await lose_jobs(stage)
    run = await stage.run()
    await stage.store.write(lambda tx: tx.claim_run(run.id))
    stage.clock.move(minutes=2)
    await reconcile(stage.signoff)
    await stage.settle()
    assert await stage.status() is RequestStatus.pending


async def test_an_execution_whose_job_was_set_aside_is_told_as_unknown(stage: Stage) -> None:
    request = await stage.ask()
    await stage.desk.approve(stage.click(request))
    await lose_jobs(stage)
    await stage.store.write(lambda tx: claim(tx, stage.signoff, request.id))
    stage.clock.move(minutes=2)
    await reconcile(stage.signoff)
    await stage.settle()
    assert await stage.status() is RequestStatus.unknown
    assert stage.till.paid == []


async def test_what_is_young_is_left_alone(stage: Stage) -> None:
    request = await stage.ask()
    await stage.desk.approve(stage.click(request))
    await lose_jobs(stage)
    await reconcile(stage.signoff)
    await stage.settle()
    assert stage.till.paid == []


async def test_old_deliveries_are_forgotten_and_young_ones_are_not(stage: Stage) -> None:
    await stage.type("run payer think once", delivery="old")
    stage.clock.now += REMEMBERED / 2
    await stage.type("run payer think twice", delivery="young")
    stage.clock.now += REMEMBERED / 2
    stage.clock.move(seconds=1)
    await reconcile(stage.signoff)
    assert await stage.store.write(lambda tx: tx.first_delivery("old"))
    assert not await stage.store.write(lambda tx: tx.first_delivery("young"))
