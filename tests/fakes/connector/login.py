"""Where the bot gets its outgoing tokens: Entra's client credentials and Azure's managed identity.

https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow#get-a-token
https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token
"""

import secrets
from collections.abc import Callable
from datetime import datetime

from aiohttp import web

from tests.fakes.connector import published


class Login:
    """Gives tokens out and knows which of them hold. `asked` counts requests; tokens live `seconds` by `now`."""

    def __init__(self, app_id: str, secret: str, tenant: str, now: Callable[[], datetime]) -> None:
        self.app_id, self.secret, self.tenant = app_id, secret, tenant
        self.seconds = 3600
        self.asked = 0
        self._now = now
        self._ends: dict[str, float] = {}

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/login/{tenant}/oauth2/v2.0/token", self._entra),
            web.get("/metadata/identity/oauth2/token", self._managed),
        ]

    def holds(self, authorization: str | None) -> bool:
        """Whether a call with that header may be carried out."""
        token = (authorization or "").removeprefix("Bearer ")
        return self._ends.get(token, 0.0) > self._now().timestamp()

    def revoke(self) -> None:
        """Let no token hold any more."""
        self._ends.clear()

    async def _entra(self, request: web.Request) -> web.Response:
        self.asked += 1
        form = await request.post()
        if request.match_info["tenant"] != self.tenant:
            return _no(400, "invalid_request", "AADSTS90002: Tenant not found.")
        if (form.get("client_id"), form.get("client_secret")) != (self.app_id, self.secret):
            return _no(401, "invalid_client", "AADSTS7000215: Invalid client secret provided.")
        if form.get("grant_type") != "client_credentials" or form.get("scope") != published.SCOPE:
            return _no(400, "invalid_scope", "AADSTS1002012: The provided value for scope is not valid.")
        return web.json_response({"token_type": "Bearer", "expires_in": self.seconds, "access_token": self._token()})

    async def _managed(self, request: web.Request) -> web.Response:
        self.asked += 1
        if request.headers.get("Metadata") != "true" or "api-version" not in request.query:
            return _no(400, "bad_request_102", "Required metadata header not specified")
        if request.query.get("resource", "").rstrip("/") != published.AUDIENCE:
            return _no(400, "invalid_resource", "AADSTS500011: The resource principal was not found.")
        if request.query.get("client_id", self.app_id) != self.app_id:
            return _no(400, "invalid_request", "Identity not found")
        ends = round(self._now().timestamp()) + self.seconds
        body = {"access_token": self._token(), "expires_in": str(self.seconds), "expires_on": str(ends)}
        return web.json_response({**body, "resource": published.AUDIENCE, "token_type": "Bearer"})

    def _token(self) -> str:
        token = secrets.token_urlsafe(24)
        self._ends[token] = self._now().timestamp() + self.seconds
        return token


def _no(status: int, error: str, description: str) -> web.Response:
    return web.json_response({"error": error, "error_description": description}, status=status)
