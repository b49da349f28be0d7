"""The HTTP side of a replica: health for load balancers, and whatever endpoints the surfaces bring."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager

from aiohttp import web

from storage.store import StorageError, Store

Endpoint = Callable[[web.Request], Awaitable[web.StreamResponse]]

BODY_MAX = 1024 * 1024  # bytes; the largest payload a chat platform sends is far below
DRAIN = 25.0  # seconds that requests in flight get to finish on shutdown


def web_app(store: Store, endpoints: Mapping[str, Endpoint]) -> web.Application:
    """`GET /health/live`, `GET /health/ready`, and a POST route for each endpoint."""
    app = web.Application(client_max_size=BODY_MAX)

    async def live(_: web.Request) -> web.Response:
        return web.json_response({"status": "live"})

    async def ready(_: web.Request) -> web.Response:
        try:
            await store.read(lambda tx: tx.now())
        except StorageError as error:
            return web.json_response({"status": "not ready", "reason": str(error)}, status=503)
        return web.json_response({"status": "ready"})

    app.router.add_get("/health/live", live)
    app.router.add_get("/health/ready", ready)
    for path, endpoint in endpoints.items():
        app.router.add_post(path, endpoint)
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
