"""What the flow leaves behind is read as what happened: each proposal as the agent made it, and what people said."""

from datetime import UTC, datetime, timedelta

from agents.runtime import Outcome
from bot.flow.evaluate import History, request_evaluation
from bot.flow.sweep import sweep
from bot.policy.history import Stretch, history, past_of
from policies.past import Past
from storage.records import Outcome as Ruling
from storage.records import PastProposal, Risk
from tests.bot.flow.stage import ANNA, RAVI, Stage
from tests.storage.records import evaluation, run

EVER = Stretch(datetime(2020, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))


async def told(stage: Stage) -> list[Past]:
    return [past async for past in history(stage.store, EVER, stage.signoff.actions, "staging")]


async def test_an_edit_is_read_as_the_agent_proposed_it(stage: Stage) -> None:
    request = await stage.ask("480.00 lamp-shop")
    await stage.edit(request, amount="300.00", notes="Only the lamp.")
    [past] = await told(stage)
    assert (past.id, past.at, past.recorded, past.decided) == (request.id, request.created_at, Ruling.approve, "edit")
    assert past.proposal.arguments == past.shown == {"amount": "480.00", "to": "lamp-shop"}
    assert (past.proposal.target, past.proposal.evidence[0].quote) == ("lamp-shop", "480.00 lamp-shop")
    assert (past.around.agent, past.around.requester, past.around.environment) == ("payer", ANNA, "staging")
    assert past.around.run is not None
    assert (past.around.run.level, past.around.at) == (2, past.at)
    [answer] = past.answers
    assert (answer.verb, answer.person, answer.notes, past.objection) == ("edit", RAVI.key, "Only the lamp.", "edited")
    [change] = past.changes
    assert (change.field, change.before, change.after) == ("amount", "480.00", "300.00")


async def test_a_rejection_and_an_expiry_are_two_things(stage: Stage) -> None:
    await stage.reject(await stage.ask(), notes="No.")
    await stage.ask()
    stage.clock.move(hours=5)
    await sweep(stage.signoff)
    rejected, expired = await told(stage)
    assert (rejected.objection, rejected.unanswered) == ("rejected", False)
    assert (expired.objection, expired.unanswered) == (None, True)


async def test_what_nobody_was_asked_about_is_read_too(stage: Stage) -> None:
    for line in ("note one", "think two", "advise three"):
        stage.clock.move(seconds=1)
        await stage.type(f"run payer {line}")
    found = await told(stage)
    assert [(past.decided, past.ran, past.proposal.arguments) for past in found] == [
        ("log", "succeeded", {"text": "one"}),
        ("auto", "succeeded", {"text": "two"}),
        ("block", "none", {"text": "three"}),
    ]
    steps = await stage.read(lambda tx: [tx.steps(past.run_id)[-1] for past in found])
    assert [past.at for past in found] == [step.started_at for step in steps]
    assert not any(past.hidden or past.misfit for past in found)


def test_the_oldest_records_are_read_with_what_they_lack_unknown(stage: Stage) -> None:
    at = datetime.now(UTC)
    bare = evaluation(body={"edit": None, "verdict": {"reasons": ["The agent rates the risk high, so people are asked."]}})
    kept = PastProposal(evaluation=bare, run=run(), arguments=None, target=None, at=at, order=(at, "eva_1"))
    past = past_of(kept, stage.signoff.actions, "production")
    assert (past.answers, past.changes, past.proposal.risk) == ((), (), Risk.high)
    assert past.checked is False


async def test_pages_are_read_to_their_end(stage: Stage) -> None:
    from bot.policy import history as reading

    for number in range(7):
        stage.clock.move(seconds=1)
        await stage.type(f"run payer note {number}")
        await stage.approve(await stage.ask())
    whole = await told(stage)
    assert len(whole) == 14
    assert [past.at for past in whole] == sorted(past.at for past in whole)
    before = Stretch(EVER.since, whole[7].at + timedelta(microseconds=1))
    assert reading.PAGE > 14
    assert len([past async for past in history(stage.store, before, stage.signoff.actions, "x")]) == 8


async def test_the_risk_that_the_agent_saw_is_kept_where_nobody_was_asked(stage: Stage) -> None:
    await stage.type("run payer think one")
    await stage.reject(await stage.ask())
    thought, payment = await told(stage)
    assert (thought.proposal.risk, thought.claimed) == (None, True)
    assert payment.proposal.risk is None


async def test_the_risk_that_a_journal_has_is_in_the_record_of_a_request(stage: Stage) -> None:
    request = await stage.ask()
    steps = await stage.read(lambda tx: tx.steps(request.run_id))
    noted = [each.model_copy(update={"detail": {**each.detail, "claimed_risk": "high"}}) for each in steps]
    outcome = Outcome("rejected", request.arguments)
    revisions = await stage.read(lambda tx: tx.revisions(request.id))
    record = await stage.read(
        lambda tx: request_evaluation(
            tx, stage.signoff.ids, request, outcome, stage.signoff.actions, History(noted, revisions, ())
        )
    )
    assert record.body["claimed_risk"] == "high"


async def test_what_the_policy_let_another_program_do_is_not_recorded_as_approved(stage: Stage) -> None:
    request = await stage.ask()
    let = request.verdict.model_copy(update={"outcome": Ruling.log})
    revisions = await stage.read(lambda tx: tx.revisions(request.id))
    first = [each.model_copy(update={"verdict": let}) for each in revisions]
    outcome = Outcome("succeeded", request.arguments)
    record = await stage.read(
        lambda tx: request_evaluation(tx, stage.signoff.ids, request, outcome, stage.signoff.actions, History((), first, ()))
    )
    assert (record.decision, record.outcome) == ("log", "succeeded")
