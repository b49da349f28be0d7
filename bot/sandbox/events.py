"""The Events API: what the app subscribed to, delivered in the background and again when it is not acknowledged.

https://docs.slack.dev/apis/events-api
"""

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from typing import Any, Literal

from bot.sandbox import payloads
from bot.sandbox.delivery import Delivery, Parcel, Retry
from bot.sandbox.people import Channel
from bot.sandbox.shapes import message_json
from bot.sandbox.workspace import Message, Workspace
from bot.slack import limits

REASONS: Mapping[str, str] = {"timeout": "http_timeout", "refused": "http_error", "absent": "connection_failed"}


class Events:
    """Sends events. `retry_seconds` are the waits before each redelivery."""

    def __init__(
        self, workspace: Workspace, delivery: Delivery, retry_seconds: Sequence[float] = limits.EVENT_RETRY_SECONDS
    ) -> None:
        self._workspace = workspace
        self._delivery = delivery
        self._retry_seconds = retry_seconds
        self._tasks: set[asyncio.Task[None]] = set()

    def message(self, channel: Channel, message: Message) -> None:
        """A message somebody wrote: a mention of the app, and a message event of its kind of channel."""
        kind = "im" if channel.im_with else "group" if channel.is_private else "channel"
        bot = self._workspace.bot.id
        body = {**message_json(self._workspace, message), "channel": channel.id}
        if channel.im_with not in {None, message.user} or bot not in channel.members:
            return
        if f"<@{bot}>" in message.text and kind != "im":
            self.send("app_mention", {**body, "type": "app_mention", "event_ts": message.ts})
        subscription = "message.groups" if kind == "group" else "message.im" if kind == "im" else "message.channels"
        self.send(subscription, {**body, "channel_type": kind, "event_ts": message.ts})

    def channel(self, channel: Channel, what: Literal["archive", "deleted", "left"], by: str) -> None:
        """Something that ended the bot's place in a channel (https://docs.slack.dev/reference/events/channel_left)."""
        kind = f"{'group' if channel.is_private else 'channel'}_{what}"
        self.send(kind, {"type": kind, "channel": channel.id, "actor_id" if what == "left" else "user": by})

    def send(self, subscription: str, body: Mapping[str, Any]) -> None:
        """An event, where the app subscribed to it."""
        if subscription in self._workspace.seed.installation.events:
            self._spawn(self._deliver(payloads.event(self._workspace, body)))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _deliver(self, payload: Mapping[str, Any]) -> None:
        answer = await self._delivery.deliver(Parcel("events_api", payload))
        for number, wait in enumerate(self._retry_seconds, start=1):
            if answer.acked:
                return
            await asyncio.sleep(wait)
            again = Parcel("events_api", payload, Retry(number, REASONS[answer.fate]))
            answer = await self._delivery.deliver(again)

    async def close(self) -> None:
        """Give up on what is still being delivered."""
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
