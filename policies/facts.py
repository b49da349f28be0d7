"""What the conditions about one action are asked of: a value for each name that one of them holds."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from cel_expr_python import cel
from pydantic import BaseModel

from policies.circumstances import Circumstances
from policies.conditions.condition import Condition
from policies.conditions.declare import asking
from policies.conditions.shapes import shape_of
from policies.conditions.values import Misfit, reader, text
from storage.records import Evidence, Person, Proposal, Run

Facts = tuple[cel.Activation, str | None]
"""The values, and why the arguments are not among them if they are not what conditions can be asked about."""


class Names:
    """The names that some conditions about an action hold, and how each gets its value."""

    def __init__(self, conditions: Sequence[Condition], model: type[BaseModel] | None) -> None:
        names = frozenset[str]().union(*(condition.names for condition in conditions))
        self._values = tuple((name, _VALUES[name]) for name in sorted(names - {"args"}))
        self._arguments = reader(shape_of(model), _named(conditions)) if "args" in names else None
        self._activation = asking().Activation

    def facts(self, proposal: Proposal, around: Circumstances) -> Facts:
        """What there is to know of a proposal."""
        values, misfit = self.values(proposal, around)
        return self._activation(values), misfit

    def values(self, proposal: Proposal, around: Circumstances) -> tuple[Mapping[str, Any], str | None]:
        """The values by name. What is not known has none, so that conditions about it fail."""
        values, misfit = {}, None
        for name, value_of in self._values:
            with suppress(Misfit):
                if name not in around.unknown and (value := value_of(proposal, around)) is not None:
                    values[name] = value
        if self._arguments is not None:
            try:
                values["args"] = self._arguments(proposal.arguments)
            except Misfit as error:
                misfit = str(error)
        return values, misfit


def _named(conditions: Sequence[Condition]) -> frozenset[str] | None:
    """The arguments that the conditions name; None where one may look at them all."""
    named: set[str] = set()
    for condition in conditions:
        if condition.arguments is None:
            return None
        named |= condition.arguments
    return frozenset(named)


def _evidence(evidence: Sequence[Evidence]) -> list[dict[str, Any]]:
    return [{"title": text(each.title), "quote": text(each.quote), "link": _text(each.link)} for each in evidence]


def _person(person: Person, unknown: frozenset[str]) -> dict[str, Any]:
    parts = ("key", "name", "email", "surface", "tenant", "user")
    return {name: _text(getattr(person, name)) for name in parts if f"requester.{name}" not in unknown}


def _run(run: Run) -> dict[str, Any]:
    return {"id": text(run.id), "level": run.level, "version": text(run.agent_version)}


def _text(value: str | None) -> str | None:
    return None if value is None else text(value)


_VALUES: Mapping[str, Callable[[Proposal, Circumstances], Any]] = {
    "action": lambda proposal, _: text(proposal.action),
    "agent": lambda _, around: _text(around.agent),
    "environment": lambda _, around: _text(around.environment),
    "evidence": lambda proposal, _: _evidence(proposal.evidence),
    "requester": lambda _, around: around.requester and _person(around.requester, around.unknown),
    "run": lambda _, around: around.run and _run(around.run),
    "target": lambda proposal, _: text(proposal.target),
    "time": lambda _, around: around.at,
}
