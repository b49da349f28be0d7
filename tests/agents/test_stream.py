"""An answer that never ends is given up, also where something is heard of it all the time."""

import asyncio
import json
from contextlib import AsyncExitStack
from typing import Any

import anthropic
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from agents.model import ModelUnavailable
from agents.stream import streamed

BEGIN: list[dict[str, Any]] = [
    {
        "type": "message_start",
        "message": {
            "id": "msg_1", "type": "message", "role": "assistant", "model": "m", "content": [], "stop_reason": None,
            "stop_sequence": None, "usage": {"input_tokens": 1, "output_tokens": 1},
        },
    },
    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
]  # fmt: skip
NOTHING = {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": ""}}


async def _for_ever(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await response.prepare(request)
    for event in BEGIN:
        await response.write(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode())
    while True:
        await response.write(f"event: content_block_delta\ndata: {json.dumps(NOTHING)}\n\n".encode())
        await asyncio.sleep(0.02)


async def test_an_answer_without_an_end_is_given_up() -> None:
    app = web.Application()
    app.router.add_post("/v1/messages", _for_ever)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(asyncio.timeout(10))
        server = await stack.enter_async_context(TestServer(app, host="127.0.0.1"))
        url = str(server.make_url("/"))
        client = await stack.enter_async_context(anthropic.AsyncAnthropic(api_key="key", base_url=url, max_retries=0))
        asked = {"model": "m", "max_tokens": 10, "messages": [{"role": "user", "content": "Hi"}]}
        with pytest.raises(ModelUnavailable, match="did not answer in time"):
            await streamed(client, start=5, silence=5, longest=0.3, **asked)
