"""The OpenAPI 3.1 document, made from the table of routes and the models that serve."""

from collections.abc import Iterator, Sequence
from importlib.metadata import version
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from bot.api.problems import MEDIA_TYPE, ProblemBody
from bot.api.routes import Route

PATH = "/v1/openapi.json"
REFUSED = {
    400: "The body could not be read.",
    401: "There is no key, or it cannot be used.",
    403: "The key, or its owner, may not do this.",
    404: "There is no such request that the key may see.",
    408: "The body did not arrive in time.",
    409: "It cannot be done as things stand.",
    413: "The body is too large.",
    422: "The body, a header or the query cannot be used; `errors` says which part.",
    429: "Too many calls; Retry-After says how long to wait.",
    500: "Something went wrong inside.",
    503: "The database or the directory cannot be reached.",
}
ABOUT = """\
An agent of any make asks here before it acts. Signoff judges what it wants to do by the policy, asks people where the policy
says so, and hands out a signed, single-use grant for exactly what was approved. Ask, wait, claim the grant, do it, report.
Repeating a call is safe: asking with the same Idempotency-Key (remembered for a day at least, a week as a rule) gives the
same request, and reporting the same outcome again changes nothing. Times are UTC; texts of requests are to be shown as
text, never as markup."""


def document(routes: Sequence[Route]) -> dict[str, Any]:
    """The document about these routes and itself."""
    bodies = [(model, "validation") for route in routes for model in (route.body, route.query) if model]
    answers = [(route.answer, "serialization") for route in routes] + [(ProblemBody, "serialization")]
    seen: Any = list(dict.fromkeys([*bodies, *answers]))
    _, schemas = models_json_schema(seen, ref_template="#/components/schemas/{model}")
    paths: dict[str, Any] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    paths[PATH] = {"get": _itself()}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Signoff", "version": version("signoff"), "description": ABOUT, "license": {"name": "MIT"}},
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": schemas["$defs"],
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer", "bearerFormat": "apr_<id>_<secret>"}},
        },
    }


def _operation(route: Route) -> dict[str, Any]:
    told = {"200": _answer("As it stands.", route.answer)}
    if route.creates:
        told = {"201": _answer("It is stored.", route.answer), "200": _answer("It was stored before.", route.answer)}
    operation: dict[str, Any] = {
        "operationId": route.name,
        "summary": route.summary,
        "responses": told | {str(status): _refusal(status) for status in sorted(_refused(route))},
    }
    if parameters := [*_parameters(route)]:
        operation["parameters"] = parameters
    if route.body:
        content = {"application/json": {"schema": _reference(route.body)}}
        operation["requestBody"] = {"required": True, "content": content}
    if route.scopes:
        operation["description"] = f"Scope: {' or '.join(sorted(route.scopes))}."
        operation["security"] = [{"key": []}]
    return operation


def _refused(route: Route) -> set[int]:
    """Every status with which a call of this route may be refused."""
    own = {*route.refuses, 500, 503}
    if route.scopes:
        own |= {401, 403, 429}
    if route.query:
        own |= {422}
    return own | {400, 408, 413, 422} if route.body else own


def _parameters(route: Route) -> Iterator[dict[str, Any]]:
    text = {"type": "string"}
    if "{id}" in route.path:
        yield {"name": "id", "in": "path", "required": True, "schema": text, "description": "Id of the request."}
    if route.creates:
        schema = {**text, "pattern": "^[\\x21-\\x7e]{1,255}$"}
        why = "The same for each try of one request."
        yield {"name": "Idempotency-Key", "in": "header", "required": True, "schema": schema, "description": why}
    if route.query:
        for name, schema in route.query.model_json_schema(ref_template="#/components/schemas/{model}")["properties"].items():
            yield {"name": name, "in": "query", "required": False, "schema": schema}


def _answer(description: str, model: type[BaseModel]) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": _reference(model)}}}


def _refusal(status: int) -> dict[str, Any]:
    told: dict[str, Any] = {"description": REFUSED[status], "content": {MEDIA_TYPE: {"schema": _reference(ProblemBody)}}}
    if status in (429, 503):
        told["headers"] = {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}}}
    if status == 401:
        told["headers"] = {"WWW-Authenticate": {"description": "Which scheme to use.", "schema": {"type": "string"}}}
    return told


def _itself() -> dict[str, Any]:
    content = {"application/json": {"schema": {"type": "object"}}}
    return {
        "operationId": "openapi",
        "summary": "Get this document",
        "responses": {"200": {"description": "OpenAPI 3.1.", "content": content}},
    }


def _reference(model: type[BaseModel]) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{model.__name__}"}
