"""The API as a part of the replica's web application: each call enters by one door, each error leaves as a problem."""

import json
import logging
import secrets
from collections.abc import Awaitable, Callable, Sequence

from aiohttp import web
from pydantic import BaseModel, ValidationError

from bot.api import auth, openapi
from bot.api.handlers import Call, Handlers
from bot.api.problems import Problem, invalid, problem_of
from bot.api.quotas import Quotas
from bot.api.reading import json_of
from bot.api.routes import Route, routes
from bot.api.waiting import Waiting
from bot.flow.signoff import Signoff
from storage.records import ApiKey, JsonObject

log = logging.getLogger(__name__)

PREFIX = "/v1"
Endpoint = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Api:
    """Version 1, on one replica."""

    def __init__(self, signoff: Signoff) -> None:
        self._signoff, self._quotas, self._waiting = signoff, Quotas(), Waiting(signoff.store)
        self.routes: Sequence[Route] = routes(Handlers(signoff, self._waiting))
        self.document = openapi.document(self.routes)

    def mount(self, app: web.Application) -> None:
        """Serve everything under `/v1`."""
        own = web.Application(middlewares=[plainly])
        for route in self.routes:
            own.router.add_route(route.method, route.path.removeprefix(PREFIX), self._door(route))
        document = json.dumps(self.document, ensure_ascii=False)

        async def describe(_: web.Request) -> web.Response:
            return web.Response(text=document, content_type="application/json")

        own.router.add_get(openapi.PATH.removeprefix(PREFIX), describe, allow_head=False)
        own.on_shutdown.append(self._close)
        app.add_subapp(PREFIX, own)

    def _door(self, route: Route) -> Endpoint:
        async def enter(http: web.Request) -> web.Response:
            key = await self._admit(http, route)
            raw: JsonObject = await json_of(http) if route.body else {}
            body = _checked(route.body, raw, "body") if route.body else None
            query = _checked(route.query, dict(http.query), "query") if route.query else None
            told = await route.handle(Call(http, key, raw, body, query))
            log.info("%s %s: %d for %s", http.method, http.rel_url.raw_path, told.status, key.id if key else "anybody")
            return web.Response(status=told.status, text=told.body.model_dump_json(), content_type="application/json")

        return enter

    async def _admit(self, http: web.Request, route: Route) -> ApiKey | None:
        """The key, before a byte of the body is read; None where anybody may call."""
        if not route.scopes:
            return None
        key = await auth.admitted(self._signoff.store, self._quotas, http)
        auth.may(key, route.scopes)
        return key

    async def _close(self, _: web.Application) -> None:
        await self._waiting.close()


def _checked(model: type[BaseModel], given: object, where: str) -> BaseModel:
    try:
        return model.model_validate(given)
    except ValidationError as error:
        raise invalid(error, where) from error


@web.middleware
async def plainly(request: web.Request, handler: Endpoint) -> web.StreamResponse:
    """Whatever goes wrong is answered as a problem, and never with a trace."""
    ref = secrets.token_hex(4)
    try:
        return await handler(request)
    except Exception as error:  # noqa: BLE001  # everything leaves through here
        problem: Problem = problem_of(error, ref)
        log.info("%s %s: %d (%s)", request.method, request.rel_url.raw_path, problem.status, problem.kind)
        return problem.response()
