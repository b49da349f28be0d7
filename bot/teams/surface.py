"""Teams as a Surface: posts, updates, replies, tells, looks people up.

A card is sent alone, because a message with text and an attachment is split by Teams and gets no id. Writes are tried once;
the flow's outbox owns trying again. Messages cannot be listed, so what stands somewhere already is never found.
"""

import logging
import secrets
from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial
from typing import Final

from bot.cards.card import Card, View
from bot.cards.text import Text, words
from bot.flow.binding import Stamp
from bot.flow.seals import SECRET_BYTES, Seals
from bot.flow.surface import ChannelGone, Known, MessageGone, Posted
from bot.teams.connector import Activity, Connector, Spot
from bot.teams.conversations import Conversations
from bot.teams.directory import Directory
from bot.teams.errors import TOO_LARGE, Refused
from bot.teams.payloads import THREAD, has_threads
from bot.teams.render_card import Rendered, render_card
from bot.teams.render_notice import render_notice
from bot.teams.render_text import Block, attachment, say, spoken
from storage.records import JsonObject, Person, Place

log = logging.getLogger(__name__)

ALOUD: Final = words(
    "Signoff has an answer that is not for everybody here, and cannot write to you. Add the app Signoff for yourself, then "
    "ask again."
)


class TeamsSurface:
    """Implements `bot.flow.surface.Surface`. Every method raises SurfaceError or SurfaceBusy, and nothing else."""

    name = "teams"

    def __init__(
        self, connector: Connector, conversations: Conversations, directory: Directory, seals: Seals | None = None,
        *, dialogs: bool = True,
    ) -> None:  # fmt: skip
        """Without `seals`, what it posts can only be pressed as long as it lives. `dialogs` is False for a client that shows
        none: forms then open in the card."""
        self._connector, self.conversations, self.directory, self.dialogs = connector, conversations, directory, dialogs
        self.seals = seals or Seals([secrets.token_bytes(SECRET_BYTES)])

    async def tenant(self) -> str:
        """The tenant that the app is of."""
        return self.directory.home

    async def post(self, place: Place, view: View) -> Posted:
        """Post a card or a notice; in a channel without a thread that begins one. Raises ChannelGone."""
        spot = await self._spot(place)
        try:
            message = await self._show(place.tenant, spot, view, partial(self._connector.send, spot))
        except Refused as error:
            raise _lost(error) from error
        if not message:
            raise Refused(201, "no_id", "Teams took the message, but did not say which it is.")
        thread = place.thread or (message if has_threads(place.channel) else None)
        address: JsonObject = {
            "service": spot.service, "tenant": place.tenant, "conversation": spot.conversation, "message": message,
        }  # fmt: skip
        return Posted(address, place.model_copy(update={"thread": thread}))

    async def posted(self, place: Place, view: View, since: datetime) -> Posted | None:
        """Teams shows a bot no messages."""
        return None

    async def update(self, address: JsonObject, view: View) -> None:
        """Replace what a message shows. Raises MessageGone."""
        spot = Spot(str(address["service"]), str(address["conversation"]))

        async def show(activity: Activity) -> str:
            await self._connector.replace(spot, str(address["message"]), activity)
            return ""

        try:
            await self._show(str(address["tenant"]), spot, view, show)
        except Refused as error:
            raise _deleted(error) from error

    async def reply(self, place: Place, text: Text) -> None:
        """Say something in the thread, or in the channel if there is none. Raises ChannelGone."""
        try:
            await self._connector.send(await self._spot(place), _said(text))
        except Refused as error:
            raise _lost(error) from error

    async def reaches(self, place: Place) -> bool:
        """Whether Signoff is in that conversation now."""
        try:
            await self._connector.look(await self.conversations.spot(place))
        except Refused as error:
            if error.lost:
                return False
            raise
        return True

    async def tell(self, person: Person, place: Place | None, text: Text) -> None:
        """Say something that only `person` sees: there if Teams lets us, else in the personal conversation."""
        await self._aside(person, place, _said(text))

    async def give(self, person: Person, place: Place | None, card: Block) -> None:
        """Show a card that only `person` sees."""
        await self._aside(person, place, _alone(Rendered("Signoff", card)))

    async def person(self, key: str) -> Known:
        """Look somebody up in the rosters, now."""
        return await self.directory.person(key)

    async def members(self, group: str, *, fresh: bool = False) -> frozenset[str]:
        """Keys of the members of a channel; remembered for up to a minute unless asked for `fresh`."""
        return await self.directory.members(group, fresh=fresh)

    async def find(self, written: str) -> frozenset[str]:
        """Keys of the accounts that `@name`, a mention or an e-mail address may mean."""
        return await self.directory.find(written)

    async def _show(self, tenant: str, spot: Spot, view: View, send: Callable[[Activity], Awaitable[str]]) -> str:
        """A card that Teams does not take as a whole is shown in brief: it can still be opened and read."""
        if not isinstance(view, Card):
            return await send(_alone(render_notice(view)))
        everybody = Spot(spot.service, spot.conversation.partition(THREAD)[0])
        watchers = await self.directory.watchers(everybody) if view.buttons else []
        render = partial(
            render_card, view, Stamp(self.seals, self.name, tenant), dialogs=self.dialogs, user_ids=watchers
        )  # fmt: skip
        try:
            return await send(_alone(render()))
        except Refused as error:
            if error.code != TOO_LARGE:
                raise
            log.error("Teams did not take the card of %s; it is shown in brief", view.request_id)
            return await send(_alone(render(brief=True)))

    async def _aside(self, person: Person, place: Place | None, activity: Activity) -> None:
        if place is not None:
            try:
                return await self._whisper(person, place, activity)
            except Refused as error:
                log.info("%s cannot be whispered to in %s: %s", person.key, place.channel, error)
        try:
            await self._connector.send(await self._personal(person), activity)
        except Refused:
            if place is None:
                raise
            await self.reply(place, ALOUD)
        return None

    async def _whisper(self, person: Person, place: Place, activity: Activity) -> None:
        account = await self.directory.account(person.key)
        if account is None:
            raise Refused(404, "unknown", "Nobody here is that person.")
        await self._connector.send(await self._spot(place), activity, only=str(account["id"]))

    async def _personal(self, person: Person) -> Spot:
        known = await self.conversations.personal(person)
        if known is not None:
            return known
        account = await self.directory.account(person.key) or {"id": person.user}
        service = await self.conversations.service(person.tenant)
        return await self._connector.begin(service, person.tenant, str(account["id"]))

    async def _spot(self, place: Place) -> Spot:
        channel = await self.conversations.spot(place)
        return channel if place.thread is None else Spot(channel.service, f"{channel.conversation}{THREAD}{place.thread}")


def _alone(shown: Rendered) -> Activity:
    return {"type": "message", "summary": shown.text, "attachments": [attachment(shown.card)]}


def _said(text: Text) -> Activity:
    return _alone(Rendered(spoken(text), say(text)))


def _deleted(error: Refused) -> Refused | MessageGone:
    return MessageGone(str(error)) if error.deleted else error


def _lost(error: Refused) -> Refused | ChannelGone:
    return ChannelGone(str(error)) if error.lost else error
