"""The document: valid, complete, and true of what serves."""

import json
import re
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from bot.api.app import Api
from bot.api.openapi import REFUSED
from tests.bot.api.office import ASK, Office, Program
from tests.bot.api.test_door import served_routes


async def document(office: Office) -> dict[str, Any]:
    told = await office.stranger().get("/v1/openapi.json")
    assert (told.status, told.headers["Content-Type"].split(";")[0]) == (200, "application/json")
    found: dict[str, Any] = told.body
    return found


def checked(document: dict[str, Any], name: str, value: Any) -> None:
    """Raises ValidationError unless the value is what the document says."""
    schema = {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
    Draft202012Validator(schema).validate(value)


async def test_it_is_valid(sqlite_office: Office) -> None:
    OpenAPIV31SpecValidator(await document(sqlite_office)).validate()  # type: ignore[no-untyped-call,unused-ignore]


async def test_every_route_is_in_it_and_nothing_else(sqlite_office: Office) -> None:
    paths = (await document(sqlite_office))["paths"]
    described = {f"{method.upper()} {path}" for path, methods in paths.items() for method in methods}
    assert described == served_routes(sqlite_office) | {"GET /v1/openapi.json"}


async def test_it_says_which_routes_need_a_key_and_which_scope(sqlite_office: Office) -> None:
    paths = (await document(sqlite_office))["paths"]
    for route in Api(sqlite_office.stage.signoff).routes:
        operation = paths[route.path][route.method.lower()]
        assert ("security" in operation) == bool(route.scopes)
        assert all(scope in operation["description"] for scope in route.scopes)
        assert ("requestBody" in operation) == (route.body is not None)
        assert {"401", "403", "429"} <= set(operation["responses"]) or not route.scopes


async def test_every_reference_leads_somewhere(sqlite_office: Office) -> None:
    found = await document(sqlite_office)
    references = set(re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(found)))
    assert references <= set(found["components"]["schemas"])


async def test_what_serves_is_what_it_says(office: Office, agent: Program) -> None:
    found = await document(office)
    checked(found, "Ask", dict(ASK))
    req = await agent.asked()
    seen = (await agent.get(f"/v1/requests/{req}")).body
    checked(found, "RequestAnswer", seen)
    reviewer = await office.program("decide", owner="ravi@example.com")
    decided = (await reviewer.decide(req, "edit", arguments={"amount": "300.00"})).body
    checked(found, "DecidedAnswer", decided)
    claimed = (await agent.claim(req)).body
    checked(found, "GrantAnswer", claimed)
    checked(found, "RequestAnswer", (await agent.tell(req, claimed["grant"])).body)
    checked(found, "RequestsAnswer", (await reviewer.get("/v1/requests")).body)
    checked(found, "GrantKeysAnswer", (await office.stranger().get("/v1/grant-keys")).body)
    for problem in (
        await agent.ask(arguments={}),
        await agent.claim(req),
        await office.stranger().get(f"/v1/requests/{req}"),
    ):
        checked(found, "ProblemBody", problem.body)
        assert problem.status in REFUSED


@pytest.mark.parametrize("wrong", [{"agent": 1}, {"summary": ""}, {"evidence": [{}]}, {"more": 1}, {"risk": "none"}])
async def test_what_it_forbids_is_refused(sqlite_office: Office, wrong: dict[str, Any]) -> None:
    found = await document(sqlite_office)
    schema = {"$ref": "#/components/schemas/Ask", "components": found["components"]}
    assert not Draft202012Validator(schema).is_valid({**ASK, **wrong})
    told = await (await sqlite_office.program()).ask(**wrong)
    assert told.status == 422
