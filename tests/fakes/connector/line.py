"""The way to the bot: activities go out as signed requests, and what comes back is kept."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import aiohttp

PATIENCE = aiohttp.ClientTimeout(total=20)


@dataclass(frozen=True)
class Answer:
    """What the bot answered to an activity, after how many seconds. Status 0 is no answer at all."""

    status: int
    body: Any
    seconds: float

    @property
    def acked(self) -> bool:
        return 200 <= self.status < 300


class Line:
    """Sends to `endpoint`. `authorize` makes the header for an activity."""

    def __init__(self, authorize: Callable[[], str]) -> None:
        self.endpoint = ""
        self.sent: list[tuple[dict[str, Any], Answer]] = []
        self._authorize = authorize
        self._session: aiohttp.ClientSession | None = None
        self._last: tuple[bytes, dict[str, str]] | None = None

    async def deliver(self, activity: dict[str, Any], authorization: str | None = "") -> Answer:
        """Send an activity, with a good token unless another header, or none, is given."""
        header = self._authorize() if authorization == "" else authorization
        headers = {"Content-Type": "application/json; charset=utf-8"} | ({"Authorization": header} if header else {})
        self._last = json.dumps(activity, ensure_ascii=False).encode(), headers
        answer = await self._post(*self._last)
        self.sent.append((activity, answer))
        return answer

    async def again(self) -> Answer:
        """The same bytes and the same token once more, as when the first answer was lost."""
        assert self._last is not None
        return await self._post(*self._last)

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def _post(self, body: bytes, headers: dict[str, str]) -> Answer:
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=PATIENCE)
        began = time.monotonic()
        try:
            async with self._session.post(self.endpoint, data=body, headers=headers) as answer:
                text = await answer.text()
        except (aiohttp.ClientError, TimeoutError):
            return Answer(0, None, time.monotonic() - began)
        return Answer(answer.status, _parsed(text), time.monotonic() - began)


def _parsed(text: str) -> Any:
    try:
        return json.loads(text) if text else None
    except ValueError:
        return text
