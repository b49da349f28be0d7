"""Which of the rules about an action count for one proposal, and why. Pure."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Any

from cel_expr_python import cel
from pydantic import BaseModel

from policies.circumstances import Circumstances
from policies.conditions.condition import Answer, Failed, compiled, facts
from policies.conditions.shapes import Anything, plain, shape_of
from policies.rules import Rule
from storage.records import Outcome, Person, Proposal, Run

_MISSING = re.compile('No value with name "([^"]*)"')


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


def found(
    rules: Sequence[Rule], proposal: Proposal, around: Circumstances, model: type[BaseModel] | None
) -> tuple[Finding, ...]:
    """What comes of each rule about the proposal's action, whose arguments have the model, if that is known."""
    known = _Facts(rules, proposal, around, model)
    return tuple(_finding(rule, around, known) for rule in rules)


def _finding(rule: Rule, around: Circumstances, known: "_Facts") -> Finding:
    because = _elsewhere(rule, around)
    if because or (rule.when is None and rule.unless is None):
        return Finding(rule, because is None, because)
    asked = tuple(known.ask(rule))
    failed = next((each for each in asked if isinstance(each.answer, Failed)), None)
    if failed is not None:
        return _doubtful(rule, asked, failed)
    against = next((each for each in asked if each.answer is not (each.part == "when")), None)
    because = f"`{against.part}` is {'true' if against.answer else 'false'}" if against else None
    return Finding(rule, against is None, because, asked=asked)


def _doubtful(rule: Rule, asked: tuple[Asked, ...], failed: Asked) -> Finding:
    """A condition that fails must never let something run."""
    why = failed.answer.why if isinstance(failed.answer, Failed) else ""
    lets_run = rule.verdict in (Outcome.auto, Outcome.log)
    doubt = f"`{failed.part}` of rule “{rule.name}” could not be decided ({why}), so the rule "
    doubt += "does not count." if lets_run else "counts."
    return Finding(rule, not lets_run, "its condition failed" if lets_run else None, doubt, asked)


def _elsewhere(rule: Rule, around: Circumstances) -> str | None:
    """Why a rule is not about this agent, environment or hour."""
    lets_run = rule.verdict in (Outcome.auto, Outcome.log)
    if rule.agents is not None and not _is_one(around.agent, rule.agents, unknown=not lets_run):
        return f"it is about other agents than {around.agent or 'an unknown one'}"
    if rule.environments is not None and not _is_one(around.environment, rule.environments, unknown=not lets_run):
        return f"it is about other environments than {around.environment or 'an unknown one'}"
    if rule.schedule is not None and not rule.schedule.covers(around.at):
        return f"it counts at other times: {rule.schedule}"
    return None


def _is_one(name: str | None, patterns: Sequence[str], *, unknown: bool) -> bool:
    return unknown if name is None else any(fnmatchcase(name, pattern) for pattern in patterns)


class _Facts:
    """What the conditions of some rules are asked of, made when the first of them is asked."""

    def __init__(
        self, rules: Sequence[Rule], proposal: Proposal, around: Circumstances, model: type[BaseModel] | None
    ) -> None:
        self._rules, self._proposal, self._around, self._model = rules, proposal, around, model

    def ask(self, rule: Rule) -> Iterator[Asked]:
        for part, text in (("when", rule.when), ("unless", rule.unless)):
            if text is not None:
                yield Asked(part, text, self._answer(text))

    def _answer(self, text: str) -> Answer:
        values, misfits = self._made
        if isinstance(values, Failed):
            return values
        answer = compiled(text).ask(values)
        missing = isinstance(answer, Failed) and _MISSING.search(answer.why)
        if not missing:
            return answer
        return Failed(misfits.get(missing[1], f"`{missing[1]}` is not known here"))

    @cached_property
    def _made(self) -> tuple[cel.Activation | Failed, Mapping[str, str]]:
        """The values of the names that the conditions hold, and why there is none of some."""
        texts = {text for rule in self._rules for text in (rule.when, rule.unless) if text is not None}
        values: dict[str, Any] = {}
        misfits: dict[str, str] = {}
        for name in sorted({name for text in texts for name in compiled(text).names}):
            try:
                value = self._value(name)
            except ValueError as error:
                misfits[name] = f"`{name}` {error}"
            else:
                values |= {} if value is None else {name: value}
        return facts(values), misfits

    def _value(self, name: str) -> Any:
        """The value of a name; None where it is not known. Raises ValueError where arguments are not what they must be."""
        proposal, around = self._proposal, self._around
        if name in around.unknown:
            return None
        match name:
            case "args":
                return plain(shape_of(self._model) if self._model else Anything(), proposal.arguments)
            case "evidence":
                return [item.model_dump(mode="json") for item in proposal.evidence]
            case "requester":
                return around.requester and _person(around.requester, around.unknown)
            case "run":
                return around.run and _run(around.run)
            case "time":
                return around.at
            case "agent" | "environment":
                return getattr(around, name)
            case _:
                return getattr(proposal, name)


def _person(person: Person, unknown: frozenset[str]) -> dict[str, Any]:
    parts = ("key", "name", "email", "surface", "tenant", "user")
    return {name: getattr(person, name) for name in parts if f"requester.{name}" not in unknown}


def _run(run: Run) -> dict[str, Any]:
    return {"id": run.id, "level": run.level, "version": run.agent_version}
