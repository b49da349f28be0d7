"""Calls that wait for people. However many wait, one look at the audit chain every quarter of a second serves them all."""

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from bot.api.problems import Problem
from storage.store import StorageError, Store

log = logging.getLogger(__name__)

EVERY = 0.25  # seconds between looks
MOST, MOST_EACH = 1000, 100  # calls that wait at once: on one replica, and with one key
PAGE = 1000


class Waiting:
    """Wakes those who wait for a request when something happens to it."""

    def __init__(self, store: Store, *, most: int = MOST, most_each: int = MOST_EACH) -> None:
        self._store, self._most, self._most_each = store, most, most_each
        self._waiters: dict[asyncio.Event, str] = {}
        self._by_key: Counter[str] = Counter()
        self._watch: asyncio.Task[None] | None = None
        self._starting = asyncio.Lock()
        self._seen = 0
        self.closed = False

    @asynccontextmanager
    async def place(self, key: str, request_id: str) -> AsyncIterator[asyncio.Event]:
        """An event that is set when something happens to the request from now on. Raises Problem, StorageError."""
        self._admit(key)
        happened = asyncio.Event()
        self._waiters[happened] = request_id
        self._by_key[key] += 1
        try:
            async with self._starting:
                await self._start()
            yield happened
        finally:
            del self._waiters[happened]
            self._by_key -= Counter((key,))

    async def close(self) -> None:
        """Let everybody go: this replica is about to end."""
        self.closed = True
        for happened in self._waiters:
            happened.set()
        if self._watch is not None:
            self._watch.cancel()
            with suppress(asyncio.CancelledError):
                await self._watch

    def _admit(self, key: str) -> None:
        if self._by_key[key] >= self._most_each:
            why = (
                f"{self._most_each} calls with this key wait already. Wait for several requests with one call each, in turn."
            )
            raise Problem(429, "many-waiting", why, retry=5)
        if len(self._waiters) >= self._most:
            raise Problem(503, "many-waiting", "Too many calls wait here already. Look at the request instead.", retry=5)

    async def _start(self) -> None:
        """From here on nothing is missed: whoever looks at a request after this is told of what happens after that look."""
        if self._watch is None or self._watch.done():
            head = await self._store.read(lambda tx: tx.audit_head())
            self._seen = head.seq if head else 0
            self._watch = asyncio.create_task(self._look())

    async def _look(self) -> None:
        while self._waiters:
            await asyncio.sleep(EVERY)
            try:
                touched = await self._touched()
            except StorageError as error:
                log.warning("those who wait for decisions cannot be served: %s", error)
                continue
            for happened, request_id in self._waiters.items():
                if request_id in touched:
                    happened.set()

    async def _touched(self) -> set[str]:
        """The requests about which the audit chain says something new."""
        touched: set[str] = set()
        more = True
        while more:
            entries = await self._store.read(lambda tx: tx.audit_entries(after=self._seen, limit=PAGE))
            touched |= {entry.request_id for entry in entries if entry.request_id is not None}
            self._seen = entries[-1].seq if entries else self._seen
            more = len(entries) == PAGE
        return touched
