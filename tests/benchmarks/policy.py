"""(e) What judging costs beyond the bare CEL evaluation of the conditions, and verdicts a second on one core.

The policy has 200 rules about 50 actions. The bare evaluation is of the same conditions on the values that the judge would
give them, ready beforehand: one activation for each proposal, one evaluation for each condition about its action.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from math import inf
from typing import Any

from cel_expr_python import cel
from pydantic import AwareDatetime, BaseModel

from policies.circumstances import Circumstances
from policies.conditions.condition import compiled
from policies.conditions.declare import asking
from policies.facts import Names
from policies.judge import Fallback, Judge
from policies.rules import Policy, Rule
from storage.records import Outcome, Proposal
from tests.benchmarks.figures import Figure, Report, Samples, at_least, at_most
from tests.benchmarks.options import Options

TURN = 30  # proposals
RULES = 200
ACTIONS = 50
USUAL = RULES // ACTIONS  # rules about one action
CONDITIONS = (1, USUAL, 10)
AT = datetime(2026, 11, 23, 12, tzinfo=UTC)

_CONDITIONS = (
    "args.amount > 500 && args.country != 'DE'",
    "args.amount > 2000",
    "args.country in ['IR', 'KP']",
    "args.account.startsWith('test-')",
    "args.count >= 10 && environment == 'production'",
    "agent == 'finance' && args.amount > 100",
    "args.country == 'DE' && args.amount > 1000",
    "args.account.matches('^[A-Z]{2}[0-9]+$')",
    "args.urgent || args.amount > 5000",
    "args.count * 2 > 50",
)


class Payment(BaseModel):
    """What is proposed: an amount that is kept as a text, and what else a payment has."""

    amount: Decimal
    country: str
    account: str
    count: int
    urgent: bool
    due: AwareDatetime
    note: str


async def policy(options: Options) -> Report:
    """Judging with so many conditions about one action, and without any."""
    samples, number = Samples(), options.amount(400, 2)
    for _ in range(options.repetitions):
        for conditions in (0, *CONDITIONS):
            _measure(samples, conditions, number)
    rates = [_rate(samples, conditions) for conditions in (0, *CONDITIONS)]
    ratios = [samples.ratio(f"judging / bare CEL, {_of(each)}", f"a verdict, {_of(each)}", f"bare CEL, {_of(each)}", "<= 2",
                            at_most(2)) for each in CONDITIONS]  # fmt: skip
    notes = ("The least processor time of many short turns, which other programs on the machine disturb the least.",)
    return Report("policy: verdicts, one core, 200 rules", (*samples.figures(), *rates, *ratios), notes)


def _of(conditions: int) -> str:
    return f"{conditions} condition" + "s" * (conditions != 1)


def _rate(samples: Samples, conditions: int) -> Figure:
    """Verdicts a second; with the goal where an action has as many rules as is usual among these."""
    rates = tuple(1e6 / each for each in samples.taken[f"a verdict, {_of(conditions)}"][1])
    name = f"verdicts, {_of(conditions)}"
    return Figure(name, "1/s", rates, ">= 20000", at_least(20_000)) if conditions == USUAL else Figure(name, "1/s", rates)


def _measure(samples: Samples, conditions: int, turns: int) -> None:
    judge, proposals = _judge(conditions), [_proposal(number) for number in range(TURN)]
    around = Circumstances("finance", AT, "production")
    names = Names(list(map(compiled, _CONDITIONS[:conditions])), Payment)
    ours, bare = inf, inf
    for _ in range(turns + 1):
        ours = min(ours, _seconds(partial(judge.judge, around=around), proposals))
        values = [names.values(each, around)[0] for each in proposals]
        bare = min(bare, _seconds(partial(_bare, [asking().compile(text) for text in _CONDITIONS[:conditions]]), values))
    samples.add(f"a verdict, {_of(conditions)}", "µs", 1e6 * ours)
    if conditions:
        samples.add(f"bare CEL, {_of(conditions)}", "µs", 1e6 * bare)


def _seconds(work: Callable[[Any], object], each: Sequence[Any]) -> float:
    """Processor time of the work on one of them."""
    began = time.process_time()
    for one in each:
        work(one)
    return (time.process_time() - began) / len(each)


def _bare(expressions: Sequence[cel.Expression], values: Mapping[str, Any]) -> list[object]:
    """What cannot be done without: an activation, and what each expression says of it."""
    activation = asking().Activation(values)
    return [expression.eval(activation).value() for expression in expressions]


def _judge(conditions: int) -> Judge:
    """A judge by 200 rules, so many of them about the first action with a condition each."""
    about_first = [_rule(0, number, condition) for number, condition in enumerate(_CONDITIONS[:conditions])] or [_rule(0, 0)]
    others = [_rule(number % (ACTIONS - 1) + 1, number) for number in range(RULES - len(about_first))]
    models = {f"action_{number}": Payment for number in range(ACTIONS)}
    return Judge(Policy(rules=(*about_first, *others)), models, Fallback(reviewers=("slack:@leads",)))


def _rule(action: int, number: int, when: str | None = None) -> Rule:
    verdict = (Outcome.auto, Outcome.approve, Outcome.log)[number % 3]
    return Rule(name=f"rule {action}.{number}", actions=(f"action_{action}",), verdict=verdict, when=when)


def _proposal(number: int) -> Proposal:
    payment = Payment(
        amount=Decimal(f"{7 * number}.50"), country=("DE", "FR", "IR")[number % 3], account=f"DE{number:08}", count=number,
        urgent=number % 5 == 0, due=AT, note="For the chairs, as agreed.",
    )  # fmt: skip
    return Proposal(action="action_0", arguments=payment.model_dump(mode="json"), target=payment.account, summary="Pay.")
