"""A house on each database."""

from collections.abc import AsyncIterator

import pytest

from tests.bot.flow.stage import Stage, stage_on
from tests.bot.pages.visit import House, house_of


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
async def stage(request: pytest.FixtureRequest) -> AsyncIterator[Stage]:
    async with stage_on(request.getfixturevalue(f"{request.param}_url")) as made:
        yield made


@pytest.fixture
async def house(stage: Stage) -> AsyncIterator[House]:
    async with house_of(stage) as made:
        yield made


@pytest.fixture
async def sqlite_house(sqlite_url: str) -> AsyncIterator[House]:
    """For what has nothing to do with the database."""
    async with stage_on(sqlite_url) as stage, house_of(stage) as made:
        yield made
