"""The views.* methods and blocks.validate."""

from collections.abc import Mapping
from typing import Any, Literal

from bot.sandbox.blocks import check_blocks, check_view
from bot.sandbox.call import Call, Method
from bot.sandbox.errors import SlackError
from bot.sandbox.problems import Problem
from bot.sandbox.shapes import view_json
from bot.sandbox.views import View, checked


def _body(call: Call, kind: Literal["modal", "home"]) -> Mapping[str, Any]:
    body = call.json("view", "invalid_arguments")
    if body is None:
        raise SlackError.of_argument("missing required field: view")
    return checked(body, kind)


def _answer(call: Call, view: View) -> dict[str, Any]:
    return {"view": view_json(call.workspace, view)}


def open_view(call: Call) -> dict[str, Any]:
    """https://docs.slack.dev/reference/methods/views.open."""
    body = _body(call, "modal")
    trigger = call.slack.triggers.redeem(call.need("trigger_id"))
    return _answer(call, call.slack.views.open(trigger.person, body))


def push(call: Call) -> dict[str, Any]:
    """https://docs.slack.dev/reference/methods/views.push."""
    body = _body(call, "modal")
    trigger = call.slack.triggers.redeem(call.need("trigger_id"))
    return _answer(call, call.slack.views.push(trigger.person, body, above=trigger.view_id))


def update(call: Call) -> dict[str, Any]:
    """https://docs.slack.dev/reference/methods/views.update."""
    view_id, external_id = call.text("view_id"), call.text("external_id")
    if view_id and external_id:
        raise SlackError.of_argument("Cannot provide both `view_id` and `external_id`")
    if not view_id and not external_id:
        raise SlackError.of_argument("must provide either `view_id` or `external_id`")
    views = call.slack.views
    raw = call.json("view", "invalid_arguments")
    kind: Literal["modal", "home"] = "home" if isinstance(raw, Mapping) and raw.get("type") == "home" else "modal"
    body = _body(call, kind)
    old = views.get(view_id) if view_id else views.by_external_id(external_id or "")
    if old.body["type"] != kind:
        raise SlackError.of_argument(f"must be a {old.body['type']} view [json-pointer:/view/type]")
    return _answer(call, views.update(old.id, body, call.text("hash")))


def publish(call: Call) -> dict[str, Any]:
    """https://docs.slack.dev/reference/methods/views.publish."""
    body = _body(call, "home")
    person = call.workspace.person(call.need("user_id"))
    return _answer(call, call.slack.views.publish(person.id, body, call.text("hash")))


def validate(call: Call) -> dict[str, Any]:
    """https://docs.slack.dev/reference/methods/blocks.validate: exactly one of blocks, message and view."""
    given = [name for name in ("blocks", "message", "view") if call.arguments.get(name) is not None]
    if len(given) != 1:
        raise SlackError.of_argument("must provide exactly one of `blocks`, `message` and `view`")
    document = call.json(given[0], "invalid_blocks_format")
    if problems := _problems(given[0], document):
        raise SlackError.of_problems("invalid_blocks", problems)
    return {}


def _problems(kind: str, document: Any) -> list[Problem]:
    if kind == "view" and isinstance(document, Mapping):
        return check_view(document)
    blocks = document.get("blocks", []) if kind == "message" and isinstance(document, Mapping) else document
    if kind == "view" or not isinstance(blocks, list):
        raise SlackError("invalid_blocks_format")
    return check_blocks(blocks, "message")


METHODS: Mapping[str, Method] = {
    "views.open": Method(open_view),
    "views.push": Method(push),
    "views.update": Method(update),
    "views.publish": Method(publish),
    "blocks.validate": Method(validate),
}
