"""The policy follows its file: audited with what changed, told once however many replicas there are, never written."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from bot.reload import Reload
from policies.current import CurrentPolicy
from policies.rules import mentionable
from storage.audit import verify
from storage.records import AuditEntry, Place
from storage.store import Store, StoreBusy
from tests.bot.flow.stage import POLICY, Clock, Stage, stage_on

ADMINS = Place(surface="slack", tenant="T1", channel="CADMIN")
CHANNEL = Place(surface="slack", tenant="T1", channel="CMAIN")
TWO = POLICY.replace("    risk: high\n", "    risk: critical\n    quorum: 2\n", 1)
WRONG = POLICY.replace("verdict: log", "verdit: log")


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
async def stage(request: pytest.FixtureRequest) -> AsyncIterator[Stage]:
    async with stage_on(request.getfixturevalue(f"{request.param}_url")) as made:
        made.signoff = replace(made.signoff, admin_place=ADMINS, fallback_place=CHANNEL)
        yield made


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "policy.yaml"
    write(path, POLICY)
    return path


def write(path: Path, text: str) -> None:
    path.with_suffix(".new").write_text(text, "utf-8")
    path.with_suffix(".new").replace(path)


def replica(stage: Stage, file: Path) -> Reload:
    return Reload(stage.signoff, CurrentPolicy(file, mentionable(stage.signoff.actions.models)))


async def entries(stage: Stage, event: str) -> list[AuditEntry]:
    return [each for each in await stage.read(lambda tx: tx.audit_entries()) if each.event == event]


async def told(stage: Stage) -> list[tuple[str, str]]:
    await stage.settle()
    return [(place.channel, text) for place, text in stage.surface.replies]


async def test_a_change_is_audited_and_told_with_what_changed(stage: Stage, file: Path) -> None:
    reload = replica(stage, file)
    await reload.start()
    before = reload.current.policy.version
    write(file, TWO)
    await reload.look()
    after = reload.current.policy.version
    [first, change] = await entries(stage, "policy.adopted")
    assert (first.body["before"], first.body["after"], first.body["changes"]) == (None, before, [])
    assert (change.body["before"], change.body["after"], change.actor) == (before, after, "signoff")
    parts = [
        {"name": "risk", "before": "high", "after": "critical"},
        {"name": "quorum", "before": None, "after": "2"},
    ]
    assert change.body["changes"] == [{"kind": "changed", "of": "payments", "parts": parts, "rule": True}]
    said = f"A new policy is in force, version {after[:12]} after {before[:12]}."
    line = "• Rule “payments”: risk high → critical; quorum (left out) → 2"
    assert await told(stage) == [("CADMIN", f"{said}\n{line}")]
    assert verify(await stage.read(lambda tx: tx.audit_entries())) is None


async def test_a_policy_that_changed_while_nothing_ran_is_audited_and_told_at_the_start(stage: Stage, file: Path) -> None:
    await replica(stage, file).start()
    await replica(stage, file).start()
    assert len(await entries(stage, "policy.adopted")) == 1
    assert await told(stage) == []
    write(file, TWO)
    await replica(stage, file).start()
    assert len(await entries(stage, "policy.adopted")) == 2
    assert len(await told(stage)) == 1


async def test_many_replicas_say_it_once(stage: Stage, file: Path) -> None:
    replicas = [replica(stage, file) for _ in range(5)]
    await asyncio.gather(*(each.start() for each in replicas))
    write(file, TWO)
    for _ in range(2):  # whoever met another one looks again
        await asyncio.gather(*(each.look() for each in replicas))
    assert len(await entries(stage, "policy.adopted")) == 2
    assert len(await told(stage)) == 1
    write(file, POLICY)
    await asyncio.gather(*(each.look() for each in replicas))
    await asyncio.gather(*(each.look() for each in replicas))
    assert len(await entries(stage, "policy.adopted")) == 3
    assert len(await told(stage)) == 2


async def test_a_broken_file_changes_nothing_and_is_told_with_its_mistakes_once(stage: Stage, file: Path) -> None:
    replicas = [replica(stage, file) for _ in range(3)]
    before = replicas[0].current.policy
    await replicas[0].start()
    write(file, WRONG)
    await asyncio.gather(*(each.look() for each in replicas))
    assert replicas[0].current.policy is before
    [refused] = await entries(stage, "policy.refused")
    [(channel, text)] = await told(stage)
    assert (channel, text.splitlines()[0]) == (
        "CADMIN",
        "The policy file was changed, but cannot be used. The old policy stays.",
    )
    assert "did you mean 'verdict'?" in text
    assert str(refused.body["problems"]) in str([line.removeprefix("• ") for line in text.splitlines()[1:]])
    write(file, POLICY)
    await asyncio.gather(*(each.look() for each in replicas))
    assert [text for _, text in await told(stage)][1:] == ["The policy file can be used again. It says what is in force."]
    assert len(await entries(stage, "policy.adopted")) == 1


async def test_a_broken_file_that_is_mended_to_something_else_is_told_as_the_change(stage: Stage, file: Path) -> None:
    reload = replica(stage, file)
    await reload.start()
    write(file, WRONG)
    await reload.look()
    write(file, TWO)
    await reload.look()
    assert "A new policy is in force" in [text for _, text in await told(stage)][-1]


async def test_a_file_that_says_the_same_in_other_words_is_no_news(stage: Stage, file: Path) -> None:
    reload = replica(stage, file)
    await reload.start()
    write(file, "# what we agreed on in May\n" + POLICY)
    await reload.look()
    assert len(await entries(stage, "policy.adopted")) == 1
    assert await told(stage) == []


async def test_without_a_channel_of_its_own_it_is_told_in_the_deployments(stage: Stage, file: Path) -> None:
    stage.signoff = replace(stage.signoff, admin_place=None)
    reload = replica(stage, file)
    await reload.start()
    write(file, TWO)
    await reload.look()
    assert [channel for channel, _ in await told(stage)] == ["CMAIN"]


async def test_where_the_channel_is_gone_it_is_told_in_the_deployments(stage: Stage, file: Path) -> None:
    stage.surface.archived.add("CADMIN")
    reload = replica(stage, file)
    await reload.start()
    write(file, TWO)
    await reload.look()
    assert [channel for channel, _ in await told(stage)] == ["CMAIN"]


async def test_a_chat_that_is_busy_hears_of_it_later(stage: Stage, file: Path) -> None:
    reload = replica(stage, file)
    await reload.start()
    write(file, TWO)
    await reload.look()
    stage.surface.fail_next()
    assert len(await told(stage)) <= 1
    stage.clock.move(minutes=1)
    assert len(await told(stage)) == 1


async def test_what_could_not_be_recorded_is_recorded_at_the_next_look(
    stage: Stage, file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    reload = replica(stage, file)
    signoff, reload.signoff = reload.signoff, replace(reload.signoff, store=cast("Store", Away()))
    await reload.start()
    assert "could not be recorded yet" in caplog.text
    write(file, WRONG)
    with pytest.raises(StoreBusy):
        await reload.look()
    reload.signoff = signoff
    await reload.look()
    assert len(await entries(stage, "policy.adopted")) == 1
    assert len(await entries(stage, "policy.refused")) == 1


class Away:
    """A database that cannot be reached."""

    async def write(self, work: object) -> None:
        raise StoreBusy("away")

    read = write

    async def close(self) -> None: ...


async def test_many_changes_make_one_message_that_can_be_read(stage: Stage, file: Path) -> None:
    reload = replica(stage, file)
    await reload.start()
    rules = "".join(f"  - {{name: rule {n}, actions: [think], verdict: block}}\n" for n in range(100))
    write(file, POLICY + rules)
    await reload.look()
    [(_, text)] = await told(stage)
    assert text.splitlines()[1] == "• New rule “rule 0”: actions [think]; verdict block"
    assert text.splitlines()[-1] == "70 more changes are in the audit log."
    [_, change] = await entries(stage, "policy.adopted")
    assert isinstance(change.body["changes"], list)
    assert len(change.body["changes"]) == 100


@pytest.mark.postgres
async def test_replicas_on_one_database_say_it_once(postgresql_url: str, file: Path) -> None:
    clock = Clock()
    async with AsyncExitStack() as opened:
        stages = [await opened.enter_async_context(stage_on(postgresql_url, clock)) for _ in range(3)]
        for each in stages:
            each.signoff = replace(each.signoff, admin_place=ADMINS)
        replicas = [replica(each, file) for each in stages]
        await asyncio.gather(*(each.start() for each in replicas))
        write(file, TWO)
        for _ in range(2):
            await asyncio.gather(*(each.look() for each in replicas))
        assert len(await entries(stages[0], "policy.adopted")) == 2
        await stages[0].settle()
        assert sum(len(each.surface.replies) for each in stages) == 1
