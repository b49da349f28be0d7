"""Slack's errors as the two that the Surface port knows: wait, or refused for good with a sentence that says what to do.

Error names: https://docs.slack.dev/reference/methods/chat.postMessage#errors and .../chat.update#errors.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError

from bot.flow.surface import SurfaceBusy, SurfaceError

RATE_LIMITED = frozenset({"ratelimited", "rate_limited", "message_limit_exceeded"})
PASSING = frozenset({"internal_error", "fatal_error", "service_unavailable", "request_timeout", "accesslimited"})
LOST = frozenset({"not_in_channel", "channel_not_found", "is_archived", "is_inactive", "restricted_action"})
ABSENT = frozenset({"not_in_channel", "user_not_in_channel", "channel_not_found", "is_archived", "restricted_action"})

BUSY = timedelta(seconds=5)
UNREACHABLE = timedelta(seconds=2)
LIMITED = timedelta(seconds=30)  # where Slack gives no Retry-After

SENTENCES = {
    "not_in_channel": "Signoff is not in {channel}. Invite it there: /invite @Signoff.",
    "channel_not_found": (
        "Slack shows Signoff no channel {channel}. Check its name in the policy; if it is private, invite Signoff there: "
        "/invite @Signoff."
    ),
    "is_archived": "{channel} is archived. Name another channel in the policy, or unarchive it.",
    "restricted_action": "A workspace rule keeps Signoff from posting in {channel}. Ask an administrator, or name another.",
    "user_not_found": "Slack knows no such person.",
    "user_not_in_channel": "That person is not in {channel}.",
    "missing_scope": "Signoff's Slack token lacks a scope ({needed}). Run `signoff check`, then reinstall the app.",
    "invalid_auth": "Slack refuses Signoff's token. Set SLACK_BOT_TOKEN to the app's bot token (xoxb-…).",
    "not_authed": "Signoff has no Slack token. Set SLACK_BOT_TOKEN to the app's bot token (xoxb-…).",
    "token_revoked": "Signoff's Slack token was revoked. Reinstall the app and set SLACK_BOT_TOKEN again.",
    "token_expired": "Signoff's Slack token has expired. Reinstall the app and set SLACK_BOT_TOKEN again.",
    "account_inactive": "The Slack app was uninstalled. Reinstall it and set SLACK_BOT_TOKEN again.",
    "paid_teams_only": "User groups need a paid Slack plan. Name the reviewers one by one in the policy.",
    "plan_upgrade_required": "User groups need a paid Slack plan. Name the reviewers one by one in the policy.",
    "expired_trigger_id": "That took too long for Slack. Please press the button again.",
    "trigger_expired": "That took too long for Slack. Please press the button again.",
    "invalid_trigger_id": "That press is not known to Slack any more. Please press the button again.",
    "exchanged_trigger_id": "That press was used already. Please press the button again.",
    "trigger_exchanged": "That press was used already. Please press the button again.",
    "message_not_found": "The message was deleted.",
    "is_inactive": "{channel} is archived. Name another channel in the policy, or unarchive it.",
    "cant_update_message": "The message can no longer be changed.",
    "edit_window_closed": "The message can no longer be changed.",
}
GONE = frozenset({"message_not_found", "cant_update_message", "edit_window_closed", "is_inactive"}) | ABSENT


class Refused(SurfaceError):
    """Slack refused a call for good. `code` is Slack's own name of the error."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@contextmanager
def translated(channel: str | None = None) -> Iterator[None]:
    """Within it, every way in which a call to Slack fails is raised as `SurfaceBusy` or `Refused`."""
    try:
        yield
    except SlackApiError as error:
        raise _answered(error, channel) from error
    except (TimeoutError, aiohttp.ClientError, OSError) as error:
        untaken = isinstance(error, aiohttp.ClientConnectorError)
        raise SurfaceBusy(UNREACHABLE, f"Slack cannot be reached ({type(error).__name__}).", untaken=untaken) from error
    except SlackClientError as error:
        raise Refused("client_error", f"Slack was asked in a way it does not understand: {error}") from error


def rest_of(error: SlackApiError) -> timedelta | None:
    """How long Slack wants not to be asked this again; None if that is not what it said."""
    status, fields = _read(error)
    limited = status == 429 or fields.get("error") in RATE_LIMITED
    return _retry_after(error.response) if limited else None


def _read(error: SlackApiError) -> tuple[int, dict[str, Any]]:
    """The status and the body of Slack's answer, empty if it is none of Slack's."""
    response = error.response
    status = int(getattr(response, "status_code", None) or getattr(response, "status", None) or 0)
    data = getattr(response, "data", None)
    return status, data if isinstance(data, dict) else {}


def _answered(error: SlackApiError, channel: str | None) -> SurfaceBusy | Refused:
    status, fields = _read(error)
    code = str(fields.get("error", ""))
    if (rest := rest_of(error)) is not None:
        return SurfaceBusy(rest, "Slack asks to wait.", untaken=True)
    if status >= 500 or code in PASSING or not code:
        return SurfaceBusy(BUSY, f"Slack has trouble of its own ({code or status}).")
    sentence = SENTENCES.get(code, "Slack refused: {code}.")
    where = _channel(channel)
    return Refused(code, sentence.format(code=code, channel=where, needed=fields.get("needed", "unknown")))


def _channel(channel: str | None) -> str:
    return "that channel" if channel is None else channel if channel.startswith("#") else f"channel {channel}"


def _retry_after(response: object) -> timedelta:
    headers = {key.lower(): value for key, value in (getattr(response, "headers", None) or {}).items()}
    try:
        return timedelta(seconds=max(float(headers["retry-after"]), 0))
    except (KeyError, ValueError):
        return LIMITED
