"""Connects to one Slack workspace: the clients, the Bolt app, and one of two ways in, Socket Mode or HTTP."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Mapping

import aiohttp
from aiohttp import web
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.web.async_client import AsyncWebClient

from bot.flow.desk import Desk
from bot.flow.pace import Pace
from bot.flow.seals import Seals
from bot.slack import limits
from bot.slack.channels import hear
from bot.slack.client import RestingClient
from bot.slack.directory import Directory, Workspace
from bot.slack.events import PATH, Events
from bot.slack.listeners import register
from bot.slack.surface import SlackSurface

log = logging.getLogger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

SLACK_API_URL = "https://slack.com/api/"
PATIENCE = limits.ACK_SECONDS - 0.5  # seconds; the rest is for the way
CLIENT_SECONDS = 5  # slack_sdk would wait 30
FIRST_CONNECTION_SECONDS = 10.0
DRAIN_SECONDS = 10.0
WATCH_SECONDS = 20.0
PING_SECONDS = 5.0


class SlackConnection:
    """One workspace. Use: make it, hand `surface` to the flow, `listen` with the flow's desk, `start`, in the end `stop`.

    With an app token it listens in Socket Mode; with a signing secret `events` is the handler to mount at
    `bot.slack.events.PATH`. `patience` is for how many seconds the desk may keep Slack waiting. Make it within a running
    event loop.
    """

    def __init__(
        self,
        *,
        bot_token: str,
        app_token: str | None = None,
        signing_secret: str | None = None,
        seals: Seals | None = None,
        base_url: str = SLACK_API_URL,
        patience: float = PATIENCE,
    ) -> None:
        self._app_token, self._signing_secret = app_token, signing_secret
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=CLIENT_SECONDS), trust_env=True)
        self._app = AsyncApp(client=RestingClient(token=bot_token), signing_secret=signing_secret or "", name="signoff")
        writer, reader = self._app.client, AsyncWebClient(token=bot_token)
        for client in (writer, reader):
            client.base_url, client.timeout, client.session = base_url.rstrip("/") + "/", CLIENT_SECONDS, self._session
        writer.retry_handlers = []  # slack_sdk's default would repeat a post whose answer was lost
        reader.retry_handlers = [AsyncRateLimitErrorRetryHandler(max_retry_count=1)]
        self._pace = Pace(patience)
        self._socket: SocketMode | None = None
        self.surface = SlackSurface(writer, Directory(reader), seals)
        self.events: Handler | None = Events(self._app, signing_secret).handle if signing_secret else None

    @property
    def endpoints(self) -> Mapping[str, Handler]:
        """In HTTP mode, what Slack sends to us, by path."""
        return {PATH: self.events} if self.events else {}

    def listen(self, desk: Desk) -> None:
        """Bring what people do to `desk`."""
        register(self._app, desk, self.surface, self._pace)
        hear(self._app, desk, self._pace)

    async def start(self) -> Workspace:
        """Log in, and in Socket Mode connect. Returns the workspace. Raises SurfaceError if Slack refuses the token, and
        SurfaceBusy if it cannot be reached."""
        workspace = await self.surface.directory.workspace()
        if self._app_token:
            self._socket = SocketMode(self._app, self._app_token, self._pace)
            await self._socket.start()
        return workspace

    async def connected(self) -> bool:
        """Whether what people do can reach us; in HTTP mode it always can."""
        if not self._app_token:
            return True
        return self._socket is not None and await self._socket.connected()

    async def stop(self) -> None:
        """Finish what is under way, then let go of every connection."""
        await self._pace.drain(DRAIN_SECONDS)
        if self._socket is not None:
            await self._socket.stop()
        await self._session.close()


class SocketMode:
    """A Socket Mode connection that comes back by itself (https://docs.slack.dev/apis/events-api/using-socket-mode)."""

    def __init__(self, app: AsyncApp, app_token: str, pace: Pace) -> None:
        self._handler = _Handler(app, app_token, pace)
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Connect. If that takes too long we go on trying in the background: the flow runs without Slack too."""
        connecting = asyncio.create_task(self._connect())
        self._tasks = [connecting, asyncio.create_task(self._watch())]
        await asyncio.wait({connecting}, timeout=FIRST_CONNECTION_SECONDS)

    async def connected(self) -> bool:
        """Whether the connection stands."""
        return bool(await self._handler.client.is_connected())

    async def stop(self) -> None:
        """Close, and wait for the SDK's own tasks, which it only cancels."""
        client = self._handler.client
        await self._handler.close_async()  # type: ignore[no-untyped-call]
        sdk = (client.message_processor, client.current_session_monitor, client.message_receiver)
        ending = [task for task in (*self._tasks, *sdk) if task is not None]
        for task in ending:
            task.cancel()
        await asyncio.gather(*ending, return_exceptions=True)

    async def _connect(self) -> None:
        await self._handler.connect_async()  # type: ignore[no-untyped-call]

    async def _watch(self) -> None:
        """The SDK tries the same address again and again, but Slack's addresses go stale: have it ask for a new one."""
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            with contextlib.suppress(Exception):
                if not await self.connected():
                    log.warning("Slack's Socket Mode connection is down; connecting again")
                    self._handler.client.wss_uri = None


class _Handler(AsyncSocketModeHandler):
    """Bolt's, with each envelope under way until its acknowledgement is sent."""

    def __init__(self, app: AsyncApp, app_token: str, pace: Pace) -> None:
        super().__init__(app, app_token, ping_interval=PING_SECONDS)
        self._pace = pace

    async def handle(self, client: SocketModeClient, req: SocketModeRequest) -> None:  # type: ignore[override]
        with self._pace:
            await super().handle(client, req)
