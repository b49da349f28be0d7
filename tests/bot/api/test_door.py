"""Who comes in: keys, scopes, quotas, and whose requests a key sees."""

import asyncio
import logging
from collections.abc import Callable
from datetime import timedelta
from itertools import product
from typing import TypeVar

import pytest
from aiohttp import web

from bot.api.app import Api
from bot.api.quotas import STRANGERS
from bot.flow import keys
from bot.flow.accounts import API, person_named
from storage.records import Scope
from storage.store import Transaction
from tests.bot.api.office import ASK, Office, Program

T = TypeVar("T")

NEEDS: dict[str, set[Scope]] = {
    "POST /v1/requests": {"request"},
    "GET /v1/requests": {"read", "decide", "admin"},
    "GET /v1/requests/{id}": {"request", "read", "report", "decide", "admin"},
    "GET /v1/requests/{id}/wait": {"request", "read", "report", "decide", "admin"},
    "POST /v1/requests/{id}/cancel": {"request", "admin"},
    "POST /v1/requests/{id}/grant": {"report"},
    "POST /v1/requests/{id}/outcome": {"report"},
    "POST /v1/requests/{id}/decisions": {"decide"},
    "GET /v1/grant-keys": set(),
}
PATHS = ["", "/v1", "/v1/", "/v1/nothing", "/v1/requests/", "/v1/keys", "/v1/requests/x/y/z"]


class Counting:
    """Counts how often the key of a token is looked up."""

    def __init__(self, office: Office) -> None:
        self.count, store = 0, office.stage.store
        self._read = store.read
        store.read = self.read  # type: ignore[method-assign]

    async def read(self, work: Callable[[Transaction], T]) -> T:
        self.count += 1
        return await self._read(work)


def served_routes(office: Office) -> set[str]:
    """What the web application really has, apart from the document."""
    app = web.Application()
    Api(office.stage.signoff).mount(app)
    found = {f"{route.method} {route.resource.canonical}" for route in app.router.routes() if route.resource}
    return found - {"GET /v1/openapi.json"}


async def test_the_table_of_scopes_is_the_table_of_routes(sqlite_office: Office) -> None:
    api = Api(sqlite_office.stage.signoff)
    assert {f"{route.method} {route.path}": set(route.scopes) for route in api.routes} == NEEDS
    assert served_routes(sqlite_office) == set(NEEDS)


async def test_every_route_refuses_every_scope_that_it_does_not_name(sqlite_office: Office) -> None:
    for (address, needs), scope in product(NEEDS.items(), keys.SCOPES):
        method, path = address.split(" ")
        program = await sqlite_office.program(scope)
        told = await program.call(method, path.replace("{id}", "req_1"), json={} if method == "POST" else None)
        if needs and scope not in needs:
            assert (told.status, told.body["type"]) == (403, "urn:signoff:wrong-scope"), (address, scope)
        else:
            assert told.status not in (401, 403), (address, scope)


@pytest.mark.parametrize("address", [each for each, needs in NEEDS.items() if needs])
async def test_every_route_needs_a_key(sqlite_office: Office, address: str) -> None:
    method, path = address.split(" ")
    told = await sqlite_office.stranger().call(method, path.replace("{id}", "req_1"))
    assert (told.status, told.headers["WWW-Authenticate"]) == (401, 'Bearer realm="signoff"')
    assert "signoff keys create" in told.detail


async def test_a_token_counts_only_whole(office: Office, agent: Program) -> None:
    assert agent.token is not None
    other = await office.program()
    assert other.token is not None
    mixed = f"{agent.token[:17]}{other.token[17:]}"
    for token in ("x", agent.token[:-1], agent.token[:-1] + "*", agent.token + "A", mixed, agent.token.upper(), "apr__"):
        assert (await office.stranger(token).get("/v1/requests/req_1")).status == 401, token
    assert (await agent.get("/v1/requests/req_1")).status == 404


async def test_only_the_hash_of_a_token_is_kept_and_nothing_of_it_is_logged(
    office: Office, agent: Program, caplog: pytest.LogCaptureFixture
) -> None:
    assert agent.token is not None
    assert agent.key is not None
    secret = agent.token.split("_", 2)[2]
    with caplog.at_level(logging.DEBUG):
        await agent.asked()
        await office.stranger(agent.token[:-1] + "x").get("/v1/requests")
    entries = await office.stage.read(lambda tx: tx.audit_entries())
    assert secret not in str(await office.stage.read(lambda tx: tx.keys())) + str(entries) + caplog.text
    assert f"POST /v1/requests: 201 for {agent.key.id}" in caplog.text


async def test_a_revoked_and_an_expired_key_open_nothing(office: Office) -> None:
    revoked, store = await office.program(), office.stage.store
    assert revoked.key is not None
    revoked_id = revoked.key.id
    await revoked.asked()
    await store.write(lambda tx: keys.revoke(tx, revoked_id, "operator:test"))
    told = await revoked.ask()
    assert (told.status, "was revoked" in told.detail) == (401, True)
    wanted = keys.Wanted("short", person_named("anna@example.com", API), ("request",), lasts=timedelta(days=1))
    _, token = await store.write(lambda tx: keys.create(tx, office.stage.signoff.ids, wanted, "operator:test"))
    assert (await office.stranger(token).get("/v1/requests/req_1")).status == 404
    office.stage.clock.move(days=1)
    told = await office.stranger(token).get("/v1/requests/req_1")
    assert (told.status, "has expired" in told.detail) == (401, True)


async def test_the_last_use_is_written_down_once_a_minute(office: Office, agent: Program) -> None:
    assert agent.key is not None
    req, seen = agent.key.id, []
    for seconds in (0, 30, 31):
        office.stage.clock.move(seconds=seconds)
        await agent.get("/v1/requests/req_1")
        key = await office.stage.read(lambda tx: tx.key(req))
        assert key is not None
        seen.append(key.last_used_at)
    assert seen[0] is not None
    assert seen[0] == seen[1] != seen[2]


async def test_requests_of_others_do_not_exist(office: Office, agent: Program) -> None:
    req = await agent.asked()
    same_owner, stranger = await office.program(), await office.program(owner="mallory@example.com")
    reader = await office.program("read", owner="mallory@example.com")
    for other in (same_owner, stranger):
        for method, tail in (("GET", ""), ("GET", "/wait"), ("POST", "/cancel"), ("POST", "/grant")):
            told = await other.call(method, f"/v1/requests/{req}{tail}")
            missing = await other.call(method, f"/v1/requests/req_000000000000{tail}")
            assert (told.status, told.body) == (404, missing.body)
    assert (await stranger.tell(req, "grant")).status == 404
    assert (await reader.get(f"/v1/requests/{req}")).status == 404
    assert (await reader.get("/v1/requests")).body == {"requests": []}


async def test_read_sees_all_of_its_owner_and_admin_and_decide_see_all(office: Office, agent: Program) -> None:
    req = await agent.asked()
    await (await office.program(owner="mallory@example.com")).asked()
    counts = {}
    for scope in ("read", "decide", "admin"):
        program = await office.program(scope, owner="anna@example.com")
        assert (await program.get(f"/v1/requests/{req}")).status == 200
        counts[scope] = len((await program.get("/v1/requests", params={"status": "pending"})).body["requests"])
    assert counts == {"read": 1, "decide": 2, "admin": 2}


async def test_the_list_is_filtered_and_its_filters_checked(office: Office, agent: Program) -> None:
    first, second = await agent.asked(), await agent.asked()
    await agent.post(f"/v1/requests/{first}/cancel")
    reader = await office.program("read")
    for status, ids in (("pending", [second]), ("cancelled", [first]), ("expired", [])):
        found = (await reader.get("/v1/requests", params={"status": status})).body["requests"]
        assert [each["id"] for each in found] == ids
    for wrong in ({"status": "gone"}, {"limit": "0"}, {"limit": "1000"}, {"page": "2"}):
        assert (await reader.get("/v1/requests", params=wrong)).status == 422


async def test_only_the_key_that_asked_may_claim_and_only_admin_may_cancel_for_it(office: Office, agent: Program) -> None:
    req = await agent.asked()
    sees = await office.program("request", "read", "report")
    for path in ("grant", "cancel"):
        told = await sees.post(f"/v1/requests/{req}/{path}")
        assert (told.status, told.body["type"]) == (403, "urn:signoff:another-key")
    admin = await office.program("admin", owner="boss@example.com")
    assert (await admin.post(f"/v1/requests/{req}/cancel")).body["status"] == "cancelled"


async def test_a_flood_is_stopped_by_its_own_quota_and_nobody_elses(office: Office) -> None:
    flooding, other = await office.program(per_minute=20), await office.program(per_minute=20)
    told = await asyncio.gather(*(flooding.get("/v1/requests/req_1") for _ in range(100)))
    assert sorted(each.status for each in told) == [404] * 20 + [429] * 80
    refused = next(each for each in told if each.status == 429)
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert "20 calls a minute" in refused.detail
    assert {(await other.get("/v1/requests/req_1")).status for _ in range(20)} == {404}


async def test_who_has_no_key_is_stopped_and_who_came_in_before_is_not(office: Office, agent: Program) -> None:
    guess, reads = "apr_4k7m2q9xva0d_" + "x" * 43, Counting(office)
    assert (await agent.get("/v1/requests/req_1")).status == 404
    tokens = [None, "x", guess, agent.token[:-1] if agent.token else None] * 25
    told = [await office.stranger(token).get("/v1/requests/req_1") for token in tokens]
    assert [each.status for each in told] == [401] * STRANGERS.amount + [429] * (100 - STRANGERS.amount)
    assert 1 <= int(told[-1].headers["Retry-After"]) <= 60
    assert "without a valid key" in told[-1].detail
    before = reads.count
    assert (await office.stranger(guess).get("/v1/requests/req_1")).status == 429
    assert reads.count == before, "whoever guesses does not reach the database any more"
    assert (await agent.get("/v1/requests/req_1")).status == 404


async def test_what_has_not_the_form_of_a_token_does_not_reach_the_database(office: Office) -> None:
    reads = Counting(office)
    for token in ("x", "apr_", "apr_1_2", "apr_4k7m2q9xva0d_" + "x" * 42, "é" * 60):
        assert (await office.stranger(token).get("/v1/requests/req_1")).status == 401
    assert reads.count == 0


@pytest.mark.parametrize("path", PATHS)
async def test_an_unknown_address_says_where_the_known_ones_are(sqlite_office: Office, path: str) -> None:
    told = await sqlite_office.http.get(f"{sqlite_office.url}{path}")
    assert told.status == 404
    if path.startswith("/v1/"):
        assert "/v1/openapi.json" in (await told.json(content_type=None))["detail"]


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"])
async def test_a_wrong_method_says_which_is_right(sqlite_office: Office, method: str) -> None:
    async with sqlite_office.http.request(method, f"{sqlite_office.url}/v1/requests/req_1/grant") as told:
        assert (told.status, told.headers["Allow"]) == (405, "POST")


@pytest.mark.parametrize("once", [None, "", "x" * 256, "sp ace", "ümlaut", "ta\tb"])
async def test_a_submission_needs_an_idempotency_key(sqlite_office: Office, once: str | None) -> None:
    program = await sqlite_office.program()
    told = await program.post("/v1/requests", dict(ASK), headers={} if once is None else {"Idempotency-Key": once})
    assert (told.status, told.body["type"]) == (422, "urn:signoff:no-idempotency-key")


async def test_one_key_never_asks_and_decides() -> None:
    with pytest.raises(keys.BadKey, match="both request and decide"):
        keys.Wanted("both", person_named("anna@example.com", API), ("request", "decide"))


@pytest.mark.parametrize(
    "named", ["%00", "req_%00", "%ff", "req_1%0aGET", "req_1'--", "..", "%2e%2e", "req_" + "x" * 5000, "r eq"]
)
@pytest.mark.parametrize("tail", ["", "/wait", "/grant"])
async def test_what_no_id_looks_like_names_no_request(
    office: Office, agent: Program, named: str, tail: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        told = await agent.call("POST" if tail == "/grant" else "GET", f"/v1/requests/{named}{tail}")
    assert told.status == 404
    assert all("\n" not in record.getMessage() for record in caplog.records)
