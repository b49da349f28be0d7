"""What a person enters becomes Slack's state, and Slack's client refuses what it would not send."""

from typing import Any

import pytest

from bot.sandbox.errors import PersonError
from bot.sandbox.inputs import REQUIRED, complaints, entered, find, state_of, untouched

RED, BLUE = ({"text": {"type": "plain_text", "text": each}, "value": each} for each in ("red", "blue"))


def entry(kind: str, *, optional: bool = False, **fields: Any) -> dict[str, Any]:
    element = {"type": kind, "action_id": "a", **fields}
    return {"type": "input", "block_id": "b", "optional": optional, "element": element}


STATES: dict[str, tuple[dict[str, Any], Any, Any]] = {
    "text": ({"type": "plain_text_input"}, "Hi\nthere", {"value": "Hi\nthere"}),
    "no text": ({"type": "plain_text_input"}, "", {"value": None}),
    "a number": ({"type": "number_input"}, 12.5, {"value": "12.5"}),
    "an option": ({"type": "static_select", "options": [RED, BLUE]}, "blue", {"selected_option": BLUE}),
    "an option in a group": (
        {"type": "static_select", "option_groups": [{"options": [RED]}, {"options": [BLUE]}]},
        "blue",
        {"selected_option": BLUE},
    ),
    "no option": ({"type": "radio_buttons", "options": [RED]}, None, {"selected_option": None}),
    "several options": ({"type": "checkboxes", "options": [RED, BLUE]}, ["red"], {"selected_options": [RED]}),
    "a ticked box": ({"type": "checkboxes", "options": [RED]}, True, {"selected_options": [RED]}),
    "an empty box": ({"type": "checkboxes", "options": [RED]}, False, {"selected_options": []}),
    "a person": ({"type": "users_select"}, "U0MIA", {"selected_user": "U0MIA"}),
    "people": ({"type": "multi_users_select"}, ["U0MIA"], {"selected_users": ["U0MIA"]}),
    "a day": ({"type": "datepicker"}, "2026-11-22", {"selected_date": "2026-11-22"}),
    "a moment": ({"type": "datetimepicker"}, "1795000000", {"selected_date_time": 1795000000}),
    "rich text": (
        {"type": "rich_text_input"},
        "Hi",
        {
            "rich_text_value": {
                "type": "rich_text",
                "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": "Hi"}]}],
            }
        },
    ),
}
COMPLAINTS: dict[str, tuple[dict[str, Any], Any, str | None]] = {
    "nothing where something is required": (entry("plain_text_input"), "", REQUIRED),
    "only spaces": (entry("plain_text_input"), "  ", REQUIRED),
    "nothing where nothing is required": (entry("plain_text_input", optional=True), None, None),
    "too short": (entry("plain_text_input", min_length=3), "ab", "Please write at least 3 characters."),
    "long enough": (entry("plain_text_input", min_length=3), "abc", None),
    "too long": (entry("plain_text_input", max_length=3), "abcd", "Please write at most 3 characters."),
    "longer than Slack allows": (entry("plain_text_input"), "x" * 3001, "Please write at most 3000 characters."),
    "no number": (entry("number_input", is_decimal_allowed=True), "twelve", "Please enter a number."),
    "not a number": (entry("number_input", is_decimal_allowed=True), "NaN", "Please enter a number."),
    "no whole number": (entry("number_input", is_decimal_allowed=False), "1.5", "Please enter a whole number."),
    "too little": (entry("number_input", is_decimal_allowed=True, min_value="1"), "0.99", "Please enter 1 or more."),
    "too much": (entry("number_input", is_decimal_allowed=True, max_value="9.5"), 10, "Please enter 9.5 or less."),
    "no choice": (entry("checkboxes", options=[RED]), [], REQUIRED),
    "no address": (entry("email_text_input"), "mia at example", "Please enter a valid email address."),
    "no URL": (entry("url_text_input"), "example.com", "Please enter a valid URL."),
    "a URL": (entry("url_text_input"), "https://example.com/a", None),
}


@pytest.mark.parametrize("case", STATES)
def test_what_is_entered_becomes_slacks_state(case: str) -> None:
    element, raw, expected = STATES[case]
    assert entered(element, raw) == {"type": element["type"], **expected}


@pytest.mark.parametrize("case", COMPLAINTS)
def test_the_client_refuses_what_slack_would_not_send(case: str) -> None:
    block, raw, expected = COMPLAINTS[case]
    state = state_of([block], {"b": {"a": raw}}, {})
    assert complaints([block], state) == ({"b": expected} if expected else {})


def test_what_nobody_touched_keeps_its_beginning() -> None:
    select = {"type": "static_select", "action_id": "a", "options": [RED, BLUE], "initial_option": BLUE}
    assert untouched(select) == {"type": "static_select", "selected_option": BLUE}
    assert untouched({"type": "checkboxes", "options": [RED]}) == {"type": "checkboxes", "selected_options": []}


def test_what_was_entered_before_is_kept() -> None:
    block = entry("plain_text_input", initial_value="first")
    kept = {"b": {"a": {"type": "plain_text_input", "value": "second"}}}
    assert state_of([block], {}, kept)["b"]["a"]["value"] == "second"
    assert state_of([block], {}, {})["b"]["a"]["value"] == "first"


@pytest.mark.parametrize(
    ("element", "raw"),
    [
        ({"type": "static_select", "options": [RED]}, "green"),
        ({"type": "checkboxes", "options": [RED]}, ["green"]),
        ({"type": "datetimepicker"}, "noon"),
    ],
)
def test_what_was_not_offered_cannot_be_chosen(element: dict[str, Any], raw: Any) -> None:
    with pytest.raises(PersonError):
        entered(element, raw)


def test_an_element_that_is_not_there_cannot_be_used() -> None:
    with pytest.raises(PersonError, match="no 'other'"):
        find([entry("plain_text_input")], "b", "other")
    with pytest.raises(PersonError, match="no 'other'"):
        state_of([entry("plain_text_input")], {"b": {"other": "x"}}, {})
