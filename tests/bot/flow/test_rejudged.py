"""What waits for people is judged again at the click, by the policy, the hour and the place that hold then."""

from dataclasses import replace

import pytest

from bot.cards.text import plain
from bot.flow.desk import Answer
from bot.flow.outside import Asked, Once, submit
from storage.records import Outcome, Proposal, Request, RequestStatus, Risk
from tests.bot.flow.stage import NOOR, POLICY, RAVI, Stage
from tests.bot.flow.test_budget import KEY

BOTH = "reviewers: [ravi@example.com, noor@example.com]"
TWO = f"verdict: approve, quorum: 2, {BOTH}"
NIGHT = (
    POLICY
    + f"""
  - name: nights
    actions: [pay]
    schedule: {{zone: UTC, hours: "22:00-06:00"}}
    verdict: approve
    quorum: 2
    {BOTH}
"""
)
FIXED = POLICY.replace("    risk: high\n", "    risk: high\n    edit: forbidden\n", 1)


def also(rule: str) -> str:
    """The policy with one more rule about payments."""
    return f"{POLICY}  - {{name: more, actions: [pay], {rule}}}\n"


def quorums(request: Request) -> tuple[int, int]:
    return request.revision, request.verdict.quorum


async def pressed(stage: Stage, request: Request) -> tuple[bool, str, Request]:
    answer = await stage.approve(request)
    return answer.ok, plain(answer.text), await stage.latest()


async def test_a_rule_that_counts_only_at_night_counts_for_what_was_posted_by_day(stage: Stage) -> None:
    stage.adopt(NIGHT.replace("verdict: approve\n    risk: high", "verdict: approve\n    risk: high\n    expires_in: 1d", 1))
    request = await stage.ask()  # at noon
    assert quorums(request) == (1, 1)
    stage.clock.move(hours=11)
    ok, said, revised = await pressed(stage, request)
    assert (ok, "stricter" in said, quorums(revised)) == (False, True, (2, 2))
    for who in (RAVI, NOOR):
        await stage.approve(revised, who)
    assert await stage.status() is RequestStatus.succeeded


async def test_a_rule_that_counted_at_night_stays_asked_for_by_day(stage: Stage) -> None:
    stage.adopt(NIGHT)
    stage.clock.move(hours=17)
    request = await stage.ask()  # before six in the morning
    assert quorums(request) == (1, 2)
    stage.clock.move(hours=1, minutes=30)
    await stage.approve(request, RAVI)
    assert await stage.status() is RequestStatus.pending
    await stage.approve(request, NOOR)
    assert await stage.status() is RequestStatus.succeeded


async def test_a_new_condition_counts_for_the_arguments_that_it_is_about(stage: Stage) -> None:
    small, big = await stage.ask("100.00 lamp-shop"), await stage.ask("900.00 lamp-shop")
    stage.adopt(also(f"when: args.amount > 500, {TWO}"))
    assert (await stage.approve(small)).ok
    assert "stricter" in plain((await stage.approve(big)).text)
    assert stage.surface.cards()[-1].quorum == 2


async def test_an_edit_out_of_a_condition_keeps_what_was_asked_for(stage: Stage) -> None:
    stage.adopt(also(f"when: args.amount > 500, {TWO}, risk: critical"))
    request = await stage.ask("900.00 lamp-shop")
    assert (request.verdict.quorum, request.verdict.risk) == (2, Risk.critical)
    await stage.edit(request, amount="100.00")
    revised = await stage.latest()
    assert (revised.status, quorums(revised), revised.verdict.risk) == (RequestStatus.pending, (2, 2), Risk.critical)
    assert "The risk stays critical, as it was rated before." in revised.verdict.reasons
    assert not [why for why in revised.verdict.reasons if "agent" in why]
    await stage.approve(revised, NOOR)
    assert len(stage.till.paid) == 1


async def test_an_edit_into_a_condition_that_blocks_is_refused(stage: Stage) -> None:
    stage.adopt(also("when: args.amount > 500, verdict: block, reason: Too much."))
    answer = await stage.edit(await stage.ask("100.00 lamp-shop"), amount="900.00")
    assert (answer.ok, "Too much." in plain(answer.text)) == (False, True)
    assert stage.till.paid == []


async def test_a_condition_that_fails_at_the_click_asks_for_more(stage: Stage) -> None:
    request = await stage.ask()
    stage.adopt(also(f"when: 1 / int(args.amount - args.amount) > 0, {TWO}"))
    ok, _, revised = await pressed(stage, request)
    assert (ok, quorums(revised)) == (False, (2, 2))
    assert any(why.startswith("`when` of rule “more” could not be decided") for why in revised.verdict.reasons)


async def test_a_rule_of_another_environment_does_not_count_until_signoff_is_there(stage: Stage) -> None:
    stage.adopt(also(f"environments: [staging], {TWO}"))
    request = await stage.ask()
    assert quorums(request) == (1, 1)
    stage.desk._signoff = replace(stage.signoff, environment="staging")
    ok, _, revised = await pressed(stage, request)
    assert (ok, quorums(revised)) == (False, (2, 2))


async def test_a_request_whose_rule_would_let_it_run_by_now_still_needs_its_approval(stage: Stage) -> None:
    stage.adopt(POLICY.replace("verdict: log", f"verdict: log\n    budget: 1\n    {BOTH}"))
    await stage.type("run payer note one")
    request = await stage.ask("note two")
    assert request.verdict.outcome is Outcome.approve
    stage.clock.move(minutes=61)  # the budget is there again
    assert await stage.status() is RequestStatus.pending
    assert (await stage.approve(request)).ok
    assert await stage.status() is RequestStatus.succeeded


async def test_a_budget_that_is_used_up_makes_nothing_stricter_that_people_approve_anyway(stage: Stage) -> None:
    request = await stage.ask()
    stage.adopt(POLICY.replace("verdict: approve\n    risk: high", "verdict: log\n    risk: high\n    budget: 1", 1))
    await stage.ask("1.00 first")
    assert (await stage.approve(request)).ok


async def test_what_was_approved_runs_although_its_rule_does_not_count_any_more(stage: Stage) -> None:
    """The approval is of exactly this; nothing is looser for it, and people who said yes were told that it runs."""
    stage.adopt(NIGHT)
    stage.clock.move(hours=17)
    request = await stage.ask()
    await stage.approve(request, RAVI)
    assert (await stage.desk.approve(stage.click(request, NOOR))).ok
    stage.clock.move(hours=2)
    await stage.settle()
    assert len(stage.till.paid) == 1


async def test_what_an_agent_rates_risky_itself_is_asked_about_and_can_be_approved(stage: Stage) -> None:
    await stage.store.write(lambda tx: tx.add_key(KEY))
    stage.adopt(POLICY.replace("verdict: log", f"verdict: log\n    {BOTH}"))
    proposal = Proposal(action="note", arguments={"text": "hello"}, target="", summary="A note.", risk=Risk.high)
    request, _ = await submit(stage.signoff, KEY, Asked("crewbot", "1", proposal, "note it"), Once("1", "1"))
    assert (request.status, request.verdict.risk) == (RequestStatus.pending, Risk.high)
    assert "The agent rates the risk high, so people are asked." in request.verdict.reasons
    assert (await stage.approve(request)).ok
    assert await stage.status() is RequestStatus.approved


@pytest.mark.parametrize("values", [{"amount": "300.00"}, {"amount": "nonsense"}, {}])
async def test_what_nobody_may_edit_is_not_edited(stage: Stage, values: dict[str, str]) -> None:
    stage.adopt(FIXED)
    request = await stage.ask()
    assert stage.card().buttons == ("approve", "reject")
    answer = await stage.edit(request, RAVI, **values)
    assert (answer.ok, plain(answer.text)[:35], dict(answer.errors)) == (False, "The policy lets nobody edit this. A", {})
    assert await stage.latest() == request
    refused = await stage.read(lambda tx: [each.event for each in tx.audit_entries(request_id=request.id)])
    assert refused[-1] == "decision.refused"
    assert (await stage.approve(request)).ok


async def test_the_form_does_not_open_where_nobody_may_edit(stage: Stage) -> None:
    editable = await stage.ask()
    stage.adopt(FIXED)
    fixed = await stage.ask()
    for request in (editable, fixed):
        opened = await stage.desk.form(stage.click(request), "edit")
        assert isinstance(opened, Answer)
        assert "lets nobody edit this" in plain(opened.text)
        assert not isinstance(await stage.desk.form(stage.click(request), "reject"), Answer)


async def test_what_nobody_may_edit_stays_so_when_it_is_judged_again(stage: Stage) -> None:
    stage.adopt(FIXED)
    request = await stage.ask()
    stage.adopt(POLICY.replace("    risk: high\n", "    risk: high\n    quorum: 2\n", 1))
    _, _, revised = await pressed(stage, request)
    assert (quorums(revised), revised.verdict.editable) == ((2, 2), False)
    assert stage.card().buttons == ("approve", "reject")


async def test_a_policy_that_forbids_editing_since_counts_from_the_next_click(stage: Stage) -> None:
    request = await stage.ask()
    stage.adopt(FIXED)
    ok, said, revised = await pressed(stage, request)
    assert (ok, "stricter" in said, revised.verdict.editable) == (False, True, False)
