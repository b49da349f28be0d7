"""The Dispatch port: jobs that are deferred inside a transaction and run after it.

A job is only a hint to look. Its handler loads the truth from rows and writes through conditional statements, so a job
that runs twice, late or on a stale worker changes nothing.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Protocol

from storage.records import JsonObject

Handler = Callable[[JsonObject], Awaitable[None]]


class TryLater(Exception):
    """Raised by a handler that cannot work now, for example because a platform asked to wait; not counted as a failure."""

    def __init__(self, delay: timedelta, reason: str) -> None:
        super().__init__(reason)
        self.delay = delay


class NoHandler(Exception):
    """The job names a task that nothing here knows how to do."""


MOST_ATTEMPTS = 10


def pause(attempts: int) -> timedelta:
    """How long a job rests after it failed for the `attempts`th time."""
    return timedelta(seconds=min(2.0 ** (attempts - 1), 300.0))


class Dispatch(Protocol):
    """Runs the jobs that transactions deferred.

    A handler that raises is tried again with growing pauses (1 s doubling to 5 min); jobs behind it with the same lock wait
    for it, up to a bound of attempts, after which it is set aside and logged.
    """

    async def serve(self, handlers: Mapping[str, Handler]) -> None:
        """Run jobs until cancelled. On cancellation, jobs that run are given a moment to finish; the rest stay stored."""

    async def drain(self, handlers: Mapping[str, Handler]) -> int:
        """Run jobs until none is due; return how many ran. For tests, commands of the CLI and an orderly end."""
