"""A fresh stage for each test, on SQLite and on PostgreSQL."""

from collections.abc import AsyncIterator

import pytest

from tests.bot.flow.stage import Stage, stage_on


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
async def stage(request: pytest.FixtureRequest) -> AsyncIterator[Stage]:
    async with stage_on(request.getfixturevalue(f"{request.param}_url")) as made:
        yield made


@pytest.fixture
async def sqlite_stage(sqlite_url: str) -> AsyncIterator[Stage]:
    """For what is done to the database file itself."""
    async with stage_on(sqlite_url) as made:
        yield made
