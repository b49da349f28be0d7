"""People at the click: several accounts, groups and escalation, as the database and the directory have them then."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.cards.text import plain
from bot.flow.accounts import API, person_named
from bot.flow.decide import approve
from bot.flow.front_desk import FrontDesk
from bot.flow.people import rights, ties_of
from bot.flow.surface import Known, SurfaceBusy
from storage.records import Request, RequestStatus
from tests.bot.flow.casting import ON_TEAMS, TWO_PEOPLE, FakeTeams, asked_again, lent, linked
from tests.bot.flow.stage import ANNA, DAN, NOOR, POLICY, RAVI, Stage
from tests.fakes.surface import FakeSurface, person

LEADS = "slack:@leads"
GROUP = POLICY.replace("[ravi@example.com, noor@example.com]", f'["{LEADS}"]')

GROUP_OF_TWO = GROUP.replace("    risk: high\n", "    risk: high\n    quorum: 2\n", 1)


@pytest.fixture
def both(stage: Stage) -> Stage:
    """Slack and Teams."""
    signoff = replace(stage.signoff, surfaces={"slack": stage.surface, "teams": FakeTeams("teams")})
    return replace(stage, signoff=signoff, desk=FrontDesk(signoff))


# --- linked accounts


async def test_whoever_asked_does_not_decide_under_a_linked_account(both: Stage) -> None:
    both.adopt(POLICY.replace("ravi@example.com", "dan@example.com"))
    await linked(both, ANNA, DAN)
    answer = await both.approve(await both.ask(), DAN)
    assert "You asked for this" in plain(answer.text)
    assert both.till.paid == []


async def test_a_reviewer_decides_under_a_linked_account_and_counts_once(both: Stage) -> None:
    both.adopt(TWO_PEOPLE)
    request = await both.ask()
    assert not (await both.approve(request, ON_TEAMS)).ok
    await linked(both, RAVI, ON_TEAMS)
    assert (await both.approve(request, ON_TEAMS)).ok
    again = await both.approve(request, RAVI)
    assert "You have approved this already" in plain(again.text)
    assert both.till.paid == []
    assert (await both.approve(request, NOOR)).ok
    assert len(both.till.paid) == 1


@pytest.mark.parametrize("standing", ["guest", "deactivated", "stranger"])
async def test_a_linked_account_that_is_no_members_any_more_entitles_nobody(both: Stage, standing: str) -> None:
    await linked(both, RAVI, ON_TEAMS)
    both.surface.standings["ravi"] = standing  # type: ignore[assignment]
    assert not (await both.approve(await both.ask(), ON_TEAMS)).ok
    assert both.till.paid == []


async def test_whoever_asked_is_known_by_the_address_of_a_linked_account(both: Stage) -> None:
    """Teams gives no addresses here and the link has none: the address of the linked account is looked up at the click."""
    both.adopt(POLICY.replace("noor@example.com", "ravi@example.com"))
    both.surface.emails["ravi2"] = "ravi@example.com"
    await linked(both, RAVI, ON_TEAMS)
    request = await asked_again(both, requester=ON_TEAMS)
    assert "You asked for this" in plain((await both.approve(request, person("ravi2"))).text)


async def test_a_click_is_not_decided_while_a_linked_account_cannot_be_looked_up(both: Stage) -> None:
    await linked(both, RAVI, ON_TEAMS)
    request = await both.ask()
    both.surface.fail_next()
    assert "nothing was done" in plain((await both.desk.approve(both.click(request, ON_TEAMS))).text)
    assert await both.status() is RequestStatus.pending


async def test_accounts_that_are_linked_before_it_runs_count_once_when_it_runs(both: Stage) -> None:
    both.adopt(TWO_PEOPLE.replace("noor@example.com", "noor@example.com, dan@example.com"))
    request = await both.ask()
    for who in (RAVI, NOOR):
        await both.desk.approve(both.click(request, who))  # its job does not run yet
    await linked(both, RAVI, NOOR)
    await both.settle()
    assert await both.status() is RequestStatus.failed
    assert "Only 1 of 2 people approved exactly this" in str((await both.latest()).reason)
    assert both.till.paid == []


async def test_an_approval_of_who_turns_out_to_be_behind_the_request_does_not_count(both: Stage) -> None:
    both.adopt(TWO_PEOPLE.replace("noor@example.com", "noor@example.com, dan@example.com"))
    request = await both.ask()
    await both.approve(request, RAVI)
    await linked(both, ANNA, RAVI)
    assert "1 more must approve" in plain((await both.approve(request, NOOR)).text)
    assert await both.status() is RequestStatus.pending
    assert (await both.approve(request, DAN)).ok
    assert await both.status() is RequestStatus.succeeded


async def test_nothing_runs_if_who_approved_turns_out_to_be_behind_it(both: Stage) -> None:
    request = await both.ask()
    await both.desk.approve(both.click(request))  # its job does not run yet
    await linked(both, ANNA, RAVI)
    await both.settle()
    assert await both.status() is RequestStatus.failed
    assert "Only 0 of 1 people approved exactly this" in str((await both.latest()).reason)
    assert both.till.paid == []


async def test_a_link_between_the_look_up_and_the_commit_counts(stage: Stage) -> None:
    """What the database says of people is read in the transaction that decides, not before."""
    stage.adopt(POLICY.replace("ravi@example.com", "dan@example.com"))
    request = await stage.ask()

    class Linking(FakeSurface):
        async def person(self, key: str) -> Known:
            await linked(stage, ANNA, DAN)
            return await super().person(key)

    desk = FrontDesk(replace(stage.signoff, surfaces={"slack": Linking()}))
    assert "You asked for this" in plain((await desk.approve(stage.click(request, DAN))).text)


async def test_only_accounts_of_those_concerned_are_read(stage: Stage) -> None:
    strangers = [person(f"somebody{number}") for number in range(6)]
    for one, two in zip(strangers[::2], strangers[1::2], strict=True):
        await linked(stage, one, two)
    at_a_key = person_named("ravi@example.com", API)
    await linked(stage, at_a_key, ON_TEAMS)
    ties = await stage.read(lambda tx: ties_of(tx, about=[RAVI, ANNA]))
    assert {each.person.key for each in ties.identities} == {at_a_key.key, ON_TEAMS.key}
    assert ties.same(RAVI, ON_TEAMS)


# --- approvals whose givers have left since


async def deactivated(stage: Stage) -> None:
    stage.surface.standings["ravi"] = "deactivated"


async def a_guest(stage: Stage) -> None:
    stage.surface.standings["ravi"] = "guest"


async def out_of_the_group(stage: Stage) -> None:
    stage.surface.groups[LEADS] -= {RAVI.key}


@pytest.mark.parametrize("leave", [deactivated, a_guest, out_of_the_group])
@pytest.mark.parametrize("risk", ["low", "high", "critical"])
async def test_an_approval_does_not_count_once_its_giver_has_left(
    stage: Stage, leave: Callable[[Stage], Awaitable[None]], risk: str
) -> None:
    stage.adopt(GROUP_OF_TWO.replace("risk: high", f"risk: {risk}", 1))
    stage.surface.groups[LEADS] = frozenset({RAVI.key, NOOR.key, DAN.key})
    request = await stage.ask()
    await stage.approve(request, RAVI)
    await leave(stage)
    told = plain((await stage.approve(request, NOOR)).text)
    assert "1 more must approve. An earlier approval does not count: Ravi is not " in told
    assert (await stage.status(), stage.till.paid) == (RequestStatus.pending, [])
    assert await audited(stage, request, "not_counted")
    assert (await stage.approve(request, DAN)).ok
    assert (await stage.status(), len(stage.till.paid)) == (RequestStatus.succeeded, 1)


async def test_an_approval_counts_again_once_its_giver_is_back(stage: Stage) -> None:
    stage.adopt(TWO_PEOPLE)
    request = await stage.ask()
    await stage.approve(request, RAVI)
    await deactivated(stage)
    await stage.approve(request, NOOR)
    assert "needs somebody else too. An earlier" in plain((await stage.approve(request, NOOR)).text)
    stage.surface.standings.clear()
    assert plain((await stage.approve(request, RAVI)).text) == "Approved. It runs now."
    assert len(stage.till.paid) == 1


async def test_a_lent_approval_counts_as_long_as_the_lender_may_decide(stage: Stage) -> None:
    stage.adopt(TWO_PEOPLE)
    await lent(stage, RAVI, DAN)
    request = await stage.ask()
    await stage.approve(request, DAN)
    await deactivated(stage)
    assert "Ravi is not known as a full member now" in plain((await stage.approve(request, NOOR)).text)
    assert stage.till.paid == []


async def test_nothing_is_decided_while_earlier_approvers_cannot_be_looked_up(stage: Stage) -> None:
    stage.adopt(TWO_PEOPLE)
    request = await stage.ask()
    await stage.approve(request, RAVI)

    class Deaf(FakeSurface):
        async def person(self, key: str) -> Known:
            if key == RAVI.key:
                raise SurfaceBusy(timedelta(0), "no answer")
            return await super().person(key)

    desk = FrontDesk(replace(stage.signoff, surfaces={"slack": Deaf()}))
    assert "nothing was done" in plain((await desk.approve(stage.click(request, NOOR))).text)
    assert await stage.status() is RequestStatus.pending


async def test_two_who_approve_at_the_same_moment_both_count(stage: Stage) -> None:
    """Each looked up before the other's approval was there."""
    stage.adopt(TWO_PEOPLE)
    request = await stage.ask()
    has, sure = await rights(stage.signoff, request, stage.click(request, NOOR))
    await stage.approve(request, RAVI)
    answer = await stage.store.write(lambda tx: approve(tx, stage.signoff, sure, has))
    assert plain(answer.text) == "Approved. It runs now."


async def test_somebody_named_twice_is_told_that_nobody_else_can_decide(stage: Stage) -> None:
    """That an address and an id are one person's only the directory knows."""
    stage.adopt(TWO_PEOPLE.replace("noor@example.com", "slack:U0RAVI"))
    stage.surface.emails["U0RAVI"] = "ravi@example.com"
    told = plain((await stage.approve(await stage.ask(), person("U0RAVI"))).text)
    assert "1 more must approve. But nobody else is asked about this, so it cannot be approved" in told


async def audited(stage: Stage, request: Request, fact: str) -> list[object]:
    entries = await stage.read(lambda tx: tx.audit_entries(request_id=request.id))
    return [entry.body[fact] for entry in entries if fact in entry.body]


# --- groups


@pytest.mark.parametrize(("risk", "decides"), [("low", True), ("medium", True), ("high", False), ("critical", False)])
@pytest.mark.parametrize("verb", ["approve", "reject"])
async def test_somebody_who_left_the_group_a_moment_ago_decides_on_nothing_risky(
    stage: Stage, risk: str, decides: bool, verb: str
) -> None:
    stage.adopt(GROUP.replace("risk: high", f"risk: {risk}", 1))
    stage.surface.remembered[LEADS] = frozenset({RAVI.key})
    stage.surface.groups[LEADS] = frozenset({NOOR.key})
    request = await stage.ask()
    act = stage.approve if verb == "approve" else stage.reject
    answer = await act(request, RAVI)
    assert answer.ok is decides
    assert ("Only @leads can decide on this." in plain(answer.text)) is not decides
    assert (await stage.status() is RequestStatus.pending) is not decides


async def test_an_edit_always_asks_who_is_in_the_group_now(stage: Stage) -> None:
    stage.adopt(GROUP.replace("risk: high", "risk: low", 1))
    stage.surface.remembered[LEADS] = frozenset({RAVI.key})
    stage.surface.groups[LEADS] = frozenset({NOOR.key})
    assert not (await stage.edit(await stage.ask(), RAVI, amount="300")).ok
    assert await stage.status() is RequestStatus.pending


async def test_a_group_entitles_its_members_under_linked_accounts(both: Stage) -> None:
    both.adopt(GROUP)
    both.surface.groups[LEADS] = frozenset({RAVI.key})
    await linked(both, RAVI, ON_TEAMS)
    assert (await both.approve(await both.ask(), ON_TEAMS)).ok
    assert len(both.till.paid) == 1


# --- escalation and whom a run acts for


async def test_whom_a_run_acts_for_does_not_decide_nor_does_a_delegate_of_theirs(stage: Stage) -> None:
    await lent(stage, RAVI, DAN)
    await linked(stage, RAVI, person("ravi2"))
    stage.surface.emails["ravi2"] = "noor@example.com"  # an account that the rule names
    request = await asked_again(stage, on_behalf_of=RAVI)
    for who in (RAVI, person("ravi2")):
        assert "This is done on your behalf" in plain((await stage.approve(request, who)).text)
    assert "in the place of Ravi" in plain((await stage.approve(request, DAN)).text)
    assert stage.till.paid == []


@pytest.mark.parametrize("escalated", [False, True])
async def test_those_it_escalates_to_decide_once_it_has(stage: Stage, escalated: bool) -> None:
    group = "slack:@managers"
    stage.surface.groups[group] = frozenset({DAN.key})
    stage.adopt(
        POLICY.replace("    risk: high\n", f'    risk: high\n    escalate_to: ["{group}"]\n    escalate_after: 1h\n', 1)
    )
    request = await asked_again(stage, escalated_at=stage.clock.now if escalated else None)
    assert (await stage.approve(request, DAN)).ok is escalated
