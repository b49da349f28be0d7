"""What is wrong with a policy file, in words that say where it is and what to do."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

Path = tuple[str | int, ...]
Place = tuple[int, int]
"""Line and column, both from 1."""


@dataclass(frozen=True)
class Problem:
    """One mistake. Lines and columns count from 1, None for the whole file; `field` is like `rules[2].verdict`, or empty."""

    file: str
    line: int | None
    column: int | None
    field: str
    message: str

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.file, self.line, self.column) if part is not None)
        return f"{place}: {self.field}: {self.message}" if self.field else f"{place}: {self.message}"


@dataclass(frozen=True)
class Mistake:
    """What is wrong with the value at a path, before its place in the file is looked up. `of_key` where the key itself is
    wrong; `within` is a place inside of the text that stands there."""

    path: Path
    message: str
    of_key: bool = False
    within: Place | None = None


class PolicyError(Exception):
    """A policy file cannot be used. `problems` holds every mistake found in it; `str()` has one on each line."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


def field_name(path: Path) -> str:
    """How a path is written for people: `("rules", 2, "verdict")` is `rules[2].verdict`."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".")


def nearest(word: str, choices: Iterable[str]) -> str | None:
    """The one of `choices` that `word` was most likely meant to be; None where nothing is near."""
    return next(iter(get_close_matches(word.lower(), list(choices), n=1)), None)


def did_you_mean(word: str, choices: Iterable[str]) -> str:
    """A question to end a sentence with, such as `: did you mean 'verdict'?`, or nothing."""
    meant = nearest(word, choices)
    return f": did you mean {meant!r}?" if meant else ""
