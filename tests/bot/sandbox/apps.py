"""Real slack_bolt apps connected to a sandbox, over Socket Mode and over signed HTTP."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal

from aiohttp import web
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.server import Sandbox

Mode = Literal["socket", "http"]
MODES: tuple[Mode, ...] = ("socket", "http")


def client_of(sandbox: Sandbox, token: str | None = None) -> AsyncWebClient:
    """The real client, pointed at the sandbox."""
    return AsyncWebClient(token=sandbox.bot_token if token is None else token, base_url=sandbox.api_url)


def app_of(sandbox: Sandbox, *, ack_last: bool = False) -> AsyncApp:
    """A real app without listeners; the caller adds them. `ack_last` acknowledges events after their listener."""
    client = client_of(sandbox)
    return AsyncApp(client=client, signing_secret=sandbox.signing_secret, process_before_response=ack_last)


@asynccontextmanager
async def connected(sandbox: Sandbox, app: AsyncApp, mode: Mode = "socket") -> AsyncIterator[None]:
    """The app reachable by the sandbox while the context lasts."""
    context = _over_socket(sandbox, app) if mode == "socket" else _over_http(sandbox, app)
    async with context:
        yield


@asynccontextmanager
async def _over_socket(sandbox: Sandbox, app: AsyncApp) -> AsyncIterator[None]:
    handler = AsyncSocketModeHandler(app, sandbox.app_token)
    await handler.connect_async()  # type: ignore[no-untyped-call]
    try:
        await sandbox.until(lambda: sandbox.connected)
        yield
    finally:
        await handler.close_async()  # type: ignore[no-untyped-call]


@asynccontextmanager
async def _over_http(sandbox: Sandbox, app: AsyncApp) -> AsyncIterator[None]:
    runner = web.AppRunner(app.web_app(path="/slack/events", port=0), access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    sandbox.use_http(f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events")
    try:
        yield
    finally:
        await runner.cleanup()
