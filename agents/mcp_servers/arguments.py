"""An argument model of a tool's JSON schema.

Each property becomes a field, so that people see and edit it by name. Whatever the fields say, the whole is validated with
jsonschema against the pinned schema as well, which knows more than a model can express. An optional argument that is null is
one that is left out: what is shown is what is sent.
"""

import json
from collections.abc import Collection, Mapping
from contextlib import suppress
from typing import Annotated, Any, Literal, Self

from jsonschema import SchemaError
from jsonschema.protocols import Validator
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

from agents.actions import Arguments
from agents.mcp_servers.schema import problem, told, validator
from storage.records import JsonObject

WHOLE = "arguments"  # the only field where properties cannot be fields

_LONG = 200  # characters from which on a text gets several lines to be edited in
_PLAIN: Mapping[str, type] = {"string": str, "integer": int, "number": float, "boolean": bool}
_NUMBERS = {"minimum": "ge", "maximum": "le", "exclusiveMinimum": "gt", "exclusiveMaximum": "lt"}
_LIMITS: Mapping[type, Mapping[str, str]] = {
    str: {"minLength": "min_length", "maxLength": "max_length"}, int: _NUMBERS, float: _NUMBERS, bool: {},
}  # fmt: skip


def arguments_of(name: str, schema: JsonObject) -> type[Arguments]:
    """The model of what a tool takes. Raises BadSchema."""
    check, properties, required = validator(schema), _properties(schema), _required(schema)
    if not _needs_whole(schema, properties):
        parts = told(schema, properties)
        fields = {each: _field(check, part, needed=each in required) for each, part in parts.items()}
        with suppress(PydanticUserError, SchemaError, TypeError, ValueError):
            return _made(name, _checked(check, required), fields)
    whole = _annotated[dict[str, JsonValue], _as_text(check), WithJsonSchema(told(schema, schema))]
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
            if misfit := problem(check, sent(self)):
                raise ValueError(misfit)
            return self

        @model_serializer(mode="wrap")
        def _given(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
            return {name: value for name, value in handler(self).items() if value is not None or name in required}

    return Checked


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
    whole = check.evolve(schema=part)
    kind, about = _kind(whole, part)
    if needed:
        return _annotated[kind, *about, WithJsonSchema(part)], ...
    default = part.get("default")
    fits = default is None or problem(whole, default) is None
    return _annotated[kind | None, *about, WithJsonSchema(part)], default if fits else None


def _kind(check: Validator, part: Mapping[str, Any]) -> tuple[Any, list[Any]]:
    """A field's type and what limits it. What is not plain is any JSON value."""
    choices, name = part.get("enum"), part.get("type")
    if isinstance(choices, list) and choices and all(isinstance(each, str) for each in choices) and _told_apart(choices):
        return _literal[tuple(choices)], []
    plain = _PLAIN.get(name) if isinstance(name, str) else None
    if plain is None or "enum" in part or "const" in part:
        return JsonValue, [_as_text(check), Field(json_schema_extra=_LINES)]
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


def _as_text(check: Validator) -> BeforeValidator:
    """A form has text where a list or an object is wanted. What fits as it is stays so: `"17"` may be meant as a text."""

    def parsed(value: Any) -> Any:
        if not isinstance(value, str) or problem(check, value) is None:
            return value
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value

    return BeforeValidator(parsed)


_LINES: JsonObject = {"multiline": True}
_annotated: Any = Annotated  # made while the program runs, which type checkers do not follow
_literal: Any = Literal
