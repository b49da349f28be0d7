"""Rows that should be moving but have no job any more get one again. The jobs are hints, so one too many changes nothing.

Deliveries, and what idempotency keys stand for, are remembered long beyond the time in which one is repeated, and then
forgotten."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import islice

from bot.flow import jobs
from bot.flow.signoff import Signoff
from storage.records import Job, MessageStatus, Request, RequestStatus, RunStatus
from storage.store import Transaction

OLD = timedelta(seconds=60)  # what moves by itself does so within seconds
BATCH = 200
PROBED = 20  # cards without a place that are tried again, as long as their channel may have come back
GOING_ON = (RunStatus.ready, RunStatus.running)
TO_RUN = (RequestStatus.approved, RequestStatus.executing)
REMEMBERED = timedelta(days=7)  # Slack's signatures count for 5 minutes, its redeliveries come within 6


async def reconcile(signoff: Signoff) -> None:
    """One look at everything that is on its way. It may take long where much waits, so nobody's write waits for it."""
    found = await signoff.store.read(lambda tx: [*_stuck(tx)])
    await signoff.store.write(lambda tx: _put_right(tx, found))


def _stuck(tx: Transaction) -> Iterator[Job]:
    """The jobs that may be missing."""
    before = tx.now() - OLD
    # What a living worker has in hand keeps its lock, so a job about it waits until that worker is done.
    for run in (run for status in GOING_ON for run in tx.runs(status=status, limit=BATCH)):
        if run.created_at < before:
            yield jobs.advance(run.id).model_copy(update={"key": f"advance:{run.id}"})
    for request in (request for status in TO_RUN for request in tx.requests(status=status, limit=BATCH)):
        # What another program asked for is claimed by that program, or ended by the sweep.
        if request.api_key is None and (request.decided_at or request.created_at) < before:
            yield jobs.execute(request).model_copy(update={"key": f"execute:{request.id}"})
    waiting = [request for request in tx.requests(status=RequestStatus.pending, limit=BATCH) if request.places]
    for request in islice((request for request in waiting if _given_up(tx, request)), PROBED):
        yield from jobs.show_card(request)
    for request in waiting:
        if request.created_at < before and _shown(tx, request) < len(request.places):
            yield from jobs.show_card(request)


def _put_right(tx: Transaction, found: Sequence[Job]) -> None:
    tx.forget_deliveries(tx.now() - REMEMBERED)
    tx.forget_submissions(tx.now() - REMEMBERED)
    for job in found:
        tx.defer(job)


def _shown(tx: Transaction, request: Request) -> int:
    """In how many places it is settled whether the card stands there."""
    return sum(message.status in (MessageStatus.posted, MessageStatus.gone) for message in tx.messages(request.id))


def _given_up(tx: Transaction, request: Request) -> bool:
    """Whether the card has no place in chat, for example because its channel is archived and there is no other."""
    return any(message.status is MessageStatus.gone for message in tx.messages(request.id))
