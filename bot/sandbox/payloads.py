"""The payloads an app receives, in Slack's shapes.

https://docs.slack.dev/interactivity/implementing-slash-commands, .../reference/interaction-payloads,
.../apis/events-api
"""

from collections.abc import Mapping
from typing import Any

from bot.sandbox.people import Channel, Person
from bot.sandbox.shapes import message_json, team_of, view_json
from bot.sandbox.views import View
from bot.sandbox.workspace import Message, Workspace

Payload = dict[str, Any]
# The verification token Slack still sends beside the signature; an app must not rely on it.
VERIFICATION = "sandbox-verification-token"


def _who(workspace: Workspace, person: Person) -> Payload:
    return {"id": person.id, "username": person.name, "name": person.name, "team_id": team_of(workspace, person)}


def _interaction(workspace: Workspace, kind: str, person: Person) -> Payload:
    seed = workspace.seed
    return {
        "type": kind,
        "user": _who(workspace, person),
        "api_app_id": seed.installation.app_id,
        "token": VERIFICATION,
        "team": {"id": seed.team_id, "domain": seed.team_domain},
        "enterprise": None,
        "is_enterprise_install": False,
    }


def _name(channel: Channel) -> str:
    return "directmessage" if channel.im_with else channel.name


def command(
    workspace: Workspace, person: Person, channel: Channel, words: tuple[str, str], trigger_id: str, response_url: str
) -> Payload:
    """A slash command; `words` are the command and everything after it. All values are strings, as in a form."""
    seed = workspace.seed
    return {
        "token": VERIFICATION,
        "team_id": seed.team_id,
        "team_domain": seed.team_domain,
        "channel_id": channel.id,
        "channel_name": _name(channel),
        "user_id": person.id,
        "user_name": person.name,
        "command": words[0],
        "text": words[1],
        "api_app_id": seed.installation.app_id,
        "is_enterprise_install": "false",
        "response_url": response_url,
        "trigger_id": trigger_id,
    }


def message_action(
    workspace: Workspace, person: Person, message: Message, action: Payload, trigger_id: str, response_url: str
) -> Payload:
    """Something clicked in a message. Of an ephemeral message Slack sends the place but not the content."""
    channel = workspace.channels[message.channel]
    payload = _interaction(workspace, "block_actions", person) | {
        "container": {
            "type": "message",
            "message_ts": message.ts,
            "channel_id": channel.id,
            "is_ephemeral": message.to is not None,
        },
        "trigger_id": trigger_id,
        "channel": {"id": channel.id, "name": _name(channel)},
        "state": {"values": {}},
        "response_url": response_url,
        "actions": [action],
    }
    if message.thread_ts:
        payload["container"]["thread_ts"] = message.thread_ts
    return payload if message.to is not None else payload | {"message": message_json(workspace, message)}


def view_action(workspace: Workspace, person: Person, view: View, action: Payload, trigger_id: str) -> Payload:
    """Something clicked in a modal or home tab."""
    shape = view_json(workspace, view)
    return _interaction(workspace, "block_actions", person) | {
        "container": {"type": "view", "view_id": view.id},
        "trigger_id": trigger_id,
        "view": shape,
        "state": shape["state"],
        "actions": [action],
    }


def view_submission(workspace: Workspace, person: Person, view: View, trigger_id: str) -> Payload:
    """A modal submitted."""
    return _interaction(workspace, "view_submission", person) | {
        "trigger_id": trigger_id,
        "view": view_json(workspace, view),
        "response_urls": [],
    }


def view_closed(workspace: Workspace, person: Person, view: View, *, is_cleared: bool) -> Payload:
    """A modal dismissed."""
    return _interaction(workspace, "view_closed", person) | {
        "view": view_json(workspace, view),
        "is_cleared": is_cleared,
    }


def shortcut(workspace: Workspace, person: Person, callback_id: str, action_ts: str, trigger_id: str) -> Payload:
    """A global shortcut."""
    return _interaction(workspace, "shortcut", person) | {
        "callback_id": callback_id,
        "action_ts": action_ts,
        "trigger_id": trigger_id,
    }


def message_shortcut(
    workspace: Workspace, person: Person, message: Message, callback_id: str, trigger_id: str, response_url: str
) -> Payload:
    """A shortcut on a message."""
    channel = workspace.channels[message.channel]
    return _interaction(workspace, "message_action", person) | {
        "callback_id": callback_id,
        "action_ts": workspace.new_ts(),
        "trigger_id": trigger_id,
        "response_url": response_url,
        "message_ts": message.ts,
        "channel": {"id": channel.id, "name": _name(channel)},
        "message": message_json(workspace, message),
    }


def event(workspace: Workspace, body: Mapping[str, Any]) -> Payload:
    """An event of the Events API around its `body`, with an id of its own."""
    seed = workspace.seed
    authorization = {
        "enterprise_id": None,
        "team_id": seed.team_id,
        "user_id": seed.installation.bot.id,
        "is_bot": True,
        "is_enterprise_install": False,
    }
    return {
        "token": VERIFICATION,
        "team_id": seed.team_id,
        "api_app_id": seed.installation.app_id,
        "event": {**body, "event_ts": body.get("event_ts") or workspace.new_ts()},
        "type": "event_callback",
        "event_id": workspace.new_id("Ev"),
        "event_time": int(workspace.now().timestamp()),
        "authorizations": [authorization],
        "is_ext_shared_channel": False,
    }
