"""Rows that should be moving but have no job any more get one again. The jobs are hints, so one too many changes nothing.

Requests are walked in pages, the soonest to expire first, and the next tick goes on where this one stopped: however many
wait, each has its turn. Deliveries, and what idempotency keys stand for, are remembered long beyond the time in which one is
repeated, and then forgotten.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice

from bot.flow import jobs
from bot.flow.circumstances import WINDOW
from bot.flow.converge import current_card
from bot.flow.execute import LATE
from bot.flow.signoff import Signoff
from storage.records import Job, MessageStatus, Request, RequestStatus, RunStatus
from storage.store import Transaction

OLD = timedelta(seconds=60)  # what moves by itself does so within seconds
PAGE = 200  # rows read in one snapshot
PAGES = 10  # of each status, looked at in one tick
PROBED = 20  # cards without a place that are tried again, as long as their channel may have come back
GOING_ON = (RunStatus.ready, RunStatus.running)
TO_RUN = (RequestStatus.approved, RequestStatus.executing)
ENDED = tuple(status for status in RequestStatus if status not in (RequestStatus.pending, *TO_RUN))
RECENT = timedelta(days=1)  # for how long the card of what has ended is looked after
REMEMBERED = timedelta(days=7)  # Slack's signatures count for 5 minutes, its redeliveries come within 6

Look = Callable[[Transaction, Sequence[Request]], None]


@dataclass
class Walk:
    """How far one replica has come: in each status, `expires_at` and id of the last request that it looked at."""

    after: dict[RequestStatus, tuple[datetime, str]] = field(default_factory=dict)


@dataclass
class _Found:
    """What may lack a job: requests to run, those without a place in chat, those whose card is not everywhere yet, and those
    that have ended although a card does not say so."""

    runs: list[Job] = field(default_factory=list)
    to_run: list[Request] = field(default_factory=list)
    given_up: list[Request] = field(default_factory=list)
    unshown: list[Request] = field(default_factory=list)
    stale: list[Request] = field(default_factory=list)


async def reconcile(signoff: Signoff, walk: Walk | None = None) -> None:
    """One look at what is on its way; where there is more of it, at the rest with the next ticks of `walk`.

    It may take long, so nobody's write waits for it.
    """
    walk, found = walk or Walk(), _Found()
    await signoff.store.read(lambda tx: _look_at_runs(tx, found))
    for status in TO_RUN:  # what another program asked for is claimed by that program, or ended by the sweep
        await _walk(signoff, walk, status, lambda tx, page: _look_at_approved(tx, page, found), own=True)
    await _walk(signoff, walk, RequestStatus.pending, lambda tx, page: _look_at_pending(tx, page, found))
    for status in ENDED:
        await _walk(signoff, walk, status, lambda tx, page: _look_at_ended(tx, signoff, page, found), pages=1)
    await signoff.store.write(lambda tx: _put_right(tx, found))


async def _walk(
    signoff: Signoff, walk: Walk, status: RequestStatus, look: Look, *, own: bool = False, pages: int = PAGES
) -> None:
    """Look at the next pages of the requests with that status; after the last page the walk begins anew."""
    for _ in range(pages):
        page = await signoff.store.read(lambda tx: _page(tx, status, walk, look, own=own))
        if len(page) < PAGE:
            walk.after.pop(status, None)
            return
        walk.after[status] = (page[-1].expires_at, page[-1].id)


def _page(tx: Transaction, status: RequestStatus, walk: Walk, look: Look, *, own: bool) -> Sequence[Request]:
    first = (tx.now() - RECENT, "") if status in ENDED else None  # what ended since then would still be open, or just was
    page = tx.requests_in_order(status, PAGE, after=walk.after.get(status, first), own=own)
    look(tx, page)
    return page


def _look_at_runs(tx: Transaction, found: _Found) -> None:
    # What a living worker has in hand keeps its lock, so a job about it waits until that worker is done.
    before = tx.now() - OLD
    going_on = (run for status in GOING_ON for run in tx.runs(status=status, limit=PAGE))
    found.runs = [jobs.advance(run.id) for run in going_on if run.created_at < before]


def _look_at_approved(tx: Transaction, page: Sequence[Request], found: _Found) -> None:
    before = tx.now() - OLD
    found.to_run += [request for request in page if (request.decided_at or request.created_at) < before]


def _look_at_pending(tx: Transaction, page: Sequence[Request], found: _Found) -> None:
    before = tx.now() - OLD
    for request in page:
        if not request.places:
            continue
        cards = [message.status for message in tx.messages(request.id)]
        settled = cards.count(MessageStatus.posted) + cards.count(MessageStatus.gone)
        if MessageStatus.gone in cards:
            found.given_up.append(request)
        if request.created_at < before and settled < len(request.places):
            found.unshown.append(request)


def _look_at_ended(tx: Transaction, signoff: Signoff, page: Sequence[Request], found: _Found) -> None:
    """A platform may have refused to show the end for so long that the job was set aside."""
    now = tx.now()
    for request in page:
        if request.decided_at is None or not now - RECENT < request.decided_at < now - OLD:
            continue
        cards = [each for each in tx.messages(request.id) if each.status is MessageStatus.posted]
        shown = current_card(tx, signoff, request.id).shown if cards else None
        if any(each.shown != shown for each in cards):
            found.stale.append(request)


def _put_right(tx: Transaction, found: _Found) -> None:
    now = tx.now()
    tx.forget_deliveries(now - REMEMBERED)
    tx.forget_submissions(now - REMEMBERED)
    tx.forget_spendings(now - 2 * WINDOW)
    for job in found.runs:
        tx.defer(job.model_copy(update={"key": f"advance:{job.payload['run_id']}"}))
    for request in found.to_run:
        if _may_try(tx, request, now):
            tx.defer(jobs.execute(request).model_copy(update={"key": f"execute:{request.id}"}))
    for request in found.stale:
        if _once_an_hour(tx, "reshow", request, now):
            tx.defer(*jobs.show_card(request))
    first = int(now.timestamp() // OLD.seconds) * PROBED % max(len(found.given_up), 1)
    for request in (*islice([*found.given_up[first:], *found.given_up[:first]], PROBED), *found.unshown):
        tx.defer(*jobs.show_card(request))


def _may_try(tx: Transaction, request: Request, now: datetime) -> bool:
    """Once an hour what is not even given up within its time, so that a job which always fails is not deferred for ever."""
    if now - (request.decided_at or request.created_at) < LATE + OLD:
        return True
    return _once_an_hour(tx, "again", request, now)


def _once_an_hour(tx: Transaction, what: str, request: Request, now: datetime) -> bool:
    return tx.first_delivery(f"{what}:{request.id}:{now:%Y-%m-%dT%H}")
