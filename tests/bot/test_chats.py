"""The settings say which platforms a deployment is on, and what cannot work is said before it starts."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.app import Replica, assembled, at_hand, systems_of
from bot.flow.surface import SurfaceError
from bot.settings import Settings
from storage.sql.schema import upgrade
from tests.bot.teams.authority import TENANT, activity

LOCAL = {"teams_insecure_local": True, "teams_tenant": TENANT}
TEAMS = {"teams_app_id": "app", "teams_app_password": "secret", "teams_tenant": TENANT}
CHANNEL = "teams:19:x@thread.tacv2"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory with a database and no settings."""
    monkeypatch.chdir(tmp_path)
    upgrade(f"sqlite:///{tmp_path / 'signoff.db'}")
    return tmp_path


def settings(here: Path, **given: Any) -> Settings:
    places = {"database_url": f"sqlite:///{here / 'signoff.db'}", "signing_key_file": here / "key", "port": 0}
    return Settings.model_validate(places | {"audit_anchors": here / "anchors"} | given)


@asynccontextmanager
async def running(chosen: Settings) -> AsyncIterator[Replica]:
    systems = systems_of(chosen)
    try:
        async with assembled(chosen, systems) as replica:
            yield replica
    finally:
        systems.close()


async def test_teams_alone_is_enough(here: Path) -> None:
    async with running(settings(here, **LOCAL, channel=CHANNEL)) as replica:
        assert list(replica.signoff.surfaces) == ["teams"]
        assert replica.signoff.homes == {"teams": TENANT}
        fallback = replica.signoff.fallback_place
        assert fallback is not None
        assert fallback.where == ("teams", TENANT, "19:x@thread.tacv2")


async def test_what_teams_sends_is_taken_where_it_is_sent(here: Path) -> None:
    async with running(settings(here, **LOCAL)) as replica, aiohttp.ClientSession() as session:
        sent = {"json": activity(type="typing", serviceUrl="http://127.0.0.1:9/", id="1")}
        for body, status in ((sent, 202), (sent, 401), ({"json": activity(id="2")}, 401), ({"data": b"x"}, 400)):
            async with session.post(f"{replica.web}/teams/messages", **body) as answer:
                assert answer.status == status


async def test_a_worker_takes_nothing(here: Path) -> None:
    chosen = settings(here, **LOCAL)
    systems = systems_of(chosen)
    async with (
        assembled(chosen, systems, role="worker") as replica,
        aiohttp.ClientSession() as session,
        session.post(f"{replica.web}/teams/messages", json={}) as answer,
    ):
        assert answer.status == 404
    systems.close()


async def test_mcp_servers_that_do_not_answer_keep_nobody_from_starting(here: Path) -> None:
    (here / "mcp.yaml").write_text(
        "servers: {away: {command: /nowhere}, unset: {url: 'http://127.0.0.1:9/mcp', headers: {Authorization: NOT_SET}},"
        " silent: {command: sleep, args: ['60']}}"
    )
    chosen = settings(here, **LOCAL, channel=CHANNEL, mcp=here / "mcp.yaml")
    async with asyncio.timeout(12), running(chosen) as replica:
        assert list(replica.signoff.surfaces) == ["teams"]


UNUSABLE: dict[str, tuple[dict[str, Any], str]] = {
    "no platform": ({}, "No chat is connected"),
    "half of Slack": ({"slack_app_token": "xapp-1"}, "Slack is only half set"),
    "Slack that nobody can reach": ({"slack_bot_token": "xoxb-1"}, "Nothing could reach"),
    "Teams without an app": ({"teams_app_password": "secret", "teams_tenant": TENANT}, "SIGNOFF_TEAMS_APP_ID"),
    "Teams without a tenant": ({"teams_app_id": "app", "teams_app_password": "secret"}, "SIGNOFF_TEAMS_TENANT"),
    "Teams without a secret": ({"teams_app_id": "app", "teams_tenant": TENANT}, "SIGNOFF_TEAMS_APP_PASSWORD"),
    "everybody let in from everywhere": (LOCAL | {"host": "::"}, "SIGNOFF_HOST has to be 127.0.0.1"),
    "everybody let in by name": (LOCAL | {"host": "signoff.example.com"}, "SIGNOFF_HOST has to be 127.0.0.1"),
    "a channel elsewhere": (LOCAL | {"channel": "slack:C1"}, "SIGNOFF_CHANNEL"),
}


@pytest.mark.parametrize(("given", "said"), UNUSABLE.values(), ids=UNUSABLE)
async def test_what_cannot_work_is_said_before_it_starts(here: Path, given: dict[str, Any], said: str) -> None:
    with pytest.raises(SurfaceError, match=said):
        async with running(settings(here, **given)):
            pass


async def test_a_command_at_a_terminal_needs_no_chat(here: Path) -> None:
    for given, names in (({}, []), (TEAMS, ["teams"])):
        chosen = settings(here, **given, signing_key="MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=")
        systems = systems_of(chosen)
        async with at_hand(chosen, systems) as signoff:
            assert list(signoff.surfaces) == names
        systems.close()


def test_teams_secrets_are_never_shown(here: Path) -> None:
    assert "secret" not in repr(settings(here, **TEAMS).teams_app_password)


def test_ids_of_microsoft_are_kept_as_microsoft_sends_them(here: Path) -> None:
    chosen = settings(here, teams_tenants="A-1, b,", teams_tenant=" AB-c ", teams_app_id="F0")
    assert (chosen.teams_tenants, chosen.teams_tenant, chosen.teams_app_id) == (("a-1", "b"), "ab-c", "f0")
