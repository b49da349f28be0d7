"""A server on localhost that speaks the part of Anthropic's Messages API that is used, and misbehaves on request.

Who asks with `stream: true` gets a message as events, as the API sends them:
https://platform.claude.com/docs/en/build-with-claude/streaming
"""

import asyncio
import json
from collections.abc import Callable, Iterator
from typing import Any, Self

from aiohttp import web

Mind = Callable[[dict[str, Any]], "web.Response | str"]
"""Makes the reply to a request."""

SILENCE = "silence"
DRIP = "drip"
CUT = "cut"
STALL = "stall"
PINGS = "pings"
TRUNCATED = "truncated"
BROKEN = "broken"
GARBLED = "garbled"
OVERLOADED = "overloaded"


def says(text: str, *, stop: str = "end_turn", model: str = "claude-haiku-5-5", **usage: int) -> web.Response:
    """A message with a text, as the API sends it."""
    return message({"type": "text", "text": text}, stop=stop, model=model, **usage)


def calls(name: str, arguments: Any, *, id: str = "toolu_01", **usage: int) -> web.Response:
    """A message with a call of a tool."""
    return message(use(name, arguments, id=id), stop="tool_use", model="claude-haiku-5-5", **usage)


def use(name: str, arguments: Any, *, id: str = "toolu_01") -> dict[str, Any]:
    """The block of a call."""
    return {"type": "tool_use", "id": id, "name": name, "input": arguments}


def message(*content: dict[str, Any], stop: str, model: str = "claude-haiku-5-5", **usage: int) -> web.Response:
    """A message with these blocks."""
    return web.json_response(
        {
            "id": "msg_1",
            "type": "message",
            "role": "assistant",
            "model": model,
            "content": list(content),
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
    """Gives its replies in order; where there is none (any more), `mind` makes them.

    SILENCE keeps the caller waiting, DRIP sends a space at a time for ever, CUT breaks the connection. In the middle of a
    streamed answer STALL says no more, PINGS says only that it is there, TRUNCATED ends, BROKEN breaks the connection,
    GARBLED sends what is no JSON, OVERLOADED sends an error.
    """

    def __init__(self, *replies: web.Response | str, mind: Mind | None = None) -> None:
        self.replies = list(replies)
        self._mind = mind
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
        reply = self._mind(self.requests[-1]) if self._mind and not self.replies else self.replies.pop(0)
        if isinstance(reply, web.Response):
            return await self._stream(request, reply) if self.requests[-1].get("stream") else reply
        if reply == SILENCE:
            await self._closing.wait()
        if reply == DRIP:
            await self._drip(request)
        if reply in (STALL, PINGS, TRUNCATED, GARBLED, OVERLOADED, BROKEN):
            return await self._begin(request, reply)
        assert request.transport
        request.transport.close()
        return web.Response()

    async def _stream(self, request: web.Request, reply: web.Response) -> web.StreamResponse:
        told = _message(reply)
        if told is None:
            return reply
        stream = await _events(request)
        for event in _as_events(told):
            await _send(stream, event)
        return stream

    async def _begin(self, request: web.Request, how: str) -> web.StreamResponse:
        """The beginning of an answer, and then what goes wrong."""
        stream = await _events(request)
        for event in list(_as_events(_message(says('{"colour": "gr')) or {}))[:3]:
            await _send(stream, event)
        match how:
            case "stall":
                await self._closing.wait()
            case "pings":
                while not self._closing.is_set():
                    await _send(stream, {"type": "ping"})
                    await asyncio.sleep(0.02)
            case "garbled":
                await stream.write(b'event: content_block_delta\ndata: {"type": \n\n')
            case "overloaded":
                error = {"type": "overloaded_error", "message": "Overloaded"}
                await _send(stream, {"type": "error", "error": error})
            case "broken":
                assert request.transport
                request.transport.close()
        return stream

    async def _drip(self, request: web.Request) -> None:
        slow = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await slow.prepare(request)
        while not self._closing.is_set():
            await slow.write(b" ")
            await asyncio.sleep(0.02)


def _message(reply: web.Response) -> Any:
    """The message in a reply; None if it is something else."""
    try:
        told = json.loads(reply.text or "")
    except (ValueError, RecursionError):
        return None
    whole = isinstance(told, dict) and told.get("type") == "message" and isinstance(told.get("content"), list)
    return told if reply.status == 200 and whole else None


def _as_events(told: dict[str, Any]) -> Iterator[dict[str, Any]]:
    begun = told | {"content": [], "stop_reason": None, "usage": told["usage"] | {"output_tokens": 1}}
    yield {"type": "message_start", "message": begun}
    for index, block in enumerate(told["content"]):
        empty, deltas = _in_pieces(block)
        yield {"type": "content_block_start", "index": index, "content_block": empty}
        yield from ({"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas)
        yield {"type": "content_block_stop", "index": index}
    delta = {"stop_reason": told["stop_reason"], "stop_sequence": None}
    usage = {"output_tokens": told["usage"].get("output_tokens")}
    yield {"type": "message_delta", "delta": delta, "usage": usage}
    yield {"type": "message_stop"}


def _in_pieces(block: dict[str, Any]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A block as it begins, and the rest of it in two pieces."""
    match block:
        case {"type": "tool_use", "input": arguments}:
            written = json.dumps(arguments)
            kind, key, empty = "input_json_delta", "partial_json", block | {"input": {}}
        case {"type": "thinking", "thinking": written, "signature": signature}:
            signed = {"type": "signature_delta", "signature": signature}
            thought = {"type": "thinking_delta", "thinking": written}
            return block | {"thinking": "", "signature": ""}, [thought, signed]
        case {"text": written}:
            kind, key, empty = "text_delta", "text", block | {"text": ""}
    half = len(written) // 2
    return empty, [{"type": kind, key: piece} for piece in (written[:half], written[half:])]


async def _events(request: web.Request) -> web.StreamResponse:
    stream = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await stream.prepare(request)
    return stream


async def _send(stream: web.StreamResponse, event: dict[str, Any]) -> None:
    await stream.write(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode())
