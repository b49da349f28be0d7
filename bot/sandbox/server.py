"""The sandbox: a Slack-compatible workspace on localhost, with a page for people and a client for tests."""

import asyncio
import secrets
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Literal, Self, TypeVar

from aiohttp import web

from bot.sandbox import inputs
from bot.sandbox.browser import Advance, Browser, Panels, only_local_pages
from bot.sandbox.call import Slack
from bot.sandbox.delivery import Answer, Line, Parcel
from bot.sandbox.doors import Doors
from bot.sandbox.errors import PersonError, SandboxError
from bot.sandbox.events import Events
from bot.sandbox.faults import Fault, Faults
from bot.sandbox.files import Files
from bot.sandbox.interaction import Interactions
from bot.sandbox.people import Seed
from bot.sandbox.signed_http import SignedHttp
from bot.sandbox.snapshot import Clock, Surroundings, snapshot
from bot.sandbox.socket_mode import SocketMode
from bot.sandbox.triggers import ResponseUrls, Triggers
from bot.sandbox.views import View, Views
from bot.sandbox.web_api import ApiCall, Tokens, WebApi
from bot.sandbox.workspace import Mark, Message, Workspace
from bot.slack import limits

Found = TypeVar("Found")
LONGEST_REQUEST = 32 * 1024 * 1024
LONGEST_QUERY = 4 * 1024 * 1024


def _real_now() -> datetime:
    return datetime.now(UTC)


class Sandbox:
    """A workspace served over HTTP while the `async with` lasts.

    `seed` says who is there. For the page: `samples` are things to try (`title`, `text`, `hint`), `panels` reads what
    the world received, `advance(seconds)` moves the clock that `now` reads. `request_url` sends signed HTTP requests
    there instead of waiting for Socket Mode. `ack_seconds` and `retry_seconds` are Slack's unless a test is in a hurry;
    `monotonic` is the clock by which trigger ids and response URLs age.
    """

    def __init__(
        self,
        seed: Seed,
        *,
        samples: Sequence[Mapping[str, Any]] = (),
        panels: Panels | None = None,
        advance: Advance | None = None,
        now: Callable[[], datetime] = _real_now,
        monotonic: Callable[[], float] = time.monotonic,
        request_url: str | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        ack_seconds: float = limits.ACK_SECONDS,
        retry_seconds: Sequence[float] = limits.EVENT_RETRY_SECONDS,
    ) -> None:
        self.tokens = Tokens(
            bot=f"xoxb-sandbox-{secrets.token_hex(12)}",
            app=f"xapp-1-{seed.installation.app_id}-{secrets.token_hex(12)}",
            signing_secret=secrets.token_hex(16),
        )
        self.workspace = Workspace(seed, now)
        self.views = Views(self.workspace)
        self.faults = Faults(monotonic)
        self._monotonic = monotonic
        self._address = (host, port)
        self._samples = samples
        self._advance = advance
        self._ack_seconds = ack_seconds
        self._retry_seconds = retry_seconds
        self._panels = panels
        self._socket_mode = SocketMode(seed.installation.app_id, self.workspace.changed, ack_seconds)
        self._line = Line(self._socket_mode)
        if request_url is not None:
            self.use_http(request_url)
        self._runner: web.AppRunner | None = None
        self._now = now

    @property
    def url(self) -> str:
        """Where the page is, without a slash at the end."""
        host, port = self._address
        return f"http://{host}:{port}"

    @property
    def api_url(self) -> str:
        """The base URL for slack_sdk."""
        return f"{self.url}/api/"

    @property
    def bot_token(self) -> str:
        """The app's bot token."""
        return self.tokens.bot

    @property
    def app_token(self) -> str:
        """The app's app-level token, for Socket Mode."""
        return self.tokens.app

    @property
    def signing_secret(self) -> str:
        """The secret HTTP requests to the app are signed with."""
        return self.tokens.signing_secret

    @property
    def connected(self) -> bool:
        """Whether an app is there to answer."""
        return self._line.connected

    @property
    def connections(self) -> int:
        """How many Socket Mode connections the app has open."""
        return self._socket_mode.count

    @property
    def deliveries(self) -> list[tuple[Parcel, Answer]]:
        """Everything delivered to the app so far, with what became of it; redeliveries by hand are not listed."""
        return self._line.sent

    @property
    def calls(self) -> list[ApiCall]:
        """Every call of the Web API so far."""
        return self._api.calls

    async def __aenter__(self) -> Self:
        """Bind the port and start serving; SandboxError when the port is taken."""
        listening = self._bound()
        application = web.Application(client_max_size=LONGEST_REQUEST, middlewares=[only_local_pages])
        application.add_routes(self._assemble())
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=1.0, max_line_size=LONGEST_QUERY)
        await self._runner.setup()
        await web.SockSite(self._runner, listening).start()
        for person in self.workspace.seed.people:
            if not person.is_bot and not person.deleted:
                self.workspace.im(person.id)
        return self

    def _bound(self) -> socket.socket:
        host, port = self._address
        try:
            listening = socket.create_server(self._address)
        except OSError as failure:
            raise SandboxError(f"Cannot listen on {host}:{port} ({failure.strerror}). Choose another port.") from failure
        self._address = (host, listening.getsockname()[1])
        return listening

    def _assemble(self) -> list[web.RouteDef]:
        """Everything that needs to know its own address, and the routes to it."""
        self._slack = Slack(
            workspace=self.workspace,
            views=self.views,
            triggers=Triggers(self._monotonic),
            response_urls=ResponseUrls(self._monotonic),
            files=Files(),
            url=self.url,
            open_link=lambda: f"{self.url.replace('http', 'ws', 1)}/sandbox/link?ticket={self._socket_mode.ticket()}",
        )
        self._api = WebApi(self._slack, self.tokens, self.faults)
        self._events = Events(self.workspace, self._line, self._retry_seconds)
        self.hands = Interactions(self._slack, self._line, self._events)
        self._browser = Browser(self.workspace, self.hands, self._draw, self._panels, self._advance)
        self.workspace.listeners.append(self._browser.changed)
        doors = Doors(self._slack)
        return [
            web.route("*", "/api/{method}", self._api.handle),
            web.get("/sandbox/link", self._socket_mode.connect),
            *doors.routes(),
            *self._browser.routes(),
        ]

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop serving and let everybody go."""
        await self._events.close()
        await self._browser.close()
        await self._socket_mode.close()
        if self._runner is not None:
            await self._runner.cleanup()

    def _draw(self, person_id: str) -> Mapping[str, Any]:
        offset = round((self._now() - _real_now()).total_seconds())
        clock = Clock(self._now(), offset, can_advance=self._advance is not None)
        around = Surroundings(self.connected, self._samples, self._browser.panels, clock)
        return snapshot(self._slack, person_id, around)

    # Switching the way to the app, and trouble on demand.

    def use_http(self, request_url: str) -> None:
        """Deliver by signed HTTP requests to `request_url` from now on."""
        self._line.via = SignedHttp(request_url, self.signing_secret, self._ack_seconds)

    def hold_next(self, parcels: int) -> None:
        """Let the next `parcels` wait for one another: presses of people who all saw the same card."""
        self._line.hold_next(parcels)

    async def disconnect(self) -> None:
        """Ask the app to reconnect, as Slack does when it refreshes a Socket Mode connection."""
        await self._socket_mode.disconnect()

    async def redeliver_last(self, times: int = 1) -> list[Answer]:
        """Deliver again exactly what was delivered last: same bytes and, over HTTP, the same signature."""
        return await self._line.redeliver_last(times)

    def fail_next(
        self,
        method: str,
        *,
        error: str | None = None,
        status: int | None = None,
        retry_after: int | None = None,
        drop_connection_after_accepting: bool = False,
        times: int = 1,
    ) -> None:
        """Let the next `times` calls of a Web API method fail in one way (see Fault)."""
        fault = Fault(method, error, status, retry_after, drop_connection_after_accepting)
        for _ in range(times):
            self.faults.add(fault)

    def meter_posts(self, on: bool = True) -> None:
        """Answer a second post to a channel within a second with 429, as Slack does."""
        self.faults.metered = on

    def set_scopes(self, *scopes: str) -> None:
        """Give the bot token other scopes, as when the app is installed again."""
        self._api.scopes = frozenset(scopes)

    # A client for tests: what people do.

    async def say(self, person: str, channel: str, text: str, thread_ts: str | None = None) -> Answer | None:
        """Let a person send a message or, where `text` begins with a slash, a command (see Interactions.say)."""
        return await self.hands.say(person, channel, text, thread_ts)

    async def click(
        self, person: str, message: Message, action_id: str, selected: Any = None, block_id: str | None = None
    ) -> Answer:
        """Let a person press a button, or choose `selected`, in a message as it is now."""
        now = self.workspace.find(message.channel, message.ts) or message
        place = block_id or _block_of(now.blocks, action_id)
        return await self.hands.click(person, message.channel, message.ts, place, action_id, selected)

    async def click_in_view(
        self, person: str, view: View, action_id: str, selected: Any = None, values: inputs.Values | None = None
    ) -> Answer:
        """Let a person press a button, or choose `selected`, in a modal or in their home tab."""
        place = _block_of(view.blocks, action_id)
        return await self.hands.click_in_view(person, view.id, place, action_id, selected, values or {})

    async def submit(self, person: str, view: View, values: inputs.Values | None = None) -> Answer | None:
        """Let a person submit a modal; fields not in `values` (`{block_id: {action_id: value}}`) keep what they hold."""
        return await self.hands.submit(person, view.id, values or {})

    async def close_view(self, person: str, view: View) -> Answer | None:
        """Let a person dismiss a modal."""
        return await self.hands.close(person, view.id)

    async def choose(self, person: str, message: Message, callback_id: str) -> Answer:
        """Let a person choose one of the app's shortcuts on a message."""
        return await self.hands.message_shortcut(person, message.channel, message.ts, callback_id)

    def open_home(self, person: str) -> None:
        """Let a person open the app's home tab."""
        self.hands.open_home(person)

    def archive(self, channel: str, by: str) -> None:
        """Let a person archive a channel."""
        self._end(channel, by, "archive")

    def delete(self, channel: str, by: str) -> None:
        """Let an administrator delete a channel."""
        self._end(channel, by, "deleted")

    def remove_bot(self, channel: str, by: str) -> None:
        """Let a person remove the app from a channel."""
        self._end(channel, by, "left")

    def _end(self, channel: str, by: str, what: Literal["archive", "deleted", "left"]) -> None:
        found = self.workspace.channels[channel]
        match what:
            case "archive":
                self.workspace.replace_channel(replace(found, is_archived=True))
            case "deleted":
                self.workspace.remove_channel(found)
            case "left":
                left = tuple(member for member in found.members if member != self.workspace.bot.id)
                self.workspace.replace_channel(replace(found, members=left))
        self._events.channel(found, what, by)

    # A client for tests: what people see.

    def messages(self, channel: str) -> list[Message]:
        """What everybody sees in a channel, oldest first, without replies in threads."""
        return [each for each in self.workspace.messages(channel) if each.to is None and not each.is_reply]

    def replies(self, channel: str, ts: str) -> list[Message]:
        """The replies in a thread that everybody sees, oldest first."""
        return list(self.workspace.replies(channel, ts))

    def ephemerals(self, person: str) -> list[Message]:
        """What only this person was ever shown, in any channel, oldest first."""
        everywhere = (each for channel in self.workspace.channels for each in self.workspace.messages(channel))
        return sorted((each for each in everywhere if each.to == person), key=lambda each: each.ts)

    def direct(self, person: str) -> list[Message]:
        """A person's direct messages with the app, oldest first."""
        return self.messages(self.workspace.im(person).id)

    def view_of(self, person: str) -> View | None:
        """The modal a person has in front of them."""
        return self.views.top_of(person)

    def home_of(self, person: str) -> View | None:
        """A person's home tab of the app."""
        return self.views.home_of(person)

    def mark_of(self, person: str, message: Message) -> Mark:
        """What the client shows a person beside a message."""
        return self.workspace.marks.get((person, message.channel, message.ts), Mark())

    async def until(self, read: Callable[[], Found | None], seconds: float = 5.0) -> Found:
        """What `read` finds as soon as it finds something, looking after every change; TimeoutError otherwise."""
        changed = asyncio.Event()
        self.workspace.listeners.append(changed.set)
        try:
            async with asyncio.timeout(seconds):
                while not (found := read()):
                    await changed.wait()
                    changed.clear()
                return found
        finally:
            self.workspace.listeners.remove(changed.set)


def _block_of(blocks: Sequence[Mapping[str, Any]], action_id: str) -> str:
    for block, element in inputs.elements(blocks):
        if element["action_id"] == action_id:
            return str(block["block_id"])
    raise PersonError(f"There is nothing to click with the action_id {action_id!r}.")
