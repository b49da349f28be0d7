"""Folders of mails: each `.eml` file becomes a run, and is moved away.

A file is left alone until two looks in a row find it unchanged, for somebody may still be writing it. The run is committed
before the file is moved; one that still lies there after a crash is known by its name, time and content, and starts nothing.
"""

import asyncio
import logging
import os
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from agents.mail import LIMIT, TicketRejected, ticket_input
from bot.flow.run import InputRefused
from bot.flow.signoff import Signoff
from bot.triggers.trigger import Trigger

log = logging.getLogger(__name__)

DONE, REFUSED = "done", "refused"
MOST_AT_ONCE = 20  # files taken in one look, so that a full folder does not hold up everything else

Mark = tuple[int, int, int]  # inode, size and time of change, by which a file that was written to is known


@dataclass
class Folder:
    """A mailbox, and what was seen in it at the last look."""

    trigger: Trigger
    path: Path
    _seen: dict[str, Mark] = field(default_factory=dict)
    _stuck: dict[str, Mark] = field(default_factory=dict)  # that could not be taken, until they change

    async def look(self, signoff: Signoff) -> None:
        """Take what lies there and has not changed since the last look."""
        found = await asyncio.to_thread(self._marks)
        quiet = [name for name, mark in found.items() if self._seen.get(name) == mark != self._stuck.get(name)]
        self._seen = found
        for name in quiet[:MOST_AT_ONCE]:
            try:
                await self._take(signoff, name, found[name])
            except FileNotFoundError:  # another replica was faster
                continue
            except OSError as error:
                log.error("mail %s of %s cannot be taken or moved away: %s", name, self.path, error.strerror)
                self._stuck[name] = found[name]

    def _marks(self) -> dict[str, Mark]:
        try:
            with os.scandir(self.path) as entries:
                mails = [
                    entry for entry in entries if entry.name.lower().endswith(".eml") and not entry.name.startswith(".")
                ]
                stats = sorted((entry.name, entry.stat(follow_symlinks=False)) for entry in mails)
        except OSError as error:
            log.error("mailbox %s: the folder %s cannot be read: %s", self.trigger.name, self.path, error.strerror)
            return {}
        return {name: (stat.st_ino, stat.st_size, stat.st_mtime_ns) for name, stat in stats}

    async def _take(self, signoff: Signoff, name: str, mark: Mark) -> None:
        path = self.path / name
        try:
            data = await asyncio.to_thread(_content, path)
            text = await asyncio.to_thread(ticket_input, data)
            taken = await self.trigger.fire(signoff, text, sha256(f"{name}:{mark[2]}:".encode() + data).hexdigest())
        except (TicketRejected, InputRefused) as error:
            log.warning("mail %s of %s was refused: %s", name, self.path, error)
            await asyncio.to_thread(_put, path, REFUSED, str(error))
            return
        log.info("mail %s of %s: run %s%s", name, self.path, taken.run_id, "" if taken.new else ", which was on it already")
        await asyncio.to_thread(_put, path, DONE)


def _content(path: Path) -> bytes:
    """The bytes of a plain file, one more than may be taken at most. Raises OSError, TicketRejected."""
    if path.is_symlink() or not path.is_file():
        raise TicketRejected("It is no plain file.")
    with path.open("rb") as file:
        return file.read(LIMIT + 1)


def _put(path: Path, where: str, why: str = "") -> None:
    """Move a file into a folder beside it, under a name that nothing has there. Raises OSError."""
    folder = path.parent / where
    folder.mkdir(exist_ok=True)
    target, number = folder / path.name, 1
    while target.exists() or target.is_symlink():
        number += 1
        target = folder / f"{path.stem}-{number}{path.suffix}"
    path.rename(target)
    if why:
        target.with_name(f"{target.name}.why.txt").write_text(f"{why}\n", encoding="utf-8")
