"""What one policy says otherwise than another, rule by rule, in the words of a policy file. Pure.

Policies are compared as their canonical content (the JSON of a `Policy`), so that one which an older release has kept can
still be compared. What is left out and what is null is the same.
"""

import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

from pydantic import JsonValue

from policies.schedule import Schedule
from storage.records import JsonObject

UNITS = {"d": 86_400, "h": 3600, "m": 60, "s": 1}


@dataclass(frozen=True)
class Part:
    """One part that differs, as a policy file would say it; None where it is left out."""

    name: str
    before: str | None
    after: str | None


@dataclass(frozen=True)
class Change:
    """What became of a rule, or of what stands beside the rules. `of` is a rule's name, or like `defaults`."""

    kind: Literal["added", "removed", "changed"]
    of: str
    parts: tuple[Part, ...]
    rule: bool = True


def changes(before: JsonObject, after: JsonObject) -> tuple[Change, ...]:
    """What `after` says otherwise than `before`, both as the JSON of a `Policy`: first what stands beside the rules, then
    the rules of `after` in their order, then those that are gone. Another order says nothing else."""
    old, new = _by_name(before), _by_name(after)
    beside = (_changed(name, before.get(name), after.get(name)) for name in _names(before, after) if name != "rules")
    found = [
        *filter(None, beside),
        *filter(None, (_of_rule(name, old.get(name), rule) for name, rule in new.items())),
        *(Change("removed", name, _parts(rule, {})) for name, rule in old.items() if name not in new),
    ]
    return tuple(found)


def _of_rule(name: str, before: JsonObject | None, after: JsonObject) -> Change | None:
    parts = _parts(before or {}, after)
    return Change("changed" if before else "added", name, parts) if parts else None


def _changed(name: str, before: JsonValue, after: JsonValue) -> Change | None:
    """A change beside the rules; what has parts of its own is told part by part."""
    if isinstance(after, dict) or isinstance(before, dict):
        parts = _parts(*(each if isinstance(each, dict) else {} for each in (before, after)))
    else:
        parts = _parts({name: before}, {name: after})
    return Change("changed", name, parts, rule=False) if parts else None


def _by_name(policy: JsonObject) -> dict[str, JsonObject]:
    rules = policy.get("rules")
    return {str(rule.get("name")): rule for rule in rules or () if isinstance(rule, dict)} if isinstance(rules, list) else {}


def _parts(before: JsonObject, after: JsonObject) -> tuple[Part, ...]:
    differing = (name for name in _names(after, before) if name != "name" and before.get(name) != after.get(name))
    return tuple(Part(name, _written(name, before.get(name)), _written(name, after.get(name))) for name in differing)


def _names(first: Mapping[str, object], second: Mapping[str, object]) -> Iterable[str]:
    return dict.fromkeys((*first, *second))


def _written(name: str, value: JsonValue) -> str | None:
    """A value as a policy file would say it."""
    match name, value:
        case _, None:
            return None
        case (("expires_in" | "escalate_after"), int()):
            return _span(value)
        case "reminders", list():
            return _list(f"{share:.3%}".rstrip("%").rstrip("0").rstrip(".") + "%" for share in value)
        case "schedule", dict():
            with suppress(ValueError):
                return str(Schedule.model_validate(value))
        case _, bool():
            return "true" if value else "false"
        case _, str():
            return value
        case _, list():
            return _list(_written("", each) or "" for each in value)
    return json.dumps(value, ensure_ascii=False)


def _list(values: Iterable[str]) -> str:
    return f"[{', '.join(values)}]"


def _span(seconds: int) -> str:
    """`1d 12h`, as `policies.durations` reads it."""
    told = []
    for unit, size in UNITS.items():
        count, seconds = divmod(seconds, size)
        told += [f"{count}{unit}"] if count else []
    return " ".join(told) or "0s"
