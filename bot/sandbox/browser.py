"""What the sandbox's page talks to: its assets, a websocket of snapshots, and posts that say what a person did."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from bot.sandbox import inputs
from bot.sandbox.errors import PersonError
from bot.sandbox.interaction import Interactions
from bot.sandbox.workspace import Workspace

logger = logging.getLogger(__name__)

PAGE = Path(__file__).parent / "page"
TYPES: Mapping[str, str] = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".woff2": "font/woff2",
}
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
LOCAL = frozenset({"127.0.0.1", "localhost", "::1"})
SETTLE_SECONDS = 0.05
PANEL_SECONDS = 0.5

Panels = Callable[[], Awaitable[list[dict[str, Any]]]]
Advance = Callable[[float], Awaitable[object]]
Act = Callable[[Mapping[str, Any]], Awaitable[None]]


@web.middleware
async def only_local_pages(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Refuse what another website makes a browser send here (DNS rebinding, cross-site requests)."""
    host = urlsplit(f"//{request.host}").hostname
    origin = request.headers.get("Origin")
    if host not in LOCAL or (origin is not None and urlsplit(origin).netloc != request.host):
        raise web.HTTPForbidden(text="The sandbox only serves its own page on this computer.")
    return await handler(request)


class Browser:
    """Serves the page. `draw` gives a person's snapshot; `advance` moves the clock, where it can be moved."""

    def __init__(
        self,
        workspace: Workspace,
        interactions: Interactions,
        draw: Callable[[str], Mapping[str, Any]],
        panels: Panels | None,
        advance: Advance | None,
    ) -> None:
        self.panels: list[dict[str, Any]] = []
        self._workspace = workspace
        self._interactions = interactions
        self._draw = draw
        self._read_panels = panels
        self._advance = advance
        self._sockets: dict[web.WebSocketResponse, asyncio.Event] = {}
        self._watch: asyncio.Task[None] | None = None

    def routes(self) -> list[web.RouteDef]:
        """The page's routes."""
        acts: Mapping[str, Act] = {
            "say": self._say,
            "action": self._act,
            "view": self._view,
            "shortcut": self._shortcut,
            "home": self._home,
            "clock": self._clock,
        }
        return [
            web.get("/", self._index),
            web.get("/page/{asset}", self._asset),
            web.get("/archives/{channel}/{message}", self._permalink),
            web.get("/sandbox/socket", self._socket),
            *(web.post(f"/sandbox/{name}", self._acting(act)) for name, act in acts.items()),
        ]

    async def _index(self, _: web.Request) -> web.StreamResponse:
        return _file("index.html")

    async def _asset(self, request: web.Request) -> web.StreamResponse:
        return _file(request.match_info["asset"])

    async def _permalink(self, _: web.Request) -> web.StreamResponse:
        raise web.HTTPFound("/")

    def changed(self) -> None:
        """Have every open page drawn again soon."""
        for dirty in self._sockets.values():
            dirty.set()

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        me = self._whoever(request.query.get("as", ""))
        socket = web.WebSocketResponse(heartbeat=30.0)
        await socket.prepare(request)
        dirty = self._sockets[socket] = asyncio.Event()
        dirty.set()
        if self._watch is None:
            await self._refresh_panels()
            self._watch = asyncio.create_task(self._watch_panels())
        pushing = asyncio.create_task(self._push(socket, me, dirty))
        try:
            async for _ in socket:
                pass
        finally:
            del self._sockets[socket]
            pushing.cancel()
        return socket

    def _whoever(self, person_id: str) -> str:
        """The person asked for, or the first one there is."""
        people = [each.id for each in self._workspace.people.values() if not each.is_bot and not each.deleted]
        return person_id if person_id in people else people[0]

    async def _push(self, socket: web.WebSocketResponse, me: str, dirty: asyncio.Event) -> None:
        with suppress(ConnectionError):
            while True:
                await dirty.wait()
                dirty.clear()
                await socket.send_str(json.dumps(self._draw(me)))
                await asyncio.sleep(SETTLE_SECONDS)

    async def _watch_panels(self) -> None:
        while self._sockets:
            await asyncio.sleep(PANEL_SECONDS)
            await self._refresh_panels()
        self._watch = None

    async def _refresh_panels(self) -> None:
        try:
            panels = await self._read_panels() if self._read_panels else []
        except Exception:
            logger.exception("The panels beside the channel could not be read; the old ones stay")
            return
        if panels != self.panels:
            self.panels = panels
            self.changed()

    def _acting(self, act: Act) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def handle(request: web.Request) -> web.Response:
            try:
                await act(await _body(request))
            except PersonError as refusal:
                return _json({"ok": False, "error": str(refusal)})
            return _json({"ok": True})

        return handle

    async def _say(self, body: Mapping[str, Any]) -> None:
        thread_ts = body.get("thread_ts")
        await self._interactions.say(
            _text(body, "as"), _text(body, "channel"), _text(body, "text"), str(thread_ts) if thread_ts else None
        )

    async def _act(self, body: Mapping[str, Any]) -> None:
        person, block_id, action_id = _text(body, "as"), _text(body, "block_id"), _text(body, "action_id")
        raw = _raw(body.get("selected"))
        if body.get("where") == "message":
            channel, ts = _text(body, "channel"), _text(body, "ts")
            await self._interactions.click(person, channel, ts, block_id, action_id, raw)
        else:
            view_id = self._interactions.home_id(person) if body.get("where") == "home" else _text(body, "view_id")
            values = _values(body)
            await self._interactions.click_in_view(person, view_id, block_id, action_id, raw, values)

    async def _view(self, body: Mapping[str, Any]) -> None:
        person, view_id = _text(body, "as"), _text(body, "view_id")
        match body.get("event"):
            case "submit":
                await self._interactions.submit(person, view_id, _values(body))
            case "close":
                await self._interactions.close(person, view_id)
            case other:
                raise PersonError(f"A window can be submitted or closed, not {other!r}.")

    async def _shortcut(self, body: Mapping[str, Any]) -> None:
        channel, ts = _text(body, "channel"), _text(body, "ts")
        await self._interactions.message_shortcut(_text(body, "as"), channel, ts, _text(body, "callback_id"))

    async def _home(self, body: Mapping[str, Any]) -> None:
        self._interactions.open_home(_text(body, "as"))

    async def _clock(self, body: Mapping[str, Any]) -> None:
        seconds = body.get("seconds")
        if self._advance is None:
            raise PersonError("This sandbox's clock cannot be moved.")
        if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds <= 366 * 86_400:
            raise PersonError("The clock moves forward by a number of seconds, up to a year.")
        await self._advance(float(seconds))
        await self._refresh_panels()
        self.changed()

    async def close(self) -> None:
        """Say goodbye to every open page."""
        for socket in tuple(self._sockets):
            await socket.close()
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.gather(self._watch, return_exceptions=True)


def _file(name: str) -> web.StreamResponse:
    path = PAGE / name
    if path.parent != PAGE or path.suffix not in TYPES or not path.is_file():
        raise web.HTTPNotFound
    return web.Response(body=path.read_bytes(), content_type=TYPES[path.suffix], charset="utf-8", headers=HEADERS)


def _json(body: Mapping[str, Any]) -> web.Response:
    return web.json_response(body, headers={"Cache-Control": "no-store"})


async def _body(request: web.Request) -> Mapping[str, Any]:
    """The JSON object of a request; its content type is demanded so that no foreign form can send one."""
    if request.content_type != "application/json":
        raise PersonError("Send JSON with the content type application/json.")
    try:
        body = await request.json()
    except ValueError as failure:
        raise PersonError("That is not JSON.") from failure
    if not isinstance(body, dict):
        raise PersonError("Send a JSON object.")
    return body


def _text(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise PersonError(f"{name!r} is missing.")
    return value


def _values(body: Mapping[str, Any]) -> Mapping[str, Mapping[str, Any]]:
    values = body.get("values") or {}
    if not isinstance(values, dict) or not all(isinstance(each, dict) for each in values.values()):
        raise PersonError("'values' must be an object of objects.")
    for each in values.values():
        for value in each.values():
            _raw(value)
    return values


def _raw(value: object) -> inputs.Raw:
    """What was entered or chosen: text, a number, a yes or no, a list of texts, or nothing."""
    if isinstance(value, str | int | float | None):
        return value
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return value
    raise PersonError("What is entered must be text, a number, true, false, a list of texts, or null.")
