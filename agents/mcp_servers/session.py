"""The connection to one MCP server, made when it is needed and again when it was lost. It trusts no listing but the last.

The official client's sessions belong to the task that opened them, so each is held by a task of its own.
https://modelcontextprotocol.io/specification/2025-11-25/basic/lifecycle
"""

import asyncio
import logging
import os
import re
import sys
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from agents.actions import ActionFailed, AgentError, EffectUnknown
from agents.mcp_servers.pins import Definition, Tools
from agents.mcp_servers.servers import Server
from agents.mcp_servers.unseen import plain
from storage.records import JsonObject
from storage.redaction import Cover

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from mcp import Client, ClientSession
    from mcp_types import CallToolResult

Check = Callable[[Definition | None], None]
"""Raises ActionFailed if the tool, as its server describes it now, must not be called."""

log = logging.getLogger(__name__)

PATIENCE = 15.0  # seconds until a server has to have told its tools, with a new connection if need be
PAGES, TOOLS = 20, 500  # of a listing

_HEADER = re.compile(r"[!-~]([\t -~]*[!-~])?")  # https://www.rfc-editor.org/rfc/rfc9110#section-5.5, without obs-text

_KEY = "signoff/idempotency-key"  # in the request's _meta: the same for every try of one effect


class Unreachable(AgentError):
    """The server could not be asked; nothing was called. The message says why."""


@dataclass
class _Held:
    """A session, whose task holds it until it is done with, and how many calls wait for it."""

    session: "ClientSession"
    done: asyncio.Event
    calls: int = 0


@dataclass
class Session:
    """The session with a server, whichever connection it is on. Not a value. `environment` has the variables it names."""

    name: str
    server: Server
    environment: Mapping[str, str] = field(repr=False)
    _held: _Held | None = None
    _tasks: "set[asyncio.Task[None]]" = field(default_factory=set)  # that hold this session, or one before it
    _opening: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def listed(self) -> Tools:
        """The tools as the server describes them now. Raises Unreachable."""
        return (await self._listed())[1]

    async def call(self, pinned: Definition, arguments: JsonObject, key: str, check: Check) -> "CallToolResult":
        """Call a tool, once, if `check` lets what the same session has just listed under its name pass.

        Raises ActionFailed where it was not called or the server refused it, else EffectUnknown.
        """
        try:
            held, tools = await self._listed()
        except Unreachable as error:
            raise ActionFailed(f"{error} Nothing was called.") from error
        check(tools.get(pinned.name))
        held.calls += 1
        try:
            return await self._call(held.session, pinned.name, arguments, key)
        finally:
            held.calls -= 1
            if held is not self._held and not held.calls:
                held.done.set()

    async def close(self) -> None:
        """End the session, and a server that was started for it."""
        held, self._held = self._held, None
        if held is not None:
            held.done.set()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=PATIENCE)
        for task in self._tasks:
            task.cancel()

    def _let_go(self) -> None:
        """Have the next call open another session; this one ends when no call waits for it."""
        held, self._held = self._held, None
        if held is not None and not held.calls:
            held.done.set()

    async def _call(self, session: "ClientSession", tool: str, arguments: JsonObject, key: str) -> "CallToolResult":
        from mcp import MCPError
        from mcp_types import (
            INVALID_PARAMS,
            METHOD_NOT_FOUND,
            CallToolRequest,
            CallToolRequestParams,
            CallToolResult,
        )

        params = CallToolRequestParams.model_validate({"name": tool, "arguments": arguments, "_meta": {_KEY: key}})
        try:
            # Not `call_tool`, which may send a second time, and fails for a result that was made but misses its schema.
            async with asyncio.timeout(self.server.seconds):
                return await session.send_request(CallToolRequest(params=params), CallToolResult)
        except MCPError as error:
            if error.code in (INVALID_PARAMS, METHOD_NOT_FOUND):
                raise ActionFailed(f"{self.name} refused the call: {plain(self._covered(error.message), 300)}") from error
            raise self._unknown(self._why(error)) from error
        except TimeoutError as error:
            raise self._unknown(f"no answer within {self.server.seconds:g} seconds") from error
        except Exception as error:
            raise self._unknown(self._why(error)) from error

    def _unknown(self, why: str) -> EffectUnknown:
        return EffectUnknown(f"{self.name} was called, but its result is not known ({why}). Look there before trying again.")

    async def _listed(self) -> tuple[_Held, Tools]:
        """The session and its tools, listed just now; a session that was lost is replaced once. Raises Unreachable."""
        try:
            async with asyncio.timeout(PATIENCE), self._opening:
                return await self._here() or await self._anew()
        except TimeoutError as error:
            raise self._unreachable(f"it did not answer within {PATIENCE:g} seconds") from error
        except Unreachable:
            raise
        except Exception as error:
            raise self._unreachable(self._why(error)) from error

    async def _here(self) -> tuple[_Held, Tools] | None:
        """The session that there is, and its tools; None if there is none, or it was lost."""
        held = self._held
        if held is None:
            return None
        try:
            return held, await _tools(held.session)
        except asyncio.CancelledError:
            self._let_go()
            raise
        except Exception as error:  # noqa: BLE001  # whatever it was, another connection is tried once
            log.info("the session with MCP server %s was lost: %s", self.name, self._why(error))
            self._let_go()
            return None

    async def _anew(self) -> tuple[_Held, Tools]:
        """Another session, and its tools."""
        held = self._held = await self._open()
        try:
            return held, await _tools(held.session)
        except BaseException:
            self._let_go()
            raise

    def _unreachable(self, why: str) -> Unreachable:
        return Unreachable(f"MCP server {self.name} cannot be asked: {why}.")

    async def _open(self) -> _Held:
        opened: asyncio.Future[ClientSession | Exception] = asyncio.get_running_loop().create_future()
        done = asyncio.Event()
        task = asyncio.create_task(self._hold(opened, done))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        try:
            session = await opened
        except asyncio.CancelledError:
            task.cancel()
            raise
        if isinstance(session, Exception):
            raise session
        return _Held(session, done)

    async def _hold(self, opened: "asyncio.Future[ClientSession | Exception]", done: asyncio.Event) -> None:
        """Keep a session open until it is done with; what went wrong before it was open is told through `opened`."""
        try:
            async with self._client() as client:
                if not opened.done():
                    opened.set_result(client.session)
                await done.wait()
        except Exception as error:  # noqa: BLE001  # a task that nobody awaits; whoever asked for it is told
            if opened.done():
                log.info("the session with MCP server %s ended: %s", self.name, self._why(error))
            else:
                opened.set_result(error)

    @asynccontextmanager
    async def _client(self) -> "AsyncIterator[Client]":
        from mcp import Client, StdioServerParameters, stdio_client
        from mcp.client.streamable_http import streamable_http_client
        from mcp.shared._httpx_utils import create_mcp_http_client

        values = self._values()
        async with AsyncExitStack() as stack:
            if self.server.command is not None:
                parameters = StdioServerParameters(
                    command=self.server.command, args=list(self.server.args), env=values, cwd=self.server.folder
                )
                transport = stdio_client(parameters, errlog=sys.__stderr__ or sys.stderr)
            else:
                headers = {header: values[variable] for header, variable in self.server.headers.items()}
                http = await stack.enter_async_context(create_mcp_http_client(headers=headers))
                transport = streamable_http_client(str(self.server.url), http_client=http)
            # No cache: what is checked is what the server says now. No callbacks: it is granted nothing of ours.
            yield await stack.enter_async_context(Client(transport, cache=None, read_timeout_seconds=self.server.seconds))

    def _values(self) -> dict[str, str]:
        missing = sorted(self.server.variables - set(self.environment))
        if missing:
            raise self._unreachable(f"set {', '.join(missing)}, which SIGNOFF_MCP names for it")
        values = {name: self.environment[name] for name in self.server.variables}
        if broken := sorted(name for name in self.server.headers.values() if not _HEADER.fullmatch(values[name])):
            where = "look for a line break, a space at an end, or letters beyond ASCII"
            raise self._unreachable(f"{', '.join(broken)} cannot be sent as a header; {where}")
        return values

    def _covered(self, text: str) -> str:
        """What others say, without the values that the server was given."""
        return Cover(self.environment.values())(text)

    def _why(self, error: BaseException) -> str:
        """The first cause, in a line."""
        return plain(self._covered(_cause(error)), 200)


async def _tools(session: "ClientSession") -> Tools:
    """All tools, page by page. Raises ValueError where they do not end."""
    from mcp_types import PaginatedRequestParams

    found: dict[str, Definition] = {}
    cursor: str | None = None
    for _ in range(PAGES):
        page = await session.list_tools(params=PaginatedRequestParams(cursor=cursor))
        for tool in page.tools:
            fields = tool.model_dump(mode="json", include=set(Definition.model_fields) - {"annotations"})
            notes = tool.annotations.model_dump(mode="json", by_alias=True, exclude_none=True) if tool.annotations else {}
            twice = tool.name in found
            if twice or len(found) == TOOLS:
                raise ValueError(f"it lists {'two tools of one name' if twice else f'more than {TOOLS} tools'}")
            found[tool.name] = Definition.model_validate(
                {**fields, "description": tool.description or "", "annotations": notes}
            )
        cursor = page.next_cursor
        if not cursor:
            return found
    raise ValueError(f"its list of tools has more than {PAGES} pages")


def _cause(error: BaseException) -> str:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    if isinstance(error, OSError) and error.strerror:
        return f"{os.strerror(error.errno)}: {error.filename}" if error.errno and error.filename else error.strerror
    return " ".join(str(error).split()) or type(error).__name__
