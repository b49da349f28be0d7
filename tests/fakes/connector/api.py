"""The connector's REST API, as Teams answers it.

https://learn.microsoft.com/azure/bot-service/rest-api/bot-framework-rest-connector-api-reference
https://learn.microsoft.com/microsoftteams/platform/bots/how-to/get-teams-context
https://learn.microsoft.com/microsoftteams/platform/agents-in-teams/targeted-messages
"""

import json
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from tests.fakes.connector import cards, problems, published
from tests.fakes.connector.cast import TEAM, TEAM_GROUP, TEAM_NAME, Human, Room
from tests.fakes.connector.meter import Meter
from tests.fakes.connector.state import CARD_TYPE, State, split

Answer = tuple[int, dict[str, Any]]
Handler = Callable[["Ask"], Awaitable[Answer]]


class Ask:
    """One call: what is in its path, its query and its body."""

    def __init__(self, request: web.Request, body: dict[str, Any]) -> None:
        self.body, self.query = body, request.query
        self.conversation = request.match_info.get("conversation", "")
        self.activity = request.match_info.get("activity", "")
        self.user = request.match_info.get("user", "")
        self.targeted = request.query.get("isTargetedActivity") == "true"


class Api:
    """Everything below the service URL. `targeted` says whether targeted messages are taken."""

    def __init__(self, state: State, meter: Meter, tenant: str, bot: str) -> None:
        self._state, self._meter, self._tenant, self._bot = state, meter, tenant, bot
        self.targeted = True

    def handlers(self) -> list[tuple[str, str, str, Handler]]:
        """Method, path, the kind by which faults name the call, and what carries it out."""
        at = "v3/conversations/{conversation}"
        return [
            ("POST", "v3/conversations", "POST conversations", self._create),
            ("POST", f"{at}/activities", "POST activities", self._post),
            ("POST", f"{at}/activities/{{activity}}", "POST activities", self._answer),
            ("PUT", f"{at}/activities/{{activity}}", "PUT activities", self._update),
            ("DELETE", f"{at}/activities/{{activity}}", "DELETE activities", self._delete),
            ("GET", f"{at}/members/{{user}}", "GET members", self._member),
            ("GET", f"{at}/members", "GET members", self._members),
            ("GET", f"{at}/pagedmembers", "GET members", self._page),
            ("GET", "v3/teams/{conversation}", "GET teams", self._team),
            ("GET", "v3/teams/{conversation}/conversations", "GET teams", self._channels),
        ]

    async def _create(self, ask: Ask) -> Answer:
        self._meter.count("create", "", published.CREATE)
        if ask.body.get("isGroup"):
            return self._thread(ask.body)
        [member] = ask.body.get("members") or [{}]
        who = self._state.person(str(member.get("id")))
        if who is None:
            raise problems.Problem(400, "MemberNotFoundInConversation", "Member not found in conversation.")
        if ask.body.get("tenantId") != self._tenant and _tenant(ask.body) != self._tenant:
            raise problems.bad_syntax("Tenant id is missing.")
        if who.tenant != self._tenant:
            raise problems.blocked()
        room = self._state.personal(who)
        if ask.body.get("activity"):
            made = await self._say(room.id, ask.body["activity"])
            return 201, {"id": room.id, "activityId": made.get("id")}
        return 201, {"id": room.id}

    def _thread(self, body: dict[str, Any]) -> Answer:
        """A new thread in a channel: bots cannot make group chats."""
        channel = str(((body.get("channelData") or {}).get("channel") or {}).get("id"))
        if self._state.reachable(channel).kind != "channel":
            raise problems.bad_syntax("Bots cannot create group chats.")
        self._check(body.get("activity") or {})
        made = self._state.add(channel, self._bot, body["activity"])
        return 201, {"id": f"{channel};messageid={made.id}", "activityId": made.id}

    async def _post(self, ask: Ask) -> Answer:
        room = self._state.reachable(ask.conversation)
        self._meter.count("send", room.id, published.SEND)
        if ask.targeted:
            return 201, self._whisper(room, ask)
        return 201, await self._say(ask.conversation, ask.body)

    async def _answer(self, ask: Ask) -> Answer:
        """A reply to a message: in a channel it goes into that message's thread."""
        room = self._state.reachable(ask.conversation)
        self._meter.count("send", room.id, published.SEND)
        answered = self._state.find(ask.conversation, ask.activity)
        if ask.targeted:
            return 201, self._whisper(room, ask)
        thread = f";messageid={answered.root or answered.id}" if room.kind == "channel" else ""
        return 201, await self._say(f"{room.id}{thread}", ask.body)

    async def _say(self, conversation: str, activity: dict[str, Any]) -> dict[str, Any]:
        self._check(activity)
        if activity.get("type") == "typing":
            return {}
        name, thread = split(conversation)
        if thread and self._state.rooms[name].kind == "channel":
            self._state.find(name, thread)
        if activity.get("text") and activity.get("attachments"):  # split into two, whose ids nobody is told
            self._state.add(conversation, self._bot, {**activity, "attachments": []})
            self._state.add(conversation, self._bot, {**activity, "text": ""})
            return {}
        return {"id": self._state.add(conversation, self._bot, activity).id}

    def _whisper(self, room: Room, ask: Ask) -> dict[str, Any]:
        if not self.targeted:
            raise problems.bad_argument("Targeted messages are not supported here.")
        who = self._state.person(str((ask.body.get("recipient") or {}).get("id")))
        if who is None or room.kind == "personal":
            raise problems.bad_argument("A targeted message needs a recipient.")
        if who.handle not in room.members:
            raise problems.no_member()
        self._check(ask.body)
        return {"id": self._state.add(ask.conversation, self._bot, ask.body, to=who.id).id}

    async def _update(self, ask: Ask) -> Answer:
        room = self._state.reachable(ask.conversation)
        self._meter.count("send", room.id, published.SEND)
        message = self._own(ask)
        self._check(ask.body)
        message.activity, message.edits = ask.body, message.edits + 1
        message.views.clear()
        message.strips.clear()
        return 200, {"id": message.id}

    async def _delete(self, ask: Ask) -> Answer:
        self._state.reachable(ask.conversation)
        self._own(ask).deleted = True
        return 200, {}

    def _own(self, ask: Ask) -> Any:
        message = self._state.find(ask.conversation, ask.activity)
        if message.sender != self._bot:
            raise problems.Problem(403, "NotEnoughPermissions", "The message was sent by somebody else.")
        return message

    async def _member(self, ask: Ask) -> Answer:
        room = self._reading(ask)
        who = self._state.person(ask.user)
        if who is None or who.handle not in room.members:
            raise problems.no_member()
        return 200, account(who)

    async def _members(self, ask: Ask) -> Answer:
        raise problems.Problem(410, "Gone", "Use pagedmembers.")  # .../resources/team-chat-member-api-changes

    async def _page(self, ask: Ask) -> Answer:
        everybody = self._state.members(self._reading(ask))
        size = min(max(int(ask.query.get("pageSize", "200")), published.SMALLEST_PAGE), published.LARGEST_PAGE)
        begin = int(ask.query.get("continuationToken") or 0)
        page: dict[str, Any] = {"members": [account(each) for each in everybody[begin : begin + size]]}
        more = begin + size < len(everybody)
        return 200, page | ({"continuationToken": str(begin + size)} if more else {})

    def _reading(self, ask: Ask) -> Room:
        room = self._state.reachable(ask.conversation)
        self._meter.count("read", room.id, published.READ)
        return room

    async def _team(self, ask: Ask) -> Answer:
        self._in_team(ask)
        return 200, {"id": TEAM, "name": TEAM_NAME, "aadGroupId": TEAM_GROUP}

    async def _channels(self, ask: Ask) -> Answer:
        self._in_team(ask)
        channels = [each for each in self._state.rooms.values() if each.team == TEAM]
        return 200, {"conversations": [{"id": each.id, "name": None if each.id == TEAM else each.name} for each in channels]}

    def _in_team(self, ask: Ask) -> None:
        if ask.conversation != TEAM:
            raise problems.no_conversation()
        if not any(room.team == TEAM and room.id in self._state.installed for room in self._state.rooms.values()):
            raise problems.not_in_roster()

    def _check(self, activity: dict[str, Any]) -> None:
        """What Teams does not take of an activity. Raises Problem."""
        if activity.get("type") not in ("message", "typing"):
            raise problems.bad_syntax("The activity is no message.")
        if len(json.dumps(activity, ensure_ascii=False).encode("utf-16-le")) > published.LARGEST_MESSAGE:
            raise problems.too_big()
        attachments = activity.get("attachments") or []
        if activity["type"] == "message" and not activity.get("text") and not attachments:
            raise problems.bad_syntax("The message is empty.")
        for each in attachments:
            if each.get("contentType") == CARD_TYPE:
                cards.check(each.get("content"))
                self._check_mentions(each["content"].get("msteams") or {}, cards.mentionable(each["content"]))
        self._check_mentions(activity, str(activity.get("text") or ""))

    def _check_mentions(self, holder: dict[str, Any], text: str) -> None:
        """https://learn.microsoft.com/microsoftteams/platform/task-modules-and-cards/cards/cards-format#mention-support-within-adaptive-cards"""
        for each in holder.get("entities") or ():
            if each.get("type") == "mention":
                if each.get("text") not in text:
                    raise problems.bad_syntax("Activity contains a mention whose text is not in the message.")
                if self._state.person(str(each["mentioned"]["id"])) is None:
                    raise problems.bad_syntax("Mentioned user is unknown.")


def account(who: Human) -> dict[str, Any]:
    """Somebody as the roster has them."""
    given, _, surname = who.name.partition(" ")
    return {
        "id": who.id, "objectId": who.aad, "aadObjectId": who.aad, "name": who.name, "givenName": given, "surname": surname,
        "email": who.email, "userPrincipalName": who.email, "tenantId": who.tenant, "userRole": who.role,
    }  # fmt: skip


def _tenant(body: dict[str, Any]) -> Any:
    return ((body.get("channelData") or {}).get("tenant") or {}).get("id")
