"""Block Kit documents are refused where Slack refuses them, at the place that is wrong."""

from typing import Any

import pytest

from bot.sandbox.blocks import check_blocks, check_view

Json = dict[str, Any]


def mrkdwn(length: int) -> Json:
    return {"type": "mrkdwn", "text": "x" * length}


def plain(length: int) -> Json:
    return {"type": "plain_text", "text": "x" * length}


def section(**fields: Any) -> Json:
    return {"type": "section", "text": mrkdwn(1), **fields}


def button(**fields: Any) -> Json:
    return {"type": "button", "action_id": "go", "text": plain(2), **fields}


def actions(*elements: Json) -> Json:
    return {"type": "actions", "elements": list(elements)}


def option(**fields: Any) -> Json:
    return {"text": plain(2), "value": "v", **fields}


def select(count: int) -> Json:
    options = [option(value=str(number)) for number in range(count)]
    return {"type": "static_select", "action_id": "pick", "options": options}


def entry(**fields: Any) -> Json:
    return {"type": "input", "label": plain(2), "element": {"type": "plain_text_input", "action_id": "a"}, **fields}


def rich(*elements: Json) -> Json:
    return {"type": "rich_text", "elements": list(elements)}


def view(**fields: Any) -> Json:
    return {"type": "modal", "title": plain(2), "submit": plain(2), "blocks": [section()], **fields}


PREFORMATTED = {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": '{"amount": 300}'}]}
CONFIRM = {"title": plain(100), "text": mrkdwn(300), "confirm": plain(30), "deny": plain(30)}

ACCEPTED: dict[str, list[Json]] = {
    "50 blocks": [{"type": "divider"}] * 50,
    "the longest section": [section(text=mrkdwn(3000))],
    "ten longest fields": [{"type": "section", "fields": [mrkdwn(2000)] * 10}],
    "the longest header": [{"type": "header", "text": plain(150)}],
    "a row of buttons": [actions(*(button(action_id=str(number), style="danger") for number in range(25)))],
    "a confirmed button": [actions(button(text=plain(75), value="v" * 2000, confirm=CONFIRM, accessibility_label="Go"))],
    "a select": [section(accessory=select(100))],
    "an overflow": [section(accessory={"type": "overflow", "action_id": "o", "options": [option()] * 2})],
    "rich text": [rich(PREFORMATTED)],
    "context": [{"type": "context", "elements": [mrkdwn(5)] * 10}],
    "an image": [{"type": "image", "image_url": "https://example.com/a.png", "alt_text": "A chart"}],
    "markdown": [{"type": "markdown", "text": "**Hi**"}],
    "a table": [{"type": "table", "rows": [[{"type": "raw_text", "text": "a"}]]}],
    "an input": [entry(hint=plain(2), optional=True)],
    "a date picker": [section(accessory={"type": "datepicker", "action_id": "d", "initial_date": "2026-11-22"})],
}
REFUSED: dict[str, tuple[list[Any], str]] = {
    "51 blocks": ([{"type": "divider"}] * 51, "[ERROR] no more than 50 items allowed [json-pointer:/blocks]"),
    "an unknown block": ([{"type": "nonsense"}], "[ERROR] unsupported type: nonsense [json-pointer:/blocks/0/type]"),
    "a block without a type": ([{"text": "x"}], "[ERROR] missing required field: type [json-pointer:/blocks/0]"),
    "no block at all": (["text"], "[ERROR] must be an object [json-pointer:/blocks/0]"),
    "a long section": (
        [section(text=mrkdwn(3001))],
        "[ERROR] must be less than 3001 characters [json-pointer:/blocks/0/text/text]",
    ),
    "an empty section": (
        [section(text=mrkdwn(0))],
        "[ERROR] must be more than 0 characters [json-pointer:/blocks/0/text/text]",
    ),
    "a section of nothing": (
        [{"type": "section"}],
        "[ERROR] must define either `text` or `fields` [json-pointer:/blocks/0]",
    ),
    "a long field": (
        [{"type": "section", "fields": [mrkdwn(2001)]}],
        "[ERROR] must be less than 2001 characters [json-pointer:/blocks/0/fields/0/text]",
    ),
    "11 fields": (
        [{"type": "section", "fields": [mrkdwn(1)] * 11}],
        "[ERROR] no more than 10 items allowed [json-pointer:/blocks/0/fields]",
    ),
    "emoji in mrkdwn": (
        [section(text={"type": "mrkdwn", "text": "x", "emoji": True})],
        "[ERROR] invalid additional property: emoji [json-pointer:/blocks/0/text]",
    ),
    "a text of an unknown kind": (
        [section(text={"type": "html", "text": "x"})],
        "[ERROR] unsupported type: html [json-pointer:/blocks/0/text/type]",
    ),
    "a mrkdwn header": (
        [{"type": "header", "text": mrkdwn(2)}],
        "[ERROR] unsupported type: mrkdwn [json-pointer:/blocks/0/text/type]",
    ),
    "a long button": (
        [actions(button(text=plain(76)))],
        "[ERROR] must be less than 76 characters [json-pointer:/blocks/0/elements/0/text/text]",
    ),
    "a long value": (
        [actions(button(value="v" * 2001))],
        "[ERROR] must be less than 2001 characters [json-pointer:/blocks/0/elements/0/value]",
    ),
    "a green button": (
        [actions(button(style="green"))],
        "[ERROR] must be one of: primary, danger [json-pointer:/blocks/0/elements/0/style]",
    ),
    "26 buttons": (
        [actions(*(button(action_id=str(number)) for number in range(26)))],
        "[ERROR] no more than 25 items allowed [json-pointer:/blocks/0/elements]",
    ),
    "two buttons with one action_id": (
        [actions(button(), button())],
        "[ERROR] `action_id` go already exists [json-pointer:/blocks/0/elements/1/action_id]",
    ),
    "an unknown element": (
        [actions({"type": "lever"})],
        "[ERROR] unsupported type: lever [json-pointer:/blocks/0/elements/0/type]",
    ),
    "a text input in a row of actions": (
        [actions({"type": "plain_text_input", "action_id": "a"})],
        "[ERROR] unsupported type: plain_text_input [json-pointer:/blocks/0/elements/0/type]",
    ),
    "a confirm without deny": (
        [actions(button(confirm={"title": plain(1), "text": mrkdwn(1), "confirm": plain(1)}))],
        "[ERROR] missing required field: deny [json-pointer:/blocks/0/elements/0/confirm]",
    ),
    "101 options": (
        [section(accessory=select(101))],
        "[ERROR] no more than 100 items allowed [json-pointer:/blocks/0/accessory/options]",
    ),
    "a long option": (
        [section(accessory={"type": "radio_buttons", "action_id": "r", "options": [option(text=plain(76))]})],
        "[ERROR] must be less than 76 characters [json-pointer:/blocks/0/accessory/options/0/text/text]",
    ),
    "an input without a label": (
        [{"type": "input", "element": {"type": "plain_text_input", "action_id": "a"}}],
        "[ERROR] missing required field: label [json-pointer:/blocks/0]",
    ),
    "a repeated block_id": (
        [section(block_id="same"), section(block_id="same")],
        "[ERROR] `block_id` same already exists [json-pointer:/blocks/1/block_id]",
    ),
    "a long block_id": (
        [section(block_id="x" * 256)],
        "[ERROR] must be less than 256 characters [json-pointer:/blocks/0/block_id]",
    ),
    "11 things in context": (
        [{"type": "context", "elements": [mrkdwn(1)] * 11}],
        "[ERROR] no more than 10 items allowed [json-pointer:/blocks/0/elements]",
    ),
    "an image without words": (
        [{"type": "image", "image_url": "https://example.com/a.png"}],
        "[ERROR] missing required field: alt_text [json-pointer:/blocks/0]",
    ),
    "empty rich text": (
        [rich({"type": "rich_text_section", "elements": [{"type": "text", "text": ""}]})],
        "[ERROR] must be more than 0 characters [json-pointer:/blocks/0/elements/0/elements/0/text]",
    ),
    "markup in rich text": (
        [rich({"type": "rich_text_section", "elements": [mrkdwn(1)]})],
        "[ERROR] unsupported type: mrkdwn [json-pointer:/blocks/0/elements/0/elements/0/type]",
    ),
    "an alert": ([{"type": "alert", "text": mrkdwn(1)}], "[ERROR] unsupported type: alert [json-pointer:/blocks/0/type]"),
    "a made-up property": (
        [section(colour="red")],
        "[ERROR] invalid additional property: colour [json-pointer:/blocks/0]",
    ),
}
REFUSED_VIEWS: dict[str, tuple[Json, str]] = {
    "a long title": (view(title=plain(25)), "[ERROR] must be less than 25 characters [json-pointer:/view/title/text]"),
    "no title": (
        {"type": "modal", "blocks": [section()]},
        "[ERROR] missing required field: title [json-pointer:/view]",
    ),
    "101 blocks": (
        view(blocks=[section()] * 101),
        "[ERROR] no more than 100 items allowed [json-pointer:/view/blocks]",
    ),
    "long metadata": (
        view(private_metadata="x" * 3001),
        "[ERROR] must be less than 3001 characters [json-pointer:/view/private_metadata]",
    ),
    "an input and no submit": (
        {"type": "modal", "title": plain(2), "blocks": [entry()]},
        "[ERROR] missing required field: submit [json-pointer:/view]",
    ),
    "markdown in a modal": (
        view(blocks=[{"type": "markdown", "text": "x"}]),
        "[ERROR] unsupported type: markdown [json-pointer:/view/blocks/0/type]",
    ),
    "a home with a title": (
        {"type": "home", "title": plain(2), "blocks": [section()]},
        "[ERROR] invalid additional property: title [json-pointer:/view]",
    ),
    "a letter": ({"type": "letter"}, "[ERROR] unsupported type: letter [json-pointer:/view/type]"),
}


@pytest.mark.parametrize("case", ACCEPTED)
def test_what_slack_takes_is_taken(case: str) -> None:
    assert check_blocks(ACCEPTED[case], "message") == []


@pytest.mark.parametrize("case", REFUSED)
def test_what_slack_refuses_is_refused_at_its_place(case: str) -> None:
    blocks, problem = REFUSED[case]
    assert [str(each) for each in check_blocks(blocks, "message")] == [problem]


@pytest.mark.parametrize("case", REFUSED_VIEWS)
def test_views_are_refused_at_their_place(case: str) -> None:
    body, problem = REFUSED_VIEWS[case]
    assert [str(each) for each in check_view(body)] == [problem]


def test_a_whole_view_is_taken() -> None:
    assert check_view(view(blocks=[entry()], private_metadata="x" * 3000, callback_id="edit")) == []
