"""Past proposals judged again by another policy, each in the circumstances in which it was made. Pure but for its ledger."""

from collections import deque
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from policies.conditions.condition import compiled
from policies.findings import Finding
from policies.judge import Judge, Judgement
from policies.past import Past
from storage.records import Outcome

HOUR = timedelta(hours=1)
LETS_RUN = (Outcome.auto, Outcome.log)


@dataclass(frozen=True)
class Retold:
    """What a policy would have said. `winning` are the rules that say it, `rules` all that count. `doubt` says why it could
    not be judged again; then it is counted as asked about."""

    outcome: Outcome
    winning: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    doubt: str | None = None

    @property
    def runs(self) -> bool:
        """Whether it would have run without anybody being asked."""
        return self.outcome in LETS_RUN


class Ledger:
    """When rules with a budget let something run. Of each, only as many moments are kept as its budget has."""

    def __init__(self) -> None:
        self._moments: dict[str, deque[datetime]] = {}

    def spent(self, at: datetime) -> dict[str, int]:
        """How often each let something run within the hour before; what is beyond its budget is not counted."""
        begin = at - HOUR
        return {rule: sum(begin < moment <= at for moment in moments) for rule, moments in self._moments.items()}

    def spend(self, rule: str, budget: int, at: datetime) -> None:
        """Something ran by this rule."""
        self._moments.setdefault(rule, deque(maxlen=budget)).append(at)


class Replay:
    """Judges past proposals by one policy. They have to come in the order of time, because budgets are counted."""

    def __init__(self, judge: Judge) -> None:
        self._judge, self._ledger = judge, Ledger()
        self._budgets = {rule.name: rule.budget for rule in judge.policy.rules if rule.budget is not None}

    def tell(self, past: Past) -> Retold:
        """What the policy would have said of it."""
        if past.misfit is not None:
            return Retold(Outcome.approve, doubt=past.misfit)
        around = replace(past.around, spent=self._ledger.spent(past.at))
        told = _told(past, self._judge.weigh(past.proposal, around))
        if told.runs:
            self._spend(told, past.at)
        return told

    def _spend(self, told: Retold, at: datetime) -> None:
        for rule in told.winning:
            if rule in self._budgets:
                self._ledger.spend(rule, self._budgets[rule], at)


def _told(past: Past, judgement: Judgement) -> Retold:
    unsure = [finding for finding in judgement.findings if _looks_at(finding, past.hidden)]
    sure = [finding for finding in judgement.findings if finding not in unsure]
    rules, outcome = judgement.verdict.rules, judgement.verdict.outcome
    if unsure and not any(finding.counts and finding.rule.verdict is Outcome.block for finding in sure):
        named = ", ".join(f"“{finding.rule.name}”" for finding in unsure)
        return Retold(Outcome.approve, rules=rules, doubt=f"rule {named} looks at what was hidden as secret")
    if not past.checked and outcome in LETS_RUN:  # nobody can check the arguments of an action that is not registered
        outcome = Outcome.approve
    winning = tuple(each.rule.name for each in judgement.findings if each.counts and each.rule.verdict is outcome)
    return Retold(outcome, winning, rules)


def _looks_at(finding: Finding, hidden: frozenset[str]) -> bool:
    return bool(hidden) and any(compiled(asked.condition).names & hidden for asked in finding.asked)
