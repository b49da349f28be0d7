"""What Teams did not send reaches nobody, and is told nothing."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.flow.pace import Pace
from bot.teams import limits
from bot.teams.ingress import PATH, Check, Late, Messages
from bot.teams.keys import KeyRing
from bot.teams.payloads import Body
from bot.teams.token import LocalCheck, TokenCheck, is_loopback
from bot.teams.turns import Reply, Turns
from tests.fakes.connector import Town
from tests.fakes.connector.cast import ANNA, SUPPORT, TENANT

SERVICES = ["https://evil.trafficmanager.net/emea/", "https://169.254.169.254/", "http://smba.trafficmanager.net/", "x", ""]


@dataclass
class Heard:
    """Implements `Listeners` and remembers."""

    calls: list[tuple[str, Body]] = field(default_factory=list)
    error: Exception | None = None

    async def message(self, body: Body) -> None:
        self.calls.append(("message", body))
        if self.error:
            raise self.error

    async def invoke(self, body: Body) -> Reply:
        self.calls.append(("invoke", body))
        return Reply(200, {"task": {"type": "message", "value": "Done."}})

    async def added(self, body: Body) -> None:
        self.calls.append(("added", body))

    async def removed(self, body: Body) -> None:
        self.calls.append(("removed", body))

    async def event(self, body: Body, what: str) -> None:
        self.calls.append((what, body))

    @property
    def what(self) -> list[str]:
        return [what for what, _ in self.calls]


@dataclass
class Door:
    """The ingress, with a town before it and somebody who listens behind it."""

    town: Town
    heard: Heard
    url: str

    async def post(self, body: bytes, **headers: str) -> int:
        async with aiohttp.ClientSession() as session, session.post(self.url, data=body, headers=headers) as answer:
            assert not await answer.read(), "whoever is not Teams is told nothing"
            return answer.status


@pytest.fixture
async def town() -> AsyncIterator[Town]:
    async with Town() as running:
        yield running


@pytest.fixture
async def door(town: Town) -> AsyncIterator[Door]:
    async with aiohttp.ClientSession() as session:
        keys = KeyRing(town.openid_metadata, session)
        async with listening(town, TokenCheck(town.app_id, frozenset({TENANT}), keys, is_loopback)) as made:
            yield made


@asynccontextmanager
async def listening(town: Town, check: Check) -> AsyncIterator[Door]:
    """A door with that check."""
    heard, messages = Heard(), Messages(check, Pace(1.0))
    messages.turns = Turns(heard)
    app = web.Application()
    app.router.add_post(PATH, messages.handle)
    async with TestServer(app) as server:
        town.endpoint = str(server.make_url(PATH))
        yield Door(town, heard, town.endpoint)


async def test_what_teams_sends_is_heard(door: Door) -> None:
    answer = await door.town.say(ANNA, SUPPORT, "list")
    assert answer is not None
    assert (answer.status, door.heard.what) == (202, ["message"])


async def test_what_is_said_of_an_invoke_is_the_answer(door: Door) -> None:
    activity = door.town.message(ANNA, SUPPORT, "") | {"type": "invoke", "name": "task/fetch", "value": {"data": {}}}
    answer = await door.town.deliver(activity)
    assert (answer.status, answer.body) == (200, {"task": {"type": "message", "value": "Done."}})


async def test_every_forged_token_is_refused_alike(door: Door) -> None:
    activity = door.town.message(ANNA, SUPPORT, "list")
    for what, authorization in door.town.forgeries().items():
        answer = await door.town.deliver(activity, authorization)
        assert (answer.status, answer.body) == (401, None), what
    assert (door.heard.calls, door.town.calls) == ([], [])


@pytest.mark.parametrize("service", SERVICES)
async def test_nobody_can_have_us_send_our_token_elsewhere(town: Town, service: str) -> None:
    async with aiohttp.ClientSession() as session:
        check = TokenCheck(town.app_id, frozenset({TENANT}), KeyRing(town.openid_metadata, session))
        async with listening(town, check) as door:
            activity = town.message(ANNA, SUPPORT, "list") | {"serviceUrl": service}
            answer = await town.deliver(activity, town.authorization(serviceurl=service))
            assert (answer.status, door.heard.calls, town.calls) == (401, [], [])


async def test_people_of_other_tenants_are_not_heard(door: Door) -> None:
    activity = door.town.message(ANNA, SUPPORT, "list")
    for changed in (
        {"channelData": {"tenant": {"id": "other"}}},
        {"channelId": "emulator"},
        {"serviceUrl": "http://127.0.0.2/"},
    ):
        assert (await door.town.deliver(activity | changed)).status == 401
    assert not door.heard.calls


async def test_the_same_activity_is_taken_once(door: Door) -> None:
    await door.town.say(ANNA, SUPPORT, "run support hello")
    assert [answer.status for answer in await door.town.redeliver_last(3)] == [401, 401, 401]
    assert door.heard.what == ["message"]


async def test_what_failed_may_be_sent_again(door: Door) -> None:
    door.heard.error = RuntimeError("not now")
    answer = await door.town.say(ANNA, SUPPORT, "list")
    assert answer is not None
    assert answer.status == 500
    door.heard.error = None
    assert [answer.status for answer in await door.town.redeliver_last()] == [202]


async def test_what_is_late_is_not_acknowledged_and_not_done_twice(door: Door) -> None:
    door.heard.error = Late()
    answer = await door.town.say(ANNA, SUPPORT, "list")
    assert answer is not None
    assert answer.status == 503
    assert [answer.status for answer in await door.town.redeliver_last()] == [401]


async def test_without_keys_nothing_is_heard(door: Door) -> None:
    door.town.authority.down = True
    answer = await door.town.say(ANNA, SUPPORT, "list")
    assert answer is not None
    assert (answer.status, door.heard.calls) == (503, [])


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"x"', b"\xff", b"[" * 100_000, b"null"])
async def test_what_is_no_activity_is_refused(door: Door, body: bytes) -> None:
    headers = {"Content-Type": "application/json", "Authorization": door.town.authorization()}
    assert await door.post(body, **headers) == 400
    assert not door.heard.calls


async def test_a_web_page_cannot_send_an_activity(door: Door) -> None:
    body = json.dumps(door.town.message(ANNA, SUPPORT, "list")).encode()
    headers = {"Content-Type": "application/json", "Authorization": door.town.authorization()}
    assert await door.post(body, **(headers | {"Content-Type": "text/plain"})) == 400
    assert await door.post(body, **headers, Origin="http://127.0.0.1:8080") == 400
    assert not door.heard.calls


async def test_what_is_too_large_is_not_read(door: Door) -> None:
    body = b'{"text": "' + b"x" * limits.ACTIVITY + b'"}'
    assert await door.post(body, **{"Content-Type": "application/json"}) == 413


@pytest.mark.parametrize(
    "odd", [{"conversation": {}}, {"conversation": None}, {"membersAdded": 5}, {"timestamp": "yesterday"}, {"from": "me"}]
)
async def test_an_activity_that_lacks_what_it_must_have_is_refused(door: Door, odd: dict[str, Any]) -> None:
    answer = await door.town.deliver(door.town.message(ANNA, SUPPORT, "list") | odd)
    assert answer.status in (202, 400)


async def test_installations_and_lost_channels_are_told_apart(door: Door) -> None:
    await door.town.add_bot(SUPPORT, ANNA)
    await door.town.remove_bot(SUPPORT, ANNA)
    await door.town.delete_channel(SUPPORT, ANNA)
    assert door.heard.what == ["added", "added", "removed", "removed", "channelDeleted"]


async def test_on_this_machine_everybody_of_this_machine_is_heard(town: Town) -> None:
    async with listening(town, LocalCheck(frozenset({TENANT}))) as door:
        activity = town.message(ANNA, SUPPORT, "list")
        assert (await town.deliver(activity, None)).status == 202
        elsewhere = activity | {"id": "2", "serviceUrl": "https://smba.trafficmanager.net/emea/"}
        other = activity | {"id": "3", "channelData": {"tenant": {"id": "other"}}, "conversation": {"id": "x"}}
        assert [(await town.deliver(each, None)).status for each in (elsewhere, other)] == [401, 401]
        assert len(door.heard.calls) == 1
