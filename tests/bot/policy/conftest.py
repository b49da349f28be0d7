"""A stage on each database, as the flow's own tests have it."""

from collections.abc import AsyncIterator

import pytest

from tests.bot.flow.stage import Stage, stage_on
from tests.conftest import Database


@pytest.fixture
async def stage(database: Database) -> AsyncIterator[Stage]:
    async with stage_on(database.url) as made:
        yield made
