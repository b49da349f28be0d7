"""A key server like the Bot Connector's, on this machine, and the tokens that go with it."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import jwt
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import rsa

APP = "11111111-2222-3333-4444-555555555555"
TENANT = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"
SERVICE = "https://smba.trafficmanager.net/emea/"
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
_PRIVATE = [rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2)]


@dataclass
class Authority:
    """Publishes keys and signs with them. `down` answers 500; `asked` counts what was fetched."""

    url: str = ""
    published: dict[str, int] = field(default_factory=lambda: {"first": 0})
    endorsements: tuple[str, ...] = ("msteams", "webchat")
    down: bool = False
    asked: list[str] = field(default_factory=list)

    def token(self, kid: str = "first", private: int = 0, headers: dict[str, Any] | None = None, **claims: Any) -> str:
        """A token as Teams sends it, but for what is given; a claim given as None is left out."""
        given = {
            "iss": "https://api.botframework.com", "aud": APP, "serviceurl": SERVICE,
            "nbf": int(NOW.timestamp()) - 60, "exp": int(NOW.timestamp()) + 3600,
        } | claims  # fmt: skip
        kept = {name: value for name, value in given.items() if value is not None}
        return jwt.encode(kept, _PRIVATE[private], algorithm="RS256", headers={"kid": kid, **(headers or {})})

    async def _metadata(self, _: web.Request) -> web.Response:
        self.asked.append("metadata")
        if self.down:
            return web.Response(status=500)
        return web.json_response({"issuer": "https://api.botframework.com", "jwks_uri": f"{self.url}/keys"})

    async def _keys(self, _: web.Request) -> web.Response:
        self.asked.append("keys")
        made = [self._published(kid, _PRIVATE[number]) for kid, number in self.published.items()]
        return web.json_response({"keys": made})

    def _published(self, kid: str, private: rsa.RSAPrivateKey) -> dict[str, Any]:
        jwk: dict[str, Any] = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(private.public_key()))
        return jwk | {"kid": kid, "use": "sig", "endorsements": list(self.endorsements)}


@asynccontextmanager
async def authority() -> AsyncIterator[Authority]:
    """Serve one until left."""
    made = Authority()
    app = web.Application()
    app.router.add_get("/metadata", made._metadata)
    app.router.add_get("/keys", made._keys)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        made.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield made
    finally:
        await runner.cleanup()


def activity(**fields: Any) -> dict[str, Any]:
    """A message as Teams sends it."""
    return {
        "type": "message", "channelId": "msteams", "serviceUrl": SERVICE, "text": "<at>Signoff</at> list",
        "from": {"id": "29:ravi", "aadObjectId": "ravi"}, "conversation": {"id": "19:x@thread.tacv2", "tenantId": TENANT},
        "channelData": {"tenant": {"id": TENANT}},
    } | fields  # fmt: skip
