"""The HTTP side of a replica: health for load balancers, the API, and whatever endpoints the surfaces bring."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager

from aiohttp import web

from storage.store import StorageError

Check = Callable[[], Awaitable[None]]
Endpoint = Callable[[web.Request], Awaitable[web.StreamResponse]]
Mount = Callable[[web.Application], None]

BODY_MAX = 1024 * 1024  # bytes; the largest payload a chat platform sends is far below
PATIENCE = 3.0  # seconds within which whoever asks about readiness is answered
DRAIN = 25.0  # seconds that requests in flight get to finish on shutdown


def web_app(check: Check, endpoints: Mapping[str, Endpoint], mounts: Sequence[Mount] = ()) -> web.Application:
    """`GET /health/live`, `GET /health/ready`, a POST route for each endpoint, and what the mounts add."""
    app = web.Application(client_max_size=BODY_MAX)

    async def live(_: web.Request) -> web.Response:
        return web.json_response({"status": "live"})

    async def ready(_: web.Request) -> web.Response:
        try:
            async with asyncio.timeout(PATIENCE):
                await check()
        except StorageError as error:
            return web.json_response({"status": "not ready", "reason": str(error)}, status=503)
        except TimeoutError:
            return web.json_response({"status": "not ready", "reason": "The database did not answer in time."}, status=503)
        return web.json_response({"status": "ready"})

    app.router.add_get("/health/live", live)
    app.router.add_get("/health/ready", ready)
    for path, endpoint in endpoints.items():
        app.router.add_post(path, endpoint)
    for mount in mounts:
        mount(app)
    return app


@asynccontextmanager
async def served(app: web.Application, host: str, port: int) -> AsyncIterator[str]:
    """Serve until left; yields the address. Requests in flight are finished on the way out."""
    runner = web.AppRunner(app, shutdown_timeout=DRAIN, access_log=None)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port)
        await site.start()
        bound = runner.addresses[0][1]
        yield f"http://{host}:{bound}"
    finally:
        await runner.cleanup()
