"""A terminal for each test that types, and a stage on each database, as the flow's own tests have it."""

from collections.abc import AsyncIterator

import pytest

from tests.bot.flow.stage import Stage, stage_on
from tests.bot.policy.terminal import terminal
from tests.conftest import Database

__all__ = ["terminal"]


@pytest.fixture
async def stage(database: Database) -> AsyncIterator[Stage]:
    async with stage_on(database.url) as made:
        yield made
