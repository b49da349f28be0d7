"""Why a condition failed, in our own words.

CEL's own may quote the values that it stumbled over, and those can be secrets: only what stands in the condition itself is
said again.
"""

import re
from collections.abc import Callable, Sequence

from policies.conditions.words import unfit

_Told = Callable[[re.Match[str], str], str]


def said(error: str, condition: str) -> str:
    """What CEL says of a condition that it could not decide: `INVALID_ARGUMENT: divide by zero` and the like."""
    for pattern, told in _REASONS:
        if found := re.search(pattern, error):
            return told if isinstance(told, str) else told(found, condition)
    return "it failed"


def _unknown(found: re.Match[str], _: str) -> str:
    return f"`{found[1]}` is not known here"


def _missing(found: re.Match[str], condition: str) -> str:
    named = re.search(rf"\b{re.escape(found[1])}\b", condition)
    return f"`{found[1]}` is not there" if named else "something that it names is not there"


def _unlike(found: re.Match[str], _: str) -> str:
    """An operator or function, asked of kinds of values that it is not for."""
    of, function, types = found.groups()
    if function.startswith("<"):
        return "it looks into or chooses by a value that is not for that"
    return unfit(function, ", ".join(filter(None, (of, types))))


_REASONS: Sequence[tuple[str, str | _Told]] = (
    (r'No value with name "([A-Za-z_]\w*)"', _unknown),
    (r'Key not found in map : "([A-Za-z_]\w*)"', _missing),
    (r"Key not found", "something that it names is not there"),
    (r"No matching overloads found : (?:\((\w+)\)\.)?([^\s(]+)(?:\((.*)\))?", _unlike),
    (r"non-message|container type|expected integer", "it looks into a value that has no parts of that kind"),
    (r"(divide|modulus) by zero", "it divides by zero"),
    (r"overflow|out of ", "a number is too large"),
    (r"Index error", "a list has fewer items than it looks for"),
    (r"Timestamp|Duration", "a text is no point or span of time, or one too far away"),
    (r"convert|conversion", "a text is not what it is to be read as"),
    (r"regular expression", "a text is not a regular expression that RE2 can read"),
    (r"timezone", "a text is not a time zone"),
    (r"budget|recursion|depth", "it would take too long"),
    (r"Non-CEL value|construction from null|UTF-8", "a value is of a kind that conditions cannot look at"),
)
