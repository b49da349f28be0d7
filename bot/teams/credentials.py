"""Our own tokens for the Bot Connector: fetched ahead of time, one at a time, and remembered while they last.

Single-tenant apps have a secret; user-assigned managed identities have none, and ask the machine that they run on.
"""

import asyncio
import json
import logging
import os
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

import aiohttp

from bot.flow.surface import SurfaceBusy
from bot.teams import limits
from bot.teams.errors import BUSY, LockedOut, reached
from bot.teams.reading import read

log = logging.getLogger(__name__)

LOGIN: Final = "Microsoft's login"
LARGEST: Final = 64 * 1024  # bytes of an answer
REFUSED: Final = "Microsoft refuses to give Signoff a token ({code}): {why}. Check the SIGNOFF_TEAMS_ settings."


@dataclass(frozen=True)
class Token:
    """A bearer token, and for how many seconds it counts."""

    text: str
    seconds: float


Fetch = Callable[[], Awaitable[Token]]


class Credentials(Protocol):
    """What goes into the Authorization header."""

    async def token(self) -> str | None:
        """The token; None if none is wanted. Raises SurfaceBusy; LockedOut if Microsoft refuses."""

    def forget(self) -> None:
        """The token was refused: the next one is a new one."""


class NoCredentials:
    """For a service on this machine that asks for none."""

    async def token(self) -> str | None:
        return None

    def forget(self) -> None:
        return


class Tokens:
    """The newest token. `now` gives seconds that never go back."""

    def __init__(self, fetch: Fetch, now: Callable[[], float] = time.monotonic) -> None:
        self._fetch, self._now = fetch, now
        self._kept: Token | None = None
        self._ends = float("-inf")
        self._one_at_a_time = asyncio.Lock()

    async def token(self) -> str | None:
        """A token that counts for minutes to come; an older one only if no other can be had."""
        async with self._one_at_a_time:
            if self._kept is None or self._now() > self._ends - limits.REFRESH:
                await self._renew()
            return self._kept.text if self._kept else None

    def forget(self) -> None:
        self._kept = None

    async def _renew(self) -> None:
        asked = self._now()
        try:
            self._kept = await self._fetch()
        except SurfaceBusy as error:
            if self._kept is None or self._now() > self._ends:
                log.log(logging.ERROR if isinstance(error, LockedOut) else logging.INFO, "no token for Teams: %s", error)
                raise
            log.warning("the token for Teams could not be renewed yet: %s", error)
        else:
            self._ends = asked + self._kept.seconds


def with_secret(session: aiohttp.ClientSession, login: str, tenant: str, app_id: str, secret: str) -> Fetch:
    """https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow."""
    url = f"{login.rstrip('/')}/{tenant}/oauth2/v2.0/token"
    form = {
        "grant_type": "client_credentials", "client_id": app_id, "client_secret": secret, "scope": limits.SCOPE,
    }  # fmt: skip

    async def fetch() -> Token:
        with reached(LOGIN):
            async with session.post(url, data=form, allow_redirects=False) as answer:
                return await _token(answer, time.time())

    return fetch


def with_identity(
    session: aiohttp.ClientSession, app_id: str, imds: str = limits.IMDS, around: Mapping[str, str] = os.environ
) -> Fetch:
    """https://learn.microsoft.com/azure/app-service/overview-managed-identity#rest-endpoint-reference where Azure set its
    variables in `around`, else https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token.
    """
    asked = {"resource": limits.RESOURCE, "client_id": app_id}
    if endpoint := around.get("IDENTITY_ENDPOINT"):
        url, query, headers = (
            endpoint,
            {"api-version": "2019-08-01"},
            {"X-IDENTITY-HEADER": around.get("IDENTITY_HEADER", "")},
        )
    else:
        url, query, headers = imds, {"api-version": "2018-02-01"}, {"Metadata": "true"}

    async def fetch() -> Token:
        with reached("The managed identity"):
            async with session.get(url, params=query | asked, headers=headers, allow_redirects=False) as answer:
                return await _token(answer, time.time())

    return fetch


async def _token(answer: aiohttp.ClientResponse, now: float) -> Token:
    body = await read(answer.content, LARGEST)
    if answer.status == 429 or answer.status >= 500:
        raise SurfaceBusy(BUSY, f"{LOGIN} has trouble of its own ({answer.status}).")
    fields: dict[str, Any] = json.loads(body)
    if answer.status >= 400:
        code = str(fields.get("error"))
        why = str(fields.get("error_description", "")).partition("\n")[0][:200]
        raise LockedOut(REFUSED.format(code=code, why=why))
    lasts = fields.get("expires_in") or float(fields["expires_on"]) - now
    return Token(str(fields["access_token"]), float(lasts))
