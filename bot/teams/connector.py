"""The calls of the Bot Connector's REST API that we need.

botbuilder's own client for it blocks the event loop for tokens and cannot be told where not to send them, so these are ours
(https://learn.microsoft.com/azure/bot-service/rest-api/bot-framework-rest-connector-api-reference). Each is tried once: the
flow's outbox owns trying again.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

import aiohttp
from yarl import URL

from bot.teams import limits
from bot.teams.credentials import Credentials
from bot.teams.errors import LockedOut, Refused, failed, reached
from bot.teams.reading import read

Activity = dict[str, Any]
Account = Mapping[str, Any]
Query = Mapping[str, str]

MOST_PAGES: Final = 50  # of members; a team has at most 25,000


@dataclass(frozen=True)
class Spot:
    """A conversation where it can be spoken in: the service that Teams named for it, and the conversation's id."""

    service: str
    conversation: str


class Connector:
    """Speaks to Teams. `allows` says whether a service may be given our token. Each method raises SurfaceBusy or Refused."""

    def __init__(
        self, session: aiohttp.ClientSession, credentials: Credentials, app_id: str, allows: Callable[[str], bool]
    ) -> None:
        self._session, self._credentials, self._allows = session, credentials, allows
        self._bot = {"id": f"28:{app_id}"}

    async def send(self, spot: Spot, activity: Activity, *, only: str | None = None) -> str:
        """Say something; returns the id of the message. With `only` it is seen by that account alone, for a day
        (https://learn.microsoft.com/microsoftteams/platform/agents-in-teams/targeted-messages)."""
        body = {**activity, "from": self._bot, "conversation": {"id": spot.conversation}}
        query = {}
        if only is not None:
            body["recipient"], query = {"id": only}, {"isTargetedActivity": "true"}
        answer = await self._call("POST", spot.service, _activities(spot), body, query)
        return str(answer.get("id") or "")

    async def replace(self, spot: Spot, message: str, activity: Activity) -> None:
        """Show something else in a message."""
        body = {**activity, "id": message, "from": self._bot, "conversation": {"id": spot.conversation}}
        await self._call("PUT", spot.service, [*_activities(spot), message], body)

    async def member(self, spot: Spot, user: str) -> Account:
        """One member of a conversation, by account id or Entra object id."""
        return await self._call("GET", spot.service, ["conversations", spot.conversation, "members", user])

    async def members(self, spot: Spot) -> list[Account]:
        """All members of a conversation; in a channel those of its team."""
        found: list[Account] = []
        query = {"pageSize": str(limits.PAGE)}
        for _ in range(MOST_PAGES):
            answer = await self._call("GET", spot.service, ["conversations", spot.conversation, "pagedmembers"], None, query)
            found += answer.get("members") or []
            if not answer.get("continuationToken"):
                return found
            query["continuationToken"] = str(answer["continuationToken"])
        raise Refused(200, "too_many", "There are too many people there to look through.")

    async def look(self, spot: Spot) -> None:
        """Whether the bot is there; raises Refused if not."""
        await self._call("GET", spot.service, ["conversations", spot.conversation, "pagedmembers"], None, {"pageSize": "50"})

    async def begin(self, service: str, tenant: str, user: str) -> Spot:
        """The personal conversation with somebody, begun if there is none
        (https://learn.microsoft.com/microsoftteams/platform/bots/how-to/conversations/send-proactive-messages)."""
        body = {
            "isGroup": False, "bot": self._bot, "members": [{"id": user}], "tenantId": tenant,
            "channelData": {"tenant": {"id": tenant}},
        }  # fmt: skip
        answer = await self._call("POST", service, ["conversations"], body)
        with reached("Teams"):
            return Spot(service, str(answer["id"]))

    async def _call(
        self,
        method: str,
        service: str,
        path: list[str],
        body: Activity | None = None,
        query: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        if not self._allows(service):
            raise Refused(0, "service", f"{service!r} is not where Teams takes messages; nothing was sent there.")
        url = URL(f"{service.rstrip('/')}/v3/{'/'.join(quote(part, safe='') for part in path)}", encoded=True)
        try:
            return await self._tried(method, url.update_query(query or {}), body)
        except LockedOut:
            self._credentials.forget()  # it was revoked before its time
            return await self._tried(method, url.update_query(query or {}), body)

    async def _tried(self, method: str, url: URL, body: Activity | None) -> dict[str, Any]:
        token = await self._credentials.token()
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        with reached("Teams"):
            async with self._session.request(method, url, json=body, headers=headers, allow_redirects=False) as answer:
                raw = await read(answer.content, limits.ANSWER)
                if answer.status >= 300:
                    raise failed(answer.status, answer.headers, raw)
                fields = json.loads(raw) if raw.strip() else {}
                return fields if isinstance(fields, dict) else {}


def _activities(spot: Spot) -> list[str]:
    return ["conversations", spot.conversation, "activities"]
