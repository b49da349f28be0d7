"""The anchors that a chain is verified against, from the files that were given, or the one that `serve` writes."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from storage.anchors import Anchor, recorded
from storage.verification import Verification


@dataclass(frozen=True)
class Known:
    """Anchors from `files`, and what an auditor must know about reading them."""

    anchors: tuple[Anchor, ...]
    notes: tuple[str, ...]


def known(given: Sequence[Path], usual: Path) -> Known:
    """The anchors in the files `given`, else in the `usual` one if it is there. Raises OSError."""
    files = given or [path for path in (usual,) if path.exists()]
    anchors: list[Anchor] = []
    notes: list[str] = []
    for path in files:
        found = recorded(path)
        anchors += found.anchors
        if found.unreadable:
            notes.append(f"{found.unreadable} lines of {path} are no anchors and could not be compared.")
    if not anchors:
        where = ", ".join(map(str, files)) or str(usual)
        notes.append(f"No anchors in {where}: cut tails and full rewrites cannot be seen without anchors.")
    return Known(tuple(anchors), tuple(notes))


def notes_of(known: Known, seen: Verification) -> tuple[str, ...]:
    """What the result does not say by itself."""
    last = max((each.seq for each in known.anchors), default=seen.seq)
    if last >= seen.seq:
        return known.notes
    newer = f"The last {seen.seq - last} entries are newer than every anchor"
    return (*known.notes, f"{newer}: if there were more and they were cut off, this could not tell.")
