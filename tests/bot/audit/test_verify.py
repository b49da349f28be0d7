"""`signoff audit verify`, typed beside a Signoff that is at work, after every kind of tampering."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from storage.anchors import AnchorFile, anchor
from tests.bot.audit.conftest import Typed
from tests.bot.flow.stage import Stage
from tests.storage.vandal import Vandal, rewritten, vandal


async def decided(stage: Stage, anchors: Path) -> int:
    """A request that was asked, approved and run, with its end anchored; the length of the chain."""
    await stage.approve(await stage.ask())
    made = await anchor(stage.store, [AnchorFile(anchors)])
    assert made is not None
    return made.seq


async def test_a_chain_that_holds(stage: Stage, anchors: Path, typed: Typed) -> None:
    length = await decided(stage, anchors)
    result = await typed("verify")
    assert result.exit_code == 0, result.output
    assert f"The audit chain holds: {length} entries" in result.output
    assert "all 1 anchors fit" in result.output
    assert "Note" not in result.output
    assert result.stderr == ""


async def test_without_anchors_it_says_what_cannot_be_seen(stage: Stage, typed: Typed) -> None:
    await stage.ask()
    result = await typed("verify")
    assert result.exit_code == 0
    assert "cut tails and full rewrites cannot be seen without anchors" in result.output


async def test_what_no_anchor_covers_yet_is_said(stage: Stage, anchors: Path, typed: Typed) -> None:
    before = await decided(stage, anchors)
    await stage.ask()
    after = json.loads((await typed("verify", "--json")).output)
    assert after["holds"] is True
    [note] = after["notes"]
    assert f"The last {after['seq'] - before} entries are newer than every anchor" in note


KINDS: list[tuple[str, Callable[[Vandal], None], int | None, str]] = [
    ("a flipped bit", lambda v: v.flip_a_bit(3), 3, "changed after it was written"),
    ("a deletion", lambda v: v.delete(3), 3, "is missing"),
    ("a reorder", lambda v: v.swap(2, 4), 2, "does not continue"),
    ("a cut tail", lambda v: v.cut_after(3), None, "its tail was cut off"),
]


@pytest.mark.parametrize(("kind", "tamper", "seq", "reason"), KINDS, ids=[kind[0] for kind in KINDS])
async def test_tampering_is_told_with_its_place_and_its_reason(
    stage: Stage, anchors: Path, typed: Typed, url: str,
    kind: str, tamper: Callable[[Vandal], None], seq: int | None, reason: str,
) -> None:  # fmt: skip
    length = await decided(stage, anchors)
    with vandal(url) as v:
        tamper(v)
    result = await typed("verify", "--json")
    assert result.exit_code == 1, result.output
    found = json.loads(result.output)
    assert found["holds"] is False
    assert found["breaks"][0]["seq"] == (seq or length)
    assert reason in found["breaks"][0]["reason"]
    in_words = await typed("verify")
    assert in_words.exit_code == 1
    assert "BROKEN" in in_words.output
    assert found["breaks"][0]["reason"] in in_words.output


async def test_a_full_rewrite_is_told(stage: Stage, anchors: Path, typed: Typed, url: str) -> None:
    elsewhere = anchors.with_suffix(".kept")
    length = await decided(stage, elsewhere)
    forged = await rewritten(stage.store, seq=3, actor="slack:T1:SOMEBODY")
    with vandal(url) as v:
        for entry in forged:
            v.replace(entry)
    assert (await typed("verify")).exit_code == 0  # which is why there are anchors
    result = await typed("verify", "--anchors", str(elsewhere), "--json")
    assert result.exit_code == 1
    [broken] = json.loads(result.output)["breaks"]
    assert broken["seq"] == length
    assert "the chain was rewritten" in broken["reason"]


async def test_anchors_of_several_replicas_count_together(
    stage: Stage, anchors: Path, typed: Typed, url: str, tmp_path: Path
) -> None:
    other = tmp_path / "replica-2.jsonl"
    await decided(stage, other)
    length = await decided(stage, anchors)
    with vandal(url) as v:
        v.cut_after(length - 1)
    assert (await typed("verify", "--anchors", str(other))).exit_code == 0
    assert (await typed("verify", "--anchors", str(other), "--anchors", str(anchors))).exit_code == 1


async def test_lines_that_are_no_anchors_are_mentioned(stage: Stage, anchors: Path, typed: Typed) -> None:
    await decided(stage, anchors)
    with anchors.open("a") as file:
        file.write("{}\nhello\n")
    result = await typed("verify")
    assert result.exit_code == 0
    assert "2 lines of" in result.output


@pytest.mark.parametrize(
    ("arguments", "environment"),
    [
        (["--anchors", "/nowhere/anchors.jsonl"], {}),
        ([], {"SIGNOFF_DATABASE_URL": "sqlite:////nowhere/signoff.db"}),
        ([], {"SIGNOFF_DATABASE_URL": "postgresql://signoff@127.0.0.1:1/none"}),
        ([], {"SIGNOFF_DATABASE_URL": "mysql://db"}),
    ],
)
async def test_what_could_not_be_verified_is_neither_whole_nor_broken(
    typed: Typed, arguments: list[str], environment: dict[str, str]
) -> None:
    result = await typed("verify", *arguments, **environment)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr
    assert "Traceback" not in result.stderr
