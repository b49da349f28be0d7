"""People decide: who may, on what, and what comes of it."""

import asyncio
from dataclasses import replace
from decimal import Decimal

import pytest

from bot.cards.card import Card
from bot.cards.text import plain
from bot.flow.desk import Answer
from storage.records import RequestStatus
from tests.bot.flow.stage import ANNA, DAN, NOOR, POLICY, RAVI, Stage
from tests.fakes.surface import person

TWO_PEOPLE = POLICY.replace("    risk: high\n", "    risk: high\n    quorum: 2\n", 1)


async def test_an_approved_payment_runs_once_exactly_as_shown(stage: Stage) -> None:
    request = await stage.ask("480.00 lamp-shop")
    answer = await stage.approve(request)
    assert answer.ok
    assert [(amount, to) for amount, to, _ in stage.till.paid] == [(Decimal("480.00"), "lamp-shop")]
    assert await stage.status() is RequestStatus.succeeded
    assert (await stage.run()).final_output == "succeeded: 480.00"


async def test_an_edit_runs_the_edited_values_and_keeps_the_note(stage: Stage) -> None:
    request = await stage.ask("480.00 lamp-shop")
    await stage.edit(request, amount="300.00", notes="Only the lamp is refundable.")
    assert [amount for amount, _, _ in stage.till.paid] == [Decimal("300.00")]
    assert [(c.label, c.before, c.after) for c in stage.card().changes] == [("Amount", "480.00", "300.00")]
    assert (await stage.run()).final_output == "succeeded: 300.00 Only the lamp is refundable."


@pytest.mark.parametrize("amount", ["0", "-5", "1000.01", "three hundred", "", "1.005", "NaN", "Infinity"])
async def test_an_edit_to_a_bad_amount_says_so_at_the_field_and_changes_nothing(stage: Stage, amount: str) -> None:
    request = await stage.ask()
    answer = await stage.edit(request, amount=amount)
    assert not answer.ok
    assert set(answer.errors) == {"amount"}
    assert (await stage.latest()) == request
    assert stage.till.paid == []


async def test_an_edit_without_a_change_is_an_approval(stage: Stage) -> None:
    await stage.edit(await stage.ask(), notes="Fine as it is.")
    decisions = await stage.read(lambda tx: tx.decisions(tx.requests()[0].id))
    assert [(decision.verb, decision.notes) for decision in decisions] == [("approve", "Fine as it is.")]
    assert (await stage.latest()).revision == 1


async def test_an_edit_by_somebody_who_did_not_see_everything_approves_nothing(stage: Stage) -> None:
    request = await stage.ask("480.00 lamp-shop")
    unread = replace(stage.click(request), whole=False)
    same = await stage.desk.edit(unread, {**request.arguments})
    assert (same.ok, plain(same.text)[:20]) == (False, "Nothing was changed.")
    unread = replace(stage.click(request), whole=False)
    changed = await stage.desk.edit(unread, {**request.arguments, "amount": "300.00"})
    await stage.settle()
    assert (changed.ok, "waits for approval" in plain(changed.text)) == (True, True)
    revised = await stage.latest()
    assert (revised.revision, revised.status, revised.arguments["amount"]) == (2, "pending", "300.00")
    assert await stage.read(lambda tx: tx.decisions(request.id)) == []
    await stage.approve(revised)
    assert [amount for amount, _, _ in stage.till.paid] == [Decimal("300.00")]


async def test_a_rejection_ends_it_and_reaches_the_agent_as_rejected(stage: Stage) -> None:
    request = await stage.ask()
    answer = await stage.reject(request, notes="The invoice is from last year.")
    assert answer.ok
    assert stage.till.paid == []
    assert (await stage.run()).final_output == "rejected: 480.00 The invoice is from last year."
    assert stage.card().buttons == ()


@pytest.mark.parametrize(("values", "field"), [({"reason": ""}, "reason"), ({"reason": "other"}, "notes")])
async def test_a_rejection_needs_a_reason(stage: Stage, values: dict[str, str], field: str) -> None:
    answer = await stage.reject(await stage.ask(), RAVI, **values)
    assert set(answer.errors) == {field}
    assert await stage.status() is RequestStatus.pending


async def test_the_requester_never_decides(stage: Stage) -> None:
    stage.adopt(POLICY.replace("ravi@example.com", "anna@example.com"))
    answer = await stage.approve(await stage.ask(), ANNA)
    assert not answer.ok
    assert "You asked for this" in plain(answer.text)
    assert await stage.status() is RequestStatus.pending


async def test_a_stranger_is_refused_and_told_who_can(stage: Stage) -> None:
    answer = await stage.approve(await stage.ask(), DAN)
    assert not answer.ok
    assert "ravi@example.com" in plain(answer.text)
    assert stage.till.paid == []


@pytest.mark.parametrize("standing", ["guest", "deactivated", "stranger"])
async def test_reviewers_who_are_no_members_any_more_are_refused(stage: Stage, standing: str) -> None:
    stage.surface.standings[RAVI.key.rsplit(":", 1)[1]] = standing  # type: ignore[assignment]
    assert not (await stage.approve(await stage.ask())).ok
    assert stage.till.paid == []


@pytest.mark.parametrize("standing", ["guest", "deactivated", "stranger"])
async def test_who_is_no_member_reads_no_more_than_the_channel_shows(stage: Stage, standing: str) -> None:
    click = stage.click(await stage.ask())
    assert isinstance(await stage.desk.card(click), Card)
    stage.surface.standings["ravi"] = standing  # type: ignore[assignment]
    refused = await stage.desk.card(click)
    assert isinstance(refused, Answer)
    assert "Only full members" in plain(refused.text)
    assert isinstance(await stage.desk.card(click, whole=False), Card)


async def test_nobody_reads_while_the_directory_cannot_be_asked(stage: Stage) -> None:
    click = stage.click(await stage.ask())
    stage.surface.fail_next()
    assert isinstance(await stage.desk.card(click), Answer)


async def test_nobody_decides_while_the_directory_cannot_be_asked(stage: Stage) -> None:
    request = await stage.ask()
    stage.surface.fail_next()
    answer = await stage.desk.approve(stage.click(request))
    assert "nothing was done" in plain(answer.text)
    assert await stage.status() is RequestStatus.pending


async def test_two_people_must_approve_where_the_rule_says_two(stage: Stage) -> None:
    stage.adopt(TWO_PEOPLE)
    request = await stage.ask()
    await stage.approve(request, RAVI)
    assert stage.till.paid == []
    assert [p.name for p in stage.card().approvals] == ["Ravi"]
    again = await stage.approve(request, RAVI)
    assert "already" in plain(again.text)
    assert stage.till.paid == []
    await stage.approve(request, NOOR)
    assert len(stage.till.paid) == 1


async def test_one_human_with_two_accounts_counts_once(stage: Stage) -> None:
    stage.adopt(TWO_PEOPLE)
    stage.surface.emails["ravi2"] = "Ravi@Example.com"
    request = await stage.ask()
    await stage.approve(request, RAVI)
    again = await stage.approve(request, person("ravi2"))
    assert "already" in plain(again.text)
    assert stage.till.paid == []
    assert [p.name for p in stage.card().approvals] == ["Ravi"]
    await stage.approve(request, NOOR)
    assert len(stage.till.paid) == 1


async def test_an_edit_voids_earlier_approvals(stage: Stage) -> None:
    stage.adopt(TWO_PEOPLE)
    request = await stage.ask()
    await stage.approve(request, RAVI)
    await stage.edit(request, NOOR, amount="300")
    assert stage.till.paid == []
    assert [p.name for p in stage.card().approvals] == ["Noor"]
    await stage.approve(await stage.latest(), RAVI)
    assert [amount for amount, _, _ in stage.till.paid] == [Decimal(300)]


async def test_a_click_on_an_old_revision_is_told_to_look_again(stage: Stage) -> None:
    stage.adopt(TWO_PEOPLE)
    request = await stage.ask()
    await stage.edit(request, RAVI, amount="300")
    answer = await stage.approve(request, NOOR)
    assert not answer.ok
    assert "edited since" in plain(answer.text)
    assert stage.till.paid == []


async def test_a_button_that_carries_another_fingerprint_decides_nothing(stage: Stage) -> None:
    request = await stage.ask()
    forged = request.model_copy(update={"fingerprint": "0" * 64})
    assert not (await stage.approve(forged)).ok
    assert await stage.status() is RequestStatus.pending


async def test_the_same_delivery_three_times_has_one_effect(stage: Stage) -> None:
    request = await stage.ask()
    click = stage.click(request, delivery="the-same")
    answers = [await stage.desk.approve(click) for _ in range(3)]
    await stage.settle()
    assert [answer.ok for answer in answers] == [True, True, True]
    assert len(stage.till.paid) == 1
    events = await stage.read(lambda tx: [entry.event for entry in tx.audit_entries(request_id=request.id)])
    assert events.count("request.approved") == 1


async def test_two_reviewers_at_once_make_one_decision_and_the_other_is_told(stage: Stage) -> None:
    request = await stage.ask()
    clicks = [stage.desk.approve(stage.click(request, who)) for who in (RAVI, NOOR)]
    first, second = await asyncio.gather(*clicks)
    await stage.settle()
    assert [first.ok, second.ok].count(True) == 1
    loser = second if first.ok else first
    assert "has approved this already" in plain(loser.text)
    assert len(stage.till.paid) == 1


async def test_a_policy_that_gives_less_time_since_the_card_was_posted_counts_from_the_next_click(stage: Stage) -> None:
    request = await stage.ask()
    stage.adopt(POLICY.replace("    risk: high\n", "    risk: high\n    expires_in: 10m\n", 1))
    stage.clock.move(minutes=1)
    answer = await stage.approve(request)
    assert "stricter" in plain(answer.text)
    revised = await stage.latest()
    assert revised.expires_at < request.expires_at
    assert (await stage.approve(revised)).ok
    assert len(stage.till.paid) == 1


async def test_a_stricter_policy_since_the_card_was_posted_makes_a_new_revision(stage: Stage) -> None:
    request = await stage.ask()
    stage.adopt(TWO_PEOPLE)
    answer = await stage.approve(request)
    assert not answer.ok
    assert "stricter" in plain(answer.text)
    revised = await stage.latest()
    assert (revised.revision, revised.verdict.quorum, revised.arguments) == (2, 2, request.arguments)
    assert stage.till.paid == []


async def test_a_policy_that_now_blocks_ends_the_request(stage: Stage) -> None:
    request = await stage.ask()
    stage.adopt(POLICY.replace("verdict: approve", "verdict: block"))
    assert not (await stage.approve(request)).ok
    assert await stage.status() is RequestStatus.cancelled
    assert stage.till.paid == []


async def test_a_newer_policy_that_asks_no_more_lets_the_click_count(stage: Stage) -> None:
    request = await stage.ask()
    stage.adopt(POLICY + "\n  - {name: more, actions: [note], verdict: auto}\n")
    assert (await stage.approve(request)).ok
    assert len(stage.till.paid) == 1


LOOSER = [
    ("verdict: approve\n    risk: high\n", "verdict: log\n    risk: critical\n"),
    ("verdict: approve\n    risk: high\n", "verdict: auto\n    risk: low\n    quorum: 2\n"),
]


@pytest.mark.parametrize(("before", "after"), LOOSER)
async def test_a_policy_that_would_not_ask_any_more_does_not_keep_the_card_from_being_decided(
    stage: Stage, before: str, after: str
) -> None:
    await stage.ask()
    stage.adopt(POLICY.replace(before, after, 1))
    for _ in range(2):  # at most one look at a new revision, then the click counts
        await stage.approve(await stage.latest())
    assert await stage.status() is RequestStatus.succeeded
    assert (await stage.latest()).verdict.quorum == 1


async def test_a_policy_that_excluded_nobody_and_now_would_not_ask_still_lets_the_requester_decide(stage: Stage) -> None:
    own = POLICY.replace("ravi@example.com", "anna@example.com").replace(
        "    risk: high\n", "    risk: high\n    exclude_requester: false\n", 1
    )
    stage.adopt(own)
    request = await stage.ask()
    stage.adopt(POLICY.replace("verdict: approve", "verdict: log", 1))
    assert (await stage.approve(request, ANNA)).ok
    assert len(stage.till.paid) == 1


@pytest.mark.parametrize("purpose", ["edit", "reject"])
async def test_a_form_opens_for_a_reviewer_and_not_for_a_stranger(stage: Stage, purpose: str) -> None:
    request = await stage.ask()
    opened = await stage.desk.form(stage.click(request), purpose)  # type: ignore[arg-type]
    refused = await stage.desk.form(stage.click(request, DAN), purpose)  # type: ignore[arg-type]
    assert getattr(opened, "purpose", None) == purpose
    assert getattr(refused, "ok", None) is False


async def test_somebody_who_approved_may_still_reject_while_others_are_asked(stage: Stage) -> None:
    stage.adopt(TWO_PEOPLE)
    request = await stage.ask()
    await stage.approve(request, RAVI)
    assert (await stage.reject(request, RAVI, notes="I looked again.")).ok
    assert await stage.status() is RequestStatus.rejected
    assert stage.till.paid == []


async def test_notes_beyond_the_limit_are_refused_at_their_field(stage: Stage) -> None:
    request = await stage.ask()
    for answer in (await stage.edit(request, notes="x" * 2001), await stage.reject(request, notes="x" * 2001)):
        assert set(answer.errors) == {"notes"}
    assert await stage.status() is RequestStatus.pending


async def test_an_approval_of_an_earlier_revision_is_told_as_such(stage: Stage) -> None:
    stage.adopt(TWO_PEOPLE)
    request = await stage.ask()
    await stage.approve(request, RAVI)
    stage.clock.move(seconds=1)
    await stage.edit(request, NOOR, amount="300")
    told = [plain(line) for line in stage.card().lines]
    assert "revision 1, which was changed since" in told[0]
    assert stage.card().editor == NOOR
