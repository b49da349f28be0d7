"""The types of an action's arguments, as conditions see them.

A shape is read off the action's argument model once. With it the names and types in a condition are checked when a policy
is loaded, and recorded arguments are given to the condition as what they stand for: an amount that is kept as the text
"480.00" is compared as a number, a point in time as a point in time.
"""

import types
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from math import isfinite
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, JsonValue, TypeAdapter
from pydantic.errors import PydanticUserError

from storage.records import JsonObject

Scalar = Literal["bool", "int", "double", "string", "timestamp"]

_DEEPEST = 8  # models inside models; deeper ones are not checked
_SCALARS: Mapping[type, Scalar] = {bool: "bool", int: "int", float: "double", Decimal: "double", str: "string"}
_WRITTEN: Mapping[str, Scalar] = {"boolean": "bool", "integer": "int", "number": "double", "string": "string"}


@dataclass(frozen=True)
class Anything:
    """A value of which nothing is known beforehand."""


@dataclass(frozen=True)
class Plain:
    """One value. `nullable` where it can be left out, and is null then."""

    kind: Scalar
    nullable: bool = False


@dataclass(frozen=True)
class ListOf:
    """Values of one shape."""

    item: "Shape"


@dataclass(frozen=True)
class MapOf:
    """Values of one shape by name."""

    item: "Shape"


@dataclass(frozen=True)
class Fields:
    """Named values. `nullable` where the whole can be left out, and is null then."""

    name: str
    fields: Mapping[str, "Shape"]
    nullable: bool = False


Shape = Anything | Plain | ListOf | MapOf | Fields


@lru_cache(maxsize=1024)
def shape_of(model: type[BaseModel]) -> Fields | Anything:
    """The shape of what a model holds once it is written as JSON."""
    shape = _of_model(model, _DEEPEST)
    return shape if isinstance(shape, Fields) else Anything()


def plain(shape: Shape, value: JsonValue) -> Any:
    """A JSON value as conditions are to see it. Raises ValueError where it is not of the shape."""
    match shape:
        case Plain():
            return None if value is None and shape.nullable else _scalar(shape.kind, value)
        case ListOf() if isinstance(value, list):
            return [plain(shape.item, each) for each in value]
        case MapOf() if isinstance(value, dict):
            return {name: plain(shape.item, each) for name, each in value.items()}
        case Fields() if isinstance(value, dict):
            return _fields(shape, value)
        case Fields(nullable=True) if value is None:
            return None
        case Anything():
            return value
    raise ValueError("is not what the action takes")


def _fields(shape: Fields, value: JsonObject) -> dict[str, Any]:
    """What may be left out is there as null, so that a condition can ask for it."""
    found = {**dict.fromkeys(shape.fields), **value}
    return {name: plain(shape.fields.get(name, Anything()), each) for name, each in found.items()}


def _scalar(kind: Scalar, value: JsonValue) -> Any:
    if kind == "double" and isinstance(value, str | int | float) and not isinstance(value, bool):
        return _number(value)
    if kind == "timestamp" and isinstance(value, str):
        return datetime.fromisoformat(value)
    if type(value) is not {"bool": bool, "int": int, "string": str}.get(kind):
        raise ValueError("is not what the action takes")
    return value


def _number(value: str | int | float) -> float:
    """A number that can be compared: NaN is neither above nor below any limit."""
    try:
        number = float(value)
    except OverflowError as error:
        raise ValueError("is too large a number") from error
    if not isfinite(number):
        raise ValueError("is not a finite number")
    return number


def _of_model(model: type[BaseModel], depth: int) -> Shape:
    names = [*model.model_fields, *model.model_computed_fields]
    open_ended = model.model_config.get("extra") == "allow" or "root" in names
    if open_ended or depth == 0 or not all(_can_be_named(name) for name in names):
        return Anything()
    fields = {name: _of(info.annotation, depth - 1) for name, info in model.model_fields.items()}
    return Fields(model.__name__, fields | dict.fromkeys(model.model_computed_fields, Anything()))


def _can_be_named(name: str) -> bool:
    return name.isidentifier() and name.isascii()


def _of(hint: Any, depth: int) -> Shape:
    hint, origin, inside = _bare(hint)
    if origin in (Union, types.UnionType):
        return _of_union(inside, depth)
    if origin is Literal:
        return _of_values(inside)
    if origin in (list, tuple, set, frozenset, Sequence):
        items = set(inside) - {...}
        return ListOf(_of(items.pop(), depth) if len(items) == 1 else Anything())
    if origin in (dict, Mapping) and _bare(inside[0])[0] is str:
        return MapOf(_of(inside[1], depth))
    return _of_class(hint, depth) if isinstance(hint, type) and origin is None else Anything()


def _bare(hint: Any) -> tuple[Any, Any, tuple[Any, ...]]:
    """A type without its annotations and other names, what it is made of, and of which."""
    while True:
        if get_origin(hint) is Annotated:
            hint = get_args(hint)[0]
        elif hasattr(hint, "__supertype__") or hasattr(hint, "__value__"):
            hint = getattr(hint, "__supertype__", None) or hint.__value__
        else:
            return hint, get_origin(hint), get_args(hint)


def _of_union(choices: Sequence[Any], depth: int) -> Shape:
    shapes = [_of(choice, depth) for choice in choices if choice is not type(None)]
    only = shapes[0] if len(shapes) == 1 else Anything()
    if type(None) not in choices:
        return only
    match only:
        case Plain(kind):
            return Plain(kind, nullable=True)
        case Fields(name, fields):
            return Fields(name, fields, nullable=True)
    return Anything()


def _of_values(values: Sequence[Any]) -> Shape:
    kinds = {_SCALARS.get(type(value.value if isinstance(value, Enum) else value)) for value in values}
    kind = kinds.pop() if len(kinds) == 1 else None
    return Plain(kind) if kind else Anything()


def _of_class(kind: type, depth: int) -> Shape:
    if issubclass(kind, BaseModel):
        return _of_model(kind, depth)
    if issubclass(kind, Enum):
        return _of_values(list(kind))
    return Plain(_SCALARS[kind]) if kind in _SCALARS else _as_written(kind)


def _as_written(kind: type) -> Shape:
    """What pydantic writes for a type of its own or of the standard library, such as an e-mail address."""
    try:
        schema = TypeAdapter(kind).json_schema(mode="serialization")
    except PydanticUserError:
        return Anything()
    if schema.get("format") == "date-time":
        return Plain("timestamp")
    scalar = _WRITTEN.get(str(schema.get("type")))
    return Plain(scalar) if scalar else Anything()
