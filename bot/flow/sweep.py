"""What ends, or comes due, because time passes.

`expires_at` is enforced where people decide; here the rest is tidied up. Any number of replicas may sweep at once: each row
changes by a conditional write, in batches small enough that a click waits for one of them at most.
"""

import logging
from collections.abc import Callable, Sequence
from datetime import timedelta

from agents.runtime import Outcome
from bot.cards import lines
from bot.flow import jobs, remind
from bot.flow.close import expire
from bot.flow.evaluate import request_evaluation
from bot.flow.execute import execution_of, report
from bot.flow.finish import go_on
from bot.flow.signoff import Signoff
from storage.records import ExecutionStatus, Request, RequestStatus
from storage.records import Outcome as Ruling
from storage.store import Store, StoreBusy, Transaction

log = logging.getLogger(__name__)

FOUND = 500  # rows looked for at once
BATCH = 25  # rows changed in one transaction, which a click may have to wait for
CLAIM_WITHIN = timedelta(minutes=15)  # from the approval until another program has claimed the grant
REPORT_WITHIN = timedelta(minutes=15)  # from the claim until it has reported the outcome

UNCLAIMED = f"It was approved, but nobody claimed it within {CLAIM_WITHIN.seconds // 60} minutes. Nothing was done."
UNREPORTED = (
    f"The program that asked for this claimed it, but did not report within {REPORT_WITHIN.seconds // 60} minutes what "
    "came of it."
)

Find = Callable[[Transaction, int], Sequence[str]]
Change = Callable[[Transaction, str], Request | None]


async def sweep(signoff: Signoff) -> int:
    """End everything whose time is over; returns how many requests that were."""
    expired = await _in_batches(
        signoff.store, lambda tx, most: tx.overdue_requests(most), lambda tx, id: expire(tx, signoff, id)
    )
    unclaimed = await _in_batches(
        signoff.store,
        lambda tx, most: tx.unclaimed_requests(tx.now() - CLAIM_WITHIN, most),
        lambda tx, id: give_up_unclaimed(tx, signoff, id),
    )
    unreported = await _in_batches(
        signoff.store,
        lambda tx, most: tx.unreported_requests(tx.now() - REPORT_WITHIN, most),
        lambda tx, id: give_up_unreported(tx, signoff, id),
    )
    return expired + unclaimed + unreported


async def nudge(signoff: Signoff) -> int:
    """Remind people of what waits and escalate it, where that is due; returns for how many requests."""
    return await _in_batches(signoff.store, lambda tx, most: [request.id for request in tx.due_nudges(most)], remind.nudge)


def give_up_unclaimed(tx: Transaction, signoff: Signoff, request_id: str) -> Request | None:
    """Another program's request was let through, but it never came for the grant; None if it did meanwhile."""
    ended = tx.move_request(request_id, RequestStatus.approved, RequestStatus.expired, reason=UNCLAIMED)
    if ended is None:
        return None
    outcome = Outcome("expired", ended.arguments, reason=UNCLAIMED)
    tx.audit(
        "request.expired",
        actor="signoff",
        run_id=ended.run_id,
        request_id=ended.id,
        body={"revision": ended.revision, "reason": UNCLAIMED},
    )
    tx.add_evaluation(request_evaluation(tx, signoff.ids, ended, outcome, signoff.actions))
    if ended.verdict.outcome is Ruling.approve:  # else nobody was asked, and there is no card
        tx.defer(*jobs.show_card(ended))
        tx.defer(*jobs.say(ended, lines.unclaimed(UNCLAIMED)))
    go_on(tx, signoff, ended, outcome)
    return ended


def give_up_unreported(tx: Transaction, signoff: Signoff, request_id: str) -> Request | None:
    """Nobody knows what became of what another program claimed: people have to look; None if it reported meanwhile."""
    request = tx.request(request_id)
    execution = execution_of(tx, request)
    if execution is None or execution.status is not ExecutionStatus.claimed:
        return None
    report(tx, signoff, request.id, execution, Outcome("unknown", request.arguments, reason=UNREPORTED))
    return request


async def _in_batches(store: Store, find: Find, change: Change) -> int:
    """Change every row that `find` names, oldest first; returns how many did. A row that cannot be changed is set aside, so
    that it holds nobody else up, and tried again at the next sweep."""
    changed, stuck = 0, frozenset[str]()
    while True:
        found = frozenset(await _found(store, find, FOUND + len(stuck)))
        due = sorted(found - stuck)  # in one order everywhere, so that replicas do not meet head-on
        if not due:
            return changed
        done = frozenset[str]()
        for first in range(0, len(due), BATCH):
            done |= await _changed(store, change, due[first : first + BATCH])
        changed += len(done)
        stuck = (stuck & found) | (frozenset(due) - done)


async def _found(store: Store, find: Find, most: int) -> Sequence[str]:
    return await store.read(lambda tx: find(tx, most))


async def _changed(store: Store, change: Change, batch: Sequence[str]) -> frozenset[str]:
    """Change these in one transaction; if one of them spoils it, each in its own."""
    try:
        return await store.write(lambda tx: frozenset(each for each in batch if change(tx, each) is not None))
    except StoreBusy:
        raise
    except Exception as error:  # whatever is wrong with one row, the others go on
        if len(batch) == 1:
            log.error("request %s cannot be swept: %s", batch[0], error, exc_info=error)
            return frozenset()
    return frozenset[str]().union(*[await _changed(store, change, [each]) for each in batch])
