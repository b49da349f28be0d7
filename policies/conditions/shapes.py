"""The types of an action's arguments, as conditions see them.

A shape is read off the action's argument model once. With it the names and types in a condition are checked when a policy
is loaded (`declare`), and recorded arguments are given to the condition as what they stand for (`values`).
"""

import types
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, PlainSerializer, RootModel, TypeAdapter, WrapSerializer
from pydantic.errors import PydanticUserError
from pydantic_core import PydanticUndefined

Scalar = Literal["bool", "int", "double", "string", "timestamp", "duration"]

_SCALARS: Mapping[type, Scalar] = {bool: "bool", int: "int", float: "double", Decimal: "double", str: "string"}
_WRITTEN: Mapping[str, Scalar] = {"boolean": "bool", "integer": "int", "number": "double", "string": "string"}
_FORMATS: Mapping[str, Scalar] = {"date-time": "timestamp", "duration": "duration"}


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
def shape_of(model: type[BaseModel] | None) -> Fields | Anything:
    """The shape of what a model holds once it is written as JSON; of anything where there is no model."""
    shape = _of(model, ()) if model else Anything()
    return shape if isinstance(shape, Fields) else Anything()


def _of(hint: Any, around: tuple[Any, ...]) -> Shape:
    """The shape of what has this type, inside of the types around it. What holds itself is not followed."""
    hint, origin, inside = _bare(hint)
    if any(hint is each for each in around):
        return Anything()
    around = (*around, hint)
    if origin in (Union, types.UnionType):
        return _of_union(inside, around)
    if origin is Literal:
        return _of_values(inside)
    if origin in (list, tuple, set, frozenset, Sequence):
        items = set(inside) - {...}
        return ListOf(_of(items.pop(), around) if len(items) == 1 else Anything())
    if origin in (dict, Mapping) and _bare(inside[0])[0] is str:
        return MapOf(_of(inside[1], around))
    return _of_class(hint, around) if isinstance(hint, type) and origin is None else Anything()


def _bare(hint: Any) -> tuple[Any, Any, tuple[Any, ...]]:
    """A type without its annotations and other names, what it is made of, and of which."""
    while True:
        if get_origin(hint) is Annotated:
            hint, *about = get_args(hint)
            hint = _written_as(hint, about)
        elif hasattr(hint, "__supertype__") or hasattr(hint, "__value__"):
            hint = getattr(hint, "__supertype__", None) or hint.__value__
        else:
            return hint, get_origin(hint), get_args(hint)


def _written_as(hint: Any, about: Sequence[Any]) -> Any:
    """The type of what is written of a value with these annotations. An amount that is written as text is a number still."""
    serializer = next((each for each in reversed(about) if isinstance(each, PlainSerializer | WrapSerializer)), None)
    if serializer is None or (serializer.return_type is str and hint in (Decimal, float)):
        return hint
    return object if isinstance(serializer.return_type, type(PydanticUndefined)) else serializer.return_type


def _of_union(choices: Sequence[Any], around: tuple[Any, ...]) -> Shape:
    shapes = [_of(choice, around) for choice in choices if choice is not type(None)]
    only = shapes[0] if len(shapes) == 1 else Anything()
    if type(None) not in choices:
        return only
    return replace(only, nullable=True) if isinstance(only, Plain | Fields) else Anything()


def _of_values(values: Sequence[Any]) -> Shape:
    kinds = {_SCALARS.get(type(value.value if isinstance(value, Enum) else value)) for value in values}
    kind = kinds.pop() if len(kinds) == 1 else None
    return Plain(kind) if kind else Anything()


def _of_class(kind: type, around: tuple[Any, ...]) -> Shape:
    if issubclass(kind, BaseModel):
        return _of_model(kind, around)
    if issubclass(kind, Enum):
        return _of_values(list(kind))
    return Plain(_SCALARS[kind]) if kind in _SCALARS else _as_written(kind)


def _of_model(model: type[BaseModel], around: tuple[Any, ...]) -> Shape:
    serializers = model.__pydantic_decorators__
    written_whole = any(each.info.mode == "plain" for each in serializers.model_serializers.values())
    if written_whole or model.model_config.get("extra") == "allow" or issubclass(model, RootModel):
        return Anything()
    otherwise = {name for each in serializers.field_serializers.values() for name in each.info.fields}
    by_alias = model.model_config.get("serialize_by_alias")
    fields: dict[str, Shape] = dict.fromkeys(model.model_computed_fields, Anything())
    for name, info in model.model_fields.items():
        if info.exclude is not True:
            written = object if name in otherwise or "*" in otherwise else _written_as(info.annotation, info.metadata)
            fields[(by_alias and info.serialization_alias) or name] = _of(written, around)
    return Fields(model.__name__, fields) if all(map(_can_be_named, fields)) else Anything()


def _can_be_named(name: str) -> bool:
    return name.isidentifier() and name.isascii()


def _as_written(kind: type) -> Shape:
    """What pydantic writes for a type of its own or of the standard library, such as an e-mail address."""
    try:
        schema = TypeAdapter(kind).json_schema(mode="serialization")
    except PydanticUserError:
        return Anything()
    scalar = _FORMATS.get(str(schema.get("format"))) or _WRITTEN.get(str(schema.get("type")))
    return Plain(scalar) if scalar else Anything()
