"""A stage on each database, and the command line beside it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot.cli import main
from tests.bot.flow.stage import Stage, stage_on

Typed = Callable[..., Awaitable[Result]]


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture
async def stage(url: str) -> AsyncIterator[Stage]:
    async with stage_on(url) as made:
        yield made


@pytest.fixture
def anchors(tmp_path: Path) -> Path:
    return tmp_path / "anchors.jsonl"


@pytest.fixture
def typed(url: str, anchors: Path, tmp_path: Path) -> Typed:
    """Type `signoff audit …`; what is served goes on meanwhile."""
    env = {
        "SIGNOFF_DATABASE_URL": url,
        "SIGNOFF_AUDIT_ANCHORS": str(anchors),
        "SIGNOFF_CUSTOMERS_URL": f"sqlite:///{tmp_path / 'customers.db'}",
    }

    async def type_it(*arguments: str, **other: str) -> Result:
        return await asyncio.to_thread(lambda: CliRunner().invoke(main, ["audit", *arguments], env=env | other))

    return type_it
