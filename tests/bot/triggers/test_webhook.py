"""Webhooks on a port: what starts a run, what was taken already, and what is sent away without a word why."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import BytesIO
from itertools import count
from typing import Any

import pytest
from aiohttp import ClientSession, web

from bot.flow.run import INPUT_MAX
from bot.triggers.file import Webhook
from bot.triggers.signature import keys_in, sign
from bot.triggers.webhook import Door, Webhooks
from bot.web import served
from storage.records import Run
from tests.bot.flow.stage import CHANNEL, Stage

[KEY], [OTHER] = keys_in("whsec_" + "A" * 32), keys_in("whsec_" + "B" * 32)
NOT_ADMITTED = "This call is not signed as it has to be. Nothing was done."


@dataclass(frozen=True)
class Told:
    status: int
    headers: Mapping[str, str]
    body: Any


@dataclass
class Sender:
    """Another program that calls webhooks, with a new id for each call unless it is told one."""

    stage: Stage
    http: ClientSession
    url: str
    numbers: "count[int]" = field(default_factory=count)

    async def post(
        self,
        body: bytes = b"think about it",
        *,
        to: str = "crm",
        key: bytes = KEY,
        named: str | None = None,
        late: float = 0,
        **headers: str,
    ) -> Told:
        message = named or f"msg_{next(self.numbers)}"
        timestamp = f"{datetime.now(UTC).timestamp() - late:.0f}"
        sent = {
            "webhook-id": message,
            "webhook-timestamp": timestamp,
            "webhook-signature": sign(key, message, timestamp, body),
        }
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        async with self.http.post(f"{self.url}/triggers/{to}", data=BytesIO(body), headers=sent) as answer:
            return Told(answer.status, dict(answer.headers), await answer.json(content_type=None))

    async def runs(self) -> list[Run]:
        return list(await self.stage.read(lambda tx: tx.runs(limit=100)))


def door(keys: tuple[bytes, ...] = (KEY,), **changed: Any) -> Door:
    return Door(Webhook.model_validate({"agent": "payer", "secret": "CRM", **changed}), keys, CHANNEL)


@pytest.fixture
async def sender(stage: Stage) -> AsyncIterator[Sender]:
    app = web.Application()
    doors = {
        "crm": door(),
        "json": door(input="ticket.text"),
        "moving": door((OTHER, KEY)),
        "slow": door(per_minute=2, window="1s"),
    }
    Webhooks(stage.signoff, doors).mount(app)
    async with served(app, "127.0.0.1", 0) as url, ClientSession() as http:
        yield Sender(stage, http, url)


async def test_a_signed_call_starts_a_run_in_the_webhooks_channel(sender: Sender) -> None:
    told = await sender.post(b"480.00 lamp-shop")
    await sender.stage.settle()
    [run] = await sender.runs()

    assert (told.status, told.body) == (202, {"run_id": run.id, "said": "payer is on it."})
    assert (run.requester.key, run.requester.name) == ("webhook:local:crm", "webhook crm")
    assert (run.origin, run.input) == (CHANNEL, "480.00 lamp-shop")
    assert sender.stage.card().requester.name == "webhook crm"


async def test_the_same_call_again_starts_nothing_and_names_the_run(sender: Sender) -> None:
    first = await sender.post(named="msg_a")
    again = [await sender.post(named="msg_a"), await sender.post(named="msg_b")]  # redelivered; sent anew within the window
    [run] = await sender.runs()

    assert first.body["run_id"] == run.id
    assert [(told.status, told.body) for told in again] == [(200, {"run_id": run.id, "said": "This was taken already."})] * 2


async def test_the_same_delivery_days_later_starts_nothing(sender: Sender) -> None:
    await sender.post(named="msg_a")
    sender.stage.clock.move(hours=75)  # how long senders of Standard Webhooks try again
    told = await sender.post(named="msg_a")
    assert (told.status, told.body["run_id"]) == (200, None)
    assert (await sender.post(named="msg_b")).status == 202


async def test_another_body_under_the_same_id_is_not_lost(sender: Sender) -> None:
    assert (await sender.post(b"think a", named="msg_a")).status == 202
    assert (await sender.post(b"think b", named="msg_a")).status == 202


async def test_many_calls_at_once_start_one_run(sender: Sender) -> None:
    told = await asyncio.gather(*(sender.post() for _ in range(10)))
    assert sorted(each.status for each in told) == [200] * 9 + [202]
    assert len(await sender.runs()) == 1


@pytest.mark.parametrize(
    "how",
    [
        {"key": OTHER},
        {"late": 301},
        {"late": -301},
        {"to": "nobody"},
        {"webhook_signature": ""},
        {"webhook_signature": "v1,"},
        {"webhook_signature": "v1,\u00fc"},
        {"webhook_timestamp": "soon"},
        {"webhook_timestamp": "1"},
        {"webhook_id": "another"},
        {"webhook_id": "x" * 300},
    ],
)
async def test_whatever_is_wrong_with_a_strangers_call_the_answer_is_the_same(sender: Sender, how: dict[str, Any]) -> None:
    told = await sender.post(**how)

    assert told.status == 401
    assert told.headers["Content-Type"].startswith("application/problem+json")
    assert told.body["detail"] == NOT_ADMITTED
    assert await sender.runs() == []


async def test_a_changed_body_is_not_admitted(sender: Sender) -> None:
    timestamp = f"{datetime.now(UTC).timestamp():.0f}"
    told = await sender.post(b"pay me", webhook_id="a", webhook_signature=sign(KEY, "a", timestamp, b"pay them"))
    assert told.status == 401


async def test_a_header_that_comes_twice_says_nothing(sender: Sender) -> None:
    timestamp = f"{datetime.now(UTC).timestamp():.0f}"
    mark = sign(KEY, "a", timestamp, b"think")
    headers = [("webhook-id", "a"), ("webhook-id", "b"), ("webhook-timestamp", timestamp), ("webhook-signature", mark)]
    async with sender.http.post(f"{sender.url}/triggers/crm", data=b"think", headers=headers) as answer:
        assert answer.status == 401


async def test_while_a_secret_is_changed_both_open(sender: Sender) -> None:
    assert (await sender.post(b"think a", to="moving", key=KEY)).status == 202
    assert (await sender.post(b"think b", to="moving", key=OTHER)).status == 202


@pytest.mark.parametrize(
    ("ticket", "text"),
    [("think about Grüße", "think about Grüße"), ({"a": "ü"}, '{"a": "ü"}'), (17, "17")],
)
async def test_a_part_of_the_body_may_be_what_the_agent_works_on(sender: Sender, ticket: Any, text: str) -> None:
    body = json.dumps({"ticket": {"text": ticket, "id": 7}}).encode()
    assert (await sender.post(body, to="json")).status == 202
    assert (await sender.runs())[0].input == text


@pytest.mark.parametrize(
    ("to", "body", "status", "says"),
    [
        ("json", b"{}", 422, "The body has no 'ticket.text', which is what the agent works on."),
        ("json", b'{"ticket": "text"}', 422, "The body has no 'ticket.text'"),
        ("json", b'{"ticket": {"text": " "}}', 422, "is empty"),
        ("json", b"not json", 422, "is not JSON"),
        ("json", b"[" * 100_000, 422, "nested deeper"),
        ("json", b"\xff", 422, "is not UTF-8"),
        ("crm", b"", 422, "is empty"),
        ("crm", b" \n", 422, "is empty"),
        ("crm", b"x" * (INPUT_MAX + 1), 413, "larger than 1,048,576 bytes"),
    ],
)
async def test_a_signed_body_that_cannot_be_used_is_told_what_is_wrong(
    sender: Sender, to: str, body: bytes, status: int, says: str
) -> None:
    told = await sender.post(body, to=to)
    assert (told.status, told.body["status"]) == (status, status)
    assert says in told.body["detail"]
    assert await sender.runs() == []


async def test_what_grows_over_the_limit_when_it_is_made_storable_is_refused(sender: Sender) -> None:
    told = await sender.post(b"\0" * (INPUT_MAX - 1))  # each NUL becomes a sign of several bytes
    assert (told.status, "at most 1,048,576 can be taken" in told.body["detail"]) == (413, True)
    assert await sender.runs() == []


async def test_a_mail_that_is_no_utf8_can_be_sent_as_it_is(sender: Sender) -> None:
    body = b"From: a@example.com\nSubject: Lampe\nContent-Type: text/plain; charset=latin-1\n\nGr\xfc\xdfe"
    assert (await sender.post(body)).status == 202
    assert "Grüße" in (await sender.runs())[0].input


async def test_a_webhook_may_be_called_so_many_times_a_minute(sender: Sender) -> None:
    told = [await sender.post(b"think %d" % number, to="slow") for number in range(3)]
    forged = await sender.post(to="slow", key=OTHER)

    assert [each.status for each in told] == [202, 202, 429]
    assert int(told[2].headers["Retry-After"]) >= 1
    assert "may be called 2 times a minute" in told[2].body["detail"]
    assert forged.status == 401


async def test_only_post_is_taken(sender: Sender) -> None:
    async with sender.http.get(f"{sender.url}/triggers/crm") as answer:
        assert answer.status == 405
        assert answer.headers["Content-Type"].startswith("application/problem+json")
