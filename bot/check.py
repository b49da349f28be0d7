"""Everything that `signoff check` looks at, in the order in which people set it up. It changes nothing."""

import asyncio
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from urllib.parse import urlsplit

from agents.actions import AgentError
from agents.mcp_servers.hub import difference
from agents.prices import BadPrices, Prices, Tokens
from agents.shipped import Systems, actions, agents
from bot.app import systems_of
from bot.mcp_servers import environment
from bot.settings import Settings
from bot.signing import seals_from
from bot.slack.check import Finding
from bot.slack.check import check as check_slack
from bot.teams.check import check as check_teams
from bot.triggers.file import BadTriggers
from bot.triggers.file import load as load_triggers
from bot.triggers.listing import rows
from bot.triggers.running import around
from policies.circumstances import Circumstances
from policies.file import Known, load
from policies.judge import Fallback, Judge
from policies.problems import PolicyError
from policies.results import Result
from policies.rules import Policy, mentionable
from policies.tested import tested
from storage.records import Outcome, Proposal
from storage.sql import schema
from storage.store import StorageError

REACH = 3.0  # seconds that a server gets to take a connection


async def findings(settings: Settings) -> list[Finding]:
    """One finding for each thing, good or bad."""
    systems = systems_of(settings)
    try:
        registered = actions(systems).models
        policy, about_policy = _policy(settings, registered)
        asked = _reviewers(policy, settings, registered) if policy else [*settings.reviewers]
        return [
            *about_policy,
            *([_somebody_to_ask(policy, settings, registered), _somewhere_to_ask(policy, settings)] if policy else []),
            await asyncio.to_thread(_database, settings),
            _signing_key(settings),
            *(await _slack(settings, asked) if settings.wants_slack or not settings.wants_teams else []),
            *(await _teams(settings) if settings.wants_teams else []),
            _model(settings),
            *await _systems(settings, systems),
            *await _mcp(systems),
            *_triggers(settings, systems),
        ]
    finally:
        await systems.servers.close()
        systems.close()


def _policy(settings: Settings, registered: Known) -> tuple[Policy | None, Sequence[Finding]]:
    try:
        policy = load(settings.policy, mentionable(registered))
        found = tested(settings.policy, registered, settings.reviewers)
    except PolicyError as error:
        return None, [Finding(False, "SIGNOFF_POLICY", str(error))]
    about = Finding(True, "SIGNOFF_POLICY", f"{settings.policy} has {len(policy.rules)} rules.")
    return policy, [about, *_tests(found)]


def _tests(found: Sequence[tuple[str, Result]]) -> Iterator[Finding]:
    """Each test of the policy that fails, or that none does."""
    subject = "SIGNOFF_POLICY tests"
    for place, result in found:
        for miss in result.misses:
            said = f"{place}: {result.case.name}: {miss.part}: expected {miss.expected}, found {miss.found}."
            yield Finding(False, subject, f"{said} `signoff policy test` says why.")
    if found and all(result.passed for _, result in found):
        yield Finding(True, subject, f"{len(found)} passed, none failed.")


def _somebody_to_ask(policy: Policy, settings: Settings, registered: Known) -> Finding:
    """Whether each action that needs people has somebody to ask: what has nobody is blocked."""
    blocked = [name for name in sorted(registered) if _asks_nobody(policy, settings, registered, name)]
    if blocked:
        said = f"Nobody is named to approve {', '.join(blocked)}, so these are blocked."
        return Finding(False, "SIGNOFF_REVIEWERS", f"{said} Set it, or name reviewers in the policy.")
    return Finding(True, "SIGNOFF_REVIEWERS", "Every action that needs people has somebody to ask.")


def _somewhere_to_ask(policy: Policy, settings: Settings) -> Finding:
    """Without a channel, people are asked where a run was started, which may be a direct message that nobody else sees."""
    if settings.channel or policy.defaults.channel:
        return Finding(True, "SIGNOFF_CHANNEL", "What no rule sends elsewhere has a channel.")
    said = "Neither it nor the policy's defaults name a channel, so people are asked wherever a run was started."
    return Finding(False, "SIGNOFF_CHANNEL", f"{said} Set it to the id of the reviewers' channel.")


def _asks_nobody(policy: Policy, settings: Settings, registered: Known, name: str) -> bool:
    wanted = any(rule.is_about(name, frozenset(registered)) and rule.verdict is Outcome.approve for rule in policy.rules)
    return wanted and _verdict_of(policy, settings, registered, name)[0] is Outcome.block


def _reviewers(policy: Policy, settings: Settings, registered: Known) -> list[str]:
    """Everybody whom the policy would ask about a registered action."""
    asked = [person for name in sorted(registered) for person in _verdict_of(policy, settings, registered, name)[1]]
    return list(dict.fromkeys(asked))


def _verdict_of(policy: Policy, settings: Settings, registered: Known, name: str) -> tuple[Outcome, tuple[str, ...]]:
    proposal = Proposal(action=name, arguments={}, target="", summary="")
    fallback = Fallback(settings.reviewers, settings.channel)
    around = Circumstances(None, datetime.now(UTC), settings.environment)
    verdict = Judge(policy, registered, fallback).judge(proposal, around)
    return verdict.outcome, (*verdict.reviewers, *verdict.escalate_to)


def _database(settings: Settings) -> Finding:
    try:
        schema.check(settings.database_url)
    except StorageError as error:
        return Finding(False, "SIGNOFF_DATABASE_URL", str(error))
    return Finding(True, "SIGNOFF_DATABASE_URL", "The database is there and up to date.")


def _signing_key(settings: Settings) -> Finding:
    """Whether the key that signs approvals can be used. It is not made here, but on the first start."""
    name, given, file = "SIGNOFF_SIGNING_KEY", settings.signing_key, settings.signing_key_file
    if given is None and not file.exists():
        return Finding(True, name, f"A key will be made in {file} on the first start.{_for_replicas(settings)}")
    try:
        seals_from(given.get_secret_value() if given else None, file)
    except StorageError as error:
        return Finding(False, name, str(error))
    told = "It is set." if given else f"The key in {file} is used.{_for_replicas(settings)}"
    return Finding(True, name, told)


def _for_replicas(settings: Settings) -> str:
    if settings.database_url.startswith("sqlite"):
        return ""
    return " Replicas on other machines need the same one: set it for all of them."


async def _slack(settings: Settings, reviewers: list[str]) -> list[Finding]:
    token, app_token, secret = settings.slack_bot_token, settings.slack_app_token, settings.slack_signing_secret
    return await check_slack(
        bot_token=token.get_secret_value() if token else None,
        app_token=app_token.get_secret_value() if app_token else None,
        signing_secret=secret.get_secret_value() if secret else None,
        channel=_on_slack(settings.channel),
        reviewers=reviewers,
        base_url=settings.slack_api_url,
    )


def _on_slack(channel: str | None) -> str | None:
    return None if channel is None or channel.startswith("teams:") else channel.removeprefix("slack:")


async def _teams(settings: Settings) -> list[Finding]:
    password = settings.teams_app_password
    said = await check_teams(
        app_id=settings.teams_app_id,
        tenant=settings.teams_tenant,
        password=password.get_secret_value() if password else None,
        app_type=settings.teams_app_type,
        local=settings.teams_insecure_local,
    )
    return [Finding(*each) for each in said]


def _model(settings: Settings) -> Finding:
    if settings.anthropic_api_key is None:
        return Finding(True, "ANTHROPIC_API_KEY", "It is not set: answers come from rules, and every card says so.")
    try:
        prices = Prices.read(settings.prices) if settings.prices else Prices()
    except BadPrices as error:
        return Finding(False, "SIGNOFF_PRICES", str(error))
    if prices.cost(settings.model, Tokens(1, 1)) is None:
        said = f"The price of {settings.model} is not known, so its cost is not counted. Give it in SIGNOFF_PRICES."
        return Finding(False, "SIGNOFF_MODEL", said)
    return Finding(True, "ANTHROPIC_API_KEY", f"It is set; agents ask {settings.model}.")


async def _systems(settings: Settings, systems: Systems) -> list[Finding]:
    billing = urlsplit(settings.billing_url)
    port = billing.port or (443 if billing.scheme == "https" else 80)
    found = [
        await _reachable("SIGNOFF_SMTP_HOST", settings.smtp_host, settings.smtp_port),
        await _reachable("SIGNOFF_BILLING_URL", billing.hostname or "", port),
    ]
    try:
        await systems.customers.find([], [])
    except AgentError as error:
        return [*found, Finding(False, "SIGNOFF_CUSTOMERS_URL", str(error))]
    return [*found, Finding(True, "SIGNOFF_CUSTOMERS_URL", "The customer database answers.")]


async def _mcp(systems: Systems) -> list[Finding]:
    """How each MCP server stands to its pins."""
    return [
        Finding(
            each.as_pinned,
            f"SIGNOFF_MCP {each.name}",
            f"{len(each.pinned)} tools are as they were pinned, {len(each.new)} are not pinned."
            if each.as_pinned
            else " ".join(difference(each)),
        )
        for each in await systems.servers.look()
    ]


def _triggers(settings: Settings, systems: Systems) -> list[Finding]:
    """What each trigger does, or every mistake in the file."""
    try:
        named = load_triggers(settings.triggers, around(settings, agents(systems), environment()))
    except BadTriggers as error:
        return [Finding(False, "SIGNOFF_TRIGGERS", str(problem)) for problem in error.problems]
    return [Finding(True, f"SIGNOFF_TRIGGERS {row.kind} {row.name}", row.sentence) for row in rows(named, datetime.now(UTC))]


async def _reachable(subject: str, host: str, port: int) -> Finding:
    try:
        async with asyncio.timeout(REACH):
            _, writer = await asyncio.open_connection(host, port)
    except (OSError, TimeoutError):
        return Finding(False, subject, f"Nothing answers at {host}:{port}, so actions that need it would fail.")
    writer.close()
    return Finding(True, subject, f"{host}:{port} takes connections.")
