"""`python -m tests.faults`: every part of the rig, its progress, and a table of the fault matrix at the end.

    python -m tests.faults                  a sample of everything
    python -m tests.faults --full           all of it: 10,000 seeds, 10,000 deadlines, each kill a hundred times
    python -m tests.faults --only seeds     the parts whose name has that in it
    python -m tests.faults --seed 4711      one schedule, told step by step
    python -m tests.faults --json FILE      the table as JSON too

Ends with 0 if everything holds, else with 1.
"""

import argparse
import ast
import json
import os
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal

import pytest

from tests.faults import schedule
from tests.faults.bases import sqlite_files
from tests.faults.deadline import IN_ONE_WORLD
from tests.faults.many import chunks, play, race, say, spread
from tests.faults.turns import turns
from tests.faults.world import run

HERE = Path(__file__).parent
CHUNK = 20  # schedules that a worker plays between two signs of life
Verdict = Literal["holds", "BROKEN", "known and open", "not run"]


@dataclass(frozen=True)
class Line:
    """One line of the table."""

    row: str
    done: str
    figure: str
    verdict: Verdict
    seconds: float
    details: tuple[str, ...] = ()  # what each case tells


@dataclass(frozen=True)
class Size:
    """How much is run."""

    full: bool
    seeds: int
    deadlines: int


# --- schedules
def seeds(size: Size) -> Iterator[Line]:
    """Schedules of everything that can happen and go wrong."""
    counts, problems, took = spread(play, chunks(size.seeds, CHUNK))
    figure = f"{counts['played']:,} seeds, {len(problems)} violations of I1-I8 and I10"
    yield Line("all", "the flow in simulated worlds, everything at once", figure, _holds(not problems), took)


def deadlines(size: Size) -> Iterator[Line]:
    """Clicks within 50 ms of the end."""
    counts, problems, took = spread(race, chunks(-(-size.deadlines // IN_ONE_WORLD), 4))
    figure = (
        f"{counts.total():,} ends raced: {counts.total() - counts['expired']:,} decided before, "
        f"{counts['expired']:,} expired, {len(problems)} at or after"
    )
    yield Line("14", "approve, edit and sweep within 50 ms of the end", figure, _holds(not problems), took)


def _holds(well: bool) -> Verdict:
    return "holds" if well else "BROKEN"


# --- the parts that are tests
@dataclass
class _Told:
    """Hears what pytest tells of each test."""

    outcomes: dict[str, Counter[str]] = field(default_factory=dict)
    figures: dict[str, list[str]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        name = report.nodeid.split("::")[-1].split("[")[0]
        outcomes = self.outcomes.setdefault(name, Counter())
        self.seconds[name] = self.seconds.get(name, 0.0) + report.duration
        if report.when == "call" or report.outcome != "passed":
            outcomes["xfailed" if hasattr(report, "wasxfail") else report.outcome] += 1
        if report.when == "call":
            self.figures.setdefault(name, []).extend(str(told) for key, told in report.user_properties if key == "figure")


def tests(path: Path, size: Size) -> Iterator[Line]:
    """The lines of one file of tests: one for each test of a file about several rows, one for any other file."""
    told = _Told()
    pytest.main(["-q", "--no-header", "-p", "no:cacheprovider", str(path)], plugins=[told])
    words = ast.get_docstring(ast.parse(path.read_text())) or path.stem
    begins = re.match(r"Rows? ([\d to,and]+?)(?: of the fault matrix)?: ", words)
    row, about = (begins[1], words[begins.end() :]) if begins else ("-", words)
    by_row = {name: each[1] for name in told.outcomes if (each := re.match(r"test_row_(\d+)_", name))}
    for name, number in by_row.items():
        yield _line(told, number, name.removeprefix(f"test_row_{number}_").replace("_", " "), [name])
    if rest := [name for name in told.outcomes if name not in by_row]:
        yield _line(
            told, "all" if by_row else row, "samples of simulated worlds" if by_row else " ".join(about.split()), rest
        )


def _line(told: _Told, row: str, done: str, names: list[str]) -> Line:
    counts = sum((told.outcomes[name] for name in names), Counter[str]())
    figures = [figure for name in names for figure in told.figures.get(name, [])]
    cases = ", ".join(f"{count:,} of {counts.total():,} {outcome}" for outcome, count in sorted(counts.items()))
    verdict: Verdict = "BROKEN" if counts["failed"] else "holds" if counts["passed"] else "not run"
    if verdict == "holds" and counts["xfailed"]:
        verdict = "known and open"
    took = sum(told.seconds[name] for name in names)
    return Line(row, done, figures[0] if len(set(figures)) == 1 else cases, verdict, took, tuple(figures))


# --- all of it
def parts(only: str) -> dict[str, Callable[[Size], Iterable[Line]]]:
    """What there is to run, by name."""
    files = {path.stem.removeprefix("test_"): path for path in sorted(HERE.glob("test_*.py"))}
    every: dict[str, Callable[[Size], Iterable[Line]]] = {"seeds": seeds, "deadlines": deadlines}
    every |= {name: lambda size, path=path: tests(path, size) for name, path in files.items()}  # type: ignore[misc]
    return {name: part for name, part in every.items() if only in name}


def table(lines: list[Line]) -> str:
    """The lines under each other, in the order of the matrix."""
    ordered = sorted(lines, key=lambda line: int((re.findall(r"\d+", line.row) or ["99"])[0]))
    cells = [("row", "what was done", "figure", "verdict", "took")]
    cells += [(line.row, line.done[:90], line.figure, line.verdict, f"{line.seconds:.0f} s") for line in ordered]
    widths = [max(len(row[column]) for row in cells) for column in range(4)]
    return "\n".join(
        "  ".join((*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[4])) for row in cells
    )


def one(seed: int) -> int:
    """Play one schedule and tell it."""

    async def told() -> list[str]:
        found = await schedule.play(base, seed)
        say("\n".join(turns().log) + "\n")
        return found

    with sqlite_files() as fresh:
        base = fresh()
        found = run(seed, told)
    say(f"{schedule.plan_of(seed)}\n" + "\n".join(found or ["everything holds"]) + "\n")
    return 1 if found else 0


def main() -> int:
    """Run what is asked for; 0 if everything holds."""
    asked = argparse.ArgumentParser(
        "python -m tests.faults", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    asked.add_argument("--full", action="store_true", help="everything, at the sizes of the fault matrix")
    asked.add_argument("--seeds", type=int, help="how many schedules")
    asked.add_argument("--seed", type=int, help="only this schedule")
    asked.add_argument("--only", default="", help="parts whose name has this in it")
    asked.add_argument("--json", type=Path, help="where to write the table")
    given = asked.parse_args()
    if given.seed is not None:
        return one(given.seed)
    if given.full:
        os.environ["SIGNOFF_FAULTS"] = "full"  # the tests read their sizes from it
    many = 10_000 if given.full else 200
    size = Size(given.full, given.seeds or many, many)
    lines: list[Line] = []
    for name, part in parts(given.only).items():
        say(f"{name}\n")
        lines += part(size)
    say(f"\n{table(lines)}\n")
    if given.json:
        given.json.write_text(json.dumps([asdict(line) for line in lines], indent=2) + "\n")
    return 0 if lines and all(line.verdict != "BROKEN" for line in lines) else 1


if __name__ == "__main__":
    sys.exit(main())
