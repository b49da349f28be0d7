"""What comes of each rule about an action, and why."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from pydantic import BaseModel, JsonValue

from policies.circumstances import Circumstances
from policies.conditions.condition import Failed
from policies.findings import Asked, Finding, Questions
from policies.rules import Rule
from storage.records import Evidence, JsonObject, Outcome, Person, Proposal, Run

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)  # a Monday
MIA = Person(key="slack:T1:U0MIA", name="Mia", email="mia@example.com")
RUN = Run(
    id="r1", trace_id="t", agent="finance", agent_version="7", level=2, requester=MIA, origin=None, input="", created_at=NOON
)
BUSINESS = {"zone": "Europe/Berlin", "days": "mon-fri", "hours": "09:00-17:00"}


class Payment(BaseModel):
    amount: Decimal
    password: str = "hunter2"


def proposal(arguments: JsonObject | None = None, **parts: object) -> Proposal:
    given = {"action": "pay", "arguments": arguments or {"amount": "600", "password": "hunter2"}, "target": "Mia"}
    return Proposal.model_validate({**given, "summary": "Pay Mia.", **parts})


def around(**parts: object) -> Circumstances:
    known = {"agent": "finance", "at": NOON, "environment": "production", "requester": MIA, "run": RUN}
    return Circumstances(**{**known, **parts})  # type: ignore[arg-type]


def finding(
    verdict: str = "auto", asked: Proposal | None = None, circumstances: Circumstances | None = None, **parts: object
) -> Finding:
    rule = Rule.model_validate({"name": "a rule", "actions": ["pay"], "verdict": verdict, **parts})
    [found] = Questions([rule], Payment).found(asked or proposal(), circumstances or around())
    assert found.rule is rule
    return found


@pytest.mark.parametrize("verdict", Outcome)
@pytest.mark.parametrize(
    ("when", "unless", "because"),
    [
        (None, None, None),
        ("args.amount > 500", None, None),
        ("args.amount > 700", None, "`when` is false"),
        (None, "args.amount > 700", None),
        (None, "args.amount > 500", "`unless` is true"),
        ("args.amount > 500", "args.amount > 700", None),
        ("args.amount > 500", "agent == 'finance'", "`unless` is true"),
        ("args.amount > 700", "args.amount > 500", "`when` is false"),
    ],
)
def test_a_rule_counts_when_and_unless_its_conditions_say_so(
    verdict: str, when: str | None, unless: str | None, because: str | None
) -> None:
    found = finding(verdict, None, None, when=when, unless=unless)
    assert (found.counts, found.because, found.doubt) == (because is None, because, None)
    assert [each.condition for each in found.asked] == [text for text in (when, unless) if text]


@pytest.mark.parametrize("part", ["when", "unless"])
@pytest.mark.parametrize("condition", ["args.amount / 0.0 > args.missing", "1 / 0 > 1 && args.amount > 500"])
@pytest.mark.parametrize(("verdict", "counts"), [("auto", False), ("log", False), ("approve", True), ("block", True)])
def test_a_condition_that_fails_lets_nothing_run(verdict: str, counts: bool, condition: str, part: str) -> None:
    found = finding(verdict, None, None, **{part: condition})
    assert found.counts is counts
    assert found.doubt is not None
    assert found.doubt.startswith(f"`{part}` of rule “a rule” could not be decided (")
    assert found.doubt.endswith("), so the rule counts." if counts else "), so the rule does not count.")
    assert found.because == (None if counts else "its condition failed")


@pytest.mark.parametrize(("verdict", "counts"), [("auto", False), ("block", True)])
@pytest.mark.parametrize("other", ["false", "true"])
@pytest.mark.parametrize(("failing", "sound"), [("when", "unless"), ("unless", "when")])
def test_a_condition_that_fails_does_so_whatever_the_other_says(
    failing: str, sound: str, other: str, verdict: str, counts: bool
) -> None:
    found = finding(verdict, None, None, **{failing: "1 / 0 > 1", sound: other})
    assert found.counts is counts
    assert found.doubt


def test_what_each_condition_said_is_kept() -> None:
    found = finding(when="args.amount > 500", unless="1 / 0 > 1")
    assert found.asked == (
        Asked("when", "args.amount > 500", True),
        Asked("unless", "1 / 0 > 1", Failed("it divides by zero")),
    )


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ({"amount": "500.00000000000000001"}, "`args.amount` has more digits than can be compared"),
        ({"amount": "hunter2"}, "`args.amount` is not a number"),
        ({"password": "hunter2"}, "`args.amount` is not what the action takes"),
        ({"amount": ["hunter2"]}, "`args.amount` is not what the action takes"),
    ],
)
def test_arguments_that_cannot_be_asked_about_fail_every_condition_that_looks_at_them(
    arguments: JsonObject, why: str
) -> None:
    asked = proposal(arguments)
    found = finding("approve", asked, when="args.amount > 500")
    assert found.doubt == f"`when` of rule “a rule” could not be decided ({why}), so the rule counts."
    assert not finding("auto", asked, unless="args.amount > 500 && agent == 'finance'").counts
    assert finding("auto", asked, when="agent == 'finance'").counts


@pytest.mark.parametrize(
    "condition",
    [
        "action == 'pay'",
        "agent == 'finance'",
        "environment == 'production'",
        "target == 'Mia'",
        "time == timestamp('2026-11-23T12:00:00Z')",
        "run.id == 'r1' && run.level == 2 && run.version == '7'",
        "requester.key == 'slack:T1:U0MIA' && requester.name == 'Mia' && requester.email == 'mia@example.com'",
        "requester.surface == 'slack' && requester.tenant == 'T1' && requester.user == 'U0MIA'",
        "evidence.size() == 1 && evidence[0].title == 'Bill' && evidence[0].link == null",
        "args.amount == 600 && args.password == 'hunter2'",
        "args['amount'] == 600",
    ],
)
def test_conditions_may_look_at(condition: str) -> None:
    asked = proposal(evidence=(Evidence(title="Bill", quote="600"),))
    assert finding("auto", asked, when=condition).counts


@pytest.mark.parametrize("name", ["agent", "environment", "requester", "run"])
def test_what_is_not_known_fails_the_conditions_about_it(name: str) -> None:
    condition = f"{name} == null"
    assert not finding("auto", None, around(**{name: None}), when=condition).counts
    found = finding("block", None, around(**{name: None}), when=condition)
    assert found.counts
    assert f"(`{name}` is not known here)" in (found.doubt or "")


@pytest.mark.parametrize(
    ("asked", "condition"),
    [
        (proposal(target="ls\0; rm -rf /"), "target == 'ls'"),
        (proposal({"amount": "1", "password": "a\0b"}), "args.password == 'a'"),
        (proposal(evidence=(Evidence(title="ok\0", quote=""),)), "evidence[0].title == 'ok'"),
    ],
)
def test_nothing_hides_behind_a_nul(asked: Proposal, condition: str) -> None:
    assert not finding("auto", asked, when=condition).counts
    assert not finding("auto", asked, unless=condition).counts


@pytest.mark.parametrize(
    ("agents", "agent", "counts"),
    [
        (["finance"], "finance", True),
        (["fin*", "x"], "finance", True),
        (["support"], "finance", False),
        (["Finance"], "finance", False),
    ],
)
def test_a_rule_may_be_about_some_agents_only(agents: list[str], agent: str, counts: bool) -> None:
    found = finding("auto", None, around(agent=agent), agents=agents)
    assert found.counts is counts
    assert found.because == (None if counts else "it is about other agents than finance")


def test_a_rule_may_be_about_some_environments_only() -> None:
    assert finding("block", environments=["production"]).counts
    found = finding("block", environments=["staging", "test"])
    assert (found.counts, found.because) == (False, "it is about other environments than production")


@pytest.mark.parametrize("parts", [{"agents": ["*"]}, {"environments": ["production"]}])
@pytest.mark.parametrize(("verdict", "counts"), [("auto", False), ("log", False), ("approve", True), ("block", True)])
def test_where_agent_or_environment_are_not_known_only_strict_rules_count(
    verdict: str, counts: bool, parts: dict[str, object]
) -> None:
    found = finding(verdict, None, around(agent=None, environment=None), **parts)
    assert found.counts is counts
    assert counts or "an unknown one" in (found.because or "")


def test_a_rule_may_count_in_some_hours_only() -> None:
    at_night = around(at=NOON.replace(hour=20))
    assert finding(schedule=BUSINESS).counts
    assert not finding(schedule={**BUSINESS, "outside": True}).counts
    found = finding("auto", None, at_night, schedule=BUSINESS)
    assert (found.counts, found.because) == (
        False,
        "it counts at other times: mon, tue, wed, thu, fri 09:00-17:00 (Europe/Berlin)",
    )
    assert finding("auto", None, at_night, schedule={**BUSINESS, "outside": True}).counts


def test_a_rule_that_is_not_about_this_is_not_asked_anything() -> None:
    found = finding("block", agents=["support"], when="1 / 0 > 1")
    assert (found.counts, found.doubt, found.asked) == (False, None, ())


def test_each_rule_has_a_finding_in_the_order_of_the_file() -> None:
    rules = [Rule.model_validate({"name": name, "actions": ["pay"], "verdict": "auto"}) for name in "cab"]
    assert [each.rule.name for each in Questions(rules, None).found(proposal(), around())] == ["c", "a", "b"]


def test_arguments_of_which_nothing_is_known_are_looked_at_as_they_are() -> None:
    [rule] = [Rule.model_validate({"name": "a", "actions": ["pay"], "verdict": "auto", "when": "args.amount > 500"})]
    cases: list[tuple[JsonValue, bool]] = [(600, True), (400, False), ("600", False), ([600], False)]
    for amount, counts in cases:
        [found] = Questions([rule], None).found(proposal({"amount": amount}), around())
        assert found.counts is counts
