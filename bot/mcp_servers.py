"""MCP servers while Signoff serves: the variables they are started with, and a look at them that nothing waits for."""

import asyncio
import logging
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from dotenv import dotenv_values

from agents.mcp_servers.hub import McpServers

log = logging.getLogger(__name__)


def environment() -> Mapping[str, str]:
    """The variables that the file of servers may name: those of the environment, then those of `.env`."""
    return {name: value for name, value in {**dotenv_values(".env"), **os.environ}.items() if value is not None}


@asynccontextmanager
async def looking(servers: McpServers) -> AsyncIterator[None]:
    """Have all servers looked at beside what else goes on; the log says which are not as they were pinned."""
    task = asyncio.create_task(servers.look())
    task.add_done_callback(_ended)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


def _ended(task: "asyncio.Task[object]") -> None:
    if not task.cancelled() and task.exception():
        log.error("the MCP servers could not be looked at", exc_info=task.exception())
