"""Whose turn it is to call a platform that asked to wait.

Without an order, everything that waits for a channel would call again at the same moment, and all but one be refused once
more. So each job is given a turn of its own, one after the other; until then it rests as a row.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from storage.records import Place

SPACING = timedelta(seconds=1)  # what Slack takes for a channel (https://docs.slack.dev/apis/web-api/rate-limits)
LONGEST = timedelta(minutes=5)  # that a platform is believed to ask for; a clock that was set back asks for more


@dataclass
class _Line:
    """Until when nobody is served, when the last turn is, and how far apart they are."""

    until: datetime
    last: datetime
    spacing: timedelta

    def join(self, now: datetime) -> timedelta:
        """Take the turn after the last; how long it is until then."""
        self.last = max(self.until, self.last + self.spacing)
        return self.last - now


class Turns:
    """The lines of one process, one for each channel that asked to wait. `now` is always the store's time."""

    def __init__(self) -> None:
        self._lines: dict[tuple[str, str, str], _Line] = {}

    def wait(self, place: Place, now: datetime) -> timedelta | None:
        """How long to wait before the platform may be called about that place; None if it may be now."""
        line = self._line(place, now)
        return None if line is None or line.until <= now else line.join(now)

    def refused(self, place: Place, now: datetime, delay: timedelta) -> timedelta:
        """The platform asked to wait `delay`; how long this caller should."""
        until, spacing = now + min(delay, LONGEST), min(delay, SPACING)
        line = self._line(place, now)
        if line is None:
            self._forget(now)
            self._lines[place.where] = _Line(until, until, spacing)
            return delay
        line.until, line.spacing = until, spacing
        return line.join(now)

    def _line(self, place: Place, now: datetime) -> _Line | None:
        line = self._lines.get(place.where)
        return None if line is None or line.until > now + LONGEST else line

    def _forget(self, now: datetime) -> None:
        self._lines = {key: line for key, line in self._lines.items() if line.last > now}
