"""SimWorld: the real flow, its database and its processes in a world of invented time, chance and trouble.

Real: `Signoff`, `FrontDesk`, the handlers, the policy judge, the agent runtime, the Store and (on SQLite) the Dispatch.
Simulated: the clock, ids, order and pace, chat, the till, the directory, kills and restarts. What people saw, said and were
told is kept beside the database, so that `tests.faults.invariants` can hold the rows against it.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from random import Random
from typing import Literal, TypeVar

from agents.workflow import Agents
from bot.cards.card import Card
from bot.cards.text import plain
from bot.flow.desk import Answer, Click, Command
from bot.flow.front_desk import FrontDesk
from bot.flow.handlers import handlers
from bot.flow.reconcile import reconcile
from bot.flow.seals import Seals
from bot.flow.signoff import Signoff
from bot.flow.sweep import sweep
from policies.judge import Fallback
from policies.rules import Policy
from storage.dispatch import Dispatch
from storage.records import Delegation
from storage.store import StorageError, StoreBusy
from tests.bot.flow.stage import CHANNEL, PAYER, actions_of
from tests.fakes.models import ScriptedModel
from tests.fakes.surface import person
from tests.faults.bases import Base, abroad
from tests.faults.beginnings import FALLBACK, GIVER, START, TAKER, TWINS, Rule, SeededIds, SimClock
from tests.faults.history import RANK, History, Kind
from tests.faults.outside import Chat, Door, Life, Paid, TillDoor, Weather
from tests.faults.shaky import FAULTS, Killed
from tests.faults.turns import TurnLoop, turns

T = TypeVar("T")
Verb = Literal["approve", "reject", "edit"]

SAID = {"Approved. It runs now.": "approved", "Rejected.": "rejected", "Cancelled.": "cancelled"}
RECORDED = ("Recorded.", "Your edit is stored")
LOST_TRACK = ("cannot say whether", "Something went wrong")


@dataclass(frozen=True)
class Press:
    """What a person does on a card that they see. The same press may arrive more than once."""

    verb: Verb
    who: str
    card: Card
    amount: str  # of what is approved: what the card shows, or what it is edited to
    to: str
    delivery: str
    forged: bool = False  # the button was tampered with: it names the newest revision, which the person has not seen


@dataclass
class Said:
    """That a person said yes to exactly this; `rules` were in force and `entitled` was so at some moment meanwhile."""

    press: Press
    begun: datetime
    entitled: bool
    rules: list[Rule]


@dataclass(frozen=True)
class Process:
    """The program, as it runs until it is killed or told to stop."""

    life: Life
    signoff: Signoff
    desk: FrontDesk
    dispatch: Dispatch
    crew: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def work(self) -> None:
        """Run the jobs that are due. A process has one crew for that."""
        async with self.crew:
            await self.dispatch.drain(handlers(self.signoff))

    async def tick(self) -> None:
        """What the scheduler does from time to time."""
        await sweep(self.signoff)
        await reconcile(self.signoff)


@dataclass
class SimWorld:
    """Make one by `a_world`."""

    seed: int | str
    base: Base
    weather: Weather
    chance: Random
    process: Process = field(init=False)
    rule: Rule = field(default_factory=Rule)
    readable: bool = True  # whether the policy can be read
    clock: SimClock = field(default_factory=SimClock)
    chat: Chat = field(default_factory=Chat)
    came: list[Paid] = field(default_factory=list)  # payments at the till's door
    said: list[Said] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)  # seen as they happened
    typed: dict[str, str] = field(default_factory=dict)  # what was submitted, by the input of its run: the delivery
    tampered: set[str] = field(default_factory=set)  # requests whose rows somebody changed by hand
    restarts: int = 0
    lent_until: datetime = START
    pressed: list[Press] = field(default_factory=list)  # what the platform may deliver again
    _open: list[Said] = field(default_factory=list)
    _ids: SeededIds = field(init=False)
    _numbers: Callable[[], int] = field(default_factory=lambda: count(1).__next__)

    def __post_init__(self) -> None:
        self._ids = SeededIds(self.seed)
        self.chat.emails.update(TWINS)
        ticks = count()
        loop = turns()
        self.history = History(lambda: loop.time() + next(ticks) * 1e-9)

    # --- the process
    async def start(self) -> None:
        """Start the program, after it was stopped or killed too."""
        life = Life(self.weather)
        store, dispatch = await self.base.open(life, self.clock)
        door = Door.to(self.chat, life, self.clock, self.ahead)
        signoff = Signoff(
            store=store,
            agents=Agents([PAYER]),
            actions=actions_of(TillDoor(came=self.came, life=life, clock=self.clock)),
            model=ScriptedModel(),
            policy=self._policy,
            fallback=Fallback(),
            fallback_place=FALLBACK,
            surfaces={"slack": door},
            ids=self._ids,
            seals=Seals([bytes(32)]),
        )
        self.chat.resting.clear()
        self.process = Process(life, signoff, FrontDesk(signoff), dispatch)

    async def restart(self) -> None:
        """Whatever the process was doing, it is gone; start it again."""
        self.process.life.over = True
        self.restarts += 1
        await abroad(self.base.close())
        await self.start()

    async def together(self, *doing: Coroutine[None, None, object]) -> None:
        """Do it all at once, as the seed interleaves it, then start the program again if it was killed."""
        tasks = [asyncio.create_task(each, name=f"together {number}") for number, each in enumerate(doing)]
        for ended in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(ended, BaseException) and not isinstance(ended, Killed):
                raise ended
        if self.process.life.over:
            await self.restart()

    async def work(self) -> None:
        """See `Process.work`. A dispatch that finds the database busy looks again later."""
        with suppress(StoreBusy):
            await self.process.work()

    async def tick(self) -> None:
        """As the scheduler does: a tick that fails is a tick that was missed."""
        try:
            await self.process.tick()
        except Exception as error:  # noqa: BLE001
            logging.getLogger(__name__).info("a tick failed: %s", error)

    # --- what people do
    async def submit(self, who: str, amount: str, *, times: int = 1) -> None:
        """Somebody has the agent propose a payment; the platform may deliver that more than once."""
        number = self._numbers()
        line, delivery = f"{amount} shop-{number}", f"typed {number}"
        self.typed[line] = delivery
        typed = Command(f"run payer {line}", person(who), CHANNEL, delivery)
        for _ in range(times):
            answer = await self.process.desk.command(typed)
            if answer.ok and not self.base.look(f"SELECT id FROM runs WHERE input = '{line}'"):  # noqa: S608
                self.problems.append(f"I3 {who} was told {plain(answer.text)!r} of {line!r}, but there is no run of it")

    def press(self, verb: Verb, who: str, card: Card, amount: str | None = None, *, forged: bool = False) -> Press:
        """What that person is about to do on what they see."""
        shown = {each.name: each.value for each in card.fields}
        wanted = amount if verb == "edit" and amount else shown["amount"]
        return Press(verb, who, card, wanted, shown["to"], f"press {self._numbers()}", forged)

    async def deliver(self, press: Press) -> Answer:
        """The press arrives."""
        revision, card = press.card.revision, press.card
        if press.forged:
            [[revision]] = self.base.look(f"SELECT revision FROM requests WHERE id = '{card.request_id}'")  # noqa: S608
        known = person(press.who, email=TWINS.get(press.who))
        click = Click(card.request_id, revision, card.fingerprint, known, press.delivery)
        said = Said(press, self.clock(), self._entitled(press.who), [self.rule])
        self.said.append(said)
        self._open.append(said)
        return await self._decide(press, lambda: self._send(press, click), said)

    async def _send(self, press: Press, click: Click) -> Answer:
        desk = self.process.desk
        if press.verb == "approve":
            return await desk.approve(click)
        if press.verb == "reject":
            return await desk.reject(click, {"reason": "wrong_details", "notes": f"from {press.who}"})
        return await desk.edit(click, {"amount": press.amount, "to": press.to, "notes": ""})

    async def _decide(self, press: Press, send: Callable[[], Coroutine[None, None, Answer]], said: Said | None) -> Answer:
        request_id = press.card.request_id
        end = self.history.invoke(press.who, "decide", request_id, press.verb)
        try:
            answer = await send()
        finally:
            if said is not None:
                said.entitled |= self._entitled(press.who)
                said.rules.append(self.rule)
                self._open.remove(said)
        kind, became = outcome(answer)
        end(kind, became)
        self._acknowledged(press, answer, became)
        return answer

    def _acknowledged(self, press: Press, answer: Answer, became: str | None) -> None:
        """What a person was told is durable the moment they are told: it is seen over another connection."""
        text, request_id = plain(answer.text), press.card.request_id
        if became is None and not text.startswith(RECORDED):
            return
        query = f"SELECT status FROM requests WHERE id = '{request_id}'"  # noqa: S608
        [[status]] = self.base.look(query)
        decided = f"SELECT person_key FROM decisions WHERE request_id = '{request_id}'"  # noqa: S608
        mine = [key for [key] in self.base.look(decided) if key == person(press.who).key]
        if (became is not None and status == "pending") or not (
            mine or became == "cancelled" or text.startswith("Your edit")
        ):
            self.problems.append(f"I3 {press.who} was told {text!r}, but {request_id} is {status}, decided by {mine}")

    async def cancel(self, who: str, card: Card) -> None:
        """Somebody types the command that takes a request back."""
        press = Press("reject", who, card, "", "", f"cancel {self._numbers()}")
        typed = Command(f"cancel {card.request_id}", person(who), CHANNEL, press.delivery)
        await self._decide(press, lambda: self.process.desk.command(typed), None)

    async def look(self, who: str, request_id: str) -> None:
        """Somebody reads how a request stands."""
        end = self.history.invoke(who, "read", request_id)
        request = await self.process.signoff.store.read(lambda tx: tx.request(request_id))
        end("ok", [str(request.status), request.revision])

    # --- what happens to the world
    def adopt(self, rule: Rule) -> None:
        """Put another rule in force."""
        self.rule = rule
        for said in self._open:
            said.rules.append(rule)

    async def lend(self, **time: float) -> None:
        """One reviewer lets somebody else decide in their place for that long."""
        now, ids = self.clock(), self.process.signoff.ids
        lent = Delegation(
            id=ids.new("del"), giver=person(GIVER), taker=person(TAKER), created_at=now, until=now + timedelta(**time)
        )  # fmt: skip
        self.lent_until = max(self.lent_until, lent.until + self.base.slack)
        with suppress(StorageError):
            await self.process.signoff.store.write(lambda tx: tx.add_delegation(lent))

    def stand(self, who: str, standing: Literal["member", "guest", "deactivated"]) -> None:
        """The directory changes."""
        self.chat.standings[who] = standing

    def ahead(self, card: Card) -> str | None:
        """What a card says that the rows do not say yet."""
        query = f"SELECT status, revision FROM requests WHERE id = '{card.request_id}'"  # noqa: S608
        [[status, revision]] = self.base.look(query)
        if RANK.get(card.status, 3) > RANK.get(status, 3) or card.revision > revision:
            return f"the card of {card.request_id} shows {card.status} {card.revision}, the rows say {status} {revision}"
        return None

    def cards(self) -> list[Card]:
        """Every card that ever stood in chat, each message's newest last; people may still have an old one before them."""
        return [view for views in self.chat.history.values() for view in views if isinstance(view, Card)]

    def excuses(self, subject: str) -> int:
        """How often nobody could know that a message was posted: its answer or the record of it was lost, or somebody
        deleted it."""
        unrecorded = sum(count for fault, count in self.weather.struck.items() if fault in FAULTS)
        deleted = sum(not views for views in self.chat.views.values())
        return self.chat.lost[subject] + unrecorded + self.restarts + deleted

    def _policy(self) -> Policy:
        if not self.readable:
            raise OSError("The policy cannot be read.")
        return self.rule.policy()

    def _entitled(self, who: str) -> bool:
        return self.chat.standings.get(who, "member") == "member" and (who != TAKER or self.clock() < self.lent_until)


def outcome(answer: Answer) -> tuple[Kind, str | None]:
    """What a client knows after that answer: whether it took effect, and what the request became by it."""
    text = plain(answer.text)
    if any(words in text for words in LOST_TRACK):
        return "unknown", None
    if not answer.ok:
        return "fail", None
    return "ok", next((became for words, became in SAID.items() if text.startswith(words)), None)


@asynccontextmanager
async def a_world(base: Base, seed: int | str, rates: Mapping[str, float] | None = None) -> AsyncIterator[SimWorld]:
    """A world with its first process started."""
    chance = Random(f"world {seed}")  # noqa: S311
    world = SimWorld(seed, base, Weather(Random(f"weather {seed}"), rates or {}), chance)  # noqa: S311
    await world.start()
    try:
        yield world
    finally:
        await abroad(base.close())


def run(seed: int | str, main: Callable[[], Coroutine[None, None, T]]) -> T:
    """Run `main` on a loop of its own, where that seed decides the order of everything. Trouble is meant, so not logged."""
    logging.disable(logging.CRITICAL)
    try:
        with asyncio.Runner(loop_factory=lambda: TurnLoop(seed)) as runner:
            return runner.run(main())
    finally:
        logging.disable(logging.NOTSET)
