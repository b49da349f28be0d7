"""A tool's JSON schema: what fits it, and what a model is told of it. It is a stranger's, so neither may take long."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Annotated, Any

from jsonschema import Draft202012Validator, SchemaError
from jsonschema.exceptions import ValidationError, best_match
from jsonschema.protocols import Validator
from jsonschema.validators import extend, validator_for
from pydantic import JsonValue, StringConstraints, TypeAdapter
from pydantic_core import SchemaError as BadPattern
from referencing import Registry
from referencing.exceptions import Unresolvable

from agents.actions import AgentError
from storage.records import JsonObject

DEPTH = 6  # levels of references that a model is told; beyond, and where they go in circles, only jsonschema looks
MOST = 4000  # values in what a model is told; with fewer levels where these do not suffice


class BadSchema(AgentError):
    """A tool's input schema cannot be used; the message says why."""


class _TooLong(Exception):
    """There are more values than a model is told."""


def validator(schema: JsonObject) -> Validator:
    """Validates against the schema, never fetching another. Raises BadSchema."""
    kind = validator_for(schema, default=Draft202012Validator)
    try:
        kind.check_schema(schema, format_checker=None)  # type: ignore[call-arg]  # patterns may be of another dialect
    except SchemaError as error:
        raise BadSchema(f"Its input schema is no JSON Schema: {error.message[:200]}") from error
    except RecursionError as error:
        raise BadSchema("Its input schema is nested too deeply.") from error
    if schema.get("type") != "object":
        raise BadSchema('Its input schema has to be that of an object ("type": "object").')
    ours: type[Validator] = extend(kind, {"pattern": _pattern})  # type: ignore[no-untyped-call]
    return ours(_without_name_patterns(schema), registry=Registry())


def problem(check: Validator, given: JsonValue) -> str | None:
    """What does not fit, in a sentence; None if all does."""
    try:
        error = best_match(check.iter_errors(given))
    except Unresolvable:
        return "its schema refers to another one, which is not fetched"
    except RecursionError:
        return "it is nested too deeply, or its schema refers to itself without end"
    if error is None:
        return None
    where = ".".join(map(str, error.absolute_path))
    return f"{where}: {error.message[:300]}" if where else str(error.message)[:300]


def told(schema: JsonObject, part: Any) -> Any:
    """A part of the schema that stands by itself: references within it resolved, as deep as there is room."""
    for depth in range(DEPTH, 0, -1):
        try:
            return _told(schema, part, depth, iter(range(MOST)))
        except _TooLong:
            continue
    return _told(schema, part, 0, None)


def _told(schema: JsonObject, part: Any, depth: int, room: Iterator[int] | None) -> Any:
    if room is not None and next(room, None) is None:
        raise _TooLong
    match part:
        case {"$ref": str(where)}:
            found = _found(schema, where) if depth else None
            rest = {key: each for key, each in part.items() if key != "$ref"}
            resolved = _told(schema, found, depth - 1, room) if depth else {}
            return {**(resolved if isinstance(resolved, dict) else {}), **_told(schema, rest, depth, room)}
        case dict():
            # What is a secret, and so hidden on cards, is not for a server to say.
            return {key: _told(schema, each, depth, room) for key, each in part.items() if (key, each) != ("x-secret", True)}
        case list():
            return [_told(schema, each, depth, room) for each in part]
    return part


def _found(schema: JsonObject, where: str) -> Any:
    """What a local reference such as `#/$defs/Line` stands for; nothing where there is none."""
    found: Any = schema
    for step in where.removeprefix("#/").split("/") if where.startswith("#/") else ["", ""]:
        found = found.get(step.replace("~1", "/").replace("~0", "~")) if isinstance(found, dict) else None
    return found


def _pattern(check: Validator, pattern: str, given: Any, schema: JsonObject) -> Iterator[ValidationError]:
    """The keyword, in time linear in the length of a text: Python's own expressions can take for ever on a short one."""
    matcher = _matcher(pattern)
    if isinstance(given, str) and matcher is not None:
        try:
            matcher.validate_python(given)
        except ValueError:
            yield ValidationError(f"{given!r} does not match {pattern!r}")


@lru_cache(1024)
def _matcher(pattern: str) -> TypeAdapter[str] | None:
    """None for what only an engine without that promise can match; then the server itself has to look."""
    try:
        return TypeAdapter(Annotated[str, StringConstraints(pattern=pattern)])
    except BadPattern:
        return None


def _without_name_patterns(part: Any) -> Any:
    """The schema without expressions for names, for the same reason; names are then free where they would have ruled."""
    match part:
        case {"patternProperties": dict()}:
            ruled = ("patternProperties", "additionalProperties", "unevaluatedProperties")
            return _without_name_patterns({key: each for key, each in part.items() if key not in ruled})
        case dict():
            return {key: _without_name_patterns(each) for key, each in part.items()}
        case list():
            return [_without_name_patterns(each) for each in part]
    return part
