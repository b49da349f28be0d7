"""Row 8 of the fault matrix: there is no room any more, or the file cannot be written. Nobody is told of what is not stored,
readiness says so at once, and all goes on by itself when there is room again."""

import asyncio
import os
import shutil
import sqlite3
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import pytest
from aiohttp import ClientSession

from bot.cards.text import plain
from bot.flow.desk import Command
from bot.flow.front_desk import TRY_AGAIN
from bot.flow.handlers import handlers
from bot.web import served, web_app
from storage.records import Request
from storage.sql.open import Storage, open_storage
from storage.sql.sqlite import SqliteStore
from storage.store import StorageError
from tests.bot.flow.stage import ANNA, CHANNEL, Clock, Stage, stage_on
from tests.faults.whole import until, whole

FULL = os.environ.get("SIGNOFF_FAULTS") == "full"
ROUNDS = 20 if FULL else 2
WITHIN = 5.0  # seconds
MEBIBYTE = 1024 * 1024

Strike = Callable[[Stage, Path], None]


def pragma(stage: Stage, line: str) -> int:
    """Run a pragma on the connection that writes; returns what it answers."""
    found = cast("SqliteStore", stage.store)._writer._connection.execute(f"PRAGMA {line}").fetchone()
    return int(found[0]) if found else 0


def no_more_pages(stage: Stage, path: Path) -> None:
    pragma(stage, f"max_page_count = {pragma(stage, 'page_count') + 3}")


def pages_again(stage: Stage, path: Path) -> None:
    pragma(stage, "max_page_count = 1000000")


def read_only(stage: Stage, path: Path) -> None:
    pragma(stage, "query_only = ON")


def writable(stage: Stage, path: Path) -> None:
    pragma(stage, "query_only = OFF")


def disk_full(stage: Stage, path: Path) -> None:
    """Somebody's big file takes all the room that is left."""
    with (path.parent / "ballast").open("wb", buffering=0) as ballast:
        try:
            while ballast.write(b"\0" * 4096) == 4096:
                continue
        except OSError:
            return


def room_again(stage: Stage, path: Path) -> None:
    (path.parent / "ballast").unlink()


@contextmanager
def tiny_disk(folder: Path) -> Iterator[None]:
    """A file system of 3 MiB there; skips the test where nobody may mount one."""
    mount = shutil.which("mount")
    made = mount and subprocess.run([mount, "-t", "tmpfs", "-o", "size=3m", "tmpfs", folder], capture_output=True).returncode  # noqa: S603
    if made != 0:
        pytest.skip("a file system can only be mounted by root with the right to it")
    try:
        yield
    finally:
        subprocess.run([str(shutil.which("umount")), "-l", folder], check=True)  # noqa: S603


@pytest.fixture
def small(sqlite_url: str, tmp_path: Path) -> Iterator[str]:
    """A database on a tiny disk."""
    folder = tmp_path / "small"
    folder.mkdir()
    with tiny_disk(folder):
        shutil.copy(sqlite_url.removeprefix("sqlite:///"), folder / "signoff.db")
        yield f"sqlite:///{folder / 'signoff.db'}"


KINDS: dict[str, tuple[str, Strike, Strike]] = {
    "max_page_count": ("sqlite_url", no_more_pages, pages_again),
    "read-only": ("sqlite_url", read_only, writable),
    "tmpfs": ("small", disk_full, room_again),
}


@pytest.mark.parametrize("kind", KINDS)
async def test_nothing_is_acknowledged_that_is_not_stored_and_it_recovers_by_itself(
    request: pytest.FixtureRequest, kind: str
) -> None:
    name, strike, relieve = KINDS[kind]
    url = str(request.getfixturevalue(name))
    path = Path(url.removeprefix("sqlite:///"))
    async with stage_on(url, Ticking()) as stage, asking(stage) as ready:
        working = asyncio.create_task(stage.dispatch.serve(handlers(stage.signoff)))
        acknowledged = 0
        for _ in range(ROUNDS):
            assert await ready()
            waiting = await _asked(stage)
            strike(stage, path)
            acknowledged += await _fill(stage)
            assert await until(lambda: _not(ready), WITHIN) < WITHIN
            answer = await stage.desk.approve(stage.click(waiting))
            assert answer.ok == bool(await stage.read(lambda tx: tx.decisions(waiting.id)))  # noqa: B023
            assert answer.ok or plain(answer.text) == TRY_AGAIN
            relieve(stage, path)
            assert await until(ready, WITHIN) < WITHIN
            if not answer.ok:
                assert (await stage.desk.approve(stage.click(waiting))).ok
        runs = await stage.read(lambda tx: tx.runs(limit=10_000))
        assert len([run for run in runs if run.input.endswith("filler")]) == acknowledged
        await until(lambda: _rested(stage), 60)
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)
        await whole(stage, paid=ROUNDS)
    with sqlite3.connect(path) as beside:
        assert beside.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    beside.close()


class Ticking(Clock):
    """Time goes on."""

    def __call__(self) -> datetime:
        return datetime.now(UTC)


@asynccontextmanager
async def asking(stage: Stage) -> AsyncIterator[Callable[[], Awaitable[bool]]]:
    """Asks the replica over HTTP whether it is ready."""
    assert isinstance(stage.store, SqliteStore)
    opened = Storage(stage.store, stage.dispatch, stage.store.health)
    async with served(web_app(opened.check, {}), "127.0.0.1", 0) as url, ClientSession() as http:

        async def ready() -> bool:
            async with http.get(f"{url}/health/ready") as answer:
                body = await answer.json()
                assert (answer.status, bool(body.get("reason"))) in ((200, False), (503, True))
                return answer.status == 200

        yield ready


async def _not(ready: Callable[[], Awaitable[bool]]) -> bool:
    return not await ready()


async def _asked(stage: Stage) -> Request:
    line = f"run payer 1.00 shop-{stage.signoff.ids.new('n')}"
    assert (await stage.desk.command(Command(line, ANNA, CHANNEL, line))).ok

    async def there() -> bool:
        found = await stage.read(lambda tx: tx.requests(limit=1))
        return bool(found) and found[0].arguments["to"] == line.rpartition(" ")[2]

    await until(there)
    return await stage.latest()


async def _fill(stage: Stage) -> int:
    """Have notes written until the database takes no more; returns how many were acknowledged."""
    taken = 0
    while True:
        line = f"run payer think {stage.signoff.ids.new('n')} {'hard ' * 200} filler"
        answer = await stage.desk.command(Command(line, ANNA, CHANNEL, line))
        if not answer.ok:
            assert plain(answer.text) == TRY_AGAIN
            return taken
        taken += 1


async def _rested(stage: Stage) -> bool:
    """Whether every run has ended and nothing is under way."""
    return all(run.status.ended for run in await stage.read(lambda tx: tx.runs(limit=10_000)))


def test_a_database_that_cannot_be_written_at_all_is_refused_with_the_reason(small: str) -> None:
    folder = Path(small.removeprefix("sqlite:///")).parent
    subprocess.run([str(shutil.which("mount")), "-o", "remount,ro", folder], check=True)  # noqa: S603
    with pytest.raises(StorageError, match=r"readonly|read-only|unable to open"):
        asyncio.run(open_storage(small, exclusive=True))
