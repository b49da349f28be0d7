"""A proposal that has been made, what became of it, and what people thought of it. Plain values, without I/O."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from policies.circumstances import Circumstances
from storage.records import JsonObject, Outcome, Proposal

Objection = Literal["rejected", "edited"]


@dataclass(frozen=True)
class Answer:
    """What one person answered. `person` is the key of an account; `seconds` were between being asked and the answer."""

    verb: str
    person: str
    at: datetime | None
    seconds: float | None
    reason: str | None = None
    notes: str = ""


@dataclass(frozen=True)
class Change:
    """One argument that people changed, values as text."""

    field: str
    before: str | None
    after: str | None


@dataclass(frozen=True)
class Past:
    """One proposal as the agent made it, and its end.

    `shown` are its arguments without secrets, for people. `decided` and `ran` are those of its evaluation. `hidden` names
    what a condition may look at (`args`, `target`, `evidence`) of which a part was not kept because it is secret; `misfit`
    says why the arguments are none that the action takes today. `checked` is whether the action is a registered one, and
    `claimed` whether it is known which risk the agent itself saw.
    """

    id: str
    request_id: str | None
    run_id: str
    at: datetime
    proposal: Proposal
    around: Circumstances
    shown: JsonObject
    recorded: Outcome
    decided: str
    ran: str
    answers: tuple[Answer, ...] = ()
    changes: tuple[Change, ...] = ()
    hidden: frozenset[str] = frozenset()
    misfit: str | None = None
    checked: bool = True
    claimed: bool = True

    @property
    def objection(self) -> Objection | None:
        """What people had against it: it was rejected, or they did not want it as it was."""
        if self.decided == "reject" or any(answer.verb == "reject" for answer in self.answers):
            return "rejected"
        return "edited" if self.changes else None

    @property
    def unanswered(self) -> bool:
        """People were asked and nobody said yes or no, so nothing is known of whether it was right."""
        return self.decided in ("expired", "cancelled") and self.objection is None
