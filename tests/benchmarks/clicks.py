"""Presses on Approve as Slack sends them: signed HTTP requests, made of one that the sandbox delivered."""

import copy
import json
import time
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urlencode

import aiohttp

from bot.cards.card import Card
from bot.demo import DAN, RAVI
from bot.flow.binding import Binding, Stamp
from bot.flow.seals import Seals
from bot.sandbox.signed_http import sign
from bot.slack.events import PATH
from storage.records import Request
from tests.benchmarks.seed import name
from tests.e2e.company import OPENING_HOURS, Premises, asked_for, staffed


@dataclass(frozen=True)
class Waiting:
    """A request that waits, and the payload of a press on its card by somebody who may decide."""

    request: Request
    payload: dict[str, Any]
    seals: Seals
    secret: str

    async def press(self, session: aiohttp.ClientSession, web: str, number: int) -> float:
        """Approve the copy with that number (0 is the original); returns the seconds until that was acknowledged."""
        payload = copy.deepcopy(self.payload)
        shown = self.request if number == 0 else self.request.model_copy(update={"id": name(self.request.id, number)})
        payload["actions"][0]["value"] = self._value(shown)
        payload["trigger_id"] = f"{time.time_ns()}.{number}"
        body = urlencode({"payload": json.dumps(payload)}).encode()
        headers = {"Content-Type": "application/x-www-form-urlencoded", **sign(self.secret, body, int(time.time()))}
        began = time.perf_counter()
        async with session.post(f"{web}{PATH}", data=body, headers=headers) as answer:
            await answer.read()
            assert answer.status == 200, answer.status
        return time.perf_counter() - began

    def _value(self, shown: Request) -> str:
        """What the button of that request's card carries."""
        binding = Binding(shown.id, shown.revision, shown.fingerprint)
        return Stamp(self.seals, "slack", self.payload["team"]["id"]).value(cast("Card", binding), "approve")


async def waiting(place: Premises, url: str) -> Waiting:
    """Have the support agent ask for something, on that database. Nothing serves it any more when this returns."""
    secret = place.sandbox.signing_secret
    async with staffed(place, database_url=url, slack_app_token=None, slack_signing_secret=secret) as demo:
        place.sandbox.use_http(f"{demo.replica.web}{PATH}")
        _, request, card = await asked_for(demo, OPENING_HOURS)
        await place.sandbox.click(DAN.id, card, "signoff_approve")  # who may not decide, but a real payload all the same
        parcel, _ = place.sandbox.deliveries[-1]
        person = {**parcel.payload["user"], "id": RAVI.id, "username": RAVI.name, "name": RAVI.name}
        return Waiting(request, {**parcel.payload, "user": person}, demo.replica.signoff.seals, secret)
