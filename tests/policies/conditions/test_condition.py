"""A condition says true or false, or it fails and says why, in words that hold none of the values. It never raises."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.conditions.condition import Answer, Condition, Failed, compiled
from policies.conditions.declare import asking

NOON = datetime(2026, 11, 23, 12, 30, tzinfo=UTC)  # a Monday


def ask(condition: str, arguments: Any = None, **values: Any) -> Answer:
    facts: Mapping[str, Any] = {"time": NOON, "args": arguments if arguments is not None else {}, **values}
    return compiled(condition).ask(asking().Activation(facts))


@pytest.mark.parametrize(
    ("condition", "arguments", "answer"),
    [
        ("args.amount > 500", {"amount": 500.01}, True),
        ("args.amount > 500", {"amount": 500}, False),
        ("args.count == 1", {"count": 1.0}, True),
        ("1 < 2.5", {}, True),
        ("args.size() > 1.5", {"a": 1, "b": 2}, True),
        ("args.country in ['DE', 'FR']", {"country": "DE"}, True),
        ("args.country.matches('b')", {"country": "abc"}, True),
        ("args.country.matches('^b$')", {"country": "abc"}, False),
        ("args.note == null", {"note": None}, True),
        ("args.note != 'a'", {"note": None}, True),
        ("args.text.size() == 1000000", {"text": "x" * 1_000_000}, True),
        ("args.text.matches('^(a+)+$')", {"text": "a" * 100_000 + "b"}, False),
    ],
)
def test_a_condition_is_decided(condition: str, arguments: Any, answer: bool) -> None:
    assert ask(condition, arguments) is answer


@pytest.mark.parametrize(
    ("condition", "answer"),
    [
        ("time.getHours() == 12", True),
        ("time.getHours('Europe/Berlin') == 13", True),
        ("time.getHours('-05:00') == 7", True),
        ("time.getDayOfWeek() == 1", True),  # Sunday is 0
        ("time.getMonth() == 10", True),  # January is 0
        ("time < timestamp('2026-11-23T13:30:00+01:00')", False),
        ("time + duration('1h') > timestamp('2026-11-23T13:00:00Z')", True),
    ],
)
def test_time_is_utc_unless_a_zone_is_named(condition: str, answer: bool) -> None:
    assert ask(condition) is answer
    assert ask(condition, time=NOON.astimezone(ZoneInfo("Asia/Tokyo"))) is answer


@pytest.mark.parametrize(
    ("condition", "answer", "written"),
    [
        ("args.x == 'DE'", True, "DE"),
        ("args.x == 'DE'", False, "de"),
        ("args.x == 'DE'", False, "DE "),
        ("args.x == 'DE'", False, "ＤＥ"),
        ("args.x == '\u00e9'", False, "e\u0301"),
        ("args.x == 'DE'", False, ["DE"]),
        ("args.x == '5'", False, 5),
        ("args.x.matches('^[A-Z]{2}$')", False, "ＤＥ"),
    ],
)
def test_texts_are_equal_only_where_every_character_is_the_same(condition: str, answer: bool, written: Any) -> None:
    assert ask(condition, {"x": written}) is answer


FAILING = [
    ("args.missing > 5", {}, "`missing` is not there"),
    ("args[args.key] == 1", {"key": "hunter2"}, "something that it names is not there"),
    ("args.x > 5", {"x": None}, "`>` does not go with null and a whole number"),
    ("args.x > 5", {"x": "hunter2"}, "`>` does not go with a text and a whole number"),
    ("args.x.startsWith('a')", {"x": 7777}, "`startsWith` does not go with a whole number and a text"),
    ("!args.x", {"x": "hunter2"}, "`!` does not go with what it is given"),
    ("args.x ? true : false", {"x": "hunter2"}, "it looks into or chooses by a value that is not for that"),
    ("args.x.y == 1", {"x": "hunter2"}, "it looks into a value that has no parts of that kind"),
    ("args.x[1] == 1", {"x": "hunter2"}, "it looks into a value that has no parts of that kind"),
    ("args.x[5] == 1", {"x": [7777]}, "a list has fewer items than it looks for"),
    ("args.x / 0 > 1", {"x": 7777}, "it divides by zero"),
    ("args.x % 0 > 1", {"x": 7777}, "it divides by zero"),
    ("args.x + 9007199254740991 * 1024 > 1", {"x": 2**53 - 1}, "a number is too large"),
    ("args.x > 1", {"x": 10**400}, "a number is too large"),
    ("int(args.x) > 1", {"x": "hunter2"}, "a text is not what it is to be read as"),
    ("bool(args.x)", {"x": "hunter2"}, "a text is not what it is to be read as"),
    ("timestamp(args.x) > time", {"x": "hunter2"}, "a text is no point or span of time, or one too far away"),
    ("duration(args.x) > duration('1s')", {"x": "99999999999h"}, "a text is no point or span of time, or one too far away"),
    ("args.x.matches(args.x)", {"x": "(hunter2"}, "a text is not a regular expression that RE2 can read"),
    ("time.getHours(args.x) > 1", {"x": "hunter2"}, "a text is not a time zone"),
    ("args.x.all(a, args.x.all(b, true))", {"x": [7777] * 10_000}, "it would take too long"),
    ("args.x == 'a'", {"x": "hunter2\ud800"}, "a value is of a kind that conditions cannot look at"),
    ("args.x == 'a'", {"x": object()}, "a value is of a kind that conditions cannot look at"),
    ("environment == 'production'", {}, "`environment` is not known here"),
    ("args.x", {"x": "hunter2"}, "it says neither true nor false"),
    ("args.x", {"x": 1}, "it says neither true nor false"),
]


@pytest.mark.parametrize(("condition", "arguments", "why"), FAILING)
def test_a_condition_that_fails_says_why_without_any_value(condition: str, arguments: Any, why: str) -> None:
    answer = ask(condition, arguments)
    assert answer == Failed(why)
    assert "hunter2" not in why
    assert "7777" not in why


@pytest.mark.parametrize(
    ("condition", "answer"),
    [("args.x > 5 || true", True), ("args.x > 5 && false", False), ("true || args.x > 5", True), ("false && args.x", False)],
)
def test_a_part_that_fails_is_no_matter_where_the_rest_decides_alone(condition: str, answer: bool) -> None:
    """Whatever that part had said, the whole would be the same."""
    assert ask(condition, {}) is answer


@pytest.mark.parametrize("condition", ["args.x > 5 || false", "args.x > 5 && true", "!args.x", "args.x ? true : true"])
def test_a_part_that_fails_fails_the_whole_where_it_matters(condition: str) -> None:
    assert isinstance(ask(condition, {}), Failed)


@pytest.mark.parametrize(
    ("condition", "names", "arguments"),
    [
        ("args.amount > 5 && agent == 'x'", {"args", "agent"}, {"amount"}),
        ("args . amount > 5 && args.city.name == ''", {"args"}, {"amount", "city"}),
        ("args['amount'] > 5 && args.x == 1", {"args"}, None),
        ("args.size() > 1", {"args"}, None),
        ("'x' in args", {"args"}, None),
        ("args.`amount` > 5", {"args"}, None),
        ("args // one\n.amount > 5", {"args"}, None),
        ("args == args", {"args"}, None),
        ("time > time", {"time"}, set()),
        ("true", set(), set()),
    ],
)
def test_a_condition_knows_what_it_may_look_at(condition: str, names: set[str], arguments: set[str] | None) -> None:
    found = Condition(condition)
    assert found.names == names
    assert found.arguments == arguments


def test_what_is_no_expression_is_refused() -> None:
    with pytest.raises(ValueError, match="not a condition: '1 \\+'"):
        Condition("1 +")


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.datetimes(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from("xy") | st.text(), inner, max_size=4),
    max_leaves=12,
)
CONDITIONS = (
    "args.x == args.y", "args.x > args.y", "args.x in args.y", "args.x.startsWith(args.y)", "args.x.matches(args.y)",
    "args.x + args.y == args.x", "args.x[args.y] == 1", "args.x.all(a, a == args.y)", "size(args.x) > 2", "args.x && args.y",
    "timestamp(args.x) > time", "time.getHours(args.x) > 1", "int(args.x) / int(args.y) > 1", "args.x",
    "type(args.x) == string", "args.x.y.x == args.y", "args == {'x': args.y}", "args.x.map(a, a) == args.y",
    "args.x ? true : true",
)  # fmt: skip


@settings(deadline=None)
@given(st.sampled_from(CONDITIONS), st.fixed_dictionaries({}, optional={"x": VALUES, "y": VALUES}))
def test_whatever_the_arguments_are_asking_never_raises(condition: str, arguments: Any) -> None:
    answer = ask(condition, arguments)
    assert answer is True or answer is False or (isinstance(answer, Failed) and answer.why)


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(["args", "agent", "time", "run", "evidence"]), VALUES))
def test_whatever_the_values_are_asking_never_raises(values: dict[str, Any]) -> None:
    for condition in ("agent == 'a'", "time.getHours() > 3", "run.level > 2", "evidence[0].title == 'a'", "args.x == 1"):
        answer = compiled(condition).ask(asking().Activation(values))
        assert answer is True or answer is False or (isinstance(answer, Failed) and answer.why)


@pytest.mark.parametrize("at", [datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)])
def test_times_far_away_fail_or_are_decided(at: datetime) -> None:
    assert isinstance(ask("time > timestamp('2026-01-01T00:00:00Z')", time=at), bool | Failed)
