"""What is wrong with a policy file, in words that say where it is and what to do."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Problem:
    """One mistake. `line` counts from 1, None for the whole file; `field` is like `rules[2].verdict`, or empty."""

    file: str
    line: int | None
    field: str
    message: str

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return f"{place}: {self.field}: {self.message}" if self.field else f"{place}: {self.message}"


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
