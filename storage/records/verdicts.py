"""What a policy says of a proposal."""

from enum import StrEnum
from typing import Any

from pydantic import Field, model_validator

from storage.records.base import Record


class Risk(StrEnum):
    """How bad it is when an action goes wrong, in words that a card can show."""

    low = "low"
    medium = "medium"
    high = "high"
    critical = "critical"

    @property
    def rank(self) -> int:
        """Position from least (0) to most (3) severe."""
        return list(Risk).index(self)


class Outcome(StrEnum):
    """What a policy lets happen with a proposal, from least to most restrictive."""

    auto = "auto"
    log = "log"
    approve = "approve"
    block = "block"

    @property
    def rank(self) -> int:
        """Position from least (0) to most (3) restrictive."""
        return list(Outcome).index(self)


class Verdict(Record):
    """What a policy says of one proposal, with everything that the gate needs to act on it."""

    outcome: Outcome
    risk: Risk
    reasons: tuple[str, ...]
    rules: tuple[str, ...]
    policy_version: str
    reviewers: tuple[str, ...] = ()
    quorum: int = Field(default=1, ge=1)
    exclude_requester: bool = True
    editable: bool = True  # whether reviewers may change arguments
    channels: tuple[str, ...] = ()  # where to ask, as the policy names them: `C0123`, `#name`, `teams:19:abc@thread.tacv2`
    log_channels: tuple[str, ...] = ()  # where a line is written under `log`; where none is named, the channels above
    expires_in: int = Field(default=4 * 3600, ge=1)  # seconds
    reminders: tuple[float, ...] = (0.5, 0.9)  # when reviewers are reminded, as shares of the time they have
    escalate_to: tuple[str, ...] = ()  # who may decide as well, from `escalate_after` on
    escalate_after: int | None = None  # seconds; set where `escalate_to` names somebody

    @model_validator(mode="before")
    @classmethod
    def _as_stored_before(cls, data: Any) -> Any:
        """Verdicts that were stored when there could be one channel only."""
        if not isinstance(data, dict) or "channel" not in data:
            return data
        kept = {name: value for name, value in data.items() if name != "channel"}
        return {**kept, "channels": () if data["channel"] is None else (data["channel"],)}

    def stricter_than(self, other: "Verdict") -> bool:
        """Whether this verdict asks for more than `other` did: outcome, risk or, where both ask people, people or time."""
        return (
            self.outcome.rank > other.outcome.rank
            or self.risk.rank > other.risk.rank
            or (self.outcome is Outcome.approve and other.outcome is Outcome.approve and self._asks_more(other))
        )

    def _asks_more(self, other: "Verdict") -> bool:
        return (
            self.quorum > other.quorum
            or (self.exclude_requester and not other.exclude_requester)
            or (other.editable and not self.editable)
            or bool(set(other.reviewers) - set(self.reviewers))
            or bool(set(other.escalate_to) - {*self.escalate_to, *self.reviewers})
            or self.expires_in < other.expires_in
        )
