"""Who may decide."""

import pytest

from policies.people import Allowed, Refused, Standing, group_references, may_decide
from storage.records import Outcome, Person, Risk, Verdict

RAVI = Person(key="slack:T1:U0RAVI", name="Ravi", email="Ravi@Example.com")
ZOE = Person(key="slack:T1:U0ZOE", name="Zoe")
MIA = Person(key="slack:T1:U0MIA", name="Mia", email="mia@example.com")
MIA_ON_TEAMS = Person(key="teams:9f:mia", name="Mia", email="MIA@example.com")
GROUPS = {"slack:@support-leads": frozenset({ZOE.key})}


def verdict(*reviewers: str, exclude_requester: bool = True) -> Verdict:
    return Verdict(
        outcome=Outcome.approve,
        risk=Risk.high,
        reasons=("Because.",),
        rules=("mail",),
        policy_version="v",
        reviewers=reviewers,
        exclude_requester=exclude_requester,
    )


@pytest.mark.parametrize(
    ("person", "reviewer"),
    [
        (RAVI, "ravi@example.com"),
        (RAVI, "slack:U0RAVI"),
        (RAVI, "slack:T1:U0RAVI"),
        (ZOE, "slack:@support-leads"),
    ],
)
def test_a_named_person_or_member_may_decide(person: Person, reviewer: str) -> None:
    found = may_decide(person, MIA, verdict("else@example.com", reviewer), GROUPS)
    assert found == Allowed(by=reviewer)


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
    ],
)
def test_anybody_else_is_told_who_can(person: Person, reviewers: list[str], reason: str) -> None:
    assert may_decide(person, MIA, verdict(*reviewers), GROUPS) == Refused(reason)


@pytest.mark.parametrize("person", [MIA, MIA_ON_TEAMS])
def test_the_requester_never_decides_whatever_account_they_use(person: Person) -> None:
    found = may_decide(person, MIA, verdict("mia@example.com", "ravi@example.com"), GROUPS)
    assert found == Refused(
        "You asked for this, so somebody else has to decide. Only mia@example.com and ravi@example.com can decide on this."
    )


def test_the_requester_decides_where_the_rule_says_so() -> None:
    assert may_decide(MIA, MIA, verdict("mia@example.com", exclude_requester=False), GROUPS) == Allowed(by="mia@example.com")


def test_the_same_missing_address_does_not_make_two_accounts_one_human() -> None:
    other = Person(key="slack:T1:U0TIM", name="Tim")
    assert may_decide(ZOE, other, verdict("slack:@support-leads"), GROUPS) == Allowed(by="slack:@support-leads")


@pytest.mark.parametrize(
    ("standing", "reason"),
    [
        ("guest", "Guests cannot decide here."),
        ("deactivated", "This account is deactivated."),
        ("stranger", "People from other organisations cannot decide here."),
    ],
)
def test_only_full_members_decide_even_when_named(standing: Standing, reason: str) -> None:
    assert may_decide(RAVI, MIA, verdict("ravi@example.com"), GROUPS, standing=standing) == Refused(reason)


def test_groups_are_listed_once_to_be_looked_up() -> None:
    reviewers = ("slack:S0LEADS", "ravi@example.com", "slack:@leads", "slack:U0RAVI", "slack:@leads")
    assert group_references(reviewers) == ("slack:S0LEADS", "slack:@leads")
