"""Whether a database takes writes, learned from the writes themselves.

A write that was not taken is a doubt. Only one that must reach the disk dispels it, so that is tried when somebody asks how
things are. While nothing fails, nothing is written to find out.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from secrets import token_hex

from storage.store import OutcomeUnknown, StorageError, Store, StoreBusy, Transaction

PATIENCE = 1.0  # seconds that somebody who asks is kept waiting for a trial
PAUSE = 1.0  # seconds between trials
LENGTH = 1200  # bytes; as much does not fit beside other rows of a page, so room on the disk is needed


def nothing_wrong() -> None:
    """For databases with no trouble but their own."""


class Health:
    """What is known of one database. `guard` raises a StorageError while nothing may be written for another reason."""

    def __init__(self, guard: Callable[[], None] = nothing_wrong) -> None:
        self.guard = guard
        self._doubt: StorageError | None = None
        self._trial: asyncio.Task[None] | None = None
        self._next = 0.0  # the event loop's time from which another trial may begin

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Around a write."""
        try:
            yield
        except StorageError as error:
            if isinstance(error, StoreBusy | OutcomeUnknown) or type(error) is StorageError:
                self._doubt = error
            raise

    async def check(self, store: Store) -> None:
        """Raises StorageError, with the reason, while writes are not taken."""
        self.guard()
        if self._doubt is None:
            return
        if (self._trial is None or self._trial.done()) and asyncio.get_running_loop().time() >= self._next:
            self._trial = asyncio.create_task(self._try(store))
        if self._trial is not None:
            await asyncio.wait({self._trial}, timeout=PATIENCE)
        if self._doubt is not None:
            raise self._doubt

    async def _try(self, store: Store) -> None:
        seen = self._doubt
        with suppress(StorageError):  # which `watched` has noted
            await store.write(_trial)
            if self._doubt is seen:
                self._doubt = None
        self._next = asyncio.get_running_loop().time() + PAUSE


def _trial(tx: Transaction) -> None:
    tx.first_delivery(f"trial:{token_hex(LENGTH)}")
