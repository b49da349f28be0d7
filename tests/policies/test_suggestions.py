"""Suggestions against counting by hand, over generated histories: nothing is loosened that its evidence does not bear."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from statistics import median

from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, Field

from policies.amendment import amended
from policies.bounds import highest
from policies.circumstances import Circumstances
from policies.experience import LIMITS, Experience
from policies.judge import Fallback, Judge
from policies.past import Answer, Change, Past
from policies.replay import Replay
from policies.rules import Policy
from policies.suggested import NotYet, Suggestion, Terms
from policies.suggestions import suggestions
from storage.records import Outcome, Person, Proposal

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
MIA = Person(key="slack:T1:UMIA", name="Mia")
BOUND = 0.3  # nine decisions support it
TAKES = Fallback(("ravi@example.com",))


class Pay(BaseModel):
    amount: Decimal = Field(gt=0)


ACTIONS: dict[str, type[BaseModel] | None] = {"pay": Pay}
POLICY = Policy.model_validate({"rules": [{"name": "payments", "actions": ["pay"], "verdict": "approve"}]})
TERMS = Terms(POLICY, ACTIONS, frozenset({"pay"}), bound=BOUND)


def past(number: int, amount: int, verb: str, person: str, seconds: float) -> Past:
    answers = () if verb == "expired" else (Answer(verb, person, START, seconds),)
    return Past(
        id=f"req_{number}", request_id=f"req_{number}", run_id=f"run_{number}", at=START + timedelta(minutes=number),
        proposal=Proposal(action="pay", arguments={"amount": f"{amount}.00"}, target="", summary=""),
        around=Circumstances("payer", START + timedelta(minutes=number), "production", MIA), shown={},
        recorded=Outcome.approve, decided=verb, ran="succeeded", answers=answers,
        changes=(Change("amount", f"{amount}.00", "1.00"),) if verb == "edit" else (),
    )  # fmt: skip


PEOPLE = st.sampled_from(["ravi", "noor", "dan", MIA.key])
VERBS = st.sampled_from(["approve"] * 40 + ["reject", "edit", "expired"])
CASES = st.tuples(st.sampled_from([1, 5, 9, 10, 20, 45, 90]), VERBS, PEOPLE, st.sampled_from([2.0, 8.0, 30.0, 60.0, 400.0]))
HISTORIES = st.lists(CASES, min_size=15, max_size=60).map(
    lambda cases: [past(number, *case) for number, case in enumerate(cases)]
)


def told(history: list[Past]) -> tuple[tuple[Suggestion, ...], tuple[NotYet, ...]]:
    replay, experience = Replay(Judge(POLICY, ACTIONS, TAKES)), Experience(ACTIONS)
    for each in history:
        experience.add(each, replay.tell(each))
    return suggestions(experience, TERMS)


def careful(history: list[Past]) -> set[str]:
    """Who took at least five seconds in the middle of all they decided; where the middle is between two, at both."""
    taken: dict[str, list[float]] = {}
    for each in history:
        for answer in each.answers:
            taken.setdefault(answer.person, []).append(answer.seconds or 0)
    return {who for who, seconds in taken.items() if sorted(seconds)[(len(seconds) - 1) // 2] >= 5 <= median(seconds)}


def witnesses(history: list[Past], limit: float) -> list[str]:
    """Who approved what was at most that much, and took the time, and had not asked for it."""
    trusted = careful(history) - {MIA.key}
    return [
        answer.person
        for each in history
        for answer in each.answers
        if answer.verb == "approve" and answer.person in trusted and float(str(each.proposal.arguments["amount"])) <= limit
    ]


@given(HISTORIES)
@settings(max_examples=120, deadline=None)
def test_what_is_loosened_was_earned(history: list[Past]) -> None:
    made, waiting = told(history)
    loosened = [each for each in made if each.kind == "loosen"]
    assert len(loosened) + len(waiting) == 1
    for each in loosened:
        replay = Replay(Judge(amended(POLICY, each.amendment), ACTIONS, TAKES))
        runs = [case for case in history if replay.tell(case).runs]
        assert runs
        assert not any(case.objection for case in runs)
        limit = max(float(str(case.proposal.arguments["amount"])) for case in runs)
        who = witnesses(history, limit)
        assert each.evidence.cases == len(who) >= 9
        assert set(each.evidence.people) <= set(who)
        assert len(set(who)) >= 2
        narrowed = any(case.objection for case in history)
        assert each.evidence.bound == (BOUND if narrowed else highest(0, len(who)))


@given(HISTORIES)
@settings(max_examples=120, deadline=None)
def test_what_is_not_loosened_lacks_something(history: list[Past]) -> None:
    """No limit that people write would have been supported either."""
    _, waiting = told(history)
    if not waiting:
        return
    quick = [answer.seconds or 0 for each in history for answer in each.answers]
    hasty = bool(quick) and sum(each < 5 for each in quick) * 2 >= len(quick)
    against = [float(str(each.proposal.arguments["amount"])) for each in history if each.objection]
    limits = [limit for limit in LIMITS if limit < min(against)] if against else [float("inf")]
    supported = [who for limit in limits if len(who := witnesses(history, limit)) >= 9 and len(set(who)) >= 2]
    assert hasty or not supported
    assert waiting[0].why


def test_a_limit_is_the_first_round_number_above_what_was_seen() -> None:
    history = [past(n, 9, "approve", ("ravi", "noor")[n % 2], 30) for n in range(30)]
    [suggestion] = told([*history, past(40, 90, "reject", "ravi", 30)])[0]
    assert "up to amount 10," in suggestion.says
