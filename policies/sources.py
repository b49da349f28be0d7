"""The files of a policy: the one that is named and those that it includes, read but not yet understood.

Files are named relative to the file that includes them and lie in or below its folder, also once links are followed. A file
that is included twice is read once; one that would include itself is a mistake, except where only a glob says so.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path as FilePath

from policies.document import Document, read
from policies.problems import Mistake, Path, Problem, did_you_mean
from policies.rules import includable, is_glob

LARGEST = 1 << 20  # bytes of one file
MOST = 4 << 20  # bytes of all files together
MOST_FILES = 100

_Stamp = tuple[int, int, int] | None


@dataclass
class Sources:
    """What there is of a policy's files. `documents` begins with the file that was named, then in the order of inclusion."""

    documents: list[Document] = field(default_factory=list)
    stamps: dict[FilePath, _Stamp] = field(default_factory=dict)
    globs: dict[tuple[FilePath, str], tuple[str, ...]] = field(default_factory=dict)

    def changed(self) -> bool:
        """Whether a file is not as it was read, or a glob finds others."""
        return any(_stamp(path) != stamp for path, stamp in self.stamps.items()) or any(
            _found(folder, pattern) != found for (folder, pattern), found in self.globs.items()
        )


def gather(path: FilePath) -> Sources:
    """Read a policy's files. Never raises: what is wrong with them stands in the documents."""
    sources = Sources()
    _Gathering(sources, path.parent.resolve()).take(path, ())
    return sources


def document_of(content: bytes, file: str) -> Document:
    """The text of one file, read as YAML; `file` names it in problems."""
    document = Document(file)
    if len(content) > LARGEST:
        document.problems.append(_whole(file, f"larger than {LARGEST >> 20} MiB: split or shorten the policy"))
        return document
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        place = content.count(b"\n", 0, error.start) + 1, error.start - content.rfind(b"\n", 0, error.start)
        document.complain((), "not UTF-8 text: save the file as UTF-8", place)
        return document
    return read(file, text)


class _Gathering:
    """Follows what files include."""

    def __init__(self, sources: Sources, root: FilePath) -> None:
        self._sources, self._root, self._bytes, self._seen = sources, root, 0, set[FilePath]()

    def take(self, path: FilePath, chain: tuple[FilePath, ...]) -> None:
        """Read one file and what it includes. `chain` are the real paths of the files that led to it."""
        document = self._read(path)
        self._sources.documents.append(document)
        chain = (*chain, path.resolve())
        self._seen.add(chain[-1])
        if document.whole:
            document.tell(mistake for found in _includes(document) for mistake in self._follow(path, chain, *found))

    def _follow(self, path: FilePath, chain: tuple[FilePath, ...], where: Path, written: str) -> Iterator[Mistake]:
        """Take the files that an entry names, and say what is wrong with it."""
        names = [written]
        if is_glob(written):
            names = [*self._glob(path.parent, written)]
            if not names:
                yield Mistake(where, f"{written!r} finds no file: write a name, or remove it")
        for name in names:
            file = path.parent / name
            real = file.resolve()
            if real in chain:
                if not is_glob(written):
                    yield Mistake(where, f"this file is itself a part of {name!r}: remove one of the two")
            elif why := self._obstacle(file, real):
                yield Mistake(where, why)
            elif real not in self._seen:
                self.take(file, chain)

    def _obstacle(self, file: FilePath, real: FilePath) -> str | None:
        """Why a file cannot be included."""
        if not real.is_relative_to(self._root):
            return f"{str(file.name)!r} is a link that leads out of the policy's folder: put the file itself there"
        if not real.is_file():
            self._sources.stamps.setdefault(file, _stamp(file))
            near = did_you_mean(file.name, _beside(file)) or ": write one that is there, or remove it"
            return f"there is no file {file.name!r} in {str(file.parent)!r}{near}"
        if real not in self._seen and len(self._seen) >= MOST_FILES:
            return f"a policy has at most {MOST_FILES} files: put some of them together"
        if self._bytes > MOST:
            return f"all files together are larger than {MOST >> 20} MiB: shorten the policy"
        return None

    def _glob(self, folder: FilePath, pattern: str) -> tuple[str, ...]:
        found = _found(folder, pattern)
        self._sources.globs[folder, pattern] = found
        return found[: MOST_FILES + 1]

    def _read(self, path: FilePath) -> Document:
        try:
            self._sources.stamps[path] = _stamp(path)
            with path.open("rb") as file:
                content = file.read(LARGEST + 1)
        except OSError as error:
            document = Document(str(path))
            why = f"cannot be read ({error.strerror or error}): name a policy file that can be"
            document.problems.append(_whole(str(path), why))
            return document
        self._bytes += len(content)
        return document_of(content, str(path))


def _includes(document: Document) -> Iterator[tuple[Path, str]]:
    """The entries of `include` that can be followed; the others have a problem of their own."""
    entries = document.value.get("include") if isinstance(document.value, dict) else None
    for number, entry in enumerate(entries[:50] if isinstance(entries, list) else []):
        if isinstance(entry, str) and includable(entry):
            yield ("include", number), entry


def _whole(file: str, message: str) -> Problem:
    return Problem(file, None, None, "", message)


def _beside(file: FilePath) -> list[str]:
    try:
        return [entry.name for entry in os.scandir(file.parent)]
    except OSError:
        return []


def _found(folder: FilePath, pattern: str) -> tuple[str, ...]:
    """The files that a glob finds, without hidden ones, in the order of their names."""
    names = (file.relative_to(folder) for file in folder.glob(pattern) if file.is_file())
    return tuple(sorted(name.as_posix() for name in names if not any(part.startswith(".") for part in name.parts)))


def _stamp(path: FilePath) -> _Stamp:
    """What changes when a file does; None while there is no such file."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino
