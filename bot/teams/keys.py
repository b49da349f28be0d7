"""The keys with which the Bot Connector signs its tokens: fetched, remembered, and fetched anew for an unknown one."""

import asyncio
import json
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp
import jwt

from bot.teams import limits
from bot.teams.reading import read

log = logging.getLogger(__name__)

FRESH = 24 * 3600.0  # seconds for which keys are used without asking again
APART = 60.0  # seconds between two fetches, so that made-up key ids cannot make us ask all the time
AGAIN = 5.0  # seconds after which a fetch is tried again as long as there are no keys at all
PATIENCE = aiohttp.ClientTimeout(total=5)
LARGEST = 1 << 20  # bytes of an answer


class KeysUnavailable(Exception):
    """The keys could not be fetched, so no token can be checked now."""


@dataclass(frozen=True)
class SigningKey:
    """One public key, and the channels whose tokens it may sign."""

    key: jwt.PyJWK
    endorsements: frozenset[str]


class KeyRing:
    """The keys that an OpenID metadata document leads to."""

    def __init__(self, metadata_url: str, session: aiohttp.ClientSession, now: Callable[[], float] = time.monotonic) -> None:
        self._url, self._session, self._now = metadata_url, session, now
        self._keys: Mapping[str, SigningKey] = {}
        self._fetched = self._asked = float("-inf")
        self._one_at_a_time = asyncio.Lock()

    async def find(self, key_id: str) -> SigningKey | None:
        """The key with that id; None if there is none. Raises KeysUnavailable."""
        if self._lacks(key_id):
            async with self._one_at_a_time:  # whoever comes while keys are being fetched waits for them
                if self._lacks(key_id) and self._now() - self._asked > (APART if self._keys else AGAIN):
                    await self._fetch()
        if not self._keys:
            raise KeysUnavailable("The Bot Connector's keys could not be fetched yet.")
        return self._keys.get(key_id)

    def _lacks(self, key_id: str) -> bool:
        return key_id not in self._keys or self._now() - self._fetched > FRESH

    async def _fetch(self) -> None:
        self._asked = self._now()
        try:
            metadata = await self._json(self._url)
            published = await self._json(str(metadata["jwks_uri"]))
            self._keys = {str(each["kid"]): _key(each) for each in published["keys"] if each.get("kty") == "RSA"}
        except (aiohttp.ClientError, TimeoutError, KeyError, TypeError, ValueError, AttributeError, jwt.PyJWTError) as error:
            log.warning("the Bot Connector's keys cannot be fetched: %r", error)  # what is known goes on being used
        else:
            self._fetched = self._now()

    async def _json(self, url: str) -> Any:
        async with self._session.get(url, timeout=PATIENCE, allow_redirects=False) as answer:
            answer.raise_for_status()
            return json.loads(await read(answer.content, LARGEST))


def _key(published: Mapping[str, Any]) -> SigningKey:
    endorsements = published.get("endorsements") or ()
    return SigningKey(jwt.PyJWK(dict(published), limits.ALGORITHM), frozenset(map(str, endorsements)))
