"""How often a key may call, and how often an address may come without one that opens anything.

Counted in the memory of each replica, so N of them together let N times as much through. Behind a proxy everybody has its
address, so a key that came in before comes in whatever others there do.
"""

import time

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter

from bot.api.problems import Problem
from storage.records import ApiKey

STRANGERS = RateLimitItemPerMinute(60, namespace="STRANGER")  # calls without a valid key, from one address


class Quotas:
    """The calls of the last minute, by key, and the failures by address."""

    def __init__(self) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._came_in: set[str] = set()  # ids of keys

    def knows(self, id: str) -> bool:
        """Whether a key with that id came in before."""
        return id in self._came_in

    async def count(self, key: ApiKey) -> None:
        """Count a call. Raises Problem (429) if the key has made all it may."""
        self._came_in.add(key.id)
        await self.count_for(key.id, key.per_minute, f"This key may make {key.per_minute} calls a minute.")

    async def count_for(self, who: str, per_minute: int, rule: str) -> None:
        """Count a call for anybody. Raises Problem (429), which tells the rule, if they have made all they may."""
        allowed = RateLimitItemPerMinute(per_minute)
        if not await self._limiter.hit(allowed, who):
            raise await self._too_many(allowed, who, f"{rule} Wait as long as Retry-After says; nothing was done.")

    async def count_stranger(self, address: str) -> None:
        """Count a call that came without a valid key."""
        await self._limiter.hit(STRANGERS, address)

    async def check_stranger(self, address: str) -> None:
        """Raises Problem (429) if too many calls without a valid key came from that address."""
        if not await self._limiter.test(STRANGERS, address):
            why = "Too many calls without a valid key came from your address. Wait as long as Retry-After says."
            raise await self._too_many(STRANGERS, address, why)

    async def _too_many(self, allowed: RateLimitItem, who: str, why: str) -> Problem:
        window = await self._limiter.get_window_stats(allowed, who)
        return Problem(429, "quota", why, retry=window.reset_time - time.time())
