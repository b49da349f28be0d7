"""What is wrong with a condition is found beforehand, and each complaint says where it is and what to do."""

from datetime import timedelta
from decimal import Decimal
from typing import Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import AwareDatetime, BaseModel

from policies.conditions.check import LONGEST, faults
from policies.conditions.condition import compiled


class City(BaseModel):
    name: str
    zip: str | None = None


class Street(BaseModel):
    zip: int


class Payment(BaseModel):
    amount: Decimal
    count: int = 1
    country: Literal["DE", "FR"]
    due: AwareDatetime
    wait: timedelta = timedelta()
    city: City
    city_name: Street | None = None
    tags: list[str] = []
    cities: list[City] = []
    prices: dict[str, float] = {}
    urgent: bool | None = None
    note: Any = None


def said(condition: str, model: type[BaseModel] | None = Payment) -> list[str]:
    return [f"{fault.line}:{fault.column} {fault.message}" for fault in faults(condition, model)]


@pytest.mark.parametrize(
    "condition",
    [
        'args.amount > 500 && args.country != "DE"',
        "args.amount > 500.5",
        "args.count > 1.5",
        "args.count == 1u",
        "args.amount == args.count",
        "args.due < time + duration('24h')",
        "args.wait > duration('5m')",
        "time.getHours('Europe/Berlin') < 8",
        "args.city.zip != null && args.city.zip.startsWith('10')",
        "args.city_name == null || args.city_name.zip > 5",
        "args.tags.exists(tag, tag == 'vip') || 'vip' in args.tags",
        "args.cities.all(city, city.name.matches('^[A-Z]'))",
        "args.prices['a'] > 3",
        "args.note.anything[3] == 'x'",
        "args.urgent == null",
        "evidence.size() > 0 && evidence[0].title.contains('x')",
        "requester.email.endsWith('@example.com')",
        "run.level == 3 && run.version != '1'",
        "action == 'pay' && agent == 'a' && environment == 'production' && target != ''",
        "true",
        "args.amount > 0.1 ? args.count > 1 : false",
        "args.amount\n  > 500  // a limit with 99999999999999999999 digits and a '",
        "args.country == 'matches(\"(\")'",
        "args.amount == 9007199254740991",
    ],
)
def test_what_fits_the_arguments_has_no_fault(condition: str) -> None:
    assert said(condition) == []


_HAS = "1:4 `has` is not needed: write `args.name != null`, or `'name' in args` where an action takes arguments of any name"


@pytest.mark.parametrize(
    ("condition", "complaint"),
    [
        ("args.amout > 5", "1:5 `args` has no `amout`: did you mean 'amount'?"),
        ("args.amount > 5\n&& args.cuntry == ''", "2:8 `args` has no `cuntry`: did you mean 'country'?"),
        ("args.city.street == ''", "1:10 `args.city` has no `street`: it has name, zip"),
        ("args.city_name.zipp == 1", "1:15 `args.city_name` has no `zipp`: did you mean 'zip'?"),
        ("args.cities[0].nam == ''", "1:15 `args.cities` has no `nam`: did you mean 'name'?"),
        ("requester.mail == ''", "1:10 `requester` has no `mail`: did you mean 'email'?"),
        ("evidence[0].titel == ''", "1:12 `evidence` has no `titel`: did you mean 'title'?"),
        ("argss.amount > 5", "1:6 there is no `argss`: did you mean 'args'?"),
        (
            "amount > 5",
            "1:1 there is no `amount`: there are action, agent, args, environment, evidence, requester, run, target, time",
        ),
        ("args.country.startWith('D')", "1:23 there is no function `startWith`: did you mean 'startsWith'?"),
        ("frobnicate(args.count)", "1:11 there is no function `frobnicate`: see the CEL functions in the README"),
        ("exists", "1:1 `exists` does not stand like this: see the CEL functions in the README"),
        ("has(args.note)", _HAS),
        ("args.amount > '5'", "1:13 `>` does not go with a number and a text"),
        ("args.country == 5", "1:14 `==` does not go with a text and a whole number"),
        ("time > 5", "1:6 `>` does not go with a point in time and a whole number"),
        ("args.wait > 5", "1:11 `>` does not go with a span of time and a whole number"),
        ("args.count * 1.5 > 3", "1:12 `*` takes numbers of one kind: write whole numbers with a point, such as 500.0"),
        ("args.tags.first == ''", "1:10 a list has no parts with names"),
        ("args.city > 5", "1:11 `>` does not go with values by name and a whole number"),
        ("'city' in args", "1:8 `in` does not go with a text and values by name"),
        ("args.amount", "1:1 says a number, but a condition says true or false: compare it with something"),
        ("args.amount > 5 and true", "1:17 `and` is not part of the language: write `&&`"),
        ("args.amount = 5", "1:13 `=` is not part of the language: write `==`"),
        ("not args.urgent", "1:5 `args` cannot stand here"),
        ("args.amount >", "1:14 it ends too early: something is missing at the end"),
        ("", "1:1 it ends too early: something is missing at the end"),
        ("\0", "1:1 something here is not part of the language"),
        ("99999999999999999999 > 1", "1:1 a number cannot be written like this"),
        ("args.country.matches('(')", "1:22 `'('` is not a regular expression that RE2 can read"),
        ("time.getHours('Mars') > 1", "1:15 `'Mars'` is not a time zone: write one such as Europe/Berlin"),
        ("time > timestamp('now')", "1:18 `'now'` is not a point in time: write one such as \"2026-12-31T00:00:00Z\""),
        ("true\n|| args.wait > duration('1d')", '2:25 `\'1d\'` is not a span of time: write one such as "90m" or "24h"'),
        ("args.amount > 0.12345678901234567890", "1:15 `0.12345678901234567890` has more digits than can be compared"),
        ("args.amount > 9007199254740993", "1:15 `9007199254740993` has more digits than can be compared"),
        ("x" * (LONGEST + 1), f"1:1 longer than {LONGEST} characters: make several rules of it"),
        ("(" * 900, "1:1 this cannot be read as a condition: it is too long, or nested too deeply"),
    ],
)
def test_a_mistake_is_told_with_its_place_and_what_to_do(condition: str, complaint: str) -> None:
    assert said(condition)[:1] == [complaint]


def test_every_mistake_is_told_at_once() -> None:
    assert len(said("args.amout > 5 && args.cuntry == 'DE' && tim > time")) == 3


@pytest.mark.parametrize("condition", ["args.anything > 5", "args['x'] == 1", "'x' in args", "args.size() > 3"])
def test_arguments_that_are_not_known_beforehand_may_have_any_name(condition: str) -> None:
    assert said(condition, None) == []


def test_without_known_arguments_one_asks_for_a_name_among_them() -> None:
    assert said("has(args.x)", None) == [_HAS]


_PIECES = (
    "args", "args.amount", "args.tags", "args.city", "args.note", "time", "500", "'a'", "&&", "||", "!", "==", ">", "<", "(",
    ")", "[", "]", ".", "in", "size", "exists", "all", "x", "null", "true", "?", ":", "+", "-", "*", "/", "{", "}", "b'a'",
    "1u", "1.5", "duration('1h')", ",", "has", "evidence", "requester.email", "run", '"', "'", "\\", "timestamp", "int",
    "type", "dyn", "1e400", "0x1F", "as", "\n", "\0", "\ud800", "😀",
)  # fmt: skip


@settings(deadline=None)
@given(st.text() | st.lists(st.sampled_from(_PIECES), max_size=9).map(" ".join))
def test_whatever_is_written_either_has_a_fault_in_our_words_or_can_be_asked(condition: str) -> None:
    for model in (Payment, None):
        found = faults(condition, model)
        for fault in found:
            assert fault.message
            assert not any(sign in fault.message for sign in ("INVALID_ARGUMENT", "ERROR", "Syntax", "expecting", "<input>"))
        if not found:
            compiled(condition)
