"""A small Signoff with everything real but chat and the outside world: SQLite, the policy judge, the runtime, the flow."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

from pydantic import Field

from agents.actions import Action, ActionFailed, Actions, Arguments, Effect, EffectUnknown
from agents.runtime import LiveRun
from agents.workflow import Agent, Agents
from bot.cards.card import Card
from bot.flow.desk import Answer, Click, Command
from bot.flow.front_desk import FrontDesk
from bot.flow.handlers import handlers
from bot.flow.ids import RandomIds
from bot.flow.seals import Seals
from bot.flow.signoff import Signoff
from policies.file import parse
from policies.judge import Fallback
from policies.rules import Policy
from storage.dispatch import Dispatch
from storage.records import Evidence, JsonObject, Person, Place, Request, RequestStatus, Run
from storage.sql.open import open_storage
from storage.sql.schema import upgrade
from storage.store import Store, Transaction
from tests.fakes.models import ScriptedModel
from tests.fakes.surface import FakeSurface, person

T = TypeVar("T")

ANNA, RAVI, NOOR, DAN = person("anna"), person("ravi"), person("noor"), person("dan")
CHANNEL = Place(surface="slack", tenant="T1", channel="C1")

POLICY = """
rules:
  - name: payments
    actions: [pay]
    verdict: approve
    risk: high
    reviewers: [ravi@example.com, noor@example.com]
  - name: notes
    actions: [note]
    verdict: log
  - name: thoughts
    actions: [think]
    verdict: auto
  - name: advice
    actions: [advise]
    verdict: block
    reason: We do not give advice.
"""


class Payment(Arguments):
    """Who gets how much."""

    amount: Decimal = Field(title="Amount", gt=0, le=1000, decimal_places=2)
    to: str = Field(title="Pay to", min_length=1)


class Sentence(Arguments):
    """Some words."""

    text: str


@dataclass
class Till:
    """Where payments arrive; told to fail, it fails."""

    paid: list[tuple[Decimal, str, str]] = field(default_factory=list)
    problem: Exception | None = None

    async def pay(self, payment: Payment, effect: Effect) -> JsonObject:
        if self.problem is not None:
            raise self.problem
        self.paid.append((payment.amount, payment.to, effect.idempotency_key))
        return {"summary": f"Paid {payment.amount} to {payment.to}."}

    def refuse(self) -> None:
        self.problem = ActionFailed("The till is closed.")

    def vanish(self) -> None:
        self.problem = EffectUnknown("The line went dead after the payment was sent.")


async def said(sentence: Sentence, effect: Effect) -> JsonObject:
    return {"summary": sentence.text}


def actions_of(till: Till) -> Actions:
    return Actions(
        [
            Action("pay", "Pay somebody", "Pays", Payment, lambda p: p.to, till.pay),
            *(
                Action(name, name.title(), name, Sentence, lambda s: "everybody", said)
                for name in ("note", "think", "advise")
            ),
        ]
    )


async def payer(run: LiveRun, text: str) -> str:
    """`AMOUNT TO`, or the name of one of the other actions and a text."""
    first, rest = text.split(" ", 1)
    if first in ("note", "think", "advise"):
        outcome = await run.propose(first, {"text": rest}, summary=rest)
        return f"{first}: {outcome.status}"
    evidence = [Evidence(title="The ticket", quote=text)]
    outcome = await run.propose("pay", {"amount": first, "to": rest}, summary=f"Pay {rest} {first}", evidence=evidence)
    return f"{outcome.status}: {outcome.arguments['amount']} {outcome.notes or outcome.reason}".strip()


PAYER = Agent("payer", 2, "Pays people.", "AMOUNT TO", ("pay", "note", "think", "advise"), payer)


class Clock:
    """Time that stands still until it is moved."""

    START = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)

    def __init__(self) -> None:
        self.now = self.START
        self._made = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.now

    def ahead(self) -> timedelta:
        """By how much the clock of a database has to be moved to say about the same, whatever the day is."""
        return self.now - self._made

    def move(self, **by: float) -> None:
        self.now += timedelta(**by)


@dataclass
class Stage:
    """The parts, and verbs to play with them."""

    signoff: Signoff
    store: Store
    dispatch: Dispatch
    desk: FrontDesk
    surface: FakeSurface
    till: Till
    clock: Clock
    policy: list[Policy]

    async def settle(self) -> None:
        """Let every job run."""
        await self.dispatch.drain(handlers(self.signoff))

    async def type(self, line: str, who: Person = ANNA, delivery: str | None = None) -> Answer:
        answer = await self.desk.command(Command(line, who, CHANNEL, delivery or self._delivery()))
        await self.settle()
        return answer

    async def ask(self, line: str = "480.00 lamp-shop") -> Request:
        """Have the agent propose, a second later, and return the request."""
        self.clock.move(seconds=1)
        await self.type(f"run payer {line}")
        return await self.latest()

    async def latest(self) -> Request:
        return (await self.read(lambda tx: tx.requests(limit=1)))[0]

    async def run(self) -> Run:
        return (await self.read(lambda tx: tx.runs(limit=1)))[0]

    async def read(self, work: Callable[[Transaction], T]) -> T:
        return await self.store.read(work)

    def click(self, request: Request, who: Person = RAVI, delivery: str | None = None) -> Click:
        return Click(request.id, request.revision, request.fingerprint, who, delivery or self._delivery())

    async def approve(self, request: Request, who: Person = RAVI) -> Answer:
        answer = await self.desk.approve(self.click(request, who))
        await self.settle()
        return answer

    async def edit(self, request: Request, who: Person = RAVI, **values: str) -> Answer:
        everything: JsonObject = {**{name: str(value) for name, value in request.arguments.items()}, **values}
        answer = await self.desk.edit(self.click(request, who), everything)
        await self.settle()
        return answer

    async def reject(self, request: Request, who: Person = RAVI, **values: str) -> Answer:
        answer = await self.desk.reject(self.click(request, who), {"reason": "wrong_details", **values})
        await self.settle()
        return answer

    def card(self) -> Card:
        return self.surface.cards()[-1]

    async def status(self) -> RequestStatus:
        return (await self.latest()).status

    def adopt(self, text: str) -> None:
        """Put another policy in force."""
        self.policy[:] = [policy_of(text, self.signoff.actions)]

    def _delivery(self) -> str:
        return self.signoff.ids.new("delivery")


def policy_of(text: str, actions: Actions) -> Policy:
    return parse(text.encode(), actions.models)


@asynccontextmanager
async def stage_at(path: Path, clock: Clock | None = None) -> AsyncIterator[Stage]:
    """A stage on a database file; opened again on the same file, it is Signoff after a restart."""
    url = f"sqlite:///{path}"
    upgrade(url)
    async with stage_on(url, clock) as made:
        yield made


@asynccontextmanager
async def stage_on(url: str, clock: Clock | None = None) -> AsyncIterator[Stage]:
    """A stage on a migrated database."""
    clock, till, surface = clock or Clock(), Till(), FakeSurface()
    actions = actions_of(till)
    policy = [policy_of(POLICY, actions)]
    storage = await open_storage(url, exclusive=True, clock=clock, clock_offset=clock.ahead)
    try:
        signoff = Signoff(
            store=storage.store,
            agents=Agents([PAYER]),
            actions=actions,
            model=ScriptedModel(),
            policy=lambda: policy[0],
            fallback=Fallback(),
            fallback_place=None,
            surfaces={"slack": surface},
            ids=RandomIds(),
            seals=Seals([bytes(32)]),
        )
        yield Stage(signoff, storage.store, storage.dispatch, FrontDesk(signoff), surface, till, clock, policy)
    finally:
        await storage.close()
