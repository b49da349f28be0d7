"""A history of any length is judged in the memory of a page: 20,000 proposals take hardly more than 5,000 do."""

import subprocess
import sys
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from sqlite3 import Connection, connect

import pytest

from storage.sql.open import open_storage
from tests.bot.policy.recorded import START, approved, edited, ran, record, rejected

DAY, DAYS = 1_000, 20  # proposals of one day, and days
TABLES = ("runs", "requests", "revisions", "decisions", "executions", "evaluations")
POLICY = "rules:\n  - {name: pay, actions: [pay], verdict: auto, when: args.amount <= 50, budget: 1000}\n"
CHILD = """
import asyncio, resource, sys
from datetime import datetime
from pathlib import Path
from bot.policy.advice import advised
from bot.policy.compare import Grounds, Wanted, compared
from policies.judge import Fallback
from storage.sql.open import open_storage
from tests.bot.flow.stage import Till, actions_of

async def main(what, url, policy, since):
    storage = await open_storage(url)
    here = Grounds(storage.store, actions_of(Till()), Fallback(("ravi@example.com",)), "production")
    wanted = Wanted(datetime.fromisoformat(since))
    counted = []
    if what == "backtest":
        counted.append((await compared(here, Path(policy), Path(policy), wanted)).found.proposals)
    else:
        await advised(here, Path(policy), wanted, 0.05, counted.append)
    await storage.close()
    print(max(counted), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)

asyncio.run(main(*sys.argv[1:]))
"""


@pytest.mark.timeout(900)
async def test_memory_does_not_grow_with_the_history(sqlite_url: str, tmp_path: Path) -> None:
    storage = await open_storage(sqlite_url)
    kinds = (approved, rejected, lambda minutes: edited(minutes, "10.00", "9.00"), ran)
    try:
        await record(storage.store, (kinds[number % 4](number * 1.4) for number in range(DAY)))
    finally:
        await storage.close()
    with closing(connect(sqlite_url.removeprefix("sqlite:///"))) as database:
        _repeat(database)
    policy = tmp_path / "policy.yaml"
    policy.write_text(POLICY, encoding="utf-8")
    for what, short, long in (("backtest", 5, DAYS), ("suggest", 1, 10)):
        few, many = (_measured(what, sqlite_url, policy, DAYS - days) for days in (short, long))
        assert (few[0], many[0]) == (short * DAY, long * DAY)
        assert many[1] - few[1] < 8_000, f"{what}: {few[1]:,} KiB for {few[0]:,}, {many[1]:,} KiB for {many[0]:,}"


def _repeat(database: Connection) -> None:
    """The same day again and again."""
    for name in TABLES:
        columns = [row[1] for row in database.execute(f"PRAGMA table_info({name})")]
        database.executemany(
            f"INSERT INTO {name} SELECT {', '.join(map(_later, columns))} FROM {name} WHERE {columns[0]} NOT LIKE '%-%'",  # noqa: S608
            [{"days": days} for days in range(1, DAYS)],
        )
    database.commit()


def _later(column: str) -> str:
    if column in ("id", "run_id", "request_id"):
        return f"{column} || '-' || :days"
    if column.endswith("_at"):
        return f"strftime('%Y-%m-%dT%H:%M:%f000+00:00', {column}, :days || ' days')"
    return f'"{column}"'


def _measured(what: str, url: str, policy: Path, days: int) -> tuple[int, int]:
    """Proposals, and the most memory that the process had, in KiB."""
    since = (START + timedelta(days=days)).isoformat()
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", CHILD, what, url, str(policy), since], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    proposals, peak = map(int, done.stdout.split())
    return proposals, peak
