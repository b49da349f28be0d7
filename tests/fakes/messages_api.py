"""A server on localhost that speaks the part of Anthropic's Messages API that is used, and misbehaves on request."""

import asyncio
import json
from typing import Any, Self

from aiohttp import web

SILENCE = "silence"
DRIP = "drip"
CUT = "cut"


def says(text: str, *, stop: str = "end_turn", model: str = "claude-haiku-5-5", **usage: int) -> web.Response:
    """A message as the API sends it."""
    return web.json_response(
        {
            "id": "msg_1",
            "type": "message",
            "role": "assistant",
            "model": model,
            "content": [{"type": "text", "text": text}],
            "stop_reason": stop,
            "stop_sequence": None,
            "usage": {"input_tokens": 100, "output_tokens": 20} | usage,
        }
    )


def fails(status: int, type: str, message: str = "It said no", *, retry_after: str | None = None) -> web.Response:
    """An error as the API sends it."""
    headers = {"retry-after": retry_after} if retry_after else {}
    body = {"type": "error", "error": {"type": type, "message": message}}
    return web.json_response(body, status=status, headers=headers)


def raw(text: str, content_type: str = "application/json") -> web.Response:
    """Any body at all."""
    return web.Response(text=text, content_type=content_type)


class MessagesApi:
    """Gives its replies in order.

    SILENCE keeps the caller waiting, DRIP sends a space at a time for ever, CUT breaks the connection.
    """

    def __init__(self, *replies: web.Response | str) -> None:
        self.replies = list(replies)
        self.requests: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self._closing = asyncio.Event()

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_post("/v1/messages", self._answer)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._closing.set()
        await self._runner.cleanup()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        self.requests.append(json.loads(await request.read()))
        self.headers.append({name.lower(): value for name, value in request.headers.items()})
        reply = self.replies.pop(0)
        if isinstance(reply, web.Response):
            return reply
        if reply == SILENCE:
            await self._closing.wait()
        if reply == DRIP:
            await self._drip(request)
        assert request.transport
        request.transport.close()
        return web.Response()

    async def _drip(self, request: web.Request) -> None:
        slow = web.StreamResponse(headers={"Content-Type": "application/json"})
        await slow.prepare(request)
        while not self._closing.is_set():
            await slow.write(b" ")
            await asyncio.sleep(0.02)
