"""Times of the week at which a run starts, once however many replicas look at the clock."""

import logging
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from apscheduler.triggers.cron import CronTrigger

from bot.flow.run import InputRefused
from bot.flow.signoff import Signoff
from bot.triggers.trigger import Trigger

log = logging.getLogger(__name__)

LATE = timedelta(hours=1)  # by which a time that passed while the process slept still counts
RESTART = timedelta(minutes=5)  # by which one that passed before the process started does: a restart is not that long


def coming(cron: str, timezone: str, after: datetime) -> datetime | None:
    """The first time of a cron line after `after`, aware UTC; None if there is none any more."""
    line = CronTrigger.from_crontab(cron, timezone=ZoneInfo(timezone))
    at: datetime | None = line.get_next_fire_time(None, after + timedelta(microseconds=1))
    return at.astimezone(UTC) if at else None


@dataclass
class Timer:
    """A cron line, and up to when its times were looked at."""

    trigger: Trigger
    cron: str
    timezone: str
    input: str
    _until: datetime | None = None

    def due(self, now: datetime) -> datetime | None:
        """The last time since the last look that is not too late; of several that were missed, one run is enough."""
        since = max(self._until or now - RESTART, now - LATE)
        found = None
        while (at := coming(self.cron, self.timezone, since)) is not None and at <= now:
            found = since = at
        return found

    async def look(self, signoff: Signoff) -> None:
        """Start a run if its time has come."""
        now = await signoff.store.read(lambda tx: tx.now())
        if (at := self.due(now)) is not None:
            await self._begin(signoff, at)
        self._until = max(now, self._until or now)

    async def _begin(self, signoff: Signoff, at: datetime) -> None:
        local = at.astimezone(ZoneInfo(self.timezone))  # an hour that the clocks go through twice counts once

        try:
            taken = await self.trigger.fire(signoff, self.input, f"{self.trigger.agent.name}:{local:%Y-%m-%dT%H:%M}")
        except InputRefused as error:
            log.error("schedule %s: %s", self.trigger.name, error)
            return
        if taken.new:
            log.info("schedule %s: run %s", self.trigger.name, taken.run_id)
