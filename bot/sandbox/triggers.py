"""What Slack hands an app to answer a person with: trigger ids and response URLs, both short-lived.

https://docs.slack.dev/interactivity/handling-user-interaction
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace

from bot.sandbox.errors import SlackError
from bot.slack import limits

# Expired ones are remembered for a while, to be told from those that never were.
KEPT_SECONDS = 2 * limits.RESPONSE_URL_SECONDS


@dataclass(frozen=True)
class Trigger:
    """The right to open one view for `person`; `view_id` is the modal it came from, if any."""

    person: str
    issued: float
    view_id: str | None = None
    used: bool = False


class Triggers:
    """Trigger ids: good for three seconds and one view. `clock` gives seconds, from any start."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._issued: dict[str, Trigger] = {}

    def issue(self, person: str, view_id: str | None = None) -> str:
        """A new trigger id for what `person` just did."""
        self._issued = {name: each for name, each in self._issued.items() if self._clock() - each.issued < KEPT_SECONDS}
        trigger_id = f"{secrets.randbelow(10**13)}.{secrets.randbelow(10**12)}.{secrets.token_hex(16)}"
        self._issued[trigger_id] = Trigger(person, self._clock(), view_id)
        return trigger_id

    def redeem(self, trigger_id: str) -> Trigger:
        """What the id stands for; raises SlackError when it is unknown, used or too old."""
        trigger = self._issued.get(trigger_id)
        if trigger is None:
            raise SlackError("invalid_trigger_id")
        if trigger.used:
            raise SlackError("exchanged_trigger_id")
        if self._clock() - trigger.issued > limits.TRIGGER_SECONDS:
            raise SlackError("expired_trigger_id")
        self._issued[trigger_id] = replace(trigger, used=True)
        return trigger


@dataclass(frozen=True)
class ResponseUrl:
    """The right to answer `person` in `channel`; `ts` is the message they clicked in, if any."""

    person: str
    channel: str
    issued: float
    ts: str | None = None
    uses: int = 0


class ResponseUrls:
    """Response URLs: good for half an hour and five answers. `clock` gives seconds, from any start."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._issued: dict[str, ResponseUrl] = {}

    def issue(self, person: str, channel: str, ts: str | None = None) -> str:
        """A new secret path segment."""
        self._issued = {name: each for name, each in self._issued.items() if self._clock() - each.issued < KEPT_SECONDS}
        secret = secrets.token_urlsafe(18)
        self._issued[secret] = ResponseUrl(person, channel, self._clock(), ts)
        return secret

    def redeem(self, secret: str) -> ResponseUrl:
        """What the segment stands for; raises SlackError when it is unknown, used up or too old."""
        found = self._issued.get(secret)
        if found is None or self._clock() - found.issued > limits.RESPONSE_URL_SECONDS:
            raise SlackError("expired_url")
        if found.uses >= limits.RESPONSE_URL_USES:
            raise SlackError("used_url")
        self._issued[secret] = replace(found, uses=found.uses + 1)
        return found
