"""Anchors as such: how they are kept, read, and held against a chain."""

import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from storage.anchors import MARK, Anchor, AnchorFile, AnchorLog, Comparison, anchor, recorded
from storage.sql.open import Storage
from storage.store import Transaction
from tests.storage.test_audit import chain, changed

AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def anchor_of(seq: int, digit: str = "a") -> Anchor:
    return Anchor(seq=seq, hash=digit * 64, at=AT + timedelta(hours=seq))


async def note(storage: Storage, times: int = 1) -> None:
    def work(tx: Transaction) -> None:
        for number in range(times):
            tx.audit("test.noted", actor="slack:T1:U1", body={"n": number})

    await storage.store.write(work)


def test_a_file_keeps_anchors_in_the_order_in_which_they_came(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "anchors.jsonl"
    made = [anchor_of(1), anchor_of(2), anchor_of(2), anchor_of(1)]
    for each in made:
        AnchorFile(path).append(each)
    assert recorded(path).anchors == tuple(made)
    assert len(path.read_text().splitlines()) == 4


def test_a_line_that_a_power_cut_tore_spoils_no_other(tmp_path: Path) -> None:
    path = tmp_path / "anchors.jsonl"
    AnchorFile(path).append(anchor_of(1))
    with path.open("a") as file:
        file.write(anchor_of(2).line[:40])
    AnchorFile(path).append(anchor_of(3))
    found = recorded(path)
    assert found.anchors == (anchor_of(1), anchor_of(3))
    assert found.unreadable == 1


@pytest.mark.parametrize(
    "line",
    ["{}", "nothing", '{"seq": 0}', anchor_of(1).line.replace("a" * 64, "a" * 63), anchor_of(1).line[:-1], "\x00\xff"],
)
def test_what_is_no_anchor_is_counted(tmp_path: Path, line: str) -> None:
    path = tmp_path / "anchors.jsonl"
    path.write_text(f"{line}\n\n{anchor_of(2).line}\n", encoding="latin-1")
    found = recorded(path)
    assert (found.anchors, found.unreadable) == ((anchor_of(2),), 1)


def test_lines_of_a_log_can_be_read_as_anchors(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "storage.anchors"):
        AnchorLog().append(anchor_of(7))
    assert caplog.messages == [MARK + anchor_of(7).line]
    path = tmp_path / "service.log"
    path.write_text(f"2026-01-02 03:04:05,678 INFO storage.anchors: {caplog.messages[0]}\n")
    assert recorded(path).anchors == (anchor_of(7),)


@pytest.mark.parametrize(
    ("seqs", "said"),
    [
        ({3: "the chain's"}, []),
        ({3: "another"}, [(3, "rewritten")]),
        ({5: "the chain's", 6: "another", 9: "another"}, [(6, "tail was cut off"), (9, "tail was cut off")]),
    ],
)
def test_anchors_are_held_against_a_chain(seqs: dict[int, str], said: list[tuple[int, str]]) -> None:
    entries = chain(5)
    anchors = [
        Anchor(seq=seq, hash=entries[seq - 1].hash if whose == "the chain's" else "b" * 64, at=AT)
        for seq, whose in seqs.items()
    ]
    comparison = Comparison(anchors)
    found = [*comparison.breaks(entries[:2]), *comparison.breaks(entries[2:]), *comparison.left(5)]
    assert [each.seq for each in found] == [seq for seq, _ in said]
    assert all(reason in each.reason for each, (_, reason) in zip(found, said, strict=True))


def test_two_anchors_of_one_entry_that_differ_cannot_both_fit() -> None:
    [entry] = chain(1)
    both = [Anchor(seq=1, hash=entry.hash, at=AT), Anchor(seq=1, hash="b" * 64, at=AT)]
    assert [each.seq for each in Comparison(both).breaks([entry])] == [1]
    assert [each.seq for each in Comparison(both).breaks([changed(entry, hash="c" * 64)])] == [1, 1]


async def test_the_head_of_the_chain_is_anchored(storage: Storage, tmp_path: Path) -> None:
    place = AnchorFile(tmp_path / "anchors.jsonl")
    assert await anchor(storage.store, [place]) is None
    assert not place.path.exists()
    await note(storage, 3)
    made = await anchor(storage.store, [place])
    head = await storage.store.read(lambda tx: tx.audit_head())
    assert made is not None
    assert head is not None
    assert (made.seq, made.hash) == (3, head.hash)
    assert recorded(place.path).anchors == (made,)


async def test_a_place_that_fails_is_logged_and_holds_up_no_other(
    storage: Storage, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    await note(storage)
    (tmp_path / "file").write_text("in the way")
    places = [AnchorFile(tmp_path / "file" / "anchors.jsonl"), AnchorFile(tmp_path / "anchors.jsonl")]
    await anchor(storage.store, places)
    assert len(recorded(places[1].path).anchors) == 1
    assert "could not be anchored" in caplog.text
