"""The JSON Schema of a policy file, for editors, and the keys that each part of a file may have."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from policies.problems import Path
from policies.rules import Policy
from storage.records import JsonObject


def file_schema() -> JsonObject:
    """The JSON Schema (draft 2020-12) of a policy file, be it the first or one that is included."""
    whole = Policy.model_json_schema(mode="validation")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **{key: value for key, value in whole.items() if key != "required"},
        "anyOf": [{"required": [key]} for key in ("rules", "include", "tests")],
        "title": "Signoff policy",
    }


def keys_at(path: Path) -> tuple[str, ...]:
    """The keys that the mapping at a path may have, in the order of the documentation."""
    schema = _schema()
    found = _mapping(schema, schema)
    for part in path:
        inside = found.get("items", {}) if isinstance(part, int) else found.get("properties", {}).get(part, {})
        found = _mapping(inside, schema)
    return tuple(found.get("properties", {}))


@lru_cache(maxsize=1)
def _schema() -> Mapping[str, Any]:
    return Policy.model_json_schema(mode="validation")


def _mapping(part: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """The part itself, behind its reference, or of its alternatives the one that has something inside."""
    if "$ref" in part:
        return _mapping(schema["$defs"][part["$ref"].rsplit("/", 1)[-1]], schema)
    choices = [_mapping(each, schema) for each in part.get("anyOf", ())]
    return next((each for each in choices if each.keys() & {"properties", "items"}), part)
