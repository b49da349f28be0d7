"""A folder of mails: each file that has come to rest starts a run, then goes to `done/`, or with the reason to `refused/`.

The run is committed before the file moves. After a crash in between, the file is found again, known by its name, its time
and its content, and only moved. A lock file keeps other replicas out while one looks; should it not hold, on a network
drive for instance, the database still starts one run only.
"""

import asyncio
import hashlib
import logging
import os
import stat
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from filelock import FileLock, Timeout

from agents.mail import LIMIT, TicketRejected, ticket_input
from bot.flow.run import InputRefused
from bot.flow.signoff import Signoff
from bot.flow.trigger import Occasion, Taken, requester, take
from bot.triggers.file import Mailbox
from storage.records import Place

log = logging.getLogger(__name__)

QUIET = 2.0  # seconds without a change after which a file counts as written
AT_ONCE = 50  # files per look, so that a full folder holds up nothing else for long
DONE, REFUSED, LOCK = "done", "refused", ".signoff.lock"

_MAILDIR = ("new", "cur", "tmp")  # https://cr.yp.to/proto/maildir.html: what is in `new` is whole


@dataclass(frozen=True)
class Mark:
    """How a file was found: it is the same for as long as this is."""

    kind: int
    inode: int
    size: int
    changed: int  # nanoseconds

    @property
    def regular(self) -> bool:
        """Whether it is a file, and no link or folder or device."""
        return stat.S_ISREG(self.kind)


@dataclass(frozen=True)
class Letter:
    """A file that is to be read."""

    path: Path
    mark: Mark


@dataclass
class Folder:
    """One mailbox. `clock` gives seconds that never go back."""

    signoff: Signoff
    name: str
    mailbox: Mailbox
    place: Place | None
    clock: Callable[[], float] = time.monotonic
    _resting: dict[str, tuple[Mark, float]] = field(default_factory=dict)
    _stuck: set[str] = field(default_factory=set)

    async def look(self) -> None:
        """Take what has come to rest, the oldest first. Raises StorageError; what was not taken stays where it is."""
        lock = FileLock(self.mailbox.folder / LOCK, thread_local=False)
        try:
            for letter in await asyncio.to_thread(self._letters, lock):
                await self._take(letter)
        except Timeout:
            log.debug("mailbox %s is being looked at by another replica", self.name)
        except OSError as error:
            self._complain("", f"mailbox {self.name} ({self.mailbox.folder}) cannot be looked at: {error}")
        finally:
            lock.release()

    async def _take(self, letter: Letter) -> None:
        try:
            occasion = await asyncio.to_thread(self._occasion, letter)
            taken = await self.signoff.store.write(lambda tx: take(tx, self.signoff, occasion))
        except (TicketRejected, InputRefused) as error:
            log.warning("mailbox %s refused %s: %s", self.name, letter.path.name, error)
            await self._move(letter, REFUSED, str(error))
        except FileNotFoundError:
            return  # somebody took it away
        except OSError as error:
            self._complain(letter.path.name, f"mailbox {self.name}: {letter.path.name} cannot be read: {error}")
        else:
            log.info("mailbox %s: %s, %s", self.name, letter.path.name, _told(taken))
            await self._move(letter, DONE, None if taken.new else _told(taken))

    def _occasion(self, letter: Letter) -> Occasion:
        """Raises TicketRejected, OSError."""
        data = _read(letter)
        about = f"{letter.path.name}\n{letter.mark.changed}\n".encode("utf-8", "surrogateescape")
        return Occasion(
            agent=self.signoff.agents[self.mailbox.agent],
            text=ticket_input(data),
            person=requester("mailbox", self.name),
            place=self.place,
            delivery=f"mailbox:{self.name}:{hashlib.sha256(about + data).hexdigest()}",
            window=self.mailbox.span,
        )

    def _letters(self, lock: FileLock) -> list[Letter]:
        """Lock the folder; what has not changed for a while; of a Maildir, all there is. Raises Timeout, OSError."""
        if not self.mailbox.folder.is_dir():
            raise FileNotFoundError("there is no such folder any more")  # a lock would make it anew
        lock.acquire(timeout=0)
        now, found = self.clock(), list(_found(self.mailbox.folder))
        seen = {each.path.name: self._resting.get(each.path.name) for each in found}
        self._resting = {
            each.path.name: known if (known := seen[each.path.name]) and known[0] == each.mark else (each.mark, now)
            for each in found
        }
        whole = _is_maildir(self.mailbox.folder)
        self._stuck &= {"", *seen}
        ready = [each for each in found if whole or now - self._resting[each.path.name][1] >= QUIET]
        return sorted(ready, key=lambda each: (each.mark.changed, each.path.name))[:AT_ONCE]

    async def _move(self, letter: Letter, where: str, why: str | None) -> None:
        try:
            await asyncio.to_thread(_put, letter, self.mailbox.folder / where, why)
        except OSError as error:
            self._complain(letter.path.name, f"mailbox {self.name}: {letter.path.name} cannot be moved to {where}: {error}")

    def _complain(self, about: str, message: str) -> None:
        """Say it once: it is tried again every few seconds."""
        if about not in self._stuck:
            self._stuck.add(about)
            log.error("%s", message)


def _told(taken: Taken) -> str:
    if taken.new:
        return f"{taken.run_id} is on it"
    return f"this was taken already{f': {taken.run_id} is on it' if taken.run_id else ''}"


def _is_maildir(folder: Path) -> bool:
    return all((folder / name).is_dir() for name in _MAILDIR)


def _found(folder: Path) -> Iterator[Letter]:
    """Every file that is a mail by its name; what begins with a dot is being written, or ours."""
    whole = _is_maildir(folder)
    with os.scandir(folder / "new" if whole else folder) as entries:
        for entry in entries:
            if not entry.name.startswith(".") and (whole or entry.name.lower().endswith(".eml")):
                try:
                    yield Letter(Path(entry.path), _mark(entry.stat(follow_symlinks=False)))
                except FileNotFoundError:
                    continue


def _mark(found: os.stat_result) -> Mark:
    return Mark(stat.S_IFMT(found.st_mode), found.st_ino, found.st_size, found.st_mtime_ns)


def _read(letter: Letter) -> bytes:
    """The bytes of the very file that was found. Raises TicketRejected, OSError."""
    if not letter.mark.regular:
        raise TicketRejected("This is no file of its own (a link, for example). Put the mail itself here.")
    if letter.mark.size >= LIMIT:
        size = f"{letter.mark.size:,} bytes; it must be smaller than {LIMIT:,} bytes (1 MiB)"
        raise TicketRejected(f"The mail is too large: {size}. Send the text without its attachments.")
    with os.fdopen(os.open(letter.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
        data = file.read(LIMIT)
        if _mark(os.fstat(file.fileno())) != letter.mark:
            raise FileNotFoundError(letter.path)  # there is another one in its place, which has its own turn
        return data


def _put(letter: Letter, folder: Path, why: str | None) -> None:
    """Move the file under a free name, unless another one took its place; the reason is beside it first."""
    if _mark(letter.path.lstat()) != letter.mark:
        return
    folder.mkdir(exist_ok=True)
    target = _free(folder, letter.path.name)
    if why:
        target.with_name(f"{target.name}.why.txt").write_text(f"{why}\n", "utf-8")
    letter.path.rename(target)


def _free(folder: Path, name: str) -> Path:
    """A path in the folder at which nothing stands."""
    number, target = 1, folder / name
    while os.path.lexists(target):
        number += 1
        target = folder / f"{Path(name).stem}-{number}{Path(name).suffix}"
    return target
