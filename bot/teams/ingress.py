"""`POST /teams/messages`: whatever Teams tells us comes through here, and nothing that Teams did not send.

The token is checked before anything else looks at the activity. Each activity is taken once: a token counts for an hour, so
whoever caught one could otherwise say the same again.
"""

import json
import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final, Protocol

from aiohttp import web

from bot.flow.pace import Pace
from bot.flow.replays import Replays
from bot.teams import limits
from bot.teams.keys import KeysUnavailable
from bot.teams.payloads import BadActivity, Body, delivery_of
from bot.teams.reading import TooLarge, read
from bot.teams.token import Unauthorized
from bot.teams.turns import Turns

log = logging.getLogger(__name__)

PATH: Final = "/teams/messages"


class Late(Exception):
    """There is no answer yet: nothing is acknowledged, and the person is told later."""


class Check(Protocol):
    """Decides whether an activity is taken."""

    async def check(self, authorization: str | None, activity: Mapping[str, Any], now: datetime) -> None:
        """Raises Unauthorized, KeysUnavailable."""


class Messages:
    """`handle` is to be mounted at `PATH`; without `turns` nobody listens yet."""

    def __init__(self, check: Check, pace: Pace, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._check, self._pace, self._now = check, pace, now
        self._replays = Replays(seconds=limits.TOKEN + 2 * limits.LEEWAY)
        self.turns: Turns | None = None

    async def handle(self, request: web.Request) -> web.Response:
        """Answers 413 to what is too large, 400 to what is no activity, 401 to what Teams did not send or sent before, and
        503 if that cannot be said now or takes too long to answer; else what is said of an invoke, or 202."""
        try:
            activity = await _activity(request)
            await self._check.check(request.headers.get("Authorization"), activity, self._now())
            delivery = delivery_of(activity)
        except TooLarge:
            return web.Response(status=413)
        except BadActivity:
            return web.Response(status=400)
        except KeysUnavailable:
            return web.Response(status=503)
        except Unauthorized as error:
            log.warning("an activity was not taken: %s", error)
            return web.Response(status=401)
        if not self._replays.first(delivery):
            log.warning("an activity was not taken: it came before")
            return web.Response(status=401)
        with self._pace:
            return await self._take(activity, delivery)

    async def _take(self, activity: Body, delivery: str) -> web.Response:
        try:
            if self.turns is None:  # nobody listens yet, and Teams comes again
                self._replays.forget(delivery)
                return web.Response(status=503)
            reply = await self.turns.take(activity)
        except BadActivity as error:
            log.warning("an activity was not understood: %s", error)
            return web.Response(status=400)
        except Late:
            return web.Response(status=503)
        except Exception:
            log.exception("an activity could not be taken")
            self._replays.forget(delivery)
            return web.Response(status=500)
        return (
            web.Response(status=reply.status) if reply.body is None else web.json_response(reply.body, status=reply.status)
        )


async def _activity(request: web.Request) -> Body:
    """The activity. Only JSON that says so, and not from a web page in somebody's browser, which always says its origin: on
    this machine nothing else may stand between that page and us. Raises BadActivity, TooLarge."""
    raw = await read(request.content, limits.ACTIVITY)
    if "Origin" in request.headers:
        raise BadActivity("Teams is no web page.")
    try:
        activity = json.loads(raw) if request.content_type == "application/json" else None
    except (ValueError, RecursionError) as error:
        raise BadActivity("This is no JSON.") from error
    if not isinstance(activity, dict):
        raise BadActivity("This is no activity.")
    return activity
