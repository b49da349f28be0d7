"""Checks of blocks, messages and views against Slack's rules, with Slack's own words.

slack_sdk's models know many of the rules but miss some (a field of 2,001 characters, 51 blocks in a message, a
repeated block_id, an input without a label, an unknown type), and they report no place. So the rules that matter
to an app are spelled out here, and slack_sdk has the last word on a block that passed them.

https://docs.slack.dev/reference/block-kit/blocks, https://docs.slack.dev/reference/views
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.models.blocks import Block

from bot.sandbox.elements import ACCESSORIES, ACTIONS, INPUTS, element, image, optional_text, text_object
from bot.sandbox.problems import (
    Json,
    Problem,
    Problems,
    items,
    kind_of,
    known,
    length,
    mappings,
    optional_length,
    repeats,
    required,
)
from bot.slack import limits

Surface = Literal["message", "modal", "home"]

RICH_TEXT = frozenset({"rich_text_section", "rich_text_list", "rich_text_preformatted", "rich_text_quote"})
RICH_TEXT_PARTS = frozenset({"text", "link", "user", "usergroup", "channel", "emoji", "broadcast", "date", "color", "team"})


def section(block: Json, pointer: str) -> Problems:
    """A section: a text, up to ten fields, or both."""
    yield from known(block, ("block_id", "text", "fields", "accessory", "expand"), pointer)
    if block.get("text") is None and block.get("fields") is None:
        yield Problem("must define either `text` or `fields`", pointer)
    yield from optional_text(block, "text", limits.SECTION_TEXT, pointer, plain=False)
    if block.get("fields") is not None:
        yield from items(block["fields"], limits.SECTION_FIELDS, f"{pointer}/fields")
        for field, place in mappings(block["fields"], f"{pointer}/fields"):
            yield from text_object(field, limits.SECTION_FIELD, place)
    if block.get("accessory") is not None:
        yield from element(block["accessory"], ACCESSORIES, f"{pointer}/accessory")


def header(block: Json, pointer: str) -> Problems:
    """A header."""
    yield from known(block, ("block_id", "text", "level"), pointer)
    yield from required(block, ("text",), pointer)
    yield from optional_text(block, "text", limits.HEADER_TEXT, pointer)


def divider(block: Json, pointer: str) -> Problems:
    """A divider."""
    yield from known(block, ("block_id",), pointer)


def context(block: Json, pointer: str) -> Problems:
    """A context line of texts and small images."""
    yield from known(block, ("block_id", "elements"), pointer)
    yield from items(block.get("elements"), limits.CONTEXT_ELEMENTS, f"{pointer}/elements")
    for part, place in mappings(block.get("elements"), f"{pointer}/elements"):
        if part.get("type") == "image":
            yield from element(part, frozenset({"image"}), place)
        else:
            yield from text_object(part, limits.SECTION_TEXT, place)


def actions(block: Json, pointer: str) -> Problems:
    """A row of buttons and other elements, each with its own action_id."""
    yield from known(block, ("block_id", "elements"), pointer)
    yield from items(block.get("elements"), limits.ACTIONS_ELEMENTS, f"{pointer}/elements")
    for part, place in mappings(block.get("elements"), f"{pointer}/elements"):
        yield from element(part, ACTIONS, place)
    yield from repeats(block.get("elements"), "action_id", f"{pointer}/elements")


def input_block(block: Json, pointer: str) -> Problems:
    """A labelled input."""
    yield from known(block, ("block_id", "label", "element", "hint", "optional", "dispatch_action"), pointer)
    yield from required(block, ("label", "element"), pointer)
    yield from optional_text(block, "label", limits.INPUT_LABEL, pointer)
    yield from optional_text(block, "hint", limits.INPUT_HINT, pointer)
    if block.get("element") is not None:
        yield from element(block["element"], INPUTS, f"{pointer}/element")


def image_block(block: Json, pointer: str) -> Problems:
    """An image with an optional title."""
    yield from known(block, ("block_id", "image_url", "slack_file", "alt_text", "title"), pointer)
    yield from image(block, pointer)
    yield from optional_text(block, "title", limits.IMAGE_ALT_TEXT, pointer)


def markdown(block: Json, pointer: str) -> Problems:
    """A block of Markdown."""
    yield from known(block, ("block_id", "text"), pointer)
    yield from length(block.get("text"), limits.MARKDOWN_TEXT, f"{pointer}/text")


def rich_text(block: Json, pointer: str) -> Problems:
    """Rich text: sections, lists, quotes and preformatted text of typed parts."""
    yield from known(block, ("block_id", "elements"), pointer)
    yield from items(block.get("elements"), limits.VIEW_BLOCKS, f"{pointer}/elements")
    for part, place in mappings(block.get("elements"), f"{pointer}/elements"):
        yield from rich_text_part(part, RICH_TEXT, place)


def rich_text_part(part: Json, allowed: frozenset[str], pointer: str) -> Problems:
    """One part of rich text and the parts inside it."""
    kind = kind_of(part)
    if kind not in allowed:
        yield Problem(f"unsupported type: {kind}", f"{pointer}/type")
    elif kind in RICH_TEXT:
        inside = frozenset({"rich_text_section"}) if kind == "rich_text_list" else RICH_TEXT_PARTS
        yield from items(part.get("elements"), limits.MESSAGE_TEXT, f"{pointer}/elements", least=0)
        for inner, place in mappings(part.get("elements"), f"{pointer}/elements"):
            yield from rich_text_part(inner, inside, place)
    elif kind == "text":
        yield from length(part.get("text"), limits.MESSAGE_TEXT, f"{pointer}/text")


def table(block: Json, pointer: str) -> Problems:
    """A table of at most 100 rows of at most 20 cells."""
    rows = block.get("rows")
    yield from items(rows, limits.TABLE_ROWS, f"{pointer}/rows")
    for index, row in enumerate(rows if isinstance(rows, list) else ()):
        yield from items(row, limits.TABLE_COLUMNS, f"{pointer}/rows/{index}")


Check = Callable[[Json, str], Problems]
CHECKS: Mapping[str, Check] = {
    "section": section,
    "header": header,
    "divider": divider,
    "context": context,
    "actions": actions,
    "input": input_block,
    "image": image_block,
    "markdown": markdown,
    "rich_text": rich_text,
    "table": table,
}
MESSAGES_ONLY = frozenset({"markdown", "table", "plan", "task_card", "card", "carousel", "context_actions"})
MODALS_ONLY = frozenset({"alert"})


def _parsed(block: Json, pointer: str) -> Problems:
    """What slack_sdk itself says of a block that no rule of ours refused."""
    try:
        parsed = Block.parse(dict(block))
        if parsed is None:
            yield Problem(f"unsupported type: {block.get('type')}", f"{pointer}/type")
        else:
            parsed.validate_json()
    except (SlackObjectFormationError, TypeError, ValueError, AttributeError, KeyError) as error:
        yield Problem(str(error), pointer)


def _block(block: Json, surface: Surface, pointer: str) -> list[Problem]:
    kind = kind_of(block)
    if kind is None:
        return [Problem("missing required field: type", pointer)]
    if (kind in MESSAGES_ONLY and surface != "message") or (kind in MODALS_ONLY and surface != "modal"):
        return [Problem(f"unsupported type: {kind}", f"{pointer}/type")]
    found = list(optional_length(block, "block_id", limits.BLOCK_ID, pointer))
    if kind in CHECKS:
        found += CHECKS[kind](block, pointer)
    return found or list(_parsed(block, pointer))


def check_blocks(blocks: Sequence[Any], surface: Surface, pointer: str = "/blocks") -> list[Problem]:
    """Everything wrong with the `blocks` of a message, modal or home view; empty when Slack would take them."""
    limit = limits.MESSAGE_BLOCKS if surface == "message" else limits.VIEW_BLOCKS
    found = list(items(blocks, limit, pointer, least=0))
    for index, block in enumerate(blocks):
        place = f"{pointer}/{index}"
        found += _block(block, surface, place) if isinstance(block, Mapping) else [Problem("must be an object", place)]
    return found + list(repeats(blocks, "block_id", pointer))


VIEW_FIELDS = (
    "blocks", "title", "submit", "close", "private_metadata", "callback_id", "external_id", "clear_on_close",
    "notify_on_close", "submit_disabled",
)  # fmt: skip


def check_view(view: Json) -> list[Problem]:
    """Everything wrong with a view object; empty when Slack would take it."""
    kind = kind_of(view)
    if kind not in {"modal", "home"}:
        return [Problem(f"unsupported type: {kind}", "/view/type")]
    blocks = view.get("blocks")
    if not isinstance(blocks, list):
        return [Problem("missing required field: blocks", "/view")]
    found = list(known(view, VIEW_FIELDS, "/view"))
    found += optional_length(view, "private_metadata", limits.VIEW_PRIVATE_METADATA, "/view")
    found += optional_length(view, "callback_id", limits.VIEW_CALLBACK_ID, "/view")
    found += optional_length(view, "external_id", limits.VIEW_EXTERNAL_ID, "/view")
    found += _modal(view, blocks) if kind == "modal" else _home(view)
    return found + check_blocks(blocks, "modal" if kind == "modal" else "home", "/view/blocks")


def _modal(view: Json, blocks: Sequence[Any]) -> Problems:
    yield from required(view, ("title",), "/view")
    yield from optional_text(view, "title", limits.VIEW_TITLE, "/view")
    yield from optional_text(view, "submit", limits.VIEW_SUBMIT, "/view")
    yield from optional_text(view, "close", limits.VIEW_CLOSE, "/view")
    has_input = any(block.get("type") == "input" for block, _ in mappings(blocks, ""))
    if has_input and view.get("submit") is None:
        yield Problem("missing required field: submit", "/view")


def _home(view: Json) -> Problems:
    for field in ("title", "submit", "close", "clear_on_close", "notify_on_close"):
        if view.get(field) is not None:
            yield Problem(f"invalid additional property: {field}", "/view")
