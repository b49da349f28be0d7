"""When a rule counts: business hours in a time zone."""

import re
from datetime import datetime, time
from functools import lru_cache
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StrictBool, WithJsonSchema

from policies.problems import did_you_mean

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_HOURS = r"([01]?\d|2[0-3]):([0-5]\d)\s*-\s*([01]?\d|2[0-4]):([0-5]\d)"


def _days(written: object) -> object:
    """`mon-fri`, `sat`, or a list of these, as the days in order. Raises `ValueError`."""
    parts = [written] if isinstance(written, str) else written
    if not isinstance(parts, list | tuple) or not parts:
        raise ValueError("write days such as mon-fri, or [mon, wed, fri]")
    found = {day for part in parts for day in _span(str(part).strip().lower())}
    return tuple(day for day in DAYS if day in found)


def _span(written: str) -> tuple[str, ...]:
    first, dash, last = (part.strip() for part in written.partition("-"))
    for day in (first, last) if dash else (first,):
        if day not in DAYS:
            raise ValueError(f"{day!r} is not a day{did_you_mean(day, DAYS) or ': write ' + ', '.join(DAYS)}")
    start = DAYS.index(first)
    length = (DAYS.index(last) - start) % 7 + 1 if dash else 1
    return tuple((DAYS + DAYS)[start : start + length])


def _hours(written: object) -> object:
    """`09:00-17:30` as two times in minutes after midnight. Raises `ValueError`."""
    if isinstance(written, tuple | list) and len(written) == 2 and all(isinstance(each, int) for each in written):
        begin, end = written  # as a policy that was read before holds it
    elif found := re.fullmatch(_HOURS, written.strip(), re.ASCII) if isinstance(written, str) else None:
        begin, end = int(found[1]) * 60 + int(found[2]), int(found[3]) * 60 + int(found[4])
    else:
        raise ValueError('write hours such as "09:00-17:30"')
    if begin == end or not (0 <= begin < 24 * 60 and 0 <= end <= 24 * 60):
        raise ValueError('write two different times up to 24:00, such as "09:00-17:30"')
    return begin, end


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def _zone_name(name: str) -> str:
    try:
        _zone(name)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError(f"{name!r} is not a time zone: write one such as Europe/Berlin or America/New_York") from error
    return name


Days = Annotated[
    tuple[str, ...],
    BeforeValidator(_days),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]}),
]
Hours = Annotated[tuple[int, int], BeforeValidator(_hours), WithJsonSchema({"type": "string", "pattern": f"^{_HOURS}$"})]


class Schedule(BaseModel):
    """Days and hours in a time zone. Hours that end before they begin go over midnight and belong to the day they began."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    zone: Annotated[str, AfterValidator(_zone_name)] = Field(description="a time zone such as Europe/Berlin")
    days: Days = Field(DAYS, description="mon-fri, or a list such as [mon, wed, fri]; left out, every day")
    hours: Hours = Field((0, 24 * 60), description='such as "09:00-17:30", the last minute not included; left out, all day')
    outside: StrictBool = Field(False, description="whether the rule counts outside of these days and hours instead")

    def covers(self, at: datetime) -> bool:
        """Whether the rule counts at this point in time (with its zone)."""
        there = at.astimezone(_zone(self.zone))
        return self._within(there.weekday(), there.time()) is not self.outside

    def _within(self, weekday: int, clock: time) -> bool:
        (begin, end), minute = self.hours, clock.hour * 60 + clock.minute
        today, yesterday = DAYS[weekday] in self.days, DAYS[weekday - 1] in self.days
        if begin < end:
            return today and begin <= minute < end
        return (today and minute >= begin) or (yesterday and minute < end)

    def __str__(self) -> str:
        begin, end = (f"{minute // 60:02}:{minute % 60:02}" for minute in self.hours)
        return f"{'outside ' if self.outside else ''}{', '.join(self.days)} {begin}-{end} ({self.zone})"
