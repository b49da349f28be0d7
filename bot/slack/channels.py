"""Hears that a channel can no longer be used: it was archived or deleted, or Signoff was removed from it.

Slack says that these events are sometimes withheld, so the flow looks for itself too (`bot/flow/lost.py`).
https://docs.slack.dev/reference/events/channel_left and its siblings; those of private channels begin with `group_`.
"""

from collections.abc import Awaitable, Callable
from typing import Any, Final

from slack_bolt.async_app import AsyncApp

from bot.flow.desk import Desk
from bot.flow.pace import Pace
from bot.slack.payloads import Body, installed
from storage.records import Place

EVENTS: Final = ("channel_archive", "channel_deleted", "channel_left", "group_archive", "group_deleted", "group_left")


def hear(app: AsyncApp, desk: Desk, pace: Pace) -> None:
    """Have `app` tell `desk` of channels that are lost."""
    for event in EVENTS:
        app.event(event)(_listener(desk, pace))


def lost_place(body: Body) -> Place:
    """The channel that an event is about, in the workspace where the app is installed."""
    return Place(surface="slack", tenant=installed(body), channel=str(body["event"]["channel"]))


def _listener(desk: Desk, pace: Pace) -> Callable[[dict[str, Any]], Awaitable[None]]:
    async def listen(body: dict[str, Any]) -> None:
        with pace:
            await desk.lost(lost_place(body))  # if not now, the flow finds it out for itself

    return listen
