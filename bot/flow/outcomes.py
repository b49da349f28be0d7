"""The outcome of a proposal as the journal keeps it, so that replay gives the workflow what it got the first time."""

from pydantic import JsonValue, TypeAdapter

from agents.runtime import Outcome

_adapter: TypeAdapter[Outcome] = TypeAdapter(Outcome)


def outcome_json(outcome: Outcome) -> JsonValue:
    """For a step's `result`."""
    value: JsonValue = _adapter.dump_python(outcome, mode="json")
    return value


def outcome_from(value: JsonValue) -> Outcome:
    """The reverse."""
    return _adapter.validate_python(value)
