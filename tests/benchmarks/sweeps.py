"""(d) Sweeping overdue requests, and how long a click has to wait meanwhile."""

import asyncio
import time
from contextlib import suppress

from bot.flow.desk import Click, Command
from bot.flow.front_desk import FrontDesk
from bot.flow.handlers import handlers
from bot.flow.sweep import sweep
from storage.records import Request
from storage.sql.schema import upgrade
from tests.benchmarks.figures import Report, Samples, percentile
from tests.benchmarks.options import Options, folder
from tests.benchmarks.seed import multiply
from tests.benchmarks.signoff_gate import gate
from tests.bot.flow.stage import ANNA, CHANNEL, RAVI

LOOK = 0.1  # seconds between clicks while the sweep goes on


async def sweeps(options: Options) -> Report:
    """100,000 on SQLite, 10,000 on PostgreSQL."""
    samples = Samples()
    for repetition in range(max(options.repetitions // 3, 1)):  # minutes each
        with folder() as home:
            await _one(samples, f"sqlite:///{home / 'signoff.db'}", "SQLite", options.amount(100_000, 30))
        if options.cluster is not None:
            await _one(samples, options.cluster.create(f"sweep_{repetition}"), "PostgreSQL", 10_000)
    notes = ("Each ends with its journal, audit row, evaluation, card and line deferred, and its run woken.",)
    return Report("sweep: overdue requests", samples.figures(), notes)


async def _one(samples: Samples, url: str, database: str, count: int) -> None:
    await asyncio.to_thread(upgrade, url)
    template = await _ask(url)
    await asyncio.to_thread(multiply, url, template.run_id, template.id, count - 1, overdue=True)
    async with gate(url, chat=False) as opened:
        desk, waits = FrontDesk(opened.signoff), list[float]()
        clicking = asyncio.create_task(_click(desk, template, waits))
        began = time.perf_counter()
        swept = await sweep(opened.signoff)
        seconds = time.perf_counter() - began
        clicking.cancel()
        with suppress(asyncio.CancelledError):
            await clicking
    assert swept in (count, count - 1), swept  # whoever clicks on one that is over ends it
    samples.add(f"{count:,} overdue, {database}", "s", seconds)
    samples.add(f"swept, {database}", "1/s", count / seconds)
    samples.add(f"a click meanwhile, {database}, p50", "ms", 1000 * percentile(waits, 0.5))
    samples.add(f"a click meanwhile, {database}, p99", "ms", 1000 * percentile(waits, 0.99))


async def _ask(url: str) -> Request:
    """One request that waits."""
    async with gate(url, chat=False) as opened:
        await FrontDesk(opened.signoff).command(Command("run payer 480.00 lamp-shop", ANNA, CHANNEL, "first"))
        await opened.dispatch.drain(handlers(opened.signoff))
        [request] = await opened.signoff.store.read(lambda tx: tx.requests())
        return request


async def _click(desk: FrontDesk, request: Request, waits: list[float]) -> None:
    """Clicks on one of those that are swept, which is a transaction like any other."""
    for number in range(1_000_000):
        began = time.perf_counter()
        await desk.approve(Click(request.id, request.revision, request.fingerprint, RAVI, f"meanwhile:{number}"))
        waits.append(time.perf_counter() - began)
        await asyncio.sleep(LOOK)
