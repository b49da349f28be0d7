"""The periodic ticks of a replica, driven by APScheduler with everything in memory: truth about time is in rows.

Every tick is idempotent, so any number of replicas may tick. A late tick runs once, as soon as it can.
Source of the settings: APScheduler 3 deletes a job that is later than `misfire_grace_time` (1 s by default).
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from storage.store import StorageError

log = logging.getLogger(__name__)

Tick = Callable[[], Awaitable[object]]

LOOK = 5.0  # seconds between looks for ticks that the wall clock has left behind


class Ticks:
    """Calls each tick every so many seconds, from `start` to `shutdown`.

    APScheduler waits for a time of day: when the clock is set back by five hours, it would rest for as long. So ticks that
    are further away than their interval are brought forward.
    """

    def __init__(self, ticks: dict[str, tuple[float, Tick]], look: float = LOOK) -> None:
        settings = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        self.scheduler = AsyncIOScheduler(timezone=UTC, job_defaults=settings)
        for name, (seconds, tick) in ticks.items():
            self.scheduler.add_job(_guarded(name, tick), "interval", seconds=seconds, id=name)
        self._look = look

    def start(self) -> None:
        """Begin, within a running event loop."""
        self.scheduler.start()
        self._watching = asyncio.create_task(self._watch())

    def shutdown(self, *, wait: bool = True) -> None:
        """Tick no more."""
        self._watching.cancel()
        self.scheduler.shutdown(wait=wait)

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(self._look)
            now = datetime.now(UTC)
            for job in self.scheduler.get_jobs():
                if job.next_run_time > now + job.trigger.interval + timedelta(seconds=1):
                    job.modify(next_run_time=now)


def scheduler(ticks: dict[str, tuple[float, Tick]]) -> Ticks:
    """Ticks by name, not yet started, each with its seconds between calls."""
    return Ticks(ticks)


def _guarded(name: str, tick: Tick) -> Tick:
    async def run() -> None:
        try:
            await tick()
        except StorageError as error:
            log.warning("tick %s rests: %s", name, error)
        except Exception:  # a tick that fails today runs again in a moment
            log.exception("tick %s failed", name)

    return run
