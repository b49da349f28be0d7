"""The only way from a proposal to an effect, as the runtime sees it: the port, its outcomes and its signals."""

from dataclasses import dataclass, field
from typing import Protocol

from storage.records import JsonObject, Proposal


class Signal(BaseException):
    """Leaves a workflow without being an error; derived from BaseException so that no `except Exception` swallows it."""


class Parked(Signal):
    """The run waits for people; its rows are all that is left of it."""


class Blocked(Signal):
    """The policy never lets this proposal happen; the run ends with the reason."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Outcome:
    """What became of a proposal, as the workflow sees it.

    `status`: succeeded, failed, unknown, rejected, expired or cancelled. `arguments` are the ones that ran, which a
    reviewer may have edited. `notes` is what people wrote, `receipt` what the executor returned.
    """

    status: str
    arguments: JsonObject
    edited: bool = False
    notes: str = ""
    reason: str = ""
    receipt: JsonObject = field(default_factory=dict)

    @property
    def succeeded(self) -> bool:
        """Whether the action has happened."""
        return self.status == "succeeded"


class Gate(Protocol):
    """Judges proposals, runs them or asks people."""

    async def propose(self, number: int, proposal: Proposal) -> Outcome:
        """Judge the proposal, journal it as `tool_call` step `number`, and either run it now, raise `Blocked`, or store a
        request with an `approval` step `number + 1` and raise `Parked`. Asked again on replay, it returns the recorded
        outcome, or raises `Parked` while people or the executor still have the word."""

    def steps_taken(self, number: int) -> int:
        """How many steps the proposal at `number` has in the journal, so that the next step gets its number."""
