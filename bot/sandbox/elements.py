"""Checks of what stands inside blocks: text objects, options, confirm dialogs, elements.

https://docs.slack.dev/reference/block-kit/block-elements and .../composition-objects
"""

from collections.abc import Callable, Mapping
from typing import Any

from bot.sandbox.problems import (
    Json,
    Problem,
    Problems,
    count,
    items,
    kind_of,
    known,
    length,
    mappings,
    optional_length,
    required,
)
from bot.slack import limits

TEXT_FIELDS = {"plain_text": ("text", "emoji"), "mrkdwn": ("text", "verbatim")}

BUTTONS = frozenset({"button", "workflow_button"})
SINGLE_SELECTS = frozenset({"static_select", "external_select", "users_select", "conversations_select", "channels_select"})
MULTI_SELECTS = frozenset(f"multi_{name}" for name in SINGLE_SELECTS)
PICKERS = frozenset({"datepicker", "timepicker", "datetimepicker"})
CHOICES = frozenset({"checkboxes", "radio_buttons"})
TYPED = frozenset(
    {"plain_text_input", "number_input", "email_text_input", "url_text_input", "rich_text_input", "file_input"}
)

INPUTS = SINGLE_SELECTS | MULTI_SELECTS | PICKERS | CHOICES | TYPED
ACTIONS = BUTTONS | SINGLE_SELECTS | MULTI_SELECTS | PICKERS | CHOICES | {"overflow", "rich_text_input"}
ACCESSORIES = ACTIONS | {"image"}

COMMON = ("action_id", "confirm", "focus_on_load")
FIELDS: Mapping[str, tuple[str, ...]] = {
    "button": ("text", "url", "value", "style", "accessibility_label", "agent_prompt"),
    "plain_text_input": (
        "placeholder", "initial_value", "multiline", "min_length", "max_length", "dispatch_action_config",
    ),
    "number_input": (
        "placeholder", "initial_value", "is_decimal_allowed", "min_value", "max_value", "dispatch_action_config",
    ),
    "static_select": ("placeholder", "options", "option_groups", "initial_option"),
    "multi_static_select": (
        "placeholder", "options", "option_groups", "initial_options", "max_selected_items",
    ),
    "checkboxes": ("options", "initial_options"),
    "radio_buttons": ("options", "initial_option"),
    "overflow": ("options",),
    "image": ("image_url", "slack_file", "alt_text"),
}  # fmt: skip
STYLES = ("primary", "danger")


def text_object(value: object, limit: int, pointer: str, *, plain: bool = False) -> Problems:
    """`value` is a text object of 1 to `limit` characters; `plain` where Slack allows no mrkdwn."""
    if not isinstance(value, Mapping):
        yield Problem("must be a text object", pointer)
        return
    kind = kind_of(value)
    if kind not in TEXT_FIELDS or (plain and kind != "plain_text"):
        yield Problem(f"unsupported type: {kind}", f"{pointer}/type")
        return
    yield from known(value, TEXT_FIELDS[kind], pointer)
    yield from length(value.get("text"), limit, f"{pointer}/text")


def optional_text(holder: Json, field: str, limit: int, pointer: str, *, plain: bool = True) -> Problems:
    """`holder[field]`, where it is given, is a text object of at most `limit` characters."""
    if holder.get(field) is not None:
        yield from text_object(holder[field], limit, f"{pointer}/{field}", plain=plain)


def confirm(value: Json, pointer: str) -> Problems:
    """A confirm dialog: https://docs.slack.dev/reference/block-kit/composition-objects/confirmation-dialog-object."""
    yield from required(value, ("title", "text", "confirm", "deny"), pointer)
    yield from known(value, ("title", "text", "confirm", "deny", "style"), pointer)
    yield from optional_text(value, "title", limits.CONFIRM_TITLE, pointer)
    yield from optional_text(value, "text", limits.CONFIRM_TEXT, pointer, plain=False)
    yield from optional_text(value, "confirm", limits.CONFIRM_BUTTON, pointer)
    yield from optional_text(value, "deny", limits.CONFIRM_BUTTON, pointer)
    yield from style(value, pointer)


def style(value: Json, pointer: str) -> Problems:
    """A style, where given, is one of Slack's two."""
    if value.get("style") is not None and value["style"] not in STYLES:
        yield Problem("must be one of: primary, danger", f"{pointer}/style")


def option(value: Json, pointer: str, *, plain: bool) -> Problems:
    """An option object; only checkboxes and radio buttons may use mrkdwn."""
    yield from required(value, ("text", "value"), pointer)
    yield from known(value, ("text", "value", "description", "url"), pointer)
    yield from optional_text(value, "text", limits.OPTION_TEXT, pointer, plain=plain)
    yield from optional_text(value, "description", limits.OPTION_DESCRIPTION, pointer, plain=plain)
    yield from optional_length(value, "value", limits.OPTION_VALUE, pointer)


def options(element: Json, limit: int, pointer: str, *, plain: bool = True) -> Problems:
    """The options of an element; a select may have groups of them instead."""
    if element.get("option_groups") is not None:
        yield from items(element["option_groups"], limit, f"{pointer}/option_groups")
        for group, place in mappings(element["option_groups"], f"{pointer}/option_groups"):
            yield from optional_text(group, "label", limits.OPTION_TEXT, place)
            yield from options({"options": group.get("options")}, limit, place, plain=plain)
        return
    yield from items(element.get("options"), limit, f"{pointer}/options")
    for each, place in mappings(element.get("options"), f"{pointer}/options"):
        yield from option(each, place, plain=plain)


def button(element: Json, pointer: str) -> Problems:
    """A button."""
    yield from required(element, ("text",), pointer)
    yield from optional_text(element, "text", limits.BUTTON_TEXT, pointer)
    yield from optional_length(element, "value", limits.BUTTON_VALUE, pointer)
    yield from optional_length(element, "url", limits.BUTTON_URL, pointer)
    yield from optional_length(element, "accessibility_label", limits.BUTTON_ACCESSIBILITY_LABEL, pointer)
    yield from style(element, pointer)


def image(element: Json, pointer: str) -> Problems:
    """An image element or block."""
    yield from required(element, ("alt_text",), pointer)
    if element.get("image_url") is None and element.get("slack_file") is None:
        yield Problem("must define either `image_url` or `slack_file`", pointer)
    yield from optional_length(element, "image_url", limits.IMAGE_URL, pointer)
    yield from optional_length(element, "alt_text", limits.IMAGE_ALT_TEXT, pointer)


def plain_text_input(element: Json, pointer: str) -> Problems:
    """A text input: its bounds lie within Slack's and within each other."""
    wrong = [*count(element, "min_length", pointer), *count(element, "max_length", pointer)]
    if wrong:
        yield from wrong
        return
    least, most = element.get("min_length"), element.get("max_length")
    if least is not None and not 0 <= least <= limits.PLAIN_TEXT_INPUT:
        yield Problem(f"must be between 0 and {limits.PLAIN_TEXT_INPUT}", f"{pointer}/min_length")
    if most is not None and not 1 <= most <= limits.PLAIN_TEXT_INPUT:
        yield Problem(f"must be between 1 and {limits.PLAIN_TEXT_INPUT}", f"{pointer}/max_length")
    if least is not None and most is not None and least > most:
        yield Problem("min_length must not exceed max_length", pointer)
    yield from optional_length(element, "initial_value", most or limits.PLAIN_TEXT_INPUT, pointer)


def number_input(element: Json, pointer: str) -> Problems:
    """A number input; Slack wants its bounds as strings."""
    yield from required(element, ("is_decimal_allowed",), pointer)
    for field in ("initial_value", "min_value", "max_value"):
        yield from optional_length(element, field, limits.PLAIN_TEXT_INPUT, pointer)


Check = Callable[[Json, str], Problems]
CHECKS: Mapping[str, Check] = {
    "button": button,
    "image": image,
    "plain_text_input": plain_text_input,
    "number_input": number_input,
    "static_select": lambda element, at: options(element, limits.SELECT_OPTIONS, at),
    "multi_static_select": lambda element, at: options(element, limits.SELECT_OPTIONS, at),
    "overflow": lambda element, at: options(element, limits.OVERFLOW_OPTIONS, at),
    "checkboxes": lambda element, at: options(element, limits.CHOICE_OPTIONS, at, plain=False),
    "radio_buttons": lambda element, at: options(element, limits.CHOICE_OPTIONS, at, plain=False),
}


def element(value: Any, allowed: frozenset[str], pointer: str) -> Problems:
    """`value` is one of the `allowed` element types and keeps that type's rules."""
    if not isinstance(value, Mapping):
        yield Problem("must be an object", pointer)
        return
    kind = kind_of(value)
    if kind not in allowed:
        yield Problem(f"unsupported type: {kind}", f"{pointer}/type")
        return
    if kind in FIELDS:
        yield from known(value, COMMON + FIELDS[kind] if kind != "image" else FIELDS[kind], pointer)
    yield from optional_length(value, "action_id", limits.ACTION_ID, pointer)
    yield from optional_text(value, "placeholder", limits.PLACEHOLDER, pointer)
    if isinstance(value.get("confirm"), Mapping):
        yield from confirm(value["confirm"], f"{pointer}/confirm")
    if kind in CHECKS:
        yield from CHECKS[kind](value, pointer)
