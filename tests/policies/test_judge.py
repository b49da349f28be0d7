"""The judge: which verdict a policy gives."""

import pytest

from policies.circumstances import Circumstances
from policies.judge import MOST_ACTIONS, UNMATCHED, Bench, Fallback, Judge
from policies.rules import RISK_OF, Defaults, Policy, Rule
from storage.records import Outcome, Proposal, Risk, Verdict
from tests.policies.judging import NOON, judge

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


@pytest.mark.parametrize("outcome", [Outcome.auto, Outcome.log])
@pytest.mark.parametrize(
    ("risk", "held"), [(None, False), (Risk.low, False), (Risk.medium, False), (Risk.high, True), (Risk.critical, True)]
)
def test_what_is_risky_in_the_agent_s_own_eyes_does_not_run_by_itself(
    outcome: Outcome, risk: Risk | None, held: bool
) -> None:
    verdict = ruled(rule("mail", outcome), risk=risk)
    assert verdict.outcome is (Outcome.approve if held else outcome)
    assert (f"The agent rates the risk {risk}, so people are asked." in verdict.reasons) is held
    assert ruled(rule("mail", Outcome.block), risk=risk).outcome is Outcome.block


def spending(*rules: Rule, **spent: int) -> Verdict:
    around = Circumstances("support", NOON, "production", spent=spent)
    return Judge(Policy(rules=rules), dict.fromkeys(ACTIONS), DEPLOYMENT).judge(proposal(), around)


@pytest.mark.parametrize("outcome", [Outcome.auto, Outcome.log])
def test_beyond_its_budget_a_rule_asks_people(outcome: Outcome) -> None:
    mail = rule("mail", outcome, budget=3)
    assert spending(mail, mail_too=9).outcome is spending(mail, mail=2).outcome is outcome
    verdict = spending(mail, mail=3)
    assert (verdict.outcome, verdict.reviewers) == (Outcome.approve, (LEADS,))
    assert verdict.reasons == (
        "Rule “mail” lets 3 run by themselves within an hour, and that many did, so people are asked.",
        f"Rule “mail” {'lets it run by itself' if outcome is Outcome.auto else 'lets it run and logs it'}.",
    )


def test_no_other_rule_lets_run_what_is_beyond_a_budget() -> None:
    few, more = rule("few", Outcome.auto, budget=1, reviewers=[RAVI, ZOE], quorum=2), rule("more", Outcome.log)
    verdict = spending(few, more, few=1)
    assert verdict.outcome is Outcome.block  # nobody is a reviewer of both
    verdict = spending(few, rule("more", Outcome.log, reviewers=[MIA, RAVI, ZOE]), few=1)
    assert (verdict.outcome, verdict.reviewers, verdict.quorum) == (Outcome.approve, (RAVI, ZOE), 2)
    assert verdict.rules == ("more", "few")


def test_a_budget_of_a_rule_that_does_not_count_or_decide_holds_nothing() -> None:
    elsewhere = rule("elsewhere", Outcome.auto, budget=1, agents=["other"])
    assert spending(rule("mail", Outcome.auto), elsewhere, elsewhere=1).outcome is Outcome.auto
    assert spending(rule("mail", Outcome.block), rule("few", Outcome.auto, budget=1), few=1).outcome is Outcome.block


@pytest.mark.parametrize(
    ("parts", "default", "editable"),
    [
        ([{}], "allowed", True),
        ([{}], "forbidden", False),
        ([{"edit": "allowed"}], "forbidden", True),
        ([{"edit": "forbidden"}], "allowed", False),
        ([{"edit": "allowed"}, {"edit": "forbidden"}], "allowed", False),
    ],
)
def test_nothing_is_edited_where_one_of_the_rules_forbids_it(
    parts: list[dict[str, object]], default: str, editable: bool
) -> None:
    rules = [rule(f"r{number}", Outcome.approve, **each) for number, each in enumerate(parts)]
    assert ruled(*rules, edit=default).editable is editable


def test_a_condition_that_failed_is_told_with_the_verdict_and_so_is_each_in_the_order_of_their_rules() -> None:
    verdict = ruled(
        rule("c", Outcome.auto),
        rule("b", Outcome.block, when="args.amount > 5"),
        rule("a", Outcome.auto, unless="1 / 0 > 1"),
    )
    assert verdict.outcome is Outcome.block
    assert verdict.rules == ("b", "c")
    assert verdict.reasons == (
        "Rule “b” never lets it run.",
        "`unless` of rule “a” could not be decided (it divides by zero), so the rule does not count.",
        "`when` of rule “b” could not be decided (`amount` is not there), so the rule counts.",
    )


def test_where_no_rule_counts_it_says_why_those_that_might_have_do_not() -> None:
    verdict = ruled(rule("a", Outcome.auto, when="args.amount < 5"))
    assert (verdict.outcome, verdict.rules) == (Outcome.approve, (UNMATCHED,))
    assert verdict.reasons[1:] == (
        "`when` of rule “a” could not be decided (`amount` is not there), so the rule does not count.",
    )


def test_the_findings_stand_beside_the_verdict() -> None:
    rules = (rule("a", Outcome.auto, when="args.amount < 5"), rule("b", Outcome.log), rule("c", Outcome.auto, "delete_*"))
    judge = Judge(Policy(rules=rules), dict.fromkeys(ACTIONS), DEPLOYMENT)
    around = Circumstances("support", NOON, "production")
    judgement = judge.weigh(proposal(), around)
    assert judgement.verdict == judge.judge(proposal(), around)
    assert [(each.rule.name, each.counts) for each in judgement.findings] == [("a", False), ("b", True)]


def test_however_many_actions_are_asked_for_only_so_many_are_remembered() -> None:
    judge = Judge(Policy(rules=()), dict.fromkeys(ACTIONS), DEPLOYMENT)
    for number in range(MOST_ACTIONS + 10):
        verdict = judge.judge(proposal(f"action_{number}"), Circumstances("support", NOON, "production"))
        assert verdict.reasons == (f"No rule is about action_{number}, which support proposes, so people are asked.",)
    assert len(judge._about) <= MOST_ACTIONS


def test_a_bench_keeps_the_judge_while_policy_and_actions_are_the_same() -> None:
    bench, policy, actions = Bench(), Policy(rules=()), dict.fromkeys(ACTIONS)
    judge = bench.judge_of(policy, actions, DEPLOYMENT)
    assert bench.judge_of(policy, actions, DEPLOYMENT) is judge
    assert bench.judge_of(policy, dict(actions), DEPLOYMENT) is not judge
    assert bench.judge_of(Policy(rules=()), actions, DEPLOYMENT).policy is not policy


def test_the_version_does_not_depend_on_the_order_of_rules() -> None:
    one, other = rule("a", Outcome.auto), rule("b", Outcome.log)
    assert Policy(rules=(one, other)).version == Policy(rules=(other, one)).version
