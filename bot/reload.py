"""The policy in force follows its file while the program runs, and everybody concerned hears of it."""

import asyncio
import logging
from dataclasses import dataclass, field

from bot.flow.adopt import adopt, refuse, say_usable
from bot.flow.signoff import Signoff
from policies.current import CurrentPolicy, Kept, Reloaded
from policies.problems import PolicyError
from storage.store import StorageError

log = logging.getLogger(__name__)


@dataclass
class Reload:
    """Looks at the file of `current` from time to time. What could not be recorded or told is so at the next look."""

    signoff: Signoff
    current: CurrentPolicy
    _adopted: str | None = field(default=None, init=False)  # the version of which that is recorded
    _mistakes: PolicyError | None = field(default=None, init=False)  # that nobody was told of yet
    _usable: bool = field(default=False, init=False)  # again, and nobody was told yet

    async def start(self) -> None:
        """Record which policy is in force, before anybody is judged by it; if the database is away, at the next look."""
        try:
            await self.record()
        except StorageError as error:
            log.error("which policy is in force could not be recorded yet: %s", error)

    async def look(self) -> None:
        """Take over what changed in the file; a broken one changes nothing. Raises StorageError."""
        match await asyncio.to_thread(self.current.refresh):
            case Kept(error):
                log.error("The changed policy file cannot be used, the old policy stays in force:\n%s", error)
                self._mistakes, self._usable = error, False
            case Reloaded(previous, policy):
                log.info("policy %s is in force", policy.version)
                self._mistakes, self._usable = None, previous.version == policy.version
        await self.record()

    async def record(self) -> None:
        """Audit and announce what came of it, where that was not done. Raises StorageError."""
        store, policy = self.signoff.store, self.current.policy
        if policy.version != self._adopted and await store.write(lambda tx: adopt(tx, self.signoff, policy)):
            self._adopted = policy.version
        if (mistakes := self._mistakes) is not None:
            await store.write(lambda tx: refuse(tx, self.signoff, mistakes))
            self._mistakes = None
        if self._usable:
            await store.write(lambda tx: say_usable(tx, self.signoff))
            self._usable = False
