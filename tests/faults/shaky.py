"""A store that fails on demand: busy, cut off at its commit, or the last thing its process ever did."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import TypeVar

from storage.store import OutcomeUnknown, Store, StoreBusy, Transaction

T = TypeVar("T")


class Killed(BaseException):
    """The process is gone: nothing after this line happens, nothing is tidied."""


@dataclass(frozen=True)
class Fault:
    """How a write ends, before or after it took effect."""

    error: BaseException
    after: bool


FAULTS = {
    "busy": Fault(StoreBusy("The database is locked."), after=False),
    "cut off before the commit": Fault(OutcomeUnknown("The connection was lost."), after=False),
    "cut off after the commit": Fault(OutcomeUnknown("The connection was lost."), after=True),
    "killed before the commit": Fault(Killed(), after=False),
    "killed after the commit": Fault(Killed(), after=True),
}


class Nth:
    """Has write number `at`, counted from 0, fail."""

    def __init__(self, at: int, fault: Fault) -> None:
        self.at, self.writes, self._fault = at, 0, fault

    @property
    def struck(self) -> bool:
        """Whether there was such a write."""
        return self.writes > self.at

    def __call__(self) -> Fault | None:
        self.writes += 1
        return self._fault if self.writes - 1 == self.at else None


@asynccontextmanager
async def at_once(what: str) -> AsyncIterator[None]:
    """Whoever wants to do something does it."""
    yield


class Shaky:
    """Implements `storage.store.Store` on a real one. `fault` says of each write whether and how it fails; `turn` is
    entered for each transaction."""

    exclusive = True  # as the in-process Dispatch wants to know

    def __init__(
        self,
        real: Store,
        fault: Callable[[], Fault | None],
        turn: Callable[[str], AbstractAsyncContextManager[None]] = at_once,
    ) -> None:
        self.real, self.deferred = real, _nothing
        self._fault, self._turn = fault, turn

    async def write(self, work: Callable[[Transaction], T]) -> T:
        async with self._turn("write"):
            fault = self._fault()
            if fault is None:
                return await self.real.write(work)
            if fault.after:
                await self.real.write(work)
            raise type(fault.error)(*fault.error.args)

    async def read(self, work: Callable[[Transaction], T]) -> T:
        async with self._turn("read"):
            return await self.real.read(work)

    async def close(self) -> None:
        await self.real.close()


def _nothing() -> None: ...
