"""Who is who: people as the workspace knows them now, groups for up to a minute."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from itertools import count

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.flow.surface import Standing, SurfaceError
from bot.sandbox.people import Person as Someone
from bot.sandbox.server import Sandbox
from bot.slack.directory import GROUP_SECONDS, Directory, Workspace, _standing, key_of
from tests.bot.slack.conftest import BOT, GONE, MIA, NOAH, OTHER, TEAM, ZOE


class Clock:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def directory(sandbox: Sandbox, clock: Clock) -> AsyncIterator[Directory]:
    async with aiohttp.ClientSession() as session:
        yield Directory(AsyncWebClient(token=sandbox.bot_token, base_url=sandbox.api_url, session=session), clock)


async def test_the_workspace_is_asked_once(sandbox: Sandbox, directory: Directory) -> None:
    assert await directory.workspace() == await directory.workspace() == Workspace(TEAM, BOT, "signoff")
    assert [call.method for call in sandbox.calls].count("auth.test") == 1


@pytest.mark.parametrize(
    ("key", "standing"),
    [
        (key_of(TEAM, NOAH), "member"),
        (key_of(TEAM, ZOE), "guest"),
        (key_of(TEAM, OTHER), "stranger"),
        (key_of(TEAM, GONE), "deactivated"),
        (key_of(TEAM, BOT), "stranger"),
        (key_of(TEAM, "U0NOBODY"), "stranger"),
        (key_of("T0ELSEWHERE", NOAH), "stranger"),
    ],
)
async def test_standing(directory: Directory, key: str, standing: Standing) -> None:
    known = await directory.person(key)
    assert (known.standing, known.person.key) == (standing, key)


async def test_a_person_has_a_name_and_an_address(directory: Directory) -> None:
    person = (await directory.person(key_of(TEAM, NOAH))).person
    assert person.email == "noah@example.com"
    assert person.name in ("noah", "Noah Berg")


def test_a_member_of_another_workspace_of_the_same_grid_is_known() -> None:
    user = {"team_id": "E0GRID", "enterprise_user": {"teams": ["T1", "T2"]}}
    assert _standing(user, "T2", "T1") == "member"
    assert _standing(user, "T3", "T1") == "stranger"


@pytest.mark.parametrize(
    ("group", "members"),
    [
        ("slack:S0FINANCE", {NOAH}),
        ("slack:@finance", {NOAH}),
        ("slack:@Finance", {NOAH}),
        ("slack:S0EMPTY", set()),
        ("slack:S0NOSUCH", set()),
        ("slack:@nosuch", set()),
    ],
)
async def test_members_of_a_group(directory: Directory, group: str, members: set[str]) -> None:
    assert await directory.members(group) == {key_of(TEAM, user) for user in members}


async def test_a_group_is_remembered_for_a_minute(sandbox: Sandbox, directory: Directory, clock: Clock) -> None:
    def asked() -> int:
        return [call.method for call in sandbox.calls].count("usergroups.users.list")

    await directory.members("slack:S0FINANCE")
    clock.now = GROUP_SECONDS - 1
    await directory.members("slack:S0FINANCE")
    assert asked() == 1
    clock.now = GROUP_SECONDS
    await directory.members("slack:S0FINANCE")
    assert asked() == 2


@pytest.mark.parametrize("second", [0.0, GROUP_SECONDS - 1])
async def test_somebody_who_left_a_group_is_in_it_for_a_minute_at_most_and_never_where_it_is_asked_anew(
    sandbox: Sandbox, directory: Directory, clock: Clock, second: float
) -> None:
    group, noah = "slack:S0FINANCE", key_of(TEAM, NOAH)
    assert noah in await directory.members(group)
    sandbox.workspace.groups["S0FINANCE"] = replace(sandbox.workspace.groups["S0FINANCE"], members=(MIA,))
    clock.now = second
    assert noah in await directory.members(group)
    assert noah not in await directory.members(group, fresh=True)
    assert noah not in await directory.members(group)  # what was asked anew is what is remembered from then on


async def test_the_minute_begins_anew_only_when_slack_was_asked(
    sandbox: Sandbox, directory: Directory, clock: Clock
) -> None:
    await directory.members("slack:@finance")
    sandbox.workspace.groups["S0FINANCE"] = replace(sandbox.workspace.groups["S0FINANCE"], members=(MIA,))
    for second in range(10, 60, 10):
        clock.now = second
        assert await directory.members("slack:@finance") == {key_of(TEAM, NOAH)}
    clock.now = GROUP_SECONDS
    assert await directory.members("slack:@finance") == {key_of(TEAM, MIA)}


async def test_many_who_ask_anew_at_once_share_what_was_looked_up_after_they_asked(sandbox: Sandbox) -> None:
    ticks = count()
    async with aiohttp.ClientSession() as session:
        client = AsyncWebClient(token=sandbox.bot_token, base_url=sandbox.api_url, session=session)
        directory = Directory(client, lambda: float(next(ticks)))
        answers = await asyncio.gather(*(directory.members("slack:S0FINANCE", fresh=True) for _ in range(50)))
        asked = [call.method for call in sandbox.calls].count("usergroups.users.list")
        await directory.members("slack:S0FINANCE", fresh=True)
    assert set(answers) == {frozenset({key_of(TEAM, NOAH)})}
    assert asked <= 2
    assert [call.method for call in sandbox.calls].count("usergroups.users.list") == asked + 1


@pytest.mark.parametrize(
    ("written", "users"),
    [
        ("@noah", {NOAH}),
        ("@Noah", {NOAH}),
        ("noah", {NOAH}),
        ("@Noah Berg", {NOAH}),
        ("@noah  berg", {NOAH}),
        ("@ｎｏａｈ", {NOAH}),
        ("noah@example.com", {NOAH}),
        ("Noah@Example.com", {NOAH}),
        ("<@U0NOAH>", {NOAH}),
        ("<@U0NOAH|noah>", {NOAH}),
        ("@gone", {GONE}),
        ("@nobody", set()),
        ("@noa", set()),
        ("nobody@example.com", set()),
        ("gone@example.com", set()),
        ("@", set()),
        ("", set()),
    ],
)
async def test_people_are_found_as_they_are_written(directory: Directory, written: str, users: set[str]) -> None:
    assert await directory.find(written) == {key_of(TEAM, user) for user in users}


async def test_everybody_who_is_called_the_same_is_found(sandbox: Sandbox, directory: Directory) -> None:
    imitator = Someone("U0FAKE", "fake", "NOAH BERG", "fake@example.com")
    sandbox.workspace.people["U0FAKE"] = imitator
    assert await directory.find("@Noah Berg") == {key_of(TEAM, NOAH), key_of(TEAM, "U0FAKE")}
    sandbox.workspace.people["U0FAKE"] = replace(imitator, deleted=True)
    assert await directory.find("@Noah Berg") == {key_of(TEAM, NOAH)}


async def test_a_large_workspace_is_read_page_by_page_and_not_without_end(
    sandbox: Sandbox, directory: Directory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.slack.directory.PAGE", 2)
    assert await directory.find("@gone") == {key_of(TEAM, GONE)}
    assert [call.method for call in sandbox.calls].count("users.list") == 3
    monkeypatch.setattr("bot.slack.directory.PAGES", 2)
    with pytest.raises(SurfaceError, match="Write an e-mail address"):
        await directory.find("@gone")


async def test_a_person_has_a_time_zone(directory: Directory) -> None:
    assert (await directory.person(key_of(TEAM, NOAH))).zone == "Europe/London"


async def test_a_group_that_cannot_be_looked_up_is_no_empty_group(sandbox: Sandbox, directory: Directory) -> None:
    sandbox.fail_next("usergroups.users.list", error="paid_teams_only")
    with pytest.raises(SurfaceError, match="paid Slack plan"):
        await directory.members("slack:S0FINANCE")
    assert await directory.members("slack:S0FINANCE") == {key_of(TEAM, MIA), key_of(TEAM, NOAH)} - {key_of(TEAM, MIA)}


async def test_reading_waits_once_when_slack_asks_to(sandbox: Sandbox) -> None:
    from bot.slack.connect import SlackConnection

    connection = SlackConnection(bot_token=sandbox.bot_token, base_url=sandbox.api_url)
    await connection.start()
    sandbox.fail_next("users.info", status=429, error="ratelimited", retry_after=0)
    assert (await connection.surface.person(key_of(TEAM, NOAH))).standing == "member"
    await connection.stop()
