"""Teams' throttling: sliding windows for each thread, and one for the app."""

import math
from collections import defaultdict, deque
from collections.abc import Callable

from tests.fakes.connector import published
from tests.fakes.connector.problems import throttled

Windows = tuple[tuple[float, int], ...]


class Meter:
    """Counts calls by a clock in seconds; without a clock nothing is throttled."""

    def __init__(self, clock: Callable[[], float] | None) -> None:
        self._clock = clock
        self._seen: dict[tuple[str, str], deque[float]] = defaultdict(deque)

    def count(self, what: str, thread: str, windows: Windows) -> None:
        """Raises Problem 429 with the seconds until there is room again. A refused call is not counted."""
        if self._clock is None:
            return
        now = self._clock()
        app, own = self._seen["app", ""], self._seen[what, thread]
        wait = max(_wait(app, published.APP, now), _wait(own, windows, now))
        if wait > 0:
            raise throttled(math.ceil(wait))
        app.append(now)
        own.append(now)


def _wait(seen: deque[float], windows: Windows, now: float) -> float:
    """Seconds until one more fits into each of the windows."""
    while seen and seen[0] <= now - windows[-1][0]:
        seen.popleft()
    waits = [0.0]
    for period, most in windows:
        within = [at for at in seen if at > now - period]
        if len(within) >= most:
            waits.append(within[-most] + period - now)
    return max(waits)
