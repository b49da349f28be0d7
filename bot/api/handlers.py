"""What each address does: checks whose request it is, hands the intent to the flow, and tells what stands afterwards."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, cast

from aiohttp import web
from pydantic import BaseModel

from bot.api.answers import (
    DecidedAnswer,
    GrantAnswer,
    GrantKeysAnswer,
    RequestAnswer,
    RequestsAnswer,
    grant_answer,
    request_answer,
)
from bot.api.auth import EVERYTHING, sees
from bot.api.bodies import Ask, Decide, ListQuery, Tell, WaitQuery
from bot.api.problems import Problem, conflict, no_such_request, unfit
from bot.api.waiting import Waiting
from bot.cards.text import plain
from bot.flow.accounts import API, BadAccount, person_named
from bot.flow.claim import Claimed, Refused, Report, claim, take_back, tell
from bot.flow.outside import Asked, Once, submit
from bot.flow.signoff import Signoff
from bot.flow.vouched import Choice, Ruled, decide_as
from storage.canonical import digest
from storage.records import ApiKey, JsonObject, Person, Proposal, Request, RequestStatus
from storage.store import Transaction

IDEMPOTENCY_KEY = "Idempotency-Key"
_VISIBLE = re.compile(r"[\x21-\x7e]{1,255}")
_ID = re.compile(r"req_[0-9a-z]{1,40}")


@dataclass(frozen=True)
class Call:
    """One call that was let in. `raw` is the body as it was sent, `body` and `query` are checked."""

    http: web.Request
    key: ApiKey | None
    raw: JsonObject
    body: BaseModel | None
    query: BaseModel | None

    @property
    def caller(self) -> ApiKey:
        """The key of a call that needs one."""
        assert self.key is not None  # noqa: S101  # the route says which scopes it needs
        return self.key

    @property
    def id(self) -> str:
        """The request that the address names. Raises Problem (404) for what no id looks like."""
        named = self.http.match_info["id"]
        if not _ID.fullmatch(named):
            raise no_such_request()
        return named


@dataclass(frozen=True)
class Told:
    """An answer: a model, and with which status."""

    body: BaseModel
    status: int = 200


Handler = Callable[[Call], Awaitable[Told]]


@dataclass(frozen=True)
class Handlers:
    """The handlers of one replica."""

    signoff: Signoff
    waiting: Waiting

    async def ask(self, call: Call) -> Told:
        """Submit what an agent wants to do."""
        once = Once(_idempotency_key(call.http), digest(call.raw))
        request, new = await submit(self.signoff, call.caller, _asked(cast("Ask", call.body)), once)
        return Told(await self._answer(request.id), 201 if new else 200)

    async def look(self, call: Call) -> Told:
        """One request."""
        return Told(await self.signoff.store.read(lambda tx: request_answer(tx, self.signoff.actions, _seen(tx, call))))

    async def listed(self, call: Call) -> Told:
        """The requests that the key sees."""
        key, query, actions = call.caller, cast("ListQuery", call.query), self.signoff.actions
        owner = None if EVERYTHING & set(key.scopes) else key.owner.key

        def look(tx: Transaction) -> RequestsAnswer:
            found = tx.requests(limit=query.limit, status=query.status, requester=owner)
            return RequestsAnswer(requests=[request_answer(tx, actions, request) for request in found])

        return Told(await self.signoff.store.read(look))

    async def wait(self, call: Call) -> Told:
        """One request, as soon as nobody has to decide on it any more, or the time is over."""
        await self.signoff.store.read(lambda tx: _seen(tx, call))
        until = asyncio.get_running_loop().time() + cast("WaitQuery", call.query).seconds
        async with self.waiting.place(call.caller.id, call.id) as happened:
            while not self.waiting.closed:
                happened.clear()  # before the look: what happens during it is not missed
                if not await self._is_open(call) or not await _in_time(happened, until):
                    break
        return await self.look(call)

    async def cancel(self, call: Call) -> Told:
        """Take back what waits for people."""

        def work(tx: Transaction) -> Refused | None:
            request = _seen(tx, call)
            if "admin" not in call.caller.scopes:
                _own(call, request)
            return take_back(tx, self.signoff, request, call.caller.owner)

        return await self._done(call, await self.signoff.store.write(work))

    async def grant(self, call: Call) -> Told:
        """Claim the right to run it."""

        def work(tx: Transaction) -> Claimed | Refused:
            return claim(tx, self.signoff, _own(call, _seen(tx, call)).id)

        claimed = await self.signoff.store.write(work)
        if isinstance(claimed, Refused):
            raise conflict(claimed.why)
        answer: GrantAnswer = grant_answer(claimed)
        return Told(answer)

    async def outcome(self, call: Call) -> Told:
        """Report what came of it."""
        body = cast("Tell", call.body)
        told = Report(body.status, body.whole_receipt(), body.error, body.grant)

        def work(tx: Transaction) -> Refused | None:
            return tell(tx, self.signoff, _own(call, _seen(tx, call)), told)

        return await self._done(call, await self.signoff.store.write(work))

    async def decide(self, call: Call) -> Told:
        """Decide as the owner of the key."""
        body, key = cast("Decide", call.body), call.caller
        choice = Choice(body.decision, body.fingerprint, body.notes, body.reason, body.arguments)
        ruled = await decide_as(self.signoff, call.id, key.owner, choice, by=f"key:{key.id}")
        if ruled.kind != "done":
            raise _not_decided(ruled, body)
        return Told(DecidedAnswer(said=plain(ruled.answer.text), request=await self._answer(call.id)))

    async def grant_keys(self, call: Call) -> Told:
        """The keys with which grants are verified."""
        return Told(GrantKeysAnswer(keys=cast("Any", self.signoff.seals.public_keys()["keys"])))

    async def _is_open(self, call: Call) -> bool:
        request = await self.signoff.store.read(lambda tx: tx.request(call.id))
        return request.status is RequestStatus.pending

    async def _done(self, call: Call, refused: Refused | None) -> Told:
        if refused is not None:
            raise conflict(refused.why)
        return Told(await self._answer(call.id))

    async def _answer(self, id: str) -> RequestAnswer:
        return await self.signoff.store.read(lambda tx: request_answer(tx, self.signoff.actions, tx.request(id)))


def _seen(tx: Transaction, call: Call) -> Request:
    """The request that the call names. Raises Problem or NotFound (404)."""
    request = tx.request(call.id)
    if not sees(call.caller, request):
        raise no_such_request()
    return request


def _own(call: Call, request: Request) -> Request:
    """The same, if the call's own key has asked for it. Raises Problem (403)."""
    if request.api_key != call.caller.id:
        raise Problem(403, "another-key", "Only the key that asked for this can do that.")
    return request


def _idempotency_key(http: web.Request) -> str:
    given = http.headers.getall(IDEMPOTENCY_KEY, [])
    if len(given) == 1 and _VISIBLE.fullmatch(given[0]):
        return given[0]
    why = (
        f"Send one {IDEMPOTENCY_KEY} header of 1 to 255 visible ASCII characters: the same for each try of one request, "
        "a new one for a new request. A UUID does."
    )
    raise Problem(422, "no-idempotency-key", why)


def _asked(body: Ask) -> Asked:
    proposal = Proposal(
        action=body.action, arguments=body.arguments, target=body.target or "", summary=body.summary,
        evidence=tuple(item.record() for item in body.evidence), risk=body.risk,
    )  # fmt: skip
    return Asked(
        body.agent, body.agent_version, proposal, body.input or body.summary, _behalf(body.on_behalf_of), body.session_id
    )


def _behalf(written: str | None) -> Person | None:
    try:
        return None if written is None else person_named(written, API)
    except BadAccount as error:
        raise unfit(str(error), {"on_behalf_of": str(error)}) from error


def _not_decided(ruled: Ruled, body: Decide) -> Problem:
    said = plain(ruled.answer.text)
    match ruled.kind:
        case "refused":
            return Problem(403, "not-entitled", said)
        case "invalid":
            return unfit(said, ruled.answer.errors, under="/arguments" if body.decision == "edit" else "")
        case _:
            return conflict(said)


async def _in_time(happened: asyncio.Event, until: float) -> bool:
    # Not wait_for: before Python 3.12 it loses a cancellation that arrives together with the wake-up.
    try:
        async with asyncio.timeout_at(until):
            await happened.wait()
    except TimeoutError:
        return False
    return True
