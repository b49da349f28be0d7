"""A real MCP server for each test that asks for one."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.fakes.crm import Crm


@pytest.fixture
async def crm(tmp_path: Path) -> AsyncIterator[Crm]:
    made = Crm(tmp_path)
    made.over_stdio()
    yield made
    await made.close()
