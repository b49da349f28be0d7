"""Tools as the Messages API is told of them: held to their schema by `strict` as far as the API can do that. Pure.

`strict` knows a part of JSON Schema, and so much of it in one request. Where a schema says more (keys or values that are
free, references to itself), it would be narrowed to what was not meant, or refuse the whole request. Such a tool is told as
it is: arguments are validated before anything is done with them in any case.
https://platform.claude.com/docs/en/build-with-claude/structured-outputs#json-schema-limitations
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import anthropic

from agents.model import Offer

_TYPES = {"object", "array", "string", "integer", "number", "boolean", "null"}
_UNTRANSFORMED = (ValueError, TypeError, AttributeError, LookupError, AssertionError, RecursionError)


@dataclass(frozen=True)
class _Share:
    """What a request has of `strict`, and what a schema takes of it."""

    tools: int = 1
    optional: int = 0
    unions: int = 0

    def fits(self, whole: "_Share") -> bool:
        return self.tools <= whole.tools and self.optional <= whole.optional and self.unions <= whole.unions

    def without(self, other: "_Share") -> "_Share":
        return _Share(self.tools - other.tools, self.optional - other.optional, self.unions - other.unions)


_WHOLE = _Share(tools=20, optional=24, unions=16)


class _TooFree(Exception):
    """The schema says what `strict` cannot."""


def tools(offers: Iterable[Offer]) -> list[dict[str, Any]]:
    """The tools, the first that fit into what a request has of `strict` with it."""
    left, told = _WHOLE, []
    for offer in offers:
        taken = _taken(offer.schema)
        schema = _strict(offer.schema) if taken and taken.fits(left) else None
        about: dict[str, Any] = {"name": offer.name, "description": offer.description}
        if taken is None or schema is None:
            told.append({**about, "input_schema": dict(offer.schema)})
        else:
            left = left.without(taken)
            told.append({**about, "input_schema": schema, "strict": True})
    return told


def _strict(schema: Mapping[str, Any]) -> dict[str, Any] | None:
    try:
        return anthropic.transform_schema(dict(schema))
    except _UNTRANSFORMED:
        return None


def _taken(schema: Mapping[str, Any]) -> _Share | None:
    """What a schema takes of `strict`; None where it says what `strict` cannot."""
    try:
        parts = list(_parts(schema, schema, ()))
    except (_TooFree, RecursionError):
        return None
    optional = sum(len(set(part.get("properties", ())) - set(part.get("required", ()))) for part in parts)
    return _Share(optional=optional, unions=sum("anyOf" in part or "oneOf" in part for part in parts))


def _parts(root: Mapping[str, Any], part: Any, within: tuple[str, ...]) -> Iterable[Mapping[str, Any]]:
    """The schema and all within it, as often as they are referred to. Raises _TooFree."""
    if not isinstance(part, Mapping) or "allOf" in part:
        raise _TooFree
    if "$ref" in part:
        name = str(part["$ref"]).rpartition("/")[2]
        if name in within:
            raise _TooFree
        yield from _parts(root, root.get("$defs", {}).get(name), (*within, name))
        return
    yield part
    for below in _below(part):
        yield from _parts(root, below, within)


def _below(part: Mapping[str, Any]) -> list[Any]:
    match part:
        case {"enum": list(values)} if all(not isinstance(each, list | dict) for each in values):
            return []
        case {"const": str() | int() | float() | None}:
            return []
        case {"anyOf": list(several)} | {"oneOf": list(several)}:
            return several
        case {"type": "object", "properties": dict(properties)} if not (
            part.get("additionalProperties") or part.get("patternProperties")
        ):
            return list(properties.values())
        case {"type": "array", "items": items}:
            return [items]
        case {"type": str(name)} if name in _TYPES - {"object", "array"}:
            return []
    raise _TooFree
