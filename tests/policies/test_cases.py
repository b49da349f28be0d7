"""Tests beside the rules: what they may say, what is wrong with them, and what came of them."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from pydantic import BaseModel, ConfigDict

from policies.cases import WEDNESDAY_NOON
from policies.file import parse
from policies.judge import Fallback, Judge
from policies.problems import PolicyError
from policies.results import Result, results
from policies.rules import Policy, mentionable


class Payment(BaseModel):
    model_config = ConfigDict(extra="forbid")

    amount: Decimal
    to: str = "nobody"


KNOWN = mentionable({"pay": Payment})
POLICY = """\
defaults: {reviewers: [a@b.io, c@d.io]}
rules:
  - {name: small, actions: [pay], verdict: auto, when: args.amount <= 20, agents: [support], budget: 3}
  - {name: large, actions: [pay], verdict: approve, quorum: 2, when: args.amount > 20}
tests:
"""


def policy(test: str) -> Policy:
    return parse(f"{POLICY}  - {{name: t, action: pay, {test}}}\n".encode(), KNOWN, file="p.yaml")


def result(test: str) -> Result:
    made = policy(test)
    [found] = results(made.tests, Judge(made, KNOWN, Fallback()))
    return found


@pytest.mark.parametrize(
    "test",
    [
        "args: {amount: 20}, agent: support, expect: auto",
        'args: {amount: "20.00"}, agent: support, expect: {verdict: auto, rules: [small], risk: low}',
        "args: {amount: 20}, expect: {verdict: approve, rules: [(unmatched)], quorum: 1}",
        "args: {amount: 20}, agent: support, spent: {small: 3}, expect: approve",
        "args: {amount: 20}, agent: support, risk: critical, expect: {verdict: approve, risk: critical}",
        "args: {amount: 21}, expect: {verdict: approve, quorum: 2, reviewers: [c@d.io, A@b.io], edit: allowed}",
        "args: {amount: 21}, expect: {verdict: approve, expires_in: 4h, escalate_to: []}",
        "args: {amount: 21}, requester: mia@example.com, environment: prod, target: x, expect: approve",
    ],
)
def test_a_test_passes_where_the_verdict_is_as_expected(test: str) -> None:
    assert result(test).misses == ()


@pytest.mark.parametrize(
    ("test", "part", "expected", "found"),
    [
        ("args: {amount: 21}, expect: auto", "verdict", "auto", "approve"),
        ("args: {amount: 21}, expect: {verdict: approve, rules: [small, large]}", "rules", "large, small", "large"),
        ("args: {amount: 21}, expect: {verdict: approve, quorum: 1}", "quorum", "1", "2"),
        ("args: {amount: 21}, expect: {verdict: approve, reviewers: [a@b.io]}", "reviewers", "a@b.io", "a@b.io, c@d.io"),
        ("args: {amount: 21}, expect: {verdict: approve, edit: forbidden}", "edit", "forbidden", "allowed"),
    ],
)
def test_a_failing_test_says_what_was_expected_and_found(test: str, part: str, expected: str, found: str) -> None:
    [miss] = result(test).misses
    assert (miss.part, miss.expected, miss.found) == (part, expected, found)


def test_a_failing_test_says_why() -> None:
    assert list(result("args: {amount: 21}, agent: support, expect: auto").why()) == [
        "Rule “large” asks people first.",
        "Rule “small” does not count: `when` is false.",
    ]


@pytest.mark.parametrize(
    ("test", "said"),
    [
        ("expect: aut, args: {amount: 1}", "6:36: tests[0].expect.verdict: 'aut' is not one of auto, log"),
        ("expect: {verdict: auto, qorum: 2}, args: {amount: 1}", "6:52: tests[0].expect.qorum: unknown key: did you mean"),
        ("expect: true, args: {amount: 1}", "6:36: tests[0].expect: write auto, log, approve or block, or keys"),
        ("args: {amount: 1}", "6:5: tests[0].expect: is missing: add it"),
        ("expect: auto, args: {amuont: 1, amount: 1}", "6:49: tests[0].args.amuont: the action has no such"),
        ("expect: auto, args: {}", "6:48: tests[0].args.amount: field required"),
        ("expect: auto, args: {amount: many}", "6:57: tests[0].args.amount: input should be a valid decimal"),
        ("expect: auto, args: 3", "6:48: tests[0].args: write names and values here"),
        ("expect: {verdict: auto, rules: [smal]}, args: {amount: 1}", "6:60: tests[0].expect.rules[0]: there is no rule"),
        ("expect: auto, args: {amount: 1}, spent: {smll: 3}", "6:69: tests[0].spent.smll: there is no rule 'smll'"),
        ("expect: auto, args: {amount: 1}, at: noon", "6:65: tests[0].at: write a point in time with its zone"),
        ("expect: auto, args: {amount: 1}, at: 2026-02-30 09:00 UTC", "6:65: tests[0].at: there is no such time"),
        ("expect: auto, args: {amount: 1}, at: 2026-02-03 09:00 Mars", "6:65: tests[0].at: there is no such time"),
        ("expect: auto, args: {amount: 1}, requester: mia", "6:72: tests[0].requester: 'mia' is nobody"),
        ("expect: auto, args: {amount: 1}, agnet: x", "6:61: tests[0].agnet: unknown key: did you mean 'agent'?"),
    ],
)  # fmt: skip
def test_mistakes_in_tests_have_their_place_and_advice(test: str, said: str) -> None:
    with pytest.raises(PolicyError) as caught:
        policy(test)
    [told] = [line for line in str(caught.value).splitlines() if "args.amount: field" not in line or "field" in said]
    assert told.startswith(f"p.yaml:{said}")


def test_an_action_that_nobody_knows_and_a_name_used_twice_are_mistakes() -> None:
    tests = "\n  - {name: t, action: pya, expect: auto}\n  - {name: t, action: pay, args: {amount: 1}, expect: auto}\n"
    text = f"rules: []\ntests:{tests}"
    with pytest.raises(PolicyError) as caught:
        parse(text.encode(), KNOWN, file="p.yaml")
    action, name = str(caught.value).splitlines()
    assert action == "p.yaml:3:23: tests[0].action: there is no action 'pya': did you mean 'pay'?"
    assert name == "p.yaml:4:12: tests[1].name: 't' is the name of tests[0] already: give each test its own"


@pytest.mark.parametrize(
    ("written", "at"),
    [
        ("2026-11-23 09:30 Europe/Berlin", datetime(2026, 11, 23, 8, 30, tzinfo=UTC)),
        ("2026-07-23 9:30 Europe/Berlin", datetime(2026, 7, 23, 7, 30, tzinfo=UTC)),
        ("2026-11-23T09:30:00Z", datetime(2026, 11, 23, 9, 30, tzinfo=UTC)),
        ("2026-11-23 09:30+01:00", datetime(2026, 11, 23, 8, 30, tzinfo=UTC)),
    ],
)
def test_times_are_written_with_their_zone(written: str, at: datetime) -> None:
    assert policy(f"args: {{amount: 1}}, expect: auto, at: {written}").tests[0].at == at


def test_a_test_without_a_time_is_always_at_the_same_one() -> None:
    assert policy("args: {amount: 1}, expect: auto").tests[0].at == WEDNESDAY_NOON


def test_tests_do_not_change_the_version() -> None:
    assert policy("args: {amount: 1}, expect: auto").version == parse(POLICY.replace("tests:\n", "").encode(), KNOWN).version
