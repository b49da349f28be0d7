"""Which of the rules about an action count for one proposal, and why. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache

from pydantic import BaseModel

from policies.circumstances import Circumstances
from policies.conditions.condition import Answer, Condition, Failed, compiled
from policies.facts import Facts, Names
from policies.rules import Rule
from storage.records import Outcome, Proposal

MOST_FINDINGS = 64  # of one rule that are remembered


@dataclass(frozen=True)
class Asked:
    """A condition of a rule and what it said. `part` is `when` or `unless`."""

    part: str
    condition: str
    answer: Answer


@dataclass(frozen=True, eq=False)
class Finding:
    """What came of one rule. `because` says why it does not count; `doubt` what could not be decided and what that means.

    It holds nothing of a proposal, so what comes of a rule more than once is one and the same finding."""

    rule: Rule
    counts: bool
    because: str | None = None
    doubt: str | None = None
    asked: tuple[Asked, ...] = ()


class Questions:
    """The rules about one action, ready to be asked. `model` is that of the action's arguments, if it is known."""

    def __init__(self, rules: Sequence[Rule], model: type[BaseModel] | None) -> None:
        self._questions = tuple(map(_Question, rules))
        conditions = [condition for each in self._questions for condition in each.conditions]
        self._names = Names(conditions, model) if conditions else None

    def found(self, proposal: Proposal, around: Circumstances) -> tuple[Finding, ...]:
        """What comes of each of the rules."""
        facts = self._names.facts(proposal, around) if self._names else None
        return tuple([question.finding(around, facts) for question in self._questions])


class _Question:
    """One rule, ready to be asked."""

    def __init__(self, rule: Rule) -> None:
        written = [(part, text) for part, text in (("when", rule.when), ("unless", rule.unless)) if text is not None]
        self._rule, self._lets_run = rule, rule.verdict in (Outcome.auto, Outcome.log)
        self._parts = [part for part, _ in written]
        self.conditions = [compiled(text) for _, text in written]
        self._limited = rule.agents is not None or rule.environments is not None or rule.schedule is not None
        self._decided = lru_cache(maxsize=MOST_FINDINGS)(self._decide)
        self._elsewhere = lru_cache(maxsize=MOST_FINDINGS)(self._look_elsewhere)

    def finding(self, around: Circumstances, facts: Facts | None) -> Finding:
        """What comes of the rule. `facts` may be None where no rule has a condition."""
        if self._limited:
            now = self._rule.schedule is None or self._rule.schedule.covers(around.at)
            if elsewhere := self._elsewhere(around.agent, around.environment, now):
                return elsewhere
        if facts is None or not self.conditions:
            return self._decided((), None)
        values, misfit = facts
        return self._decided(tuple([condition.ask(values) for condition in self.conditions]), misfit)

    def _decide(self, answers: tuple[Answer, ...], misfit: str | None) -> Finding:
        asked = tuple(map(self._asked, self._parts, self.conditions, answers, [misfit] * len(answers)))
        for each in asked:
            if isinstance(each.answer, Failed):
                return self._doubtful(asked, each.part, each.answer.why)
        against = next((each for each in asked if each.answer is not (each.part == "when")), None)
        because = f"`{against.part}` is {'true' if against.answer else 'false'}" if against else None
        return Finding(self._rule, against is None, because, asked=asked)

    def _asked(self, part: str, condition: Condition, answer: Answer, misfit: str | None) -> Asked:
        """An argument that conditions cannot be asked about is why one that looks at arguments failed."""
        blamed = misfit is not None and isinstance(answer, Failed) and "args" in condition.names
        return Asked(part, condition.text, Failed(misfit) if misfit and blamed else answer)

    def _doubtful(self, asked: tuple[Asked, ...], part: str, why: str) -> Finding:
        """A condition that fails must never let something run."""
        doubt = f"`{part}` of rule “{self._rule.name}” could not be decided ({why}), so the rule "
        doubt += "does not count." if self._lets_run else "counts."
        because = "its condition failed" if self._lets_run else None
        return Finding(self._rule, not self._lets_run, because, doubt, asked)

    def _look_elsewhere(self, agent: str | None, environment: str | None, now: bool) -> Finding | None:
        """Why the rule does not count for this agent, in this environment or at this hour. What is not known may be any."""
        rule, because = self._rule, None
        if not self._is_one(agent, rule.agents):
            because = f"it is about other agents than {agent or 'an unknown one'}"
        elif not self._is_one(environment, rule.environments):
            because = f"it is about other environments than {environment or 'an unknown one'}"
        elif not now:
            because = f"it counts at other times: {rule.schedule}"
        return Finding(rule, False, because) if because else None

    def _is_one(self, name: str | None, patterns: Sequence[str] | None) -> bool:
        if name is None:
            return patterns is None or not self._lets_run
        return patterns is None or any(fnmatchcase(name, pattern) for pattern in patterns)
