"""An office on each database."""

from collections.abc import AsyncIterator

import pytest

from tests.bot.api.office import Office, Program, office_of
from tests.bot.flow.stage import Stage, stage_on


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
async def stage(request: pytest.FixtureRequest) -> AsyncIterator[Stage]:
    async with stage_on(request.getfixturevalue(f"{request.param}_url")) as made:
        yield made


@pytest.fixture
async def office(stage: Stage) -> AsyncIterator[Office]:
    async with office_of(stage) as made:
        yield made


@pytest.fixture
async def sqlite_office(sqlite_url: str) -> AsyncIterator[Office]:
    """For what has nothing to do with the database."""
    async with stage_on(sqlite_url) as stage, office_of(stage) as made:
        yield made


@pytest.fixture
async def agent(office: Office) -> Program:
    """An agent of another make, whose owner is Anna."""
    return await office.program()
