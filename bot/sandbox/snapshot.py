"""Everything one person sees, as the page's JSON. Pure: state in, document out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.sandbox.acknowledgement import SLACKBOT
from bot.sandbox.call import Slack
from bot.sandbox.people import Channel, Person
from bot.sandbox.views import View
from bot.sandbox.workspace import Mark, Message, Workspace

Json = Mapping[str, Any]


@dataclass(frozen=True)
class Clock:
    """The workspace's time and how far it was moved; `can_advance` where somebody can move it further."""

    now: datetime
    offset_seconds: int
    can_advance: bool


@dataclass(frozen=True)
class Surroundings:
    """What the page shows beside the workspace."""

    connected: bool
    samples: Sequence[Json]
    panels: Sequence[Json]
    clock: Clock


def snapshot(slack: Slack, me: str, surroundings: Surroundings) -> dict[str, Any]:
    """The page's whole document for the person `me`."""
    workspace = slack.workspace
    channels = tuple(workspace.channels_of(me))
    view, home = slack.views.top_of(me), slack.views.home_of(me)
    clock = surroundings.clock
    return {
        "team": {"id": workspace.seed.team_id, "name": workspace.seed.team_name},
        "me": me,
        "people": [*map(_person, workspace.people.values()), _slackbot()],
        "channels": [_channel(workspace, each, me) for each in channels],
        "messages": {each.id: _messages(workspace, each, me) for each in channels},
        "view": _view(view, slack.views.depth_of(me)) if view else None,
        "home": {"id": home.id, "blocks": home.blocks, "notice": home.notice} if home else None,
        "connected": surroundings.connected,
        "samples": list(surroundings.samples),
        "panels": list(surroundings.panels),
        "clock": {
            "now": clock.now.isoformat(),
            "offset_seconds": clock.offset_seconds,
            "can_advance": clock.can_advance,
        },
        "commands": [
            {"command": each.command, "hint": each.hint, "description": each.description}
            for each in workspace.seed.installation.commands
        ],
        "shortcuts": [
            {"callback_id": each.callback_id, "name": each.name} for each in workspace.seed.installation.shortcuts
        ],
    }


def _person(person: Person) -> dict[str, Any]:
    return {
        "id": person.id,
        "name": person.name,
        "real_name": person.real_name,
        "email": person.email,
        "role": person.role,
        "is_bot": person.is_bot,
        "is_guest": person.is_guest,
    }


def _slackbot() -> dict[str, Any]:
    return _person(Person(SLACKBOT, "slackbot", "Slackbot", is_bot=True))


def _channel(workspace: Workspace, channel: Channel, me: str) -> dict[str, Any]:
    is_im = channel.im_with is not None
    return {
        "id": channel.id,
        "name": workspace.bot.real_name if is_im else channel.name,
        "purpose": channel.purpose,
        "is_im": is_im,
        "is_member": me in channel.members,
    }


def _messages(workspace: Workspace, channel: Channel, me: str) -> list[dict[str, Any]]:
    everything = [each for each in workspace.messages(channel.id) if each.to in {None, me}]
    threads: dict[str, list[Message]] = {}
    for each in everything:
        if each.is_reply and each.thread_ts and each.to is None:
            threads.setdefault(each.thread_ts, []).append(each)
    return [_message(workspace, each, me, threads.get(each.ts, [])) for each in everything]


def _message(workspace: Workspace, message: Message, me: str, replies: Sequence[Message]) -> dict[str, Any]:
    mark = workspace.marks.get((me, message.channel, message.ts), Mark())
    return {
        "ts": message.ts,
        "thread_ts": message.thread_ts,
        "user": message.user,
        "bot": message.bot,
        "text": message.text,
        "blocks": message.blocks,
        "edited": message.edited is not None,
        "ephemeral": message.to is not None,
        "broadcast": message.broadcast,
        "reply_count": len(replies),
        "reply_users": list(dict.fromkeys(each.user for each in replies)),
        "last_reply": replies[-1].ts if replies else None,
        "reactions": [{"name": name, "count": len(people)} for name, people in message.reactions.items()],
        "warning": mark.warning,
        "pending": mark.pending,
        "files": [{**each, "url": each["url_private"]} for each in message.files],
    }


def _view(view: View, depth: int) -> dict[str, Any]:
    return {
        "id": view.id,
        "type": view.body["type"],
        "title": view.body.get("title"),
        "submit": view.body.get("submit"),
        "close": view.body.get("close"),
        "blocks": view.blocks,
        "state": view.state,
        "errors": view.errors,
        "notice": view.notice,
        "pending": view.pending,
        "stack": depth,
    }
