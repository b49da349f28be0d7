"""Delivery by signed HTTP requests to the app's request URL.

https://docs.slack.dev/authentication/verifying-requests-from-slack
"""

import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from urllib.parse import urlencode

import aiohttp

from bot.sandbox.delivery import Answer, Parcel, read_body
from bot.slack import limits

Request = tuple[bytes, Mapping[str, str]]


def sign(signing_secret: str, body: bytes, timestamp: int) -> dict[str, str]:
    """The two headers that prove a body comes from Slack. `timestamp` is in seconds since 1970."""
    base = b"v0:%d:%s" % (timestamp, body)
    signature = "v0=" + hmac.new(signing_secret.encode(), base, hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": str(timestamp), "X-Slack-Signature": signature}


class SignedHttp:
    """Posts to `request_url`, which takes commands, interactions and events alike."""

    def __init__(self, request_url: str, signing_secret: str, ack_seconds: float = limits.ACK_SECONDS) -> None:
        self._url = request_url
        self._secret = signing_secret
        self._timeout = aiohttp.ClientTimeout(total=ack_seconds)
        self._last: Request | None = None

    @property
    def connected(self) -> bool:
        """A request URL is always tried."""
        return True

    async def deliver(self, parcel: Parcel) -> Answer:
        """Sign and send a parcel."""
        body, content_type = _body(parcel)
        headers = {"Content-Type": content_type, **sign(self._secret, body, int(time.time()))}
        if parcel.retry is not None:
            headers |= {"X-Slack-Retry-Num": str(parcel.retry.number), "X-Slack-Retry-Reason": parcel.retry.reason}
        self._last = (body, headers)
        return await self._send(self._last)

    async def _send(self, request: Request) -> Answer:
        body, headers = request
        try:
            async with (
                aiohttp.ClientSession(timeout=self._timeout) as session,
                session.post(self._url, data=body, headers=headers) as response,
            ):
                text = await response.text()
        except TimeoutError:
            return Answer("timeout")
        except aiohttp.ClientError:
            return Answer("absent")
        return Answer("acked", read_body(text)) if response.status == 200 else Answer("refused")

    async def redeliver_last(self, times: int) -> list[Answer]:
        """The last request again: the same body, the same timestamp, the same signature."""
        if self._last is None:
            return []
        return [await self._send(self._last) for _ in range(times)]

    async def close(self) -> None:
        """Nothing is kept open."""


def _body(parcel: Parcel) -> tuple[bytes, str]:
    if parcel.kind == "events_api":
        return json.dumps(parcel.payload).encode(), "application/json"
    fields = parcel.payload if parcel.kind == "slash_commands" else {"payload": json.dumps(parcel.payload)}
    return urlencode(fields).encode(), "application/x-www-form-urlencoded"
