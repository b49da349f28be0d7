"""What a simulated process is surrounded by: weather, the chat platform and the till. They outlive any one process."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random

from agents.actions import ActionFailed, Effect, EffectUnknown
from bot.cards.card import Card, View
from bot.cards.text import Text
from bot.flow.surface import Known, Posted, SurfaceBusy
from storage.records import JsonObject, Person, Place
from tests.bot.flow.stage import Payment, Till
from tests.fakes.surface import FakeSurface
from tests.faults.shaky import FAULTS, Fault, Killed
from tests.faults.turns import turns

RETRY_AFTER = timedelta(seconds=30)
SHORTLY = timedelta(seconds=1)


@dataclass
class Weather:
    """How often each fault strikes; which ones did."""

    chance: Random
    rates: Mapping[str, float] = field(default_factory=dict)
    struck: Counter[str] = field(default_factory=Counter)

    def strikes(self, fault: str) -> bool:
        """Whether that fault happens now."""
        rate = self.rates.get(fault, 0.0)
        hit = rate > 0 and self.chance.random() < rate
        self.struck[fault] += hit
        return hit

    def clear_up(self) -> None:
        """From now on nothing goes wrong."""
        self.rates = {}


@dataclass
class Life:
    """One life of the program. Once killed, it does nothing any more to the world outside it."""

    weather: Weather
    over: bool = False

    @asynccontextmanager
    async def turn(self, what: str) -> AsyncIterator[None]:
        """One thing done to the outside; the process may be killed before it and after it."""
        self.go_on()
        await turns().turn(what)
        self._perhaps_killed()
        yield
        self._perhaps_killed()

    @asynccontextmanager
    async def transaction(self, what: str) -> AsyncIterator[None]:
        """A turn at the database, whose threads are waited for."""
        async with self.turn(what):
            with turns().abroad():
                yield

    def write_fault(self) -> Fault | None:
        """How a write of the flow fails, if it does."""
        return next((FAULTS[name] for name in _STORE if self.weather.strikes(name)), None)

    def job_fault(self) -> Fault | None:
        """How a write of the dispatch fails, if it does."""
        return FAULTS["busy"] if self.weather.strikes("busy") else None

    def go_on(self) -> None:
        """Raises Killed in a process that is gone."""
        if self.over:
            raise Killed

    def _perhaps_killed(self) -> None:
        self.go_on()
        if self.weather.strikes("killed"):
            self.over = True
            raise Killed


_STORE = ("busy", "cut off before the commit", "cut off after the commit")


@dataclass
class Chat(FakeSurface):
    """The platform itself. `resting` says until when a caller was asked to wait, `impatient` who did not; `ahead` which
    cards said what was not true yet; `history` is all that ever stood in each message; `lost` counts posts of which the
    caller never heard."""

    resting: dict[str, datetime] = field(default_factory=dict)
    impatient: list[str] = field(default_factory=list)
    ahead: list[str] = field(default_factory=list)
    history: dict[int, list[View]] = field(default_factory=dict)
    lost: Counter[str] = field(default_factory=Counter)

    def most(self, subject: str) -> int:
        """How many messages there ever were of that request or run in one channel: in another it may have been moved to."""
        posted = (number for number, views in self.history.items() if _subject(views[0]) == subject)
        return max(Counter(self.places[number].channel for number in posted).values(), default=0)


@dataclass
class Door(FakeSurface):
    """The platform as one process reaches it; shares all that the platform keeps. `look` says what is ahead of the rows."""

    chat: Chat = field(default_factory=Chat)
    life: Life = field(default_factory=lambda: Life(Weather(Random())))  # noqa: S311
    clock: Callable[[], datetime] = datetime.now
    look: Callable[[Card], str | None] = lambda card: None

    @classmethod
    def to(cls, chat: Chat, life: Life, clock: Callable[[], datetime], look: Callable[[Card], str | None]) -> "Door":
        shared = {each.name: getattr(chat, each.name) for each in fields(FakeSurface)}
        return cls(**shared, chat=chat, life=life, clock=clock, look=look)

    async def post(self, place: Place, view: View) -> Posted:
        posted = None
        try:
            async with self._call("post", _subject(view)):
                posted = await super().post(place, view)
                self._keep(posted.address, view)
        except BaseException:
            self.chat.lost[_subject(view)] += posted is not None
            raise
        return posted

    async def update(self, address: JsonObject, view: View) -> None:
        async with self._call("update", _subject(view)):
            await super().update(address, view)
            self._keep(address, view)

    async def reply(self, place: Place, text: Text) -> None:
        async with self._call("reply", place.thread or place.channel):
            await super().reply(place, text)

    async def tell(self, person: Person, place: Place | None, text: Text) -> None:
        async with self._call("tell", person.key):
            await super().tell(person, place, text)

    async def person(self, key: str) -> Known:
        async with self._call("person", ""):
            return await super().person(key)

    @asynccontextmanager
    async def _call(self, method: str, subject: str) -> AsyncIterator[None]:
        """One call of the platform, with its limits and its bad days."""
        weather, caller = self.life.weather, f"{method} {subject}"
        async with self.life.turn(f"chat {caller}"):
            self._refuse(caller if subject else "")
            if weather.strikes("slow"):
                await asyncio.sleep(20)
                self.life.go_on()
            yield
            if weather.strikes("reset"):
                raise SurfaceBusy(SHORTLY, "the connection was reset")

    def _refuse(self, caller: str) -> None:
        weather, now = self.life.weather, self.clock()
        if caller and now < self.chat.resting.get(caller, now):
            self.chat.impatient.append(f"{caller} at {now}, asked to wait until {self.chat.resting[caller]}")
        if weather.strikes("429"):
            if caller:
                self.chat.resting[caller] = now + RETRY_AFTER
            raise SurfaceBusy(RETRY_AFTER, "429")
        if weather.strikes("500"):
            raise SurfaceBusy(SHORTLY, "500")

    def _keep(self, address: JsonObject, view: View) -> None:
        self.chat.history.setdefault(int(str(address["number"])), []).append(view)
        if isinstance(view, Card) and (problem := self.look(view)):
            self.chat.ahead.append(problem)


def _subject(view: View) -> str:
    return view.request_id if isinstance(view, Card) else view.run_id


@dataclass(frozen=True)
class Paid:
    """A payment that came to the till's door, whether or not it was taken."""

    request_id: str | None
    key: str
    amount: Decimal
    to: str
    at: datetime


@dataclass
class TillDoor(Till):
    """The till as one process reaches it; `came` is kept by the till itself."""

    came: list[Paid] = field(default_factory=list)
    life: Life = field(default_factory=lambda: Life(Weather(Random())))  # noqa: S311
    clock: Callable[[], datetime] = datetime.now

    async def pay(self, payment: Payment, effect: Effect) -> JsonObject:
        weather = self.life.weather
        async with self.life.turn(f"pay {effect.request_id}"):
            self.came.append(Paid(effect.request_id, effect.idempotency_key, payment.amount, payment.to, self.clock()))
            if weather.strikes("slow"):
                await asyncio.sleep(25)
                self.life.go_on()
            if weather.strikes("dies"):
                self.life.over = True
                raise Killed
            if weather.strikes("refuses"):
                raise ActionFailed("The till is closed.")
            if weather.strikes("vanishes"):
                raise EffectUnknown("The line went dead after the payment was sent.")
            if weather.strikes("breaks"):
                raise RuntimeError("The till's driver has a bug.")
            if weather.strikes("hangs"):
                await asyncio.sleep(600)
                self.life.go_on()
        return {"summary": f"Paid {payment.amount} to {payment.to}."}
