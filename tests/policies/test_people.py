"""Who may decide, and how many voices have spoken."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from policies.people import (
    Allowed,
    Refused,
    Standing,
    Ties,
    Voice,
    group_references,
    lapsed,
    may_decide,
    out_of_reach,
    voices,
)
from storage.records import Delegation, Identity, Outcome, Person, Request, Risk, Verdict

RAVI = Person(key="slack:T1:U0RAVI", name="Ravi", email="Ravi@Example.com")
ZOE = Person(key="slack:T1:U0ZOE", name="Zoe")
MIA = Person(key="slack:T1:U0MIA", name="Mia", email="mia@example.com")
ANNA = Person(key="slack:T1:U0ANNA", name="Anna", email="anna@example.com")
MIA_ON_TEAMS = Person(key="teams:9f:mia", name="Mia", email="MIA@example.com")  # the same address
RAVI_ON_TEAMS = Person(key="teams:9f:r.k", name="R. Kumar")  # only linked
RAVI_AT_HOME = Person(key="teams:9f:ravi", name="Ravi", email="ravi@example.com")  # linked to nothing, the same address
ZOE_ON_TEAMS = Person(key="teams:9f:zoe", name="Zoe")
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
GROUPS = {"slack:@support-leads": frozenset({ZOE.key})}


def linked(*accounts: Person) -> tuple[Identity, ...]:
    return tuple(Identity(person=each, human=accounts[0].key, created_at=NOW) for each in accounts)


def lent(giver: Person, taker: Person) -> Delegation:
    return Delegation(id=f"{giver.key}>{taker.key}", giver=giver, taker=taker, created_at=NOW, until=NOW + timedelta(days=1))


LINKS = (*linked(RAVI, RAVI_ON_TEAMS), *linked(ZOE, ZOE_ON_TEAMS))
ALONE = Ties()
MEMBERS = frozenset(identity.person.key for identity in LINKS)
LINKED = Ties(LINKS, (), MEMBERS)


def asked(
    *reviewers: str,
    by: Person = MIA,
    for_: Person | None = None,
    exclude_requester: bool = True,
    escalate_to: tuple[str, ...] = (),
    escalated: bool = False,
) -> Request:
    verdict = Verdict(
        outcome=Outcome.approve, risk=Risk.high, reasons=("Because.",), rules=("mail",), policy_version="v",
        reviewers=reviewers, exclude_requester=exclude_requester, escalate_to=escalate_to,
    )  # fmt: skip
    return Request(
        id="req_1", run_id="run_1", step=2, agent="a", tenant="T1", requester=by, on_behalf_of=for_, action="mail",
        summary="", evidence=(), labels=(), revision=1, arguments={}, target="t", verdict=verdict, fingerprint="f",
        places=(), created_at=NOW, expires_at=NOW, escalated_at=NOW if escalated else None,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("person", "reviewer"),
    [
        (RAVI, "ravi@example.com"),
        (RAVI, "slack:U0RAVI"),
        (RAVI, "slack:T1:U0RAVI"),
        (ZOE, "slack:@support-leads"),
        (RAVI_AT_HOME, "ravi@example.com"),
        (RAVI_ON_TEAMS, "ravi@example.com"),
        (RAVI_ON_TEAMS, "slack:U0RAVI"),
        (RAVI_AT_HOME, "slack:U0RAVI"),
        (ZOE_ON_TEAMS, "slack:@support-leads"),
    ],
)
def test_a_named_person_or_member_may_decide_under_any_account(person: Person, reviewer: str) -> None:
    assert may_decide(person, asked("else@example.com", reviewer), GROUPS, LINKED) == Allowed(by=reviewer)


def test_an_account_that_is_no_full_members_entitles_nobody_but_ties_its_human() -> None:
    ties = Ties(LINKS, (), MEMBERS - {RAVI.key})
    assert isinstance(may_decide(RAVI_ON_TEAMS, asked("ravi@example.com"), GROUPS, ties), Refused)
    asked_by_ravi = may_decide(RAVI_ON_TEAMS, asked("slack:@support-leads", by=RAVI), GROUPS, ties)
    assert isinstance(asked_by_ravi, Refused)
    assert "You asked for this" in asked_by_ravi.reason


@pytest.mark.parametrize(
    ("person", "reviewers", "reason"),
    [
        (RAVI, ["slack:@support-leads"], "Only @support-leads can decide on this."),
        (ZOE, ["ravi@example.com"], "Only ravi@example.com can decide on this."),
        (ZOE, ["slack:T2:U0ZOE"], "Only U0ZOE can decide on this."),
        (ZOE, ["slack:@unknown"], "Only @unknown can decide on this."),
        (ZOE, ["slack:@unknown", "ravi@example.com"], "Only @unknown and ravi@example.com can decide on this."),
        (ZOE, ["a@b.io", "c@d.io", "e@f.io"], "Only a@b.io, c@d.io and e@f.io can decide on this."),
        (ZOE, [], "Nobody can decide on this."),
        (
            Person(key="slack:T1:U9", name="No address", email=" "),
            ["ravi@example.com"],
            "Only ravi@example.com can decide on this.",
        ),
        (RAVI_ON_TEAMS, ["ravi@example.com"], "Only ravi@example.com can decide on this."),
    ],
)
def test_anybody_else_is_told_who_can(person: Person, reviewers: list[str], reason: str) -> None:
    assert may_decide(person, asked(*reviewers), GROUPS, ALONE) == Refused(reason)


# --- threat T6: the same human, whatever account they use and in whatever role they are behind the request
ROLES = ("requester", "on_behalf_of")
WHOLE = Ties(
    (*linked(MIA, Person(key="teams:9f:m", name="M")), *linked(RAVI, RAVI_ON_TEAMS)), (lent(ANNA, MIA), lent(MIA, ANNA))
)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(
    ("behind", "clicks", "ties"),
    [
        (MIA, MIA, ALONE),  # the very account
        (MIA, MIA_ON_TEAMS, ALONE),  # the same address
        (MIA_ON_TEAMS, MIA, ALONE),
        (RAVI, RAVI_ON_TEAMS, LINKED),  # linked
        (RAVI_ON_TEAMS, RAVI, LINKED),
        (RAVI_ON_TEAMS, RAVI_AT_HOME, LINKED),  # linked to an account that has the same address
        (RAVI_AT_HOME, RAVI_ON_TEAMS, LINKED),
        (MIA, Person(key="teams:9f:m", name="M"), WHOLE),
        (MIA, MIA, WHOLE),  # and as the delegate of somebody who may
        (MIA, MIA_ON_TEAMS, WHOLE),
    ],
)
def test_whoever_is_behind_a_request_never_decides(role: str, behind: Person, clicks: Person, ties: Ties) -> None:
    rule = ("mia@example.com", "ravi@example.com", "slack:U0RAVI", "anna@example.com")
    other = Person(key="slack:T1:U0DAN", name="Dan")
    request = asked(*rule, by=behind) if role == "requester" else asked(*rule, by=other, for_=behind)
    answer = may_decide(clicks, request, GROUPS, ties)
    assert isinstance(answer, Refused)
    why = "You asked for this" if role == "requester" else "This is done on your behalf"
    assert answer.reason.startswith(f"{why}, so somebody else has to decide. Only ")
    assert "anna@example.com" in answer.reason


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("behind", [MIA, MIA_ON_TEAMS])
def test_nobody_decides_in_the_place_of_whoever_is_behind_a_request(role: str, behind: Person) -> None:
    rule = ("mia@example.com", "ravi@example.com")
    request = asked(*rule, by=behind) if role == "requester" else asked(*rule, by=ZOE, for_=behind)
    left = "ravi@example.com"
    assert may_decide(ANNA, request, GROUPS, Ties((), (lent(MIA, ANNA),))) == Refused(
        "Mia is behind this request, so nobody can decide on it in the place of Mia. Only " + left + " can decide on this."
    )


def test_a_delegate_of_the_requester_who_is_a_reviewer_too_decides_in_their_own_right() -> None:
    ties = Ties((), (lent(MIA, RAVI),))
    assert may_decide(RAVI, asked("mia@example.com", "ravi@example.com"), GROUPS, ties) == Allowed("ravi@example.com")


def test_whoever_is_behind_a_request_decides_where_the_rule_says_so() -> None:
    request = asked("mia@example.com", for_=RAVI, exclude_requester=False)
    assert may_decide(MIA, request, GROUPS, ALONE) == Allowed(by="mia@example.com")
    assert may_decide(ANNA, request, GROUPS, Ties((), (lent(MIA, ANNA),))) == Allowed("mia@example.com", MIA)


def test_the_same_missing_address_does_not_make_two_accounts_one_human() -> None:
    tim = Person(key="slack:T1:U0TIM", name="Tim")
    assert may_decide(ZOE, asked("slack:@support-leads", by=tim), GROUPS, ALONE) == Allowed(by="slack:@support-leads")


# --- delegation


@pytest.mark.parametrize(
    ("giver", "reviewer"),
    [(RAVI, "ravi@example.com"), (RAVI_ON_TEAMS, "slack:U0RAVI"), (ZOE, "slack:@support-leads")],
)
@pytest.mark.parametrize("taker", [ANNA, Person(key="teams:9f:a", name="Anna", email="anna@example.com")])
def test_a_delegate_decides_by_the_right_of_the_giver(giver: Person, reviewer: str, taker: Person) -> None:
    ties = Ties(LINKS, (lent(giver, ANNA),), MEMBERS)
    assert may_decide(taker, asked(reviewer), GROUPS, ties) == Allowed(reviewer, lent_by=giver)


def test_ones_own_right_comes_before_a_lent_one() -> None:
    ties = Ties((), (lent(RAVI, ANNA),))
    request = asked("ravi@example.com", "anna@example.com")
    assert may_decide(ANNA, request, GROUPS, ties) == Allowed("anna@example.com")


def test_what_was_lent_is_not_lent_on() -> None:
    ties = Ties((), (lent(RAVI, ZOE), lent(ZOE, ANNA)))
    assert may_decide(ANNA, asked("ravi@example.com"), {}, ties) == Refused(
        "Zoe, in whose place you may decide, is not asked about this. Only ravi@example.com can decide on this."
    )


def test_a_giver_who_has_left_the_group_has_nothing_to_lend() -> None:
    ties = Ties((), (lent(ZOE, ANNA),))
    assert isinstance(may_decide(ANNA, asked("slack:@support-leads"), GROUPS, ties), Allowed)
    assert isinstance(may_decide(ANNA, asked("slack:@support-leads"), {"slack:@support-leads": frozenset()}, ties), Refused)


def test_of_several_givers_one_who_has_not_spoken_is_spoken_for() -> None:
    ties = Ties((), (lent(RAVI, ANNA), lent(ZOE, ANNA)))
    request = asked("ravi@example.com", "slack:@support-leads")
    assert may_decide(ANNA, request, GROUPS, ties) == Allowed("ravi@example.com", RAVI)
    assert may_decide(ANNA, request, GROUPS, ties, spoken=[(RAVI,)]) == Allowed("slack:@support-leads", ZOE)
    assert may_decide(ANNA, request, GROUPS, ties, spoken=[(RAVI,), (ZOE,)]) == Allowed("ravi@example.com", RAVI)


# --- escalation


@pytest.mark.parametrize(("escalated", "may"), [(False, False), (True, True)])
def test_those_it_escalates_to_decide_once_it_has(escalated: bool, may: bool) -> None:
    request = asked("ravi@example.com", escalate_to=("anna@example.com",), escalated=escalated)
    assert isinstance(may_decide(ANNA, request, GROUPS, ALONE), Allowed) is may
    assert isinstance(may_decide(RAVI, request, GROUPS, ALONE), Allowed)
    told = may_decide(ZOE, request, GROUPS, ALONE)
    assert isinstance(told, Refused)
    assert ("anna@example.com" in told.reason) is may


@pytest.mark.parametrize(
    ("standing", "reason"),
    [
        ("guest", "Guests cannot decide here."),
        ("deactivated", "This account is deactivated."),
        ("stranger", "People from other organisations cannot decide here."),
    ],
)
def test_only_full_members_decide_even_when_named(standing: Standing, reason: str) -> None:
    assert may_decide(RAVI, asked("ravi@example.com"), GROUPS, LINKED, standing=standing) == Refused(reason)


def test_groups_are_listed_once_to_be_looked_up() -> None:
    reviewers = ("slack:S0LEADS", "ravi@example.com", "slack:@leads", "slack:U0RAVI", "slack:@leads")
    assert group_references(reviewers) == ("slack:S0LEADS", "slack:@leads")


# --- quorum: threat T6, one human is one voice


@pytest.mark.parametrize(
    ("spoken", "ties", "count"),
    [
        ([], ALONE, 0),
        ([(RAVI,)], ALONE, 1),
        ([(RAVI,), (ZOE,)], ALONE, 2),
        ([(RAVI,), (RAVI_AT_HOME,)], ALONE, 1),  # the same address
        ([(RAVI,), (RAVI_ON_TEAMS,)], ALONE, 2),
        ([(RAVI,), (RAVI_ON_TEAMS,)], LINKED, 1),  # linked
        ([(RAVI_AT_HOME,), (RAVI_ON_TEAMS,)], LINKED, 1),  # tied through an account that did not speak
        ([(RAVI,), (RAVI_ON_TEAMS,), (ZOE,), (ZOE_ON_TEAMS,)], LINKED, 2),
        ([(RAVI,), (ANNA, RAVI)], ALONE, 1),  # a giver and their delegate
        ([(ANNA, RAVI), (RAVI,)], ALONE, 1),
        ([(ANNA, RAVI), (ZOE, RAVI)], ALONE, 1),  # two delegates of one giver
        ([(ANNA, RAVI), (ZOE, RAVI_ON_TEAMS)], LINKED, 1),  # of two accounts of one giver
        ([(ANNA, RAVI), (ANNA, ZOE)], ALONE, 1),  # one delegate of two givers
        ([(ANNA, RAVI), (ZOE,)], ALONE, 2),
        ([(RAVI,), (ZOE,), (ANNA, RAVI), (ANNA, ZOE)], ALONE, 1),  # a chain joins what was apart
        ([(RAVI,), (ZOE,), (ANNA,), (MIA, ANNA)], ALONE, 3),
    ],
)
def test_voices(spoken: list[Voice], ties: Ties, count: int) -> None:
    assert voices(spoken, ties) == count
    assert voices(reversed(spoken), ties) == count


@pytest.mark.parametrize(
    ("reviewers", "more", "said"),
    [
        (["ravi@example.com", "slack:U0RAVI"], {}, "nobody else is asked"),
        (["ravi@example.com", "slack:U0ZOE"], {}, None),
        (["ravi@example.com", "teams:9f:r.k"], {}, "nobody else is asked"),  # a linked account of the same human
        (["ravi@example.com", "anna@example.com"], {"by": ANNA}, "nobody else is asked"),
        (["ravi@example.com", "anna@example.com"], {"by": ANNA, "exclude_requester": False}, None),
        (["ravi@example.com", "slack:U0RAVI", "slack:@support-leads"], {}, None),
        (["ravi@example.com", "slack:U0RAVI"], {"escalate_to": ("slack:U0ZOE",)}, None),
        (["ravi@example.com", "slack:U0ZOE", "slack:T1:U0ZOE"], {"quorum": 3}, "only 1 more is asked"),
    ],
)
def test_it_is_said_when_the_people_who_are_asked_are_too_few(
    reviewers: list[str], more: dict[str, Any], said: str | None
) -> None:
    request = asked(*reviewers, **{name: value for name, value in more.items() if name != "quorum"})
    verdict = request.verdict.model_copy(update={"quorum": more.get("quorum", 2)})
    reason = out_of_reach(request.model_copy(update={"verdict": verdict}), [(RAVI,)], LINKED)
    assert (said in reason) if said and reason else reason is said


@pytest.mark.parametrize(
    ("voice", "standings", "reason"),
    [
        ((RAVI,), {RAVI.key: "member"}, None),
        ((RAVI,), {RAVI.key: "deactivated"}, "Ravi is not known as a full member now"),
        ((RAVI,), {}, "Ravi is not known as a full member now"),
        ((ZOE,), {ZOE.key: "member"}, None),
        ((MIA,), {MIA.key: "member"}, "Mia is not asked about this any more"),
        ((MIA, ZOE), {MIA.key: "member", ZOE.key: "member"}, None),
        ((MIA, ZOE), {MIA.key: "member", ZOE.key: "guest"}, "Zoe is not known as a full member now"),
        ((MIA, ZOE), {MIA.key: "guest", ZOE.key: "member"}, "Mia is not known as a full member now"),
    ],
)
def test_an_approval_counts_as_long_as_everybody_behind_it_may_decide(
    voice: Voice, standings: dict[str, Standing], reason: str | None
) -> None:
    request = asked("ravi@example.com", "slack:@support-leads")
    assert lapsed(voice, request, GROUPS, ALONE, standings) == reason
