"""The system's clock, held against the time since the machine started, which nobody can set.

Expiry on SQLite is told by this machine's clock. Somebody who sets it back would give requests more time than people were
promised, so when both times drift apart nothing is written until the clock is right again. After a restart there is nothing
to hold the clock against but the audit chain: it must not be behind the newest entry.
"""

import json
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from storage.store import ClockMoved

Clock = Callable[[], datetime]

TOLERANCE = timedelta(seconds=30)


def utc_now() -> datetime:
    """The system's time."""
    return datetime.now(UTC)


def since_boot() -> float:
    """Seconds since some moment that stays the same until the machine is started again; a sleep of the machine counts.

    CLOCK_BOOTTIME is Linux's, macOS counts sleep in CLOCK_MONOTONIC (https://man7.org/linux/man-pages/man2/clock_gettime.2.html).
    """
    for name in ("CLOCK_BOOTTIME", "CLOCK_MONOTONIC"):
        if hasattr(time, name):
            return time.clock_gettime(getattr(time, name))
    return time.monotonic()


def this_boot() -> str:
    """A name of this start of the machine; empty where the system has none."""
    with suppress(OSError):
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return ""


@dataclass(frozen=True)
class Bearing:
    """How the clock stood when it was trusted: by how many seconds it was ahead of the time since `boot`."""

    boot: str
    ahead: float


class SystemClock:
    """The wall clock, trusted as it stands when this is made."""

    def __init__(self, wall: Clock = utc_now, steady: Callable[[], float] = since_boot) -> None:
        self._wall, self._steady = wall, steady
        self._newest: datetime | None = None
        self.bearing = Bearing(this_boot(), self._ahead())

    def __call__(self) -> datetime:
        """Now, aware UTC."""
        return self._wall()

    def follow(self, bearing: Bearing) -> None:
        """Trust the clock as another process found it, if that was since the machine started."""
        if bearing.boot and bearing.boot == self.bearing.boot:
            self.bearing = bearing

    def not_behind(self, newest: datetime | None) -> None:
        """Remember the newest moment that was written down before."""
        self._newest = newest

    def check(self) -> None:
        """Raises ClockMoved while the clock cannot be trusted."""
        moved = timedelta(seconds=self._ahead() - self.bearing.ahead)
        if abs(moved) > TOLERANCE:
            where = "forward" if moved > timedelta(0) else "back"
            raise ClockMoved(
                f"The machine's clock was moved {where} by {_words(moved)}. Nothing is decided until it is right again "
                "or Signoff is restarted."
            )
        now = self._wall()
        if self._newest is not None and self._newest - now > TOLERANCE:
            raise ClockMoved(
                f"The machine's clock says {now:%Y-%m-%d %H:%M} UTC, but the newest entry of the audit chain is of "
                f"{self._newest:%Y-%m-%d %H:%M} UTC. Nothing is decided until the clock has come that far. "
                "If it is right now and was wrong before, `signoff db accept-clock` says so."
            )

    def _ahead(self) -> float:
        return self._wall().timestamp() - self._steady()


def keep(bearing: Bearing, file: Path) -> None:
    """Write it down for commands that run beside. They go without where that is not possible."""
    with suppress(OSError):
        file.write_text(json.dumps(asdict(bearing)))


def kept(file: Path) -> Bearing | None:
    """What was written down, if it can be read."""
    try:
        return Bearing(**json.loads(file.read_text()))
    except (OSError, ValueError, TypeError):
        return None


def _words(moved: timedelta) -> str:
    seconds = round(abs(moved.total_seconds()))
    for size, name in ((86400, "days"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size or seconds == size:
            return f"{seconds / size:.3g} {name}"
    return f"{seconds} s"
