"""Calls over HTTP that start a run: `POST /triggers/NAME`, signed as Standard Webhooks are.

The signature is HMAC-SHA256 over `webhook-id.webhook-timestamp.body`, in base64 behind `v1,`; the header may hold several,
so that a secret can be changed.
Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import binascii
import hashlib
import hmac
import json
import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from aiohttp import web

from agents.actions import AgentError
from bot.api.problems import Problem, problem_of
from bot.flow.run import InputRefused
from bot.flow.signoff import Signoff
from bot.flow.trigger import Taken
from bot.triggers.trigger import Trigger

log = logging.getLogger(__name__)

PREFIX = "/triggers"
TOLERANCE = 300.0  # seconds that a timestamp may be away from our clock, as the specification advises
SECRET_PREFIX = "whsec_"  # noqa: S105  # what such secrets begin with
SHORTEST_SECRET = 24  # bytes; the specification asks for 24 to 64

_ID = re.compile(r"[!-~]{1,200}")
_TIMESTAMP = re.compile(r"[0-9]{1,12}")

REFUSED = "The signature is not that of this webhook, or it is older than five minutes."


class BadSecret(AgentError):
    """The secret of a webhook cannot be used; the message says why."""


@dataclass(frozen=True)
class Hook:
    """A webhook with its secret. `input` is the path of the field that is the input, as names; empty for the whole body."""

    trigger: Trigger
    secret: bytes
    input: tuple[str, ...] = ()


def secret_of(written: str) -> bytes:
    """The key that `whsec_…` stands for. Raises BadSecret."""
    try:
        key = base64.b64decode(written.strip().removeprefix(SECRET_PREFIX), validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadSecret("it is no base64 behind whsec_") from error
    if len(key) < SHORTEST_SECRET:
        raise BadSecret(f"it has {len(key)} bytes and needs at least {SHORTEST_SECRET}")
    return key


def signature(secret: bytes, id: str, timestamp: str, body: bytes) -> str:
    """What `webhook-signature` has to hold."""
    mac = hmac.new(secret, b".".join((id.encode(), timestamp.encode(), body)), hashlib.sha256)
    return f"v1,{base64.b64encode(mac.digest()).decode()}"


def genuine(hook: Hook, headers: Mapping[str, str], body: bytes, now: datetime) -> bool:
    """Whether the call was signed with the webhook's secret, within the last minutes."""
    call, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not (_ID.fullmatch(call) and _TIMESTAMP.fullmatch(timestamp)):
        return False
    if abs(now.timestamp() - int(timestamp)) > TOLERANCE:
        return False
    wanted = signature(hook.secret, call, timestamp, body).encode()
    given = headers.get("webhook-signature", "").split()
    return any(hmac.compare_digest(wanted, each.encode("utf-8", "replace")) for each in given)


class Webhooks:
    """The webhooks of a replica. `now` is the clock that timestamps are compared with."""

    def __init__(self, signoff: Signoff, hooks: Mapping[str, Hook], now: Callable[[], datetime]) -> None:
        self._signoff, self._hooks, self._now = signoff, hooks, now

    def mount(self, app: web.Application) -> None:
        """Serve them under `/triggers`."""
        app.router.add_post(f"{PREFIX}/{{name}}", self._answer)

    async def _answer(self, http: web.Request) -> web.Response:
        try:
            taken = await self._take(http)
        except Exception as error:  # noqa: BLE001  # whatever it was becomes a problem, and what nobody expected is logged
            return problem_of(error, f"webhook {http.match_info['name']}").response()
        told = {"run": taken.run_id, "status": "started" if taken.new else "taken already"}
        return web.json_response(told, status=202 if taken.new else 200)

    async def _take(self, http: web.Request) -> Taken:
        hook, body = self._hooks.get(http.match_info["name"]), await http.read()
        if hook is None or not genuine(hook, http.headers, body, self._now()):
            raise Problem(401, "bad-signature", REFUSED)
        try:
            return await hook.trigger.fire(self._signoff, _input(hook, body), http.headers["webhook-id"])
        except InputRefused as error:
            raise Problem(413, "too-large", str(error)) from error


def _input(hook: Hook, body: bytes) -> str:
    """What the agent is given. Raises Problem."""
    try:
        text = body.decode()
        value = json.loads(text) if hook.input else text
    except (ValueError, RecursionError) as error:
        raise Problem(400, "bad-body", f"The body is no {'JSON' if hook.input else 'text'} in UTF-8.") from error
    for name in hook.input:
        value = value.get(name) if isinstance(value, dict) else None
    if not isinstance(value, str) or not value.strip():
        where = ".".join(hook.input)
        why = f"There is no text in the field {where} of the body." if where else "The body is empty."
        raise Problem(400, "bad-body", why)
    return value
