"""Modals stack, update, close and act as Slack's do, under a real app."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.errors import PersonError
from bot.sandbox.server import Sandbox
from bot.sandbox.views import View
from tests.bot.sandbox.apps import app_of, connected
from tests.bot.sandbox.seeds import MIA, NOAH, SUPPORT

COLOURS = [{"text": {"type": "plain_text", "text": each}, "value": each} for each in ("red", "blue")]


def modal(title: str, **fields: Any) -> dict[str, Any]:
    return {
        "type": "modal",
        "title": {"type": "plain_text", "text": title},
        "submit": {"type": "plain_text", "text": "Send"},
        "notify_on_close": True,
        "blocks": [
            {
                "type": "input",
                "block_id": "notes",
                "label": {"type": "plain_text", "text": "Notes"},
                "element": {"type": "plain_text_input", "action_id": "text"},
            },
            {
                "type": "actions",
                "block_id": "row",
                "elements": [
                    {"type": "button", "action_id": "deeper", "text": {"type": "plain_text", "text": "Deeper"}},
                    {"type": "static_select", "action_id": "colour", "options": COLOURS},
                ],
            },
        ],
        **fields,
    }


class Desk:
    """A running app that opens a modal on a command, and what it was told."""

    def __init__(self, sandbox: Sandbox, app: AsyncApp) -> None:
        self.sandbox = sandbox
        self.client: AsyncWebClient = app.client
        self.told: list[dict[str, Any]] = []
        self.errors: list[str] = []
        app.command("/signoff")(self._open)
        app.action("deeper")(self._push)
        app.action("colour")(self._note)
        app.view_closed("closing")(self._note)
        app.shortcut("ask")(self._note)

    async def _open(self, ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await client.views_open(trigger_id=body["trigger_id"], view=modal("One", callback_id="closing"))
        await ack()

    async def _push(self, ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        try:
            await client.views_push(trigger_id=body["trigger_id"], view=modal("More"))
        except SlackApiError as failure:
            self.errors.append(failure.response["error"])
        await ack()

    async def _note(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        self.told.append(body)
        await ack()

    async def opened(self) -> View:
        """A modal in front of Mia."""
        await self.sandbox.say(MIA, SUPPORT, "/signoff")
        return self.top

    @property
    def top(self) -> View:
        """The modal in front of Mia."""
        view = self.sandbox.view_of(MIA)
        assert view is not None
        return view


@asynccontextmanager
async def desk_of(sandbox: Sandbox) -> AsyncIterator[Desk]:
    app = app_of(sandbox)
    desk = Desk(sandbox, app)
    async with connected(sandbox, app, "http"):
        yield desk


async def test_three_modals_lie_on_one_another_and_no_more(sandbox: Sandbox) -> None:
    async with desk_of(sandbox) as desk:
        first = await desk.opened()
        for _ in range(3):
            await sandbox.click_in_view(MIA, desk.top, "deeper")
        assert sandbox.views.depth_of(MIA) == 3
        assert desk.errors == ["push_limit_reached"]
        assert (desk.top.root_id, desk.top.previous_id is None) == (first.id, False)
        await sandbox.close_view(MIA, desk.top)
        assert sandbox.views.depth_of(MIA) == 2


async def test_what_was_entered_goes_with_a_click_and_stays(sandbox: Sandbox) -> None:
    async with desk_of(sandbox) as desk:
        view = await desk.opened()
        await sandbox.click_in_view(MIA, view, "colour", "blue", values={"notes": {"text": "half"}})
        (told,) = desk.told
        assert told["actions"][0]["selected_option"] == COLOURS[1]
        assert told["view"]["state"]["values"] == {
            "notes": {"text": {"type": "plain_text_input", "value": "half"}},
            "row": {"colour": {"type": "static_select", "selected_option": COLOURS[1]}},
        }
        assert told["container"] == {"type": "view", "view_id": view.id}
        await desk.client.views_update(view_id=view.id, view=modal("Two"))
        assert desk.top.state["notes"]["text"]["value"] == "half"
        assert desk.top.body["title"]["text"] == "Two"


async def test_an_update_with_an_old_hash_is_refused(sandbox: Sandbox) -> None:
    async with desk_of(sandbox) as desk:
        view = await desk.opened()
        await desk.client.views_update(view_id=view.id, hash=view.hash, view=modal("Two"))
        with pytest.raises(SlackApiError) as failure:
            await desk.client.views_update(view_id=view.id, hash=view.hash, view=modal("Three"))
    assert failure.value.response["error"] == "hash_conflict"


async def test_a_view_is_found_by_the_apps_own_id_until_it_is_closed(sandbox: Sandbox) -> None:
    async with desk_of(sandbox) as desk:
        view = await desk.opened()
        await desk.client.views_update(view_id=view.id, view=modal("Two", external_id="mine"))
        await desk.client.views_update(external_id="mine", view=modal("Three", external_id="mine"))
        assert desk.top.body["title"]["text"] == "Three"
        await sandbox.close_view(MIA, view)
        with pytest.raises(SlackApiError) as failure:
            await desk.client.views_update(external_id="mine", view=modal("Four"))
    assert failure.value.response["error"] == "not_found"


async def test_the_app_hears_of_a_dismissal_it_asked_for(sandbox: Sandbox) -> None:
    async with desk_of(sandbox) as desk:
        view = await desk.opened()
        await sandbox.close_view(MIA, view)
    assert [(each["type"], each["view"]["id"], each["is_cleared"]) for each in desk.told] == [
        ("view_closed", view.id, False)
    ]


async def test_nobody_else_can_touch_a_modal(sandbox: Sandbox) -> None:
    async with desk_of(sandbox) as desk:
        view = await desk.opened()
        with pytest.raises(PersonError, match="not open"):
            await sandbox.submit(NOAH, view)
        await sandbox.close_view(MIA, view)
        with pytest.raises(PersonError, match="not open"):
            await sandbox.submit(MIA, view)


async def test_shortcuts_reach_the_app(sandbox: Sandbox) -> None:
    async with desk_of(sandbox) as desk:
        await sandbox.say(MIA, SUPPORT, "Refund #12?")
        (message,) = sandbox.messages(SUPPORT)
        await sandbox.hands.shortcut(MIA, "ask")
        await sandbox.hands.message_shortcut(MIA, SUPPORT, message.ts, "ask")
    assert [each["type"] for each in desk.told] == ["shortcut", "message_action"]
    assert desk.told[1]["message"]["text"] == "Refund #12?"
