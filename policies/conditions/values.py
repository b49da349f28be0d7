"""Arguments as conditions see them: each as what it stands for, and none that cannot be compared exactly.

An amount that is kept as the text "480.00" becomes a number, a point in time a point in time. Numbers are 64-bit floats and
integers below 2**53 here, so what has more digits than those can tell apart is refused: 500.00000000000000001 would not be
more than 500. So is a text with a NUL, which CEL would only read up to there. Everything refused makes the conditions that
look at arguments fail, which never lets anything run.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import partial
from math import isfinite
from typing import Any

from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp
from pydantic import TypeAdapter

from policies.conditions.shapes import Anything, Fields, ListOf, MapOf, Plain, Scalar, Shape
from storage.records import JsonObject

EXACT = 2**53  # from here on an integer may be equal to another one that is compared as a float
DEEPEST = 50  # lists and objects within each other; CEL compares them recursively and ends the process beyond some thousand

_TOLD_APART = 15  # digits: every number of so many, without an exponent, has a float of its own
_ODD = "is not what the action takes"

Read = Callable[[Any], Any]


class Misfit(ValueError):
    """An argument that conditions cannot be asked about. The message says why and holds no value."""


def reader(shape: Fields | Anything, named: frozenset[str] | None) -> Callable[[JsonObject], dict[str, Any]]:
    """Reads the arguments of that shape that are `named`; None for all. What it makes raises Misfit."""
    if isinstance(shape, Anything):
        return partial(_unknown, named)
    wanted = {name: part for name, part in shape.fields.items() if named is None or name in named}
    return partial(_known, _readers(wanted), named is None)


def _unknown(named: frozenset[str] | None, arguments: JsonObject) -> dict[str, Any]:
    """Arguments of which nothing is known beforehand: those that are there."""
    if named is not None:
        return _known({name: _anything for name in named if name in arguments}, False, arguments)
    try:
        return {text(name): _anything(value) for name, value in arguments.items()}
    except Misfit as error:
        raise Misfit(f"something in `args` {error}") from error


def _known(readers: Mapping[str, Read], whole: bool, arguments: JsonObject) -> dict[str, Any]:
    if whole and not arguments.keys() <= readers.keys():
        raise Misfit(f"something in `args` {_ODD}")
    found = {}
    for name, read in readers.items():
        try:
            found[name] = read(arguments.get(name))
        except Misfit as error:
            raise Misfit(f"`args.{name}` {error}") from error
    return found


def _readers(fields: Mapping[str, Shape]) -> dict[str, Read]:
    return {name: _reader(shape) for name, shape in fields.items()}


def _reader(shape: Shape) -> Read:
    match shape:
        case Plain(kind, nullable):
            return partial(_unless_null, _SCALARS[kind]) if nullable else _SCALARS[kind]
        case ListOf(item):
            return partial(_list, _reader(item))
        case MapOf(item):
            return partial(_map, _reader(item))
        case Fields(_, fields, nullable):
            whole = partial(_object, _readers(fields))
            return partial(_unless_null, whole) if nullable else whole
        case Anything():
            return _anything


def _object(readers: Mapping[str, Read], value: Any) -> dict[str, Any]:
    """What may be left out is there as null, so that a condition can ask for it."""
    if not isinstance(value, dict) or not value.keys() <= readers.keys():
        raise Misfit(_ODD)
    return {name: read(value.get(name)) for name, read in readers.items()}


def _unless_null(read: Read, value: Any) -> Any:
    return None if value is None else read(value)


def _list(read: Read, value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise Misfit(_ODD)
    return [read(each) for each in value]


def _map(read: Read, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Misfit(_ODD)
    return {text(name): read(each) for name, each in value.items()}


def _anything(value: Any, depth: int = DEEPEST) -> Any:
    """A JSON value of which nothing is known."""
    match value:
        case None | bool():
            return value
        case str():
            return text(value)
        case int():
            return _whole(value)
        case float():
            return _float(value)
    if depth == 0:
        raise Misfit("is nested too deeply")
    match value:
        case list():
            return [_anything(each, depth - 1) for each in value]
        case dict():
            return {text(name): _anything(each, depth - 1) for name, each in value.items()}
    raise Misfit(_ODD)


def text(value: Any) -> str:
    """A text that can be compared as a whole. Raises Misfit."""
    if type(value) is not str:
        raise Misfit(_ODD)
    if "\0" in value:
        raise Misfit("has a NUL in it")
    return value


def _exactly(kind: type, value: Any) -> Any:
    if type(value) is not kind:
        raise Misfit(_ODD)
    return value


def _whole(value: Any) -> int:
    if type(value) is not int:
        raise Misfit(_ODD)
    if abs(value) >= EXACT:
        raise Misfit("is too large a number")
    return value


def _float(value: float) -> float:
    """NaN is neither above nor below any limit, and infinity is no amount of anything."""
    if not isfinite(value):
        raise Misfit("is not a finite number")
    return value


def _number(value: Any) -> float:
    if type(value) is float:
        return _float(value)
    if type(value) is int:
        return float(_whole(value))
    try:
        number = _float(float(_exactly(str, value)))
        exact = (len(value) <= _TOLD_APART and "e" not in value.lower()) or Decimal(value) == Decimal(repr(number))
    except Misfit:
        raise
    except (InvalidOperation, ValueError) as error:
        raise Misfit("is not a number") from error
    if not exact:
        raise Misfit("has more digits than can be compared")
    return number


def _timestamp(value: Any) -> Timestamp:
    try:
        at = datetime.fromisoformat(_exactly(str, value))
    except ValueError as error:
        raise Misfit("is not a point in time") from error
    if at.utcoffset() is None:
        raise Misfit("is a point in time without its zone")
    made = Timestamp()
    made.FromDatetime(at)
    return made


def _duration(value: Any) -> Duration:
    made = Duration()
    try:
        made.FromTimedelta(_SPAN.validate_python(_exactly(str, value)))
    except ValueError as error:
        raise Misfit("is not a span of time") from error
    return made


_SPAN = TypeAdapter(timedelta)
_SCALARS: Mapping[Scalar, Read] = {
    "bool": partial(_exactly, bool), "int": _whole, "double": _number, "string": text,
    "timestamp": _timestamp, "duration": _duration,
}  # fmt: skip
