"""Signed calls start runs; what is forged, stale, repeated, too large or no sense starts none."""

import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import pytest
from aiohttp import ClientSession

from bot.flow.run import INPUT_MAX
from bot.triggers.trigger import Trigger
from bot.triggers.webhook import Hook, Webhooks
from bot.web import served, web_app
from tests.bot.flow.stage import CHANNEL, PAYER, Stage

KEY = b"k" * 32
BODY = json.dumps({"ticket": {"text": "480.00 lamp-shop", "number": 7}}).encode()


def signed(id: str, at: int, body: bytes, key: bytes = KEY) -> str:
    """As the specification has it, written down a second time."""
    digest = hmac.digest(key, f"{id}.{at}.".encode() + body, hashlib.sha256)
    return "v1," + base64.b64encode(digest).decode()


@dataclass
class Caller:
    """A program that knows the secret."""

    http: ClientSession
    url: str
    stage: Stage

    async def call(self, body: bytes = BODY, id: str = "msg_1", *, name: str = "shop", late: int = 0, **headers: str) -> Any:
        at = int(self.stage.clock().timestamp()) - late
        given = {"webhook-id": id, "webhook-timestamp": str(at), "webhook-signature": signed(id, at, body)}
        given |= {header.replace("_", "-"): value for header, value in headers.items()}
        async with self.http.post(f"{self.url}/triggers/{name}", data=BytesIO(body), headers=given) as answer:
            told = await answer.json(content_type=None)
            assert "Traceback" not in str(told)
            return answer.status, told

    async def runs(self) -> list[str]:
        return [run.input for run in await self.stage.store.read(lambda tx: tx.runs())]


@pytest.fixture
async def caller(stage: Stage) -> AsyncIterator[Caller]:
    async def fine() -> None:
        return

    hooks = {
        "shop": Hook(Trigger("webhook", "shop", PAYER, CHANNEL), KEY, ("ticket", "text")),
        "plain": Hook(Trigger("webhook", "plain", PAYER, CHANNEL), KEY),
    }
    app = web_app(fine, {}, [Webhooks(stage.signoff, hooks, stage.clock).mount])
    async with served(app, "127.0.0.1", 0) as url, ClientSession() as http:
        yield Caller(http, url, stage)


async def test_a_signed_call_starts_a_run(caller: Caller) -> None:
    status, told = await caller.call()
    run = (await caller.stage.store.read(lambda tx: tx.runs()))[0]
    assert (status, told) == (202, {"run": run.id, "status": "started"})
    assert (run.input, run.requester.name) == ("480.00 lamp-shop", "webhook shop")


async def test_the_whole_body_is_the_input_where_no_field_is_named(caller: Caller) -> None:
    assert (await caller.call("3.00 Käthe's café".encode(), name="plain"))[0] == 202
    assert await caller.runs() == ["3.00 Käthe's café"]


@pytest.mark.parametrize(("id", "body"), [("msg_1", BODY), ("msg_2", BODY)], ids=["same call", "same input"])
async def test_what_comes_again_starts_no_second_run(caller: Caller, id: str, body: bytes) -> None:
    _, first = await caller.call()
    assert await caller.call(body, id) == (200, {"run": first["run"], "status": "taken already"})
    assert len(await caller.runs()) == 1


OTHER = base64.b64encode(b"x" * 32).decode()


@pytest.mark.parametrize(
    "how",
    [
        {"webhook_signature": f"v1,{OTHER}"},
        {"webhook_signature": ""},
        {"webhook_signature": "v1"},
        {"webhook_signature": "v1,\xff\xfe"},
        {"webhook_id": "msg_2"},
        {"webhook_id": ""},
        {"webhook_timestamp": "1"},
        {"webhook_timestamp": "soon"},
        {"webhook_timestamp": "٣"},
        {"webhook_timestamp": "9" * 5000},
        {"late": 301},
        {"late": -301},
        {"name": "nobody"},
    ],
    ids=str,
)
async def test_what_is_not_signed_right_is_refused_without_a_hint(caller: Caller, how: dict[str, Any]) -> None:
    status, told = await caller.call(**how)
    assert (status, told["detail"]) == (401, "The signature is not that of this webhook, or it is older than five minutes.")
    assert await caller.runs() == []


async def test_a_changed_body_is_refused(caller: Caller) -> None:
    at = int(caller.stage.clock().timestamp())
    status, _ = await caller.call(BODY.replace(b"480", b"980"), webhook_signature=signed("msg_1", at, BODY))
    assert (status, await caller.runs()) == (401, [])


async def test_one_right_signature_among_several_is_enough(caller: Caller) -> None:
    at = int(caller.stage.clock().timestamp())
    several = f"v1,{OTHER} v2,abc {signed('msg_1', at, BODY)}"
    assert (await caller.call(webhook_signature=several))[0] == 202


@pytest.mark.parametrize(
    ("body", "name", "status", "says"),
    [
        (b"no json", "shop", 400, "The body is no JSON in UTF-8."),
        (b'{"ticket": "x"}', "shop", 400, "There is no text in the field ticket.text of the body."),
        (b'{"ticket": {"text": 7}}', "shop", 400, "There is no text in the field ticket.text of the body."),
        (b"[" * 100_000, "shop", 400, "The body is no JSON in UTF-8."),
        (b"\xff\xfe", "plain", 400, "The body is no text in UTF-8."),
        (b"  \n", "plain", 400, "The body is empty."),
        (b"x" * (INPUT_MAX + 1), "plain", 413, ""),
    ],
    ids=["text", "short", "number", "deep", "bytes", "blank", "giant"],
)
async def test_what_makes_no_sense_is_told_and_can_be_sent_again(
    caller: Caller, body: bytes, name: str, status: int, says: str
) -> None:
    told = await caller.call(body, name=name)
    assert told[0] == status
    assert says in told[1]["detail"]
    assert await caller.runs() == []
    assert (await caller.call())[0] == 202
