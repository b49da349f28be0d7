"""The composition root: the only place that names a concrete store, surface or model."""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import Literal, Protocol

from pydantic import SecretStr

from agents import shipped
from agents.model import Model
from agents.offline import OfflineModel
from agents.prices import Prices
from agents.shipped import Systems
from agents.support.customers import Customers
from bot.api.app import Api
from bot.channels import place_of, qualified
from bot.flow.desk import Desk
from bot.flow.front_desk import FrontDesk
from bot.flow.handlers import handlers
from bot.flow.ids import RandomIds
from bot.flow.lost import look
from bot.flow.reconcile import Walk, reconcile
from bot.flow.seals import Seals
from bot.flow.signoff import Signoff
from bot.flow.surface import Surface, SurfaceError
from bot.flow.sweep import nudge, sweep
from bot.mcp_servers import environment, looking
from bot.pages.app import Pages
from bot.pages.door import door_of
from bot.pages.links import links_of
from bot.reload import Reload
from bot.scheduler import Tick, scheduler
from bot.settings import Settings
from bot.signing import BadSigningKey, seals_from
from bot.slack.connect import SlackConnection
from bot.systems import systems_of as systems_of  # noqa: PLC0414  # whoever assembles a Signoff looks for it here
from bot.triggers.file import load
from bot.triggers.running import around, running
from bot.web import Endpoint, served, web_app
from policies.current import CurrentPolicy
from policies.judge import Fallback
from policies.rules import mentionable
from storage.anchors import AnchorFile, AnchorLog, Anchors, anchor
from storage.clock import Clock
from storage.sql.open import Storage, open_storage
from storage.store import StorageError, Store

log = logging.getLogger(__name__)

Role = Literal["web", "worker", "all"]

SWEEP, NUDGE, LOOK, RECONCILE, POLICY, ANCHOR = 5.0, 5.0, 30.0, 60.0, 5.0, 3600.0  # seconds between ticks
TRIGGERS = 3.0  # seconds between looks at mailboxes and schedules


class Chat(Protocol):
    """A platform that Signoff is connected to."""

    @property
    def surface(self) -> Surface:
        """For the flow."""

    @property
    def endpoints(self) -> Mapping[str, Endpoint]:
        """What the platform sends to us, by path."""

    def listen(self, desk: Desk) -> None:
        """Bring what people do to `desk`."""

    async def start(self) -> object:
        """Log in and connect. Raises SurfaceError, SurfaceBusy."""

    async def stop(self) -> None:
        """Finish what is under way, then let go."""


@dataclass(frozen=True)
class Replica:
    """One assembled Signoff, connected and ready to serve. `web` is the address it listens on."""

    signoff: Signoff
    desk: FrontDesk
    storage: Storage
    reload: Reload
    web: str
    anchors: tuple[Anchors, ...]
    looks: Mapping[str, Tick] = field(default_factory=dict)  # at what triggers runs

    async def serve(self, role: Role = "all") -> None:
        """Work until cancelled: run jobs and ticks. The surfaces listen from the moment the replica is made."""
        await self.reload.start()
        await self.anchor()
        try:
            await self._work(role)
        finally:
            await self.anchor()

    async def _work(self, role: Role) -> None:
        ticks = scheduler(self._ticks(role))
        ticks.start()
        try:
            if role == "web":
                await asyncio.Event().wait()
            await self.storage.dispatch.serve(handlers(self.signoff))
        finally:
            ticks.shutdown(wait=False)

    def _ticks(self, role: Role) -> dict[str, tuple[float, Tick]]:
        """What is done from time to time. A replica that only listens judges at the click too, so it follows the policy."""
        everywhere: dict[str, tuple[float, Tick]] = {
            "policy": (POLICY, self.reload.look),
            "anchor": (ANCHOR, self.anchor),
        }
        if role == "web":
            return everywhere
        walk = Walk()
        return everywhere | {
            "sweep": (SWEEP, lambda: sweep(self.signoff)),
            "nudge": (NUDGE, lambda: nudge(self.signoff)),
            "look": (LOOK, lambda: look(self.signoff)),
            "reconcile": (RECONCILE, lambda: reconcile(self.signoff, walk)),
            **{name: (TRIGGERS, look) for name, look in self.looks.items()},
        }

    async def anchor(self) -> None:
        """Write down outside the database where the audit chain ends. Nothing waits for that, so nothing fails by it."""
        try:
            await anchor(self.storage.store, self.anchors)
        except StorageError as error:
            log.error("the audit chain's head could not be read to anchor it: %s", error)


@asynccontextmanager
async def assembled(
    settings: Settings, systems: Systems, *, role: Role = "all", clock: Clock | None = None
) -> AsyncIterator[Replica]:
    """Open the database, connect to chat, and listen. Raises PolicyError, StorageError, SurfaceError, SurfaceBusy."""
    actions, agents = shipped.actions(systems), shipped.agents(systems)
    policy = CurrentPolicy(settings.policy, mentionable(actions.models))
    async with AsyncExitStack() as stack:
        stack.push_async_callback(systems.servers.close)
        named = load(settings.triggers, around(settings, agents, environment(), folders=role != "web"))
        storage = await open_storage(settings.database_url, exclusive=True, clock=clock)
        stack.push_async_callback(storage.close)
        seals = seals_from(_secret(settings.signing_key), settings.signing_key_file)
        chats = _chats(settings, seals, storage.store, stack)
        homes = {chat.surface.name: await chat.surface.tenant() for chat in chats}
        fallback_place = place_of(settings.channel, homes, "SIGNOFF_CHANNEL") if settings.channel else None
        admin = settings.admin_channel
        signoff = Signoff(
            store=storage.store,
            agents=agents,
            actions=actions,
            model=await model_of(settings, systems, stack),
            policy=lambda: policy.policy,
            fallback=Fallback(settings.reviewers, qualified(fallback_place)),
            environment=settings.environment,
            fallback_place=fallback_place,
            admin_place=place_of(admin, homes, "SIGNOFF_ADMIN_CHANNEL") if admin else None,
            surfaces={chat.surface.name: chat.surface for chat in chats},
            ids=RandomIds(),
            seals=seals,
            homes=homes,
            page_link=links_of(settings.public_url, seals, RandomIds()),
        )
        desk = FrontDesk(signoff)
        triggers = running(signoff, named, environment(), lambda channel: place_of(channel, homes, "SIGNOFF_TRIGGERS"))
        listens = role != "worker"
        mounts = [Api(signoff).mount, Pages(signoff, door_of(settings)).mount, triggers.webhooks.mount] if listens else []
        app = web_app(storage.check, _endpoints(chats) if listens else {}, mounts)
        address = await stack.enter_async_context(served(app, settings.host, settings.port))
        for chat in chats if listens else ():
            chat.listen(desk)
            await chat.start()
        await stack.enter_async_context(looking(systems.servers))
        anchors = (AnchorLog(), AnchorFile(settings.audit_anchors))
        yield Replica(signoff, desk, storage, Reload(signoff, policy), address, anchors, triggers.looks)


@asynccontextmanager
async def at_hand(settings: Settings, systems: Systems, *, clock: Clock | None = None) -> AsyncIterator[Signoff]:
    """A Signoff for a command at a terminal, beside those that serve: it listens to nobody and runs no jobs. Chat is asked
    about people if it is set. Raises PolicyError, StorageError, SurfaceError."""
    file = settings.signing_key_file
    if settings.signing_key is None and not file.exists():
        why = "Run this where Signoff serves, or set SIGNOFF_SIGNING_KEY: decisions signed with another key do not count."
        raise BadSigningKey(f"The signing key {file} is not here. {why}")
    actions = shipped.actions(systems)
    policy = CurrentPolicy(settings.policy, mentionable(actions.models))
    async with AsyncExitStack() as stack:
        storage = await open_storage(settings.database_url, clock=clock)
        stack.push_async_callback(storage.close)
        seals = seals_from(_secret(settings.signing_key), file)
        chats = _chats(settings, seals, storage.store, stack) if settings.wants_slack or settings.wants_teams else []
        yield Signoff(
            store=storage.store,
            agents=shipped.agents(systems),
            actions=actions,
            model=OfflineModel(shipped.rules(systems.own)),
            policy=lambda: policy.policy,
            fallback=Fallback(settings.reviewers, settings.channel),
            environment=settings.environment,
            fallback_place=None,
            surfaces={chat.surface.name: chat.surface for chat in chats},
            ids=RandomIds(),
            seals=seals,
        )


def prepare_customers(settings: Settings) -> None:
    """Create the customer database if it is a SQLite file, which is for trying things; a company's own is never altered."""
    kind, _, path = settings.customers_url.partition(":///")
    if kind != "sqlite":
        return
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    customers = Customers(settings.customers_url)
    try:
        customers.prepare()
    finally:
        customers.close()


def _secret(value: SecretStr | None) -> str | None:
    return value.get_secret_value() if value else None


def _chats(settings: Settings, seals: Seals, store: Store, stack: AsyncExitStack) -> list[Chat]:
    """The platforms that are set, connected to until the stack is left. Raises SurfaceError."""
    chats: list[Chat] = []

    def connect(chat: Chat) -> None:
        stack.push_async_callback(chat.stop)
        chats.append(chat)

    if settings.wants_slack:
        connect(_slack(settings, seals))
    if settings.wants_teams:
        connect(_teams(settings, seals, store))
    if not chats:
        ways = "set SLACK_BOT_TOKEN or SIGNOFF_TEAMS_APP_ID, as the README says, or try `signoff demo` first"
        raise SurfaceError(f"No chat is connected: {ways}.")
    return chats


def _endpoints(chats: Sequence[Chat]) -> dict[str, Endpoint]:
    return {path: endpoint for chat in chats for path, endpoint in chat.endpoints.items()}


def _slack(settings: Settings, seals: Seals) -> Chat:
    app_token, secret = settings.slack_app_token, settings.slack_signing_secret
    if settings.slack_bot_token is None:
        raise SurfaceError("Slack is only half set: set SLACK_BOT_TOKEN, as the README says.")
    if app_token is None and secret is None:
        raise SurfaceError("Nothing could reach Signoff: set SLACK_APP_TOKEN (Socket Mode) or SLACK_SIGNING_SECRET (HTTP).")
    return SlackConnection(
        bot_token=settings.slack_bot_token.get_secret_value(),
        app_token=app_token.get_secret_value() if app_token else None,
        signing_secret=secret.get_secret_value() if secret else None,
        seals=seals,
        base_url=settings.slack_api_url,
    )


def _teams(settings: Settings, seals: Seals, store: Store) -> Chat:
    from bot.teams.connect import TeamsConnection  # here, because its SDK takes a second to import

    if settings.teams_insecure_local and not _loopback(settings.host):
        why = "SIGNOFF_TEAMS_INSECURE_LOCAL lets in whoever can reach Signoff"
        raise SurfaceError(f"{why}, so SIGNOFF_HOST has to be 127.0.0.1 with it.")
    return TeamsConnection(
        app_id=settings.teams_app_id,
        app_type=settings.teams_app_type,
        password=_secret(settings.teams_app_password),
        tenant=settings.teams_tenant,
        tenants=settings.teams_tenants,
        store=store,
        seals=seals,
        local=settings.teams_insecure_local,
        dialogs=settings.teams_dialogs,
    )


def _loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


async def model_of(settings: Settings, systems: Systems, stack: AsyncExitStack) -> Model:
    """Claude with a key; without one the rules, which say so wherever their answers are shown. Raises BadPrices."""
    if settings.anthropic_api_key is None:
        return OfflineModel(shipped.rules(systems.own))
    from agents.claude import ClaudeModel  # here, because its SDK takes seconds to import

    claude = ClaudeModel(
        settings.anthropic_api_key.get_secret_value(),
        model=settings.model,
        base_url=settings.anthropic_base_url,
        prices=Prices.read(settings.prices) if settings.prices else None,
    )
    stack.push_async_callback(claude.close)
    return claude
