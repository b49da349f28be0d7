"""Going on after the machine's clock was ahead: what people were asked in that future ends, and the audit chain says so.

With SQLite nothing is decided while the clock is behind the newest audit entry (`storage/clock.py`). That is right as long
as the clock is wrong now. If it was wrong before, somebody who knows has to say so.
"""

from dataclasses import dataclass
from datetime import datetime

from agents.runtime import Outcome
from bot.cards import lines
from bot.flow.close import close
from bot.flow.signoff import Signoff
from storage.clock import TOLERANCE
from storage.records import Request, RequestStatus
from storage.store import Transaction

FROM_THE_FUTURE = "The clock was wrong when this was asked, so nobody can say how much time was left."
BATCH = 100  # requests looked at at once


@dataclass(frozen=True)
class Accepted:
    """The clock is trusted again: it was `ahead` once, it is `now`, and these requests have ended because of it."""

    ahead: datetime
    now: datetime
    ended: tuple[str, ...]


def accept(tx: Transaction, signoff: Signoff, actor: str) -> Accepted | None:
    """Trust the store's time although the audit chain knows a later one; None if it does not."""
    head, now = tx.audit_head(), tx.now()
    if head is None or head.at - now <= TOLERANCE:
        return None
    tx.audit("clock.accepted", actor=actor, body={"was": head.at.isoformat(), "is": now.isoformat()})
    ended = []
    while asked := _asked_later(tx, now):
        ended += [each.id for each in asked]
        for request in asked:
            _end(tx, signoff, request)
    return Accepted(head.at, now, tuple(ended))


def _asked_later(tx: Transaction, now: datetime) -> list[Request]:
    newest = tx.requests(status=RequestStatus.pending, limit=BATCH)
    return [request for request in newest if request.created_at > now]


def _end(tx: Transaction, signoff: Signoff, request: Request) -> None:
    expired = tx.move_request(request.id, RequestStatus.pending, RequestStatus.expired, reason=FROM_THE_FUTURE)
    assert expired is not None  # noqa: S101  # this transaction read it as pending, and SQLite has one writer
    outcome = Outcome("expired", expired.arguments, reason=FROM_THE_FUTURE)
    close(tx, signoff, expired, outcome, actor="signoff", said=lines.unclaimed(f"{FROM_THE_FUTURE} Nothing was done."))
