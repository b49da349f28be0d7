"""What a benchmark found: quantities measured once in each repetition, and ratios of quantities of the same repetition."""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from storage.records import JsonObject


@dataclass(frozen=True)
class Figure:
    """One quantity. `target` says in words what it should be, and `met` tells whether a median is that."""

    name: str
    unit: str
    samples: tuple[float, ...]
    target: str = ""
    met: Callable[[float], bool] | None = None

    @property
    def median(self) -> float:
        return statistics.median(self.samples)

    @property
    def verdict(self) -> str:
        """Whether the target is met, in a word; empty where there is none."""
        if self.met is None:
            return ""
        return "met" if self.met(self.median) else "MISSED"

    def json(self) -> JsonObject:
        return {
            "name": self.name,
            "unit": self.unit,
            "samples": [*self.samples],
            "min": min(self.samples),
            "median": self.median,
            "max": max(self.samples),
            "target": self.target or None,
            "verdict": self.verdict or None,
        }


@dataclass(frozen=True)
class Report:
    """The figures of one benchmark, and what has to be known to read them."""

    name: str
    figures: tuple[Figure, ...]
    notes: tuple[str, ...] = ()

    def json(self) -> JsonObject:
        return {"name": self.name, "figures": [figure.json() for figure in self.figures], "notes": [*self.notes]}


@dataclass
class Samples:
    """Gathers what the repetitions measure."""

    taken: dict[str, tuple[str, list[float]]] = field(default_factory=dict)

    def add(self, name: str, unit: str, value: float) -> None:
        self.taken.setdefault(name, (unit, []))[1].append(value)

    def figure(self, name: str) -> Figure:
        unit, samples = self.taken[name]
        return Figure(name, unit, tuple(samples))

    def figures(self) -> tuple[Figure, ...]:
        return tuple(map(self.figure, self.taken))

    def ratio(
        self, name: str, over: str, under: str, target: str = "", met: Callable[[float], bool] | None = None
    ) -> Figure:
        """`over` divided by `under`, repetition by repetition."""
        pairs = zip(self.taken[over][1], self.taken[under][1], strict=True)
        return Figure(name, "x", tuple(one / other for one, other in pairs), target, met)

    def difference(
        self, name: str, more: str, less: str, target: str = "", met: Callable[[float], bool] | None = None
    ) -> Figure:
        """`more` less `less`, repetition by repetition."""
        pairs = zip(self.taken[more][1], self.taken[less][1], strict=True)
        return Figure(name, self.taken[more][0], tuple(one - other for one, other in pairs), target, met)


def at_least(bound: float) -> Callable[[float], bool]:
    return lambda value: value >= bound


def at_most(bound: float) -> Callable[[float], bool]:
    return lambda value: value <= bound


def percentile(samples: Sequence[float], part: float) -> float:
    """The value below which that part (0 to 1) of the samples lies."""
    ordered = sorted(samples)
    return ordered[min(int(part * len(ordered)), len(ordered) - 1)]


def table(report: Report) -> str:
    """A report for people."""
    rows = [("", "unit", "min", "median", "max", "target", "")]
    for figure in report.figures:
        low, middle, high = (_number(value) for value in (min(figure.samples), figure.median, max(figure.samples)))
        rows.append((figure.name, figure.unit, low, middle, high, figure.target, figure.verdict))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(_placed(cell, column, width) for column, (cell, width) in enumerate(zip(row, widths, strict=True)))
             for row in rows]  # fmt: skip
    notes = [f"- {note}" for note in report.notes]
    return "\n".join([report.name, *(line.rstrip() for line in lines), *notes, ""])


def _placed(cell: str, column: int, width: int) -> str:
    return cell.rjust(width) if column in (2, 3, 4) else cell.ljust(width)


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
