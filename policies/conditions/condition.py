"""A condition, asked of one proposal. It says true or false, or it fails and says why; it never raises."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from cel_expr_python import cel

from policies.conditions.names import NAMES

_WORD = re.compile(r"[A-Za-z_]\w*")


@dataclass(frozen=True)
class Failed:
    """A condition that could not be decided, and why."""

    why: str


Answer = bool | Failed


class Condition:
    """One compiled expression. Compiling takes a quarter of a millisecond, asking some microseconds."""

    def __init__(self, text: str) -> None:
        """Raises ValueError for what is no expression at all; `check.faults` says so in better words, beforehand."""
        self.text = text
        self.names = frozenset(_WORD.findall(text)) & {"args", *NAMES}
        try:
            self._expression = _environment().compile(text)
        except RuntimeError as error:
            raise ValueError(f"not a condition: {text!r}") from error

    def ask(self, facts: cel.Activation) -> Answer:
        """What the condition says of these facts (see `facts`)."""
        try:
            found = self._expression.eval(facts)
            value = found.value()
        except RuntimeError as error:
            return Failed(_said(str(error)))
        if value is True or value is False:
            return value
        return Failed(_said(str(value)) if found.type() == cel.Type.ERROR else "it says neither true nor false")


def facts(values: Mapping[str, Any]) -> cel.Activation | Failed:
    """What conditions are asked of: a value for each of `NAMES` and for `args` that one of them names."""
    try:
        return _environment().Activation(dict(values))
    except (RuntimeError, OverflowError, TypeError, ValueError) as error:
        return Failed(_said(str(error)))


@lru_cache(maxsize=1)
def _environment() -> cel.Env:
    """Values are plain here, so whatever the checker let pass is looked at again as it is."""
    return cel.NewEnv(variables=dict.fromkeys(("args", *NAMES), cel.Type.DYN))


@lru_cache(maxsize=4096)
def compiled(text: str) -> Condition:
    """The condition, compiled once for all rules that say the same."""
    return Condition(text)


def _said(error: str) -> str:
    """CEL's words for what went wrong, without its code: `INVALID_ARGUMENT: divide by zero`."""
    return re.sub(r"^[A-Z_]+: ", "", error.splitlines()[0] if error else "it failed").removesuffix("]").partition(" [")[0]
