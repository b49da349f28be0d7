"""An argument model of a tool's JSON schema.

Each property becomes a field, so that people see and edit it by name. Whatever the fields say, the whole is validated with
jsonschema against the pinned schema as well, which knows more than a model can express. An optional argument that is null is
one that is left out: what is shown is what is sent.
"""

import json
from collections.abc import Collection, Mapping
from contextlib import suppress
from typing import Annotated, Any, Literal, Self

from jsonschema import Draft202012Validator, SchemaError
from jsonschema.exceptions import best_match
from jsonschema.protocols import Validator
from jsonschema.validators import validator_for
from pydantic import (
    BeforeValidator,
    Field,
    JsonValue,
    SerializerFunctionWrapHandler,
    WithJsonSchema,
    create_model,
    model_serializer,
    model_validator,
)
from pydantic.errors import PydanticUserError
from referencing import Registry
from referencing.exceptions import Unresolvable

from agents.actions import AgentError, Arguments
from storage.records import JsonObject

WHOLE = "arguments"  # the only field where properties cannot be fields

_DEPTH = 6  # levels of references that a model is told; beyond, and where they go in circles, only jsonschema looks
_LONG = 200  # characters from which on a text gets several lines to be edited in
_PLAIN: Mapping[str, type] = {"string": str, "integer": int, "number": float, "boolean": bool}
_NUMBERS = {"minimum": "ge", "maximum": "le", "exclusiveMinimum": "gt", "exclusiveMaximum": "lt"}
_LIMITS: Mapping[type, Mapping[str, str]] = {
    str: {"minLength": "min_length", "maxLength": "max_length"}, int: _NUMBERS, float: _NUMBERS, bool: {},
}  # fmt: skip


class BadSchema(AgentError):
    """A tool's input schema cannot be used; the message says why."""


def validator(schema: JsonObject) -> Validator:
    """Validates against the schema, never fetching another. Raises BadSchema."""
    kind = validator_for(schema, default=Draft202012Validator)
    try:
        kind.check_schema(schema)
    except SchemaError as error:
        raise BadSchema(f"Its input schema is no JSON Schema: {error.message[:200]}") from error
    if schema.get("type") != "object":
        raise BadSchema('Its input schema has to be that of an object ("type": "object").')
    return kind(schema, registry=Registry())


def arguments_of(name: str, schema: JsonObject) -> type[Arguments]:
    """The model of what a tool takes. Raises BadSchema."""
    check, properties, required = validator(schema), _properties(schema), _required(schema)
    if not _needs_whole(schema, properties):
        told = {each: _told(schema, part, _DEPTH) for each, part in properties.items()}
        fields = {each: _field(check, part, needed=each in required) for each, part in told.items()}
        with suppress(PydanticUserError, SchemaError, TypeError, ValueError):
            return _made(name, _checked(check, required), fields)
    whole = _annotated[dict[str, JsonValue], _AS_TEXT, WithJsonSchema(_told(schema, schema, _DEPTH))]
    return _made(name, _checked(check, {WHOLE}), {WHOLE: (whole, ...)})


def _made(name: str, base: type[Arguments], fields: Mapping[str, Any]) -> type[Arguments]:
    made = create_model(name, __base__=base, **fields)
    made.model_json_schema()  # which fails where the fields only seem to be right
    return made


def sent(arguments: Arguments) -> JsonObject:
    """The arguments as the server gets them."""
    given: dict[str, Any] = arguments.model_dump(mode="json")
    return given[WHOLE] if set(type(arguments).model_fields) == {WHOLE} else given


def _checked(check: Validator, required: Collection[str]) -> type[Arguments]:
    """A base that validates the whole, and leaves out what was not given."""

    class Checked(Arguments):
        @model_validator(mode="after")
        def _fits(self) -> Self:
            if problem := _problem(check, sent(self)):
                raise ValueError(problem)
            return self

        @model_serializer(mode="wrap")
        def _given(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
            return {name: value for name, value in handler(self).items() if value is not None or name in required}

    return Checked


def _problem(check: Validator, given: JsonObject) -> str | None:
    try:
        error = best_match(check.iter_errors(given))
    except Unresolvable:
        return "its schema refers to another one, which is not fetched"
    if error is None:
        return None
    where = ".".join(map(str, error.absolute_path))
    return f"{where}: {error.message[:300]}" if where else str(error.message)[:300]


def _properties(schema: JsonObject) -> dict[str, Any]:
    properties = schema.get("properties")
    return properties if isinstance(properties, dict) else {}


def _required(schema: JsonObject) -> frozenset[str]:
    required = schema.get("required")
    return frozenset(map(str, required)) if isinstance(required, list) else frozenset()


def _needs_whole(schema: JsonObject, properties: Collection[str]) -> bool:
    """Whether the properties cannot be fields: names that a model cannot have, or no names at all."""
    if not properties:
        free = schema.get("additionalProperties") not in (None, False)
        return free or bool({"patternProperties", "$ref", "allOf", "anyOf", "oneOf"} & set(schema))
    return set(properties) == {WHOLE} or any(name.startswith("_") or hasattr(Arguments, name) for name in properties)


def _field(check: Validator, part: Any, *, needed: bool) -> tuple[Any, Any]:
    """Type and default of a field; a model is told of it as the schema has it."""
    part = part if isinstance(part, dict) else {}
    kind, about = _kind(part)
    if needed:
        return _annotated[kind, *about, WithJsonSchema(part)], ...
    default = part.get("default")
    fits = default is None or check.evolve(schema=part).is_valid(default)
    return _annotated[kind | None, *about, WithJsonSchema(part)], default if fits else None


def _kind(part: Mapping[str, Any]) -> tuple[Any, list[Any]]:
    """A field's type and what limits it. What is not plain is any JSON value."""
    choices, name = part.get("enum"), part.get("type")
    if isinstance(choices, list) and choices and all(isinstance(each, str) for each in choices) and _told_apart(choices):
        return _literal[tuple(choices)], []
    plain = _PLAIN.get(name) if isinstance(name, str) else None
    if plain is None or "enum" in part or "const" in part:
        return JsonValue, [_AS_TEXT, Field(json_schema_extra=_LINES)]
    limits: dict[str, Any] = {
        word: part[each] for each, word in _LIMITS[plain].items() if type(part.get(each)) in (int, float)
    }
    long = plain is str and part.get("maxLength", _LONG) >= _LONG
    if plain is float:
        limits["allow_inf_nan"] = False
    return plain, [Field(**limits, json_schema_extra=_LINES if long else None)]


def _told_apart(choices: Collection[str]) -> bool:
    """Whether people can tell the choices apart, who read `in_stock` as "In stock"."""
    return len({each.replace("_", " ").casefold() for each in choices}) == len(choices)


def _from_form(value: Any) -> Any:
    """A form has text where a list or an object is wanted."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


_AS_TEXT = BeforeValidator(_from_form)
_LINES: JsonObject = {"multiline": True}
_annotated: Any = Annotated  # made while the program runs, which type checkers do not follow
_literal: Any = Literal


def _told(schema: JsonObject, part: Any, depth: int) -> Any:
    """A part of the schema that stands by itself: references within it resolved, and nothing that means something to us."""
    match part:
        case {"$ref": str(where)}:
            found = _found(schema, where) if depth else None
            rest = {key: each for key, each in part.items() if key != "$ref"}
            resolved = _told(schema, found, depth - 1) if depth else {}
            return {**(resolved if isinstance(resolved, dict) else {}), **_told(schema, rest, depth)}
        case dict():
            # What is a secret, and so hidden on cards, is not for a server to say.
            return {key: _told(schema, each, depth) for key, each in part.items() if (key, each) != ("x-secret", True)}
        case list():
            return [_told(schema, each, depth) for each in part]
    return part


def _found(schema: JsonObject, where: str) -> Any:
    """What a local reference such as `#/$defs/Line` stands for; nothing where there is none."""
    found: Any = schema
    for step in where.removeprefix("#/").split("/") if where.startswith("#/") else ["", ""]:
        found = found.get(step.replace("~1", "/").replace("~0", "~")) if isinstance(found, dict) else None
    return found
