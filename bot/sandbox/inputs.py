"""What a person entered: from plain values to the state Slack sends, and the checks its client makes before sending.

https://docs.slack.dev/reference/block-kit/block-elements
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from bot.sandbox.errors import PersonError

Json = Mapping[str, Any]
Raw = str | int | float | bool | Sequence[str] | None
Values = Mapping[str, Mapping[str, Raw]]

# The one field of the state that holds what was entered, by element type.
HOLDERS: Mapping[str, str] = {
    "plain_text_input": "value",
    "number_input": "value",
    "email_text_input": "value",
    "url_text_input": "value",
    "rich_text_input": "rich_text_value",
    "datepicker": "selected_date",
    "timepicker": "selected_time",
    "datetimepicker": "selected_date_time",
    "static_select": "selected_option",
    "external_select": "selected_option",
    "radio_buttons": "selected_option",
    "overflow": "selected_option",
    "checkboxes": "selected_options",
    "multi_static_select": "selected_options",
    "multi_external_select": "selected_options",
    "users_select": "selected_user",
    "conversations_select": "selected_conversation",
    "channels_select": "selected_channel",
    "multi_users_select": "selected_users",
    "multi_conversations_select": "selected_conversations",
    "multi_channels_select": "selected_channels",
}
# What an element holds before anybody touched it.
INITIAL: Mapping[str, str] = {
    "value": "initial_value",
    "rich_text_value": "initial_value",
    "selected_date": "initial_date",
    "selected_time": "initial_time",
    "selected_date_time": "initial_date_time",
    "selected_option": "initial_option",
    "selected_options": "initial_options",
    "selected_user": "initial_user",
    "selected_conversation": "initial_conversation",
    "selected_channel": "initial_channel",
    "selected_users": "initial_users",
    "selected_conversations": "initial_conversations",
    "selected_channels": "initial_channels",
}
REQUIRED = "Please complete this required field."


def elements(blocks: Sequence[Json]) -> Iterator[tuple[Json, Json]]:
    """Every interactive element with its block."""
    for block in blocks:
        inside = [*(block.get("elements") or ()), block.get("accessory"), block.get("element")]
        for element in inside:
            if isinstance(element, Mapping) and element.get("action_id"):
                yield block, element


def find(blocks: Sequence[Json], block_id: str, action_id: str) -> tuple[Json, Json]:
    """The block and the element of these ids; PersonError when there is none, so nothing can be made up."""
    for block, element in elements(blocks):
        if block.get("block_id") == block_id and element["action_id"] == action_id:
            return block, element
    raise PersonError(f"There is no {action_id!r} in block {block_id!r} any more.")


def _option(element: Json, value: object) -> Json:
    groups = element.get("option_groups") or ()
    offered = [*(element.get("options") or ()), *(each for group in groups for each in group.get("options", ()))]
    for option in offered:
        if option["value"] == value:
            chosen: Json = option
            return chosen
    raise PersonError(f"{value!r} is not one of the options.")


def _listed(raw: Raw) -> list[str]:
    if raw is None or isinstance(raw, bool | int | float):
        return []
    return [raw] if isinstance(raw, str) else list(raw)


def _rich_text(raw: Raw) -> Json | None:
    if not raw:
        return None
    section = {"type": "rich_text_section", "elements": [{"type": "text", "text": str(raw)}]}
    return {"type": "rich_text", "elements": [section]}


def _moment(raw: Raw) -> int | None:
    if raw in (None, ""):
        return None
    try:
        return int(str(raw))
    except ValueError as failure:
        raise PersonError(f"{raw!r} is not a moment in seconds since 1970.") from failure


def _options(element: Json, raw: Raw) -> list[Json]:
    if raw is True:
        return list(element.get("options") or ())
    return [_option(element, each) for each in _listed(raw)]


CONVERSIONS: Mapping[str, Callable[[Json, Raw], Any]] = {
    "rich_text_value": lambda _, raw: _rich_text(raw),
    "selected_date_time": lambda _, raw: _moment(raw),
    "selected_option": lambda element, raw: None if raw in (None, "") else _option(element, raw),
    "selected_options": _options,
    "selected_users": lambda _, raw: _listed(raw),
    "selected_conversations": lambda _, raw: _listed(raw),
    "selected_channels": lambda _, raw: _listed(raw),
}


def entered(element: Json, raw: Raw) -> dict[str, Any]:
    """The state of an element a person gave `raw`; PersonError when it offers no such choice."""
    kind = element["type"]
    if kind not in HOLDERS:
        return {"type": kind, "value": raw}
    holder = HOLDERS[kind]
    convert = CONVERSIONS.get(holder)
    value = convert(element, raw) if convert else None if raw in (None, "") else str(raw)
    return {"type": kind, holder: value}


def untouched(element: Json) -> dict[str, Any]:
    """The state of an element nobody touched."""
    holder = HOLDERS[element["type"]]
    nothing: Any = [] if holder.endswith("s") else None
    return {"type": element["type"], holder: element.get(INITIAL[holder], nothing)}


def state_of(blocks: Sequence[Json], values: Values, kept: Mapping[str, Json]) -> dict[str, dict[str, Any]]:
    """The whole state of a view: what was entered now, else what was kept, else how it began."""
    for block_id, actions in values.items():
        for action_id in actions:
            find(blocks, block_id, action_id)
    state: dict[str, dict[str, Any]] = {}
    for block, element in elements(blocks):
        if element["type"] not in HOLDERS or element["type"] == "overflow":
            continue
        block_id, action_id = block["block_id"], element["action_id"]
        given = values.get(block_id, {})
        before = kept.get(block_id, {}).get(action_id) or untouched(element)
        state.setdefault(block_id, {})[action_id] = entered(element, given[action_id]) if action_id in given else before
    return state


def complaints(blocks: Sequence[Json], state: Mapping[str, Json]) -> dict[str, str]:
    """What Slack's client would refuse to send: a sentence for each block at fault."""
    found: dict[str, str] = {}
    for block in blocks:
        if block["type"] == "input" and block["element"]["type"] in HOLDERS:
            element = block["element"]
            value = state[block["block_id"]][element["action_id"]][HOLDERS[element["type"]]]
            if sentence := _complaint(block, element, value):
                found[block["block_id"]] = sentence
    return found


def _complaint(block: Json, element: Json, value: Any) -> str | None:
    if value in (None, [], "") or (isinstance(value, str) and not value.strip()):
        return None if block.get("optional") else REQUIRED
    check = CHECKS.get(element["type"])
    return check(element, value) if check else None


def _text(element: Json, value: str) -> str | None:
    if len(value) < element.get("min_length", 0):
        return f"Please write at least {element['min_length']} characters."
    most = element.get("max_length", 3000)
    return f"Please write at most {most} characters." if len(value) > most else None


def _number(element: Json, value: str) -> str | None:
    try:
        number = Decimal(value)
    except InvalidOperation:
        return "Please enter a number."
    if not number.is_finite():
        return "Please enter a number."
    if not element.get("is_decimal_allowed") and number != number.to_integral_value():
        return "Please enter a whole number."
    if element.get("min_value") is not None and number < Decimal(element["min_value"]):
        return f"Please enter {element['min_value']} or more."
    if element.get("max_value") is not None and number > Decimal(element["max_value"]):
        return f"Please enter {element['max_value']} or less."
    return None


def _email(_: Json, value: str) -> str | None:
    return None if re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", value) else "Please enter a valid email address."


def _url(_: Json, value: str) -> str | None:
    return None if re.fullmatch(r"[a-z][a-z0-9+.-]*://\S+", value) else "Please enter a valid URL."


CHECKS: Mapping[str, Callable[[Json, str], str | None]] = {
    "plain_text_input": _text,
    "number_input": _number,
    "email_text_input": _email,
    "url_text_input": _url,
}
