"""Row 19 of the fault matrix: giant and odd input wherever a person, a program or a model can put something is refused in
words or carried whole, and costs less than 50 MB."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from bot.demo import CHANNEL, TESS
from bot.sandbox.blocks import check_blocks
from tests.bot.flow.stage import Stage, stage_on
from tests.e2e.company import Premises, everything, premises, staffed
from tests.faults.giants import GIANTS
from tests.faults.whole import until

FULL = os.environ.get("SIGNOFF_FAULTS") == "full"
ROUNDS = 3 if FULL else 1
GROWTH = 50_000_000  # bytes

TAKEN = "payer is on it. Follow it in the thread that opens here."
WHOLE = "card valid | stored whole"
NONSENSE = "Claude's answer does not have the form that was asked for"
SAID: Mapping[str, tuple[str, ...]] = {
    "command of 1 MiB": (TAKEN, "| failed pay: amount", "| 1048576"),
    "command of 1 MiB + 1": ("That is 1,048,577 bytes; at most 1,048,576 can be taken.",),
    "command of 1 MiB + 1 in Arabic": ("at most 1,048,576 can be taken.",),
    "command with NUL": (TAKEN, "| succeeded", "| 9"),
    "command with a lone surrogate": (TAKEN, "| succeeded", "| 9"),
    "argument of 200,000 characters": (WHOLE,),
    "argument of 200,000 line ends": (WHOLE,),
    "argument of 200,000 invisible characters": (WHOLE,),
    "argument of 200,000 emoji": (WHOLE,),
    "edit of a million digits": ("False Some values cannot be used.", "less than or equal to 1000"),
    "edit with NUL": ("False Some of that cannot be kept", "Holds a character that is no text"),
    "note of a million characters": ("False The notes are too long.",),
    "note with a lone surrogate": ("False Some of that cannot be kept, so nothing was done.",),
    "API body of 10^6 keys": ("422", "more than 10,000 names and values"),
    "API body 1,000 deep": ("422", "nested deeper than 32 levels"),
    "model's answer of 10^6 keys": (NONSENSE, "far too long"),
    "model's answer 1,000 deep": (NONSENSE,),
    "model's answer of 100,000 characters": (NONSENSE, "far too long"),
}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """What a process of its own tells of every giant."""
    folder = tmp_path_factory.mktemp("giants")
    command = [sys.executable, "-m", "tests.faults.giants", str(folder), str(ROUNDS)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)  # noqa: S603
    assert ended.returncode == 0, ended.stderr[-3000:]
    return [json.loads(line) for line in ended.stdout.splitlines()]


@pytest.mark.timeout(600)
@pytest.mark.parametrize("giant", SAID)
def test_a_giant_is_refused_in_words_or_carried_whole(told: list[dict[str, Any]], giant: str) -> None:
    assert set(SAID) == {name for name, _, _ in GIANTS}
    for each in told:
        if each["giant"] == giant:
            assert all(words in each["said"] for words in SAID[giant]), each


def test_a_giant_costs_little_memory_and_the_next_like_it_less(
    told: list[dict[str, Any]], record_property: Callable[[str, object], None]
) -> None:
    most = max(told, key=lambda each: int(each["grew"]))
    record_property("figure", f"at most {most['grew'] / 1e6:.0f} MB more resident memory ({most['giant']})")
    assert most["grew"] < GROWTH, most
    later = sum(each["grew"] for each in told if each["round"] > 0)
    assert later < GROWTH, "it grows with every giant"


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue(f"{request.param}_url"))


ODD = ["\0", "a\0b", "\ud800", "a\udfffb", "\ud83d", "\ufffe\uffff", "\u202e", "\x1b[2J", "x" * 3001, "\U0010ffff" * 1000]


@pytest.mark.parametrize("text", ODD, ids=range(len(ODD)))
async def test_odd_text_is_the_same_on_both_databases(url: str, text: str) -> None:
    """In a command, an edit and a note: stored as it was or refused at its field, and never an error of ours."""
    async with stage_on(url) as stage:
        await stage.type(f"run payer 5.00 shop{text}")
        request = await stage.latest()
        assert request.arguments["to"] == "shop" + _storable(text)
        edited = await stage.edit(request, to=f"lamp{text}")
        if not edited.ok:
            assert list(edited.errors) == ["to"], edited
            noted = await stage.reject(request, notes=f"no{text}")
            assert noted.ok or list(noted.errors) == ["notes"], noted
        else:
            assert stage.till.paid[0][1] == f"lamp{text}"
        assert await _nothing_is_wrong(stage)


def _storable(text: str) -> str:
    return "".join("\ufffd" if char == "\0" or "\ud800" <= char <= "\udfff" else char for char in text)


async def _nothing_is_wrong(stage: Stage) -> bool:
    return all(run.error is None or "internal" not in run.error for run in await stage.read(lambda tx: tx.runs()))


@pytest.fixture
async def place(tmp_path: Path) -> Any:
    async with premises(tmp_path / "premises") as made:
        yield made


async def test_slack_takes_the_card_of_a_giant_ticket_over_the_wire(place: Premises) -> None:
    """Through the real surface to the workspace that enforces Slack's limits, with odd text in it."""
    async with staffed(place) as demo:
        ticket = "Refund A-1042 please, $480.\n" + "\u3164\u202e<!channel> https://evil.example \0" * (
            20_000 if FULL else 2_000
        )
        answer = await demo.sandbox.say(TESS.id, CHANNEL, f"/signoff run support {ticket}")
        assert answer is not None
        store = demo.replica.storage.store
        await until(lambda: store.read(lambda tx: bool(tx.requests())), 60)
        [request] = await store.read(lambda tx: tx.requests())

        def cards() -> list[Any]:
            return [each for each in everything(demo.sandbox) if request.id in str(each.metadata)]

        await until(lambda: bool(cards()), 60)
        [card] = cards()
        assert check_blocks(list(card.blocks), "message") == []
        assert "evil" not in card.text
