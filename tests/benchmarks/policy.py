"""(e) Verdicts a second on one core, and what judging costs beyond the bare CEL evaluation of the conditions.

The policy has 200 rules about 50 actions. Each proposal has arguments of its own; the same conditions are asked bare, of
values that are there already: one activation, one evaluation for each condition that can matter.
"""

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal

from cel_expr_python import cel
from pydantic import AwareDatetime, BaseModel

from policies.circumstances import Circumstances
from policies.conditions.declare import asking
from policies.judge import Fallback, Judge
from policies.rules import Policy, Rule
from storage.records import Outcome, Proposal
from tests.benchmarks.figures import Report, Samples, at_least, at_most
from tests.benchmarks.options import Options

RULES = 200
ACTIONS = 50
CONDITIONS = (1, 4, 10)
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
    samples, number = Samples(), options.amount(20_000, 20)
    for _ in range(options.repetitions):
        for conditions in (0, *CONDITIONS):
            _measure(samples, conditions, number)
    ratios = [
        samples.ratio(f"bare / judging, {each} conditions", f"bare CEL, {each}", f"verdicts, {each}", "<= 2", at_most(2))
        for each in CONDITIONS
    ]
    return Report("policy: verdicts, 200 rules", (*samples.figures(), *ratios), ())


def _measure(samples: Samples, conditions: int, number: int) -> None:
    judge, proposals = _judge(conditions), [_proposal(each) for each in range(number)]
    around = Circumstances("finance", AT, "production")
    samples.add(f"verdicts, {conditions}", "1/s", _rate(lambda each: judge.judge(each, around), proposals))
    if conditions:
        expressions = [asking().compile(text) for text in _CONDITIONS[:conditions]]
        samples.add(f"bare CEL, {conditions}", "1/s", _rate(_bare(expressions), [_values(each) for each in proposals]))
