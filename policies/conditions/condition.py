"""A condition, asked of one proposal. It says true or false, or it fails and says why; it never raises."""

import re
from dataclasses import dataclass
from functools import lru_cache

from cel_expr_python import cel

from policies.conditions.declare import asking
from policies.conditions.failures import said
from policies.conditions.names import NAMES

_WORD = re.compile(r"[A-Za-z_]\w*")
_ARGUMENT = re.compile(r"\bargs\s*\.\s*([A-Za-z_]\w*)\b(?!\s*\()")


@dataclass(frozen=True)
class Failed:
    """A condition that could not be decided, and why. `why` holds no value that it was asked about."""

    why: str


Answer = bool | Failed


class Condition:
    """One compiled expression. Compiling takes a quarter of a millisecond, asking some microseconds.

    `names` are those that it may look at, `arguments` the arguments among them; None where that can be all.
    """

    def __init__(self, text: str) -> None:
        """Raises ValueError for what is no expression at all; `check.faults` says so in better words, beforehand."""
        words, arguments = _WORD.findall(text), _ARGUMENT.findall(text)
        self.text = text
        self.names = frozenset(words) & {"args", *NAMES}
        self.arguments = frozenset(arguments) if len(arguments) == words.count("args") else None
        try:
            self._expression = asking().compile(text)
        except (RuntimeError, TypeError) as error:  # the latter where it is no valid Unicode
            raise ValueError(f"not a condition: {text!r}") from error

    def ask(self, facts: cel.Activation) -> Answer:
        """What the condition says of these facts: a value for each of `NAMES`, and for `args`, that it holds."""
        try:
            found = self._expression.eval(facts)
            value = found.value()
        except RuntimeError as error:
            return Failed(said(str(error), self.text))
        if value is True or value is False:
            return value
        return Failed(said(str(value), self.text) if found.type() == cel.Type.ERROR else "it says neither true nor false")


@lru_cache(maxsize=4096)
def compiled(text: str) -> Condition:
    """The condition, compiled once for all rules that say the same."""
    return Condition(text)
