"""The outcome of a proposal as the journal keeps it, so that replay gives the workflow what it got the first time."""

from dataclasses import replace

from pydantic import JsonValue, TypeAdapter

from agents.runtime import Outcome
from storage.redaction import Cover

_adapter: TypeAdapter[Outcome] = TypeAdapter(Outcome)


def told(outcome: Outcome, cover: Cover) -> Outcome:
    """The outcome as people and the trace are told of it, without secrets."""
    return replace(
        outcome,
        arguments=cover.json(outcome.arguments),
        reason=cover(outcome.reason),
        notes=cover(outcome.notes),
        receipt=cover.json(outcome.receipt, by_name=True),
    )


def outcome_json(outcome: Outcome) -> JsonValue:
    """For a step's `result`."""
    value: JsonValue = _adapter.dump_python(outcome, mode="json")
    return value


def outcome_from(value: JsonValue) -> Outcome:
    """The reverse."""
    return _adapter.validate_python(value)
