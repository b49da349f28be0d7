"""What only the Dispatch within one process can get wrong."""

import asyncio
from contextlib import suppress

import pytest

from storage.records import Job, JsonObject
from storage.sql.open import open_storage


@pytest.mark.parametrize("turns", range(12))
async def test_serve_ends_when_it_is_told_to_in_the_moment_of_a_wake_up(sqlite_url: str, turns: int) -> None:
    storage = await open_storage(sqlite_url)

    async def nothing(payload: JsonObject) -> None: ...

    serving = asyncio.create_task(storage.dispatch.serve({"look": nothing}))
    await asyncio.sleep(0.05)  # it has nothing to do and waits
    await storage.store.write(lambda tx: tx.defer(Job(task="look", payload={})))
    for _ in range(turns):
        await asyncio.sleep(0)
    serving.cancel()
    ended, _ = await asyncio.wait({serving}, timeout=2)
    serving.cancel()
    with suppress(asyncio.CancelledError):
        await serving
    await storage.close()
    assert ended
