"""What Slack asked to rest is not called until then, whoever wants to; everything else is."""

import asyncio

import pytest
from slack_sdk.errors import SlackApiError

from bot.flow.surface import SurfaceBusy
from bot.sandbox.server import Sandbox
from bot.slack.client import RestingClient
from tests.bot.slack.conftest import SUPPORT

OTHER = "C0OTHER"


@pytest.fixture
def client(sandbox: Sandbox) -> RestingClient:
    return RestingClient(token=sandbox.bot_token, base_url=sandbox.api_url)


async def test_a_method_that_was_asked_to_rest_is_not_called_until_then(sandbox: Sandbox, client: RestingClient) -> None:
    sandbox.fail_next("users.info", retry_after=1)
    with pytest.raises(SlackApiError):
        await client.users_info(user="U1")
    for _ in range(3):
        with pytest.raises(SurfaceBusy) as raised:
            await client.users_info(user="U2")
        assert 0 < raised.value.delay.total_seconds() <= 1
    assert _calls(sandbox, "users.info") == 1
    await client.auth_test()
    await asyncio.sleep(1.05)
    with pytest.raises(SlackApiError, match="user_not_found"):
        await client.users_info(user="U2")
    assert _calls(sandbox, "users.info") == 2


async def test_posts_rest_channel_by_channel(sandbox: Sandbox, client: RestingClient) -> None:
    sandbox.fail_next("chat.postMessage", retry_after=30)
    with pytest.raises(SlackApiError):
        await client.chat_postMessage(channel=SUPPORT, text="one")
    with pytest.raises(SurfaceBusy):
        await client.chat_postMessage(channel=SUPPORT, text="two")
    with pytest.raises(SlackApiError, match="channel_not_found"):
        await client.chat_postMessage(channel=OTHER, text="three")
    assert _calls(sandbox, "chat.postMessage") == 2


async def test_other_trouble_lets_nothing_rest(sandbox: Sandbox, client: RestingClient) -> None:
    sandbox.fail_next("users.info", status=500, times=2)
    for _ in range(2):
        with pytest.raises(SlackApiError):
            await client.users_info(user="U1")
    assert _calls(sandbox, "users.info") == 2


def _calls(sandbox: Sandbox, method: str) -> int:
    return [call.method for call in sandbox.calls].count(method)
