"""Cron lines mean what cron means by them."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.triggers.cron import Timetable, weekdays, zone

MONDAY = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("written", "days"),
    [
        ("*", "*"),
        ("0", "sun"),
        ("7", "sun"),
        ("1", "mon"),
        ("MON", "mon"),
        ("1-5", "mon,tue,wed,thu,fri"),
        ("MON-FRI", "mon,tue,wed,thu,fri"),
        ("sat-SUN", "sat,sun"),
        ("0-2", "sun,mon,tue"),
        ("0-7", "sun,mon,tue,wed,thu,fri,sat"),
        ("*/2", "sun,tue,thu,sat"),
        ("1/2", "mon,wed,fri"),
        ("1-5/2,SUN", "mon,wed,fri,sun"),
    ],
)
def test_weekdays_are_those_of_cron(written: str, days: str) -> None:
    assert weekdays(written) == days


@pytest.mark.parametrize("written", ["8", "FRI-MON", "2nd", "MON#1", "L", "*/0", "", "MON,", "abc", "?"])
def test_other_weekdays_are_refused(written: str) -> None:
    with pytest.raises(ValueError, match=r"weekday|end of the week"):
        weekdays(written)


@pytest.mark.parametrize(
    ("line", "place", "due"),
    [
        ("0 9 * * 1", "UTC", MONDAY + timedelta(days=6, hours=21)),
        ("0 9 * * 0", "UTC", MONDAY + timedelta(days=5, hours=21)),
        ("*/5 * * * *", "UTC", MONDAY + timedelta(minutes=5)),
        ("0 9 1 * *", "UTC", datetime(2026, 12, 1, 9, 0, tzinfo=UTC)),
        ("0 9 * * MON", "Europe/Berlin", MONDAY + timedelta(days=6, hours=20)),
        ("0 9 * JUN MON", "Europe/Berlin", datetime(2027, 6, 7, 7, 0, tzinfo=UTC)),  # summer time
    ],
)
def test_a_line_is_due_in_its_time_zone(line: str, place: str, due: datetime) -> None:
    timetable = Timetable(line, zone(place))
    assert timetable.next(MONDAY) == due
    assert timetable.last(MONDAY, due) == due
    assert timetable.last(MONDAY, due - timedelta(seconds=1)) is None


def test_of_several_the_last_is_told() -> None:
    timetable = Timetable("*/15 * * * *", zone("UTC"))
    assert timetable.last(MONDAY, MONDAY + timedelta(minutes=50)) == MONDAY + timedelta(minutes=45)
    assert timetable.last(MONDAY + timedelta(minutes=45), MONDAY + timedelta(minutes=50)) is None


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("0 9 * *", "five fields"),
        ("@daily", "five fields"),
        ("60 9 * * *", "higher than the maximum value"),
        ("0 9 * * MOON", "no weekday"),
        ("0 9 1 * MON", "write two"),
        ("0 0 30 2 *", "never due"),
        ("*/0 * * * *", "is no cron line"),
    ],
)
def test_what_is_no_cron_line_is_refused_in_words(line: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        Timetable(line, zone("UTC"))


@pytest.mark.parametrize("name", ["Europe/Berln", "", "../etc/passwd", "/etc/localtime"])
def test_an_unknown_time_zone_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="there is no time zone"):
        zone(name)
