"""HTTP mode: `POST /slack/events`, verified before anything is parsed.

Bolt answers 500 to a timestamp that is no number and to a signature beyond ASCII, and takes a byte-for-byte replay within
five minutes for a new request. So the signature is checked here first, and each is taken once
(https://docs.slack.dev/authentication/verifying-requests-from-slack).
"""

import re
from collections.abc import Sequence

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response
from slack_bolt.async_app import AsyncApp, AsyncBoltRequest
from slack_sdk.signature import SignatureVerifier

from bot.flow.replays import Replays

PATH = "/slack/events"
BODY_BYTES = 512 * 1024  # the largest payload, the submission of a full modal, is well below

_TIMESTAMP = re.compile(r"[0-9]{1,12}", re.ASCII)
_SIGNATURE = re.compile(r"v0=[0-9a-f]{64}", re.ASCII)


class Events:
    """`handle` is to be mounted at `PATH`."""

    def __init__(self, app: AsyncApp, signing_secret: str, replays: Replays | None = None) -> None:
        self._app, self._verifier, self._replays = app, SignatureVerifier(signing_secret), replays or Replays()

    async def handle(self, request: web.Request) -> web.Response:
        """`POST /slack/events`. Answers 401 to what Slack has not signed, 413 to what is too large."""
        body = await _bounded(request)
        if body is None:
            return _refused(413, f"The body is larger than {BODY_BYTES:,} bytes.")
        signature = request.headers.get("X-Slack-Signature", "")
        if not self._signed(body, request.headers.get("X-Slack-Request-Timestamp", ""), signature):
            return _refused(401, "Slack has not signed this, or more than five minutes ago.")
        if not self._replays.first(signature):
            return web.Response()  # a replay: taken once already, and Slack wants nothing but an acknowledgement
        headers: dict[str, str | Sequence[str]] = {**request.headers}
        answer = await self._app.async_dispatch(AsyncBoltRequest(body=body, query=request.query_string, headers=headers))
        return await to_aiohttp_response(answer)

    def _signed(self, body: str, timestamp: str, signature: str) -> bool:
        if not (_TIMESTAMP.fullmatch(timestamp) and _SIGNATURE.fullmatch(signature)):
            return False
        return self._verifier.is_valid(body, timestamp, signature)


async def _bounded(request: web.Request) -> str | None:
    """The body, or None if it is too large. Bytes that are no UTF-8 are replaced, so that no signature fits them."""
    raw = bytearray()
    async for chunk in request.content.iter_any():
        raw += chunk
        if len(raw) > BODY_BYTES:
            return None
    return raw.decode("utf-8", errors="replace")


def _refused(status: int, why: str) -> web.Response:
    return web.json_response({"error": why}, status=status)
