"""Forms as Slack modals with typed inputs, and what people typed as raw values.

A text that is longer than one of Slack's inputs is spread over several and put together again, so that an edit never
loses the end of it.
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from pydantic import JsonValue

from bot.cards.form import Form, FormField
from bot.cards.text import Text
from bot.flow.binding import Purpose, Stamp
from bot.slack import limits, names
from bot.slack.render_text import Block, plain_text, say
from storage.records import JsonObject

ACTION = "value"  # the action_id of every input; its block_id is the name of the field
PART = ":"  # between the name of a field and the number of a part of it; no field name has one
PARTS = 10  # inputs that one text may be spread over

CALLBACKS = {"edit": names.EDIT_FORM, "reject": names.REJECT_FORM}
PURPOSES: Mapping[str, Purpose] = {"edit": "edit_form", "reject": "reject_form"}


class TooLongToEdit(Exception):
    """A value is too long for Slack's inputs; the message says which and what to do."""


def form_view(form: Form, stamp: Stamp, page: int = 0) -> Block:
    """The modal of a form, for its reader alone; `page` as in `Binding`. Raises `TooLongToEdit`."""
    return {
        "type": "modal",
        "callback_id": CALLBACKS[form.purpose],
        "title": plain_text(form.title if _fits_title(form) else form.purpose.capitalize(), limits.VIEW_TITLE),
        "submit": plain_text(form.submit, limits.VIEW_SUBMIT),
        "close": plain_text("Cancel", limits.VIEW_CLOSE),
        "private_metadata": stamp.value(form, PURPOSES[form.purpose], page),
        "blocks": [*_headed(form), *(block for field in form.fields for block in input_blocks(field))],
    }


def said_view(title: str, text: Text) -> Block:
    """A modal that only says something."""
    return {
        "type": "modal",
        "title": plain_text(title, limits.VIEW_TITLE),
        "close": plain_text("Close", limits.VIEW_CLOSE),
        "blocks": say(text),
    }


def values_of(view: Mapping[str, Any]) -> JsonObject:
    """What was typed into a modal, by field name: strings as typed, booleans for checkboxes, null where nothing was."""
    values: JsonObject = {}
    for block_id, inputs in view["state"]["values"].items():
        name, _, number = block_id.partition(PART)
        value = _typed(inputs[ACTION])
        values[name] = f"{values.get(name) or ''}{value or ''}" if number else value
    return values


def errors_for(view: Mapping[str, Any], errors: Mapping[str, str]) -> dict[str, str]:
    """Errors by field name as errors by block id, as Slack wants them. What belongs to no input is said at the first one."""
    inputs = [block["block_id"] for block in view["blocks"] if block["type"] == "input"]
    if not inputs:
        return {}
    placed: dict[str, str] = {}
    for name, message in errors.items():
        belongs = [block for block in inputs if block.partition(PART)[0] in (name, name.partition(".")[0])]
        at = (belongs or inputs)[0]
        placed[at] = f"{placed[at]} {message}" if at in placed else message
    return placed


def _fits_title(form: Form) -> bool:
    return len(form.title) <= limits.VIEW_TITLE


def _headed(form: Form) -> Iterator[Block]:
    """What the form is about, where the modal's title has no room for it, and what submitting does."""
    if not _fits_title(form):
        yield {"type": "header", "text": plain_text(form.title, limits.HEADER_TEXT)}
    yield {"type": "section", "text": plain_text(form.intro, limits.SECTION_TEXT)}


def input_blocks(field: FormField) -> Iterator[Block]:
    """The input of a field, or several where its text is too long for one. Raises `TooLongToEdit`."""
    text = _text(field.value)
    if field.kind not in ("text", "lines") or len(text) <= limits.PLAIN_TEXT_INPUT:
        yield _input(field, field.name, field.label, _element(field))
        return
    size = limits.PLAIN_TEXT_INPUT
    parts = [text[start : start + size] for start in range(0, len(text), size)]
    if len(parts) > PARTS:
        raise TooLongToEdit(
            f"{field.label} has {len(text):,} characters, which is too long to edit in Slack. "
            "Approve or reject it as it is; say in the notes what should change."
        )
    for number, piece in enumerate(parts, start=1):
        element = {"type": "plain_text_input", "action_id": ACTION, "multiline": True, "initial_value": piece}
        title = f"{field.label} (part {number} of {len(parts)})"
        yield _input(field, f"{field.name}{PART}{number}", title, element, optional=True)


def _input(field: FormField, block_id: str, label: str, element: Block, *, optional: bool = False) -> Block:
    block: Block = {
        "type": "input",
        "block_id": block_id,
        "label": plain_text(label, limits.INPUT_LABEL),
        "element": element,
        "optional": optional or not field.required or field.kind == "boolean",
    }
    return block | {"hint": plain_text(field.hint, limits.INPUT_HINT)} if field.hint else block


def _element(field: FormField) -> Block:
    match field.kind:
        case "number" | "integer":
            return _number(field)
        case "email":
            return _start({"type": "email_text_input", "action_id": ACTION}, "initial_value", _text(field.value))
        case "boolean":
            return _checkbox(field)
        case "date":
            return _start({"type": "datepicker", "action_id": ACTION}, "initial_date", _text(field.value))
        case "choice" if _selectable(field.choices):
            return _select(field)
        case _:
            return _plain(field)


def _plain(field: FormField) -> Block:
    most = min(field.max_length or limits.PLAIN_TEXT_INPUT, limits.PLAIN_TEXT_INPUT)
    element: Block = {
        "type": "plain_text_input",
        "action_id": ACTION,
        "multiline": field.kind == "lines",
        "max_length": max(most, len(_text(field.value)), 1),
    }
    if field.min_length and field.required:
        element["min_length"] = min(field.min_length, element["max_length"])
    return _start(element, "initial_value", _text(field.value))


def _number(field: FormField) -> Block:
    element: Block = {"type": "number_input", "action_id": ACTION, "is_decimal_allowed": field.kind == "number"}
    for key, bound in (("min_value", field.minimum), ("max_value", field.maximum)):
        element = _start(element, key, _digits(bound))
    return _start(element, "initial_value", _digits(field.value))


def _checkbox(field: FormField) -> Block:
    option = {"text": plain_text("Yes", limits.OPTION_TEXT), "value": "yes"}
    element: Block = {"type": "checkboxes", "action_id": ACTION, "options": [option]}
    return element | {"initial_options": [option]} if field.value else element


def _select(field: FormField) -> Block:
    options = {
        value: {"text": plain_text(label, limits.OPTION_TEXT), "value": value} for value, label in field.choices.items()
    }
    element: Block = {"type": "static_select", "action_id": ACTION, "options": list(options.values())}
    chosen = options.get(_text(field.value))
    return element | {"initial_option": chosen} if chosen else element


def _selectable(choices: Mapping[str, str]) -> bool:
    within = all(0 < len(value) <= limits.OPTION_VALUE for value in choices)
    return within and 0 < len(choices) <= limits.SELECT_OPTIONS


def _start(element: Block, key: str, value: str) -> Block:
    """`element` with something to start from; Slack refuses empty ones."""
    return element | {key: value} if value else element


def _text(value: JsonValue) -> str:
    return "" if value is None else str(value)


def _digits(value: JsonValue) -> str:
    """A number without an exponent; nothing where it is none, so that the form still opens."""
    try:
        number = Decimal(_text(value))
    except InvalidOperation:
        return ""
    return format(number, "f") if number.is_finite() else ""


def _typed(entered: Mapping[str, Any]) -> JsonValue:
    match entered["type"]:
        case "static_select":
            option = entered.get("selected_option")
            return str(option["value"]) if option else None
        case "checkboxes":
            return bool(entered.get("selected_options"))
        case "datepicker":
            return _or_none(entered.get("selected_date"))
        case _:
            return _or_none(entered.get("value"))


def _or_none(value: object) -> JsonValue:
    return None if value is None else str(value)
