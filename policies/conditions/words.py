"""What CEL's checker says of a condition, in words for the author of a policy."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from policies.conditions.declare import NUMBERS
from policies.conditions.names import NAMES
from policies.conditions.shapes import Fields
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
_NO_OVERLOAD = re.compile(r"found no matching overload for '([^']*)' applied to '\((.*)\)'")
_NO_PARTS = re.compile(r"expression of type '([^']*)' cannot be the operand of a select operation")
_ODD = re.compile(r"(?:input|at:?|reserved identifier:|unsupported syntax) '?+(.+?)(?:'|$)")
_SIGNS = {"@in": "in", "@not_strictly_false": "exists", "_[_]": "[]", "_?_:_": "?:"}
_INSTEAD = {"and": "&&", "or": "||", "not": "!", "=": "=="}
_WORDS = {
    "bool": "true or false", "int": "a whole number", "int64": "a whole number", "uint": "a whole number",
    "uint64": "a whole number", "double": "a number", "string": "a text", "timestamp": "a point in time",
    "google.protobuf.Timestamp": "a point in time", "google.protobuf.Duration": "a span of time",
    "duration": "a span of time", "null_type": "null", "null": "null", "list": "a list", "map": "values by name",
}  # fmt: skip

Messages = Mapping[str, tuple[str, Fields]]


def read(said: str, condition: str, messages: Messages) -> Iterator[Fault]:
    """The mistakes that CEL names. `messages` are the types that were declared to it."""
    found = _SAID.findall(said)
    if not found:
        yield Fault(1, 1, "this cannot be read as a condition: it is too long, or nested too deeply")
    for line, column, problem in found:
        yield Fault(int(line), int(column), _explained(problem, condition, messages))
        if problem.startswith("Syntax error"):
            return  # the others only follow from it


def _explained(problem: str, condition: str, messages: Messages) -> str:
    if named := _UNDECLARED.search(problem):
        return _unknown_name(named[1], condition)
    if missing := _NO_FIELD.search(problem):
        path, holder = messages.get(missing[2]) or (word(missing[2]), Fields(missing[2], {}))
        return _unknown_field(missing[1], path, holder)
    if applied := _NO_OVERLOAD.search(problem):
        return unfit(applied[1], applied[2])
    if kind := _NO_PARTS.search(problem):
        return f"{word(kind[1])} has no parts with names"
    if odd := _ODD.search(problem):
        return _misplaced(odd[1])
    return "a number cannot be written like this" if "literal" in problem else "something here is not part of the language"


def _unknown_name(name: str, condition: str) -> str:
    if name == "has":
        return (
            "`has` is not needed: write `args.name != null`, or `'name' in args` where an action takes arguments of any name"
        )
    if name in _FUNCTIONS:
        return f"`{name}` does not stand like this: see the CEL functions in the README"
    if re.search(rf"\b{re.escape(name)}\s*\(", condition):
        return f"there is no function `{name}`{did_you_mean(name, _FUNCTIONS) or ': see the CEL functions in the README'}"
    name, names = name.partition(".")[0], ("args", *NAMES)
    return f"there is no `{name}`{did_you_mean(name, names) or ': there are ' + ', '.join(sorted(names))}"


def _unknown_field(name: str, path: str, holder: Fields) -> str:
    has = ", ".join(sorted(holder.fields)) or "nothing"
    return f"`{path}` has no `{name}`{did_you_mean(name, holder.fields) or ': it has ' + has}"


def unfit(function: str, types: str) -> str:
    """That an operator or function is not for values of these types, which are written as CEL does: `string, int`."""
    sign = _SIGNS.get(function) or function.strip("_")
    given = [word(each) for each in re.split(r", (?![^(]*\))", types)] if types else ["what it is given"]
    if set(NUMBERS) >= set(re.findall(r"\w+", types)) and "double" in types:
        return f"`{sign}` takes numbers of one kind: write whole numbers with a point, such as 500.0"
    return f"`{sign}` does not go with {' and '.join(given)}"


def word(kind: str) -> str:
    """What people call a type of CEL."""
    inside = re.fullmatch(r"wrapper\((.*)\)", kind)
    name = re.split(r"[(<]", inside[1] if inside else kind)[0]
    return f"{_WORDS.get(name, 'values by name')}{' that may be null' if inside else ''}"


def _misplaced(written: str) -> str:
    """What the grammar stumbled over, which may be several signs: the last is the odd one."""
    sign = written.rsplit(maxsplit=1)[-1] if written.strip() else written
    if sign in _INSTEAD:
        return f"`{sign}` is not part of the language: write `{_INSTEAD[sign]}`"
    if sign == "<EOF>":
        return "it ends too early: something is missing at the end"
    return f"`{sign}` cannot stand here"
