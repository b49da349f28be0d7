"""Rows 1 to 5: a replica is killed at every point of a request's life, and everything that must hold still holds."""

import os
import time
from collections.abc import AsyncIterator, Callable
from itertools import count

import pytest
import pytest_asyncio

from storage.sql import schema
from tests.faults.case import Case
from tests.faults.crash import Nursery, Town, chain_problem, kept_alive, nursery, town
from tests.faults.history import check
from tests.faults.points import POINTS, Point

FULL = os.environ.get("SIGNOFF_FAULTS") == "full"
KILLS = 100 if FULL else 1
NUMBERS = count()
BACK = 10.0  # seconds until a killed service serves again

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(3600 if FULL else 120)]

Say = Callable[[str], None]


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Say:
    """Print a figure past the capture, in a full run."""

    def told(line: str) -> None:
        if FULL:
            with capsys.disabled():
                print(f"\n{line}", flush=True)

    return told


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def parent(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Nursery]:
    async with nursery(tmp_path_factory.mktemp("nursery") / "log") as made:
        yield made


@pytest_asyncio.fixture(  # a town grows with each case, so a hundred of them have one of their own
    loop_scope="module",
    scope="function" if FULL else "module",
    params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)],
)
async def place(
    request: pytest.FixtureRequest, parent: Nursery, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Town]:
    url = None
    if request.param == "postgresql":
        url = request.getfixturevalue("cluster").create(f"crashes_{next(NUMBERS)}")
        schema.upgrade(url)
    async with town(tmp_path_factory.mktemp(request.param), parent, url) as made, kept_alive(made):
        yield made


@pytest.mark.parametrize("point", POINTS, ids=str)
async def test_a_kill_here_breaks_nothing(place: Town, point: Point, say: Say) -> None:
    began, kills = time.monotonic(), place.kills
    place.back.clear()
    problems = []
    for _ in range(KILLS):
        case = Case(place, point)
        await case.play()
        problems += [f"case {case.number}: {problem}" for problem in case.problems]
    slowest = max(place.back)
    say(f"{place.kills - kills} kills, {point}, {place.database}: {time.monotonic() - began:.0f} s, back in {slowest:.1f} s")
    assert problems == []
    assert slowest <= BACK
    assert await chain_problem(place) is None
    assert check(place.history.events) == []
