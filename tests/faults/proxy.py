"""A TCP proxy on 127.0.0.1 that does to a connection what networks do, and that can be told so while it runs.

`Trouble` says what happens to the bytes of one direction or the other; `Proxy.trouble` may be set at any moment and holds
for connections that are open too. `reset`, `half_close` and `refuse` strike all connections at once.
"""

import asyncio
import socket
import struct
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Literal

Way = Literal["there", "back"]  # from the client to the server, and from the server to the client
CHUNK = 65536  # bytes
DROP = 8  # bytes, while it drips


@dataclass(frozen=True)
class Trouble:
    """What happens to bytes that pass. Times are in seconds, `cut` counts the bytes of one connection."""

    latency: float = 0.0  # before each piece, both ways
    drip: float = 0.0  # between every few bytes of what comes back
    stall: bool = False  # everything is held back as long as this lasts
    swallow: bool = False  # nothing arrives, and nobody is told: a black hole
    cut: tuple[Way, int] | None = None  # that many bytes pass this way, then the connection is reset
    lose_request: bytes = b""  # a piece with these bytes does not arrive: the connection is reset instead
    lose_answer: bytes = b""  # a piece with these bytes arrives; when the server answers, the connection is reset
    once: bool = False  # the first reset ends the trouble


FINE = Trouble()


class Proxy:
    """Listens at `port` for what is meant for the server at `target`.

    `struck` counts the connections that trouble has reset; `heard` is how each piece from a client began, and when.
    """

    def __init__(self, target: int) -> None:
        self.port, self.struck = 0, 0
        self.heard: list[tuple[float, bytes]] = []
        self._target = target
        self._trouble = FINE
        self._changed = asyncio.Event()
        self._server: asyncio.Server | None = None
        self._links: set[_Link] = set()

    @classmethod
    @asynccontextmanager
    async def to(cls, target: int) -> AsyncIterator["Proxy"]:
        """A proxy to that port of this machine."""
        proxy = cls(target)
        await proxy.accept()
        try:
            yield proxy
        finally:
            await proxy.refuse()

    @property
    def trouble(self) -> Trouble:
        """What happens now."""
        return self._trouble

    @trouble.setter
    def trouble(self, trouble: Trouble) -> None:
        self._trouble = trouble
        self._wake()

    async def accept(self) -> None:
        """Listen, again at the port that it had."""
        self._server = await asyncio.start_server(self._connect, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def refuse(self) -> None:
        """Reset what is connected, and refuse whoever comes."""
        if self._server is not None:
            self._server.close()
            self._server = None
        self.reset()
        await asyncio.gather(*(link.ended.wait() for link in self._links))

    def reset(self) -> None:
        """Reset every connection."""
        for link in self._links:
            link.reset()
        self._wake()

    def strike(self, link: "_Link") -> None:
        """Reset one connection, as the trouble says."""
        self.struck += 1
        if self._trouble.once:
            self.trouble = FINE
        link.reset()

    def half_close(self) -> None:
        """The server says that it sends no more, and still takes what comes."""
        for link in self._links:
            link.client.write_eof()

    async def held(self, link: "_Link") -> None:
        """Wait while bytes are held back."""
        while self._trouble.stall and not link.broken:
            await self._changed.wait()

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    async def _connect(self, reader: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
        try:
            answers, server = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            _reset(client)
            return
        link = _Link(self, client, server)
        self._links.add(link)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(link.pass_on("there", reader, server))
                group.create_task(link.pass_on("back", answers, client))
        finally:
            self._links.discard(link)
            link.reset()
            link.ended.set()


class _Link:
    """One connection."""

    def __init__(self, proxy: Proxy, client: asyncio.StreamWriter, server: asyncio.StreamWriter) -> None:
        self._proxy, self.client, self._server = proxy, client, server
        self._passed = {"there": 0, "back": 0}
        self._doomed = False  # the next answer is lost
        self.broken = False
        self.ended = asyncio.Event()

    def reset(self) -> None:
        """Break it off on both sides, without a word of farewell."""
        self.broken = True
        _reset(self.client)
        _reset(self._server)

    async def pass_on(self, way: Way, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        """Carry pieces one way until that side ends or the connection breaks."""
        with suppress(OSError):
            while piece := await source.read(CHUNK):
                if not await self._carry(way, piece, sink):
                    self._proxy.strike(self)
                    return
            sink.write_eof()

    async def _carry(self, way: Way, piece: bytes, sink: asyncio.StreamWriter) -> bool:
        """Carry one piece as the trouble says; False if that is the end."""
        if way == "there":
            self._proxy.heard.append((time.monotonic(), piece[:64]))
        await asyncio.sleep(self._proxy.trouble.latency)
        await self._proxy.held(self)
        trouble = self._proxy.trouble
        if trouble.swallow:
            return True
        if (way == "back" and self._doomed) or (way == "there" and trouble.lose_request and trouble.lose_request in piece):
            return False
        self._doomed |= way == "there" and bool(trouble.lose_answer) and trouble.lose_answer in piece
        whole = piece
        if trouble.cut and trouble.cut[0] == way:
            piece = piece[: max(trouble.cut[1] - self._passed[way], 0)]
        self._passed[way] += len(piece)
        await self._send(piece, sink, trouble.drip if way == "back" else 0)
        return piece == whole

    async def _send(self, piece: bytes, sink: asyncio.StreamWriter, drip: float) -> None:
        for part in (piece[at : at + DROP] for at in range(0, len(piece), DROP)) if drip else (piece,):
            await asyncio.sleep(drip)
            sink.write(part)
            await sink.drain()


def _reset(side: asyncio.StreamWriter) -> None:
    """What was sent before is still delivered if it has left already; the rest is lost, and the other side hears of it."""
    if (link := side.get_extra_info("socket")) is not None and link.fileno() >= 0:
        link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    side.transport.abort()
