"""What holds for every policy: one more rule never loosens a verdict, nothing unsound lets anything run."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from policies.circumstances import Circumstances
from policies.judge import UNMATCHED, Fallback, Judge
from policies.rules import Defaults, Policy, Rule
from storage.records import Outcome, Proposal, Risk, Verdict
from tests.policies.judging import NOON

LEADS, RAVI, MIA, ZOE = "slack:@leads", "ravi@example.com", "mia@example.com", "zoe@example.com"
LETS_RUN = (Outcome.auto, Outcome.log)


class Payment(BaseModel):
    amount: Decimal
    country: str
    note: Any = None


ACTIONS: Mapping[str, type[BaseModel] | None] = {"send_money": Payment, "send_email": None, "delete_data": None}

LOOKING = (
    "args.amount > 500", "args.amount <= 500", "args.amount != 3", "!(args.amount == 3)", "args['amount'] > 5",
    "args.amount < 500 && agent == 'a'", "args.amount > 5.5 || args.amount < 5", "args == args && args.amount > 1",
)  # fmt: skip
"""Conditions that cannot be decided without the amount."""
CONDITIONS = (
    *LOOKING, "args.country != 'DE'", "args.note == null", "args.missing == 1", "1 / 0 > 1", "agent == 'a'", "true", "false",
    "environment == 'production' || args.amount > 5", "requester.email == ''", "time.getHours() < 12", "args.note.deep > 1",
)  # fmt: skip
ABSURD: st.SearchStrategy[Any] = st.sampled_from(
    [
        None,
        True,
        "",
        "x",
        "NaN",
        "-Infinity",
        "1e400",
        "500.00000000000000001",
        2**53,
        -(2**64),
        10**400,
        [],
        {},
        float("nan"),
    ]
)

PEOPLE = st.lists(st.sampled_from([LEADS, RAVI, MIA, ZOE]), min_size=1, max_size=4, unique=True)
PARTS = {
    "risk": st.sampled_from(Risk),
    "reviewers": PEOPLE,
    "expires_in": st.integers(1, 100_000),
    "quorum": st.integers(1, 3),
    "exclude_requester": st.booleans(),
    "channel": st.sampled_from(["#a", "#b"]),
    "reminders": st.lists(st.sampled_from([0.2, 0.5, 0.9]), max_size=2),
    "escalate_to": st.lists(st.sampled_from([LEADS, RAVI, MIA, ZOE]), max_size=2),
    "escalate_after": st.integers(1, 100_000),
    "edit": st.sampled_from(["allowed", "forbidden"]),
}
SCHEDULES = st.fixed_dictionaries(
    {"zone": st.sampled_from(["UTC", "Asia/Tokyo"]), "hours": st.just("09:00-17:00"), "outside": st.booleans()}
)
PATTERNS = st.sampled_from(["*", "send_*", "send_money", "send_email", "delete_*", "unheard_of"])
NUMBER = st.integers(0, 10**9)


def rules(conditions: Sequence[str] | None = None, outcomes: Sequence[Outcome] = tuple(Outcome)) -> Any:
    """Rules of any kind, each with a name of its own; with these conditions if they are given."""
    asked = st.sampled_from(CONDITIONS if conditions is None else conditions)
    needed: dict[str, Any] = {
        "name": st.uuids().map(lambda uuid: f"rule {uuid}"),
        "actions": st.lists(PATTERNS, min_size=1, max_size=2),
        "verdict": st.sampled_from(outcomes),
    }
    optional: dict[str, Any] = {
        "agents": st.lists(st.sampled_from(["a", "b*"]), min_size=1),
        "environments": st.lists(st.sampled_from(["production", "test"]), min_size=1),
        "schedule": SCHEDULES,
        "budget": st.integers(1, 3),
    }
    optional["unless"] = asked
    (needed if conditions is not None else optional)["when"] = asked
    return st.fixed_dictionaries(needed, optional={**PARTS, **optional}).map(Rule.model_validate)


SEVERAL = st.lists(rules(), max_size=5)
DEFAULTS = st.fixed_dictionaries({}, optional=PARTS).map(Defaults.model_validate)
FALLBACKS = st.builds(Fallback, st.just(()) | PEOPLE.map(tuple), st.sampled_from(["#x", None]))
ARGUMENTS = st.fixed_dictionaries(
    {},
    optional={
        "amount": st.sampled_from(["3", "500", "600.50", 3, 600]) | ABSURD,
        "country": st.sampled_from(["DE", "FR", "ＤＥ", 7]),
        "note": st.none() | ABSURD | st.just({"deep": 2}),
        "other": st.just(1),
    },
)
PROPOSALS = st.builds(
    Proposal,
    action=st.sampled_from([*ACTIONS, "unheard_of"]),
    arguments=ARGUMENTS,
    target=st.just("x"),
    summary=st.just("s"),
    risk=st.none() | st.sampled_from(Risk),
)
PLACES = st.builds(
    Circumstances,
    agent=st.sampled_from(["a", "bob", None]),
    at=NUMBER.map(lambda minutes: NOON + timedelta(minutes=minutes % 10_000)),
    environment=st.sampled_from(["production", "test", None]),
)


def spending(around: Circumstances, spent: Random, held: list[Rule]) -> Circumstances:
    """The same circumstances, where rules have let run so many."""
    counts = {rule.name: spent.randint(0, 3) for rule in sorted(held, key=lambda rule: rule.name)}
    return Circumstances(around.agent, around.at, around.environment, spent=counts)


def judge(defaults: Defaults, held: list[Rule], fallback: Fallback) -> Judge:
    return Judge(Policy(defaults=defaults, rules=tuple(held)), ACTIONS, fallback)


CASE = {
    "defaults": DEFAULTS,
    "fallback": FALLBACKS,
    "asked": PROPOSALS,
    "around": PLACES,
    "random": st.randoms(use_true_random=False),
}


@settings(deadline=None)
@given(**CASE, present=SEVERAL, added=rules(), place=st.integers(0, 5))
def test_one_more_rule_about_a_matched_action_never_loosens_it(
    defaults: Defaults, fallback: Fallback, asked: Proposal, around: Circumstances, random: Random,
    present: list[Rule], added: Rule, place: int,
) -> None:  # fmt: skip
    around = spending(around, random, [*present, added])
    before = judge(defaults, present, fallback).judge(asked, around)
    after = judge(defaults, [*present[:place], added, *present[place:]], fallback).judge(asked, around)
    if before.rules == (UNMATCHED,):
        return
    assert after.outcome.rank >= before.outcome.rank
    assert after.risk.rank >= before.risk.rank
    assert set(after.rules) >= set(before.rules)
    if before.outcome is after.outcome is Outcome.approve:
        _asks_no_less(before, after)


def _asks_no_less(before: Verdict, after: Verdict) -> None:
    assert after.quorum >= before.quorum
    assert after.expires_in <= before.expires_in
    assert set(after.reviewers) <= set(before.reviewers)
    assert after.exclude_requester >= before.exclude_requester
    assert after.editable <= before.editable
    assert set(after.reminders) >= set(before.reminders)
    assert set(after.escalate_to) <= {*before.reviewers, *before.escalate_to}
    early = set(after.escalate_to) & set(before.escalate_to)
    assert not early or (after.escalate_after or 0) >= (before.escalate_after or 0)


@settings(deadline=None)
@given(**CASE, present=SEVERAL)
def test_the_order_of_rules_changes_nothing_but_the_channels(
    defaults: Defaults, fallback: Fallback, asked: Proposal, around: Circumstances, random: Random, present: list[Rule]
) -> None:
    around = spending(around, random, present)
    mixed = random.sample(present, len(present))
    one, other = (judge(defaults, held, fallback).judge(asked, around) for held in (present, mixed))
    assert one.model_dump(exclude={"channels", "log_channels"}) == other.model_dump(exclude={"channels", "log_channels"})


@settings(deadline=None)
@given(**CASE, present=SEVERAL)
def test_only_rules_that_say_so_let_anything_run_and_only_entitled_people_are_asked(
    defaults: Defaults, fallback: Fallback, asked: Proposal, around: Circumstances, random: Random, present: list[Rule]
) -> None:
    judged = judge(defaults, present, fallback)
    judgement = judged.weigh(asked, spending(around, random, present))
    verdict, counting = judgement.verdict, [each.rule for each in judgement.findings if each.counts]
    if verdict.outcome in LETS_RUN:
        assert counting
        assert all(rule.verdict.rank <= verdict.outcome.rank for rule in counting)
        assert asked.risk not in (Risk.high, Risk.critical)
    if verdict.outcome is Outcome.approve:
        named = {
            *(defaults.reviewers or ()),
            *fallback.reviewers,
            *(one for rule in counting for one in rule.reviewers or ()),
        }
        further = {*defaults.escalate_to, *(one for rule in counting for one in rule.escalate_to or ())}
        assert verdict.reviewers
        assert set(verdict.reviewers) <= named
        assert set(verdict.escalate_to) <= (named | further) - set(verdict.reviewers)
        assert (verdict.escalate_after is not None) == bool(verdict.escalate_to)
        assert (verdict.escalate_after or 0) < verdict.expires_in
    assert verdict.risk.rank >= (asked.risk.rank if asked.risk else 0)
    assert set(verdict.rules) == ({rule.name for rule in counting} or {UNMATCHED})
    assert verdict.reasons


@settings(deadline=None)
@given(**CASE, present=st.lists(rules(LOOKING, LETS_RUN), max_size=4), absurd=ABSURD)
def test_an_absurd_argument_never_lets_anything_run_that_depends_on_it(
    defaults: Defaults, fallback: Fallback, asked: Proposal, around: Circumstances, random: Random,
    present: list[Rule], absurd: Any,
) -> None:  # fmt: skip
    asked = asked.model_copy(update={"action": "send_money", "arguments": {**asked.arguments, "amount": absurd}})
    verdict = judge(defaults, present, fallback).judge(asked, around)
    assert verdict.outcome not in LETS_RUN


@settings(deadline=None)
@given(
    **CASE,
    present=st.lists(rules(["args.missing == 1", "1 / 0 > 1", "args[7] == 1", "args > 5"]), max_size=4),
)
def test_broken_conditions_and_unknown_fields_never_let_anything_run(
    defaults: Defaults, fallback: Fallback, asked: Proposal, around: Circumstances, random: Random, present: list[Rule]
) -> None:
    verdict = judge(defaults, present, fallback).judge(asked, around)
    assert verdict.outcome not in LETS_RUN


@settings(deadline=None)
@given(**CASE, present=SEVERAL)
def test_an_unknown_action_runs_only_where_a_rule_names_it(
    defaults: Defaults, fallback: Fallback, asked: Proposal, around: Circumstances, random: Random, present: list[Rule]
) -> None:
    globs = [rule for rule in present if "unheard_of" not in rule.actions]
    verdict = judge(defaults, globs, fallback).judge(asked.model_copy(update={"action": "unheard_of"}), around)
    assert verdict.outcome not in LETS_RUN


@settings(deadline=None)
@given(
    defaults=DEFAULTS,
    fallback=FALLBACKS,
    present=SEVERAL,
    cases=st.lists(st.tuples(PROPOSALS, PLACES), max_size=6),
    random=st.randoms(use_true_random=False),
)
def test_what_is_remembered_of_earlier_proposals_changes_nothing(
    defaults: Defaults, fallback: Fallback, present: list[Rule], cases: list[tuple[Proposal, Circumstances]], random: Random
) -> None:
    experienced = judge(defaults, present, fallback)
    for asked, place in [*cases, *cases]:
        around = spending(place, random, present)
        assert experienced.judge(asked, around) == judge(defaults, present, fallback).judge(asked, around)
