"""Activities as Teams sends them to a bot. Pure.

Shapes: https://learn.microsoft.com/microsoftteams/platform/bots/how-to/conversations/conversation-messages (message),
.../subscribe-to-conversation-events (installationUpdate, conversationUpdate),
https://learn.microsoft.com/microsoftteams/platform/task-modules-and-cards/cards/universal-actions-for-adaptive-cards/work-with-universal-actions-for-adaptive-cards
(adaptiveCard/action), .../task-modules-and-cards/task-modules/task-modules-bots (task/fetch, task/submit).
"""

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from tests.fakes.connector.cast import BOT_NAME, TEAM_GROUP, TEAM_NAME, TENANT, Human, Room

Activity = dict[str, Any]


@dataclass(frozen=True)
class Desk:
    """What every activity of a town has in common."""

    service_url: str
    bot: str

    def activity(
        self, kind: str, identity: str, who: Human, room: Room, at: datetime, thread: str | None = None
    ) -> Activity:
        """The part that all activities share."""
        local = at.astimezone(ZoneInfo(who.zone))
        return {
            "type": kind, "id": identity, "channelId": "msteams", "serviceUrl": self.service_url,
            "timestamp": _stamp(at), "localTimestamp": local.isoformat(timespec="milliseconds"), "localTimezone": who.zone,
            "from": {"id": who.id, "name": who.name, "aadObjectId": who.aad},
            "recipient": {"id": self.bot, "name": BOT_NAME},
            "conversation": self._conversation(room, thread),
            "channelData": self._channel_data(room),
            "entities": [
                {"type": "clientInfo", "locale": who.locale, "country": who.locale[-2:], "platform": "Web",
                 "timezone": who.zone},
            ],
            "locale": who.locale,
        }  # fmt: skip

    def message(self, activity: Activity, text: str, named: Sequence[Human] = (), *, mention: bool) -> Activity:
        """Words that somebody wrote, with the bot mentioned before them where `mention`, and those `named` in them."""
        called = f"<at>{BOT_NAME}</at>"
        entities = [_mention(self.bot, BOT_NAME)] if mention else []
        for who in named:
            text = text.replace(f"@{who.name}", f"<at>{who.name}</at>")
            entities.append(_mention(who.id, who.name))
        shown = {"contentType": "text/html", "content": f"<div><div>{text}</div></div>"}
        return activity | {
            "textFormat": "plain",
            "text": f"{called} {text}" if mention else text,
            "attachments": [shown],
            "entities": [*activity["entities"], *entities],
        }

    def _conversation(self, room: Room, thread: str | None) -> Activity:
        where = f"{room.id};messageid={thread}" if thread and room.kind == "channel" else room.id
        shared: Activity = {"id": where, "conversationType": room.kind, "tenantId": TENANT}
        return shared if room.kind == "personal" else {**shared, "isGroup": True}

    def _channel_data(self, room: Room) -> Activity:
        data: Activity = {"tenant": {"id": TENANT}}
        if room.kind == "channel":
            data |= {
                "team": {"id": room.team, "name": TEAM_NAME, "aadGroupId": TEAM_GROUP},
                "channel": {"id": room.id},
                "teamsTeamId": room.team,
                "teamsChannelId": room.id,
            }
        return data


def invoke(activity: Activity, name: str, value: Mapping[str, Any], reply_to: str | None = None) -> Activity:
    """A press that waits for its answer."""
    source = {"source": {"name": "message"}, "legacy": {"replyToId": f"1:{reply_to}"}} if reply_to else {}
    extended = {**activity["channelData"], **source}
    replied = {"replyToId": reply_to} if reply_to else {}
    return activity | {"name": name, "value": dict(value), "channelData": extended, **replied}


def executed(action: Mapping[str, Any], inputs: Mapping[str, Any], trigger: str) -> Activity:
    """The value of `adaptiveCard/action`: the card's data with what was typed."""
    data = {**_data(action), **inputs}
    kept = {name: action[name] for name in ("id", "title", "verb") if name in action}
    return {"action": {"type": "Action.Execute", **kept, "data": data}, "trigger": trigger}


def submitted(action: Mapping[str, Any], inputs: Mapping[str, Any]) -> Activity:
    """The value of what an Action.Submit sends as a message."""
    return {**_data(action), **inputs}


def task(action: Mapping[str, Any], inputs: Mapping[str, Any]) -> Activity:
    """The value of `task/fetch` and `task/submit`."""
    return {"data": {**_data(action), **inputs}, "context": {"theme": "default"}}


def about(identity: str, root: str | None, text: str, author: Human | None) -> Activity:
    """The message on which an action was chosen
    (.../messaging-extensions/how-to/action-commands/respond-to-task-module-submit)."""
    paragraph = f"<p>{html.escape(text).replace(chr(10), '<br>')}</p>"
    user = {"userIdentityType": "aadUser", "id": author.aad, "displayName": author.name} if author else None
    sender = {"user": user} if user else {"application": {"id": "app", "displayName": BOT_NAME}}
    return {
        "commandId": "ask",
        "commandContext": "message",
        "messagePayload": {
            "id": identity, "replyToId": root, "messageType": "message", "importance": "normal", "subject": None,
            "linkToMessage": f"https://teams.microsoft.com/l/message/{identity}", "from": sender,
            "body": {"contentType": "html", "content": paragraph}, "attachments": [], "mentions": [], "reactions": [],
        },
    }  # fmt: skip


def installed(activity: Activity, action: str) -> Activity:
    """The bot was installed or removed."""
    settings = {"settings": {"selectedChannel": {"id": activity["conversation"]["id"]}}}
    return activity | {"action": action, "channelData": {**activity["channelData"], **settings}}


def bot_members(activity: Activity, bot: str, action: str) -> Activity:
    """The bot became a member of the conversation, or is none any more."""
    name, event = ("membersAdded", "teamMemberAdded") if action == "add" else ("membersRemoved", "teamMemberRemoved")
    return activity | {name: [{"id": bot}], "channelData": {**activity["channelData"], "eventType": event}}


def channel_event(activity: Activity, event: str, room: Room) -> Activity:
    """Something happened to a channel or its team; the conversation is the team's."""
    data = {**activity["channelData"], "eventType": event, "channel": {"id": room.id, "name": room.name}}
    return activity | {"channelData": data, "conversation": {**activity["conversation"], "id": room.team}}


def _mention(identity: str, name: str) -> Activity:
    return {"type": "mention", "text": f"<at>{name}</at>", "mentioned": {"id": identity, "name": name}}


def _data(action: Mapping[str, Any]) -> Mapping[str, Any]:
    data = action.get("data") or {}
    return data if isinstance(data, Mapping) else {"data": data}


def _stamp(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"
