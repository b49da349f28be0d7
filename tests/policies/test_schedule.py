"""When a rule counts: days and hours where people are, over midnight and through the change of the clocks."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from policies.schedule import DAYS, Schedule

MONDAY = datetime(2026, 11, 23, tzinfo=UTC)


def schedule(**parts: object) -> Schedule:
    return Schedule.model_validate({"zone": "UTC", **parts})


@pytest.mark.parametrize(
    ("parts", "inside", "outside"),
    [
        ({"hours": "09:00-17:30"}, ["09:00", "12:00", "17:29"], ["08:59", "17:30", "00:00"]),
        ({"hours": "22:00-06:00"}, ["22:00", "23:59", "00:00", "05:59"], ["06:00", "21:59"]),
        ({"hours": "00:00-24:00"}, ["00:00", "23:59"], []),
        ({"hours": "9:00 - 17:00"}, ["09:00"], ["17:00"]),
        ({}, ["00:00", "12:00", "23:59"], []),
        ({"hours": "18:00-24:00"}, ["23:59"], ["00:00"]),
    ],
)
def test_hours_begin_with_the_first_minute_and_end_before_the_last(
    parts: dict[str, object], inside: list[str], outside: list[str]
) -> None:
    for clock, expected in [*((each, True) for each in inside), *((each, False) for each in outside)]:
        at = datetime.fromisoformat(f"2026-11-23T{clock}:59+00:00")
        assert schedule(**parts).covers(at) is expected
        assert schedule(**parts, outside=True).covers(at) is not expected


@pytest.mark.parametrize(
    ("days", "kept"),
    [
        ("mon-fri", DAYS[:5]),
        ("sat", ("sat",)),
        ("sat-mon", ("mon", "sat", "sun")),
        (["wed", "MON", "wed"], ("mon", "wed")),
        (["mon-tue", "sun"], ("mon", "tue", "sun")),
    ],
)
def test_days_are_written_as_people_write_them(days: object, kept: tuple[str, ...]) -> None:
    held = schedule(days=days)
    assert held.days == kept
    assert [DAYS[day] for day in range(7) if held.covers(MONDAY + timedelta(days=day))] == list(kept)


def test_hours_over_midnight_belong_to_the_day_they_began() -> None:
    friday_night = schedule(days="fri", hours="22:00-06:00")
    friday = MONDAY + timedelta(days=4)
    assert friday_night.covers(friday + timedelta(hours=23))
    assert friday_night.covers(friday + timedelta(hours=29))
    assert not friday_night.covers(friday + timedelta(hours=3))
    assert not friday_night.covers(friday + timedelta(hours=47))


@pytest.mark.parametrize(
    ("at", "counts"),
    [
        ("2026-11-23T08:00:00+00:00", True),  # 09:00 in winter
        ("2026-11-23T07:59:00+00:00", False),
        ("2026-07-06T07:00:00+00:00", True),  # 09:00 in summer
        ("2026-07-06T06:59:00+00:00", False),
        ("2026-11-23T17:00:00+09:00", True),  # the same moment as 09:00 there
        ("2026-03-29T00:30:00+00:00", False),  # 01:30, before the hour that is left out
    ],
)
def test_the_clock_is_that_of_the_zone(at: str, counts: bool) -> None:
    assert schedule(zone="Europe/Berlin", hours="09:00-17:00").covers(datetime.fromisoformat(at)) is counts


def test_an_hour_that_comes_twice_counts_twice_and_one_that_is_left_out_never() -> None:
    night = schedule(zone="Europe/Berlin", hours="02:00-03:00")
    autumn, spring = datetime(2026, 10, 24, 20, tzinfo=UTC), datetime(2026, 3, 28, 20, tzinfo=UTC)
    assert _minutes(night, autumn) == 120
    assert _minutes(night, spring) == 0


def _minutes(held: Schedule, start: datetime) -> int:
    return sum(held.covers(start + timedelta(minutes=minute)) for minute in range(12 * 60))


@pytest.mark.parametrize(
    ("parts", "advice"),
    [
        ({"zone": "Berlin"}, "'Berlin' is not a time zone: write one such as Europe/Berlin"),
        ({"zone": "../etc/passwd"}, "is not a time zone"),
        ({"zone": ""}, "is not a time zone"),
        ({"days": "monday"}, "'monday' is not a day: did you mean 'mon'?"),
        ({"days": "1-5"}, "'1' is not a day"),
        ({"days": 5}, "write days such as mon-fri"),
        ({"days": []}, "write days such as mon-fri"),
        ({"hours": "9-17"}, 'write hours such as "09:00-17:30"'),
        ({"hours": "09:00-09:00"}, "write two different times"),
        ({"hours": "09:00-24:30"}, "write two different times"),
        ({"hours": "25:00-26:00"}, "write hours such as"),
        ({"hours": 900}, "write hours such as"),
        ({"hours": [-5, 99999]}, "write two different times"),
        ({"outside": "yes"}, "Input should be a valid boolean"),
        ({"hour": "09:00-17:00"}, "Extra inputs are not permitted"),
    ],
)
def test_what_is_no_schedule_is_refused_with_advice(parts: dict[str, object], advice: str) -> None:
    with pytest.raises(ValidationError) as caught:
        schedule(**parts)
    assert advice in str(caught.value)


@settings(deadline=None)
@given(
    st.integers(0, 60 * 365 * 24 * 60).map(lambda minutes: datetime(1990, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)),
    st.sampled_from(["UTC", "Asia/Kathmandu", "America/New_York"]),
    st.lists(st.sampled_from(DAYS), min_size=1),
    st.tuples(st.integers(0, 1439), st.integers(1, 1440)).filter(lambda hours: hours[0] != hours[1]),
)
def test_every_moment_is_either_inside_or_outside_and_the_same_when_read_again(
    at: datetime, zone: str, days: list[str], hours: tuple[int, int]
) -> None:
    held = schedule(zone=zone, days=days, hours=hours)
    assert Schedule.model_validate(held.model_dump(mode="json")) == held
    assert held.covers(at) is held.covers(at.astimezone(ZoneInfo("Asia/Tokyo")))
    assert held.covers(at) is not held.model_copy(update={"outside": True}).covers(at)


def test_a_schedule_is_told_in_words() -> None:
    held = schedule(zone="Europe/Berlin", days="mon-wed", hours="09:00-17:30", outside=True)
    assert str(held) == "outside mon, tue, wed 09:00-17:30 (Europe/Berlin)"
