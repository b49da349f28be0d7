"""Texts and numbers in a condition that stand for something else: patterns, time zones, points in time, limits.

CEL reads them only when a condition is asked. Here each is tried beforehand, by CEL itself.
"""

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal

from cel_expr_python import cel

from policies.conditions.declare import asking
from policies.conditions.values import EXACT
from policies.conditions.words import Fault

_TEXT = r"""[rR]?(?:\"{3}.*?\"{3}|'{3}.*?'{3}|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*')"""
_TOKEN = re.compile(
    rf"""\b(?P<function>[A-Za-z]+)\s*\(\s*(?P<given>{_TEXT})\s*\) | {_TEXT} | //[^\n]*
    | (?<![\w.]) (?P<number>\d+ (?:\.\d+)? (?:[eE][+-]?\d+)?) (?!\w)""",
    re.DOTALL | re.VERBOSE,
)
_PARTS = ("Date", "DayOfMonth", "DayOfWeek", "DayOfYear", "FullYear", "Hours", "Milliseconds", "Minutes", "Month", "Seconds")
_ZONE = 'timestamp("2026-01-01T00:00:00Z").getHours({})', "is not a time zone: write one such as Europe/Berlin"
_TRIALS: Mapping[str, tuple[str, str]] = {
    "matches": ('"".matches({})', "is not a regular expression that RE2 can read"),
    "timestamp": ("timestamp({})", 'is not a point in time: write one such as "2026-12-31T00:00:00Z"'),
    "duration": ("duration({})", 'is not a span of time: write one such as "90m" or "24h"'),
    **{f"get{part}": _ZONE for part in _PARTS},
}


def misread(condition: str) -> Iterator[Fault]:
    """What stands in a condition that its types are right for, and that cannot be read all the same."""
    for token in _TOKEN.finditer(condition):
        trial, complaint = _TRIALS.get(token["function"] or "", ("", ""))
        if trial and _fails(trial.format(token["given"])):
            yield _fault(condition, token.start("given"), f"`{token['given']}` {complaint}")
        elif token["number"] and not _can_be_compared(token["number"]):
            yield _fault(condition, token.start("number"), f"`{token['number']}` has more digits than can be compared")


def _fails(trial: str) -> bool:
    try:
        return bool(asking().compile(trial).eval(asking().Activation()).type() == cel.Type.ERROR)
    except RuntimeError:
        return True


def _can_be_compared(number: str) -> bool:
    if number.isdecimal():
        return int(number) < EXACT
    return Decimal(number) == Decimal(repr(float(number)))


def _fault(condition: str, at: int, message: str) -> Fault:
    line = condition.count("\n", 0, at)
    return Fault(line + 1, at - condition.rfind("\n", 0, at), message)
