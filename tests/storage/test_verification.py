"""Tampering done for real, on both databases, and what verification says of it."""

import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from storage.anchors import Anchor, anchor
from storage.sql.open import Storage
from storage.store import StorageError
from storage.verification import MOST, verify_chain
from tests.conftest import Database
from tests.storage.test_anchors import note
from tests.storage.vandal import Vandal, rewritten, vandal

LENGTH = 12


async def anchored(storage: Storage, length: int = LENGTH) -> list[Anchor]:
    """A chain of `length` entries, anchored in its middle and at its end."""
    anchors = []
    for part in (length // 2, length - length // 2):
        await note(storage, part)
        anchors.append(await anchor(storage.store, []))
    return [each for each in anchors if each]


async def test_an_untouched_chain_holds(storage: Storage) -> None:
    anchors = await anchored(storage)
    seen = await verify_chain(storage.store, anchors, page=5)
    assert seen.holds
    assert (seen.entries, seen.seq, seen.hash, seen.anchors) == (LENGTH, LENGTH, anchors[-1].hash, 2)


async def test_an_empty_chain_holds_unless_it_was_anchored(storage: Storage) -> None:
    assert (await verify_chain(storage.store)).holds
    seen = await verify_chain(storage.store, [Anchor.model_validate_json('{"seq":1,"hash":"%s","at":0}' % ("a" * 64))])
    assert [each.seq for each in seen.breaks] == [1]


async def test_a_chain_that_grows_past_its_anchors_holds(storage: Storage) -> None:
    anchors = await anchored(storage)
    await note(storage, 3)
    assert (await verify_chain(storage.store, anchors)).holds


@pytest.mark.parametrize(
    ("tamper", "seq", "reason"),
    [
        (lambda v: v.flip_a_bit(4), 4, "changed after it was written"),
        (lambda v: v.delete(4), 4, "is missing"),
        (lambda v: v.delete(1), 1, "is missing"),
        (lambda v: v.swap(4, 9), 4, "does not continue the entry before it"),
        (lambda v: v.swap(4, 5), 4, "does not continue the entry before it"),
    ],
)
@pytest.mark.parametrize("page", [1, 4, 1000])
async def test_the_links_show_what_was_done_inside(
    database: Database, storage: Storage, tamper: Callable[[Vandal], None], seq: int, reason: str, page: int
) -> None:
    await anchored(storage)
    with vandal(database.url) as v:
        tamper(v)
    seen = await verify_chain(storage.store, page=page)
    assert not seen.holds
    assert seen.breaks[0].seq == seq
    assert reason in seen.breaks[0].reason


async def test_a_cut_tail_is_shown_by_an_anchor_beyond_the_end(database: Database, storage: Storage) -> None:
    anchors = await anchored(storage)
    with vandal(database.url) as v:
        v.cut_after(9)
    assert (await verify_chain(storage.store)).holds
    seen = await verify_chain(storage.store, anchors)
    assert [each.seq for each in seen.breaks] == [LENGTH]
    assert "the chain ends with 9: its tail was cut off" in seen.breaks[0].reason


async def test_a_tail_that_was_cut_and_grew_again_is_shown_by_another_hash(database: Database, storage: Storage) -> None:
    anchors = await anchored(storage)
    with vandal(database.url) as v:
        v.cut_after(9)
    await note(storage, 10)
    assert (await verify_chain(storage.store)).holds
    assert [each.seq for each in (await verify_chain(storage.store, anchors)).breaks] == [LENGTH]


async def test_a_full_rewrite_is_shown_by_every_anchor_from_there_on(database: Database, storage: Storage) -> None:
    anchors = await anchored(storage)
    forged = await rewritten(storage.store, seq=8, actor="slack:T1:SOMEBODY")
    with vandal(database.url) as v:
        for entry in forged:
            v.replace(entry)
    assert (await verify_chain(storage.store)).holds
    seen = await verify_chain(storage.store, anchors)
    assert [each.seq for each in seen.breaks] == [LENGTH]
    assert "the chain was rewritten" in seen.breaks[0].reason


async def test_an_entry_put_in_between_is_found(database: Database, storage: Storage) -> None:
    await anchored(storage)
    with vandal(database.url) as v:
        v.run("UPDATE audit SET seq = seq + 100 WHERE seq > 6")
        v.run("UPDATE audit SET seq = seq - 99 WHERE seq > 100")
        v.run("INSERT INTO audit SELECT 7, at, event, actor, run_id, request_id, body, hash, hash FROM audit WHERE seq = 6")
    assert (await verify_chain(storage.store)).breaks[0].seq == 7


async def test_breaks_beyond_the_first_hundred_are_counted(database: Database, storage: Storage) -> None:
    await note(storage, MOST + 50)
    with vandal(database.url) as v:
        v.run("UPDATE audit SET actor = 'somebody'")
    seen = await verify_chain(storage.store)
    assert (seen.found, len(seen.breaks)) == (MOST + 50, MOST)


@pytest.mark.parametrize(
    ("first", "last", "holds"), [(1, 5, True), (3, 5, True), (1, 6, False), (8, 12, True), (6, 6, False)]
)
async def test_a_stretch_is_verified_by_itself(
    database: Database, storage: Storage, first: int, last: int, holds: bool
) -> None:
    anchors = await anchored(storage)
    with vandal(database.url) as v:
        v.flip_a_bit(6)
    seen = await verify_chain(storage.store, anchors, first=first, last=last, page=2)
    assert seen.holds is holds
    assert seen.entries == last - first + 1


async def test_a_stretch_whose_predecessor_is_gone_does_not_hold(database: Database, storage: Storage) -> None:
    await anchored(storage)
    with vandal(database.url) as v:
        v.delete(5)
    seen = await verify_chain(storage.store, first=6, last=8)
    assert [each.seq for each in seen.breaks] == [5]


SPOILT = ["body = '{\"n\": '", "at = 'yesterday'", "at = 5", "actor = CAST(x'61ff62' AS TEXT)", "body = x'00ff'"]


@pytest.mark.parametrize("spoilt", SPOILT)
async def test_a_row_that_cannot_be_read_any_more_is_told_with_its_number(sqlite_url: str, spoilt: str) -> None:
    database = Database(sqlite_url)
    async with database.open() as storage:
        anchors = await anchored(storage)
        with vandal(database.url) as v:
            v.run(f"UPDATE audit SET {spoilt} WHERE seq = 7")  # noqa: S608
        seen = await verify_chain(storage.store, anchors)
        assert [(each.seq, "cannot be read" in each.reason) for each in seen.breaks] == [(7, True)]
        assert seen.entries == 6


def flipped(path: Path, letters: bytes) -> Iterator[int]:
    """The file with each bit of `letters`, in turn, flipped."""
    whole = path.read_bytes()
    at = whole.index(letters)
    for bit in range(8 * len(letters)):
        spoilt = bytearray(whole)
        spoilt[at + bit // 8] ^= 1 << bit % 8
        path.write_bytes(spoilt)
        yield bit


async def test_one_bit_of_the_file_itself_is_found(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    async with database.open() as storage:
        await note(storage, 4)
        await storage.store.write(lambda tx: tx.audit("test.noted", actor="slack:T1:UZEBRA"))
        await note(storage, 4)
    for bit in flipped(Path(sqlite_url.removeprefix("sqlite:///")), b"UZEBRA"):
        async with database.open() as storage:
            seen = await verify_chain(storage.store)
        assert [each.seq for each in seen.breaks] == [5], bit


async def test_ten_thousand_entries_are_verified_in_little_memory(storage: Storage) -> None:
    for _ in range(10):
        await note(storage, 1000)
    told: list[int] = []
    await verify_chain(storage.store, last=1000, page=500)  # what is made once, is made now
    tracemalloc.start()
    try:
        seen = await verify_chain(storage.store, page=500, progress=told.append)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert seen.holds
    assert seen.entries == 10_000
    assert told == [*range(500, 10_001, 500)]
    assert peak < 8 * 1024 * 1024  # all entries at once take 30 MB


async def test_a_database_without_a_chain_is_an_error_and_no_break(sqlite_url: str) -> None:
    async with Database(sqlite_url).open() as storage:
        with vandal(sqlite_url) as v:
            v.connection.execute(text("DROP TABLE audit"))
        with pytest.raises(StorageError):
            await verify_chain(storage.store)
