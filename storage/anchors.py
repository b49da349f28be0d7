"""Anchors: what the head of the audit chain was at a moment, kept outside the database.

The chain alone shows what was done inside it. Whoever can write the whole database can also cut off its end, or make all of
it anew, and it would still hold; but then it no longer fits the hashes that were written down elsewhere.
"""

import asyncio
import json
import logging
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from pydantic import AwareDatetime, Field, ValidationError

from storage.audit import Break
from storage.records import AuditEntry, Record
from storage.store import Store

log = logging.getLogger(__name__)

MARK = "audit anchor "  # stands before an anchor in the log, so that lines of a log can be verified against, too


class Anchor(Record):
    """The chain ended with entry `seq`, whose hash was `hash`, when the store's time was `at`."""

    seq: int = Field(ge=1)
    hash: str = Field(pattern="^[0-9a-f]{64}$")
    at: AwareDatetime

    @property
    def line(self) -> str:
        """As one line of JSON."""
        return json.dumps(self.model_dump(mode="json"))


class Anchors(Protocol):
    """A place outside the database where anchors are kept."""

    def append(self, anchor: Anchor) -> None:
        """Keep it for good. Raises OSError."""


@dataclass(frozen=True)
class AnchorFile:
    """A file with one anchor a line, only ever appended to. Put it where whoever runs the database cannot write."""

    path: Path

    def append(self, anchor: Anchor) -> None:
        """Write the line and wait until the disk has it."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("ab+") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(size - 1, 0))
            torn = file.read() not in (b"", b"\n")  # a power cut in the middle of a line must not spoil the next one
            file.write(b"\n" * torn + anchor.line.encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        if size == 0:
            _sync_folder(self.path.parent)


class AnchorLog:
    """The log, which often leaves the machine at once."""

    def append(self, anchor: Anchor) -> None:
        """Say it."""
        log.info("%s%s", MARK, anchor.line)


@dataclass(frozen=True)
class Recorded:
    """What a file of anchors holds; `unreadable` counts lines that are none."""

    anchors: tuple[Anchor, ...]
    unreadable: int


def recorded(path: Path) -> Recorded:
    """The anchors in a file, or in lines of a log. Raises OSError."""
    anchors, unreadable = [], 0
    with path.open(encoding="utf-8", errors="replace") as lines:
        for line in filter(str.strip, lines):
            try:
                anchors.append(Anchor.model_validate_json(line.rpartition(MARK)[2]))
            except ValidationError:
                unreadable += 1
    return Recorded(tuple(anchors), unreadable)


async def anchor(store: Store, places: Sequence[Anchors]) -> Anchor | None:
    """Append the chain's head to every place; None if there is no entry yet. A place that fails is logged.

    Raises StorageError.
    """
    head, now = await store.read(lambda tx: (tx.audit_head(), tx.now()))
    if head is None:
        return None
    made = Anchor(seq=head.seq, hash=head.hash, at=now)
    for place in places:
        try:
            await asyncio.to_thread(place.append, made)
        except OSError as error:
            log.error("the audit chain's head could not be anchored: %s", error)
    return made


class Comparison:
    """Anchors, held against a chain that goes by in order."""

    def __init__(self, anchors: Iterable[Anchor]) -> None:
        self._waiting: dict[int, dict[str, Anchor]] = {}
        for each in anchors:
            self._waiting.setdefault(each.seq, {}).setdefault(each.hash, each)

    def breaks(self, entries: Iterable[AuditEntry]) -> Iterator[Break]:
        """Where an entry is not the one that was anchored."""
        for entry in entries:
            for each in self._waiting.pop(entry.seq, {}).values():
                if each.hash != entry.hash:
                    other = f"entry {entry.seq} is not the one that was anchored at {each.at}"
                    yield Break(entry.seq, f"{other}: the chain was rewritten")

    def left(self, last: int) -> Iterator[Break]:
        """What is missing of a chain that has gone by and ended with entry `last`."""
        for seq in sorted(self._waiting):
            for each in self._waiting[seq].values():
                what = f"the chain ends with {last}: its tail was cut off" if seq > last else "it is missing"
                yield Break(seq, f"entry {seq} was anchored at {each.at}, but {what}")


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
