"""The app package: what Teams takes, and nothing that is not ours."""

import io
import json
import struct
import zipfile
from dataclasses import replace

import pytest

from bot.flow.commands import VERBS
from bot.teams import limits
from bot.teams.package import ASK, App, BadPackage, manifest, package

APP = App("9f3c0c1e-6f55-4a7b-8f0e-2f6d9f7f1a11")


def opened(app: App = APP) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(package(app))) as zipped:
        return {name: zipped.read(name) for name in zipped.namelist()}


def test_it_holds_the_manifest_and_two_icons_at_its_root() -> None:
    assert list(opened()) == ["manifest.json", "color.png", "outline.png"]
    assert json.loads(opened()["manifest.json"]) == manifest(APP)


def test_equal_apps_make_equal_packages_and_keep_their_identity() -> None:
    assert package(APP) == package(APP)
    assert manifest(replace(APP, id=APP.id.upper()))["id"] == manifest(APP)["id"] != APP.id
    assert manifest(replace(APP, id="9f3c0c1e-6f55-4a7b-8f0e-2f6d9f7f1a12"))["id"] != manifest(APP)["id"]


@pytest.mark.parametrize(("name", "side"), [("color.png", 192), ("outline.png", 32)])
def test_the_icons_are_as_large_as_teams_wants_them(name: str, side: int) -> None:
    content = opened()[name]
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", content[16:24]) == (side, side)


def test_the_outline_is_white_on_nothing() -> None:
    kind = opened()["outline.png"][25]
    assert kind == 6, "colours with transparency (https://www.w3.org/TR/png-3/#11IHDR)"


def test_teams_suggests_every_command_there_is() -> None:
    lists = manifest(APP)["bots"][0]["commandLists"]
    assert [each["scopes"] for each in lists] == [["personal"], ["team"], ["groupChat"]]
    assert len(lists) <= limits.COMMAND_LISTS
    commands = lists[0]
    assert all(each["commands"] == commands["commands"] for each in lists)
    assert [each["title"] for each in commands["commands"]] == list(VERBS)
    assert len(commands["commands"]) <= limits.COMMANDS
    assert all(len(each["title"]) <= limits.COMMAND_TITLE for each in commands["commands"])
    assert all(0 < len(each["description"]) <= limits.COMMAND_DESCRIPTION for each in commands["commands"])


def test_it_offers_one_action_on_messages_within_teams_limits() -> None:
    [extension] = manifest(APP)["composeExtensions"]
    [command] = extension["commands"]
    assert (extension["botId"], command["id"], command["type"]) == (APP.id, ASK, "action")
    assert (command["context"], command["fetchTask"]) == (["message"], True)
    assert len(command["title"]) <= limits.COMMAND_TITLE
    assert len(command["description"]) <= limits.COMMAND_DESCRIPTION


def test_texts_keep_teams_limits() -> None:
    made = manifest(replace(APP, name="S" * limits.APP_NAME))
    assert len(made["name"]["full"]) <= limits.APP_FULL_NAME
    assert len(made["description"]["short"]) <= limits.APP_SHORT
    assert len(made["description"]["full"]) <= limits.APP_FULL
    assert limits.MANIFEST in made["$schema"]


def test_it_asks_for_no_more_than_it_needs() -> None:
    made = manifest(APP)
    assert made["validDomains"] == []
    assert made["permissions"] == ["identity", "messageTeamMembers"]
    assert made["bots"][0]["botId"] == APP.id


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("id", "signoff", "no app id"),
        ("id", "", "no app id"),
        ("id", "9f3c0c1e6f554a7b8f0e2f6d9f7f1a11", "no app id"),
        ("id", "{9f3c0c1e-6f55-4a7b-8f0e-2f6d9f7f1a11}", "no app id"),
        ("id", "9f3c0c1e-6f55-4a7b-8f0e-2f6d9f7f1a11\n", "no app id"),
        ("name", "", "no name"),
        ("name", "  ", "no name"),
        ("name", "Sign\noff", "no name"),
        ("name", "S" * 31, "31 characters"),
        ("website", "http://example.com", "no website"),
        ("website", "javascript:alert(1)", "no website"),
        ("website", "https://" + "a" * 2048 + ".example", "no website"),
    ],
)
def test_what_teams_would_refuse_is_said_here(field: str, value: str, told: str) -> None:
    with pytest.raises(BadPackage, match=told):
        package(replace(APP, **{field: value}))
