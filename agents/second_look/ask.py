"""The second look by a model: what a comparison of numbers and addresses cannot see."""

import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from agents.actions import Action, Actions
from agents.model import ModelError, Prompt
from agents.offline import Rules
from agents.prompts import PromptFile
from agents.runtime import LiveRun
from agents.second_look.compare import disagreements
from storage.records import JsonObject

SECOND_LOOK = PromptFile.load(Path(__file__).parent / "prompts" / "second_look.md")

NOT_TAKEN = "No model took a second look at whether the summary says what would happen; it gave no answer."
SEEN = "A second look says that the summary is not what would happen: "

_MOST = 12_000  # characters of a value that the model gets to see
_PRINTED = 200  # characters of the difference on the card


class Look(BaseModel):
    """Whether a summary says what the arguments do; `difference` says what differs."""

    model_config = ConfigDict(frozen=True)

    agrees: bool
    difference: str | None = Field(default=None, max_length=500)


async def second_look(run: LiveRun, action: str, arguments: JsonObject, summary: str) -> tuple[str, ...]:
    """Ask the model, as a recorded step, and return the remarks for the card; empty if it agrees.

    A model that gives no answer stops nothing: people are told that nobody looked. Raises UnknownAction, BadArguments.
    """
    prompt = question(run.actions[action], arguments, summary, run.actions)
    try:
        look = await run.llm_call("second_look", prompt, Look, lambda look: look.difference or "They agree.")
    except ModelError:
        return (NOT_TAKEN,)
    return () if look.agrees else (SEEN + _line(look.difference or "it does not say how.")[:_PRINTED],)


def question(action: Action[Any], arguments: JsonObject, summary: str, actions: Actions) -> Prompt:
    """What to ask about a proposal. Secrets stay covered."""
    normal, target = action.normal(arguments)
    cover = actions.cover(action.name, normal)
    data: JsonObject = {
        "action": action.name,
        "title": action.title,
        "arguments": {name: _short(value) for name, value in actions.covered(action.name, normal, cover).items()},
        "target": _short(cover(target)),
        "summary": _short(cover(summary)),
    }
    return SECOND_LOOK.about(json.dumps(data, ensure_ascii=False, indent=1))


def second_look_rules() -> Rules:
    """The offline model's rule: the comparison is all that there is without a key."""
    return {SECOND_LOOK.name: compared}


def compared(prompt: Prompt) -> Look:
    """The comparison as an answer."""
    data = json.loads(prompt.data)
    found = disagreements(data["summary"], data["target"], data["arguments"])
    return Look(agrees=not found, difference=found[0] if found else None)


def _short(value: JsonValue) -> JsonValue:
    if not isinstance(value, str) or len(value) <= _MOST:
        return value
    return f"{value[:_MOST]} [{len(value) - _MOST} more characters]"


def _line(text: str) -> str:
    return " ".join("".join(character if character.isprintable() else " " for character in text).split())
