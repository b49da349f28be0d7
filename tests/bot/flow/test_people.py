"""People at the click: several accounts, delegates, groups and quorum, as the database and the directory have them then."""

import asyncio
from dataclasses import dataclass, replace
from functools import partial

import pytest

from bot.cards.text import plain
from bot.flow.desk import Answer, Click
from bot.flow.front_desk import FrontDesk
from bot.flow.humans import MOST, TooManyAccounts, humans_of, link, unlink
from bot.flow.ids import RandomIds
from bot.flow.surface import Known
from storage.records import Decision, Person, Request, RequestStatus
from storage.store import Transaction
from tests.bot.flow.stage import ANNA, DAN, NOOR, POLICY, RAVI, Stage
from tests.fakes.surface import FakeSurface, person

TWO_PEOPLE = POLICY.replace("    risk: high\n", "    risk: high\n    quorum: 2\n", 1)
THREE_PEOPLE = TWO_PEOPLE.replace("quorum: 2", "quorum: 3").replace("noor@", "dan@example.com, noor@")
LEADS = "slack:@leads"
GROUP = POLICY.replace("[ravi@example.com, noor@example.com]", f'["{LEADS}"]')
ON_TEAMS = Person(key="teams:9f:ravi", name="R. Kumar")  # no address: only a link says whose it is


@dataclass
class FakeTeams(FakeSurface):
    """A second platform, on which everybody is a member without an address."""

    async def person(self, key: str) -> Known:
        return Known(Person(key=key, name=key.rsplit(":", 1)[1].title()), "member")


@pytest.fixture
def both(stage: Stage) -> Stage:
    """Slack and Teams."""
    signoff = replace(stage.signoff, surfaces={"slack": stage.surface, "teams": FakeTeams("teams")})
    return replace(stage, signoff=signoff, desk=FrontDesk(signoff))


async def linked(stage: Stage, *people: Person) -> None:
    keys = [each.key for each in people]
    await stage.store.write(lambda tx: link(tx, RandomIds(), keys))


async def lent(stage: Stage, giver: Person, taker: Person) -> None:
    stage.clock.move(seconds=1)
    assert (await stage.type(f"delegate @{taker.user} until friday", giver)).ok
    stage.clock.move(seconds=1)


async def decisions(stage: Stage) -> list[tuple[str, str, str | None]]:
    made = await stage.read(lambda tx: tx.decisions(tx.requests(limit=1)[0].id))
    return [(each.verb, each.person.name, each.lent_by.name if each.lent_by else None) for each in made]


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


# --- delegation


async def test_a_delegate_decides_and_everybody_reads_for_whom(stage: Stage) -> None:
    await lent(stage, RAVI, DAN)
    answer = await stage.approve(await stage.ask(), DAN)
    assert plain(answer.text) == "Approved for Ravi. It runs now."
    assert await decisions(stage) == [("approve", "Dan", "Ravi")]
    assert len(stage.till.paid) == 1
    assert any("Approved by Dan for Ravi. It runs now." in said for _, said in stage.surface.replies)
    assert plain(stage.card().lines[0]).startswith("Approved by Dan for Ravi · ")
    entries = await stage.read(lambda tx: tx.audit_entries(request_id=tx.requests(limit=1)[0].id))
    (approval,) = [entry.body for entry in entries if entry.event == "request.approve"]
    assert (approval["lent_by"], approval["right"]) == (RAVI.key, "ravi@example.com")


async def test_a_delegate_rejects_and_edits_for_the_giver(stage: Stage) -> None:
    await lent(stage, RAVI, DAN)
    assert (await stage.reject(await stage.ask(), DAN)).ok
    assert await decisions(stage) == [("reject", "Dan", "Ravi")]
    assert any("Rejected by Dan for Ravi:" in said for _, said in stage.surface.replies)
    assert (await stage.edit(await stage.ask(), DAN, amount="300.00")).ok
    assert await decisions(stage) == [("edit", "Dan", "Ravi")]
    assert any("Edited by Dan for Ravi:" in said for _, said in stage.surface.replies)
    assert (await stage.latest()).revision == 2


async def test_an_edit_by_a_delegate_voids_earlier_approvals_and_counts_as_the_givers(stage: Stage) -> None:
    stage.adopt(TWO_PEOPLE)
    await lent(stage, RAVI, DAN)
    request = await stage.ask()
    await stage.approve(request, NOOR)
    await stage.edit(request, DAN, amount="300.00")
    revised = await stage.latest()
    assert "needs somebody else too" in plain((await stage.approve(revised, RAVI)).text)
    assert stage.till.paid == []
    await stage.approve(revised, NOOR)
    assert len(stage.till.paid) == 1


async def test_a_giver_and_their_delegates_are_one_voice(stage: Stage) -> None:
    stage.adopt(TWO_PEOPLE)
    await lent(stage, RAVI, DAN)
    await lent(stage, RAVI, person("eva"))
    request = await stage.ask()
    assert (await stage.approve(request, DAN)).ok
    for who in (RAVI, person("eva"), DAN):
        answer = await stage.approve(request, who)
        assert "needs somebody else too" in plain(answer.text)
    assert await decisions(stage) == [("approve", "Dan", "Ravi")]
    assert stage.till.paid == []
    await stage.approve(request, NOOR)
    assert len(stage.till.paid) == 1


async def test_a_delegate_of_two_gives_the_voice_that_is_missing_and_only_one(stage: Stage) -> None:
    stage.adopt(THREE_PEOPLE)
    eva = person("eva")
    await lent(stage, RAVI, eva)
    await lent(stage, NOOR, eva)
    request = await stage.ask()
    await stage.approve(request, NOOR)
    stage.clock.move(seconds=1)
    await stage.approve(request, eva)
    assert await decisions(stage) == [("approve", "Noor", None), ("approve", "Eva", "Ravi")]
    assert "already" in plain((await stage.approve(request, eva)).text)
    assert stage.till.paid == []
    await stage.approve(request, DAN)
    assert len(stage.till.paid) == 1


async def test_nobody_decides_through_whoever_asked_nor_whoever_asked_through_others(stage: Stage) -> None:
    stage.adopt(POLICY.replace("[ravi@example.com, ", "[anna@example.com, ravi@example.com, "))
    await lent(stage, ANNA, DAN)
    await lent(stage, RAVI, ANNA)
    request = await stage.ask()
    through = await stage.approve(request, DAN)
    assert "nobody can decide on it in the place of Anna" in plain(through.text)
    assert "You asked for this" in plain((await stage.approve(request, ANNA)).text)
    assert stage.till.paid == []


async def test_a_delegation_that_is_over_lends_nothing(stage: Stage) -> None:
    stage.adopt(POLICY.replace("reviewers:", "expires_in: 10d\n    reviewers:", 1))
    await lent(stage, RAVI, DAN)
    request = await stage.ask()
    stage.clock.move(days=6)
    refused = await stage.approve(request, DAN)
    assert plain(refused.text) == "Only noor@example.com and ravi@example.com can decide on this."
    assert stage.till.paid == []


async def test_a_delegation_that_was_taken_back_between_the_look_up_and_the_commit_lends_nothing(stage: Stage) -> None:
    await lent(stage, RAVI, DAN)
    request = await stage.ask()

    def take_back(tx: Transaction) -> None:
        for each in tx.delegations(at=tx.now()):
            tx.end_delegation(each.id)

    class TakingBack(FakeSurface):
        async def person(self, key: str) -> Known:
            if key == RAVI.key:  # the giver is looked up after the person who clicked
                await stage.store.write(take_back)
            return await super().person(key)

    desk = FrontDesk(replace(stage.signoff, surfaces={"slack": TakingBack()}))
    assert not (await desk.approve(stage.click(request, DAN))).ok


@pytest.mark.parametrize("standing", ["guest", "deactivated", "stranger"])
async def test_a_giver_who_is_no_member_any_more_has_nothing_to_lend(stage: Stage, standing: str) -> None:
    await lent(stage, RAVI, DAN)
    stage.surface.standings["ravi"] = standing  # type: ignore[assignment]
    assert not (await stage.approve(await stage.ask(), DAN)).ok
    assert stage.till.paid == []


async def test_a_form_opens_for_a_delegate(stage: Stage) -> None:
    await lent(stage, RAVI, DAN)
    opened = await stage.desk.form(stage.click(await stage.ask(), DAN), "edit")
    assert not isinstance(opened, Answer)


async def test_a_delegation_that_somebody_wrote_into_a_decision_does_not_count(stage: Stage) -> None:
    """`lent_by` is under the seal: taking it away would make one voice two."""
    stage.adopt(TWO_PEOPLE)
    await lent(stage, RAVI, DAN)
    request = await stage.ask()
    await stage.approve(request, DAN)
    (made,) = await stage.read(lambda tx: tx.decisions(request.id))
    forged = made.model_copy(update={"id": "dec_forged", "person": NOOR, "lent_by": None})
    await stage.store.write(partial(add, forged))
    answer = await stage.approve(request, RAVI)
    assert "needs somebody else too" in plain(answer.text)
    assert stage.till.paid == []


def add(forged: Decision, tx: Transaction) -> None:
    tx.add_decision(forged)


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


async def asked_again(stage: Stage, **values: object) -> Request:
    """A request like the last one in everything but these values, which no verb of this stage brings about."""
    request = (await stage.ask()).model_copy(update={"id": "req_again", **values})
    revision = (await stage.read(lambda tx: tx.revisions(tx.requests(limit=1)[0].id)))[0]
    again = revision.model_copy(update={"request_id": request.id})
    await stage.store.write(lambda tx: tx.add_request(request, again))
    return request


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


async def raced(stage: Stage, *clicks: Click) -> list[Answer]:
    answers = await asyncio.gather(*(stage.desk.approve(click) for click in clicks))
    await stage.settle()
    return list(answers)


async def test_a_giver_and_their_delegate_at_once_are_one_voice(stage: Stage) -> None:
    stage.adopt(TWO_PEOPLE)
    await lent(stage, RAVI, DAN)
    request = await stage.ask()
    await raced(stage, stage.click(request, RAVI), stage.click(request, DAN))
    assert len(await decisions(stage)) == 1
    assert await stage.status() is RequestStatus.pending
    assert stage.till.paid == []


# --- links, as an operator makes them


async def test_links_are_joined_and_taken_apart(stage: Stage) -> None:
    async def groups() -> list[list[str]]:
        found = await stage.read(lambda tx: humans_of(tx.identities()))
        return sorted(sorted(each.person.user for each in accounts) for accounts in found.values())

    await linked(stage, ANNA, DAN)
    await linked(stage, RAVI, NOOR)
    assert await groups() == [["anna", "dan"], ["noor", "ravi"]]
    await linked(stage, DAN, RAVI)
    assert await groups() == [["anna", "dan", "noor", "ravi"]]
    left = await stage.store.write(lambda tx: unlink(tx, NOOR.key))
    assert sorted(left or ()) == sorted([ANNA.key, DAN.key, RAVI.key])
    assert await stage.store.write(lambda tx: unlink(tx, NOOR.key)) is None
    await stage.store.write(lambda tx: unlink(tx, RAVI.key))
    assert await stage.store.write(lambda tx: unlink(tx, DAN.key)) == []
    assert await groups() == []
    entries = await stage.read(lambda tx: tx.audit_entries())
    assert [each.event for each in entries] == ["people.linked"] * 3 + ["people.unlinked"] * 3


async def test_linking_what_is_linked_already_changes_nothing(stage: Stage) -> None:
    for _ in range(2):
        await linked(stage, ANNA, DAN)
    assert len(await stage.read(lambda tx: tx.audit_entries())) == 1


async def test_one_human_has_only_so_many_accounts(stage: Stage) -> None:
    with pytest.raises(TooManyAccounts, match="Nothing was done"):
        await linked(stage, *(person(f"p{number}") for number in range(MOST + 1)))
    assert await stage.read(lambda tx: tx.identities()) == []
