"""The Bot Connector's errors as those that the Surface port knows: wait, or refused for good with what to do.

https://learn.microsoft.com/microsoftteams/platform/bots/how-to/conversations/conversation-messages#status-code-responses and
https://learn.microsoft.com/microsoftteams/platform/bots/how-to/rate-limit.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Final

import aiohttp

from bot.flow.surface import SurfaceBusy, SurfaceError
from bot.teams import limits
from bot.teams.reading import TooLarge

BUSY: Final = timedelta(seconds=5)
UNREACHABLE: Final = timedelta(seconds=2)
LIMITED: Final = timedelta(seconds=30)  # where Teams gives no Retry-After
LOCKED_OUT: Final = timedelta(minutes=1)
LONGEST: Final = 3600.0  # seconds that we let ourselves be asked to wait

LOST: Final = frozenset(
    {"BotNotInConversationRoster", "ConversationNotFound", "BotDisabledByAdmin", "ConversationBlockedByUser"}
)
DELETED: Final = "ActivityNotFoundInConversation"
TOO_LARGE: Final = "MessageSizeTooBig"

SENTENCES: Final[Mapping[str, str]] = {
    "BotNotInConversationRoster": "Signoff is not in that conversation. Add the app to the team, the chat or the person.",
    "ConversationNotFound": "Teams knows no such conversation. Check the channel's id in the policy.",
    "BotDisabledByAdmin": "An administrator has blocked the app in Teams.",
    "ConversationBlockedByUser": "That person has blocked Signoff in Teams.",
    "MessageWritesBlocked": "That person has blocked Signoff in Teams, or has not installed it.",
    TOO_LARGE: "The message is larger than Teams takes.",
}


UNAUTHORIZED: Final = "Teams refuses Signoff's token. Check SIGNOFF_TEAMS_APP_ID, _APP_PASSWORD, _APP_TYPE and _TENANT."


class LockedOut(SurfaceBusy):
    """Microsoft does not let Signoff in. That says nothing of the call itself, which may go through once somebody renewed
    a secret; nothing came of it."""

    def __init__(self, message: str) -> None:
        super().__init__(LOCKED_OUT, message, untaken=True)


class Refused(SurfaceError):
    """Teams refused a call for good. `status` is HTTP's, `code` Teams' own name of the error, empty if it gave none."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code = status, code

    @property
    def lost(self) -> bool:
        """Whether nothing can be said in that conversation any more."""
        return self.code in LOST

    @property
    def deleted(self) -> bool:
        """Whether there is no such message any more."""
        return self.lost or self.code == DELETED


@contextmanager
def reached(whom: str) -> Iterator[None]:
    """Within it, every way in which a server cannot be reached, or answers no sense, is raised as `SurfaceBusy`."""
    try:
        yield
    except (aiohttp.ClientError, TimeoutError, OSError, TooLarge) as error:
        raise SurfaceBusy(UNREACHABLE, f"{whom} cannot be reached ({type(error).__name__}).") from error
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise SurfaceBusy(BUSY, f"{whom} answered something that makes no sense ({type(error).__name__}).") from error


def failed(status: int, headers: Mapping[str, str], body: bytes) -> SurfaceBusy | Refused:
    """The error that an answer is."""
    code, message = _read(body)
    if status in limits.PASSING:
        wait = _retry_after(headers) or (LIMITED if status == 429 else BUSY)
        return SurfaceBusy(wait, f"Teams asks to wait ({code or status}).")
    if status == 401:
        return LockedOut(UNAUTHORIZED)
    if status == 404 and not code:
        return SurfaceBusy(LIMITED, "Something that is not Teams answered in its place (404).")
    code = TOO_LARGE if status == 413 else code
    return Refused(status, code, SENTENCES.get(code) or f"Teams refused ({status} {code}): {message[:200]}")


def _read(body: bytes) -> tuple[str, str]:
    """Code and message: `{"error": {"code": …, "message": …}}`."""
    try:
        error = json.loads(body)["error"]
        return str(error.get("code") or ""), str(error.get("message") or "")
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return "", ""


def _retry_after(headers: Mapping[str, str]) -> timedelta | None:
    try:
        return timedelta(seconds=min(max(float(headers["Retry-After"]), 0.0), LONGEST))
    except (KeyError, ValueError):
        return None
