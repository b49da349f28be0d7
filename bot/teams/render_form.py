"""Forms as Adaptive Cards with typed inputs, and what people typed as raw values.

An input takes a text of any length, so nothing has to be spread over several. A number is typed as a number only if that
gives back exactly what was there; `480.00` and what no floating-point number holds are typed as text.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, Final, TypeVar

from pydantic import JsonValue

from bot.cards.ask import AskForm
from bot.cards.fold import short
from bot.cards.form import Form, FormField
from bot.cards.inert import inert_line
from bot.cards.text import Text
from bot.flow.binding import Purpose, Stamp
from bot.teams import limits
from bot.teams.actions import DESTRUCTIVE, POSITIVE, back, data_of, execute, submit
from bot.teams.render_text import Block, Dialog, adaptive, box, rich, runs, say, size
from storage.records import JsonObject

PURPOSES: Final[Mapping[str, Purpose]] = {"edit": "edit_form", "reject": "reject_form"}
STYLES: Final = {"edit": POSITIVE, "reject": DESTRUCTIVE}
TEXT, CHECK = "text", "check"  # in the id of an input: how its value is read
LABEL: Final = 300  # characters of one label, title or error
NUMBER: Final = r"^\s*-?\d+([.,]\d+)?\s*$"

Errors = Mapping[str, str]
Asking = TypeVar("Asking", Form, AskForm)


class TooLongToEdit(Exception):
    """A value is too long for a form; the message says what to do."""


def form_dialog(
    form: Form,
    stamp: Stamp,
    page: int = 0,
    *,
    typed: JsonObject | None = None,
    errors: Errors | None = None,
    dialog: bool = True,
) -> Dialog:
    """A form for its reader alone; `page` as in `Binding`. Raises `TooLongToEdit`.

    After a refused submission, `typed` (of `values_of`) is what it starts with, and `errors` by field name stand at their
    inputs. Without `dialog` it is shown in place of the card, with a way back.
    """
    data = _data(form, stamp, page)
    style = STYLES[form.purpose]
    actions = [(submit if dialog else execute)(form.submit, data, **style)]
    if not dialog:
        actions.append(back(form, stamp))
    told = f"{form.purpose.capitalize()} request {form.request_id}."
    card = adaptive(_body(_kept(form, typed), errors or {}), actions, told=told)
    if size(card) > limits.FORM:
        raise TooLongToEdit(_too_long(form))
    return Dialog(form.purpose.capitalize(), card)


def said_dialog(title: str, text: Text) -> Dialog:
    """A dialog that only says something; `title` is ours."""
    return Dialog(title, say(text))


def inline_form(form: Form, stamp: Stamp, page: int = 0) -> Block:
    """A button that unfolds a form within a card, for `stamp.reader` alone."""
    style = STYLES[form.purpose]
    inner = {
        "type": "AdaptiveCard",
        "body": _body(form, {}),
        "actions": [execute(form.submit, _data(form, stamp, page), **style)],
    }
    shown = {"type": "Action.ShowCard", "title": form.purpose.capitalize(), "card": inner}
    return shown | (style if form.purpose == "reject" else {})


def values_of(data: Mapping[str, Any]) -> JsonObject:
    """What was typed, by field name: strings as typed, booleans for checkboxes; where nothing was typed, null or
    no value at all, as clients differ."""
    named = ((key.split(":", 2), value) for key, value in data.items() if key.count(":") == 2)
    return {name: _typed(kind, value) for (_, kind, name), value in named if kind in (TEXT, CHECK)}


def placed(form: Form | AskForm, errors: Errors) -> dict[str, str]:
    """Errors by the name of the field at which they are said; what belongs to none is said first, at ``""``."""
    names = {field.name for field in form.fields}
    said: dict[str, str] = {}
    for name, message in errors.items():
        at = next((each for each in (name, name.partition(".")[0]) if each in names), "")
        said[at] = f"{said[at]} {message}" if at in said else message
    return said


def _typed(kind: str, value: object) -> JsonValue:
    if kind == CHECK:
        return str(value).lower() == "true"
    return None if value is None or value == "" else str(value)


def _data(form: Form, stamp: Stamp, page: int) -> Block:
    purpose = PURPOSES[form.purpose]
    return data_of(purpose, stamp.value(form, purpose, page))


def _kept(form: Asking, typed: JsonObject | None) -> Asking:
    """The form as it was sent, so that nobody types anything twice."""
    fields = [
        field.model_copy(update={"value": typed[field.name]}) if typed and field.name in typed else field
        for field in form.fields
    ]
    return form.model_copy(update={"fields": tuple(fields)})


def _body(form: Form, errors: Errors) -> list[Block]:
    said = placed(form, errors)
    body = [rich(runs(short(form.title, LABEL), "bold")), rich(runs(form.intro), spacing="Small")]
    if "" in said:
        body.append(_error(said[""]))
    return [*body, *_boxes(form, said)]


def inputs_of(form: AskForm, typed: JsonObject | None, errors: Errors) -> list[Block]:
    """The inputs alone, each with what was `typed` already and its error."""
    kept, said = _kept(form, typed), placed(form, errors)
    return [*([_error(said[""])] if "" in said else []), *_boxes(kept, said)]


def _boxes(form: Form | AskForm, said: Errors) -> Iterator[Block]:
    return (box(list(_field(form, field, said.get(field.name))), spacing="Medium") for field in form.fields)


def _field(form: Form | AskForm, field: FormField, error: str | None) -> Iterator[Block]:
    if error:
        yield _error(error)
    yield _input(form, field)
    if field.hint:
        yield rich(runs(inert_line(field.hint), "small"), spacing="None")


def _error(message: str) -> Block:
    return rich(runs(f"⚠️ {short(inert_line(message), LABEL)}", "alarm"), spacing="Small")


def _input(form: Form | AskForm, field: FormField) -> Block:
    kind = CHECK if field.kind == "boolean" else TEXT
    element = _element(field) | {"id": f"{form.purpose}:{kind}:{field.name}", "label": _label(field.label)}
    if field.required and field.kind != "boolean":
        element["isRequired"] = True
        element.setdefault("errorMessage", "Please fill this in.")
    return element


def _label(text: str) -> str:
    return short(inert_line(text), LABEL) or "(empty)"


def _element(field: FormField) -> Block:
    text = _text(field.value)
    match field.kind:
        case "boolean":
            return {"type": "Input.Toggle", "title": "Yes", "value": "true" if field.value else "false"}
        case "choice" if field.choices:
            return _choices(field, text)
        case "date" if _is_date(text):
            return _started({"type": "Input.Date"}, text) | {"errorMessage": "Please give a day."}
        case "number" | "integer":
            return _number(field, text)
        case _:
            return _plain(field, text)


def _choices(field: FormField, text: str) -> Block:
    choices = [{"title": _label(label), "value": value} for value, label in field.choices.items()]
    element = {"type": "Input.ChoiceSet", "style": "compact", "choices": choices, "errorMessage": "Please choose one."}
    return _started(element, text if text in field.choices else "")


def _plain(field: FormField, text: str) -> Block:
    element: Block = {"type": "Input.Text", "isMultiline": field.kind == "lines" or "\n" in text}
    if field.max_length:
        element["maxLength"] = max(field.max_length, len(text))
    if field.kind == "email":
        element["style"] = "Email"
    return _started(element, text)


def _number(field: FormField, text: str) -> Block:
    if text and _exact(text) is None:
        return _started({"type": "Input.Text", "regex": NUMBER, "errorMessage": _expected(field)}, text)
    element: Block = {"type": "Input.Number", "errorMessage": _expected(field)}
    bounds = {"value": text, "min": _text(field.minimum), "max": _text(field.maximum)}
    exact = {key: _exact(bound, written=key == "value") for key, bound in bounds.items()}
    return element | {key: number for key, number in exact.items() if number is not None}


def _expected(field: FormField) -> str:
    kind = "whole number" if field.kind == "integer" else "number"
    low, high = field.minimum, field.maximum
    bounds = {(True, True): f" from {low} to {high}", (True, False): f" of at least {low}", (False, True): f" up to {high}"}
    return f"Please give a {kind}{bounds.get((low is not None, high is not None), '')}."


def _exact(text: str, *, written: bool = True) -> float | None:
    """The JSON number that stands for exactly this text, as it is `written` or at least in value; None if there is none."""
    try:
        wanted = Decimal(text)
        number = int(wanted) if wanted == wanted.to_integral_value() else float(wanted)
    except (InvalidOperation, ValueError, OverflowError):
        return None
    same = str(number) == text if written else Decimal(repr(number)) == wanted
    return number if same and abs(number) < 2**53 else None


def _is_date(text: str) -> bool:
    try:
        return not text or date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _started(element: Block, text: str) -> Block:
    return element | {"value": text} if text else element


def _text(value: JsonValue) -> str:
    return "" if value is None else str(value)


def _too_long(form: Form) -> str:
    longest = max(form.fields, key=lambda field: len(_text(field.value)))
    return (
        f"{longest.label} has {len(_text(longest.value)):,} characters, which is too long to edit in Teams. "
        "Approve or reject it as it is; say in the notes what should change."
    )
