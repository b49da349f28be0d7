"""Where Signoff may speak in Teams: it learns that from what it hears, and every replica needs to know it."""

import logging
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Final, TypeVar

from bot.flow.surface import SurfaceBusy
from bot.teams.connector import Spot
from bot.teams.payloads import Body, conversation_of, place_of
from storage.records import Conversation, Person, Place
from storage.store import StorageError, Store, Transaction

T = TypeVar("T")

log = logging.getLogger(__name__)

AGAIN: Final = 300.0  # seconds after which a conversation is kept anew
REMEMBERED: Final = 10_000  # conversations
LOOKED_THROUGH: Final = 1000  # channels and group chats of a tenant, the newest


class Conversations:
    """What is kept of conversations. `service` takes messages while none is known. `now` gives seconds that only grow."""

    def __init__(self, store: Store, service: str, now: Callable[[], float] = time.monotonic) -> None:
        self._store, self._service, self._now = store, service, now
        self._kept: dict[tuple[str, str, str], float] = {}

    async def keep(self, body: Body) -> None:
        """Remember the conversation that an activity came from. It comes again, so that a failure loses little."""
        place = place_of(body)
        known = place.tenant, place.channel, str(body["serviceUrl"])
        if self._now() - self._kept.get(known, float("-inf")) < AGAIN:
            return
        try:
            await self._store.write(lambda tx: tx.keep_conversation(conversation_of(body, tx.now())))
        except StorageError as error:
            log.warning("a conversation could not be remembered: %s", error)
            return
        while len(self._kept) >= REMEMBERED:
            del self._kept[next(iter(self._kept))]
        self._kept[known] = self._now()

    async def forget(self, place: Place) -> None:
        """Nothing can be said there any more."""
        self._kept.clear()
        try:
            await self._store.write(lambda tx: tx.forget_conversation("teams", place.tenant, place.channel))
        except StorageError as error:  # it is found out again as soon as something is said there
            log.warning("a conversation could not be forgotten: %s", error)

    async def of_team(self, tenant: str, team: str) -> list[Place]:
        """The channels of a team in which Signoff was spoken to."""
        found = [each for each in await self._rooms(tenant) if each.address.get("team") == team]
        return [Place(surface="teams", tenant=tenant, channel=each.id) for each in found]

    async def spot(self, place: Place) -> Spot:
        """Where to speak in that channel, whatever the thread: at the service it was heard from, else at the tenant's."""
        kept = await self._read(lambda tx: tx.conversation("teams", place.tenant, place.channel))
        return Spot(str(kept.address["service"]) if kept else await self.service(place.tenant), place.channel)

    async def personal(self, person: Person) -> Spot | None:
        """The personal conversation with somebody, if there was one."""
        kept = await self._read(lambda tx: tx.conversation_with(person.key))
        return _spot(kept) if kept else None

    async def service(self, tenant: str) -> str:
        """Where the tenant's messages are taken."""
        newest = await self._read(lambda tx: tx.conversations("teams", tenant, limit=1))
        return str(newest[0].address["service"]) if newest else self._service

    async def rooms(self, tenant: str, limit: int) -> list[Spot]:
        """One channel of each team, then group chats; of both those first in which something happened last."""
        teams: dict[str, Spot] = {}
        for each in sorted(await self._rooms(tenant), key=lambda room: room.kind != "channel"):
            teams.setdefault(str(each.address.get("team") or each.id), _spot(each))
        return list(teams.values())[:limit]

    async def _rooms(self, tenant: str) -> Sequence[Conversation]:
        return await self._read(lambda tx: tx.conversations("teams", tenant, personal=False, limit=LOOKED_THROUGH))

    async def _read(self, work: Callable[[Transaction], T]) -> T:
        try:
            return await self._store.read(work)
        except StorageError as error:
            raise SurfaceBusy(timedelta(seconds=2), f"It is not known where to speak in Teams: {error}") from error


def _spot(kept: Conversation) -> Spot:
    return Spot(str(kept.address["service"]), kept.id)
