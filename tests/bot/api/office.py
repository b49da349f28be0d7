"""A stage whose API is served on a port, and programs that call it."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import uuid4

from aiohttp import ClientSession, web

from bot.api.app import Api
from bot.flow import keys
from bot.flow.accounts import API, person_named
from bot.web import served
from storage.records import ApiKey, Request, RequestStatus, Scope
from tests.bot.flow.stage import CHANNEL, Stage

PAYMENT = {"amount": "480.00", "to": "lamp-shop"}
ASK: Mapping[str, Any] = {
    "action": "pay",
    "arguments": PAYMENT,
    "summary": "Pay the lamp shop",
    "agent": "buyer",
    "evidence": [{"title": "Invoice 7", "quote": "480.00 due", "link": "https://lamps.example/7"}],
}


@dataclass(frozen=True)
class Told:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: Any

    @property
    def detail(self) -> str:
        """What a problem says."""
        assert self.headers["Content-Type"].startswith("application/problem+json"), self
        return str(self.body["detail"])


@dataclass(frozen=True)
class Program:
    """Another program with a key."""

    http: ClientSession
    url: str
    token: str | None
    key: ApiKey | None = None

    async def call(self, method: str, path: str, **how: Any) -> Told:
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        headers |= how.pop("headers", {})
        async with self.http.request(method, f"{self.url}{path}", headers=headers, **how) as answer:
            assert "Traceback" not in await answer.text()
            return Told(answer.status, dict(answer.headers), await answer.json(content_type=None))

    async def get(self, path: str, **how: Any) -> Told:
        return await self.call("GET", path, **how)

    async def post(self, path: str, body: Any = None, **how: Any) -> Told:
        return await self.call("POST", path, **({} if body is None else {"json": body}), **how)

    async def ask(self, once: str | None = None, **changed: Any) -> Told:
        """Ask for a payment, with some of it changed; what is changed to None is left out."""
        body = {name: value for name, value in {**ASK, **changed}.items() if value is not None}
        return await self.post("/v1/requests", body, headers={"Idempotency-Key": once or str(uuid4())})

    async def asked(self, **changed: Any) -> str:
        """The id of a new request."""
        told = await self.ask(**changed)
        assert told.status == 201, told.body
        return str(told.body["id"])

    async def claim(self, id: str) -> Told:
        return await self.post(f"/v1/requests/{id}/grant")

    async def tell(self, id: str, grant: str, status: str = "succeeded", **more: Any) -> Told:
        return await self.post(f"/v1/requests/{id}/outcome", {"grant": grant, "status": status, **more})

    async def decide(self, id: str, decision: str, **more: Any) -> Told:
        seen = (await self.get(f"/v1/requests/{id}")).body
        body = {"decision": decision, "fingerprint": seen["fingerprint"], **more}
        return await self.post(f"/v1/requests/{id}/decisions", body)


@dataclass
class Office:
    """The stage, its address, and the programs that were given keys."""

    stage: Stage
    url: str
    http: ClientSession
    made: list[Program] = field(default_factory=list)

    async def program(self, *scopes: Scope, owner: str = "anna@example.com", per_minute: int = 6000) -> Program:
        """A program with a new key; without scopes, one that asks and reports."""
        wanted = keys.Wanted("test", person_named(owner, API), scopes or ("request", "report"), per_minute)
        ids = self.stage.signoff.ids
        key, token = await self.stage.store.write(lambda tx: keys.create(tx, ids, wanted, "operator:test"))
        return Program(self.http, self.url, token, key)

    def stranger(self, token: str | None = None) -> Program:
        """A program without a key, or with a token of its own invention."""
        return Program(self.http, self.url, token)

    async def request(self, id: str) -> Request:
        return await self.stage.read(lambda tx: tx.request(id))

    async def status(self, id: str) -> RequestStatus:
        return (await self.request(id)).status

    async def approve(self, id: str) -> None:
        """Ravi approves in chat."""
        await self.stage.settle()
        answer = await self.stage.approve(await self.request(id))
        assert answer.ok, answer

    async def events(self, id: str) -> list[str]:
        """What the audit chain says of a request and its run."""
        run = (await self.request(id)).run_id
        return [entry.event for entry in await self.stage.read(lambda tx: tx.audit_entries(run_id=run))]


@asynccontextmanager
async def office_of(stage: Stage) -> AsyncIterator[Office]:
    """With a channel to ask in: an agent of another make comes from none."""
    stage.signoff = replace(stage.signoff, fallback_place=CHANNEL)
    app = web.Application()
    Api(stage.signoff).mount(app)
    async with served(app, "127.0.0.1", 0) as url, ClientSession() as http:
        yield Office(stage, url, http)
