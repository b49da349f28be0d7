"""Verifying the audit chain of a store, a page at a time: links, and anchors where there are any."""

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass, field

from storage.anchors import Anchor, Comparison
from storage.audit import GENESIS, Break, breaks
from storage.records import AuditEntry
from storage.store import Store, Unreadable

PAGE = 1000  # entries that are in memory at once
MOST = 100  # breaks that are told one by one


@dataclass
class Verification:
    """What was looked at and found. `breaks` are the first of all that were `found`; it holds if there is none."""

    entries: int = 0
    seq: int = 0
    hash: str = GENESIS
    anchors: int = 0
    found: int = 0
    breaks: list[Break] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        """Whether nothing is wrong."""
        return self.found == 0

    def find(self, broken: Iterable[Break]) -> None:
        """Take note of breaks."""
        for each in broken:
            self.found += 1
            if len(self.breaks) < MOST:
                self.breaks.append(each)


async def verify_chain(
    store: Store,
    anchors: Sequence[Anchor] = (),
    *,
    first: int = 1,
    last: int | None = None,
    page: int = PAGE,
    progress: Callable[[int], None] = lambda seq: None,
) -> Verification:
    """Verify all of the chain, or what goes from entry `first` to entry `last`, taking the entry before as it stands.

    Have the anchors read before this starts, or newer ones look like a cut tail. `progress` is told the number of the last
    entry of each page. Raises StorageError.
    """
    within = {(each.seq, each.hash): each for each in anchors if each.seq >= first and (last is None or each.seq <= last)}
    seen, comparison = Verification(anchors=len(within)), Comparison(within.values())
    try:
        await _begin(seen, store, first)
        async for entries in _pages(store, after=first - 1, page=page):
            _look(seen, [entry for entry in entries if last is None or entry.seq <= last], comparison)
            progress(seen.seq)
            if last is not None and entries[-1].seq >= last:
                break
    except Unreadable as error:
        seen.find([_unreadable(seen, error)])
    else:
        seen.find(comparison.left(seen.seq))
    return seen


async def _begin(seen: Verification, store: Store, first: int) -> None:
    """Stand on the entry before `first`; where it is gone, on the one before that, so that it is missed."""
    if first > 1:
        seen.seq = first - 2
        for entry in await _entries(store, first - 2, 1):
            if entry.seq == first - 1:
                seen.seq, seen.hash = entry.seq, entry.hash


def _look(seen: Verification, entries: Sequence[AuditEntry], comparison: Comparison) -> None:
    seen.find(breaks(entries, seq=seen.seq, previous=seen.hash))
    seen.find(comparison.breaks(entries))
    if entries:
        seen.entries, seen.seq, seen.hash = seen.entries + len(entries), entries[-1].seq, entries[-1].hash


def _unreadable(seen: Verification, error: Unreadable) -> Break:
    reason = f"the entry after {seen.seq} cannot be read, so nothing after it was verified: {error}"
    return Break(seen.seq + 1, reason)


async def _pages(store: Store, *, after: int, page: int) -> AsyncIterator[Sequence[AuditEntry]]:
    while entries := await _entries(store, after, page):
        yield entries
        after = entries[-1].seq


async def _entries(store: Store, after: int, limit: int) -> Sequence[AuditEntry]:
    """The next entries; fewer where one among them cannot be read, and Unreadable if that is the very next."""
    try:
        return await store.read(lambda tx: tx.audit_entries(after=after, limit=limit))
    except Unreadable:
        if limit == 1:
            raise
        return await _entries(store, after, limit // 2)
