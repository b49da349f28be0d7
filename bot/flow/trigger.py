"""What sets an agent to work without anybody typing a command: a webhook, a mail, a cron line, a message in chat.

The same input for the same agent within a window starts no second run. Time is cut into parts of a tenth of the window. Who
starts a run claims the part that it is, and the ten after it: each is a delivery, which only one can be the first to
remember. The id of the run is made from its input and its part, so whoever comes too late finds it.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property

from agents.mail_text import storable
from agents.workflow import Agent
from bot.flow.accounts import LOCAL, Kind
from bot.flow.ids import spelt
from bot.flow.run import start
from bot.flow.signoff import Signoff
from storage.records import Person, Place
from storage.store import NotFound, Transaction

WINDOW = timedelta(minutes=10)
LONGEST = timedelta(days=5)  # of a window: deliveries are remembered for seven
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
PARTS = 10  # of a window; what is claimed lasts for at least a window, and at most one part longer


@dataclass(frozen=True)
class Occasion:
    """One thing that calls for a run. `delivery` names it, so that the same one delivered again within days has no effect.

    `window` is for how long the same input is one piece of work; None where each occasion counts, as each hour of a clock.
    Raises ValueError if it is longer than can be remembered.
    """

    agent: Agent
    text: str
    person: Person
    place: Place | None
    delivery: str
    window: timedelta | None = WINDOW

    def __post_init__(self) -> None:
        if self.window is not None and not timedelta(seconds=1) <= self.window <= LONGEST:
            raise ValueError(f"a window lasts from a second to {LONGEST.days} days")

    @cached_property
    def digest(self) -> str:
        """Of the input, as it is stored."""
        return hashlib.sha256(storable(self.text).value.encode()).hexdigest()


@dataclass(frozen=True)
class Taken:
    """What came of an occasion. `run_id` is the run that is on it, or was; None if an old delivery came again."""

    run_id: str | None
    new: bool


def requester(kind: Kind, name: str) -> Person:
    """Who asks where a program does: nobody in chat, so nobody who could decide is kept from it or let in by this."""
    return Person(key=f"{kind}:{LOCAL}:{name}", name=f"{kind} {name}")


def take(tx: Transaction, signoff: Signoff, occasion: Occasion) -> Taken:
    """Start a run, unless one is on the same already. Raises InputRefused."""
    first = tx.first_delivery(occasion.delivery)
    if occasion.window is None:
        return _begin(tx, signoff, occasion, None) if first else Taken(None, new=False)
    part = int((tx.now() - EPOCH) / (occasion.window / PARTS))
    # One after the other, so that two who want the same wait for each other and never in a circle.
    if first and all(tx.first_delivery(f"trigger:{_id(occasion, each)}") for each in range(part, part + PARTS + 1)):
        return _begin(tx, signoff, occasion, _id(occasion, part))
    standing = (_id(occasion, each) for each in range(part, part - PARTS - 1, -1))
    return Taken(next((each for each in standing if _exists(tx, each)), None), new=False)


def _id(occasion: Occasion, part: int) -> str:
    """The id of a run of this input that starts in this part of time."""
    about = (occasion.agent.name, str(occasion.window), occasion.digest, str(part))
    return spelt("run", hashlib.sha256("\n".join(about).encode()).digest())


def _begin(tx: Transaction, signoff: Signoff, occasion: Occasion, id: str | None) -> Taken:
    run = start(tx, signoff, occasion.agent, occasion.text, occasion.person, occasion.place, None, id=id)
    return Taken(run.id if run else None, new=run is not None)


def _exists(tx: Transaction, run_id: str) -> bool:
    try:
        return tx.run(run_id).id == run_id
    except NotFound:
        return False
