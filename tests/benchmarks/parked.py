"""(c) What 100,000 parked runs cost `signoff serve`: resident memory, and the time from its start to its first decision."""

import asyncio
import time
from pathlib import Path

import aiohttp

from bot.slack.events import PATH
from storage.sql.schema import upgrade
from tests.benchmarks.clicks import Waiting, waiting
from tests.benchmarks.figures import Figure, Report, Samples, at_most
from tests.benchmarks.options import Options, folder
from tests.benchmarks.seed import multiply
from tests.e2e.company import Premises, premises
from tests.e2e.process import serve

SETTLED = 8.0  # seconds after the first decision, in which every periodic look has run at least once


async def parked(options: Options) -> Report:
    """With many pending, and with none but the one that is decided."""
    samples, many = Samples(), options.amount(100_000, 20)
    for repetition in range(options.repetitions):
        for database in ("SQLite", "PostgreSQL")[: 2 if options.cluster else 1]:
            for count in (0, many):
                url = (
                    options.cluster.create(f"parked_{repetition}_{count}")
                    if database == "PostgreSQL" and options.cluster
                    else None
                )
                await _one(samples, f"{count:,} pending, {database}", count, url, 0.2 if options.quick else SETTLED)
    return Report(f"parked: {many:,} pending", (*samples.figures(), *_differences(samples, many)))


async def _one(samples: Samples, name: str, count: int, url: str | None, settled: float) -> None:
    with folder() as home:
        async with premises(home) as place:
            url = url or place.database_url
            await asyncio.to_thread(upgrade, url)
            first = await waiting(place, url)
            await asyncio.to_thread(multiply, url, first.request.run_id, first.request.id, count)
            seconds, now, most = await _start(place, first, url, settled)
    samples.add(f"start to first decision, {name}", "s", seconds)
    samples.add(f"resident, {name}", "MB", now)
    samples.add(f"resident at most, {name}", "MB", most)


async def _start(place: Premises, first: Waiting, url: str, settled: float) -> tuple[float, float, float]:
    """Seconds from the start of the process to the acknowledgement of its first click; resident MB then, and at most."""
    environment = place.environment() | {"SIGNOFF_DATABASE_URL": url, "SLACK_SIGNING_SECRET": first.secret}
    del environment["SLACK_APP_TOKEN"]
    began = time.perf_counter()
    async with serve(cwd=place.directory, env=environment) as serving, aiohttp.ClientSession() as session:
        place.sandbox.use_http(f"{serving.web}{PATH}")
        await first.press(session, serving.web, 0)
        seconds = time.perf_counter() - began
        await asyncio.sleep(settled)
        now, most = _resident(serving.process.pid)
        return seconds, now, most


def _resident(pid: int) -> tuple[float, float]:
    """Megabytes now and at most (https://man7.org/linux/man-pages/man5/proc_pid_status.5.html)."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    found = {line.partition(":")[0]: line.split()[1] for line in lines if line.startswith(("VmRSS", "VmHWM"))}
    return int(found["VmRSS"]) / 1024, int(found["VmHWM"]) / 1024


def _differences(samples: Samples, many: int) -> list[Figure]:
    found = []
    for database in ("SQLite", "PostgreSQL"):
        none, all_ = f"0 pending, {database}", f"{many:,} pending, {database}"
        if f"resident, {all_}" not in samples.taken:
            continue
        memory = samples.difference(
            f"more memory, {database}", f"resident, {all_}", f"resident, {none}", "<= 16 MB", at_most(16)
        )
        later = samples.difference(
            f"later first decision, {database}", f"start to first decision, {all_}", f"start to first decision, {none}",
            "<= 0.5 s", at_most(0.5),
        )  # fmt: skip
        each = Figure(f"memory per parked run, {database}", "bytes", tuple(mb * 2**20 / many for mb in memory.samples))
        found += [memory, each, later]
    return found
