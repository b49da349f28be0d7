"""The real Teams code, connected over HTTP to a local town on Teams."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.teams.connect import TeamsConnection
from bot.teams.ingress import PATH
from bot.teams.surface import TeamsSurface
from bot.teams.token import is_loopback
from storage.records import Place
from storage.store import Store
from tests.conftest import Database
from tests.fakes.connector import Town
from tests.fakes.connector.cast import ANNA, GROUP, SUPPORT, TENANT
from tests.fakes.desk import FakeDesk

HERE = Place(surface="teams", tenant=TENANT, channel=SUPPORT)
CHAT = Place(surface="teams", tenant=TENANT, channel=GROUP)


@dataclass
class Office:
    """A town with the real Teams code in it and a fake desk behind."""

    town: Town
    desk: FakeDesk
    store: Store
    connection: TeamsConnection

    async def conversations(self) -> int:
        """How many are remembered."""
        return len(await self.store.read(lambda tx: tx.conversations("teams", TENANT)))

    @property
    def surface(self) -> TeamsSurface:
        return self.connection.surface


async def eventually(read: Callable[[], Awaitable[object]], wanted: object) -> None:
    """Wait until that is so."""
    async with asyncio.timeout(5):
        while await read() != wanted:  # noqa: ASYNC110  # nobody says when a background task is done
            await asyncio.sleep(0.01)


def connection_to(town: Town, store: Store, **settings: Any) -> TeamsConnection:
    """As it is made for a deployment, but for where Microsoft is."""
    given: dict[str, Any] = {
        "app_id": town.app_id, "password": town.app_secret, "tenant": town.tenant, "store": store, "patience": 0.5,
        "metadata_url": town.openid_metadata, "login_url": town.login_url, "imds_url": town.imds_url,
        "service_url": town.service_url, "allows": is_loopback,
    }  # fmt: skip
    return TeamsConnection(**(given | settings))


@asynccontextmanager
async def office_in(town: Town, store: Store, **settings: Any) -> AsyncIterator[Office]:
    """Signoff in that town."""
    connection, desk = connection_to(town, store, **settings), FakeDesk()
    connection.listen(desk)
    app = web.Application()
    app.router.add_post(PATH, connection.messages)
    async with TestServer(app) as server:
        town.endpoint = str(server.make_url(PATH))
        try:
            await connection.start()
            yield Office(town, desk, store, connection)
        finally:
            await connection.stop()


@pytest.fixture
async def town() -> AsyncIterator[Town]:
    async with Town() as running:
        yield running


@pytest.fixture
async def store(sqlite_url: str) -> AsyncIterator[Store]:
    async with Database(sqlite_url).open() as storage:
        yield storage.store


@pytest.fixture
async def office(town: Town, store: Store) -> AsyncIterator[Office]:
    async with office_in(town, store) as made:
        yield made


@pytest.fixture
async def installed(office: Office) -> Office:
    """The app was added to the team's channel, the group chat and Anna's own chat."""
    for room in (SUPPORT, GROUP, office.town.state.personal(ANNA).id):
        await office.town.add_bot(room, ANNA)
    await eventually(office.conversations, 3)
    return office
