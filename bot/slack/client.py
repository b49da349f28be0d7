"""The client for what Signoff writes to Slack: a method that Slack asked to rest is not called until that time is over.

Limits are per method and workspace, of posting also per channel (https://docs.slack.dev/apis/web-api/rate-limits). The flow
lets what waits for a channel take turns (`bot/flow/turns.py`); this holds for whatever else calls, wherever it comes from.
"""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.flow.surface import SurfaceBusy
from bot.slack.errors import rest_of


class RestingClient(AsyncWebClient):
    """An AsyncWebClient that raises SurfaceBusy instead of calling a method that rests."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._rests: dict[tuple[str, str], float] = {}  # until when on the event loop's clock, where there is a limit

    async def api_call(self, api_method: str, **kwargs: Any) -> AsyncSlackResponse:
        now, limit = asyncio.get_running_loop().time, _limit(api_method, kwargs)
        left = self._rests.get(limit, 0.0) - now()
        if left > 0:
            raise SurfaceBusy(timedelta(seconds=left), "Slack asks to wait.", untaken=True)
        self._rests.pop(limit, None)
        try:
            return await super().api_call(api_method, **kwargs)
        except SlackApiError as error:
            if (rest := rest_of(error)) is not None:
                self._rests[limit] = max(now() + rest.total_seconds(), self._rests.get(limit, 0.0))
            raise


def _limit(method: str, kwargs: Mapping[str, Any]) -> tuple[str, str]:
    """What is counted together with this call."""
    sent = kwargs.get("json") or kwargs.get("params") or {}
    return method, str(sent.get("channel", "")) if method == "chat.postMessage" else ""
