"""The MCP server of `tests/fakes/mcp_server.py`, with the file that names it, and what a person pinned of it."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from agents.actions import Action, Effect
from agents.mcp_servers.hub import McpServers, Standing
from agents.mcp_servers.pins import Definition
from storage.records import JsonObject

PROGRAM = Path(__file__).with_name("mcp_server.py")
ENVIRONMENT = {"CRM_TOKEN": "crm-1", "CRM_AUTHORIZATION": "Bearer crm-1", "OTHER_TOKEN": "not for it"}
EFFECT = Effect("run_1:2", "run_1", "req_1")


@dataclass
class Crm:
    """A folder with `mcp.yaml`, and the server that it names."""

    unchanged: ClassVar[dict[str, Definition]] = {}

    folder: Path
    environment: dict[str, str] = field(default_factory=lambda: dict(ENVIRONMENT))
    opened: list[McpServers] = field(default_factory=list)

    @property
    def file(self) -> Path:
        return self.folder / "mcp.yaml"

    def over_stdio(self, **more: Any) -> None:
        self.names(command=sys.executable, args=[str(PROGRAM), str(self.folder)], env=["CRM_TOKEN"], **more)

    def names(self, **server: Any) -> None:
        self.file.write_text(json.dumps({"servers": {"crm": {"seconds": 2, **server}}}))

    def read(self) -> McpServers:
        """As a Signoff that has just started has them."""
        self.opened.append(McpServers.read(self.file, self.environment))
        return self.opened[-1]

    async def standing(self) -> Standing:
        return await self.read().standing("crm")

    async def pin(self) -> McpServers:
        """Pin what the server has now; what it has while nothing was changed is asked for once in all tests."""
        servers = self.read()
        if (self.folder / "changed.json").exists() or not self.unchanged:
            standing = await servers.standing("crm")
            await servers.close()
            if not (self.folder / "changed.json").exists():
                self.unchanged.update(standing.now)
        else:
            standing = Standing("crm", {}, dict(self.unchanged))
        servers.accept(standing)
        return self.read()

    def change(self, **tools: Any) -> None:
        """Have the server list tools otherwise from now on; "gone" has it list one no more."""
        (self.folder / "changed.json").write_text(json.dumps(tools))

    def calls(self) -> list[JsonObject]:
        file = self.folder / "calls.jsonl"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []

    async def close(self) -> None:
        for servers in self.opened:
            await servers.close()

    @asynccontextmanager
    async def over_http(self) -> AsyncIterator["Crm"]:
        """The server over streamable HTTP, until it is left; entered again, it is there again, at the same address."""
        port = self.folder / "port"
        same = [port.read_text()] if port.exists() else []
        port.unlink(missing_ok=True)
        process = await asyncio.create_subprocess_exec(sys.executable, str(PROGRAM), str(self.folder), "http", *same)
        try:
            async with asyncio.timeout(30):
                while not port.exists():  # noqa: ASYNC110  # which another process writes
                    await asyncio.sleep(0.02)
            self.names(url=f"http://127.0.0.1:{port.read_text()}/mcp", headers={"Authorization": "CRM_AUTHORIZATION"})
            yield self
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()


def action(servers: McpServers, name: str) -> Action[Any]:
    return next(each for each in servers.actions if each.name == name)


async def call(servers: McpServers, name: str, **arguments: Any) -> JsonObject:
    """Have an action executed; returns its receipt."""
    chosen = action(servers, name)
    return await chosen.execute(chosen.parse(arguments), EFFECT)
