"""The Web API over HTTP: tokens, scopes, arguments, faults on demand, and a journal of every call.

https://docs.slack.dev/apis/web-api
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from bot.sandbox import channel_methods, chat_methods, people_methods, view_methods
from bot.sandbox.call import Call, Method, Slack
from bot.sandbox.errors import SlackError
from bot.sandbox.faults import Fault, Faults

METHODS: Mapping[str, Method] = {
    **people_methods.METHODS,
    **channel_methods.METHODS,
    **chat_methods.METHODS,
    **view_methods.METHODS,
}
# How many calls the journal keeps.
JOURNAL = 10_000
PUBLIC = frozenset({"api.test"})
# Arguments that a form carries as JSON text; decoded in the journal so that tests read what was meant.
DOCUMENTS = ("blocks", "view", "metadata", "attachments", "files", "message")


@dataclass(frozen=True)
class Tokens:
    """The app's credentials in this workspace."""

    bot: str
    app: str
    signing_secret: str


@dataclass(frozen=True)
class ApiCall:
    """A call as the journal keeps it, with Slack's answer."""

    method: str
    arguments: Mapping[str, Any]
    status: int
    answer: Mapping[str, Any]

    @property
    def ok(self) -> bool:
        """Whether Slack did it."""
        return bool(self.answer.get("ok"))


class WebApi:
    """Answers `/api/<method>`. `scopes` can be changed while it runs, as when an app is reinstalled."""

    def __init__(self, slack: Slack, tokens: Tokens, faults: Faults) -> None:
        self.calls: list[ApiCall] = []
        self.scopes = frozenset(slack.workspace.seed.installation.scopes)
        self._slack = slack
        self._tokens = tokens
        self._faults = faults

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """One request."""
        name = request.match_info["method"]
        fault = self._faults.take(name)
        try:
            arguments = await _arguments(request)
            if fault is not None and not fault.drop_connection_after_accepting:
                return self._faulty(name, arguments, fault)
            response = self._answer(name, arguments, _token(request, arguments))
        except SlackError as refusal:
            return self._respond(name, {}, refusal.body())
        if fault is not None and request.transport is not None:
            request.transport.abort()
        return response

    def _answer(self, name: str, arguments: Mapping[str, Any], token: str) -> web.Response:
        try:
            if name not in METHODS:
                raise SlackError("unknown_method", req_method=name)
            if name not in PUBLIC:
                self._authorize(METHODS[name], token)
            self._faults.meter(name, arguments)
            call = Call(name, arguments, self.scopes, self._slack)
            answer = {"ok": True, **METHODS[name].run(call)}
        except SlackError as refusal:
            answer = refusal.body()
        return self._respond(name, arguments, answer)

    def _authorize(self, method: Method, token: str) -> None:
        if not token:
            raise SlackError("not_authed")
        if token not in {self._tokens.bot, self._tokens.app}:
            raise SlackError("invalid_auth")
        if method.app_token is not (token == self._tokens.app):
            raise SlackError("not_allowed_token_type")
        if method.scopes and not method.app_token and not self.scopes & set(method.scopes):
            provided = ",".join(sorted(self.scopes))
            raise SlackError("missing_scope", needed=",".join(method.scopes), provided=provided)

    def _faulty(self, name: str, arguments: Mapping[str, Any], fault: Fault) -> web.Response:
        if fault.retry_after is not None:
            answer = {"ok": False, "error": "ratelimited", "retry_after": fault.retry_after}
            return self._respond(name, arguments, answer)
        answer = {"ok": False, "error": fault.error or "internal_error"}
        return self._respond(name, arguments, answer, status=fault.status or 200)

    def _respond(
        self, name: str, arguments: Mapping[str, Any], answer: Mapping[str, Any], status: int = 200
    ) -> web.Response:
        headers = {"x-slack-req-id": f"{len(self.calls):032x}"}
        body = dict(answer)
        if answer.get("error") not in {"not_authed", "invalid_auth", "unknown_method"}:
            headers["x-oauth-scopes"] = ",".join(sorted(self.scopes))
            headers["x-accepted-oauth-scopes"] = ",".join(METHODS[name].scopes) if name in METHODS else ""
        if answer.get("error") == "ratelimited":
            status, headers["Retry-After"] = 429, str(body.pop("retry_after", 1))
        self.calls.append(ApiCall(name, _decoded(arguments), status, body))
        del self.calls[:-JOURNAL]
        return web.json_response(body, status=status, headers=headers)


def _token(request: web.Request, arguments: Mapping[str, Any]) -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else str(arguments.get("token") or "")


async def _arguments(request: web.Request) -> dict[str, Any]:
    """Query, form and JSON body together, as Slack takes them."""
    arguments: dict[str, Any] = dict(request.query)
    if request.content_type == "application/json":
        try:
            body = json.loads(await request.text() or "{}")
        except ValueError as failure:
            raise SlackError("invalid_json") from failure
        if not isinstance(body, dict):
            raise SlackError("json_not_object")
        return arguments | {name: value for name, value in body.items() if value is not None}
    return arguments | dict(await request.post())


def _decoded(arguments: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _document(value) if name in DOCUMENTS else value for name, value in arguments.items()}


def _document(value: Any) -> Any:
    try:
        return json.loads(value) if isinstance(value, str) else value
    except ValueError:
        return value
