"""What sets an agent to work without anybody typing a command: a webhook, a mail, a cron line, a message in chat.

The same input for the same agent within a window starts no second run. For that the id of a run is made from agent, input
and the part of time it falls into, so the run that is on it is found by its id, whatever else is remembered or forgotten.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from agents.mail_text import storable
from agents.workflow import Agent
from bot.flow.accounts import LOCAL, Kind
from bot.flow.ids import spelt
from bot.flow.run import start
from bot.flow.signoff import Signoff
from storage.records import Person, Place
from storage.store import NotFound, Transaction

WINDOW = timedelta(minutes=10)


@dataclass(frozen=True)
class Occasion:
    """One thing that calls for a run. `delivery` names it, so that the same one delivered again within days has no effect.

    `window` is for how long the same input is one piece of work; None where each occasion counts, as each hour of a clock.
    """

    agent: Agent
    text: str
    person: Person
    place: Place | None
    delivery: str
    window: timedelta | None = WINDOW


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
    now = tx.now()
    before, this, after = ids_around(occasion, now)
    for each in (before, this):  # whoever looks at the same input at this moment waits here for the other
        tx.first_delivery(f"trigger:{each}")
    standing = next((each for each in (this, before, after) if _is_within(tx, each, now, occasion.window)), None)
    if standing is not None or not first:
        return Taken(standing, new=False)
    return _begin(tx, signoff, occasion, this)


def ids_around(occasion: Occasion, now: datetime) -> tuple[str, str, str]:
    """The ids that a run of this input has if it starts in the window-long part of time before this one, in it, after it."""
    seconds = (occasion.window or WINDOW).total_seconds()
    part = int(now.timestamp() // seconds)
    digest = hashlib.sha256(storable(occasion.text).value.encode()).hexdigest()
    about = f"{occasion.agent.name}\n{seconds}\n{digest}"
    before, this, after = (
        spelt("run", hashlib.sha256(f"{about}\n{n}".encode()).digest()) for n in range(part - 1, part + 2)
    )
    return before, this, after


def _begin(tx: Transaction, signoff: Signoff, occasion: Occasion, id: str | None) -> Taken:
    run = start(tx, signoff, occasion.agent, occasion.text, occasion.person, occasion.place, None, id=id)
    return Taken(run.id if run else None, new=run is not None)


def _is_within(tx: Transaction, id: str, now: datetime, window: timedelta) -> bool:
    """Whether there is a run of this id that began less than a window ago, or on a clock ahead of this one."""
    try:
        return abs(now - tx.run(id).created_at) < window
    except NotFound:
        return False
