"""A connection that cannot work is never made, one that works logs in once, and nothing under way is lost when it ends."""

import asyncio
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.cards.text import words
from bot.flow.surface import SurfaceError
from bot.teams.check import check
from bot.teams.ingress import PATH
from storage.store import Store
from tests.bot.slack.examples import CARD
from tests.bot.teams.conftest import HERE, Office, connection_to, office_in
from tests.fakes.connector import Town
from tests.fakes.connector.cast import ANNA, RAVI, SUPPORT
from tests.fakes.desk import FakeDesk

WRONG: dict[str, dict[str, Any]] = {
    "no app": {"app_id": ""},
    "no tenant": {"tenant": ""},
    "no secret": {"password": None},
}


@pytest.mark.parametrize("changed", WRONG.values(), ids=WRONG)
async def test_what_would_let_anybody_in_is_refused(town: Town, store: Store, changed: dict[str, Any]) -> None:
    with pytest.raises(SurfaceError, match="SIGNOFF_TEAMS_"):
        connection_to(town, store, **changed)


async def test_a_wrong_secret_is_noticed_at_the_start(town: Town, store: Store) -> None:
    connection = connection_to(town, store, password="wrong")
    with pytest.raises(SurfaceError, match="refuses to give Signoff a token"):
        await connection.start()
    await connection.stop()


async def test_microsoft_being_down_stops_nobody(town: Town, store: Store) -> None:
    connection = connection_to(town, store, login_url="http://127.0.0.1:9/")
    await connection.start()
    await connection.stop()


@pytest.mark.parametrize("settings", [{}, {"app_type": "UserAssignedMSI", "password": None}], ids=["secret", "identity"])
async def test_many_messages_need_one_login(town: Town, store: Store, settings: dict[str, Any]) -> None:
    async with office_in(town, store, **settings) as office:
        await asyncio.gather(*(office.surface.reply(HERE, words(str(number))) for number in range(10)))
        assert len(town.posts(SUPPORT)) == 10
        assert town.login.asked == 1


async def test_what_is_under_way_is_finished_before_it_ends(town: Town, store: Store) -> None:
    desk, connection = FakeDesk(pause=0.8), connection_to(town, store)
    connection.listen(desk)
    app = web.Application()
    app.router.add_post(PATH, connection.messages)
    async with TestServer(app) as server:
        town.endpoint = str(server.make_url(PATH))
        await connection.surface.post(HERE, CARD)
        answer = await town.press(RAVI, town.posts(SUPPORT)[0], "Approve")
        assert answer.status == 503
        await connection.stop()
        assert [town.read(each) for each in town.targeted(RAVI)] == ["Recorded."]


async def test_before_anybody_listens_nothing_is_taken(town: Town, store: Store) -> None:
    connection = connection_to(town, store)
    app = web.Application()
    app.router.add_post(PATH, connection.messages)
    async with TestServer(app) as server:
        town.endpoint = str(server.make_url(PATH))
        answer = await town.say(ANNA, SUPPORT, "list")
        assert answer is not None
        assert answer.status == 503
    await connection.stop()


async def test_a_storm_of_presses_is_answered_one_by_one(office: Office) -> None:
    await office.surface.post(HERE, CARD)
    message = office.town.posts(SUPPORT)[0]
    answers = await asyncio.gather(*(office.town.press(RAVI, message, "Approve") for _ in range(30)))
    assert {answer.status for answer in answers} == {200}
    assert len({click.delivery for click in office.desk.approvals}) == 30


async def looked_at(town: Town, **changed: Any) -> list[tuple[bool, str]]:
    where = {"login_url": town.login_url, "imds_url": town.imds_url, "metadata_url": town.openid_metadata}
    given: Any = {"app_id": town.app_id, "tenant": town.tenant, "password": town.app_secret, "app_type": "SingleTenant"}
    return [(good, sentence) for good, _, sentence in await check(**(given | {"local": False} | where | changed))]


async def test_a_check_says_what_works(town: Town) -> None:
    assert [good for good, _ in await looked_at(town)] == [True, True]
    assert [good for good, _ in await looked_at(town, app_type="UserAssignedMSI", password=None)] == [True, True]
    assert [good for good, _ in await looked_at(town, app_id="", local=True)] == [True]


async def test_a_check_says_what_does_not(town: Town) -> None:
    assert "SIGNOFF_TEAMS_TENANT" in (await looked_at(town, tenant=""))[0][1]
    refused, keys = await looked_at(town, password="wrong", metadata_url="http://127.0.0.1:9/")
    assert (refused[0], keys[0]) == (False, False)
    assert "wrong" not in refused[1]
