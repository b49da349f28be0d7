"""The client for what Signoff writes to Slack: a method that Slack asked to rest is not called until that time is over.

Limits are per method and workspace (https://docs.slack.dev/apis/web-api/rate-limits). Hundreds of cards may wait for their
turn; without this each of them would ask, be refused, and so keep the limit alive.
"""

import asyncio
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
        self._rests: dict[str, float] = {}  # by method, until when on the event loop's clock

    async def api_call(self, api_method: str, **kwargs: Any) -> AsyncSlackResponse:
        now = asyncio.get_running_loop().time
        left = self._rests.get(api_method, 0.0) - now()
        if left > 0:
            raise SurfaceBusy(timedelta(seconds=left), "Slack asks to wait.")
        try:
            return await super().api_call(api_method, **kwargs)
        except SlackApiError as error:
            if (rest := rest_of(error)) is not None:
                self._rests[api_method] = max(now() + rest.total_seconds(), self._rests.get(api_method, 0.0))
            raise
