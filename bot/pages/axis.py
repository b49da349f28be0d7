"""One time axis for everything that a run did: work is drawn to scale, time in which nobody but people worked is folded.

A decision takes hours where everything else takes seconds. Drawn to scale, either would make the other invisible, so each
stretch of waiting gets a fixed width and says in words how long it was. Pure.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

FOLD = 0.14  # width of a folded stretch, as a share of the time that was worked
MOST_FOLDED = 0.5  # width of all of them together, as a share of the same
THINNEST = 0.8  # percent of the axis that the shortest bar is wide
APART = 18.0  # percent between two ticks that can be read


@dataclass(frozen=True)
class Span:
    """A stretch of real time; `waits` where people were waited for."""

    begin: datetime
    end: datetime
    waits: bool


@dataclass(frozen=True)
class Bar:
    """Where something is on the axis, in percent of its width."""

    at: float
    width: float


@dataclass(frozen=True)
class Stretch:
    """A piece of the axis. `folded`: not to scale, because nothing but waiting happened; `waits`: for people."""

    begin: float
    end: float
    bar: Bar
    folded: bool
    waits: bool

    @property
    def ms(self) -> int:
        """How long it really was, in milliseconds."""
        return round((self.end - self.begin) * 1000)


@dataclass(frozen=True)
class Axis:
    """The stretches in order. Times are seconds since `zero`."""

    zero: datetime
    stretches: tuple[Stretch, ...]

    def bar(self, begin: datetime, end: datetime) -> Bar:
        """Where a step is."""
        at, until = self._at(begin), self._at(end)
        width = max(until - at, THINNEST)
        return Bar(round(min(at, 100 - width), 3), round(width, 3))

    @property
    def folds(self) -> tuple[Stretch, ...]:
        """The folded stretches."""
        return tuple(each for each in self.stretches if each.folded)

    @property
    def ticks(self) -> tuple[tuple[float, int], ...]:
        """Where the axis is labelled, and with how many milliseconds since its beginning."""
        ends = [(each.bar.at + each.bar.width, each.end) for each in self.stretches]
        shown, last = [(0.0, 0)], 0.0
        for at, seconds in ends:
            if at - last >= APART and at <= 100 - APART:
                shown.append((round(at, 3), round(seconds * 1000)))
                last = at
        return (*shown, (100.0, round(ends[-1][1] * 1000))) if ends else tuple(shown)

    def _at(self, moment: datetime) -> float:
        seconds = (moment - self.zero).total_seconds()
        for each in self.stretches:
            if seconds <= each.end:
                length = each.end - each.begin
                share = (seconds - each.begin) / length if length > 0 else 0.0
                return each.bar.at + each.bar.width * min(max(share, 0.0), 1.0)
        return 100.0


def axis_of(zero: datetime, end: datetime, spans: Sequence[Span]) -> Axis:
    """The axis from `zero` to `end` with these spans on it."""
    pieces = list(_merged(_pieces(zero, end, spans)))
    worked = sum(until - begin for begin, until, idle, _ in pieces if not idle)
    folded = [idle and until - begin > worked * FOLD for begin, until, idle, _ in pieces]
    most = min(worked * FOLD, worked * MOST_FOLDED / max(sum(folded), 1))
    weights = [
        (most if fold else until - begin) if worked else 1.0 for (begin, until, *_), fold in zip(pieces, folded, strict=True)
    ]
    whole, at, stretches = sum(weights) or 1.0, 0.0, []
    for (begin, until, _, waits), fold, weight in zip(pieces, folded, weights, strict=True):
        width = 100 * weight / whole
        stretches.append(Stretch(begin, until, Bar(round(at, 3), round(width, 3)), fold, waits))
        at += width
    return Axis(zero, tuple(stretches))


Piece = tuple[float, float, bool, bool]  # begin, end, whether nothing worked, whether people were waited for


def _pieces(zero: datetime, end: datetime, spans: Sequence[Span]) -> Iterator[Piece]:
    """The time between two moments at which something begins or ends, by what goes on in it."""
    changes: list[tuple[float, int, bool]] = []
    last = max((end - zero).total_seconds(), 0.0)
    for span in spans:
        begin, until = ((each - zero).total_seconds() for each in (span.begin, span.end))
        changes += [(min(max(begin, 0.0), last), 1, span.waits), (min(max(until, 0.0), last), -1, span.waits)]
    changes += [(last, 0, False)]
    working, waiting, before = 0, 0, 0.0
    for at, by, waits in sorted(changes):
        if at > before:
            yield before, at, working == 0, waiting > 0
            before = at
        working, waiting = (working, waiting + by) if waits else (working + by, waiting)


def _merged(pieces: Iterator[Piece]) -> Iterator[Piece]:
    held: Piece | None = None
    for piece in pieces:
        if held is not None and held[2:] == piece[2:]:
            held = (held[0], piece[1], *piece[2:])
            continue
        if held is not None:
            yield held
        held = piece
    if held is not None:
        yield held
