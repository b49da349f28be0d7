"""The judge: which verdict a policy gives, and that one more rule never loosens one."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.judge import UNMATCHED, Fallback
from policies.rules import RISK_OF, Defaults, Policy, Rule
from storage.records import Outcome, Proposal, Risk, Verdict
from tests.policies.judging import judge

ACTIONS = frozenset({"send_external_email", "send_invoice", "execute_financial_action", "delete_any_data"})
LEADS, RAVI, MIA, ZOE = "slack:@leads", "ravi@example.com", "mia@example.com", "zoe@example.com"
DEPLOYMENT = Fallback(reviewers=(LEADS,), channel="#approvals")


def proposal(action: str = "send_external_email", risk: Risk | None = None) -> Proposal:
    return Proposal(action=action, arguments={}, target="mia@example.com", summary="Answer Mia.", risk=risk)


def rule(name: str, verdict: Outcome, *actions: str, **parts: object) -> Rule:
    return Rule.model_validate({"name": name, "actions": actions or ("send_*",), "verdict": verdict, **parts})


def ruled(*rules: Rule, action: str = "send_external_email", risk: Risk | None = None, **defaults: object) -> Verdict:
    policy = Policy(defaults=Defaults.model_validate(defaults), rules=rules)
    return judge(policy, proposal(action, risk), agent="support", registered=ACTIONS, fallback=DEPLOYMENT)


@pytest.mark.parametrize("outcome", Outcome)
def test_a_matching_rule_gives_its_verdict_with_the_risk_that_goes_with_it(outcome: Outcome) -> None:
    verdict = ruled(rule("mail", outcome))
    assert (verdict.outcome, verdict.risk, verdict.rules) == (outcome, RISK_OF[outcome], ("mail",))


def test_an_action_without_a_rule_goes_to_people() -> None:
    verdict = ruled(rule("mail", Outcome.auto), action="delete_any_data", exclude_requester=False)
    assert (verdict.outcome, verdict.rules, verdict.reviewers) == (Outcome.approve, (UNMATCHED,), (LEADS,))
    assert verdict.exclude_requester
    assert verdict.reasons == ("No rule is about delete_any_data, which support proposes, so people are asked.",)


@pytest.mark.parametrize(
    ("pattern", "action", "outcome"),
    [
        ("send_*", "send_external_email", Outcome.auto),
        ("*", "send_external_email", Outcome.auto),
        ("send_external_emai?", "send_external_email", Outcome.auto),
        ("SEND_*", "send_external_email", Outcome.approve),
        ("send_*", "send_secrets", Outcome.approve),
        ("*", "send_secrets", Outcome.approve),
        ("send_secrets", "send_secrets", Outcome.auto),
        ("send", "send_external_email", Outcome.approve),
    ],
)
def test_a_glob_means_registered_actions_only_and_a_name_that_action(pattern: str, action: str, outcome: Outcome) -> None:
    assert ruled(rule("wide", Outcome.auto, pattern), action=action).outcome is outcome


@pytest.mark.parametrize("first", [True, False])
def test_the_most_restrictive_rule_wins_whatever_the_order(first: bool) -> None:
    rules = [rule("wide", Outcome.auto, "*"), rule("money", Outcome.block, "execute_*"), rule("all", Outcome.log, "*")]
    verdict = ruled(*(rules if first else reversed(rules)), action="execute_financial_action")
    assert verdict.outcome is Outcome.block
    assert verdict.rules == ("money", "all", "wide")
    assert verdict.reasons == ("Rule “money” never lets it run.",)


def test_rules_that_agree_merge_to_what_asks_for_most() -> None:
    verdict = ruled(
        rule(
            "a", Outcome.approve, reviewers=[MIA, RAVI, ZOE], quorum=2, expires_in="2d", exclude_requester=False, risk="low"
        ),
        rule("b", Outcome.approve, reviewers=[ZOE, RAVI], quorum=1, expires_in="30m", risk="critical", channel="#b"),
        rule("c", Outcome.approve, reviewers=[RAVI, ZOE, LEADS], channel="#c", exclude_requester=False),
    )
    assert verdict.reviewers == (RAVI, ZOE)
    assert (verdict.quorum, verdict.expires_in, verdict.risk) == (2, 1800, Risk.critical)
    assert verdict.exclude_requester
    assert verdict.channels == ("#b",)


def test_what_a_rule_leaves_out_comes_from_the_defaults_and_then_from_the_deployment() -> None:
    mail = rule("mail", Outcome.approve)
    bare = ruled(mail)
    assert (bare.reviewers, bare.channels, bare.quorum, bare.expires_in) == ((LEADS,), ("#approvals",), 1, 4 * 3600)
    defaults = Defaults.model_validate(
        {"reviewers": [RAVI, ZOE], "channel": "#d", "quorum": 2, "expires_in": "1h", "risk": "medium"}
    )
    policy = Policy(defaults=defaults, rules=(mail,))
    filled = judge(policy, proposal(), agent="support", registered=ACTIONS, fallback=DEPLOYMENT)
    assert (filled.reviewers, filled.channels, filled.quorum, filled.expires_in) == ((RAVI, ZOE), ("#d",), 2, 3600)
    assert filled.risk is Risk.medium


def test_a_looser_rule_that_matches_still_raises_the_risk() -> None:
    verdict = ruled(rule("mail", Outcome.approve, risk="medium"), rule("secret", Outcome.log, risk="critical"))
    assert (verdict.outcome, verdict.risk) == (Outcome.approve, Risk.critical)
    assert verdict.reasons == ("Rule “mail” asks people first.", "Rule “secret” rates the risk critical.")


@pytest.mark.parametrize(
    ("claimed", "risk"),
    [(Risk.low, Risk.high), (Risk.high, Risk.high), (Risk.critical, Risk.critical), (None, Risk.high)],
)
def test_the_agent_can_raise_the_risk_but_never_lower_it(claimed: Risk | None, risk: Risk) -> None:
    verdict = ruled(rule("mail", Outcome.approve), risk=claimed)
    assert verdict.risk is risk
    raised = "The agent rates the risk critical, higher than the policy's high."
    assert (raised in verdict.reasons) == (claimed is Risk.critical)


@pytest.mark.parametrize(
    ("rules", "reason"),
    [
        (
            [rule("a", Outcome.approve, reviewers=[RAVI]), rule("b", Outcome.approve, reviewers=[ZOE])],
            "Nobody can approve this: no reviewer is common to “a” and “b”.",
        ),
        (
            [rule("a", Outcome.approve, reviewers=[RAVI, ZOE], quorum=2), rule("b", Outcome.approve, reviewers=[ZOE])],
            "Nobody can approve this: it needs 2 people, but only 1 may decide.",
        ),
    ],
)
def test_rules_that_leave_nobody_to_decide_block(rules: list[Rule], reason: str) -> None:
    verdict = ruled(*rules)
    assert (verdict.outcome, verdict.reviewers, verdict.reasons[0]) == (Outcome.block, (), reason)


_SOMEBODY, _OTHER = "0a0a0a0a-0000-4000-8000-000000000001", "0a0a0a0a-0000-4000-8000-000000000002"


@pytest.mark.parametrize(
    ("reviewers", "people"),
    [
        (["slack:U0RAVI", "slack:T024BE7LD:U0RAVI"], 1),
        (["slack:U0RAVI", "slack:T024BE7LD:U0ZOE"], 2),
        (["slack:T024BE7LD:U0RAVI", "slack:T000000AB:U0RAVI"], 2),
        (["slack:U0RAVI", "slack:T024BE7LD:U0RAVI", "slack:T000000AB:U0RAVI"], 2),
        ([f"teams:{_SOMEBODY}", f"teams:{_OTHER}:{_SOMEBODY}"], 1),
        ([f"teams:{_SOMEBODY}", f"teams:{_SOMEBODY}:{_OTHER}"], 2),
        (["slack:U0RAVI", RAVI], 2),  # only a directory knows whether these are one
    ],
)
def test_a_quorum_is_of_people_and_not_of_ways_to_write_them(reviewers: list[str], people: int) -> None:
    for quorum in (1, 2, 3):
        verdict = ruled(rule("a", Outcome.approve, reviewers=reviewers, quorum=quorum))
        assert (verdict.outcome is Outcome.approve) is (quorum <= people)
        assert quorum <= people or f"only {people} may decide" in verdict.reasons[0]


def test_a_group_may_be_large_enough_for_any_quorum() -> None:
    assert ruled(rule("a", Outcome.approve, reviewers=[LEADS], quorum=3)).outcome is Outcome.approve


@pytest.mark.parametrize("rules", [(), (rule("mail", Outcome.approve),)])
def test_approval_without_anybody_to_ask_blocks_and_says_how_to_name_reviewers(rules: tuple[Rule, ...]) -> None:
    verdict = judge(Policy(rules=rules), proposal(), agent="support", registered=ACTIONS)
    assert verdict.outcome is Outcome.block
    assert "Add `reviewers` to the rule or to `defaults`" in verdict.reasons[0]


def test_a_rule_without_anybody_to_ask_is_not_answered_by_another_rule_s_reviewers() -> None:
    rules = (rule("mail", Outcome.approve), rule("more", Outcome.approve, reviewers=[RAVI]))
    verdict = judge(Policy(rules=rules), proposal(), agent="support", registered=ACTIONS)
    assert verdict.outcome is Outcome.block
    assert verdict.reasons[0].startswith("Nobody can approve this: “mail” names no reviewers")


def test_the_channel_is_that_of_a_rule_that_decides() -> None:
    rules = rule("look", Outcome.log, channel="#log"), rule("mail", Outcome.approve, channel="#mail")
    assert ruled(*rules).channels == ("#mail",)


def test_a_rule_may_ask_in_several_channels() -> None:
    several = ["slack:C0ONCALL", "teams:19:abc@thread.tacv2"]
    assert ruled(rule("mail", Outcome.approve, channel=several)).channels == tuple(several)


def test_a_rule_s_own_reason_is_what_reviewers_read() -> None:
    assert ruled(rule("mail", Outcome.approve, reason="Mail cannot be called back.")).reasons == (
        "Mail cannot be called back.",
    )


def test_the_version_names_what_the_policy_says() -> None:
    one, same = Policy(rules=(rule("a", Outcome.auto),)), Policy(rules=(rule("a", Outcome.auto),))
    other = Policy(rules=(rule("a", Outcome.log),))
    assert one.version == same.version != other.version
    assert ruled(rule("a", Outcome.auto)).policy_version == one.version


PEOPLE = st.lists(st.sampled_from([LEADS, RAVI, MIA, ZOE]), min_size=1, max_size=4, unique=True) | st.none()
PARTS = st.fixed_dictionaries(
    {
        "risk": st.sampled_from(Risk) | st.none(),
        "reviewers": PEOPLE,
        "expires_in": st.integers(1, 100_000),
        "quorum": st.integers(1, 3),
        "exclude_requester": st.booleans(),
        "channel": st.sampled_from(["#a", "#b"]) | st.none(),
        "reminders": st.lists(st.sampled_from([0.2, 0.5, 0.9]), max_size=2),
        "escalate_to": st.lists(st.sampled_from([LEADS, RAVI, MIA, ZOE]), max_size=2),
        "escalate_after": st.integers(1, 100_000) | st.none(),
    }
)


@st.composite
def rules(draw: st.DrawFn) -> Rule:
    parts = draw(PARTS)
    for optional in ("expires_in", "quorum", "exclude_requester", "reminders", "escalate_to"):
        if draw(st.booleans()):
            parts[optional] = None
    patterns = draw(st.lists(st.sampled_from(["*", "send_*", "send_external_email", "delete_*", "unheard_of"]), min_size=1))
    return rule(draw(st.sampled_from("abcdefgh")), draw(st.sampled_from(Outcome)), *patterns, **parts)


CASES = {
    "defaults": PARTS.map(Defaults.model_validate),
    "present": st.lists(rules(), max_size=5),
    "fallback": st.builds(Fallback, PEOPLE.map(lambda people: tuple(people or ())), st.sampled_from(["#x", None])),
    "asked": st.builds(proposal, st.sampled_from([*sorted(ACTIONS), "unheard_of"]), st.sampled_from(Risk) | st.none()),
}


@given(**CASES, added=rules(), place=st.integers(0, 5))
def test_one_more_rule_about_a_matched_action_never_loosens_it(
    defaults: Defaults, present: list[Rule], fallback: Fallback, asked: Proposal, added: Rule, place: int
) -> None:
    def verdict(*held: Rule) -> Verdict:
        return judge(Policy(defaults=defaults, rules=held), asked, agent="support", registered=ACTIONS, fallback=fallback)

    before, after = verdict(*present), verdict(*present[:place], added, *present[place:])
    if before.rules == (UNMATCHED,):
        return
    assert after.outcome.rank >= before.outcome.rank
    assert after.risk.rank >= before.risk.rank
    if before.outcome is after.outcome is Outcome.approve:
        assert after.quorum >= before.quorum
        assert after.expires_in <= before.expires_in
        assert set(after.reviewers) <= set(before.reviewers)
        assert after.exclude_requester >= before.exclude_requester
        assert set(after.reminders) >= set(before.reminders)
        assert set(after.escalate_to) <= {*before.reviewers, *before.escalate_to}
        early = set(after.escalate_to) & set(before.escalate_to)
        assert not early or (after.escalate_after or 0) >= (before.escalate_after or 0)


@given(**CASES, order=st.randoms(use_true_random=False))
def test_the_order_of_rules_changes_nothing(
    defaults: Defaults, present: list[Rule], fallback: Fallback, asked: Proposal, order: Random
) -> None:
    named = [held.model_copy(update={"name": f"rule {number}"}) for number, held in enumerate(present)]
    mixed = list(named)
    order.shuffle(mixed)
    one, other = (
        judge(Policy(defaults=defaults, rules=tuple(held)), asked, agent="a", registered=ACTIONS, fallback=fallback)
        for held in (named, mixed)
    )
    assert one == other


@given(**CASES)
def test_only_a_rule_lets_anything_run_by_itself_and_only_entitled_people_are_asked(
    defaults: Defaults, present: list[Rule], fallback: Fallback, asked: Proposal
) -> None:
    verdict = judge(Policy(defaults=defaults, rules=tuple(present)), asked, agent="a", registered=ACTIONS, fallback=fallback)
    matching = [held for held in present if held.is_about(asked.action, ACTIONS)]
    if verdict.outcome in (Outcome.auto, Outcome.log):
        assert matching
        assert all(held.verdict.rank <= verdict.outcome.rank for held in matching)
    if verdict.outcome is Outcome.approve:
        named = {
            *(defaults.reviewers or ()),
            *fallback.reviewers,
            *(one for held in matching for one in held.reviewers or ()),
        }
        assert verdict.reviewers
        assert set(verdict.reviewers) <= named
        further = {*defaults.escalate_to, *(one for held in matching for one in held.escalate_to or ())}
        assert set(verdict.escalate_to) <= (named | further) - set(verdict.reviewers)
        assert (verdict.escalate_after is not None) == bool(verdict.escalate_to)
        assert (verdict.escalate_after or 0) < verdict.expires_in
    assert verdict.risk.rank >= (asked.risk.rank if asked.risk else 0)
    assert verdict.reasons


@pytest.mark.parametrize(
    ("parts", "reminders"),
    [
        ([{}], (0.5, 0.9)),
        ([{"reminders": []}], ()),
        ([{"reminders": ["75%"]}], (0.75,)),
        ([{"reminders": ["75%", "20%"]}, {"reminders": ["20%", "90%"]}], (0.2, 0.75, 0.9)),
        ([{"reminders": []}, {}], (0.5, 0.9)),
    ],
)
def test_people_are_reminded_whenever_one_of_the_rules_says_so(
    parts: list[dict[str, object]], reminders: tuple[float, ...]
) -> None:
    rules = [rule(f"r{number}", Outcome.approve, **each) for number, each in enumerate(parts)]
    assert ruled(*rules).reminders == reminders


@pytest.mark.parametrize(
    ("parts", "escalation"),
    [
        ([{}], ((), None)),
        ([{"escalate_to": [ZOE]}], ((ZOE,), 2 * 3600)),
        ([{"escalate_to": [ZOE], "expires_in": "1h"}], ((ZOE,), 1800)),
        ([{"escalate_to": [ZOE, RAVI], "escalate_after": "10m", "reviewers": [RAVI]}], ((ZOE,), 600)),
        ([{"escalate_to": [ZOE]}, {}], ((), None)),
        ([{"escalate_to": [ZOE, MIA]}, {"escalate_to": [ZOE], "escalate_after": "3h"}], ((ZOE,), 3 * 3600)),
        ([{"reviewers": [RAVI], "escalate_to": [ZOE]}, {"reviewers": [RAVI, ZOE]}], ((ZOE,), 2 * 3600)),
        ([{"escalate_to": [ZOE], "escalate_after": "2h"}, {"escalate_to": [ZOE], "expires_in": "1h"}], ((), None)),
    ],
)
def test_nobody_is_escalated_to_whom_one_of_the_rules_would_not_let_decide_by_then(
    parts: list[dict[str, object]], escalation: tuple[tuple[str, ...], int | None]
) -> None:
    verdict = ruled(*(rule(f"r{number}", Outcome.approve, **each) for number, each in enumerate(parts)))
    assert (verdict.escalate_to, verdict.escalate_after) == escalation


def test_an_action_without_a_rule_escalates_as_the_defaults_say() -> None:
    verdict = ruled(action="delete_any_data", escalate_to=[ZOE], escalate_after="1h", reminders=["30%"])
    assert (verdict.escalate_to, verdict.escalate_after, verdict.reminders) == ((ZOE,), 3600, (0.3,))
    assert ruled(rule("a", Outcome.approve, escalate_to=[]), escalate_to=[ZOE]).escalate_to == ()
