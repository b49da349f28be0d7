"""Whether an activity really comes from Teams, decided before anything else looks at it.

Everything is checked as the Bot Connector's authentication asks for
(https://learn.microsoft.com/azure/bot-service/rest-api/bot-framework-rest-connector-authentication), and more strictly where
others were fooled: a token must expire, its `serviceurl` must be the activity's and lead to one of Teams' own hosts, because
that is where our token would be sent to, and the tenant must be one of those that were allowed.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import jwt

from bot.teams import limits
from bot.teams.keys import KeyRing, SigningKey


class Unauthorized(Exception):
    """The activity is not taken; the message says why, for the log and never for the sender."""


@dataclass(frozen=True)
class TokenCheck:
    """The checks for one bot. `tenants` are the ids of the Microsoft 365 tenants whose people may use it, `allows` says
    whether a service is one of Teams'."""

    app_id: str
    tenants: frozenset[str]
    keys: KeyRing
    allows: Callable[[str], bool] = field(default_factory=lambda: is_service)

    def __post_init__(self) -> None:
        if not self.app_id:
            raise ValueError("Without an app id every token would do.")
        if not self.tenants:
            raise ValueError("At least one tenant has to be allowed.")

    async def check(self, authorization: str | None, activity: Mapping[str, Any], now: datetime) -> None:
        """Raises Unauthorized, and KeysUnavailable where that cannot be said now."""
        token = _bearer(authorization)
        if activity.get("channelId") != limits.CHANNEL:
            raise Unauthorized(f"The activity comes from channel {_short(activity.get('channelId'))}.")
        claims = self._verified(token, await self._key_of(token, limits.CHANNEL), now)
        self._same_service(claims, activity)
        tenant = tenant_of(activity)
        if tenant not in self.tenants:
            raise Unauthorized(f"Tenant {_short(tenant)} is not allowed.")

    async def _key_of(self, token: str, channel: str) -> SigningKey:
        try:
            header = jwt.get_unverified_header(token)
        except (jwt.InvalidTokenError, ValueError) as error:
            raise Unauthorized("What was sent is no token.") from error
        key = await self.keys.find(str(header.get("kid")))
        if key is None:
            raise Unauthorized(f"Nobody knows the key {_short(header.get('kid'))}.")
        if channel not in key.endorsements:
            raise Unauthorized(f"The key {_short(header.get('kid'))} may not speak for channel {channel!r}.")
        return key

    def _verified(self, token: str, key: SigningKey, now: datetime) -> Mapping[str, Any]:
        options = {"require": ["exp", "iss", "aud"], "verify_exp": False, "verify_nbf": False, "verify_iat": False}
        try:
            claims: Mapping[str, Any] = jwt.decode(
                token,
                key.key,
                algorithms=[limits.ALGORITHM],
                audience=self.app_id,
                issuer=limits.ISSUER,
                options=options,  # type: ignore[arg-type]  # times are compared below, with the time that was passed in
            )
            begins, ends = float(claims.get("nbf", 0)), float(claims["exp"])
        except (jwt.InvalidTokenError, TypeError, ValueError) as error:
            raise Unauthorized(f"The token does not hold: {error}") from error
        if not begins - limits.LEEWAY <= now.timestamp() < ends + limits.LEEWAY:
            raise Unauthorized("The token is over, or begins in the future.")
        return claims

    def _same_service(self, claims: Mapping[str, Any], activity: Mapping[str, Any]) -> None:
        claimed, given = claims.get("serviceurl"), activity.get("serviceUrl")
        if not isinstance(claimed, str) or claimed != given:
            raise Unauthorized(f"The token is for {_short(claimed)}, the activity names {_short(given)}.")
        if not self.allows(claimed):
            raise Unauthorized(f"{claimed!r} is not where Teams takes messages.")


@dataclass(frozen=True)
class LocalCheck:
    """Takes whatever says that it comes from this machine, for trying things without an account at Microsoft."""

    tenants: frozenset[str]

    async def check(self, authorization: str | None, activity: Mapping[str, Any], now: datetime) -> None:
        """Raises Unauthorized."""
        service, tenant = activity.get("serviceUrl"), tenant_of(activity)
        if not isinstance(service, str) or not is_loopback(service):
            raise Unauthorized(f"{service!r} is not on this machine.")
        if tenant not in self.tenants:
            raise Unauthorized(f"Tenant {tenant!r} is not allowed.")


def is_service(url: str) -> bool:
    """Whether a message, with our token on it, may be sent to `url`: https, one of exactly Teams' hosts, nothing tricky."""
    parts = _parts(url)
    return parts is not None and parts[0] == "https" and parts[1] in limits.SERVICE_HOSTS and parts[2] in (None, 443)


def is_loopback(url: str) -> bool:
    """Whether `url` leads to this very machine."""
    parts = _parts(url)
    return parts is not None and parts[0] in ("http", "https") and parts[1] in ("127.0.0.1", "::1", "localhost")


def tenant_of(activity: Mapping[str, Any]) -> str | None:
    """The tenant that an activity belongs to; None if it names none, or two that differ."""
    named = {
        value
        for value in (
            _in(activity, "channelData", "tenant", "id"),
            _in(activity, "conversation", "tenantId"),
            _in(activity, "from", "tenantId"),
        )
        if value is not None
    }
    [tenant] = named if len(named) == 1 else [None]
    return tenant if isinstance(tenant, str) else None


def _in(value: Any, *path: str) -> Any:
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value if value is None or isinstance(value, str) else repr(value)


def _parts(url: str) -> tuple[str, str | None, int | None] | None:
    """Scheme, host and port; None if it is no URL, or names a user."""
    try:
        parts = urlsplit(url)
        found = parts.scheme, parts.hostname, parts.port
    except ValueError:
        return None
    return None if "@" in parts.netloc or "\\" in url else found


def _short(said: object) -> str:
    """What a stranger wrote, for one line of the log."""
    return repr(said)[:100]


def _bearer(authorization: str | None) -> str:
    scheme, _, token = (authorization or "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthorized("No bearer token was sent.")
    return token.strip()
