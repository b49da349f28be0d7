"""The manifest says exactly what the code listens to and calls."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

import bot.slack
from bot.flow.pace import Pace
from bot.sandbox.people import Installation
from bot.sandbox.web_api import METHODS
from bot.slack import names
from bot.slack.channels import EVENTS, hear
from bot.slack.listeners import register
from bot.slack.manifest import OPTIONAL, SCOPES, BadUrl, manifest
from tests.fakes.desk import FakeDesk

ROOT = Path(__file__).parents[3]
SOURCES = [path.read_text() for path in Path(str(bot.slack.__file__)).parent.glob("*.py")]

# What no method asks for: commands and mentions are listened to, and the address is a field of users.info.
BEYOND_METHODS = {"app_mentions:read", "commands", "users:read.email"}
# Scopes of the app-level token, and those that a method takes instead of one that Signoff has.
NOT_OURS = {"connections:write", "im:history", "im:read", "mpim:read"}


def test_the_shipped_manifest_is_the_one_for_socket_mode() -> None:
    assert json.loads((ROOT / "manifest.json").read_text()) == manifest()


def test_the_http_manifest_differs_only_in_settings_and_addresses() -> None:
    url = "https://signoff.example.com/slack/events"
    http = manifest("https://signoff.example.com/")
    assert http["settings"]["interactivity"].pop("request_url") == url
    assert http["features"]["slash_commands"][0].pop("url") == url
    assert http["settings"]["event_subscriptions"].pop("request_url") == url
    assert http["settings"].pop("socket_mode_enabled") is False
    socket = manifest()
    assert socket["settings"].pop("socket_mode_enabled") is True
    assert http == socket


@pytest.mark.parametrize(
    "url", ["http://signoff.example.com", "signoff.example.com", "https://", "https://a.example/?x=1", ""]
)
def test_an_address_that_slack_cannot_reach_is_refused(url: str) -> None:
    with pytest.raises(BadUrl, match=r"https://signoff\.example\.com"):
        manifest(url)


def test_lengths_are_within_the_schema() -> None:
    shown = manifest()["display_information"]
    assert len(shown["name"]) <= 35
    assert len(shown["description"]) <= 140
    assert 175 <= len(shown["long_description"]) <= 4_000
    command = manifest()["features"]["slash_commands"][0]
    assert len(command["command"]) <= 32
    assert len(command["usage_hint"]) <= 1_000
    assert len(manifest()["features"]["bot_user"]["display_name"]) <= 80


def test_the_shortcut_is_what_the_code_listens_to_and_within_the_schema() -> None:
    [shortcut] = manifest()["features"]["shortcuts"]
    assert (shortcut["type"], {shortcut["callback_id"]}) == ("message", registered()["shortcuts"])
    [offered] = Installation().shortcuts
    assert (shortcut["callback_id"], shortcut["name"]) == (offered.callback_id, offered.name)
    assert len(shortcut["name"]) <= 24
    assert len(shortcut["description"]) <= 150
    assert len(shortcut["callback_id"]) <= 255


def called() -> set[str]:
    """The Web API methods that the code of the surface calls."""
    calls = {name for source in SOURCES for name in re.findall(r"client\.([a-z]+(?:_[a-zA-Z]+)+)\b", source)}
    return {name for name in calls if callable(getattr(AsyncWebClient, name, None))}


def test_every_scope_is_needed_and_none_is_missing() -> None:
    methods = {name.replace("_", "."): name for name in called()}
    assert {"chat.postMessage", "users.info", "usergroups.users.list"} <= set(methods)
    needed = {scope for method in methods for scope in METHODS[method].scopes}
    assert (needed - NOT_OURS) | BEYOND_METHODS == set(SCOPES)


def test_what_may_be_left_out_is_among_the_scopes() -> None:
    assert manifest()["oauth_config"]["scopes"]["bot_optional"] == [*OPTIONAL]
    assert set(OPTIONAL) < set(SCOPES)


def test_the_command_and_interactivity_are_what_the_code_listens_to() -> None:
    shown = manifest()
    assert {command["command"] for command in shown["features"]["slash_commands"]} == registered()["commands"]
    assert shown["settings"]["interactivity"]["is_enabled"] is bool(registered()["actions"])
    assert set(shown["settings"]["event_subscriptions"]["bot_events"]) == registered()["events"]
    assert set(Installation().events) >= registered()["events"]
    assert not any("app.message(" in source for source in SOURCES)


def test_every_name_is_listened_to() -> None:
    assert registered() == {
        "commands": {names.COMMAND},
        "actions": {names.APPROVE, names.EDIT, names.REJECT, names.READ, names.PREVIOUS, names.NEXT},
        "dialogs": {names.EDIT_FORM, names.REJECT_FORM, names.REVIEW, names.ASK_FORM},
        "shortcuts": {names.ASK},
        "events": {names.MENTION, *EVENTS},
    }


class Ear:
    """Hears what is registered, in the place of Bolt's app."""

    def __init__(self) -> None:
        kinds = ("commands", "actions", "dialogs", "shortcuts", "events")
        self.heard: dict[str, set[str]] = {kind: set() for kind in kinds}

    def command(self, name: str) -> Callable[[object], None]:
        return self._hear("commands", name)

    def action(self, name: str) -> Callable[[object], None]:
        return self._hear("actions", name)

    def view(self, name: str) -> Callable[[object], None]:
        return self._hear("dialogs", name)

    def message_shortcut(self, name: str) -> Callable[[object], None]:
        return self._hear("shortcuts", name)

    def event(self, name: str, middleware: object = None) -> Callable[[object], None]:
        return self._hear("events", name)

    def _hear(self, kind: str, name: str) -> Callable[[object], None]:
        self.heard[kind].add(name)
        return lambda listener: None


def registered() -> dict[str, set[str]]:
    """What Bolt is to listen to."""
    ear: Any = Ear()
    nowhere: Any = None
    register(ear, FakeDesk(), nowhere, Pace(1))
    hear(ear, FakeDesk(), Pace(1))
    return dict(ear.heard)
