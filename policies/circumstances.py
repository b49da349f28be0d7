"""What a rule may look at besides the proposal: who proposes it, for whom, where and when."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from storage.records import Person, Run


@dataclass(frozen=True)
class Circumstances:
    """Around one proposal. `at` has its zone. `spent` says how often rules with a budget let something run by itself
    within the hour before, by the name of the rule. What is None is not known: rules that ask people or block count then.
    So is what `unknown` names besides: `target`, `evidence`, or a part of the requester such as `requester.email`."""

    agent: str | None
    at: datetime
    environment: str | None
    requester: Person | None = None
    run: Run | None = None
    spent: Mapping[str, int] = field(default_factory=dict)
    unknown: frozenset[str] = frozenset()
