"""A cron line as cron reads it, in APScheduler's terms.

Two things differ: APScheduler counts weekdays from Monday as 0 (`CronTrigger.from_crontab` says so), cron from Sunday; and
where both a day of the month and a weekday are named, cron takes either, APScheduler only what is both. So weekdays are
spelt out here, and a line that names both is refused.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from apscheduler.triggers.cron import CronTrigger

DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat", "sun")  # cron takes 0 and 7 for Sunday

_EXAMPLE = 'such as "0 9 * * MON" for Mondays at nine'
_MOMENT = timedelta(microseconds=1)
_ITEM = re.compile(r"(?P<first>\*|[0-7]|[a-z]{3})(?:-(?P<last>[0-7]|[a-z]{3}))?(?:/(?P<step>[1-7]))?")


class Timetable:
    """When a cron line is due, in a time zone."""

    def __init__(self, line: str, zone: ZoneInfo) -> None:
        """Raises ValueError with words for whoever wrote the line."""
        self._zone = zone
        fields = line.split()
        if len(fields) != 5:
            raise ValueError(f"a cron line has five fields (minute, hour, day of the month, month, weekday), {_EXAMPLE}")
        if "*" not in (fields[2], fields[4]):
            raise ValueError("names a day of the month and a weekday, which some read as both and cron as either: write two")
        try:
            self._trigger = CronTrigger.from_crontab(" ".join([*fields[:4], weekdays(fields[4])]), zone)
        except ValueError as error:
            raise ValueError(f"is no cron line ({error}): write one {_EXAMPLE}") from error
        if self.next(datetime.now(UTC)) is None:
            raise ValueError("is never due: there is no such day")

    def next(self, after: datetime) -> datetime | None:
        """The first moment after `after`, in UTC; None if there is none."""
        fire: datetime | None = self._trigger.get_next_fire_time(None, after + _MOMENT)
        return fire.astimezone(UTC) if fire else None

    def local(self, moment: datetime) -> datetime:
        """A moment as the clocks there show it, which is the same twice in the hour that comes twice."""
        return moment.astimezone(self._zone)

    def last(self, after: datetime, until: datetime) -> datetime | None:
        """The last moment after `after` and not after `until`, in UTC; None if there is none."""
        found, fire = None, self.next(after)
        while fire is not None and fire <= until:
            found, fire = fire, self.next(fire)
        return found


def zone(name: str) -> ZoneInfo:
    """The time zone of that name. Raises ValueError."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(
            f"there is no time zone {name!r}: write one such as Europe/Berlin, or leave it out for UTC"
        ) from error


def weekdays(written: str) -> str:
    """The weekday field of a cron line with its days spelt out, each once. Raises ValueError."""
    if written == "*":
        return written
    return ",".join(dict.fromkeys(DAYS[day] for item in written.lower().split(",") for day in _days(item)))


def _days(item: str) -> Iterator[int]:
    found = _ITEM.fullmatch(item)
    if found is None:
        raise ValueError(f"{item!r} is no weekday: write MON, MON-FRI, or 0 to 7 where 0 and 7 are Sunday")
    first, last, step = found["first"], found["last"], int(found["step"] or 1)
    if first == "*":
        low, high = 0, 6
    else:
        low = _number(first)
        # A step without an end goes on to the end of the week, as cron has it.
        high = _number(last, last=True) if last else (6 if found["step"] else low)
    if low > high:
        raise ValueError(f"{item!r} goes past the end of the week: write it as two, such as FRI,SAT,SUN")
    yield from range(low, high + 1, step)


def _number(day: str, *, last: bool = False) -> int:
    if day.isdigit():
        return int(day)
    if day not in DAYS:
        raise ValueError(f"{day!r} is no weekday: write SUN, MON, TUE, WED, THU, FRI or SAT")
    return 7 if last and day == "sun" else DAYS.index(day)
