"""Trouble on demand: the next call of a method fails, or posting is metered as Slack meters it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bot.sandbox.errors import SlackError
from bot.slack import limits


@dataclass(frozen=True)
class Fault:
    """What happens to one call of `method`: exactly one of the kinds of trouble.

    `error` is a Slack error word; `status` an HTTP status; `retry_after` the seconds of a 429;
    `drop_connection_after_accepting` does the work and then drops the connection without an answer.
    """

    method: str
    error: str | None = None
    status: int | None = None
    retry_after: int | None = None
    drop_connection_after_accepting: bool = False


class Faults:
    """The faults that wait for their call, in order, and the meter. `clock` gives seconds, from any start."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.metered = False
        self._clock = clock
        self._waiting: list[Fault] = []
        self._last_post: dict[str, float] = {}

    def add(self, fault: Fault) -> None:
        """Let the next call of the fault's method fail."""
        self._waiting.append(fault)

    def take(self, method: str) -> Fault | None:
        """The fault that hits this call of `method`, if any."""
        for fault in self._waiting:
            if fault.method == method:
                self._waiting.remove(fault)
                return fault
        return None

    def meter(self, method: str, arguments: Mapping[str, Any]) -> None:
        """Where metered: raises `ratelimited` for a second post to a channel within a second.

        https://docs.slack.dev/apis/web-api/rate-limits
        """
        if not self.metered or method != "chat.postMessage":
            return
        channel, now = str(arguments.get("channel")), self._clock()
        if now - self._last_post.get(channel, float("-inf")) < 1 / limits.POSTS_PER_CHANNEL_PER_SECOND:
            raise SlackError("ratelimited", retry_after=1)
        self._last_post[channel] = now
