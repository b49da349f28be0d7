"""What the schema of a policy file cannot see: names used twice, actions that do not exist, conditions and tests that do not
go with an action's arguments, more people asked for than are named, and others asked when it is too late."""

from collections import ChainMap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase

from pydantic import BaseModel, JsonValue, ValidationError

from policies.conditions.check import faults
from policies.document import Document
from policies.durations import seconds
from policies.judge import UNMATCHED
from policies.problems import Mistake, Path, Place, did_you_mean
from policies.reviewers import is_group
from policies.rules import Defaults, is_glob
from storage.records import JsonObject

_Known = Mapping[str, type[BaseModel] | None]


def across(documents: Sequence[Document], known: _Known) -> None:
    """Tell each document its mistakes, as all of them together show them. The first has the defaults."""
    known = ChainMap(dict.fromkeys(_other_actions(documents)), known)  # type: ignore[arg-type]  # it only reads
    common = _mapping(_at(documents[0].value, "defaults"))
    for section in ("rules", "tests"):
        _names_used_twice(documents, section)
    rules = {name for document in documents for _, rule in items(document, "rules") if (name := _text(rule, "name"))}
    for document in documents:
        document.tell(_mistakes_of_rules(document, known, common))
        document.tell(_mistakes_of_tests(document, known, rules))
    documents[0].tell(_quorum(("defaults", "quorum"), common))
    documents[0].tell(_escalation(("defaults",), common, {}))


def values_missing(path: Path, value: JsonValue) -> Iterator[Mistake]:
    """Keys and list items with nothing behind them: half-written rules, which must not fall back to a default."""
    if len(path) > 2 and path[0] == "tests" and path[2] == "args":
        return
    if value is None and path:
        yield Mistake(path, "has no value: write one, or remove the line", of_key=True)
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from values_missing((*path, key), inner)


def _names_used_twice(documents: Iterable[Document], section: str) -> None:
    first: dict[str, tuple[Document, int]] = {}
    for document in documents:
        for number, item in items(document, section):
            name = _text(item, "name")
            there, which = first.setdefault(name, (document, number)) if name else (document, number)
            if (there, which) != (document, number):
                where = f"{section}[{which}]" if there is document else f"{section}[{which}] in {there.file}"
                why = f"{name!r} is the name of {where} already: give each {section.removesuffix('s')} its own"
                document.tell([Mistake((section, number, "name"), why)])


def _mistakes_of_rules(document: Document, known: _Known, common: JsonObject) -> Iterator[Mistake]:
    for number, rule in items(document, "rules"):
        path = ("rules", number)
        yield from _actions((*path, "actions"), rule.get("actions"), known)
        yield from _quorum((*path, "quorum"), rule)
        yield from _escalation(path, rule, common)
        about = _about(rule.get("actions"), known)
        for part in ("when", "unless"):
            yield from _condition((*path, part), rule.get(part), about)


def _actions(path: Path, patterns: JsonValue, known: _Known) -> Iterator[Mistake]:
    for number, pattern in enumerate(patterns if isinstance(patterns, list) else []):
        if not isinstance(pattern, str) or pattern in known:
            continue
        if not is_glob(pattern):
            yield Mistake((*path, number), _no_action(pattern, known))
        elif not any(fnmatchcase(action, pattern) for action in known):
            yield Mistake((*path, number), f"{pattern!r} matches no action: the actions are {', '.join(sorted(known))}")


def _no_action(name: str, known: Iterable[str]) -> str:
    hint = did_you_mean(name, known) or f": the actions are {', '.join(sorted(known))}"
    return f"there is no action {name!r}{hint}"


def _about(patterns: JsonValue, known: _Known) -> _Known:
    """The actions that some patterns are about; where none is known, one of which nothing is known."""
    written = [pattern for pattern in patterns if isinstance(pattern, str)] if isinstance(patterns, list) else []
    about = {name: model for name, model in known.items() if any(fnmatchcase(name, pattern) for pattern in written)}
    return about or {"": None}


def _condition(path: Path, text: JsonValue, about: _Known) -> Iterator[Mistake]:
    """What is wrong with a condition. A mistake that is one only for some of the actions names them."""
    found: dict[tuple[Place, str], list[str]] = {}
    if not isinstance(text, str):
        return
    for name, model in sorted(about.items(), key=lambda each: each[0]):
        for fault in faults(text, model):
            found.setdefault(((fault.line, fault.column), fault.message), []).append(name)
    for (place, message), names in found.items():
        for_some = "" if len(names) == len(about) else f"for {', '.join(names)}: "
        yield Mistake(path, f"{for_some}{message}", within=place)


def _mistakes_of_tests(document: Document, known: _Known, rules: set[str]) -> Iterator[Mistake]:
    for number, case in items(document, "tests"):
        path, action = ("tests", number), _text(case, "action")
        if action and action not in known:
            yield Mistake((*path, "action"), _no_action(action, known))
        yield from _arguments((*path, "args"), _mapping(case.get("args")), known.get(action or ""))
        named = _mapping(case.get("expect")).get("rules")
        for which, name in enumerate(named if isinstance(named, list) else []):
            yield from _rule((*path, "expect", "rules", which), name, rules | {UNMATCHED})
        for name in _mapping(case.get("spent")):
            yield from _rule((*path, "spent", name), name, rules)


def _rule(path: Path, name: JsonValue, rules: set[str]) -> Iterator[Mistake]:
    if isinstance(name, str) and name not in rules:
        hint = did_you_mean(name, rules) or ": write the name of one"
        yield Mistake(path, f"there is no rule {name!r}{hint}", of_key=path[-1] == name)


def _arguments(path: Path, given: JsonObject, model: type[BaseModel] | None) -> Iterator[Mistake]:
    """Arguments of a test that no agent could propose."""
    if model is None:
        return
    try:
        model.model_validate(given)
    except ValidationError as error:
        for found in error.errors(include_url=False):
            message = f"{found['msg'][:1].lower()}{found['msg'][1:]}"
            unknown = found["type"] == "extra_forbidden"
            if unknown:
                names = tuple(model.model_fields)
                hint = did_you_mean(str(found["loc"][-1]), names) or f": the arguments are {', '.join(names)}"
                message = f"the action has no such argument{hint}"
            yield Mistake((*path, *found["loc"]), message, of_key=unknown)


def _quorum(path: Path, part: JsonObject) -> Iterator[Mistake]:
    quorum, reviewers = part.get("quorum"), part.get("reviewers")
    if isinstance(quorum, int) and isinstance(reviewers, list):
        people = {reviewer.strip().lower() for reviewer in reviewers if isinstance(reviewer, str)}
        if len(people) < quorum and not any(map(is_group, people)):
            why = f"{quorum} people have to agree, but only {len(people)} can: name more reviewers, or lower the quorum"
            yield Mistake(path, why)


def _escalation(path: Path, part: JsonObject, defaults: JsonObject) -> Iterator[Mistake]:
    """An escalation that names nobody, or that would come when the time is over."""
    whole = {"expires_in": Defaults().expires_in, **defaults, **part}
    people, after, within = whole.get("escalate_to"), whole.get("escalate_after"), whole["expires_in"]
    if "escalate_after" in part and not people and path[0] == "rules":
        yield Mistake((*path, "escalate_after"), "nobody is escalated to: add `escalate_to`, or remove this line")
    told = next((key for key in ("escalate_after", "expires_in", "escalate_to") if key in part), None)
    first, last = _span(after), _span(within)
    if told and people and first is not None and last is not None and first >= last:
        spans = _in_words(after), _in_words(within)
        why = "others would be asked after {}, when the {} for deciding are over".format(*spans)
        yield Mistake((*path, told), why)


def _in_words(span: JsonValue) -> str:
    return f"{span} s" if isinstance(span, int) else str(span)


def _span(value: JsonValue) -> int | None:
    """Seconds, or None where there is no span or one with a problem of its own."""
    try:
        return None if value is None else seconds(value)
    except ValueError:
        return None


def _other_actions(documents: Iterable[Document]) -> Iterator[str]:
    for document in documents:
        others = _at(document.value, "other_actions")
        yield from (name for name in others if isinstance(name, str)) if isinstance(others, list) else ()


def items(document: Document, section: str) -> Iterator[tuple[int, JsonObject]]:
    """The items of a list that are mappings, as they should all be."""
    items = _at(document.value, section)
    for number, item in enumerate(items if isinstance(items, list) else []):
        if isinstance(item, dict):
            yield number, item


def _at(value: JsonValue, key: str) -> JsonValue:
    return value.get(key) if isinstance(value, dict) else None


def _mapping(value: JsonValue) -> JsonObject:
    return value if isinstance(value, dict) else {}


def _text(item: JsonObject, key: str) -> str | None:
    value = item.get(key)
    return value if isinstance(value, str) else None
