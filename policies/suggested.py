"""What a suggestion is, and by what it is made."""

from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel

from policies.amendment import Amendment
from policies.experience import Subject
from policies.judge import UNMATCHED
from policies.rules import Policy, Rule, is_glob

Human = Callable[[str], str]


@dataclass(frozen=True)
class Evidence:
    """What a suggestion rests on. `cases` without an objection, or with `failures`; `bound` is what these support at 95 %:
    at most that share when loosening, at least that share when tightening."""

    cases: int
    failures: int
    bound: float
    people: tuple[str, ...]
    examples: tuple[str, ...]
    rejected: int = 0
    edited: int = 0
    unanswered: int = 0
    failed: int = 0
    quick: tuple[str, ...] = ()
    common: tuple[tuple[str, int], ...] = ()  # the most frequent reasons, or the arguments most often edited


@dataclass(frozen=True)
class Suggestion:
    """One change of the policy, and why."""

    kind: Literal["loosen", "tighten"]
    subject: Subject
    says: str
    evidence: Evidence
    amendment: Amendment


@dataclass(frozen=True)
class NotYet:
    """A rule that asks people and is not suggested for loosening, and what speaks against it."""

    subject: Subject
    clean: int
    why: tuple[str, ...]


@dataclass(frozen=True)
class Terms:
    """By what is suggested. `reversible` are the actions that say they can be undone, `bound` is the largest share of
    objections that the evidence must rule out, and `human` names the human that an account belongs to."""

    policy: Policy
    actions: Mapping[str, type[BaseModel] | None]
    reversible: Set[str]
    human: Human = lambda key: key
    bound: float = 0.05


def humans(keys: Set[str], terms: Terms) -> dict[str, str]:
    """One account of each human."""
    return {terms.human(key): key for key in sorted(keys, reverse=True)}


def rule_of(policy: Policy, name: str) -> Rule | None:
    """The rule of that name; None where no rule was about the action."""
    return None if name == UNMATCHED else next((rule for rule in policy.rules if rule.name == name), None)


def alone(rule: Rule) -> bool:
    """Whether the rule is about one action, by its name."""
    return len(rule.actions) == 1 and not is_glob(rule.actions[0])


def free(policy: Policy, wanted: str) -> str:
    """A name that no rule has."""
    taken, base = {rule.name for rule in policy.rules}, wanted[:70]
    return next(name for name in (base, *(f"{base} {number}" for number in range(2, 10_000))) if name not in taken)
