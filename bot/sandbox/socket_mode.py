"""Delivery over Socket Mode: the app connects to us, each envelope goes to one of its connections.

https://docs.slack.dev/apis/events-api/using-socket-mode
"""

import asyncio
import itertools
import json
import secrets
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from aiohttp import WSMsgType, web

from bot.sandbox.delivery import Answer, Parcel
from bot.slack import limits

HEARTBEAT_SECONDS = 30.0


class SocketMode:
    """The connections of the app. `changed` is called when the app comes or goes."""

    def __init__(self, app_id: str, changed: Callable[[], None], ack_seconds: float = limits.ACK_SECONDS) -> None:
        self._app_id = app_id
        self._changed = changed
        self._ack_seconds = ack_seconds
        self._tickets: set[str] = set()
        self._connections: list[web.WebSocketResponse] = []
        self._waiting: list[tuple[str, asyncio.Future[Answer]]] = []
        self._turns = itertools.count()
        self._last: tuple[str, str] | None = None

    @property
    def connected(self) -> bool:
        """Whether at least one connection is open."""
        return bool(self._connections)

    @property
    def count(self) -> int:
        """How many connections are open."""
        return len(self._connections)

    def ticket(self) -> str:
        """A single-use ticket for one connection."""
        ticket = secrets.token_urlsafe(18)
        self._tickets.add(ticket)
        return ticket

    async def connect(self, request: web.Request) -> web.StreamResponse:
        """A connection of the app, for as long as it lasts."""
        ticket = request.query.get("ticket", "")
        if ticket not in self._tickets:
            return web.Response(status=404, text="This ticket is unknown or was used; call apps.connections.open.")
        self._tickets.discard(ticket)
        socket = web.WebSocketResponse(heartbeat=HEARTBEAT_SECONDS)
        await socket.prepare(request)
        if len(self._connections) >= limits.SOCKET_CONNECTIONS:
            await socket.send_json({"type": "disconnect", "reason": "too_many_websockets"})
            await socket.close()
            return socket
        await self._serve(socket)
        return socket

    async def _serve(self, socket: web.WebSocketResponse) -> None:
        self._connections.append(socket)
        self._changed()
        try:
            await socket.send_json(self._hello())
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    self._acknowledged(json.loads(message.data))
        finally:
            self._forget(socket)

    def _hello(self) -> dict[str, Any]:
        return {
            "type": "hello",
            "num_connections": len(self._connections),
            "debug_info": {"host": "sandbox", "approximate_connection_time": 18060},
            "connection_info": {"app_id": self._app_id},
        }

    def _forget(self, socket: web.WebSocketResponse) -> None:
        if socket in self._connections:
            self._connections.remove(socket)
            self._changed()

    def _acknowledged(self, ack: dict[str, Any]) -> None:
        for envelope_id, waiting in self._waiting:
            if envelope_id == ack.get("envelope_id") and not waiting.done():
                waiting.set_result(Answer("acked", ack.get("payload") or None))
                return

    async def deliver(self, parcel: Parcel) -> Answer:
        """Send a parcel in an envelope of its own."""
        envelope_id = secrets.token_hex(16)
        envelope: dict[str, Any] = {
            "envelope_id": envelope_id,
            "type": parcel.kind,
            "payload": parcel.payload,
            "accepts_response_payload": parcel.kind != "events_api",
        }
        if parcel.kind == "events_api":
            retry = parcel.retry
            envelope |= {"retry_attempt": retry.number if retry else 0, "retry_reason": retry.reason if retry else ""}
        self._last = (envelope_id, json.dumps(envelope))
        return await self._send(*self._last)

    async def _send(self, envelope_id: str, text: str) -> Answer:
        if not self._connections:
            return Answer("absent")
        socket = self._connections[next(self._turns) % len(self._connections)]
        waiting = (envelope_id, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        try:
            await socket.send_str(text)
            return await asyncio.wait_for(waiting[1], self._ack_seconds)
        except TimeoutError:
            return Answer("timeout")
        except ConnectionError:
            self._forget(socket)
            return Answer("absent")
        finally:
            self._waiting.remove(waiting)

    async def redeliver_last(self, times: int) -> list[Answer]:
        """The last envelope again, byte for byte."""
        if self._last is None:
            return []
        return [await self._send(*self._last) for _ in range(times)]

    async def disconnect(self, reason: str = "refresh_requested") -> None:
        """Ask every connection to reconnect, as Slack does every few hours, and close it."""
        for socket in tuple(self._connections):
            with suppress(ConnectionError):
                await socket.send_json({"type": "disconnect", "reason": reason, "debug_info": {"host": "sandbox"}})

    async def close(self) -> None:
        """Close every connection."""
        for socket in tuple(self._connections):
            with suppress(ConnectionError):
                await socket.close()
            self._forget(socket)
