"""A whole company for a test: the demo's world and workspace, a Signoff in it, and eyes to see what became of things."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from agents.model import Model
from bot.app import assembled
from bot.demo import CHANNEL, REVIEWERS, TESS, Demo, MovableClock, seed
from bot.sandbox.people import Person, Seed
from bot.sandbox.samples import samples
from bot.sandbox.server import Sandbox
from bot.sandbox.workspace import Message
from bot.sandbox.world import World
from bot.settings import Settings
from bot.slack import limits
from storage.audit import verify
from storage.records import AuditEntry, Evaluation, Request, Run, Step
from storage.sql.schema import upgrade
from storage.store import Store, Transaction

T = TypeVar("T")

PATIENCE = 20.0  # seconds; a step takes a fraction of one, but a busy machine is slow
BROKEN_LAMP, OPENING_HOURS, NEW_ADDRESS, DELETE_DATA, LEGAL_QUESTION, ARABIC = (sample["text"] for sample in samples())


@dataclass(frozen=True)
class Premises:
    """The world and the workspace, without a Signoff: replicas come and go, this stays."""

    directory: Path
    world: World
    sandbox: Sandbox
    clock: MovableClock

    @property
    def database_url(self) -> str:
        return f"sqlite:///{self.directory / 'signoff.db'}"

    def settings(self, **changed: Any) -> Settings:
        """The demo's settings, with some changed."""
        usual = {
            "database_url": self.database_url,
            "audit_anchors": self.directory / "audit-anchors.jsonl",
            "signing_key_file": self.directory / "signing-key",
            "reviewers": (REVIEWERS,),
            "channel": CHANNEL,
            "port": 0,
            "slack_bot_token": self.sandbox.bot_token,
            "slack_app_token": self.sandbox.app_token,
            "slack_api_url": self.sandbox.api_url,
        }
        return Settings.model_validate(usual | changed)

    def environment(self) -> dict[str, str]:
        """The same settings for a process of its own, with the world's systems among them."""
        return {
            "SIGNOFF_DATABASE_URL": self.database_url,
            "SIGNOFF_AUDIT_ANCHORS": str(self.directory / "audit-anchors.jsonl"),
            "SIGNOFF_SIGNING_KEY_FILE": str(self.directory / "signing-key"),
            "SIGNOFF_REVIEWERS": REVIEWERS,
            "SIGNOFF_CHANNEL": CHANNEL,
            "SIGNOFF_PORT": "0",
            "SLACK_BOT_TOKEN": self.sandbox.bot_token,
            "SLACK_APP_TOKEN": self.sandbox.app_token,
            "SLACK_API_URL": self.sandbox.api_url,
            "SIGNOFF_SMTP_HOST": self.world.mailbox.host,
            "SIGNOFF_SMTP_PORT": str(self.world.mailbox.port),
            "SIGNOFF_SMTP_STARTTLS": "false",
            "SIGNOFF_BILLING_URL": self.world.billing.client.url,
            "SIGNOFF_BILLING_KEY": self.world.billing.key,
            "SIGNOFF_CUSTOMERS_URL": self.world.customers_url,
        }


@asynccontextmanager
async def premises(
    directory: Path, people: Seed | None = None, *, ack_seconds: float = limits.ACK_SECONDS
) -> AsyncIterator[Premises]:
    """The world and the workspace, open, with an empty database for Signoff. `people` are the demo's unless said."""
    clock = MovableClock()
    workspace = Sandbox(people or seed(), now=clock, ack_seconds=ack_seconds)
    async with World(directory / "world") as world, workspace as sandbox:
        made = Premises(directory, world, sandbox, clock)
        await asyncio.to_thread(upgrade, made.database_url)
        yield made


@asynccontextmanager
async def staffed(
    place: Premises, *, working: bool = True, model: Model | None = None, **changed: Any
) -> AsyncIterator[Demo]:
    """A Signoff of these settings on the premises. Unless `working`, it listens but does no jobs."""
    systems = place.world.systems()
    try:
        async with assembled(place.settings(**changed), systems, clock=place.clock) as replica:
            if model is not None:
                replica = replace(replica, signoff=replace(replica.signoff, model=model))
            serving = asyncio.create_task(replica.serve("all" if working else "web"))
            try:
                yield Demo(place.sandbox, place.world, replica, place.clock)
            finally:
                serving.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await serving
    finally:
        systems.close()


async def eventually(look: Callable[[], T | None], what: str, seconds: float = PATIENCE) -> T:
    """What `look` finds as soon as it finds something; it looks at things that tell nobody when they change."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < deadline, f"waited {seconds:.0f} seconds in vain for {what}"
        await asyncio.sleep(0.02)
    return found


@dataclass(frozen=True)
class Eyes:
    """Sees what stands in the channel, in the rows and in the world."""

    demo: Demo

    @property
    def store(self) -> Store:
        return self.demo.replica.storage.store

    async def until(self, look: Callable[[Transaction], T | None], what: str, seconds: float = PATIENCE) -> T:
        """What `look` finds in the rows as soon as it finds something."""
        deadline = time.monotonic() + seconds
        while not (found := await self.store.read(look)):
            assert time.monotonic() < deadline, f"waited {seconds:.0f} seconds in vain for {what}"
            await asyncio.sleep(0.02)
        return found

    async def request(self) -> Request:
        """The newest request, once there is one whose card stands in the channel."""
        request = await self.until(lambda tx: next(iter(tx.requests(limit=1)), None), "a request")
        await self.card(request)
        return request

    async def run(self) -> Run:
        return (await self.store.read(lambda tx: tx.runs(limit=1)))[0]

    async def steps(self, run: Run) -> Sequence[Step]:
        return await self.store.read(lambda tx: tx.steps(run.id))

    async def ended_run(self) -> Run:
        """The newest run, once it has ended and its notice says so."""

        def look(tx: Transaction) -> Run | None:
            run = next(iter(tx.runs(limit=1)), None)
            return run if run and run.status.ended else None

        return await self.until(look, "the end of a run")

    async def ended(self, request: Request) -> Request:
        """The request, once it and its run have ended."""

        def look(tx: Transaction) -> Request | None:
            now = tx.request(request.id)
            return now if now.status.ended and tx.run(now.run_id).status.ended else None

        return await self.until(look, "the end of a request")

    async def card(self, request: Request, words: str = "") -> Message:
        """The card of a request in the channel, once it says `words`."""

        def look() -> Message | None:
            cards = [each for each in everything(self.demo.sandbox) if request.id in str(each.metadata)]
            return next((each for each in cards if words in text_of(each)), None)

        return await self.demo.sandbox.until(look, PATIENCE)

    async def said(self, words: str) -> Message:
        """A message in the channel or in one of its threads, once there is one with these words."""
        return await self.demo.sandbox.until(
            lambda: next((each for each in everything(self.demo.sandbox) if words in text_of(each)), None), PATIENCE
        )

    async def whispered(self, person: Person, words: str) -> Message:
        """What only this person sees, once it has these words."""
        sandbox = self.demo.sandbox
        return await sandbox.until(
            lambda: next((each for each in sandbox.ephemerals(person.id) if words in text_of(each)), None), PATIENCE
        )

    async def evaluation(self) -> Evaluation:
        return await self.until(lambda tx: next(iter(tx.evaluations(limit=1)), None), "an evaluation record")

    async def audit(self) -> list[AuditEntry]:
        """The audit chain, which must hold."""
        entries = list(await self.store.read(lambda tx: tx.audit_entries(limit=10_000)))
        assert verify(entries) is None
        return entries

    def refunds(self) -> list[tuple[str, int, str]]:
        """The billing ledger: charge, hundredths, currency."""
        return [(refund.charge, refund.cents, refund.currency) for refund in self.demo.world.billing.refunds()]


async def ask(demo: Demo, ticket: str, person: Person = TESS) -> None:
    """Somebody has the support agent work on a ticket."""
    answer = await demo.sandbox.say(person.id, CHANNEL, f"/signoff run support {ticket}")
    assert answer is not None
    assert answer.acked


async def asked_for(demo: Demo, ticket: str = BROKEN_LAMP) -> tuple[Eyes, Request, Message]:
    """A ticket whose request waits for people, with its card."""
    eyes = Eyes(demo)
    await ask(demo, ticket)
    request = await eyes.request()
    return eyes, request, await eyes.card(request)


def everything(sandbox: Sandbox) -> list[Message]:
    """What everybody sees in the channel and its threads."""
    return [each for each in sandbox.workspace.messages(CHANNEL) if each.to is None]


def text_of(message: Message) -> str:
    """Every word in a message's blocks, in order; its fallback text if it has none."""
    return "".join(_texts(list(message.blocks))) or message.text


def actions_of(message: Message) -> list[str]:
    """The buttons of a message, by what pressing them does."""
    return [element["action_id"] for block in message.blocks if block["type"] == "actions" for element in block["elements"]]


def values(**typed: str) -> dict[str, dict[str, str]]:
    """What is typed into a form, as the sandbox takes it."""
    return {name: {"value": value} for name, value in typed.items()}


def _texts(node: Any) -> Iterator[str]:
    if isinstance(node, Mapping):
        if isinstance(node.get("text"), str):
            yield node["text"]
        for name, child in node.items():
            if name not in ("text", "value", "action_id", "block_id") or not isinstance(child, str):
                yield from _texts(child)
        if node.get("type") == "user":
            yield f"@{node['user_id']}"
    elif isinstance(node, list | tuple):
        for child in node:
            yield from _texts(child)
