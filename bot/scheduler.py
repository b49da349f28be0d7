"""The periodic ticks of a replica, driven by APScheduler with everything in memory: truth about time is in rows.

Every tick is idempotent, so any number of replicas may tick. A late tick runs once, as soon as it can.
Source of the settings: APScheduler 3 deletes a job that is later than `misfire_grace_time` (1 s by default).
"""

import logging
from collections.abc import Awaitable, Callable
from datetime import UTC

from apscheduler.schedulers.asyncio import AsyncIOScheduler

log = logging.getLogger(__name__)

Tick = Callable[[], Awaitable[object]]


def scheduler(ticks: dict[str, tuple[float, Tick]]) -> AsyncIOScheduler:
    """A scheduler, not yet started, that calls each tick every so many seconds."""
    made = AsyncIOScheduler(timezone=UTC, job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None})
    for name, (seconds, tick) in ticks.items():
        made.add_job(_guarded(name, tick), "interval", seconds=seconds, id=name)
    return made


def _guarded(name: str, tick: Tick) -> Tick:
    async def run() -> None:
        try:
            await tick()
        except Exception:  # a tick that fails today runs again in a moment
            log.exception("tick %s failed", name)

    return run
