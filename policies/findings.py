"""Which of the rules about an action count for one proposal, and why. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from itertools import product

from pydantic import BaseModel

from policies.circumstances import Circumstances
from policies.conditions.condition import Answer, Failed, compiled
from policies.facts import Facts, Names
from policies.rules import Rule
from storage.records import Outcome, Proposal


@dataclass(frozen=True)
class Asked:
    """A condition of a rule and what it said. `part` is `when` or `unless`."""

    part: str
    condition: str
    answer: Answer


@dataclass(frozen=True)
class Finding:
    """What came of one rule. `because` says why it does not count; `doubt` what could not be decided and what that means."""

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
    """One rule, with what can come of it made beforehand: nothing of that holds anything of a proposal."""

    def __init__(self, rule: Rule) -> None:
        self._rule, self._lets_run = rule, rule.verdict in (Outcome.auto, Outcome.log)
        self._parts = [(part, text) for part, text in (("when", rule.when), ("unless", rule.unless)) if text is not None]
        self._placed = any(each is not None for each in (rule.agents, rule.environments, rule.schedule))
        self.conditions = [compiled(text) for _, text in self._parts]
        self._foreseen: dict[tuple[Answer, ...], Finding] = {
            answers: self._decided(answers) for answers in product((True, False), repeat=len(self._parts))
        }

    def finding(self, around: Circumstances, facts: Facts | None) -> Finding:
        because = self._elsewhere(around) if self._placed else None
        if because is not None:
            return Finding(self._rule, False, because)
        answers = tuple([facts.ask(condition) for condition in self.conditions]) if facts else ()
        return self._foreseen.get(answers) or self._decided(answers)

    def _decided(self, answers: tuple[Answer, ...]) -> Finding:
        asked = tuple(Asked(part, text, answer) for (part, text), answer in zip(self._parts, answers, strict=True))
        for each in asked:
            if isinstance(each.answer, Failed):
                return self._doubtful(asked, each.part, each.answer.why)
        against = next((each for each in asked if each.answer is not (each.part == "when")), None)
        because = f"`{against.part}` is {'true' if against.answer else 'false'}" if against else None
        return Finding(self._rule, against is None, because, asked=asked)

    def _doubtful(self, asked: tuple[Asked, ...], part: str, why: str) -> Finding:
        """A condition that fails must never let something run."""
        doubt = f"`{part}` of rule “{self._rule.name}” could not be decided ({why}), so the rule "
        doubt += "does not count." if self._lets_run else "counts."
        because = "its condition failed" if self._lets_run else None
        return Finding(self._rule, not self._lets_run, because, doubt, asked)

    def _elsewhere(self, around: Circumstances) -> str | None:
        """Why the rule is not about this agent, environment or hour."""
        rule, unknown = self._rule, not self._lets_run
        if rule.agents is not None and not _is_one(around.agent, rule.agents, unknown):
            return f"it is about other agents than {around.agent or 'an unknown one'}"
        if rule.environments is not None and not _is_one(around.environment, rule.environments, unknown):
            return f"it is about other environments than {around.environment or 'an unknown one'}"
        if rule.schedule is not None and not rule.schedule.covers(around.at):
            return f"it counts at other times: {rule.schedule}"
        return None


@lru_cache(maxsize=4096)
def _is_one(name: str | None, patterns: tuple[str, ...], unknown: bool) -> bool:
    return unknown if name is None else any(fnmatchcase(name, pattern) for pattern in patterns)
