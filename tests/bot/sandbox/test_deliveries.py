"""How what people do reaches the app: exactly once or again, over each connection, acknowledged or not."""

import asyncio
from typing import Any

import pytest
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.respond.async_respond import AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.server import Sandbox
from tests.bot.sandbox.apps import MODES, Mode, app_of, connected
from tests.bot.sandbox.seeds import BUTTON, MIA, QUIET, SUPPORT


@pytest.mark.parametrize("mode", MODES)
async def test_the_last_delivery_can_be_repeated_exactly(sandbox: Sandbox, mode: Mode) -> None:
    app, got = app_of(sandbox), []

    @app.action("approve")
    async def approve(ack: AsyncAck, body: dict[str, Any]) -> None:
        got.append(body)
        await ack()

    async with connected(sandbox, app, mode):
        await app.client.chat_postMessage(channel=SUPPORT, text="Approve?", blocks=[BUTTON])
        (message,) = sandbox.messages(SUPPORT)
        await sandbox.click(MIA, message, "approve")
        answers = await sandbox.redeliver_last(2)
    assert [each.acked for each in answers] == [True, True]
    assert got == [got[0]] * 3


@pytest.mark.parametrize("mode", MODES)
async def test_events_arrive_and_are_sent_again_until_acknowledged(hurried: Sandbox, mode: Mode) -> None:
    app, retries, published = app_of(hurried, ack_last=True), [], asyncio.Event()

    @app.event("app_home_opened")
    async def home(ack: AsyncAck, event: dict[str, Any], client: AsyncWebClient, request: Any) -> None:
        retries.append(request.headers.get("x-slack-retry-num"))
        await client.views_publish(user_id=event["user"], view={"type": "home", "blocks": [BUTTON]})
        if len(retries) == 1:
            await asyncio.sleep(0.5)
        else:
            published.set()

    async with connected(hurried, app, mode):
        hurried.open_home(MIA)
        await asyncio.wait_for(published.wait(), 5)
        home_view = await hurried.until(lambda: hurried.home_of(MIA))
    assert home_view.blocks[0]["block_id"] == "row"
    assert retries[0] in (None, ["0"])
    assert retries[1] == ["1"]


async def test_a_mention_reaches_the_app_as_slack_writes_it(sandbox: Sandbox) -> None:
    app, got = app_of(sandbox), asyncio.Queue[dict[str, Any]]()

    @app.event("app_mention")
    async def mentioned(event: dict[str, Any]) -> None:
        await got.put(event)

    async with connected(sandbox, app):
        await sandbox.say(MIA, SUPPORT, "@signoff is 1 < 2 & 3, noah@mia @nobody?")
        event = await asyncio.wait_for(got.get(), 5)
    assert event["text"] == "<@U0SIGNOFF> is 1 &lt; 2 &amp; 3, noah@mia @nobody?"
    assert (event["user"], event["channel"]) == (MIA, SUPPORT)


async def test_a_response_url_answers_five_times(sandbox: Sandbox) -> None:
    app, statuses, done = app_of(sandbox), [], asyncio.Event()

    @app.command("/signoff")
    async def signoff(ack: AsyncAck, respond: AsyncRespond) -> None:
        await ack()
        for number in range(6):
            response = await respond(f"answer {number}")
            statuses.append(response.status_code)
        done.set()

    async with connected(sandbox, app):
        await sandbox.say(MIA, QUIET, "/signoff")
        await asyncio.wait_for(done.wait(), 5)
    assert len(sandbox.ephemerals(MIA)) == 5
    assert statuses == [200] * 5 + [404]


async def test_a_reconnect_is_survived_and_work_goes_to_every_connection(sandbox: Sandbox) -> None:
    apps, hits = [app_of(sandbox), app_of(sandbox)], [0, 0]

    def opened() -> int:
        return len([each for each in sandbox.calls if each.method == "apps.connections.open"])

    def counting(index: int) -> Any:
        async def signoff(ack: AsyncAck) -> None:
            hits[index] += 1
            await ack()

        return signoff

    for index, app in enumerate(apps):
        app.command("/signoff")(counting(index))

    async with connected(sandbox, apps[0]), connected(sandbox, apps[1]):
        for _ in range(4):
            await sandbox.say(MIA, SUPPORT, "/signoff")
        assert hits == [2, 2]
        before = opened()
        await sandbox.disconnect()
        await sandbox.until(lambda: opened() == before + 2 and sandbox.connections == 2)
        answer = await sandbox.say(MIA, SUPPORT, "/signoff")
    assert answer is not None
    assert answer.acked


async def test_a_lone_click_may_be_delivered_twice_at_once(sandbox: Sandbox) -> None:
    app, got = app_of(sandbox), []

    @app.action("approve")
    async def approve(ack: AsyncAck, body: dict[str, Any]) -> None:
        got.append(body)
        await ack()

    async with connected(sandbox, app):
        await app.client.chat_postMessage(channel=SUPPORT, text="Approve?", blocks=[BUTTON])
        await sandbox.click(MIA, sandbox.messages(SUPPORT)[0], "approve")
        answers = await asyncio.gather(*(sandbox.redeliver_last() for _ in range(3)))
    assert [answer.acked for (answer,) in answers] == [True] * 3
    assert len(got) == 4
