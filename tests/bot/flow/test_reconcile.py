"""What lost its job gets one again, and old deliveries are forgotten."""

from datetime import timedelta

import pytest

from bot.flow.desk import Command
from bot.flow.execute import claim, execute
from bot.flow.handlers import handlers
from bot.flow.reconcile import PAGE, PAGES, RECENT, REMEMBERED, Walk, reconcile
from storage.records import Execution, Request, RequestStatus
from storage.store import Fenced, Transaction
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


async def crowd(stage: Stage, like: Request, many: int, **values: object) -> None:
    """That many more requests."""
    [revision] = await stage.read(lambda tx: tx.revisions(like.id))

    def add(tx: Transaction) -> None:
        for number in range(many):
            one = like.model_copy(update={**values, "id": f"req_crowd{number}"})
            tx.add_request(one, revision.model_copy(update={"request_id": one.id}))

    await stage.store.write(add)


async def test_what_other_programs_have_to_claim_hides_nothing_of_ours(stage: Stage) -> None:
    request = await stage.ask()
    await stage.desk.approve(stage.click(request))
    await lose_jobs(stage)
    approved = await stage.latest()
    newer = {"api_key": "key_1", "created_at": stage.clock.now + timedelta(seconds=1)}
    await crowd(stage, approved, PAGE + 10, **newer)
    stage.clock.move(minutes=2)
    await reconcile(stage.signoff)
    await stage.settle()
    assert len(stage.till.paid) == 1


async def test_however_many_wait_each_has_its_turn(stage: Stage) -> None:
    await stage.desk.command(Command("run payer 480.00 lamp-shop", ANNA, CHANNEL, "once"))
    await stage.dispatch.drain({**handlers(stage.signoff), "show_card": nothing})
    request = await stage.latest()
    await crowd(stage, request, PAGE * PAGES, places=(), expires_at=request.expires_at - timedelta(hours=1))
    stage.clock.move(minutes=2)
    walk = Walk()
    for cards in (0, 1, 1):
        await reconcile(stage.signoff, walk)
        await stage.settle()
        assert len(stage.surface.cards()) == cards
        stage.clock.move(minutes=1)


async def nothing(payload: object) -> None: ...


async def cannot_begin(stage: Stage) -> Request:
    """An approved request whose step has an execution already, which nothing of ours brings about."""
    request = await stage.ask()
    await stage.desk.approve(stage.click(request))
    forged = Execution(
        id="exe_forged", run_id=request.run_id, step=request.step + 1, request_id=None, action=request.action,
        arguments=request.arguments, fingerprint=request.fingerprint, started_at=stage.clock.now,
    )  # fmt: skip
    await stage.store.write(lambda tx: tx.claim_execution(forged))
    return request


async def ticks(stage: Stage, *, minutes: float, times: int) -> int:
    """Reconcile that often; returns how many jobs ran."""
    ran = 0
    for _ in range(times):
        stage.clock.move(minutes=minutes)
        await reconcile(stage.signoff)
        ran += await stage.dispatch.drain(handlers(stage.signoff))
    return ran


async def test_what_cannot_be_begun_is_given_up_after_an_hour_and_its_run_goes_on(stage: Stage) -> None:
    request = await cannot_begin(stage)
    await lose_jobs(stage)
    stage.clock.move(minutes=59)
    with pytest.raises(Fenced):
        await execute(stage.signoff, request.id)
    assert await stage.status() is RequestStatus.approved
    await ticks(stage, minutes=2, times=1)
    assert await stage.status() is RequestStatus.failed
    assert "could not be begun" in str((await stage.run()).final_output)
    assert stage.till.paid == []
    assert await ticks(stage, minutes=2, times=3) == 0


async def test_what_cannot_even_be_given_up_is_tried_anew_once_an_hour(stage: Stage) -> None:
    await cannot_begin(stage)
    await lose_jobs(stage)
    deferred = 0

    async def vanishes(payload: object) -> None:
        nonlocal deferred
        deferred += 1

    stage.clock.move(hours=2)
    for _ in range(30):
        await reconcile(stage.signoff)
        await stage.dispatch.drain({**handlers(stage.signoff), "execute": vanishes})
        stage.clock.move(minutes=4)
    assert deferred == 2


async def test_a_request_that_runs_without_an_execution_ends_as_unknown(stage: Stage) -> None:
    request = await stage.ask()
    await stage.desk.approve(stage.click(request))
    await lose_jobs(stage)
    await stage.store.write(lambda tx: tx.move_request(request.id, RequestStatus.approved, RequestStatus.executing))
    await ticks(stage, minutes=2, times=1)
    assert await stage.status() is RequestStatus.unknown
    assert "not tried again" in str((await stage.run()).final_output)


@pytest.mark.parametrize(
    ("after", "state"),
    [(timedelta(hours=1), "Rejected"), (RECENT + timedelta(hours=1), "Needs approval")],
    ids=["recent", "old"],
)
async def test_a_card_that_does_not_show_its_end_is_brought_up_to_date_while_that_is_recent(
    stage: Stage, after: timedelta, state: str
) -> None:
    await stage.desk.reject(stage.click(await stage.ask()), {"reason": "wrong_details"})
    await lose_jobs(stage)
    stage.clock.now += after
    await ticks(stage, minutes=2, times=1)
    assert stage.card().state == state
    assert await ticks(stage, minutes=2, times=2) == 0


async def test_a_card_that_keeps_being_refused_is_tried_once_an_hour(stage: Stage) -> None:
    await stage.desk.reject(stage.click(await stage.ask()), {"reason": "wrong_details"})
    await lose_jobs(stage)
    tried = 0

    async def refused(payload: object) -> None:
        nonlocal tried
        tried += 1

    stage.clock.move(minutes=2)
    for _ in range(30):
        await reconcile(stage.signoff)
        await stage.dispatch.drain({**handlers(stage.signoff), "show_card": refused})
        stage.clock.move(minutes=4)
    assert tried == 2
