"""Who is who in a Slack workspace: people as the directory knows them now, and the members of user groups."""

import asyncio
import logging
import re
import time
import unicodedata
from collections.abc import AsyncIterator, Callable, Collection
from dataclasses import dataclass
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot.cards.text import Called, Text
from bot.flow.surface import Known, Standing
from bot.slack.errors import LOST, Refused, translated
from storage.records import Person

log = logging.getLogger(__name__)

GROUP_SECONDS = 60.0  # how long the members of a group may be remembered
PAGE, PAGES = 900, 20  # people asked for at once, which must be under 1,000, and how often
MENTION = re.compile(r"<@([UW][A-Z0-9]{1,20})(?:\|[^>]*)?>")
NO_GROUP = frozenset({"no_such_subteam", "subteam_not_found", "invalid_auth_group", "user_group_not_found"})
NO_PERSON = frozenset({"user_not_found", "user_not_visible", "users_not_found"})


@dataclass(frozen=True)
class Workspace:
    """Where the bot is installed. `tenant` is the team id; `user` and `name` are the bot's own."""

    tenant: str
    user: str
    name: str


def key_of(tenant: str, user: str) -> str:
    """The key of a person on Slack."""
    return f"slack:{tenant}:{user}"


class Directory:
    """Looks people and groups up through a client that may wait and ask again: reads have no effect.

    `clock` gives seconds that never go back.
    """

    def __init__(self, client: AsyncWebClient, clock: Callable[[], float] = time.monotonic) -> None:
        self._client, self._clock = client, clock
        self._workspace: Workspace | None = None
        self._groups: dict[str, tuple[float, frozenset[str]]] = {}
        self._one_at_a_time = asyncio.Lock()

    async def workspace(self) -> Workspace:
        """Where this bot is installed; asked once. Raises `Refused`, `SurfaceBusy`."""
        if self._workspace is None:
            with translated():
                answer = await self._client.auth_test()
            self._workspace = Workspace(str(answer["team_id"]), str(answer["user_id"]), str(answer["user"]))
        return self._workspace

    async def person(self, key: str) -> Known:
        """Somebody as Slack knows them now. Whoever Slack does not know here is a stranger."""
        asked = Person(key=key, name=key)
        home = (await self.workspace()).tenant
        try:
            with translated():
                answer = await self._client.users_info(user=asked.user)
        except Refused as error:
            if error.code in NO_PERSON:
                return Known(asked.model_copy(update={"name": asked.user}), "stranger")
            raise
        user: dict[str, Any] = answer["user"]
        person = Person(key=key, name=_name(user), email=_email(user))
        return Known(person, _standing(user, asked.tenant, home), str(user.get("tz") or "UTC"))

    async def names(self, users: Collection[str]) -> dict[str, str]:
        """What the people with these ids are called; without those who cannot be looked up now."""
        tenant = (await self.workspace()).tenant
        found = await asyncio.gather(*(self.person(key_of(tenant, user)) for user in users), return_exceptions=True)
        known = zip(users, found, strict=True)
        return {user: each.person.name for user, each in known if isinstance(each, Known)}

    async def members(self, group: str, *, fresh: bool = False) -> frozenset[str]:
        """Keys of the people in `slack:S…` or `slack:@handle`, looked up now if `fresh`; empty if there is no such group.

        Many who ask at once share a look-up that began after they asked: Slack allows only some twenty a minute
        (https://docs.slack.dev/reference/methods/usergroups.users.list).
        """
        asked = self._clock()
        async with self._one_at_a_time:
            began, members = self._groups.get(group, (float("-inf"), frozenset[str]()))
            now = self._clock()
            if began > asked or (not fresh and now - began < GROUP_SECONDS):
                return members
            members = await self._members(group.removeprefix("slack:"))
            self._groups[group] = (now, members)
            return members

    async def find(self, written: str) -> frozenset[str]:
        """Keys of the accounts that `<@U…>`, `@name` or an e-mail address may mean; of everybody who is called that.

        The command arrives as it was typed, because a ticket in it must: there `@name` is all that is left of a mention, and
        names are not unique on Slack. Accounts that were deactivated are only found where nobody else is called that.
        """
        tenant = (await self.workspace()).tenant
        if mention := MENTION.fullmatch(written):
            return frozenset({key_of(tenant, mention[1])})
        name = _fold(written.removeprefix("@"))
        if "@" in name:
            return frozenset(key_of(tenant, user) for user in await self._by_address(written))
        called = [user async for user in self._everybody() if name in _names(user)]
        here = [user for user in called if not user.get("deleted")]
        return frozenset(key_of(tenant, str(user["id"])) for user in here or called)

    async def resolved(self, text: Text) -> Text:
        """The text with those whom it calls named by id, so that they are notified. Who is not found is only named."""
        return tuple([await self._found(span) if isinstance(span, Called) else span for span in text])

    async def reaches(self, channel: str) -> bool:
        """Whether the bot can post there (https://docs.slack.dev/reference/methods/conversations.info)."""
        try:
            with translated(channel):
                answer = await self._client.conversations_info(channel=channel)
        except Refused as error:
            if error.code in LOST:
                return False
            raise
        found: dict[str, Any] = answer["channel"]
        scopes = {name.lower(): value for name, value in answer.headers.items()}.get("x-oauth-scopes", "")
        anywhere = "chat:write.public" in scopes and not found.get("is_private")
        return not found.get("is_archived") and (anywhere or bool(found.get("is_member")))

    async def _found(self, called: Called) -> Called:
        kind, _, name = called.reference.rpartition(":")
        tenant = (await self.workspace()).tenant
        user: str | None = None
        try:
            if not kind:
                user = next(iter(await self._by_address(name)), None)
            elif name.startswith("@"):
                user = await self._by_handle(name[1:])
            elif kind in ("slack", f"slack:{tenant}"):
                user = name
        except Refused as error:
            log.warning("%s cannot be notified: %s", called.reference, error)
        return called if user is None else Called(reference=f"slack:{user}")

    async def _by_address(self, address: str) -> list[str]:
        """https://docs.slack.dev/reference/methods/users.lookupByEmail."""
        try:
            with translated():
                answer = await self._client.users_lookupByEmail(email=address)
        except Refused as error:
            if error.code in NO_PERSON:
                return []
            raise
        return [str(answer["user"]["id"])]

    async def _everybody(self) -> AsyncIterator[dict[str, Any]]:
        """https://docs.slack.dev/reference/methods/users.list."""
        cursor = ""
        for _ in range(PAGES):
            with translated():
                answer = await self._client.users_list(limit=PAGE, cursor=cursor or None)
            for user in answer["members"]:
                yield user
            cursor = str((answer.get("response_metadata") or {}).get("next_cursor") or "")
            if not cursor:
                return
        raise Refused("too_many_people", "There are too many people here to find one by name. Write an e-mail address.")

    async def _members(self, group: str) -> frozenset[str]:
        tenant = (await self.workspace()).tenant
        group_id = await self._by_handle(group[1:]) if group.startswith("@") else group
        if group_id is None:
            return frozenset()
        try:
            with translated():
                answer = await self._client.usergroups_users_list(usergroup=group_id)
        except Refused as error:
            if error.code in NO_GROUP:
                return frozenset()
            raise
        users: list[str] = answer["users"]
        return frozenset(key_of(tenant, user) for user in users)

    async def _by_handle(self, handle: str) -> str | None:
        with translated():
            answer = await self._client.usergroups_list()
        groups: list[dict[str, Any]] = answer["usergroups"]
        return next((str(each["id"]) for each in groups if each["handle"].lower() == handle.lower()), None)


def _standing(user: dict[str, Any], claimed: str, home: str) -> Standing:
    """https://docs.slack.dev/reference/objects/user-object. Bots do not decide."""
    teams = {user.get("team_id"), *user.get("enterprise_user", {}).get("teams", ())}
    if user.get("deleted"):
        return "deactivated"
    if user.get("is_stranger") or user.get("is_bot") or home not in teams or claimed not in teams:
        return "stranger"
    return "guest" if user.get("is_restricted") or user.get("is_ultra_restricted") else "member"


def _names(user: dict[str, Any]) -> set[str]:
    """Everything that Slack may show or complete somebody as."""
    profile = user.get("profile", {})
    names = [user.get("name"), user.get("real_name"), profile.get("display_name"), profile.get("real_name")]
    return {_fold(str(name)) for name in names if name}


def _fold(name: str) -> str:
    """So that names which look alike in letter case, width or spaces are one name."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def _name(user: dict[str, Any]) -> str:
    profile = user.get("profile", {})
    return str(profile.get("real_name") or profile.get("display_name") or user.get("real_name") or user["id"])


def _email(user: dict[str, Any]) -> str | None:
    email = user.get("profile", {}).get("email")
    return str(email) if email else None
