"""Forms: typed inputs made from an action's argument model, for the edit and reject dialogs of every surface."""

import json
import types
from collections.abc import Collection
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any, Literal, Union, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt, MaxLen, MinLen
from pydantic import EmailStr, Field, JsonValue
from pydantic.fields import FieldInfo

from agents.actions import Action
from bot.cards.inert import hiding
from storage.records import JsonObject, Record
from storage.redaction import Cover, mask, texts

Kind = Literal["text", "lines", "email", "number", "integer", "boolean", "choice", "date"]

NOTES_MAX = 2000  # characters; enough for a paragraph, and within what every surface's text input takes

MOST_TOLD = 5  # hidden characters that a hint names

REJECT_REASONS = {
    "wrong_action": "Wrong action for this case",
    "wrong_details": "Right action, wrong details",
    "not_enough_evidence": "Not enough evidence",
    "not_allowed": "Against our rules",
    "no_longer_needed": "No longer needed",
    "other": "Something else (say in the notes)",
}


class FormField(Record):
    """One input. `value` is what it starts with; `choices` maps stored values to labels; limits are inclusive.

    A `secret` one starts empty, and left empty it keeps what it has.
    """

    name: str
    label: str
    hint: str | None = None
    kind: Kind
    secret: bool = False
    value: JsonValue = None
    required: bool = True
    choices: dict[str, str] = Field(default_factory=dict)
    min_length: int | None = None
    max_length: int | None = None
    minimum: str | None = None
    maximum: str | None = None


class Form(Record):
    """A dialog about one revision of one request. `intro` says in a sentence what submitting does."""

    purpose: Literal["edit", "reject"]
    request_id: str
    revision: int
    fingerprint: str
    title: str
    intro: str
    submit: str
    fields: tuple[FormField, ...]


NOTES = FormField(
    name="notes",
    label="Notes",
    hint="Kept with the decision; the person who asked sees them.",
    kind="lines",
    required=False,
    max_length=NOTES_MAX,
)


def argument_fields(action: Action[Any], arguments: JsonObject) -> tuple[FormField, ...]:
    """Inputs for the action's arguments, filled with the given ones, but never with a secret."""
    fields, cover = action.arguments.model_fields, _cover(action.secrets, arguments)
    return tuple(_filled(action, name, info, arguments.get(name), cover) for name, info in fields.items())


def reject_fields() -> tuple[FormField, ...]:
    """The reason and the notes of a rejection."""
    reason = FormField(name="reason", label="Reason", kind="choice", choices=REJECT_REASONS)
    return (reason, NOTES)


def arguments_from(form_values: dict[str, JsonValue], fields: tuple[FormField, ...], before: JsonObject) -> JsonObject:
    """What the person typed, as raw arguments for the action's own validation; empty optional inputs become null.

    What they were not shown of the arguments `before`, and did not replace, stays as it was.
    """
    typed = {field.name: _typed(field, form_values.get(field.name)) for field in fields if field.name != NOTES.name}
    kept = {field.name: before.get(field.name) for field in fields if field.secret and not typed[field.name]}
    cover = _cover({field.name for field in fields if field.secret}, before)
    return {name: cover.restored(value, before.get(name)) for name, value in typed.items()} | kept


def choices_of(action: Action[Any], name: str) -> dict[str, str]:
    """What each value of an argument with fixed choices is called; empty for any other argument."""
    info = action.arguments.model_fields.get(name)
    return _choices(_without_none(info.annotation)) if info else {}


def _typed(field: FormField, value: JsonValue) -> JsonValue:
    if field.kind == "boolean":
        return bool(value)
    if field.kind == "integer" and isinstance(value, str) and value.strip().lstrip("-").isdigit():
        return int(value)
    if field.kind in ("number", "email") and isinstance(value, str):
        value = value.strip()
    return None if value == "" and not field.required else value


def _hinted(hint: str | None, shown: JsonValue) -> str | None:
    """The hint of an input, which cannot show what hides in its text: it says so instead."""
    hidden = hiding(shown) if isinstance(shown, str) else ()
    told = f"Holds characters that do not show: {', '.join(hidden[:MOST_TOLD])}." if hidden else None
    return " ".join(filter(None, (hint, told))) or None


def _cover(secrets: Collection[str], arguments: JsonObject) -> Cover:
    return Cover(text for name in secrets for text in texts(arguments.get(name)))


def _filled(action: Action[Any], name: str, info: FieldInfo, value: JsonValue, cover: Cover) -> FormField:
    field = _field(name, info, value)
    if name not in action.secrets or not value:
        shown = cover.numbered(value)
        if isinstance(shown, list | dict):  # as it is typed, too
            shown = json.dumps(shown, ensure_ascii=False)
        return field.model_copy(update={"value": shown, "hint": _hinted(field.hint, shown)})
    keep = f"{mask(str(value))} Leave empty to keep it."
    hint = " ".join(filter(None, (field.hint, keep)))
    hidden = {
        "secret": True,
        "value": None,
        "required": False,
        "hint": hint,
        "kind": "lines" if field.kind == "lines" else "text",
    }
    return field.model_copy(update=hidden)


def _field(name: str, info: FieldInfo, value: JsonValue) -> FormField:
    kind_of = _without_none(info.annotation)
    extra = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
    limits = _limits(info)
    return FormField(
        name=name,
        label=info.title or name.replace("_", " ").capitalize(),
        hint=info.description,
        kind=_kind(kind_of, multiline=bool(extra.get("multiline"))),
        value=value,
        required=info.is_required(),
        choices=_choices(kind_of),
        min_length=limits.get("min_length"),
        max_length=limits.get("max_length"),
        minimum=limits.get("minimum"),
        maximum=limits.get("maximum"),
    )


def _without_none(annotation: Any) -> Any:
    if get_origin(annotation) in (Union, types.UnionType):
        rest = [part for part in get_args(annotation) if part is not type(None)]
        return rest[0] if len(rest) == 1 else str
    return annotation


def _kind(annotation: Any, *, multiline: bool) -> Kind:
    if get_origin(annotation) is Literal:
        return "choice"
    if annotation is EmailStr:
        return "email"
    if not isinstance(annotation, type):
        return "lines" if multiline else "text"
    by_class: tuple[tuple[type, Kind], ...] = (
        (bool, "boolean"), (Enum, "choice"), (int, "integer"), (Decimal, "number"), (float, "number"), (date, "date"),
    )  # fmt: skip
    kind = next((kind for base, kind in by_class if issubclass(annotation, base)), None)
    return kind or ("lines" if multiline else "text")


def _choices(annotation: Any) -> dict[str, str]:
    if get_origin(annotation) is Literal:
        return {str(value): _choice(str(value)) for value in get_args(annotation)}
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return {str(member.value): _choice(member.name) for member in annotation}
    return {}


def _choice(value: str) -> str:
    """`order_history` is read as "Order history"; codes such as USD stay as they are."""
    words = value.replace("_", " ")
    return words[:1].upper() + words[1:]


def _limits(info: FieldInfo) -> dict[str, Any]:
    limits: dict[str, Any] = {}
    for part in info.metadata:
        match part:
            case MinLen():
                limits["min_length"] = part.min_length
            case MaxLen():
                limits["max_length"] = part.max_length
            case Ge():
                limits["minimum"] = str(part.ge)
            case Gt():
                limits["minimum"] = str(part.gt)
            case Le():
                limits["maximum"] = str(part.le)
            case Lt():
                limits["maximum"] = str(part.lt)
    return limits
