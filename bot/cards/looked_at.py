"""What a condition looked at: the names in it, each with its value. Pure.

A name is followed as far as it goes by itself: `args.amount`, `args.lines[0].sku`, `requester.email`. What a macro of CEL
goes through item by item (`x` in `args.lines.all(x, …)`) has no single value and is left out.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import BaseModel

from policies.circumstances import Circumstances
from policies.conditions.names import NAMES
from policies.conditions.shapes import Fields, ListOf, MapOf, Plain, Shape, shape_of
from storage.records import Proposal

_STEP = r"""\s*\.\s*[A-Za-z_]\w*|\[\s*(?:"[^"\\]*"|'[^'\\]*'|\d+)\s*\]"""
_TOKEN = re.compile(
    rf"""
    [bBrR]*(?:\"\"\".*?\"\"\" | '''.*?''' | "(?:\\.|[^"\\])*" | '(?:\\.|[^'\\])*') | //[^\n]*
    | (?<![\w.])(?P<root>args|{"|".join(NAMES)})\b(?P<steps>(?:{_STEP})*)(?P<call>\s*\()?
    """,
    re.VERBOSE | re.DOTALL,
)
_PART = re.compile(r"""\.\s*([A-Za-z_]\w*)|\[\s*(?:"([^"]*)"|'([^']*)'|(\d+))""")

_NOWHERE = object()


@dataclass(frozen=True)
class Seen:
    """A name in a condition and its value, as JSON; `known` is False where there is none."""

    name: str
    value: Any
    known: bool = True


def looked_at(condition: str, values: Mapping[str, Any]) -> tuple[Seen, ...]:
    """The names in a condition, each once, with what `values` (see `values_of`) has for them."""
    return tuple(_seen(path, values) for path in dict.fromkeys(_paths(condition)))


def values_of(proposal: Proposal, around: Circumstances, model: type[BaseModel] | None) -> Mapping[str, Any]:
    """What conditions can look at, without what is not known."""
    found = {
        "args": _sight(shape_of(model), proposal.arguments) if model else proposal.arguments,
        "action": proposal.action,
        "target": proposal.target,
        "evidence": [item.model_dump(mode="json") for item in proposal.evidence],
        "agent": around.agent,
        "environment": around.environment,
        "time": around.at,
        "requester": around.requester and _parts(around.requester, "requester", around.unknown),
        "run": around.run and {"id": around.run.id, "level": around.run.level, "version": around.run.agent_version},
    }
    return {name: value for name, value in found.items() if value is not None and name not in around.unknown}


def _sight(shape: Shape, value: Any) -> Any:
    """A value as conditions see it: an amount that is kept as text is a number, and what was left out is null."""
    match shape, value:
        case Plain(kind="double"), str():
            return _number(value)
        case ListOf(item), list():
            return [_sight(item, each) for each in value]
        case MapOf(item), dict():
            return {name: _sight(item, each) for name, each in value.items()}
        case Fields(), dict():
            read = {name: _sight(shape.fields[name], each) for name, each in value.items() if name in shape.fields}
            return {**dict.fromkeys(shape.fields), **value, **read}
        case _:
            return value


def _number(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


def _parts(holder: object, root: str, unknown: frozenset[str]) -> dict[str, Any]:
    names = NAMES[root].fields  # type: ignore[union-attr]
    return {name: getattr(holder, name) for name in names if f"{root}.{name}" not in unknown}


def _paths(condition: str) -> Iterator[tuple[str, ...]]:
    for token in _TOKEN.finditer(condition):
        if token["root"]:
            steps = tuple(next(filter(None, found)) for found in _PART.findall(token["steps"]))
            # A name that is called is a function of what stands before it: `args.text.contains("x")`.
            yield (token["root"], *(steps[:-1] if token["call"] else steps))


def _seen(path: tuple[str, ...], values: Mapping[str, Any]) -> Seen:
    value: Any = values
    for step in path:
        value = _within(value, step)
    name = path[0] + "".join(f"[{step}]" if step.isdecimal() else f".{step}" for step in path[1:])
    return Seen(name, None, known=False) if value is _NOWHERE else Seen(name, _as_json(value))


def _within(value: Any, step: str) -> Any:
    match value:
        case Mapping():
            return value.get(step, _NOWHERE)
        case list() if step.isdecimal() and int(step) < len(value):
            return value[int(step)]
        case _:
            return _NOWHERE


def _as_json(value: Any) -> Any:
    match value:
        case datetime():
            return value.isoformat(timespec="seconds")
        case Mapping():
            return {name: _as_json(each) for name, each in value.items()}
        case list():
            return [_as_json(each) for each in value]
        case _:
            return value
