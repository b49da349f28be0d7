"""The arguments of an action as people type them in a chat or at a terminal: `amount=480 to="lamp shop"`, or as JSON."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel, JsonValue

from agents.actions import Action, Actions, BadArguments
from bot.flow.strict import NotStrict, value_at, value_of
from policies.conditions.shapes import Anything, Fields, Plain, Shape, shape_of
from policies.problems import did_you_mean, nearest
from storage.records import JsonObject, Proposal

Model = type[BaseModel] | None

_MISSING = "Field required"  # as pydantic says it

# Chats and keyboards make “curly” quotes of straight ones.
_CURLY = str.maketrans("“”„‟", '""""')
_NAME = re.compile(r"\s*([A-Za-z_][\w-]*)=")
_VALUE = re.compile(r"\"([^\"]*)\"(?!\S)|[“„‟]([^“”]*)[“”](?!\S)|'([^']*)'(?!\S)|(\S*)")


class NotArguments(ValueError):
    """What was typed cannot be read as arguments, or an action does not take them; the message says what to write."""


def arguments_in(text: str, model: Model) -> JsonObject:
    """The arguments in a line of a chat, for an action with that model, if it is known. Raises NotArguments."""
    return object_of(text) if text.lstrip().startswith("{") else _joined(_pairs(text, model))


def arguments_of(words: Iterable[str], model: Model) -> JsonObject:
    """The same from the words of a command line, each `name=value`. Raises NotArguments."""
    return _joined(_pair(word, model) for word in words)


def supposed(actions: Actions, name: str, arguments: JsonObject) -> tuple[Proposal, frozenset[str]]:
    """A proposal that nobody made, and what is not known of it (see `Circumstances.unknown`). Raises NotArguments with
    everything that is wrong with the arguments of a registered action."""
    if name not in actions:
        return Proposal(action=name, arguments=arguments, target="", summary=""), unknown_of(actions, name)
    try:
        fitting, target = actions[name].normal(arguments)
    except BadArguments as error:
        cover = actions.cover(name, arguments)
        raise NotArguments(cover(misfit(actions[name], arguments, error.errors))) from error
    return Proposal(action=name, arguments=fitting, target=target, summary=""), unknown_of(actions, name)


def unknown_of(actions: Actions, name: str) -> frozenset[str]:
    """What is not known of a proposal that nobody made: only a registered action says what its target is."""
    return _WITH_TARGET if name in actions else _WITHOUT


_WITH_TARGET, _WITHOUT = frozenset({"evidence"}), frozenset({"evidence", "target"})


def misfit(action: Action[Any], arguments: JsonObject, errors: Mapping[str, str]) -> str:
    """Why the arguments do not fit the action, in sentences."""
    takes = list(action.arguments.model_fields)
    odd = [field for field in errors if field in arguments and field not in takes]
    meant = {nearest(field, takes) for field in odd}
    missing = [field for field, problem in errors.items() if problem == _MISSING and field not in meant]
    told = [f"There is no argument {field[:40]!r}{did_you_mean(field, takes) or '.'}" for field in odd]
    told += [f"{field}: {_said(errors[field])}." for field in errors if field not in odd and errors[field] != _MISSING]
    told += [f"{' and '.join(filter(None, [', '.join(missing[:-1]), missing[-1]]))} must be given."] if missing else []
    return f"{' '.join(told)} {action.name} takes {', '.join(takes) or 'no arguments'}."


def _said(problem: str) -> str:
    return problem[:1].lower() + problem[1:].rstrip(".")


def object_of(text: str) -> JsonObject:
    """The arguments as a JSON object. Raises NotArguments."""
    try:
        try:
            value = value_of(text)
        except NotStrict:
            value = value_of(text.translate(_CURLY))
    except NotStrict as error:
        raise NotArguments(f"That {error}. Write a JSON object, or name=value for each argument.") from error
    if not isinstance(value, dict):
        raise NotArguments("Write the arguments as a JSON object, or as name=value.")
    return value


def _joined(pairs: Iterable[tuple[str, JsonValue]]) -> JsonObject:
    found: JsonObject = {}
    for name, value in pairs:
        if name in found:
            raise NotArguments(f"{name} is there twice.")
        found[name] = value
    return found


def _pairs(text: str, model: Model) -> Iterable[tuple[str, JsonValue]]:
    at = 0
    while text[at:].strip():
        named = _NAME.match(text, at)
        if named is None:
            raise _unreadable(text[at:].split(None, 1)[0])
        name, at = named[1], named.end()
        value, at = _value_at(text, at, _shape(name, model))
        yield name, value


def _value_at(text: str, at: int, shape: Shape) -> tuple[JsonValue, int]:
    if text[at : at + 1] in ("[", "{") and not isinstance(shape, Plain):
        try:
            return value_at(text, at)
        except NotStrict:
            pass  # it may be text that only begins so
    found = _VALUE.match(text, at)
    assert found is not None  # noqa: S101  # it matches nothing at all, too
    quoted = next((part for part in found.groups()[:3] if part is not None), None)
    return (_read(found[4], shape) if quoted is None else quoted), found.end()


def _pair(word: str, model: Model) -> tuple[str, JsonValue]:
    named = _NAME.match(word)
    if named is None:
        raise _unreadable(word)
    return named[1], _read(word[named.end() :], _shape(named[1], model))


def _unreadable(word: str) -> NotArguments:
    return NotArguments(f"{word[:40]!r} is no argument: write name=value, with quotes around a value that has spaces.")


def _shape(name: str, model: Model) -> Shape:
    shape = shape_of(model) if model else Anything()
    if isinstance(shape, Fields):
        return shape.fields.get(name, Plain("string"))
    return Anything()


def _read(text: str, shape: Shape) -> JsonValue:
    """One value without quotes. What the action takes as text stays text; where nothing is known, a number is a number."""
    if isinstance(shape, Plain):
        return None if shape.nullable and text == "null" else text
    try:
        return value_of(text)
    except NotStrict:
        return text
