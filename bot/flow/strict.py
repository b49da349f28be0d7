"""JSON from outside, read strictly: what two readers could read as two things is refused and never mended.

Duplicate names, NaN and infinity, halves of surrogate pairs and absurd nesting are no values that a policy could judge.
"""

import json
from math import isfinite
from typing import Any, NoReturn

from pydantic import JsonValue

from storage.records import JsonObject

DEEPEST = 32  # levels of nesting


class NotStrict(ValueError):
    """What was read is not JSON, or could be read in two ways; the message says what is wrong, as the end of a sentence."""


def value_of(text: str) -> JsonValue:
    """The JSON value that the whole text is. Raises NotStrict."""
    value, end = value_at(text, len(text) - len(text.lstrip(_BLANK)))
    if rest := text[end:].lstrip(_BLANK):
        raise NotStrict(f"is not JSON: something follows its end at column {len(text) - len(rest) + 1}")
    return value


def value_at(text: str, begin: int) -> tuple[JsonValue, int]:
    """The JSON value that begins there, and where it ends. Raises NotStrict."""
    try:
        value, end = _DECODER.raw_decode(text, begin)
    except json.JSONDecodeError as error:
        raise NotStrict(f"is not JSON: {_said(error.msg)} at column {error.pos + 1}") from error
    except RecursionError as error:
        raise NotStrict(_TOO_DEEP) from error
    except NotStrict:
        raise
    except ValueError as error:  # more digits than Python makes a number of
        raise NotStrict("holds a number with thousands of digits") from error
    if text.count("[") + text.count("{") > DEEPEST or "\\u" in text:
        _sound(value, DEEPEST)
    return value, end


_BLANK = " \t\r\n"
_TOO_DEEP = f"is nested deeper than {DEEPEST} levels"


def _said(problem: str) -> str:
    return problem[:1].lower() + problem[1:]


def _object(pairs: list[tuple[str, Any]]) -> JsonObject:
    made = dict(pairs)
    if len(made) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise NotStrict(f"has {twice[:80]!r} twice in one object, so it could be read in two ways")
    return made


def _number(text: str) -> float:
    number = float(text)
    if not isfinite(number):
        raise NotStrict(f"holds {text[:40]}, which is too large a number")
    return number


def _constant(text: str) -> NoReturn:
    raise NotStrict(f"holds {text}, which is not JSON")


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_float=_number, parse_constant=_constant)


def _sound(value: JsonValue, room: int) -> None:
    if room < 0:
        raise NotStrict(_TOO_DEEP)
    match value:
        case str() if any("\ud800" <= sign <= "\udfff" for sign in value):
            raise NotStrict("holds half a surrogate pair, which is no character")
        case list():
            for item in value:
                _sound(item, room - 1)
        case dict():
            for name, item in value.items():
                _sound(name, room)
                _sound(item, room - 1)
