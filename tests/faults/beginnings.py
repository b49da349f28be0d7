"""Who and what a simulated world begins with: its people, the rule about payments, its clock and its ids."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from random import Random
from typing import Literal

from policies.rules import Policy
from storage.records import Place
from tests.bot.flow.stage import actions_of, policy_of
from tests.faults.outside import TillDoor
from tests.faults.turns import turns

START = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
FALLBACK = Place(surface="slack", tenant="T1", channel="C9")  # nobody archives this one
TWINS = {"ravi2": "ravi@example.com", "anna2": "anna@example.com"}  # second accounts of the same humans
GIVER, TAKER = "ravi", "dan"  # one may decide in the other's place, while that is lent
REVIEWERS = ("anna", "ravi", "noor", "kim")  # whom the policy names; those of them who ask do not decide


def human(who: str) -> str:
    """Whose voice it is: two accounts of one human have one, and so have somebody and whoever decides in their place."""
    return GIVER if who == TAKER else TWINS.get(who, f"{who}@example.com").partition("@")[0]


@dataclass(frozen=True)
class Rule:
    """What the policy says of payments."""

    verdict: Literal["approve", "block"] = "approve"
    quorum: int = 1
    reviewers: tuple[str, ...] = REVIEWERS
    expires_in: str = "4h"

    def policy(self) -> Policy:
        return _policy(self)


@cache
def _policy(rule: Rule) -> Policy:
    people = ", ".join(f"{name}@example.com" for name in rule.reviewers)
    asked = (
        f"reviewers: [{people}], quorum: {rule.quorum}, expires_in: {rule.expires_in}" if rule.verdict == "approve" else ""
    )
    rules = f"rules:\n  - {{name: payments, actions: [pay], verdict: {rule.verdict}, {asked}}}\n"
    return policy_of(rules, actions_of(TillDoor()))


class SeededIds:
    """Ids that the same seed makes again."""

    def __init__(self, seed: int | str) -> None:
        self._chance = Random(f"ids {seed}")  # noqa: S311

    def new(self, prefix: str) -> str:
        return f"{prefix}_{self._chance.getrandbits(60):012x}"

    def trace(self) -> str:
        return f"{self._chance.getrandbits(128):032x}"

    def span(self) -> str:
        return f"{self._chance.getrandbits(64):016x}"


class SimClock:
    """The time that databases and programs read: the loop's, and what somebody sets it to."""

    def __init__(self) -> None:
        self.stepped, self._loop = timedelta(0), turns()

    def __call__(self) -> datetime:
        return START + timedelta(seconds=self._loop.time()) + self.stepped
