"""`POST /triggers/NAME`: other programs start runs, each call signed as Standard Webhooks has it."""

import hashlib
import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from aiohttp import web
from pydantic import JsonValue

from agents.mail import TicketRejected, ticket_input
from bot.api.app import plainly
from bot.api.problems import Problem, unfit
from bot.api.quotas import Quotas
from bot.api.reading import bytes_of, parsed
from bot.flow.run import InputRefused
from bot.flow.signoff import Signoff
from bot.flow.trigger import Occasion, Taken, requester, take
from bot.triggers.file import Webhook
from bot.triggers.signature import Stamp, genuine, timely
from storage.records import Place

log = logging.getLogger(__name__)

PREFIX = "/triggers"
HEADERS = ("webhook-id", "webhook-timestamp", "webhook-signature")


@dataclass(frozen=True)
class Door:
    """One webhook, the keys that open it, and the place where its runs are told."""

    webhook: Webhook
    keys: tuple[bytes, ...]
    place: Place | None


class Webhooks:
    """All doors of a replica, by name. `now` is the clock that timestamps are compared with."""

    def __init__(
        self, signoff: Signoff, doors: Mapping[str, Door], now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._signoff, self._doors, self._now, self._quotas = signoff, doors, now, Quotas()

    def mount(self, app: web.Application) -> None:
        """Serve them under `/triggers`."""
        own = web.Application(middlewares=[plainly])
        own.router.add_post("/{name}", self._enter)
        app.add_subapp(PREFIX, own)

    async def _enter(self, http: web.Request) -> web.Response:
        name = http.match_info["name"]
        door, body = await self._admitted(http, name)
        rule = f"This webhook may be called {door.webhook.per_minute} times a minute."
        await self._quotas.count_for(name, door.webhook.per_minute, rule)
        occasion = self._occasion(name, door, http.headers[HEADERS[0]], body)
        try:
            taken = await self._signoff.store.write(lambda tx: take(tx, self._signoff, occasion))
        except InputRefused as error:
            raise Problem(413, "large-body", str(error)) from error
        log.info("webhook %s: %s %s", name, "started" if taken.new else "was taken already by", taken.run_id)
        return _answer(occasion, taken)

    async def _admitted(self, http: web.Request, name: str) -> tuple[Door, bytes]:
        """The door that the signature opens, and the body. Raises Problem: whatever is wrong with a stranger's call, the
        answer is the same."""
        door, stamp = self._doors.get(name), _stamp(http)
        why = "there is no such webhook" if door is None else timely(stamp, self._now())
        if door is not None and why is None:
            body = await bytes_of(http)
            if genuine(door.keys, stamp, body):
                return door, body
            why = "its signature is not right"
        log.warning("a call of webhook %.40r from %s was refused: %s", name, http.remote, why)
        raise Problem(401, "not-admitted", "This call is not signed as it has to be. Nothing was done.")

    def _occasion(self, name: str, door: Door, id: str, body: bytes) -> Occasion:
        digest = hashlib.sha256(id.encode() + b"\n" + body).hexdigest()
        return Occasion(
            agent=self._signoff.agents[door.webhook.agent],
            text=_input(door.webhook.input, body),
            person=requester("webhook", name),
            place=door.place,
            delivery=f"webhook:{name}:{digest}",
            window=door.webhook.span,
        )


def _stamp(http: web.Request) -> Stamp:
    """What the headers say; one that comes twice says nothing."""
    found = [http.headers.getall(name, []) for name in HEADERS]
    return Stamp(*(each[0] if len(each) == 1 else "" for each in found))


def _input(path: str | None, body: bytes) -> str:
    """What the agent is to work on: the whole body, or the part of it that the path leads to. Raises Problem (422)."""
    if path is None:
        return _readable(body)
    value: JsonValue = parsed(body)
    for part in path.split("."):
        if not isinstance(value, dict) or part not in value:
            raise unfit(f"The body has no {path!r}, which is what the agent works on.", {path: "is missing"})
        value = value[part]
    return _readable((value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)).encode())


def _readable(text: bytes) -> str:
    try:
        return ticket_input(text)
    except TicketRejected as error:
        raise unfit(str(error)) from error


def _answer(occasion: Occasion, taken: Taken) -> web.Response:
    said = f"{occasion.agent.name} is on it." if taken.new else "This was taken already."
    return web.json_response({"run_id": taken.run_id, "said": said}, status=202 if taken.new else 200)
