"""The test of the tester: every planted bug is found, by a schedule that the program without it passes."""

from collections.abc import Callable, Iterator
from itertools import count

import pytest

from tests.faults.bases import SqliteBase, sqlite_files
from tests.faults.mutants import MUTANTS, Mutant
from tests.faults.schedule import outcome_of, plan_of

MOST = 400  # seeds that a bug may survive


@pytest.fixture(scope="module")
def fresh() -> Iterator[Callable[[], SqliteBase]]:
    with sqlite_files() as made:
        yield made


def test_there_are_at_least_twelve_and_they_differ() -> None:
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS) >= 12


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_the_rig_finds_the_planted_bug(
    mutant: Mutant, fresh: Callable[[], SqliteBase], record_property: Callable[[str, object], None]
) -> None:
    seed, found = hunt(mutant, fresh)
    record_property("figure", f"{mutant.name}: found by seed {seed}, {found[0]}")
    assert outcome_of(fresh(), seed, plan_of(seed, *mutant.takes)) == []


def hunt(mutant: Mutant, fresh: Callable[[], SqliteBase]) -> tuple[int, list[str]]:
    """The first seed by which the rig finds the bug, and what it says."""
    with mutant.planted():
        for seed in count():
            assert seed < MOST, f"{MOST} schedules did not find out that {mutant.name}"
            if found := outcome_of(fresh(), seed, plan_of(seed, *mutant.takes)):
                return seed, found
    raise AssertionError
