"""One thing that starts runs: of which agent, and where they are shown."""

from dataclasses import dataclass
from datetime import timedelta

from agents.workflow import Agent
from bot.flow.accounts import Kind
from bot.flow.signoff import Signoff
from bot.flow.trigger import WINDOW, Occasion, Taken, requester, take
from storage.records import Place


@dataclass(frozen=True)
class Trigger:
    """A webhook, a mailbox or a schedule. The same input within `window` starts no second run; None: each starts one."""

    kind: Kind
    name: str
    agent: Agent
    place: Place
    window: timedelta | None = WINDOW

    async def fire(self, signoff: Signoff, text: str, delivery: str) -> Taken:
        """Start a run, unless one is on it already. `delivery` names this input. Raises InputRefused, StorageError."""
        person = requester(self.kind, self.name)
        occasion = Occasion(self.agent, text, person, self.place, f"{self.kind}:{self.name}:{delivery}", self.window)
        return await signoff.store.write(lambda tx: take(tx, signoff, occasion))
