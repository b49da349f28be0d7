"""How Slack writes people, channels, messages and views as JSON."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.sandbox.people import Channel, Person, UserGroup
from bot.sandbox.views import View
from bot.sandbox.workspace import Message, Workspace

ELSEWHERE = "T0ELSEWHERE"


def team_of(workspace: Workspace, person: Person) -> str:
    """The workspace a person belongs to; a stranger's is another one (Slack Connect)."""
    return ELSEWHERE if person.is_stranger else workspace.seed.team_id


def _offset(tz: str, now: datetime) -> int:
    try:
        shift = now.astimezone(ZoneInfo(tz)).utcoffset()
    except (ZoneInfoNotFoundError, ValueError):
        return 0
    return int(shift.total_seconds()) if shift else 0


def person_json(workspace: Workspace, person: Person, *, email: bool) -> dict[str, Any]:
    """https://docs.slack.dev/reference/objects/user-object."""
    profile = {"real_name": person.real_name, "display_name": person.name, "team": team_of(workspace, person)}
    if email and person.email:
        profile["email"] = person.email
    if person.is_bot:
        installation = workspace.seed.installation
        profile |= {"bot_id": installation.bot_id, "api_app_id": installation.app_id}
    return {
        "id": person.id,
        "team_id": team_of(workspace, person),
        "name": person.name,
        "real_name": person.real_name,
        "deleted": person.deleted,
        "tz": person.tz,
        "tz_label": person.tz,
        "tz_offset": _offset(person.tz, workspace.now()),
        "profile": profile,
        "is_admin": False,
        "is_owner": False,
        "is_bot": person.is_bot,
        "is_app_user": False,
        "is_restricted": person.is_restricted,
        "is_ultra_restricted": person.is_ultra_restricted,
        "is_stranger": person.is_stranger,
        "updated": 0,
    }


def group_json(workspace: Workspace, group: UserGroup, *, with_people: bool) -> dict[str, Any]:
    """https://docs.slack.dev/reference/objects/usergroup-object."""
    shape: dict[str, Any] = {
        "id": group.id,
        "team_id": workspace.seed.team_id,
        "is_usergroup": True,
        "name": group.name or group.handle,
        "handle": group.handle,
        "description": "",
        "user_count": len(group.members),
        "date_delete": 0,
    }
    return shape | {"users": list(group.members)} if with_people else shape


def channel_json(channel: Channel, bot_id: str) -> dict[str, Any]:
    """https://docs.slack.dev/reference/objects/conversation-object."""
    shape: dict[str, Any] = {
        "id": channel.id,
        "is_archived": channel.is_archived,
        "is_channel": not channel.is_private and channel.im_with is None,
        "is_group": channel.is_private,
        "is_im": channel.im_with is not None,
        "is_mpim": False,
        "is_private": channel.is_private or channel.im_with is not None,
    }
    if channel.im_with is not None:
        return shape | {"user": channel.im_with}
    return shape | {
        "name": channel.name,
        "name_normalized": channel.name,
        "is_general": False,
        "is_shared": False,
        "is_ext_shared": False,
        "is_member": bot_id in channel.members,
        "topic": {"value": "", "creator": "", "last_set": 0},
        "purpose": {"value": channel.purpose, "creator": "", "last_set": 0},
        "num_members": len(channel.members),
    }


def message_json(workspace: Workspace, message: Message) -> dict[str, Any]:
    """https://docs.slack.dev/reference/events/message."""
    installation = workspace.seed.installation
    shape: dict[str, Any] = {
        "type": "message",
        "user": message.user,
        "ts": message.ts,
        "text": message.text,
        "team": workspace.seed.team_id,
    }
    if message.bot:
        profile = {"id": installation.bot_id, "app_id": installation.app_id, "name": installation.bot.real_name}
        shape |= {"bot_id": installation.bot_id, "app_id": installation.app_id, "bot_profile": profile}
    given = {
        "thread_ts": message.thread_ts,
        "blocks": [*message.blocks],
        "attachments": [*message.attachments],
        "files": [*message.files],
        "metadata": message.metadata,
        "subtype": "thread_broadcast" if message.broadcast else None,
        "edited": {"user": message.user, "ts": message.edited} if message.edited else None,
        "reactions": [{"name": k, "users": [*v], "count": len(v)} for k, v in message.reactions.items()],
        "is_ephemeral": message.to is not None,
    }
    return shape | {name: value for name, value in given.items() if value} | _thread(workspace, message)


def _thread(workspace: Workspace, message: Message) -> dict[str, Any]:
    replies = () if message.is_reply else workspace.replies(message.channel, message.ts)
    if not replies:
        return {}
    people = list(dict.fromkeys(each.user for each in replies))
    return {
        "thread_ts": message.ts,
        "reply_count": len(replies),
        "reply_users": people,
        "reply_users_count": len(people),
        "latest_reply": replies[-1].ts,
    }


def view_json(workspace: Workspace, view: View) -> dict[str, Any]:
    """https://docs.slack.dev/reference/views."""
    body: Mapping[str, Any] = view.body
    installation = workspace.seed.installation
    return {
        "id": view.id,
        "team_id": workspace.seed.team_id,
        "type": body["type"],
        "blocks": [*view.blocks],
        "private_metadata": body.get("private_metadata", ""),
        "callback_id": body.get("callback_id", ""),
        "state": {"values": {block: dict(actions) for block, actions in view.state.items()}},
        "hash": view.hash,
        "title": body.get("title") or {"type": "plain_text", "text": "View Title", "emoji": True},
        "clear_on_close": bool(body.get("clear_on_close")),
        "notify_on_close": bool(body.get("notify_on_close")),
        "close": body.get("close"),
        "submit": body.get("submit"),
        "previous_view_id": view.previous_id,
        "root_view_id": view.root_id,
        "app_id": installation.app_id,
        "external_id": body.get("external_id", ""),
        "app_installed_team_id": workspace.seed.team_id,
        "bot_id": installation.bot_id,
    }
