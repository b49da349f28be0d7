"""A running sandbox for each test."""

from collections.abc import AsyncIterator

import pytest

from bot.sandbox.server import Sandbox
from tests.bot.sandbox.seeds import SEED


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    """A sandbox of the seed, as patient as Slack."""
    async with Sandbox(SEED) as running:
        yield running


@pytest.fixture
async def hurried() -> AsyncIterator[Sandbox]:
    """A sandbox that waits 0.3 s for acknowledgements and redelivers events at once."""
    async with Sandbox(SEED, ack_seconds=0.3, retry_seconds=(0.0, 0.0, 0.0)) as running:
        yield running
