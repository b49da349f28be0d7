"""What must hold of a stage at rest, whatever happened to it: nothing half-done, nothing twice, nothing without people."""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable

from storage.audit import verify
from storage.records import ExecutionStatus, Request, RequestStatus
from storage.store import Transaction
from tests.bot.flow.stage import Stage

RAN = {
    RequestStatus.succeeded: ExecutionStatus.succeeded,
    RequestStatus.failed: ExecutionStatus.failed,
    RequestStatus.unknown: ExecutionStatus.unknown,
}


async def whole(stage: Stage, *, paid: int | None = None) -> list[Request]:
    """Check it; returns the requests, newest first. `paid` is how many payments must have come."""
    requests = await stage.read(_problems)
    keys = Counter(key for _, _, key in stage.till.paid)
    assert all(count == 1 for count in keys.values()), f"paid twice: {keys}"
    succeeded = sum(request.status is RequestStatus.succeeded for request in requests)
    unknown = sum(request.status is RequestStatus.unknown for request in requests)
    assert succeeded <= len(keys) <= succeeded + unknown
    assert paid is None or len(keys) == paid
    return requests


def _problems(tx: Transaction) -> list[Request]:
    entries = tx.audit_entries(limit=100_000)
    assert verify(entries) is None
    requests = list(tx.requests(limit=10_000))
    for request in requests:
        told = Counter(entry.event for entry in entries if entry.request_id == request.id)
        decisions = [each for each in tx.decisions(request.id) if each.verb == "approve"]
        executions = [each for each in tx.executions(request.run_id) if each.request_id == request.id]
        ran = request.status in RAN
        assert request.status in (*RAN, RequestStatus.pending, RequestStatus.expired), request
        assert [each.status for each in executions] == ([RAN[request.status]] if ran else []), (request, executions)
        assert len(decisions) == told["request.approve"] == told["request.approved"] == int(ran), (request, told)
        evaluations = tx.evaluations(run_id=request.run_id)
        assert len(evaluations) == int(request.status.ended), (request, evaluations)
        assert told["request.created"] == 1
    return requests


async def until(look: Callable[[], bool | Awaitable[bool]], seconds: float = 15.0) -> float:
    """Wait until `look` finds it so; returns how many seconds that took."""
    begun = time.monotonic()
    while True:
        found = look()
        if found if isinstance(found, bool) else await found:
            return time.monotonic() - begun
        assert time.monotonic() - begun < seconds, f"not so after {seconds:.0f} seconds"
        await asyncio.sleep(0.02)
