"""Every kind of token that must not be taken, made with the keys of a local authority."""

from datetime import datetime
from typing import Any

import jwt

from tests.bot.teams.authority import Authority


def good(authority: Authority, now: datetime, audience: str, service_url: str, **claims: Any) -> str:
    """An `Authorization` as the Bot Connector sends it now, but for the claims that are given."""
    token = authority.token(**{**_claims(now, audience, service_url), **claims})
    return f"Bearer {token}"


def forgeries(authority: Authority, now: datetime, audience: str, service_url: str) -> dict[str, str | None]:
    """Values of `Authorization` by what is wrong with them; None is no header at all."""
    seconds = int(now.timestamp())
    wrong: dict[str, dict[str, Any]] = {
        "for another bot": {"aud": "other"},
        "for nobody": {"aud": None},
        "from another issuer": {"iss": f"https://sts.windows.net/{audience}/"},
        "from no issuer": {"iss": None},
        "expired": {"exp": seconds - 3600},
        "without an end": {"exp": None},
        "of the future": {"nbf": seconds + 3600},
        "for another service": {"serviceurl": "https://smba.trafficmanager.net/amer/"},
        "for an evil service": {"serviceurl": "https://evil.example/"},
        "for no service": {"serviceurl": None},
        "signed with another key": {"private": 1},
        "under an unknown key": {"kid": "unknown"},
    }
    tokens = {name: good(authority, now, audience, service_url, **claims) for name, claims in wrong.items()}
    claims = {**_claims(now, audience, service_url), "iss": "https://api.botframework.com"}
    unsigned: Any = None
    return {
        "nothing": None,
        "not a token": "Bearer a.b.c",
        "another scheme": "Basic YTpi",
        "unsigned": f"Bearer {jwt.encode(claims, unsigned, algorithm='none', headers={'kid': 'first'})}",
        "signed with a password": f"Bearer {jwt.encode(claims, 'x' * 32, algorithm='HS256', headers={'kid': 'first'})}",
        **tokens,
    }


def _claims(now: datetime, audience: str, service_url: str) -> dict[str, Any]:
    seconds = int(now.timestamp())
    return {"aud": audience, "serviceurl": service_url, "nbf": seconds - 60, "exp": seconds + 3600}
