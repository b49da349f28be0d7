"""What CEL's checker says of a condition, in words for the author of a policy."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from policies.conditions.declare import NUMBERS, PACKAGE
from policies.conditions.names import NAMES
from policies.conditions.shapes import Anything, Fields, ListOf, Shape
from policies.problems import did_you_mean

_FUNCTIONS = (
    "contains", "endsWith", "startsWith", "matches", "size", "exists", "exists_one", "all", "filter", "map", "int", "double",
    "string", "timestamp", "duration", "getHours", "getMinutes", "getDayOfWeek", "getDayOfMonth", "getMonth", "getFullYear",
)  # fmt: skip


@dataclass(frozen=True)
class Fault:
    """One mistake in a condition. `line` and `column` count from 1 within its text."""

    line: int
    column: int
    message: str


_SAID = re.compile(r"<input>:(\d+):(\d+): (.*)")
_UNDECLARED = re.compile(r"undeclared reference to '([^']*)'")
_NO_FIELD = re.compile(r"undefined field '([^']*)' not found in struct '([^']*)'")
_NO_OVERLOAD = re.compile(r"found no matching overload for '([^']*)' applied to '(.*)'")
_INSTEAD = {"and": "&&", "or": "||", "not": "!", "=": "=="}
_WORDS = {
    "bool": "true or false", "int": "a whole number", "uint": "a whole number", "double": "a number", "string": "a text",
    "timestamp": "a point in time", "duration": "a span of time", "null_type": "null", "null": "null", "list": "a list",
    "map": "values by name",
}  # fmt: skip


def read(said: str, condition: str, shape: Shape) -> Iterator[Fault]:
    """The mistakes that CEL names. `shape` is that of the action's arguments."""
    found = _SAID.findall(said)
    for line, column, problem in found:
        yield Fault(int(line), int(column), _explained(problem, condition, shape))
    if not found:
        yield Fault(1, 1, f"not a condition that can be read ({said.partition('[')[0].strip()})")


def _explained(problem: str, condition: str, shape: Shape) -> str:
    if named := _UNDECLARED.search(problem):
        return _unknown_name(named[1], condition)
    if missing := _NO_FIELD.search(problem):
        return _unknown_field(missing[1], missing[2].removeprefix(f"{PACKAGE}."), shape)
    if applied := _NO_OVERLOAD.search(problem):
        return _unfit(applied[1], applied[2])
    if problem.startswith("Syntax error"):
        return _syntax(problem, condition)
    return problem.removesuffix("[INVALID_ARGUMENT]").strip()


def _unknown_name(name: str, condition: str) -> str:
    if name == "has":
        return "`has` is not needed: what was left out is null, so write `args.name != null`"
    if re.search(rf"\b{re.escape(name)}\s*\(", condition):
        return f"there is no function `{name}`{did_you_mean(name, _FUNCTIONS) or ': see the CEL functions in the README'}"
    name, names = name.partition(".")[0], ("args", *NAMES)
    return f"there is no `{name}`{did_you_mean(name, names) or ': there are ' + ', '.join(sorted(names))}"


def _unknown_field(name: str, path: str, shape: Shape) -> str:
    whole, *rest = path.split("_")
    there: Shape = shape if whole == "args" else NAMES.get(whole, Anything())
    holder = _within(there.item if isinstance(there, ListOf) else there, "_".join(rest))
    fields: Iterable[str] = holder.fields if holder else ()
    where = f"`{whole}`" if not rest else f"`{'.'.join((whole, *rest))}`"
    return f"{where} has no `{name}`{did_you_mean(name, fields) or ': it has ' + ', '.join(sorted(fields))}"


def _within(shape: Shape, path: str) -> Fields | None:
    """The fields at a path such as `address_city`, whose names may hold the separator themselves."""
    if not isinstance(shape, Fields) or not path:
        return shape if isinstance(shape, Fields) else None
    for name, part in shape.fields.items():
        if path == name or path.startswith(f"{name}_"):
            found = _within(part.item if isinstance(part, ListOf) else part, path[len(name) + 1 :])
            if found:
                return found
    return None


def _unfit(function: str, types: str) -> str:
    sign = function.strip("_").replace("@", "")
    given = [word(each) for each in re.split(r", (?![^(]*\))", types.strip("()"))]
    if set(NUMBERS) >= set(re.findall(r"\w+", types)) and "double" in types:
        return f"`{sign}` takes numbers of one kind: write whole numbers with a point, such as 500.0"
    return f"`{sign}` does not go with {' and '.join(given)}"


def word(kind: str) -> str:
    """What people call a type of CEL."""
    inside = re.fullmatch(r"wrapper\((.*)\)", kind)
    name = re.split(r"[(<]", inside[1] if inside else kind)[0]
    return f"{_WORDS.get(name, 'values by name')}{' that may be null' if inside else ''}"


def _syntax(problem: str, condition: str) -> str:
    if odd := re.search(r"(?:input|at:?) '(.*?)'", problem):
        sign = odd[1].split()[-1] if odd[1].split() else odd[1]
        if sign in _INSTEAD:
            return f"`{sign}` is not part of the language: write `{_INSTEAD[sign]}`"
        if sign == "<EOF>":
            return "it ends too early: something is missing at the end"
        return f"`{sign}` cannot stand here"
    return problem.removeprefix("Syntax error: ").strip()
