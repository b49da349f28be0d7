"""The look at MCP servers beside what else goes on: whatever becomes of it, nothing else ends with it."""

import asyncio
import logging
from dataclasses import dataclass

import pytest

from agents.mcp_servers.hub import McpServers, Standing
from bot.mcp_servers import looking


@dataclass(frozen=True)
class Odd(McpServers):
    """Servers of which nobody knows what is wrong with them."""

    async def look(self) -> tuple[Standing, ...]:
        raise LookupError("odd")


@dataclass(frozen=True)
class Slow(McpServers):
    """Servers that never answer."""

    async def look(self) -> tuple[Standing, ...]:
        await asyncio.Event().wait()
        return ()


async def test_a_look_that_fails_is_logged_and_ends_nothing(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        async with looking(Odd()):
            await asyncio.sleep(0)

    assert "could not be looked at" in caplog.text


async def test_a_look_that_takes_long_ends_with_signoff() -> None:
    async with asyncio.timeout(5), looking(Slow()):
        await asyncio.sleep(0)
