"""Many schedules on every processor."""

import sys
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context

from tests.faults.bases import sqlite_files
from tests.faults.deadline import raced
from tests.faults.schedule import outcome_of

Found = tuple[Counter[str], list[str]]


def chunks(many: int, size: int) -> list[range]:
    """0 to `many`, so many at a time."""
    return [range(begin, min(begin + size, many)) for begin in range(0, many, size)]


def play(seeds: range) -> Found:
    """How many schedules were played, and what did not hold."""
    with sqlite_files() as fresh:
        found = [f"seed {seed}: {problem}" for seed in seeds for problem in outcome_of(fresh(), seed)]
    return Counter(played=len(seeds)), found


def race(worlds: range) -> Found:
    """How requests ended that were raced at their ends, and what did not hold."""
    ended, found = Counter[str](), list[str]()
    with sqlite_files() as fresh:
        for seed in worlds:
            statuses, problems = raced(fresh(), seed)
            ended += statuses
            found += [f"deadline {seed}: {problem}" for problem in problems]
    return ended, found


def spread(work: Callable[[range], Found], over: list[range]) -> tuple[Counter[str], list[str], float]:
    """The counts and the problems of all chunks, and the seconds they took together."""
    begun, counts, problems = time.monotonic(), Counter[str](), list[str]()
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as workers:  # a fork of a process with threads may hang
        for done, future in enumerate(as_completed([workers.submit(work, chunk) for chunk in over]), 1):
            counted, found = future.result()
            counts += counted
            problems += found
            for problem in found:
                say(f"\n{problem}")
            say(f"\r  {done} of {len(over)} chunks, {len(problems)} problems, {time.monotonic() - begun:.0f} s ")
    say("\n")
    return counts, problems, time.monotonic() - begun


def say(text: str) -> None:
    """Print at once."""
    sys.stdout.write(text)
    sys.stdout.flush()
