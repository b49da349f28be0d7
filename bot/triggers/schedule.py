"""Cron lines: at each moment that one is due, its agent works on its input, once however many replicas there are.

A tick looks which moment was due last. A moment that was slept through is made up for if it is less than an hour ago, and
only the last of several.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from bot.flow.signoff import Signoff
from bot.flow.trigger import Occasion, requester, take
from bot.triggers.cron import Timetable
from bot.triggers.file import Schedule
from storage.records import Place

log = logging.getLogger(__name__)

LATE = timedelta(hours=1)


@dataclass
class Alarm:
    """One cron line. `now` is the clock that it goes by."""

    signoff: Signoff
    name: str
    schedule: Schedule
    place: Place | None
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    _timetable: Timetable = field(init=False)
    _seen: datetime = field(init=False)  # until when all that was due is under way

    def __post_init__(self) -> None:
        self._timetable, self._seen = self.schedule.timetable, self.now() - LATE

    async def look(self) -> None:
        """Start what is due. Raises StorageError, and tries again at the next look."""
        now = self.now()
        due = self._timetable.last(min(max(self._seen, now - LATE), now), now)
        if due is None:
            return
        occasion = self._occasion(due)
        taken = await self.signoff.store.write(lambda tx: take(tx, self.signoff, occasion))
        self._seen = due
        if taken.new:
            log.info("schedule %s: %s is on what was due at %s", self.name, taken.run_id, due)

    def _occasion(self, due: datetime) -> Occasion:
        return Occasion(
            agent=self.signoff.agents[self.schedule.agent],
            text=self.schedule.input,
            person=requester("schedule", self.name),
            place=self.place,
            delivery=f"schedule:{self.name}:{self._timetable.local(due):%Y-%m-%dT%H:%M}",
            window=None,  # each time counts, however soon the next one is
        )
