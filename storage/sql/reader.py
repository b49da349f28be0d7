"""Rows into records, several times faster than by validating every field of every row.

What is nested is always parsed and validated, and an enumeration always looked up. For plain values it is enough that
their types are right. So the first row whose values have certain types is built both ways: if the short way gives exactly
what full validation gives, later rows of that shape are built the short way. All others are validated as ever, so a row
that something else has written is refused as ever.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from functools import lru_cache
from types import NoneType, UnionType
from typing import Any, Generic, TypeVar, Union, get_args, get_origin

from pydantic import JsonValue, TypeAdapter
from pydantic_core import from_json

from storage.records import JsonObject, Record
from storage.sql.query import Compiled

R = TypeVar("R", bound=Record)
Convert = Callable[[Any], Any]


class Reader(Generic[R]):
    """Makes records of one kind from the rows of one statement."""

    def __init__(self, kind: type[R], statement: Compiled) -> None:
        self._kind, self._statement = kind, statement
        self._names = tuple(name for name, _ in statement.columns)
        self._parts = tuple(
            (place, convert)
            for place, name in enumerate(self._names)
            if (convert := _part(kind, name, statement)) is not None
        )
        self._trusted: set[tuple[type, ...]] = set()

    def read(self, raw: Sequence[Any]) -> R:
        """One row as a record. Raises ValidationError."""
        if tuple(map(type, raw)) not in self._trusted:
            return self._learn(raw)
        try:
            return self._short(raw)
        except ValueError:
            return self._whole(raw)

    def _learn(self, raw: Sequence[Any]) -> R:
        whole = self._whole(raw)
        with suppress(ValueError, TypeError):  # what only the long way can read is read that way
            if _alike(self._short(raw), whole):
                self._trusted.add(tuple(map(type, raw)))
        return whole

    def _whole(self, raw: Sequence[Any]) -> R:
        return self._kind.model_validate(self._statement.row(raw))

    def _short(self, raw: Sequence[Any]) -> R:
        values = list(raw)
        for place, convert in self._parts:
            if (value := values[place]) is not None:
                values[place] = convert(value)
        record = self._kind.__new__(self._kind)
        record.__setstate__(  # as pickle makes one
            {
                "__dict__": dict(zip(self._names, values, strict=True)),
                "__pydantic_fields_set__": set(self._names),
                "__pydantic_extra__": None,
                "__pydantic_private__": None,
            }
        )
        return record


def _alike(one: Record, other: Record) -> bool:
    pairs = zip(vars(one).values(), vars(other).values(), strict=True)
    return one == other and all(type(a) is type(b) for a, b in pairs)


def _part(kind: type[Record], name: str, statement: Compiled) -> Convert | None:
    """How one column's value becomes a field's; None where it is that already."""
    annotation = _without_none(kind.model_fields[name].annotation)
    if name in statement.json:
        return _parsed(annotation)
    if annotation is datetime:
        return dict(statement.columns)[name]
    return None if annotation in (str, int, float) else TypeAdapter(annotation).validate_python


def _parsed(annotation: Any) -> Convert:
    if annotation == JsonObject:
        return _object
    if annotation is JsonValue:
        return from_json
    read = TypeAdapter(annotation).validate_json
    # The same people, places and verdicts come again and again, and records can be shared because they are frozen.
    return lru_cache(256)(read) if isinstance(annotation, type) and issubclass(annotation, Record) else read


def _object(text: str) -> JsonObject:
    value = from_json(text)
    if type(value) is not dict:
        raise ValueError("This is no JSON object.")
    return value


def _without_none(annotation: Any) -> Any:
    if get_origin(annotation) not in (Union, UnionType):
        return annotation
    left = [each for each in get_args(annotation) if each is not NoneType]
    return left[0] if len(left) == 1 else annotation
