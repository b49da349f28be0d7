"""What the gate must do, in a page: written from the design, not from the code, and obviously right before fast.

A model knows nothing of transactions, jobs, cards or processes. It is told what happens and says what must be true then.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

LIFE = timedelta(hours=4)


@dataclass
class Asked:
    """One request. People are humans here, not accounts."""

    requester: str
    amount: str
    expires_at: datetime
    quorum: int
    status: str = "pending"
    revision: int = 1
    approvals: set[str] = field(default_factory=set)
    paid: list[str] = field(default_factory=list)


@dataclass
class Model:
    """All requests, and the reviewers that the policy names."""

    reviewers: frozenset[str]
    quorum: int
    requests: dict[str, Asked] = field(default_factory=dict)
    delivered: set[str] = field(default_factory=set)

    def submit(self, name: str, requester: str, amount: str, now: datetime) -> None:
        """An agent proposes for that person."""
        self.requests[name] = Asked(requester, amount, now + LIFE, self.quorum)

    def approve(self, name: str, human: str, revision: int, now: datetime, delivery: str) -> bool:
        """Somebody approves what they see; whether that is what ended it."""
        asked = self._open(name, human, revision, now, delivery)
        if asked is None:
            return False
        asked.approvals.add(human)
        return self._settled(asked)

    def edit(self, name: str, human: str, revision: int, now: datetime, delivery: str, amount: str) -> bool:
        """Somebody approves something else; whether that is what ended it. Earlier approvals were of what it was."""
        asked = self._open(name, human, revision, now, delivery)
        if asked is None:
            return False
        if amount != asked.amount:
            asked.amount, asked.revision, asked.approvals = amount, asked.revision + 1, set()
        asked.approvals.add(human)
        return self._settled(asked)

    def reject(self, name: str, human: str, revision: int, now: datetime, delivery: str) -> bool:
        """One person says no."""
        asked = self._open(name, human, revision, now, delivery)
        if asked is not None:
            asked.status = "rejected"
        return asked is not None

    def cancel(self, name: str, human: str, now: datetime) -> bool:
        """Whoever asked takes it back."""
        asked = self.requests[name]
        if human != asked.requester:
            return False
        self._expire(asked, now)
        if asked.status != "pending":
            return False
        asked.status = "cancelled"
        return True

    def tick(self, now: datetime) -> None:
        """Time has passed."""
        for asked in self.requests.values():
            self._expire(asked, now)

    def claim(self, name: str) -> bool:
        """The approved action begins, if it has not begun before."""
        asked = self.requests[name]
        if asked.status != "approved":
            return False
        asked.status = "executing"
        asked.paid.append(asked.amount)
        return True

    def report(self, name: str, outcome: str) -> None:
        """How the action ended. `unknown` is also what a crash leaves."""
        asked = self.requests[name]
        if asked.status == "executing":
            asked.status = outcome

    def _open(self, name: str, human: str, revision: int, now: datetime, delivery: str) -> Asked | None:
        """The request, if that person can decide on it now."""
        asked = self.requests[name]
        if delivery in self.delivered:
            return None
        self.delivered.add(delivery)
        self._expire(asked, now)
        wrong = asked.status != "pending" or revision != asked.revision
        return None if wrong or human == asked.requester or human not in self.reviewers else asked

    def _expire(self, asked: Asked, now: datetime) -> None:
        if asked.status == "pending" and now >= asked.expires_at:
            asked.status = "expired"

    def _settled(self, asked: Asked) -> bool:
        if len(asked.approvals) >= asked.quorum:
            asked.status = "approved"
        return asked.status == "approved"
