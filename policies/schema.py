"""The JSON Schema of a policy file, for editors."""

from policies.rules import Policy
from storage.records import JsonObject


def file_schema() -> JsonObject:
    """The JSON Schema (draft 2020-12) of a policy file."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **Policy.model_json_schema(mode="validation"),
        "title": "Signoff policy",
    }
