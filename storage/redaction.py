"""Finds credentials in text and hides them: `[secret, 40 characters]` stands where one was, and nothing goes unsaid.

Two ways to know one: by the published formats of those who issue them, and by what stands before it (`password=`,
`Authorization:`, the password in a URL). Only what people see, the traces and the logs are redacted; what runs stays whole.
Order numbers, UUIDs, hashes, IBANs and addresses have no such format and stay readable; there is no guessing by entropy,
because a reviewer has to be able to read what they approve.

Each expression (`storage/credentials.py`) is only tried on texts that contain its own piece of literal text, so clean text
costs little more than looking for those. Every repetition is bounded and none is nested, so time is linear in the length of
a text.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import count
from typing import Final, NamedTuple, overload

from pydantic import JsonValue

from storage.credentials import CONTEXTS, FORMATS
from storage.records import JsonObject

KNOWN: Final = "secret value"  # a secret because it was said to be one
BRIEF: Final = 80  # characters of a text that is remembered with what was found in it
SHORTEST: Final = 4  # characters of a known secret that is looked for inside other texts

_LITERAL = re.compile(r"(?:[A-Za-z0-9_/ -]|\\?\.|\\\$)+")


class _Rule(NamedTuple):
    kind: str
    hint: str  # a piece in small letters without which there is nothing to find
    pattern: re.Pattern[str]


def _rule(kind: str, pattern: str) -> _Rule:
    """A format, only at the beginning of a word: after anything but a letter or digit, or after an escaped line break."""
    literal = _LITERAL.match(pattern)
    assert literal is not None  # noqa: S101  # formats begin with one
    text = literal.group().replace("\\", "")
    begins = re.escape(text)
    rest = pattern[literal.end() :]
    whole = rf"{begins}(?:(?<![A-Za-z0-9]{begins})|(?<=\\[nrt]{begins})){rest}"
    return _Rule(kind, text.lower(), re.compile(whole, re.ASCII))


_BY_CONTEXT: Final = tuple(
    _Rule(kind, hint, re.compile(pattern, re.ASCII)) for kind, told in CONTEXTS.items() for hint, pattern in told
)
# Formats before contexts: `token=ghp_…` is told as what it is.
_ALL: Final = (*(_rule(kind, pattern) for kind, patterns in FORMATS.items() for pattern in patterns), *_BY_CONTEXT)
_LONG: Final = re.compile(r"[\w./+=~$:@-]{20}", re.ASCII)  # each format has one; a text of ordinary words has none
_MASK: Final = re.compile(r"\[secret, [\d,]{1,20} characters?\]")
_SECRET_NAME: Final = re.compile(
    r"(?i:(?:pass(?:word|wd|phrase|code)|pwd|secret|token|(?:api|access|private|secret|signing)[_-]?key|credentials?"
    r"|authorization))$"
)


@dataclass(frozen=True)
class Found:
    """One secret in a text: what it is, and where."""

    kind: str
    start: int
    end: int


def found(text: str) -> tuple[Found, ...]:
    """The secrets in `text`, in order; where two overlap they are one."""
    return _found_before(text) if len(text) <= BRIEF else _found(text)


def _found(text: str) -> tuple[Found, ...]:
    small, rules = text.lower(), _ALL if _LONG.search(text) else _BY_CONTEXT
    hits = [
        Found(rule.kind, *match.span(match.lastindex or 0))
        for rule in rules
        if rule.hint in small
        for match in rule.pattern.finditer(text)
    ]
    return _apart(hits)


_found_before = lru_cache(4096)(_found)  # names of fields, ids and fingerprints come in many rows


def mask(secret: str) -> str:
    """What stands where a secret was."""
    return f"[secret, {len(secret):,} character{'' if len(secret) == 1 else 's'}]"


def is_masked(text: str) -> bool:
    """Whether something in `text` was hidden; text that only looks as if counts too."""
    return _MASK.search(text) is not None


def redacted(text: str) -> str:
    """`text` without its secrets. Redacting again changes nothing."""
    return Cover()(text)


def texts(value: JsonValue) -> Iterator[str]:
    """Every text in a JSON value, but for names."""
    match value:
        case str():
            yield value
        case list():
            yield from (text for item in value for text in texts(item))
        case dict():
            yield from (text for item in value.values() for text in texts(item))


def names_a_secret(name: str) -> bool:
    """Whether a field of that name holds a secret whatever it looks like: `password`, `smtpPassword`, `api_key`."""
    return _SECRET_NAME.search(name) is not None


@overload
def redacted_json(value: JsonObject) -> JsonObject: ...
@overload
def redacted_json(value: JsonValue) -> JsonValue: ...
def redacted_json(value: JsonValue) -> JsonValue:
    """The same for every text in a JSON value."""
    return value if _clean(value) else Cover().json(value)


def _clean(value: JsonValue) -> bool:
    """Whether there is nothing to hide, as in nearly every value: to look is much cheaper than to build it anew."""
    if isinstance(value, str):
        return not found(value)
    if isinstance(value, dict):
        return all(map(_clean, value)) and all(map(_clean, value.values()))
    return all(map(_clean, value)) if isinstance(value, list) else True


def _apart(hits: Iterable[Found]) -> tuple[Found, ...]:
    """In order, and where two overlap they are one."""
    apart: list[Found] = []
    for hit in sorted(hits, key=lambda hit: hit.start):
        if apart and hit.start < apart[-1].end:
            apart[-1] = Found(apart[-1].kind, apart[-1].start, max(apart[-1].end, hit.end))
        else:
            apart.append(hit)
    return tuple(apart)


def _replaced(text: str, parts: Iterable[tuple[int, int, str]]) -> str:
    pieces, last = [], 0
    for start, end, instead in parts:
        pieces += [text[last:start], instead]
        last = end
    return "".join([*pieces, text[last:]])


class Cover:
    """Hides secrets in all texts about one thing, and can tell what it hid.

    `known` are secrets of that thing whatever they look like; they are hidden wherever they are repeated.
    """

    def __init__(self, known: Iterable[str] = ()) -> None:
        self._known = sorted({secret for secret in known if len(secret) >= SHORTEST}, key=len, reverse=True)
        self._hidden: dict[str, None] = {}

    def __call__(self, text: str) -> str:
        """`text` without its secrets."""
        places = self.places(text)
        if not places:
            return text
        self._hidden |= dict.fromkeys(each.kind for each in places)
        return _replaced(text, ((each.start, each.end, mask(text[each.start : each.end])) for each in places))

    def places(self, text: str) -> tuple[Found, ...]:
        """Where the secrets in `text` are."""
        if not self._known:
            return found(text)
        known = [
            Found(KNOWN, *match.span())
            for secret in self._known
            if secret in text
            for match in re.finditer(re.escape(secret), text)
        ]
        return _apart([*known, *found(text)]) if known else found(text)

    def numbered(self, value: JsonValue) -> JsonValue:
        """A value as people may edit it: each secret in a text is `[secret 1, 40 characters]`, numbered for `restored`."""
        if not isinstance(value, str):
            return self.json(value, by_name=True)
        return _replaced(value, ((each.start, each.end, sign) for each, sign in self._signs(value)))

    def restored(self, edited: JsonValue, before: JsonValue) -> JsonValue:
        """What somebody made of `numbered(before)`, with the secrets back in their places."""
        if not isinstance(edited, str) or not isinstance(before, str):
            return edited
        secrets = {sign: before[each.start : each.end] for each, sign in self._signs(before)}
        if not secrets:
            return edited
        return re.sub("|".join(map(re.escape, secrets)), lambda match: secrets[match.group()], edited)

    def whole(self, secret: str) -> str:
        """What stands for something that is a secret as a whole."""
        self._hidden[KNOWN] = None
        return mask(secret)

    @overload
    def json(self, value: JsonObject, *, by_name: bool = False) -> JsonObject: ...
    @overload
    def json(self, value: JsonValue, *, by_name: bool = False) -> JsonValue: ...
    def json(self, value: JsonValue, *, by_name: bool = False) -> JsonValue:
        """The same for every text in a JSON value; `by_name` also hides what is called a password, a token and the like."""
        match value:
            case str():
                return self(value)
            case list():
                return [self.json(item, by_name=by_name) for item in value]
            case dict():
                return {self(name): self._field(name, item, by_name=by_name) for name, item in value.items()}
            case _:
                return value

    @property
    def remark(self) -> str | None:
        """What was hidden, in words; None if nothing was."""
        if not self._hidden:
            return None
        return f"Hidden here as secret: {', '.join(self._hidden)}. What runs has it whole."

    def _signs(self, text: str) -> list[tuple[Found, str]]:
        """What stands for each secret in a text that is edited; numbers that the text itself uses are left out."""
        free = (number for number in count(1) if f"[secret {number}," not in text)
        return [(each, f"[secret {next(free)}{mask(text[each.start : each.end])[7:]}") for each in self.places(text)]

    def _field(self, name: str, value: JsonValue, *, by_name: bool) -> JsonValue:
        if by_name and isinstance(value, str) and value and names_a_secret(name):
            return self.whole(value)
        return self.json(value, by_name=by_name)
