"""HTTP mode: only what Slack signed, once, and no larger than it can be."""

import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from urllib.parse import urlencode

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from bot.flow.replays import REMEMBERED_SECONDS, Replays
from bot.sandbox.server import Sandbox
from bot.slack.connect import SlackConnection
from bot.slack.events import BODY_BYTES, PATH
from tests.bot.slack.conftest import SUPPORT, TEAM
from tests.fakes.desk import FakeDesk

SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
TYPED = {"command": "/signoff", "text": "help", "channel_id": SUPPORT, "trigger_id": "1.2"}
COMMAND = urlencode({**TYPED, "team_id": TEAM, "user_id": "U1", "user_name": "u"})
Signed = tuple[bytes, str, str]


@dataclass
class Door:
    """The mounted handler, and the desk behind it."""

    client: TestClient[web.Request, web.Application]
    desk: FakeDesk

    async def post(self, body: bytes, timestamp: str, signature: str) -> tuple[int, str]:
        headers = {
            "X-Slack-Request-Timestamp": timestamp,
            "X-Slack-Signature": signature,
            "Content-Type": "application/x-www-form-urlencoded",
        }
        async with self.client.post(PATH, data=body, headers=headers) as answer:
            return answer.status, await answer.text()


@pytest.fixture
async def door(sandbox: Sandbox) -> AsyncIterator[Door]:
    connection = SlackConnection(bot_token=sandbox.bot_token, signing_secret=SECRET, base_url=sandbox.api_url)
    desk = FakeDesk()
    connection.listen(desk)
    assert connection.events is not None
    application = web.Application()
    application.router.add_post(PATH, connection.events)
    async with TestClient(TestServer(application)) as client:
        yield Door(client, desk)
    await connection.stop()


def signed(body: str, age: float = 0) -> Signed:
    timestamp = str(int(time.time() - age))
    digest = hmac.new(SECRET.encode(), f"v0:{timestamp}:{body}".encode(), hashlib.sha256).hexdigest()
    return body.encode(), timestamp, f"v0={digest}"


async def test_a_signed_request_is_taken(door: Door) -> None:
    status, text = await door.post(*signed(COMMAND))
    assert (status, json.loads(text)["text"]) == (200, "Recorded.")


async def test_a_replay_has_no_effect(door: Door) -> None:
    request = signed(COMMAND)
    assert [(await door.post(*request))[0] for _ in range(3)] == [200, 200, 200]
    assert len(door.desk.commands) == 1


@pytest.mark.parametrize(
    "forge",
    [
        pytest.param(lambda body, at, by: signed(COMMAND, age=310), id="old"),
        pytest.param(lambda body, at, by: signed(COMMAND, age=-310), id="from the future"),
        pytest.param(lambda body, at, by: (body + b"&x=1", at, by), id="changed body"),
        pytest.param(lambda body, at, by: (body, str(int(at) - 1), by), id="changed time"),
        pytest.param(lambda body, at, by: (body, at, "v0=" + "0" * 64), id="wrong"),
        pytest.param(lambda body, at, by: (body, "soon", by), id="timestamp is a word"),
        pytest.param(lambda body, at, by: (body, "", by), id="no timestamp"),
        pytest.param(lambda body, at, by: (body, "9" * 400, by), id="huge timestamp"),
        pytest.param(lambda body, at, by: (body, "١٧٦٣٨٠٠٠٠٠", by), id="timestamp in Arabic digits"),
        pytest.param(lambda body, at, by: (body, at, "v0=ä"), id="signature beyond ASCII"),
        pytest.param(lambda body, at, by: (body, at, ""), id="no signature"),
        pytest.param(lambda body, at, by: (b"\xff\xfe", at, by), id="no UTF-8"),
    ],
)
async def test_what_slack_did_not_sign_is_refused(door: Door, forge: Callable[[bytes, str, str], Signed]) -> None:
    status, _ = await door.post(*forge(*signed(COMMAND)))
    assert status == 401
    assert door.desk.commands == []


async def test_what_is_too_large_is_refused(door: Door) -> None:
    status, text = await door.post(*signed("x" * (BODY_BYTES + 1)))
    assert status == 413
    assert "524,288" in text


async def test_what_nobody_listens_to_is_not_found(door: Door) -> None:
    payload = {"type": "block_actions", "actions": [{"action_id": "nothing"}], "team": {"id": TEAM}, "user": {"id": "U1"}}
    status, _ = await door.post(*signed(urlencode({"payload": json.dumps(payload)})))
    assert status == 404


def test_signatures_are_forgotten_after_ten_minutes() -> None:
    now = 0.0
    replays = Replays(lambda: now)
    assert (replays.first("a"), replays.first("a"), replays.first("b")) == (True, False, True)
    now = REMEMBERED_SECONDS + 1
    assert replays.first("a")
