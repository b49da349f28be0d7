"""`signoff check` says in plain words what is missing or wrong."""

import pytest

from bot.sandbox.server import Sandbox
from bot.slack.check import Finding, check
from bot.slack.manifest import OPTIONAL, SCOPES
from tests.bot.slack.conftest import OLD, QUIET, SUPPORT


async def look(sandbox: Sandbox, **what: object) -> dict[str, Finding]:
    arguments: dict[str, object] = {
        "bot_token": sandbox.bot_token, "app_token": sandbox.app_token, "base_url": sandbox.api_url
    }  # fmt: skip
    findings = await check(**{**arguments, **what})  # type: ignore[arg-type]
    return {finding.subject: finding for finding in findings}


async def test_all_is_well(sandbox: Sandbox) -> None:
    found = await look(sandbox, channel=SUPPORT, reviewers=("slack:U0NOAH", "slack:@finance", "noah@example.com"))
    assert all(finding.ok for finding in found.values())
    assert list(found) == ["SLACK_BOT_TOKEN", "scopes", "SLACK_APP_TOKEN", SUPPORT, "slack:U0NOAH", "slack:@finance"]
    assert found["SLACK_BOT_TOKEN"].message == "Works: @signoff in Sandbox."


@pytest.mark.parametrize("missing", SCOPES)
async def test_each_missing_scope_is_named_with_its_reason(sandbox: Sandbox, missing: str) -> None:
    sandbox.set_scopes(*(scope for scope in SCOPES if scope != missing))
    finding = (await look(sandbox))[f"scope {missing}"]
    assert finding.ok is (missing in OPTIONAL)
    assert SCOPES[missing] in finding.message


@pytest.mark.parametrize(
    ("what", "subject", "message"),
    [
        ({"bot_token": None}, "SLACK_BOT_TOKEN", "is not set"),
        ({"bot_token": "xoxb-wrong"}, "SLACK_BOT_TOKEN", "Slack refuses Signoff's token"),
        ({"base_url": "http://127.0.0.1:9/api/"}, "SLACK_BOT_TOKEN", "cannot be reached"),
        ({"app_token": "xapp-wrong"}, "SLACK_APP_TOKEN", "app-level token"),
        ({"app_token": None}, "SLACK_APP_TOKEN or SLACK_SIGNING_SECRET", "Neither is set"),
        ({"channel": QUIET}, QUIET, "not in it. Invite"),
        ({"channel": OLD}, OLD, "archived"),
        ({"channel": "C0NOWHERE"}, "C0NOWHERE", "no such channel"),
        ({"channel": "#nowhere"}, "#nowhere", "no such channel"),
        ({"reviewers": ("slack:U0ZOE",)}, "slack:U0ZOE", "guest"),
        ({"reviewers": ("slack:U0GONE",)}, "slack:U0GONE", "deactivated"),
        ({"reviewers": ("slack:U0NOBODY",)}, "slack:U0NOBODY", "not a member"),
        ({"reviewers": ("slack:@empty",)}, "slack:@empty", "nobody is in it"),
        ({"reviewers": ("slack:@nosuch",)}, "slack:@nosuch", "no such user group"),
    ],
)
async def test_what_is_wrong_is_said(sandbox: Sandbox, what: dict[str, object], subject: str, message: str) -> None:
    finding = (await look(sandbox, **what))[subject]
    assert not finding.ok
    assert message in finding.message


async def test_a_channel_may_be_named(sandbox: Sandbox) -> None:
    assert (await look(sandbox, channel="#support"))["#support"].ok


async def test_http_needs_the_signing_secret(sandbox: Sandbox) -> None:
    assert (await look(sandbox, app_token=None, signing_secret="s"))["SLACK_SIGNING_SECRET"].ok
