"""Slack as a Surface: posts, updates, replies, tells, looks people up.

Writes are tried once; the flow's outbox owns trying again, because only it knows whether a lost answer matters. Nothing
that others wrote is ever parsed: no link names, no unfurling, no mrkdwn.
"""

import logging
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any, Final

from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.cards.card import Card, View
from bot.cards.text import Text, plain, words
from bot.flow.binding import Stamp
from bot.flow.seals import SECRET_BYTES, Seals
from bot.flow.surface import ChannelGone, Known, MessageGone, Posted, SurfaceBusy, SurfaceError
from bot.slack import names
from bot.slack.directory import Directory
from bot.slack.errors import ABSENT, GONE, LOST, Refused, translated
from bot.slack.render_card import Rendered, metadata, render_card
from bot.slack.render_notice import render_notice
from bot.slack.render_text import Block, say, spoken
from storage.records import JsonObject, Person, Place

log = logging.getLogger(__name__)

Call = Callable[..., Awaitable[AsyncSlackResponse]]

INERT: Final[dict[str, Any]] = {"link_names": False, "parse": "none", "unfurl_links": False, "unfurl_media": False}
SKEW: Final = timedelta(minutes=5)  # between Slack's clock and the database's
PAGE: Final = 200  # messages, of which Slack gives this many at once
PAGES: Final = 5
TOO_MUCH: Final = frozenset({"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "msg_too_long"})
TURNED_ALREADY: Final = frozenset({"hash_conflict", "not_found", "view_not_found"})


class SlackSurface:
    """Implements `bot.flow.surface.Surface`. Every method raises SurfaceError or SurfaceBusy, and nothing else."""

    name = "slack"

    def __init__(self, client: AsyncWebClient, directory: Directory, seals: Seals | None = None) -> None:
        """Without `seals`, what it posts can only be pressed as long as it lives."""
        self._client, self.directory = client, directory
        self.seals = seals or Seals([secrets.token_bytes(SECRET_BYTES)])

    async def tenant(self) -> str:
        """The workspace of its token."""
        return (await self.directory.workspace()).tenant

    async def post(self, place: Place, view: View) -> Posted:
        """Post a card or a notice; a card in a thread is shown in the channel too."""
        where: dict[str, Any] = {"channel": place.channel}
        if place.thread:
            where |= {"thread_ts": place.thread, "reply_broadcast": isinstance(view, Card)}
        answer = await self._show(self._client.chat_postMessage, where, view)
        channel, ts = str(answer["channel"]), str(answer["ts"])
        thread = place.model_copy(update={"channel": channel, "thread": place.thread or ts})
        return Posted({"channel": channel, "ts": ts}, thread)

    async def posted(self, place: Place, view: View, since: datetime) -> Posted | None:
        """The newest message there with the metadata of `view`; None without the scopes that let Signoff look, and in a
        channel that is written as a name, where Slack does not look either."""
        mark, after = _metadata(view), f"{(since - SKEW).timestamp():.6f}"
        try:
            async for message in self._said(place, after):
                if (message.get("metadata") or {}).items() >= mark.items():
                    ts = str(message["ts"])
                    return Posted(
                        {"channel": place.channel, "ts": ts}, place.model_copy(update={"thread": place.thread or ts})
                    )
        except Refused as error:
            log.warning("Slack does not let Signoff look whether something stands in %s already: %s", place.channel, error)
        return None

    async def update(self, address: JsonObject, view: View) -> None:
        """Replace what a message shows. Raises MessageGone."""
        try:
            await self._show(self._client.chat_update, {"channel": address["channel"], "ts": address["ts"]}, view)
        except Refused as error:
            if error.code in GONE:
                raise MessageGone(str(error)) from error
            raise

    async def reply(self, place: Place, text: Text) -> None:
        """Say something in the thread, or in the channel if there is none. Raises ChannelGone."""
        try:
            await self._say(place, await self.directory.resolved(text))
        except Refused as error:
            if error.code in LOST:
                raise ChannelGone(str(error)) from error
            if error.code not in TOO_MUCH:
                raise
            log.error("Slack did not take a line (%s); it is said without notifying anybody", error.code)
            await self._say(place, words(plain(text)))

    async def reaches(self, place: Place) -> bool:
        """Whether messages can be posted there now. Of direct messages Slack says nothing without another scope."""
        return place.channel.startswith("D") or await self.directory.reaches(place.channel)

    async def present(self, person: Person, channel: str) -> bool:
        """Whether Signoff is in that person's conversation. Of direct messages Slack only tells which are with Signoff."""
        try:
            if not channel.startswith("D"):
                return await self.directory.reaches(channel)
            with translated():
                opened = await self._client.conversations_open(users=person.user)
            return bool(opened["channel"]["id"] == channel)
        except (SurfaceError, SurfaceBusy) as error:
            log.warning("whether Signoff is in %s is not known: %s", channel, error)
            return False

    async def tell(self, person: Person, place: Place | None, text: Text) -> None:
        """Say something that only `person` sees: there if Slack lets us, else in a direct message."""
        if place is not None:
            try:
                return await self._whisper(person, place, text)
            except Refused as error:
                if error.code not in ABSENT:
                    raise
        await self._write_to(person, text)
        return None

    async def person(self, key: str) -> Known:
        """Look somebody up in the directory, now."""
        return await self.directory.person(key)

    async def members(self, group: str, *, fresh: bool = False) -> frozenset[str]:
        """Keys of the people in a user group; remembered for up to a minute unless asked for `fresh`."""
        return await self.directory.members(group, fresh=fresh)

    async def find(self, written: str) -> frozenset[str]:
        """Keys of the accounts that `@name`, a mention or an e-mail address may mean."""
        return await self.directory.find(written)

    async def open(self, trigger: str, view: Block) -> None:
        """Open a modal. `trigger` lives three seconds (https://docs.slack.dev/interactivity/handling-user-interaction)."""
        with translated():
            await self._client.views_open(trigger_id=trigger, view=view)

    async def turn(self, view_id: str, view_hash: str, view: Block) -> None:
        """Replace an open modal, unless it was closed or has changed since."""
        try:
            with translated():
                await self._client.views_update(view_id=view_id, hash=view_hash, view=view)
        except Refused as error:
            if error.code not in TURNED_ALREADY:
                raise

    async def _show(self, call: Call, where: dict[str, Any], view: View) -> AsyncSlackResponse:
        """Post or update. A card that Slack does not take as a whole is shown in brief: it can still be opened and read."""
        stamp = Stamp(self.seals, self.name, (await self.directory.workspace()).tenant)
        try:
            return await self._send(call, where, render_card(view, stamp) if isinstance(view, Card) else render_notice(view))
        except Refused as error:
            if error.code not in TOO_MUCH or not isinstance(view, Card):
                raise
            log.error("Slack did not take the card of %s (%s); it is shown in brief", view.request_id, error.code)
            return await self._send(call, where, render_card(view, stamp, brief=True))

    async def _send(self, call: Call, where: dict[str, Any], message: Rendered) -> AsyncSlackResponse:
        with translated(where["channel"]):
            return await call(
                **where, text=message.text, blocks=message.blocks, metadata=message.metadata, **INERT
            )  # fmt: skip

    async def _said(self, place: Place, after: str) -> AsyncIterator[dict[str, Any]]:
        """What was said in the channel, or in the thread, newest first, as far back as a few pages go. Raises Refused.

        https://docs.slack.dev/reference/methods/conversations.history and .../conversations.replies (oldest first)."""
        within: dict[str, Any] = {"channel": place.channel, "oldest": after, "include_all_metadata": True, "limit": PAGE}
        cursor = ""
        for _ in range(PAGES):
            with translated(place.channel):
                if place.thread:
                    answer = await self._client.conversations_replies(**within, ts=place.thread, cursor=cursor or None)
                else:
                    answer = await self._client.conversations_history(**within, cursor=cursor or None)
            for message in answer["messages"]:
                yield message
            cursor = str((answer.get("response_metadata") or {}).get("next_cursor") or "")
            if not cursor:
                return

    async def _say(self, place: Place, text: Text) -> None:
        with translated(place.channel):
            await self._client.chat_postMessage(
                channel=place.channel, thread_ts=place.thread, text=spoken(text), blocks=say(text), **INERT
            )

    async def _whisper(self, person: Person, place: Place, text: Text) -> None:
        with translated(place.channel):
            await self._client.chat_postEphemeral(
                channel=place.channel, user=person.user, thread_ts=place.thread, text=spoken(text), blocks=say(text),
                link_names=False, parse="none",
            )  # fmt: skip

    async def _write_to(self, person: Person, text: Text) -> None:
        with translated():
            opened = await self._client.conversations_open(users=person.user)
            channel = str(opened["channel"]["id"])
            await self._client.chat_postMessage(channel=channel, text=spoken(text), blocks=say(text), **INERT)


def _metadata(view: View) -> Block:
    """What names the subject of a message (see `render_card.metadata`)."""
    if isinstance(view, Card):
        return metadata(names.REQUEST_EVENT, "request_id", view.request_id)
    return metadata(names.RUN_EVENT, "run_id", view.run_id)
