"""An Adaptive Card as a person meets it: its words, its buttons, its inputs. Pure.

https://adaptivecards.io/explorer/ (schema 1.5)
"""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from tests.bot.teams.cards import faults
from tests.fakes.connector import published
from tests.fakes.connector.problems import Refused, bad_syntax

Card = Mapping[str, Any]
_MOMENT = re.compile(r"\{\{(DATE|TIME)\(([^,)]+)(?:,\s*(?:SHORT|LONG|COMPACT))?\)\}\}")


def check(card: Any) -> None:
    """Raises Problem for what Teams does not take as a card."""
    if not isinstance(card, dict) or card.get("type") != "AdaptiveCard":
        raise bad_syntax("The attachment's content is no Adaptive Card object.")
    try:
        version = tuple(int(part) for part in str(card["version"]).split("."))
    except (KeyError, ValueError) as error:
        raise bad_syntax("The card has no version.") from error
    if version > published.NEWEST_CARD:
        raise bad_syntax(f"Adaptive Card version {card['version']} is not supported.")
    if wrong := faults(card):
        raise bad_syntax("; ".join(wrong))


def pieces(value: Any) -> Iterator[dict[str, Any]]:
    """Every object with a type, in the order in which they are read; fallbacks are not shown."""
    if isinstance(value, dict):
        if "type" in value:
            yield value
        for name, inner in value.items():
            if name not in {"fallback", "refresh", "data", "msteams"}:
                yield from pieces(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from pieces(inner)


def read(card: Card | None) -> str:
    """The words that a person reads, a line for each element; buttons as `[title]`, mentions as `@Name`, dates in UTC."""
    text = "\n".join(line for each in _visible(card or {}) if (line := _line(each)))
    for mention in ((card or {}).get("msteams") or {}).get("entities") or ():
        text = text.replace(mention["text"], f"@{mention['mentioned']['name']}")
    return text


def mentionable(card: Card) -> str:
    """All text in which a mention counts."""
    return "\n".join(str(each.get("text", "")) for each in pieces(dict(card)) if each["type"] == "TextBlock")


def buttons(card: Card | None) -> list[str]:
    """The titles of what can be pressed."""
    return [str(each.get("title", "")) for each in pieces(dict(card or {})) if str(each["type"]).startswith("Action.")]


def button(card: Card, title: str) -> dict[str, Any]:
    """The action with that title. Raises Refused."""
    for each in pieces(dict(card)):
        if str(each["type"]).startswith("Action.") and each.get("title") == title:
            if each.get("isEnabled") is False:
                raise Refused(f"{title!r} is greyed out.")
            return each
    raise Refused(f"There is no button {title!r}; there are {buttons(card)}.")


def inputs(card: Card) -> dict[str, dict[str, Any]]:
    """The inputs by id."""
    return {str(each["id"]): each for each in pieces(dict(card)) if str(each["type"]).startswith("Input.")}


def filled(card: Card, action: Mapping[str, Any], given: Mapping[str, str]) -> dict[str, Any]:
    """What the client sends of a card's inputs: all of them as text, as they stand or as given. Raises Refused for what the
    client itself does not send (https://learn.microsoft.com/adaptive-cards/authoring-cards/input-validation)."""
    there = inputs(card)
    if unknown := given.keys() - there.keys():
        raise Refused(f"There is nothing to type {sorted(unknown)} into; there are {sorted(there)}.")
    if action.get("associatedInputs") == "none":
        return {}
    values = {name: given.get(name, str(each.get("value", ""))) for name, each in there.items()}
    for name, value in values.items():
        _validate(there[name], value)
    return {name: value for name, value in values.items() if value or there[name]["type"] != "Input.Number"}


def _validate(field: Mapping[str, Any], value: str) -> None:
    told = str(field.get("errorMessage") or f"{field.get('label', field['id'])} is not valid.")
    if field.get("isRequired") and not value:
        raise Refused(told)
    if not value:
        return
    if field["type"] == "Input.Text":
        if len(value) > field.get("maxLength", len(value)) or not re.search(field.get("regex", ""), value):
            raise Refused(told)
    elif field["type"] == "Input.Number":
        number = float(value)
        if number < field.get("min", number) or number > field.get("max", number):
            raise Refused(told)
    elif field["type"] == "Input.ChoiceSet":
        allowed = {str(choice["value"]) for choice in field["choices"]}
        if set(value.split(",") if field.get("isMultiSelect") else [value]) - allowed:
            raise Refused(f"{value!r} is not on the list: {sorted(allowed)}.")


def _visible(card: Card) -> Iterator[dict[str, Any]]:
    hidden: set[int] = set()
    for each in pieces(dict(card)):
        if id(each) in hidden or each.get("isVisible") is False:
            hidden |= {id(inner) for inner in pieces(each)}
            continue
        yield each


def _line(piece: Mapping[str, Any]) -> str:
    match piece["type"]:
        case "TextBlock":
            return _dated(str(piece.get("text", "")))
        case "RichTextBlock":
            return "".join(each if isinstance(each, str) else str(each.get("text", "")) for each in piece["inlines"])
        case "FactSet":
            return "\n".join(f"{fact['title']} {_dated(str(fact['value']))}" for fact in piece["facts"])
        case kind if kind.startswith("Action."):
            return f"[{piece.get('title', '')}]"
        case kind if kind.startswith("Input."):
            return f"{piece.get('label', '')}: {piece.get('value', '')}"
        case _:
            return ""


def _dated(text: str) -> str:
    """`{{DATE(…)}}` and `{{TIME(…)}}` as a reader in UTC has them; only TextBlocks and facts know them.

    https://learn.microsoft.com/adaptive-cards/authoring-cards/text-features#datetime-formatting-and-localization"""

    def shown(found: re.Match[str]) -> str:
        at = datetime.fromisoformat(found[2].strip()).astimezone(UTC)
        return f"{at:%H:%M}" if found[1] == "TIME" else f"{at:%Y-%m-%d}"

    return _MOMENT.sub(shown, text)
