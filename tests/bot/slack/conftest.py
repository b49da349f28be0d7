"""The real Slack code, connected over Socket Mode or HTTP to a local Slack-compatible workspace."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.sandbox.people import Channel, Installation, Person, Seed, UserGroup
from bot.sandbox.server import Sandbox
from bot.slack.connect import SlackConnection
from bot.slack.events import PATH
from bot.slack.surface import SlackSurface
from storage.records import Place
from tests.fakes.desk import FakeDesk

MIA, NOAH, ZOE, GONE, OTHER, BOT = "U0MIA", "U0NOAH", "U0ZOE", "U0GONE", "U0OTHER", "U0SIGNOFF"
SUPPORT, SECRET, OLD, QUIET = "C0SUPPORT", "C0SECRET", "C0OLD", "C0QUIET"
TEAM = "T0SANDBOX"

SEED = Seed(
    people=(
        Person(MIA, "mia", "Mia Chen", "mia@example.com"),
        Person(NOAH, "noah", "Noah Berg", "noah@example.com"),
        Person(ZOE, "zoe", "Zoe Guest", "zoe@example.com", is_restricted=True),
        Person(OTHER, "other", "Olga Other", "olga@elsewhere.example", is_stranger=True),
        Person(GONE, "gone", "Gone Girl", "gone@example.com", deleted=True),
    ),
    channels=(
        Channel(SUPPORT, "support", "Customers first", (MIA, NOAH, ZOE, BOT)),
        Channel(SECRET, "secret", members=(NOAH,), is_private=True),
        Channel(OLD, "old", members=(MIA, BOT), is_archived=True),
        Channel(QUIET, "quiet", members=(MIA,)),
    ),
    groups=(UserGroup("S0FINANCE", "finance", (NOAH,)), UserGroup("S0EMPTY", "empty", ())),
    installation=Installation(),
    team_id=TEAM,
)
HERE = Place(surface="slack", tenant=TEAM, channel=SUPPORT)


@dataclass
class Office:
    """A sandbox with the real Slack code in it and a fake desk behind."""

    sandbox: Sandbox
    desk: FakeDesk
    surface: SlackSurface


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox(SEED) as running:
        yield running


@pytest.fixture(params=["socket", "http"])
async def office(request: pytest.FixtureRequest, sandbox: Sandbox) -> AsyncIterator[Office]:
    """The bot, connected one way and the other."""
    desk = FakeDesk()
    if request.param == "socket":
        connection = SlackConnection(
            bot_token=sandbox.bot_token, app_token=sandbox.app_token, base_url=sandbox.api_url, patience=0.5
        )
        connection.listen(desk)
        await connection.start()
        yield Office(sandbox, desk, connection.surface)
        await connection.stop()
        return
    connection = SlackConnection(
        bot_token=sandbox.bot_token, signing_secret=sandbox.signing_secret, base_url=sandbox.api_url, patience=0.5
    )
    assert connection.events is not None
    application = web.Application()
    application.router.add_post(PATH, connection.events)
    connection.listen(desk)
    async with TestServer(application) as server:
        sandbox.use_http(str(server.make_url(PATH)))
        await connection.start()
        yield Office(sandbox, desk, connection.surface)
        await connection.stop()


@pytest.fixture
async def surface(sandbox: Sandbox) -> AsyncIterator[SlackSurface]:
    """The surface alone, without a way in."""
    connection = SlackConnection(bot_token=sandbox.bot_token, base_url=sandbox.api_url)
    yield connection.surface
    await connection.stop()
