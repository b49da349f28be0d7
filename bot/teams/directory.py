"""Who is who in Teams, as the rosters of the conversations say that Signoff is in: it cannot see anybody else.

https://learn.microsoft.com/microsoftteams/platform/bots/how-to/get-teams-context
"""

import asyncio
import logging
import time
import unicodedata
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final
from weakref import WeakValueDictionary

from bot.flow.surface import Known, Standing, SurfaceBusy, SurfaceError
from bot.teams import limits
from bot.teams.connector import Account, Connector, Spot
from bot.teams.conversations import Conversations
from bot.teams.errors import Refused
from bot.teams.payloads import key_of
from storage.records import Person, Place

log = logging.getLogger(__name__)

GROUP_SECONDS: Final = 60.0  # how long the members of a group may be remembered
ROOMS: Final = 20  # conversations that are looked through for somebody
REMEMBERED: Final = 10_000  # people


@dataclass(frozen=True)
class Mentions:
    """The accounts that a message mentions, by the name that is left of the mention in its text, and where it was said."""

    spot: Spot
    accounts: Mapping[str, frozenset[str]]


mentions: ContextVar[Mentions | None] = ContextVar("mentions", default=None)
"""Of the message that this task is about."""


@dataclass(frozen=True)
class Met:
    """Somebody's account as Teams names it towards this bot, where it was seen last, and its time zone."""

    account: str
    spot: Spot
    zone: str = "UTC"


class Directory:
    """Looks people and groups up. `home` is the tenant that groups are of; `clock` gives seconds that never go back."""

    def __init__(
        self, connector: Connector, conversations: Conversations, home: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._connector, self._conversations, self.home, self._clock = connector, conversations, home, clock
        self._met: dict[str, Met] = {}
        self._groups: dict[Spot, tuple[float, list[Account]]] = {}
        self._one_at_a_time: WeakValueDictionary[Spot, asyncio.Lock] = WeakValueDictionary()

    def met(self, key: str, account: str, spot: Spot, zone: str | None = None) -> None:
        """Somebody is there just now: that is where to look them up."""
        before = self._met.pop(key, None)
        while len(self._met) >= REMEMBERED:
            del self._met[next(iter(self._met))]
        self._met[key] = Met(account, spot, zone or (before.zone if before else "UTC"))

    async def person(self, key: str) -> Known:
        """The person with that key, now; a stranger if no conversation has them any more."""
        asked = Person(key=key, name=key)
        account = await self.account(key)
        if account is None:
            return Known(asked.model_copy(update={"name": asked.user}), "stranger")
        person = Person(key=key, name=str(account.get("name") or asked.user), email=_email(account))
        return Known(person, _standing(account, asked.tenant), self._met[key].zone)

    async def account(self, key: str) -> Account | None:
        """What Teams says of somebody; None if nobody has them in a conversation with Signoff."""
        asked = Person(key=key, name=key)
        async for spot in self._spots(asked):
            found = await self._found(spot, asked)
            if found is not None and _object_id(found) == asked.user:
                self.met(key, str(found["id"]), spot)
                return found
        return None

    async def members(self, group: str, *, fresh: bool = False) -> frozenset[str]:
        """Keys of the members of the channel `teams:19:…`, or of its team; looked up now if `fresh`."""
        place = Place(surface="teams", tenant=self.home, channel=group.removeprefix("teams:"))
        return self._keys(await self._roster(await self._conversations.spot(place), fresh=fresh))

    async def find(self, written: str) -> frozenset[str]:
        """Keys of the accounts that a mention, `@name` or an e-mail address may mean; of everybody who is called that."""
        name, said = written.removeprefix("@").strip(), mentions.get()
        if said is not None and (accounts := said.accounts.get(name)):
            found = [await self._in(said.spot, account) for account in accounts]
            return self._keys(each for each in found if each is not None)
        rooms = await self._conversations.rooms(self.home, ROOMS)
        if not (wanted := _fold(name)):
            return frozenset()
        everybody = [account for spot in rooms for account in await self._roster(spot)]
        return self._keys(each for each in everybody if wanted in (_fold(str(each.get("name"))), _fold(_email(each) or "")))

    async def watchers(self, spot: Spot) -> list[str]:
        """The accounts of all in a conversation who may have views of their own of a card; none where there are too many,
        or Teams does not say now."""
        try:
            roster = await self._roster(spot)
        except (SurfaceBusy, SurfaceError) as error:
            log.info("the members of %s are not known: %s", spot.conversation, error)
            return []
        return [str(each["id"]) for each in roster] if len(roster) <= limits.REFRESHED_USERS else []

    async def _spots(self, asked: Person) -> AsyncIterator[Spot]:
        """Where to look for somebody: where they were met last, where this was said, their own conversation, others."""
        met, said = self._met.get(asked.key), mentions.get()
        seen = list(dict.fromkeys(each.spot for each in (met, said) if each is not None))
        for spot in seen:
            yield spot
        if (personal := await self._conversations.personal(asked)) and personal not in seen:
            seen.append(personal)
            yield personal
        for spot in await self._conversations.rooms(asked.tenant, ROOMS):
            if spot not in seen:
                yield spot

    async def _found(self, spot: Spot, asked: Person) -> Account | None:
        """Somebody in a conversation: by their account, or by their object id, which not every service takes."""
        if met := self._met.get(asked.key):
            return await self._in(spot, met.account)
        if found := await self._in(spot, asked.user):
            return found
        listed = [each for each in await self._roster(spot) if _object_id(each) == asked.user]
        return await self._in(spot, str(listed[0]["id"])) if listed else None

    async def _in(self, spot: Spot, user: str) -> Account | None:
        try:
            return await self._connector.member(spot, user)
        except Refused as error:
            if error.status in (400, 403, 404):  # they are not there, or Signoff is not any more
                return None
            raise

    async def _roster(self, spot: Spot, *, fresh: bool = False) -> list[Account]:
        """Those in a conversation. Many who ask at once share a look-up that began after they asked."""
        asked = self._clock()
        async with self._one_at_a_time.setdefault(spot, asyncio.Lock()):  # a slow one holds up nobody elsewhere
            began, members = self._groups.get(spot, (float("-inf"), list[Account]()))
            now = self._clock()
            if began > asked or (not fresh and now - began < GROUP_SECONDS):
                return members
            members = await self._members(spot)
            self._groups = {each: kept for each, kept in self._groups.items() if now - kept[0] < GROUP_SECONDS}
            self._groups[spot] = (now, members)
            return members

    async def _members(self, spot: Spot) -> list[Account]:
        try:
            return await self._connector.members(spot)
        except Refused as error:
            if error.lost:
                return []
            raise

    def _keys(self, accounts: Iterable[Account]) -> frozenset[str]:
        ids = ((str(each.get("tenantId") or self.home), _object_id(each)) for each in accounts)
        return frozenset(key_of(tenant, user) for tenant, user in ids if user)


def _standing(account: Account, home: str) -> Standing:
    """Guests have a role of their own; people of other organisations, in shared channels, another tenant. Never bots."""
    if (account.get("tenantId") or home) != home or str(account.get("id")).startswith("28:"):
        return "stranger"
    if "#ext#" in str(account.get("userPrincipalName")).lower():
        return "guest"
    role = str(account.get("userRole") or "user").lower()
    return "member" if role == "user" else "guest" if role == "guest" else "stranger"


def _object_id(account: Account) -> str:
    return str(account.get("aadObjectId") or account.get("objectId") or "").lower()


def _email(account: Account) -> str | None:
    """The address, or the name under which somebody signs in, which is one."""
    found = account.get("email") or account.get("userPrincipalName")
    return str(found) if found and "#EXT#" not in str(found) else None


def _fold(name: str) -> str:
    """So that names which look alike in letter case, width or spaces are one name."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())
