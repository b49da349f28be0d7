"""Reading a policy file: every mistake at once, each with its line, its field and what to do."""

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from pathlib import Path as FilePath

from pydantic import BaseModel, JsonValue, ValidationError
from pydantic_core import ErrorDetails

from policies.conditions.check import faults
from policies.document import Document, read
from policies.durations import seconds
from policies.problems import Path, PolicyError, Problem, did_you_mean, field_name, nearest
from policies.reviewers import is_group
from policies.rules import Defaults, Policy, Rule, is_glob
from storage.records import JsonObject

SHIPPED = FilePath(__file__).with_name("default.yaml")
"""The policy that comes with Signoff."""

LARGEST = 1 << 20  # bytes

_Mistake = tuple[Path, str]


Known = Mapping[str, type[BaseModel] | None]
"""The actions that a policy may mention, each with its argument model if that is known. One that contains every name lets a
policy mention any action."""


def load(path: FilePath, known: Known) -> Policy:
    """Read the policy file at `path`. Raises `PolicyError`."""
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except OSError as error:
        problem = Problem(str(path), None, "", f"cannot be read ({error.strerror or error}): name a policy file that can be")
        raise PolicyError([problem]) from error
    return parse(content, known, file=str(path))


def parse(content: bytes, known: Known, *, file: str = "policy.yaml") -> Policy:
    """The policy that `content` says; `file` names it in problems. Raises `PolicyError`."""
    if len(content) > LARGEST:
        raise PolicyError([Problem(file, None, "", f"larger than {LARGEST >> 20} MiB: split or shorten the policy")])
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise PolicyError([Problem(file, line, "", "not UTF-8 text: save the file as UTF-8")]) from error
    return _policy(read(file, text), known)


def _policy(document: Document, known: Known) -> Policy:
    policy = None
    if document.whole:
        try:
            policy = Policy.model_validate(document.value)
        except ValidationError as error:
            _complain(document, _schema_mistakes(error))
        _complain(document, _missing_values((), document.value))
        _complain(document, _rule_mistakes(document.value, known))
        _complain(document, _condition_mistakes(document.value, known))
    if policy is None or document.problems:
        raise PolicyError(sorted(document.problems, key=lambda problem: problem.line or 0))
    return policy


def _complain(document: Document, mistakes: Iterator[_Mistake]) -> None:
    """Add the mistakes, except where the same field on the same line has a problem already."""
    seen = {(problem.line, problem.field) for problem in document.problems}
    for path, message in mistakes:
        place = (document.line(path), field_name(path))
        if place not in seen:
            seen.add(place)
            document.complain(path, message)


def _missing_values(path: Path, value: JsonValue) -> Iterator[_Mistake]:
    """Keys and list items with nothing behind them: half-written rules, which must not fall back to a default."""
    if value is None and path:
        yield path, "has no value: write one, or remove the line"
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from _missing_values((*path, key), inner)


def _schema_mistakes(error: ValidationError) -> Iterator[_Mistake]:
    errors = error.errors(include_url=False)
    misspelt = {_meant(found["loc"]) for found in errors if found["type"] == "extra_forbidden"}
    for found in errors:
        follows = found["type"] == "missing" and found["loc"] in misspelt
        follows |= found["type"] == "too_short" and bool(found["input"])  # it is short only of the items that have problems
        if not follows:
            yield found["loc"], _explained(found)


def _keys(path: Path) -> tuple[str, ...]:
    """The keys that the mapping at the path may have."""
    model: type[BaseModel] = Policy if not path else Defaults if path[0] == "defaults" else Rule
    return tuple(model.model_fields)


def _meant(path: Path) -> Path:
    """The path that was meant with one whose last key is unknown."""
    return (*path[:-1], nearest(str(path[-1]), _keys(path[:-1])) or "")


def _explained(found: ErrorDetails) -> str:
    """What pydantic found, in words for the author of a policy."""
    kind, given = found["type"], found["input"]
    if kind == "extra_forbidden":
        keys = _keys(found["loc"][:-1])
        return f"unknown key{did_you_mean(str(found['loc'][-1]), keys) or ': remove it, or use one of ' + ', '.join(keys)}"
    if kind == "enum":
        expected = str(found["ctx"]["expected"]).replace("'", "")
        choices = expected.replace(" or ", ", ").split(", ")
        return f"{given!r} is not one of {expected}{did_you_mean(str(given), choices)}"
    if kind == "value_error":
        return str(found["ctx"]["error"])
    return _ADVICE.get(kind, f"{found['msg'][:1].lower()}{found['msg'][1:]}")


_ADVICE = {
    "missing": "is missing: add it",
    "model_type": "write keys and values here, such as `name: refunds`",
    "model_attributes_type": "write keys and values here, such as `name: refunds`",
    "tuple_type": "write a list, such as [one, another]",
    "string_type": "write text; put numbers, true and false in quotes",
    "string_pattern_mismatch": "write one word, without spaces",
    "int_type": "write a whole number, without quotes",
    "bool_type": "write true or false, without quotes",
    "too_short": "the list is empty: write at least one, or remove the key where it can be left out",
}


def _rule_mistakes(value: JsonValue, known: Known) -> Iterator[_Mistake]:
    """What the schema cannot see: names used twice, actions that do not exist, more people asked for than are named, and
    others asked when it is too late."""
    rules = value.get("rules") if isinstance(value, dict) else None
    defaults = value.get("defaults") if isinstance(value, dict) else None
    common = defaults if isinstance(defaults, dict) else {}
    others = value.get("other_actions") if isinstance(value, dict) else None
    further = frozenset(name for name in others if isinstance(name, str)) if isinstance(others, list) else frozenset()
    first: dict[JsonValue, int] = {}
    for number, rule in enumerate(rules if isinstance(rules, list) else []):
        if isinstance(rule, dict):
            name = rule.get("name")
            if isinstance(name, str) and first.setdefault(name, number) != number:
                yield (
                    ("rules", number, "name"),
                    f"{name!r} is the name of rules[{first[name]}] already: give each rule its own",
                )
            yield from _action_mistakes(("rules", number, "actions"), rule.get("actions"), known, further)
            yield from _quorum_mistakes(("rules", number, "quorum"), rule)
            yield from _escalation_mistakes(("rules", number), rule, common)
    yield from _quorum_mistakes(("defaults", "quorum"), common)
    yield from _escalation_mistakes(("defaults",), common, {})


def _action_mistakes(path: Path, patterns: JsonValue, known: Known, further: frozenset[str]) -> Iterator[_Mistake]:
    there = further.union(known)
    for number, pattern in enumerate(patterns if isinstance(patterns, list) else []):
        if not isinstance(pattern, str) or pattern in known or pattern in further:
            continue
        if not is_glob(pattern):
            hint = did_you_mean(pattern, there) or f": the actions are {', '.join(sorted(there))}"
            yield (*path, number), f"there is no action {pattern!r}{hint}"
        elif not any(fnmatchcase(action, pattern) for action in there):
            yield (*path, number), f"{pattern!r} matches no action: the actions are {', '.join(sorted(there))}"


def _condition_mistakes(value: JsonValue, known: Known) -> Iterator[_Mistake]:
    """Names and types in conditions that do not go with the arguments of the actions that their rule is about."""
    rules = value.get("rules") if isinstance(value, dict) else None
    for number, rule in enumerate(rules if isinstance(rules, list) else []):
        about = _about(rule.get("actions"), known) if isinstance(rule, dict) else {}
        written = {part: rule.get(part) for part in ("when", "unless")} if isinstance(rule, dict) else {}
        for part, text in written.items():
            if isinstance(text, str):
                yield from ((("rules", number, part), message) for message in _faults(text, about))


def _about(patterns: JsonValue, known: Known) -> Known:
    """The actions that some patterns are about; where none is known, one of which nothing is known."""
    written = [pattern for pattern in patterns if isinstance(pattern, str)] if isinstance(patterns, list) else []
    about = {name: model for name, model in known.items() if any(fnmatchcase(name, pattern) for pattern in written)}
    return about or {"": None}


def _faults(text: str, about: Known) -> Iterator[str]:
    """What is wrong with a condition. A mistake that is one only for some of the actions names them."""
    found: dict[str, list[str]] = {}
    for name, model in sorted(about.items()):
        for fault in faults(text, model):
            found.setdefault(fault.message, []).append(name)
    for message, names in found.items():
        yield message if len(names) == len(about) else f"for {', '.join(names)}: {message}"


def _quorum_mistakes(path: Path, part: JsonObject) -> Iterator[_Mistake]:
    quorum, reviewers = part.get("quorum"), part.get("reviewers")
    if isinstance(quorum, int) and isinstance(reviewers, list):
        people = {reviewer.strip().lower() for reviewer in reviewers if isinstance(reviewer, str)}
        if len(people) < quorum and not any(map(is_group, people)):
            yield (
                path,
                f"{quorum} people have to agree, but only {len(people)} can: name more reviewers, or lower the quorum",
            )


def _escalation_mistakes(path: Path, part: JsonObject, defaults: JsonObject) -> Iterator[_Mistake]:
    """An escalation that names nobody, or that would come when the time is over."""
    whole = {"expires_in": Defaults().expires_in, **defaults, **part}
    people, after, within = whole.get("escalate_to"), whole.get("escalate_after"), whole["expires_in"]
    if "escalate_after" in part and not people and path[0] == "rules":
        yield (*path, "escalate_after"), "nobody is escalated to: add `escalate_to`, or remove this line"
    told = next((key for key in ("escalate_after", "expires_in", "escalate_to") if key in part), None)
    first, last = _span(after), _span(within)
    if told and people and first is not None and last is not None and first >= last:
        spans = _in_words(after), _in_words(within)
        yield (*path, told), "others would be asked after {}, when the {} for deciding are over".format(*spans)


def _in_words(span: JsonValue) -> str:
    return f"{span} s" if isinstance(span, int) else str(span)


def _span(value: JsonValue) -> int | None:
    """Seconds, or None where there is no span or one with a problem of its own."""
    try:
        return None if value is None else seconds(value)
    except ValueError:
        return None
