"""(b) The time from a click to its acknowledgement, against a bare Bolt listener that only acknowledges.

Both listen behind the same signed HTTP ingress, and are pressed in turn. Signoff looks up who clicked in the workspace,
judges, decides and commits before it acknowledges; the bare listener does nothing.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack import names
from bot.slack.events import PATH, Events
from bot.web import served, web_app
from storage.sql.schema import upgrade
from tests.benchmarks.clicks import Waiting, waiting
from tests.benchmarks.figures import Report, Samples, percentile
from tests.benchmarks.options import Options, folder
from tests.benchmarks.seed import multiply
from tests.e2e.company import Premises, premises, staffed

REST = 0.05  # seconds between clicks, as people click; what a click sets off is done by then


async def ack(options: Options) -> Report:
    """p50 and p99 of both, on each database."""
    samples, clicks = Samples(), options.amount(300, 3)
    for repetition in range(options.repetitions):
        await _on(samples, clicks, "SQLite", None)
        if options.cluster is not None:
            await _on(samples, clicks, "PostgreSQL", options.cluster.create(f"ack_{repetition}"))
    ratios = [
        samples.ratio(f"Signoff, {database} / bare listener, {part}", f"Signoff, {database}, {part}", f"bare Bolt, {part}")
        for database in ("SQLite", "PostgreSQL")
        for part in ("p50", "p99")
        if f"Signoff, {database}, {part}" in samples.taken
    ]
    notes = ("Client, workspace and both listeners share one process, so each waits for the others' work too.",)
    return Report("ack: from a click to its acknowledgement", (*samples.figures(), *ratios), notes)


async def _on(samples: Samples, clicks: int, database: str, url: str | None) -> None:
    with folder() as home:
        async with premises(home) as place:
            url = url or place.database_url
            await asyncio.to_thread(upgrade, url)
            pressed = await waiting(place, url)
            await asyncio.to_thread(multiply, url, pressed.request.run_id, pressed.request.id, clicks)
            ours, bare = await _press(place, pressed, url, clicks)
    for part, share in (("p50", 0.5), ("p99", 0.99)):
        samples.add(f"Signoff, {database}, {part}", "ms", 1000 * percentile(ours, share))
        if database == "SQLite":
            samples.add(f"bare Bolt, {part}", "ms", 1000 * percentile(bare, share))


async def _press(place: Premises, pressed: Waiting, url: str, clicks: int) -> tuple[list[float], list[float]]:
    ours: list[float] = []
    bare: list[float] = []
    async with (
        staffed(place, database_url=url, slack_app_token=None, slack_signing_secret=pressed.secret) as demo,
        _bare(place, pressed.secret) as bare_web,
        aiohttp.ClientSession() as session,
    ):
        for number in range(clicks + 1):
            seconds = await pressed.press(session, demo.replica.web, number)
            other = await pressed.press(session, bare_web, number)
            if number:  # the first is for warming up
                ours.append(seconds)
                bare.append(other)
            await asyncio.sleep(REST)
    return ours, bare


@asynccontextmanager
async def _bare(place: Premises, secret: str) -> AsyncIterator[str]:
    client = AsyncWebClient(token=place.sandbox.bot_token, base_url=place.sandbox.api_url)
    app = AsyncApp(client=client, signing_secret=secret)

    async def only_ack(ack: AsyncAck) -> None:
        await ack()

    app.action(names.APPROVE)(only_ack)

    async def well() -> None:
        return

    async with served(web_app(well, {PATH: Events(app, secret).handle}, []), "127.0.0.1", 0) as web:
        yield web
