"""Where a process is killed: every point of a request's life, with what must hold of it (trust.md B2 and B4).

A spot names a moment as `failpoints.py` calls it: `run.started after commit` is right after the commit of the transaction
that wrote that audit entry; `approve replied` is right after the acknowledgement of an approval went out; `post Card after`
is right after Slack took a card, before its address is stored. `held` are jobs that are kept back until the kill, where
they could overtake it. A point is armed when its stretch begins: with the command, or with the decision.
"""

from dataclasses import dataclass
from typing import Literal

Story = Literal["approve", "edit", "reject", "expire", "remind"]

JOBS = ("job show_run", "job advance", "job show_card", "job reply", "job execute")


@dataclass(frozen=True)
class Point:
    """One point: the spot, the story in which it is passed, the row of the fault matrix, the invariants at stake."""

    name: str
    spot: str
    story: Story
    row: int
    invariants: str
    held: tuple[str, ...] = ()

    @property
    def early(self) -> bool:
        """Whether it is passed before anybody can decide."""
        return self.spot.startswith(("command", "run.started", "post", "ask", "request.created"))

    def __str__(self) -> str:
        return self.name.replace(" ", "-")


POINTS = (
    Point("submit before insert", "command before", "approve", 1, "I3 I8"),
    Point("submit inside its transaction", "run.started before commit", "approve", 1, "I3 I4 I8"),
    Point("submit after commit before reply", "run.started after commit", "approve", 1, "I3 I8", JOBS),
    Point("submit after reply before post", "command replied", "approve", 1, "I3 I6", JOBS),
    Point("notice posted before its address is saved", "post Notice after", "approve", 2, "I6"),
    Point("before the model is asked", "ask before", "approve", 4, "I5"),
    Point("the model answered before that is journaled", "ask after", "approve", 4, "I5"),
    Point("request before commit", "request.created before commit", "approve", 1, "I4 I5"),
    Point("request after commit before card", "request.created after commit", "approve", 1, "I6"),
    Point("card before it is posted", "post Card before", "approve", 2, "I6"),
    Point("card posted before its address is saved", "post Card after", "approve", 2, "I6"),
    Point("click before commit", "request.approve before commit", "approve", 3, "I1 I3"),
    Point("click after commit before ack", "request.approve after commit", "approve", 3, "I1 I3", JOBS),
    Point("click after ack before update", "approve replied", "approve", 3, "I3 I6", JOBS),
    Point("rejection before commit", "request.rejected before commit", "reject", 3, "I1 I3"),
    Point("rejection after commit before ack", "request.rejected after commit", "reject", 3, "I1 I3", JOBS),
    Point("dialog asked for before it is open", "form before", "edit", 4, "I5"),
    Point("edit before commit", "request.revised before commit", "edit", 4, "I1 I2 I3"),
    Point("edit after commit before ack", "request.revised after commit", "edit", 4, "I1 I2 I3", JOBS),
    Point("sweep before commit", "request.expired before commit", "expire", 4, "I4 I5"),
    Point("sweep after commit", "request.expired after commit", "expire", 4, "I4 I5 I6"),
    Point("reminder before commit", "nudge_request before commit", "remind", 4, "I5"),
    Point("reminder after commit", "nudge_request after commit", "remind", 4, "I5"),
    Point("grant claimed before commit", "execution.claimed before commit", "approve", 5, "I7"),
    Point("grant claimed after commit", "execution.claimed after commit", "approve", 5, "I7"),
    Point("between claim and effect", "effect before", "approve", 5, "I7"),
    Point("between effect and report", "effect after", "approve", 5, "I7"),
    Point("report before commit", "execution.succeeded before commit", "approve", 5, "I4 I7"),
    Point("report after commit before update", "execution.succeeded after commit", "approve", 5, "I6 I7", JOBS[:4]),
    Point("card updated before that is saved", "update Card after", "approve", 3, "I6"),
    Point("line said before its job is done", "reply after", "approve", 3, "I6"),
)
