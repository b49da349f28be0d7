"""How often a key may call. Counted in the memory of each replica, so N of them together let N times as much through."""

import time

from limits import RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter

from bot.api.problems import Problem
from storage.records import ApiKey


class Quotas:
    """The calls of the last minute, by key."""

    def __init__(self) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    async def count(self, key: ApiKey) -> None:
        """Count a call. Raises Problem (429) if the key has made all it may."""
        allowed = RateLimitItemPerMinute(key.per_minute)
        if await self._limiter.hit(allowed, key.id):
            return
        window = await self._limiter.get_window_stats(allowed, key.id)
        why = f"This key may make {key.per_minute} calls a minute. Wait as long as Retry-After says; nothing was done."
        raise Problem(429, "quota", why, retry=window.reset_time - time.time())
