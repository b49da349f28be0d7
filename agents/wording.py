"""What was called for, given and done, in a line: for the trace, for people, and for the model's own memory. Pure."""

import json
from typing import Any

from pydantic import JsonValue

from agents.gate import Outcome
from agents.model import Said
from storage.records import JsonObject


def became(what: str, outcome: Outcome) -> str:
    """What became of a proposal."""
    parts = (
        f"{what} → {outcome.status}." if what else f"It was: {outcome.status}.",
        "A reviewer had changed it." if outcome.edited else "",
        outcome.reason if not outcome.succeeded else "",
        f"They wrote: {outcome.notes}" if outcome.notes else "",
    )
    return " ".join(filter(None, parts))


def line(said: Any) -> str:
    """A call or last words in a line, for the trace and for people."""
    if isinstance(said, Said):
        return f"Answers: {label(said.text, 160)}"
    return f"{label(said.name)}: {short(said.arguments)}" if said.arguments else label(said.name)


def text(value: JsonValue) -> str:
    """A value as a model reads it."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def short(value: JsonValue) -> str:
    """A value in a line of at most 160 characters."""
    if isinstance(value, dict):
        return label(", ".join(f"{name}={text(each)}" for name, each in value.items()), 160)
    return label(text(value), 160)


def query(arguments: JsonObject) -> str:
    """What was looked for: the argument itself where there is only one."""
    return short(next(iter(arguments.values())) if len(arguments) == 1 else arguments)


def label(text: str, most: int = 60) -> str:
    """What a model wrote, as one printable line."""
    line = " ".join("".join(each if each.isprintable() else " " for each in text).split())
    return line if len(line) <= most else line[: most - 1] + "…"


def tail(text: str, most: int) -> str:
    """The end of a text, where only so much of it has room."""
    return text if len(text) <= most else "…" + text[1 - most :]
