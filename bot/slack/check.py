"""What is wrong with the connection to Slack, in plain words, for `signoff check`. It changes nothing in Slack."""

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from typing import Any

import aiohttp
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient

from bot.flow.surface import SurfaceBusy, SurfaceError
from bot.slack.connect import CLIENT_SECONDS, SLACK_API_URL
from bot.slack.directory import Directory, key_of
from bot.slack.errors import Refused, translated
from bot.slack.manifest import OPTIONAL, SCOPES

WHY_NOT = {
    "guest": "is a guest, and guests do not decide",
    "deactivated": "is deactivated",
    "stranger": "is not a member of this workspace",
}


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. `message` says what is so, or what is wrong and what to do."""

    ok: bool
    subject: str
    message: str


async def check(
    *,
    bot_token: str | None,
    app_token: str | None = None,
    signing_secret: str | None = None,
    channel: str | None = None,
    reviewers: Iterable[str] = (),
    base_url: str = SLACK_API_URL,
) -> list[Finding]:
    """Look at tokens, scopes, the channel for cards (`C…` or `#name`) and the reviewers that the policy names
    (`slack:U…`, `slack:T…:U…`, `slack:S…`, `slack:@handle`; others are left to their own surface)."""
    if not bot_token:
        return [
            Finding(False, "SLACK_BOT_TOKEN", "It is not set. Install the app from manifest.json and copy its xoxb-… token.")
        ]
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=CLIENT_SECONDS), trust_env=True) as session:
        retries = [AsyncRateLimitErrorRetryHandler(max_retry_count=1)]
        client = AsyncWebClient(
            token=bot_token, base_url=base_url, timeout=CLIENT_SECONDS, session=session, retry_handlers=[*retries]
        )
        look = _Look(client)
        findings = [finding async for finding in look.token()]
        findings += [finding async for finding in look.way_in(app_token, signing_secret)]
        if findings[0].ok:
            findings += [await look.channel(channel)] if channel else []
            findings += [await look.reviewer(name) for name in dict.fromkeys(reviewers) if name.startswith("slack:")]
        return findings


class _Look:
    def __init__(self, client: AsyncWebClient) -> None:
        self._client, self._directory = client, Directory(client)

    async def token(self) -> AsyncIterator[Finding]:
        """The bot token, and the scopes it has."""
        try:
            with translated():
                answer = await self._client.auth_test()
        except (SurfaceError, SurfaceBusy) as error:
            yield Finding(False, "SLACK_BOT_TOKEN", str(error))
            return
        yield Finding(True, "SLACK_BOT_TOKEN", f"Works: @{answer['user']} in {answer['team']}.")
        headers = {name.lower(): value for name, value in answer.headers.items()}
        for finding in _scopes(headers.get("x-oauth-scopes")):
            yield finding

    async def way_in(self, app_token: str | None, signing_secret: str | None) -> AsyncIterator[Finding]:
        """How what people do reaches Signoff: the app token of Socket Mode, or the signing secret of HTTP."""
        if app_token:
            try:
                with translated():
                    await self._client.apps_connections_open(app_token=app_token)
                yield Finding(True, "SLACK_APP_TOKEN", "Works: Slack offers a Socket Mode connection.")
            except SurfaceBusy as busy:
                yield Finding(False, "SLACK_APP_TOKEN", str(busy))
            except SurfaceError:
                what = "Slack refuses it. Make an app-level token (xapp-…) with the scope connections:write."
                yield Finding(False, "SLACK_APP_TOKEN", what)
        elif signing_secret:
            yield Finding(True, "SLACK_SIGNING_SECRET", "Is set; whether it is right shows with the first request.")
        else:
            what = "Neither is set, so nobody can press a button: SLACK_APP_TOKEN for Socket Mode, the other for HTTP."
            yield Finding(False, "SLACK_APP_TOKEN or SLACK_SIGNING_SECRET", what)

    async def channel(self, channel: str) -> Finding:
        """Whether cards can be posted there."""
        try:
            found = await self._find(channel)
        except (SurfaceError, SurfaceBusy) as error:
            return Finding(False, channel, str(error))
        if found is None:
            return Finding(False, channel, "Slack shows Signoff no such channel. If it is private, invite Signoff there.")
        if found.get("is_archived"):
            return Finding(False, channel, "It is archived. Name another channel, or unarchive it.")
        if not found.get("is_member"):
            return Finding(False, channel, "Signoff is not in it. Invite it there: /invite @Signoff.")
        return Finding(True, channel, f"Signoff is in #{found.get('name', channel)}.")

    async def reviewer(self, name: str) -> Finding:
        """Whether a reviewer whom the policy names can be asked."""
        rest = name.removeprefix("slack:")
        try:
            if rest[:1] in ("S", "@"):
                return _group(name, len(await self._directory.members(name)))
            tenant = (await self._directory.workspace()).tenant
            known = await self._directory.person(name if ":" in rest else key_of(tenant, rest))
        except (SurfaceError, SurfaceBusy) as error:
            return Finding(False, name, str(error))
        if known.standing == "member":
            return Finding(True, name, f"{known.person.name} can decide.")
        return Finding(False, name, f"{known.person.name} {WHY_NOT[known.standing]}. Name somebody else in the policy.")

    async def _find(self, channel: str) -> dict[str, Any] | None:
        if not channel.startswith("#"):
            try:
                with translated(channel):
                    found: dict[str, Any] = (await self._client.conversations_info(channel=channel))["channel"]
            except Refused as error:
                if error.code == "channel_not_found":
                    return None
                raise
            return found
        cursor = ""
        while True:
            with translated(channel):
                page = await self._client.conversations_list(
                    types="public_channel,private_channel", exclude_archived=False, limit=1000, cursor=cursor
                )
            for each in page["channels"]:
                if each["name"] == channel[1:]:
                    return dict(each)
            cursor = (page.get("response_metadata") or {}).get("next_cursor", "")
            if not cursor:
                return None


def _scopes(header: str | None) -> Iterable[Finding]:
    if header is None:
        return
    granted = {scope.strip() for scope in header.split(",")}
    missing = [scope for scope in SCOPES if scope not in granted]
    for scope in missing:
        what = f"The token lacks it, so Signoff cannot {SCOPES[scope]}."
        if scope in OPTIONAL:
            yield Finding(True, f"scope {scope}", f"{what} It is optional.")
        else:
            yield Finding(False, f"scope {scope}", f"{what} Add it to the app and reinstall the app.")
    if not missing:
        yield Finding(True, "scopes", f"The token has all {len(SCOPES)} that Signoff needs.")


def _group(name: str, count: int) -> Finding:
    if count:
        return Finding(True, name, f"{count} {'person' if count == 1 else 'people'} can decide.")
    return Finding(False, name, "There is no such user group, or nobody is in it. Correct the policy or fill the group.")
