"""Runs that nobody typed: a program called, a mail lay in a folder, a time has come.

The same input for the same agent within a trigger's window starts no second run. Whoever triggers is nobody who could
decide: its account is on no platform.
"""

from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Literal

from agents.mail_text import storable
from agents.workflow import Agent
from bot.flow.accounts import LOCAL, TRIGGER
from bot.flow.run import start
from bot.flow.signoff import Signoff
from storage.records import Person, Place
from storage.store import Transaction

WINDOW = timedelta(minutes=10)
LONGEST_WINDOW = timedelta(days=1)  # what was delivered is remembered for a week (`bot/flow/reconcile.py`)

_LOOKED_BACK = 50  # runs among which the one is looked for that is on it already

Kind = Literal["webhook", "mailbox", "schedule"]


@dataclass(frozen=True)
class Trigger:
    """What starts runs of one agent, and in which channel they are shown. `window` zero: each input starts one."""

    kind: Kind
    name: str
    agent: Agent
    place: Place
    window: timedelta = WINDOW

    @property
    def person(self) -> Person:
        """Who asks, as far as there is anybody."""
        return Person(key=f"{TRIGGER}:{LOCAL}:{self.kind}/{self.name}", name=f"{self.kind} {self.name}")


@dataclass(frozen=True)
class Fired:
    """What came of it: a new run, or the one that is on it already, as far as that is still to be found."""

    new: bool
    run_id: str | None


def fire(tx: Transaction, signoff: Signoff, trigger: Trigger, text: str, delivery: str) -> Fired:
    """Start a run, unless this delivery was taken before, or the same input came within the window. Raises InputRefused."""
    text = storable(text).value
    if not (tx.first_delivery(delivery) and _first(tx, trigger, text)):
        return Fired(False, _standing(tx, trigger.agent, text))
    run = start(tx, signoff, trigger.agent, text, trigger.person, trigger.place, None)
    return Fired(True, run.id if run else None)


def _first(tx: Transaction, trigger: Trigger, text: str) -> bool:
    """Whether this input comes for the first time in at least one window, at most two: the one that runs, and the next."""
    seconds = int(trigger.window.total_seconds())
    if not seconds:
        return True
    number = int(tx.now().timestamp()) // seconds
    about = f"input:{trigger.agent.name}:{seconds}:{sha256(text.encode()).hexdigest()}"
    first = tx.first_delivery(f"{about}:{number}")
    if first:
        tx.first_delivery(f"{about}:{number + 1}")
    return first


def _standing(tx: Transaction, agent: Agent, text: str) -> str | None:
    found = (run.id for run in tx.runs(limit=_LOOKED_BACK) if (run.agent, run.input) == (agent.name, text))
    return next(found, None)
