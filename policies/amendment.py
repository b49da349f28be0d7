"""Changes to a policy, as values and as text: the same change is made to the rules and to the file that says them.

The file is changed line by line, so comments and layout stay. Whoever uses this compares both: what the changed text says
has to be what the changed policy is, or the text is not used.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from policies.document import Document, read
from policies.problems import Path
from policies.rules import Part, Policy, Rule
from policies.schedule import Schedule

_PLAIN = re.compile(r"""[A-Za-z(][\w .,()<>=&|+*/'"\[\]-]*[\w)\]'"]""")
_WORDS = frozenset({"true", "false", "yes", "no", "on", "off", "null", "y", "n"})  # other things than text in some YAML
_ORDER = ("name", "description", "actions", "agents", "environments", "verdict", "when", "unless", "schedule")


@dataclass(frozen=True)
class Say:
    """Say something else at one key of one rule."""

    rule: str
    key: str
    value: str | int


@dataclass(frozen=True)
class Add:
    """One more rule, behind the rule `after`, or at the end. `comment` stands before it in the file, on one line."""

    rule: Rule
    after: str | None = None
    comment: str | None = None


Amendment = Sequence[Say | Add]


def amended(policy: Policy, amendment: Amendment) -> Policy:
    """The policy with these changes, rules in order of their names. Raises ValidationError where no rule can say that."""
    rules = list(policy.rules)
    for each in amendment:
        if isinstance(each, Say):
            rules = [_with(rule, each) if rule.name == each.rule else rule for rule in rules]
        else:
            rules.append(each.rule)
    return Policy.model_validate({**_given(policy), "rules": tuple(sorted(rules, key=lambda rule: rule.name))})


def _with(rule: Rule, change: Say) -> Rule:
    return Rule.model_validate({**_given(rule), change.key: change.value})


def _given(part: Part) -> dict[str, object]:
    """What was said, without what was left out."""
    return {name: getattr(part, name) for name in part.model_fields_set}


def rewritten(text: str, amendment: Amendment) -> str | None:
    """The text of a policy file with these changes; None where it is laid out in a way that cannot be changed by lines."""
    for each in amendment:
        changed = _set(text, each) if isinstance(each, Say) else _add(text, each)
        if changed is None:
            return None
        text = changed
    return text


def rule_text(addition: Add, indent: str = "  ") -> str:
    """A rule as people write it, one key a line."""
    rule = addition.rule
    said = rule.model_dump(mode="json", exclude_unset=True, exclude_none=True)
    said |= {"schedule": _schedule(rule.schedule)} if rule.schedule else {}
    names = [*(name for name in _ORDER if name in said), *(name for name in said if name not in _ORDER)]
    lines = [f"{name}: {_written(said[name])}" for name in names]
    remark = [f"{indent}# {addition.comment}\n"] if addition.comment else []
    first, *rest = lines
    return "".join([*remark, f"{indent}- {first}\n", *(f"{indent}  {line}\n" for line in rest)])


def _schedule(schedule: Schedule) -> dict[str, object]:
    """With hours as people write them."""
    begin, end = (f"{minute // 60:02}:{minute % 60:02}" for minute in schedule.hours)
    return schedule.model_dump(mode="json", exclude_unset=True) | {"hours": f"{begin}-{end}"}


def _written(value: object) -> str:
    match value:
        case str():
            plain = _PLAIN.fullmatch(value) and value.lower() not in _WORDS and ": " not in value
            return value if plain else json.dumps(value, ensure_ascii=False)
        case list():
            return f"[{', '.join(_item(item) for item in value)}]"
        case dict():
            return "{" + ", ".join(f"{key}: {_item(item)}" for key, item in value.items()) + "}"
        case _:
            return json.dumps(value)


def _item(value: object) -> str:
    """Inside brackets, where commas and brackets mean something."""
    if isinstance(value, str) and not re.fullmatch(r"[A-Za-z][\w.-]*", value):
        return json.dumps(value, ensure_ascii=False)
    return _written(value)


def _set(text: str, change: Say) -> str | None:
    document, lines = read("", text), text.splitlines(keepends=True)
    number = _number(document, change.rule)
    if number is None:
        return None
    where = _lines(document)
    at = where.get(("rules", number, change.key))
    if at is not None:
        return _replaced(lines, at - 1, change)
    return _inserted(lines, where.get(("rules", number, "verdict")), change)


def _lines(document: Document) -> Mapping[Path, int]:
    """The line, from 1, on which each key or list item begins."""
    return {path: line for path, (line, _) in {**document.values, **document.keys}.items()}


def _replaced(lines: list[str], at: int, change: Say) -> str | None:
    """Another value on the line that has the key; a comment behind it stays."""
    value = r'"(?:[^"\\]|\\.)*"' + r"|'(?:[^']|'')*'" + r"|[^#,}\n]*?"
    found = re.subn(
        rf"(\b{change.key}:[ ]*)(?:{value})(?=\s*(?:[#,}}]|$))",
        lambda match: match[1] + _written(change.value),
        lines[at],
        count=1,
    )
    lines[at] = found[0]
    return "".join(lines) if found[1] else None


def _inserted(lines: list[str], verdict: int | None, change: Say) -> str | None:
    """One more key, behind the verdict: on a line of its own, or in the braces of a rule on one line."""
    if verdict is None:
        return None
    line, said = lines[verdict - 1], f"{change.key}: {_written(change.value)}"
    if "{" in line:
        end = line.rfind("}")
        lines[verdict - 1] = f"{line[:end]}, {change.key}: {_quoted(change.value)}{line[end:]}" if end >= 0 else line
        return "".join(lines)
    indent = re.match(r"\s*(?:- )?", line)
    lines.insert(verdict, f"{' ' * (indent.end() if indent else 0)}{said}\n")
    return "".join(lines)


def _quoted(value: str | int) -> str:
    return json.dumps(value, ensure_ascii=False)


def _add(text: str, addition: Add) -> str | None:
    text = text if text.endswith("\n") else text + "\n"
    document, lines = read("", text), text.splitlines(keepends=True)
    rules = document.value.get("rules") if isinstance(document.value, dict) else None
    if not isinstance(rules, list) or not rules:
        return None
    number = len(rules) - 1 if addition.after is None else _number(document, addition.after)
    if number is None:
        return None
    start = _lines(document)["rules", number]
    dash = re.match(r"(\s*)- ", lines[start - 1])
    if dash is None:
        return None
    end = _end(document, lines, number, start, len(dash[1]))
    return "".join([*lines[:end], "\n", rule_text(addition, dash[1]), *lines[end:]])


def _end(document: Document, lines: list[str], number: int, start: int, indent: int) -> int:
    """Behind which line a rule ends: comments that are indented deeper than its dash are its own."""
    later = [line for path, line in _lines(document).items() if line > start and _follows(path, number)]
    end = min(later, default=len(lines) + 1) - 1
    while end > start and _between(lines[end - 1], indent):
        end -= 1
    return end


def _follows(path: tuple[str | int, ...], number: int) -> bool:
    return path == ("rules", number + 1) or (len(path) == 1 and path[0] != "rules")


def _between(line: str, indent: int) -> bool:
    bare = line.lstrip()
    return not bare.strip() or (bare.startswith("#") and len(line) - len(bare) <= indent)


def _number(document: Document, name: str) -> int | None:
    value = document.value
    rules = value.get("rules") if isinstance(value, Mapping) else None
    listed = enumerate(rules) if isinstance(rules, list) else ()
    return next((number for number, rule in listed if isinstance(rule, dict) and rule.get("name") == name), None)
