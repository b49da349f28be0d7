"""Judging at a terminal, where nobody proposes: by any policy, of any action, with what is known.

An action without a registered argument model is judged by what it is given, and globs are about it as well. Where neither
the policy nor the deployment names reviewers, an approval has none yet, and a reason says so.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from pydantic import BaseModel

from agents import shipped
from agents.actions import Actions, BadArguments
from bot.flow.arguments import misfit
from bot.settings import Settings
from bot.systems import systems_of
from policies.circumstances import Circumstances
from policies.file import load
from policies.judge import Fallback, Judge, Judgement
from policies.rules import mentionable
from storage.records import JsonObject, Outcome, Person, Proposal, Verdict

UNNAMED = "slack:@somebody"
"""Asked where nobody is named. A group, because how many people a deployment will name is not known."""

NOBODY_NAMED = (
    "Nobody is named to ask: name reviewers in the policy, or set SIGNOFF_REVIEWERS. Until then, Signoff blocks this."
)
LONGEST_KEY = 300  # characters

_MAIL = re.compile(r"[^@\s:]+@[^@\s:]+")
_KEY = re.compile(r"[\w.-]+:[^:\s]+:\S+")
_BY_MAIL = frozenset(f"requester.{part}" for part in ("key", "name", "surface", "tenant", "user"))
_BY_KEY = frozenset({"requester.name", "requester.email"})


class Every(Mapping[str, type[BaseModel] | None]):
    """Every action there could be. Those that are known have their models, and only they are gone through one by one."""

    def __init__(self, known: Mapping[str, type[BaseModel] | None]) -> None:
        self._known = known

    def __getitem__(self, name: str) -> type[BaseModel] | None:
        return self._known.get(name)

    def __contains__(self, name: object) -> bool:
        return True

    def __iter__(self) -> Iterator[str]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)


class NotAPerson(ValueError):
    """What was written names no person; the message says what to write."""


@dataclass(frozen=True)
class Court:
    """Judges by one policy, and, where arguments do not fit an action, as if no rule were about it."""

    actions: Actions
    judge: Judge
    without_rules: Judge

    def weigh(self, proposal: Proposal, around: Circumstances) -> Judgement:
        """The judgement on a proposal whose arguments fit."""
        judgement = self.judge.weigh(proposal, around)
        return Judgement(_named(judgement.verdict), judgement.findings)

    def verdict(self, action: str, arguments: JsonObject, around: Circumstances) -> Verdict:
        """The verdict on any arguments. What does not fit never runs by itself, whatever the rules say; they still block."""
        why, target = None, ""
        if action in self.actions:
            try:
                arguments, target = self.actions[action].normal(arguments)
            except BadArguments as error:
                why = misfit(self.actions[action], arguments, error.errors)
            except Exception as error:  # noqa: BLE001  # an argument model of somebody else's
                why = f"{type(error).__name__}. "
        proposal = Proposal(action=action, arguments=arguments, target=target, summary="")
        if why is None:
            return _named(self.judge.judge(proposal, around))
        cover = self.actions.cover(action, arguments)
        return self._unfit(proposal, around, f"The arguments do not fit, so this cannot run as it is: {cover(why)}")

    def _unfit(self, proposal: Proposal, around: Circumstances, why: str) -> Verdict:
        verdict = self.judge.judge(proposal, around)
        rules = verdict.rules
        if verdict.outcome in (Outcome.auto, Outcome.log):
            verdict = self.without_rules.judge(proposal, around)
        named = _named(verdict)
        reasons = (why, *(named.reasons if named.rules == rules else ()))
        return named.model_copy(update={"reasons": reasons, "rules": rules})


def court_of(settings: Settings, file: Path | None) -> Court:
    """The court for a policy file, or for the deployment's. Raises PolicyError, AgentError."""
    with closing(systems_of(settings)) as systems:
        actions = shipped.actions(systems)
    policy = load(file or settings.policy, Every(mentionable(actions.models)))
    every, fallback = Every(actions.models), Fallback(settings.reviewers or (UNNAMED,), settings.channel)
    bare = policy.model_copy(update={"rules": ()})
    return Court(actions, Judge(policy, every, fallback), Judge(bare, every, fallback))


@lru_cache(maxsize=1024)  # a file of cases is about the same people again and again
def requester_of(written: str) -> tuple[Person, frozenset[str]]:
    """The person whom an e-mail address or a key (`surface:tenant:user`) names, and what is not known of them. Raises
    NotAPerson."""
    if len(written) <= LONGEST_KEY and _MAIL.fullmatch(written):
        return Person(key="unknown:unknown:unknown", name=written, email=written), _BY_MAIL
    if len(written) <= LONGEST_KEY and _KEY.fullmatch(written):
        return Person(key=written, name=written), _BY_KEY
    raise NotAPerson(f"{written[:80]!r} names nobody: write an e-mail address, or surface:tenant:user")


def _named(verdict: Verdict) -> Verdict:
    """The verdict without the reviewer that stands for those who are not named yet."""
    if UNNAMED not in verdict.reviewers:
        return verdict
    return verdict.model_copy(update={"reviewers": (), "reasons": (*verdict.reasons, NOBODY_NAMED)})
