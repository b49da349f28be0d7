"""Mails in a folder become runs, once, and are moved away; what is no ticket is put aside with its reason."""

from pathlib import Path

import pytest

from agents.mail import LIMIT
from bot.triggers.mailbox import MOST_AT_ONCE, Folder
from bot.triggers.trigger import Trigger
from storage.store import StoreBusy
from tests.bot.flow.stage import CHANNEL, PAYER, Stage

MAIL = b"From: Mia <mia@example.com>\nSubject: Refund\n\n480.00 lamp-shop\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "mail").mkdir()
    return tmp_path / "mail"


def folder(path: Path, name: str = "support") -> Folder:
    return Folder(Trigger("mailbox", name, PAYER, CHANNEL), path)


async def look(box: Folder, stage: Stage, times: int = 2) -> None:
    for _ in range(times):
        await box.look(stage.signoff)


async def inputs(stage: Stage) -> list[str]:
    return [run.input for run in await stage.store.read(lambda tx: tx.runs(limit=100))]


def names(path: Path) -> list[str]:
    return sorted(str(each.relative_to(path)) for each in path.rglob("*") if not each.is_dir())


async def test_a_mail_becomes_a_run_and_is_moved(stage: Stage, path: Path) -> None:
    (path / "a.eml").write_bytes(MAIL)
    await look(folder(path), stage)
    [text] = await inputs(stage)
    assert "480.00 lamp-shop" in text
    assert names(path) == ["done/a.eml"]
    assert (path / "done" / "a.eml").read_bytes() == MAIL


async def test_a_mail_that_is_still_written_is_left_alone(stage: Stage, path: Path) -> None:
    box = folder(path)
    for part in range(3):
        with (path / "a.eml").open("ab") as file:
            file.write(MAIL + b"more\n" * part)
        await look(box, stage, 1)
        assert await inputs(stage) == []
    await look(box, stage, 1)
    assert len(await inputs(stage)) == 1


async def test_what_is_no_mail_by_its_name_stays_where_it_is(stage: Stage, path: Path) -> None:
    for name in ("notes.txt", ".hidden.eml", "a.eml.part"):
        (path / name).write_bytes(MAIL)
    await look(folder(path), stage, 3)
    assert names(path) == [".hidden.eml", "a.eml.part", "notes.txt"]
    assert await inputs(stage) == []


async def test_a_crash_between_the_run_and_the_move_starts_no_second_run(stage: Stage, path: Path) -> None:
    (path / "a.eml").write_bytes(MAIL)
    (path / "done").write_text("A file where the folder should be, so nothing can be moved.")
    await look(folder(path), stage, 4)
    assert len(await inputs(stage)) == 1
    (path / "done").unlink()
    stage.clock.move(days=2)  # long after the window
    await look(folder(path), stage)
    assert len(await inputs(stage)) == 1
    assert names(path) == ["done/a.eml"]


async def test_the_same_mail_twice_starts_one_run_and_both_are_moved(stage: Stage, path: Path) -> None:
    (path / "a.eml").write_bytes(MAIL)
    (path / "b.eml").write_bytes(MAIL)
    await look(folder(path), stage)
    assert len(await inputs(stage)) == 1
    assert names(path) == ["done/a.eml", "done/b.eml"]


async def test_a_name_that_was_taken_before_gets_a_number(stage: Stage, path: Path) -> None:
    box = folder(path)
    for number in range(3):
        (path / "a.eml").write_bytes(MAIL.replace(b"480", str(100 + number).encode()))
        await look(box, stage)
    assert names(path) == ["done/a-2.eml", "done/a-3.eml", "done/a.eml"]
    assert len(await inputs(stage)) == 3


async def test_two_replicas_start_one_run(stage: Stage, path: Path) -> None:
    (path / "a.eml").write_bytes(MAIL)
    one, two = folder(path), folder(path)
    for box in (one, two, one, two, two, one):
        await look(box, stage, 1)
    assert len(await inputs(stage)) == 1
    assert names(path) == ["done/a.eml"]


async def test_what_is_no_ticket_is_put_aside_with_its_reason(stage: Stage, path: Path) -> None:
    (path / "giant.eml").write_bytes(b"x" * (LIMIT + 1))
    (path / "empty.eml").write_bytes(b"")
    (path / "link.eml").symlink_to("/etc/hostname")
    (path / "dir.eml").mkdir()
    await look(folder(path), stage)
    reasons = {each.name: each.read_text() for each in (path / "refused").glob("*.why.txt")}
    assert sorted(reasons) == ["dir.eml.why.txt", "empty.eml.why.txt", "giant.eml.why.txt", "link.eml.why.txt"]
    assert reasons["link.eml.why.txt"] == "It is no plain file.\n"
    assert await inputs(stage) == []


async def test_while_the_database_is_down_mails_stay_and_are_taken_later(stage: Stage, path: Path) -> None:
    (path / "a.eml").write_bytes(MAIL)
    box, right = folder(path), stage.signoff.store

    class Down:
        async def write(self, work: object) -> None:
            raise StoreBusy("It is down.")

    object.__setattr__(stage.signoff, "store", Down())
    with pytest.raises(StoreBusy):
        await look(box, stage)
    object.__setattr__(stage.signoff, "store", right)
    assert names(path) == ["a.eml"]
    await look(box, stage)
    assert names(path) == ["done/a.eml"]


async def test_a_full_folder_is_taken_in_portions(stage: Stage, path: Path) -> None:
    for number in range(MOST_AT_ONCE + 3):
        (path / f"{number:03}.eml").write_bytes(MAIL.replace(b"480", str(number + 1).encode()))
    box = folder(path)
    await look(box, stage)
    assert len(await inputs(stage)) == MOST_AT_ONCE
    await look(box, stage, 1)
    assert len(await inputs(stage)) == MOST_AT_ONCE + 3


async def test_a_folder_that_went_away_is_told_and_starts_nothing(
    stage: Stage, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    await look(folder(path / "nowhere"), stage)
    assert "cannot be read: No such file or directory" in caplog.text
