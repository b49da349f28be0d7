"""What was taken already: whoever sends the same bytes again, or the same message under the same id, is known."""

import time
from collections.abc import Callable

REMEMBERED_SECONDS = 600.0  # twice the age up to which Slack's signatures count
REMEMBERED = 50_000  # keys


class Replays:
    """Remembers keys for so many `seconds`, the newest `REMEMBERED` of them. `clock` gives seconds that never go back."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, seconds: float = REMEMBERED_SECONDS) -> None:
        self._clock, self._seconds = clock, seconds
        self._seen: dict[str, float] = {}

    def first(self, key: str) -> bool:
        """Whether this key comes for the first time; from now on it does not."""
        now = self._clock()
        while self._seen and (len(self._seen) >= REMEMBERED or now - next(iter(self._seen.values())) > self._seconds):
            del self._seen[next(iter(self._seen))]
        if key in self._seen:
            return False
        self._seen[key] = now
        return True

    def forget(self, key: str) -> None:
        """Take it once more: what came with that key could not be taken."""
        self._seen.pop(key, None)
