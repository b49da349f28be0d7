"""What is wrong with a Block Kit document, in Slack's words, and the few checks everything is made of."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Json = Mapping[str, Any]


@dataclass(frozen=True)
class Problem:
    """One fault. `pointer` is the JSON pointer of the value at fault, as Slack reports it."""

    message: str
    pointer: str

    def __str__(self) -> str:
        return f"[ERROR] {self.message} [json-pointer:{self.pointer}]"


Problems = Iterator[Problem]


def length(value: object, limit: int, pointer: str, *, least: int = 1) -> Problems:
    """`value` is a string of `least` to `limit` characters."""
    if not isinstance(value, str):
        yield Problem("must be a string", pointer)
    elif len(value) < least:
        yield Problem(f"must be more than {least - 1} characters", pointer)
    elif len(value) > limit:
        yield Problem(f"must be less than {limit + 1} characters", pointer)


def optional_length(holder: Json, field: str, limit: int, pointer: str) -> Problems:
    """`holder[field]`, where it is given, is a string of at most `limit` characters."""
    if holder.get(field) is not None:
        yield from length(holder[field], limit, f"{pointer}/{field}", least=0)


def required(holder: Json, fields: Collection[str], pointer: str) -> Problems:
    """Every one of `fields` is there."""
    for field in fields:
        if holder.get(field) is None:
            yield Problem(f"missing required field: {field}", pointer)


def known(holder: Json, fields: Collection[str], pointer: str) -> Problems:
    """Nothing but `fields` (and `type`) is there."""
    for field in holder:
        if field != "type" and field not in fields:
            yield Problem(f"invalid additional property: {field}", pointer)


def items(value: object, limit: int, pointer: str, *, least: int = 1) -> Problems:
    """`value` is a list of `least` to `limit` items."""
    if not isinstance(value, Sequence) or isinstance(value, str):
        yield Problem("must be an array", pointer)
    elif len(value) > limit:
        yield Problem(f"no more than {limit} items allowed", pointer)
    elif len(value) < least:
        yield Problem(f"no fewer than {least} items allowed", pointer)


def count(holder: Json, field: str, pointer: str) -> Problems:
    """`holder[field]`, where it is given, is a whole number."""
    value = holder.get(field)
    if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
        yield Problem("must be an integer", f"{pointer}/{field}")


def repeats(value: object, field: str, pointer: str) -> Problems:
    """No two objects of a list have the same string in `field`."""
    seen: set[str] = set()
    for item, place in mappings(value, pointer):
        name = item.get(field)
        if isinstance(name, str) and name in seen:
            yield Problem(f"`{field}` {name} already exists", f"{place}/{field}")
        elif isinstance(name, str):
            seen.add(name)


def kind_of(value: Json) -> str | None:
    """The `type` of an object, None where it has none that could be one."""
    kind = value.get("type")
    return kind if isinstance(kind, str) else None


def mappings(value: object, pointer: str) -> Iterator[tuple[Json, str]]:
    """Each object of a list with its pointer; what is no object is left to `items` and `required`."""
    if isinstance(value, Sequence) and not isinstance(value, str):
        for index, item in enumerate(value):
            if isinstance(item, Mapping):
                yield item, f"{pointer}/{index}"
