"""Connecting, coming back, and letting go of everything."""

import asyncio

import pytest

from bot.flow.pace import Pace
from bot.flow.surface import SurfaceBusy, SurfaceError
from bot.sandbox.server import Sandbox
from bot.slack.connect import SlackConnection
from tests.bot.slack.conftest import MIA, SEED, SUPPORT, TEAM
from tests.fakes.desk import FakeDesk


def socket_mode(sandbox: Sandbox, desk: FakeDesk) -> SlackConnection:
    connection = SlackConnection(bot_token=sandbox.bot_token, app_token=sandbox.app_token, base_url=sandbox.api_url)
    connection.listen(desk)
    return connection


async def test_start_says_where_it_is(sandbox: Sandbox) -> None:
    connection = socket_mode(sandbox, FakeDesk())
    assert not await connection.connected()
    assert (await connection.start()).tenant == TEAM
    assert await connection.connected()
    await connection.stop()
    assert not await connection.connected()


async def test_a_refused_token_stops_the_start(sandbox: Sandbox) -> None:
    connection = SlackConnection(bot_token="xoxb-wrong", app_token=sandbox.app_token, base_url=sandbox.api_url)
    with pytest.raises(SurfaceError, match="SLACK_BOT_TOKEN"):
        await connection.start()
    await connection.stop()


async def test_a_slack_that_is_down_can_be_tried_again() -> None:
    connection = SlackConnection(bot_token="xoxb-x", app_token="xapp-x", base_url="http://127.0.0.1:9/api/")
    with pytest.raises(SurfaceBusy):
        await connection.start()
    await connection.stop()


async def test_socket_mode_comes_back_after_slack_asks_to_reconnect(sandbox: Sandbox) -> None:
    desk = FakeDesk()
    connection = socket_mode(sandbox, desk)
    await connection.start()
    await sandbox.disconnect()
    await sandbox.until(lambda: [call.method for call in sandbox.calls].count("apps.connections.open") == 2)
    for _ in range(100):
        answer = await sandbox.say(MIA, SUPPORT, "/signoff list")
        if answer is not None and answer.acked:
            break
        await asyncio.sleep(0.05)
    assert desk.commands
    await connection.stop()


async def test_stop_finishes_what_is_under_way() -> None:
    async with Sandbox(SEED) as sandbox:
        desk = FakeDesk(pause=0.4)
        connection = socket_mode(sandbox, desk)
        await connection.start()
        said = asyncio.create_task(sandbox.say(MIA, SUPPORT, "/signoff list"))
        await asyncio.wait_for(desk.asked.wait(), 5)
        await connection.stop()
        answer = await said
    assert answer is not None
    assert answer.acked


async def test_work_that_outlasts_the_pace_goes_on_and_is_drained() -> None:
    pace, done = Pace(patience=0.01), []

    async def work() -> str:
        await asyncio.sleep(0.1)
        done.append(True)
        return "told"

    task, in_time = await pace.start(work())
    assert not in_time
    await pace.drain(5)
    assert (done, task.result()) == ([True], "told")


async def test_work_that_never_ends_is_ended_by_the_drain() -> None:
    pace = Pace(patience=0.01)
    task, _ = await pace.start(asyncio.sleep(3600))
    await pace.drain(0.01)
    assert task.cancelled()
