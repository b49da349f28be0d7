"""YAML text as plain values, with the place of each.

A policy is read by people, so only the part of YAML 1.2 is taken that means what it looks like: no anchors, aliases, merge
keys, tags, directives or second documents, and no key twice. The text is read event by event, never into objects, so
nothing in it can run code or grow beyond its own size.
"""

import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field

from pydantic import JsonValue
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, StreamMark, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    Event,
    MappingStartEvent,
    ScalarEvent,
)
from ruamel.yaml.nodes import ScalarNode
from ruamel.yaml.reader import ReaderError

from policies.problems import Mistake, Path, Place, Problem, field_name
from policies.scalars import Written

DEEPEST = 20  # levels; a policy needs four
LONGEST_KEY = 100  # characters
LONGEST_MESSAGE = 1000  # characters; a message quotes what the file says

_ALIAS = '`*{0}` is a YAML alias, unused here: put what begins with * in quotes, "*{0}"'
_UNREADABLE = "?"  # stands for a part that has its problem already
_END = "'<stream end>'"


class _TooDeep(Exception):
    """Ends the reading of a text that is nested beyond `DEEPEST`."""


@dataclass
class Document:
    """What a text says: its value, where keys, values and texts stand, and what is wrong with it as YAML.

    `whole` is False where reading stopped early, so that `value` says nothing about what is missing.
    """

    file: str
    value: JsonValue = None
    whole: bool = False
    keys: dict[Path, Place] = field(default_factory=dict)
    values: dict[Path, Place] = field(default_factory=dict)
    texts: dict[Path, Written] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def place(self, path: Path) -> Place:
        """Where the value at the path begins, or else its key, or the nearest thing around it."""
        while path and path not in self.values:
            path = path[:-1]
        value = self.values.get(path, (1, 1))
        key = self.keys.get(path, value)
        return value if value[0] == key[0] else key

    def complain(self, path: Path, message: str, place: Place | None = None) -> None:
        """Add a problem with what stands at the path."""
        if len(message) > LONGEST_MESSAGE:
            message = message[:LONGEST_MESSAGE] + "…"
        self.problems.append(Problem(self.file, *(place or self.place(path)), field_name(path), message))

    def tell(self, mistakes: Iterable[Mistake]) -> None:
        """Add the mistakes, but those only whose field has no problem on the same line already."""
        told = {(problem.line, problem.field) for problem in self.problems}
        new = set[tuple[Place, str]]()
        for mistake in mistakes:
            place, name = self._place(mistake), field_name(mistake.path)
            if (place[0], name) not in told and (place, name) not in new:
                new.add((place, name))
                self.complain(mistake.path, mistake.message, place)

    def _place(self, mistake: Mistake) -> Place:
        path = mistake.path
        if mistake.of_key and path in self.keys:
            return self.keys[path]
        inside = self.texts[path].place(*mistake.within) if mistake.within and path in self.texts else None
        return inside or self.place(path)


def read(file: str, text: str) -> Document:
    """Read YAML text. `file` only names it in problems. Never raises: what is wrong stands in the result."""
    document = Document(file)
    yaml = YAML(typ="safe", pure=True)
    try:
        _Reader(document, yaml, text).read(yaml.parse(text))
        document.whole = True
    except ReaderError as error:
        line, column = text.count("\n", 0, error.position) + 1, error.position - text.rfind("\n", 0, error.position)
        sign = f"U+{ord(text[error.position]):04X}"
        document.complain((), f"the character {sign} cannot stand in YAML: remove it", (line, column))
    except MarkedYAMLError as error:
        document.complain((), _syntax(error), _place(error.problem_mark) if error.problem_mark else None)
    except _TooDeep:
        document.complain((), f"nested more than {DEEPEST} levels deep: a policy needs four")
    except (YAMLError, ArithmeticError, LookupError, TypeError, ValueError) as error:
        # the parser itself stumbled, over an escape beyond Unicode for instance
        document.complain((), f"not readable as YAML ({error})")
    return document


class _Reader:
    """Builds one document's value from the parser's events."""

    def __init__(self, document: Document, yaml: YAML, text: str) -> None:
        self._document, self._resolver, self._text = document, yaml.resolver, text

    def read(self, events: Iterator[Event]) -> None:
        start = next((event for event in events if isinstance(event, DocumentStartEvent)), None)
        if start is None:
            self._document.complain((), "the file is empty: write at least `rules: []`, which asks people about everything")
            return
        if start.version or start.tags:
            self._complain((), start, "YAML directives are not supported: remove the lines that begin with %")
        self._document.value = self._value((), next(events), events)
        second = next((event for event in events if isinstance(event, DocumentStartEvent)), None)
        if second:
            self._complain((), second, "a second document begins here, but a policy is one document: remove the `---`")

    def _value(self, path: Path, event: Event, events: Iterator[Event]) -> JsonValue:
        self._document.values.setdefault(path, _place(event.start_mark))
        if len(path) > DEEPEST:
            raise _TooDeep
        if isinstance(event, AliasEvent):
            self._complain(path, event, _ALIAS.format(event.anchor))
            return _UNREADABLE
        if isinstance(event, ScalarEvent | CollectionStartEvent):
            self._refuse_decoration(path, event)
        if isinstance(event, ScalarEvent):
            return self._scalar(path, event)
        return self._mapping(path, events) if isinstance(event, MappingStartEvent) else self._sequence(path, events)

    def _sequence(self, path: Path, events: Iterator[Event]) -> JsonValue:
        items: list[JsonValue] = []
        while not isinstance(event := next(events), CollectionEndEvent):
            items.append(self._value((*path, len(items)), event, events))
        return items

    def _mapping(self, path: Path, events: Iterator[Event]) -> JsonValue:
        entries: dict[str, JsonValue] = {}
        while not isinstance(event := next(events), CollectionEndEvent):
            key = self._key(path, event, events)
            inside = (*path, key)
            if key in entries:
                first = self._document.keys[inside][0]
                self._complain(inside, event, f"written twice, first on line {first}: keep one of the two")
            self._document.keys.setdefault(inside, _place(event.start_mark))
            value = self._value(inside, next(events), events)
            if key != _UNREADABLE:
                entries.setdefault(key, value)
        return entries

    def _key(self, path: Path, event: Event, events: Iterator[Event]) -> str:
        if not isinstance(event, ScalarEvent):
            self._complain(path, event, "a key has to be a plain word: put one that begins with *, [ or { in quotes")
            if isinstance(event, CollectionStartEvent):
                self._value((*path, _UNREADABLE), event, events)
            return _UNREADABLE
        self._refuse_decoration(path, event)
        if event.value == "<<":
            self._complain(path, event, "YAML merge keys are not supported: put what rules share under `defaults`")
            return _UNREADABLE
        if len(event.value) > LONGEST_KEY or _control(event.value):
            self._complain(path, event, f"a key has up to {LONGEST_KEY} characters and no control characters")
            return _UNREADABLE
        return str(event.value)

    def _scalar(self, path: Path, event: ScalarEvent) -> JsonValue:
        text = str(event.value)
        self._document.texts.setdefault(path, Written(self._text, event.start_mark.index, event.style or "", text))
        if _control(text):
            self._complain(path, event, "holds a control character or half a character: remove that escape")
            return _UNREADABLE
        tag = str(self._resolver.resolve(ScalarNode, text, event.implicit)).rpartition(":")[2]
        return _plain(tag, text)

    def _refuse_decoration(self, path: Path, event: ScalarEvent | CollectionStartEvent) -> None:
        if event.anchor:
            self._complain(path, event, f"YAML anchors are not supported: remove `&{event.anchor}`")
        if event.tag:
            self._complain(path, event, f"YAML tags are not supported: remove `{event.tag}`, or put the text in quotes")

    def _complain(self, path: Path, event: Event, message: str) -> None:
        self._document.complain(path, message, _place(event.start_mark))


def _control(text: str) -> bool:
    """Whether the text holds what no reader sees and not every database stores: control characters, lone surrogates."""
    return any(unicodedata.category(sign) in ("Cc", "Cs") and sign not in "\n\t" for sign in text)


def _place(mark: StreamMark) -> Place:
    return int(mark.line) + 1, int(mark.column) + 1


def _plain(tag: str, text: str) -> JsonValue:
    """A scalar as JSON knows it; what only YAML knows (dates, octal numbers) stays the text that was written."""
    if tag == "null":
        return None
    if tag == "bool":
        return text.lower() == "true"
    if tag in ("int", "float"):
        with suppress(ValueError):  # beyond the interpreter's limit, or hexadecimal
            return int(text) if tag == "int" else float(text)
    return text


def _syntax(error: MarkedYAMLError) -> str:
    """The parser's complaint, with what to do where it is a common one."""
    problem = str(error.problem or error.context or "not readable as YAML")
    if "'\\t'" in problem:
        return "a tab: YAML is indented with spaces"
    if "'@'" in problem or "'`'" in problem:
        return f"{problem}: put the text in quotes"
    if "mapping values are not allowed" in problem:
        return "a second colon on this line, or a wrong indentation: put text that holds `: ` in quotes"
    if "scanning an alias" in str(error.context):
        return 'a bare * is a YAML alias: put what begins with * in quotes, "*"'
    opened = f", {error.context} that begins on line {error.context_mark.line + 1}" if error.context_mark else ""
    return f"not readable as YAML: {problem.replace(_END, 'the end of the file')}{opened}"
