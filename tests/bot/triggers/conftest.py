"""A stage on each database."""

from collections.abc import AsyncIterator

import pytest

from tests.bot.flow.stage import Stage, stage_on


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
async def stage(request: pytest.FixtureRequest) -> AsyncIterator[Stage]:
    async with stage_on(request.getfixturevalue(f"{request.param}_url")) as made:
        yield made
