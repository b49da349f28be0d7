"""A replica that serves writes down where the chain ends, goes on if it cannot, and follows the policy."""

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bot.app import Replica, Role
from bot.reload import Reload
from policies.current import CurrentPolicy
from policies.file import SHIPPED
from policies.rules import mentionable
from storage.anchors import Anchor, AnchorFile, Anchors
from storage.sql.open import Storage
from tests.bot.flow.stage import Stage, stage_at
from tests.storage.vandal import vandal


@dataclass
class Memory:
    """A place that lets others wait for an anchor."""

    anchors: list[Anchor] = field(default_factory=list)
    anchored: threading.Event = field(default_factory=threading.Event)

    def append(self, anchor: Anchor) -> None:
        self.anchors.append(anchor)
        self.anchored.set()


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with stage_at(tmp_path / "signoff.db") as made:
        yield made


def replica(stage: Stage, *places: Anchors) -> Replica:
    policy = CurrentPolicy(SHIPPED, mentionable({}))
    return Replica(
        stage.signoff, stage.desk, Storage(stage.store, stage.dispatch), Reload(stage.signoff, policy), "", places
    )


@pytest.mark.parametrize("role", ["all", "worker", "web"])
async def test_the_head_is_anchored_at_start_and_at_stop(stage: Stage, role: Role) -> None:
    await stage.ask()
    place = Memory()
    serving = asyncio.create_task(replica(stage, place).serve(role))
    assert await asyncio.to_thread(place.anchored.wait, 10)
    await stage.store.write(lambda tx: tx.audit("test.noted", actor="tests"))
    serving.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await serving
    head = await stage.read(lambda tx: tx.audit_head())
    assert head is not None
    assert [each.seq for each in place.anchors] == [head.seq - 1, head.seq]


async def test_a_place_that_cannot_be_written_stops_nobody(
    stage: Stage, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    await stage.ask()
    (tmp_path / "file").write_text("in the way")
    place = Memory()
    await replica(stage, AnchorFile(tmp_path / "file" / "anchors.jsonl"), place).anchor()
    assert "could not be anchored" in caplog.text
    assert len(place.anchors) == 1


async def test_a_chain_that_cannot_be_read_stops_nobody(
    stage: Stage, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    await stage.ask()
    with vandal(f"sqlite:///{tmp_path / 'signoff.db'}") as v:
        v.run("UPDATE audit SET at = 'yesterday'")
    await replica(stage, Memory()).anchor()
    assert "could not be read to anchor it" in caplog.text


@pytest.mark.parametrize("role", ["all", "worker", "web"])
async def test_every_replica_follows_a_changed_policy(stage: Stage, role: Role, tmp_path: Path) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text("rules: []\n")
    policy = CurrentPolicy(file, {})
    reload = Reload(stage.signoff, policy)
    made = Replica(stage.signoff, stage.desk, Storage(stage.store, stage.dispatch), reload, "", ())
    serving = asyncio.create_task(made.serve(role))
    before = policy.policy.version
    file.write_text("rules: []\ndefaults: {quorum: 2}\n")
    async with asyncio.timeout(30):
        while policy.policy.version == before:  # noqa: ASYNC110  # a file is looked at, nobody tells
            await asyncio.sleep(0.1)
    serving.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await serving
