"""The Slack app manifest: what the app is, listens to and may do (https://docs.slack.dev/reference/app-manifest).

`manifest.json` at the root of the project is this one for Socket Mode; the one for HTTP differs only in settings and URLs.
"""

from typing import Any
from urllib.parse import urlsplit

from bot.cards.said import ABOUT
from bot.slack.channels import EVENTS
from bot.slack.events import PATH
from bot.slack.names import ASK, COMMAND, MENTION

Manifest = dict[str, Any]

# Each scope of the bot's token, and what Signoff cannot do without it.
SCOPES = {
    "app_mentions:read": "hear @Signoff in channels",
    "channels:history": "find a card again that Slack took just before Signoff was killed, so that no second one is posted",
    "channels:read": "check that it is in the channel where cards go, and hear when that is archived",
    "chat:write": "post cards, keep them up to date and answer people",
    "commands": f"offer the {COMMAND} command",
    "groups:history": "find such a card again in a private channel",
    "groups:read": "check that it is in a private channel where cards go, and hear when that is archived",
    "im:write": "tell somebody something in a direct message",
    "usergroups:read": "find the reviewers that a policy names by user group",
    "users:read": "see whether somebody who clicks is a member of the workspace",
    "users:read.email": "find the reviewers that a policy names by e-mail address",
}

# Those of them that whoever installs the app may leave out (https://docs.slack.dev/changelog/2026/03/16/optional-scopes).
OPTIONAL = ("channels:history", "groups:history")


class BadUrl(ValueError):
    """A public URL that Slack would not take."""


def manifest(url: str | None = None) -> Manifest:
    """The manifest for Socket Mode, or for HTTP at the public `url` (`https://signoff.example.com`). Raises `BadUrl`."""
    command = {"command": COMMAND, "description": "Run an agent, see what waits for approval", "should_escape": False}
    command["usage_hint"] = (
        "run AGENT TEXT | list | show ID | cancel ID | delegate @NAME until DAY | policy explain ACTION NAME=VALUE | help"
    )
    shortcut = {"name": "Ask an agent", "type": "message", "callback_id": ASK}
    shortcut["description"] = "Have an agent work on this message"
    events = _events_url(url)
    at = {"url": events} if events else {}
    request_url = {"request_url": events} if events else {}
    return {
        "_metadata": {"major_version": 2, "minor_version": 1},
        "display_information": {
            "name": "Signoff",
            "description": "A human signature between AI agents and the world.",
            "long_description": ABOUT,
            "background_color": "#1f2a44",
        },
        "features": {
            "app_home": {
                "home_tab_enabled": False,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": True,
            },
            "bot_user": {"display_name": "Signoff", "always_online": True},
            "shortcuts": [shortcut],
            "slash_commands": [command | at],
        },
        "oauth_config": {"scopes": {"bot": list(SCOPES), "bot_optional": list(OPTIONAL)}},
        "settings": {
            "event_subscriptions": {"bot_events": [MENTION, *EVENTS]} | request_url,
            "interactivity": {"is_enabled": True} | request_url,
            "org_deploy_enabled": False,
            "socket_mode_enabled": not events,
            "token_rotation_enabled": False,
        },
    }


def _events_url(url: str | None) -> str | None:
    if url is None:
        return None
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname or parts.query or parts.fragment:
        raise BadUrl(f"{url!r} is no address that Slack can reach: give one like https://signoff.example.com.")
    return url.rstrip("/") + PATH
