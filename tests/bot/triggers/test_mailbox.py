"""Folders of mail: each mail is one run, whatever crashes, hurries or is put there by mistake."""

import asyncio
import os
import shutil
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from bot.triggers.file import Mailbox
from bot.triggers.mailbox import LOCK, QUIET, Folder, Letter
from storage.records import Run
from storage.store import StoreBusy
from tests.bot.flow.stage import CHANNEL, Stage

MAIL = b"From: Ann <ann@example.com>\nSubject: Lamp\n\nthink about it"


@dataclass
class Post:
    """A folder, the replicas that look at it, and seconds that pass when they are told to."""

    stage: Stage
    folder: Path
    seconds: float = 0.0
    replicas: list[Folder] = field(default_factory=list)

    def replica(self) -> Folder:
        mailbox = Mailbox.model_validate({"agent": "payer", "folder": self.folder})
        made = Folder(self.stage.signoff, "support", mailbox, CHANNEL, lambda: self.seconds)
        self.replicas.append(made)
        return made

    def put(self, name: str, data: bytes = MAIL) -> Path:
        (self.folder / name).write_bytes(data)
        return self.folder / name

    async def look(self) -> None:
        """All replicas look, wait until what was found is quiet, and look again, all at once."""
        for _ in range(2):
            await asyncio.gather(*(replica.look() for replica in self.replicas))
            self.seconds += QUIET

    async def runs(self) -> list[Run]:
        return list(await self.stage.read(lambda tx: tx.runs(limit=100)))

    def files(self) -> list[str]:
        found = (path.relative_to(self.folder) for path in self.folder.rglob("*") if path.is_symlink() or not path.is_dir())
        return sorted(str(path) for path in found if path.name != LOCK)


@pytest.fixture
def post(stage: Stage, tmp_path: Path) -> Post:
    folder = tmp_path / "mail"
    folder.mkdir()
    made = Post(stage, folder)
    made.replica()
    return made


def letters(folder: Folder) -> list[Letter]:
    """What is ready to be taken."""
    with FileLock(folder.mailbox.folder / LOCK) as lock:
        return folder._letters(lock)


async def test_a_mail_starts_a_run_and_is_done(post: Post) -> None:
    post.put("lamp.eml")
    post.put("notes.txt")
    post.put(".hidden.eml")
    await post.look()
    [run] = await post.runs()

    assert run.input == MAIL.decode()
    assert (run.requester.key, run.requester.name, run.origin) == ("mailbox:local:support", "mailbox support", CHANNEL)
    assert post.files() == [".hidden.eml", "done/lamp.eml", "notes.txt"]


async def test_a_mail_that_is_still_being_written_is_left_alone(post: Post) -> None:
    file = post.put("lamp.eml", MAIL[:20])
    for _ in range(3):
        await post.replicas[0].look()
        post.seconds += QUIET
        with file.open("ab") as writing:
            writing.write(b" and more")
    assert await post.runs() == []
    await post.look()
    assert (await post.runs())[0].input.count(" and more") == 3


async def test_a_crash_between_the_commit_and_the_move_starts_no_second_run(post: Post) -> None:
    file = post.put("lamp.eml")
    kept = file.parent.parent / "kept"
    shutil.copy2(file, kept)
    await post.look()
    shutil.move(kept, file)  # as if the move had not come to be
    (post.folder / "done" / "lamp.eml").unlink()
    post.stage.clock.move(days=2)  # and nobody started Signoff again for long
    post.replicas[:] = [post.replica()]
    await post.look()

    assert len(await post.runs()) == 1
    assert post.files() == ["done/lamp.eml", "done/lamp.eml.why.txt"]


async def test_the_same_mail_twice_within_the_window_is_one_run_and_the_second_says_so(post: Post) -> None:
    post.put("a.eml")
    post.put("b.eml")
    await post.look()
    [run] = await post.runs()

    assert post.files() == ["done/a.eml", "done/b.eml", "done/b.eml.why.txt"]
    assert (post.folder / "done/b.eml.why.txt").read_text() == f"this was taken already: {run.id} is on it\n"


async def test_two_replicas_on_one_folder_start_one_run(post: Post) -> None:
    post.replica()
    for number in range(5):
        post.put(f"{number}.eml", MAIL + b"%d" % number)
    await post.look()
    await post.look()

    assert len(await post.runs()) == 5
    assert post.files() == [f"done/{number}.eml" for number in range(5)]


async def test_without_a_lock_the_database_still_starts_one_run(post: Post) -> None:
    one, other = post.replicas[0], post.replica()
    post.put("lamp.eml")
    await post.replicas[0].look()
    post.seconds += QUIET
    [letter] = letters(one)
    await asyncio.gather(one._take(letter), other._take(letter))  # both found it: a network drive may grant a lock to all

    assert len(await post.runs()) == 1
    assert [name for name in post.files() if name.endswith(".eml")] == ["done/lamp.eml"]


async def test_while_another_replica_looks_nothing_is_touched(post: Post) -> None:
    post.put("lamp.eml")
    with FileLock(post.folder / LOCK):
        await post.look()
    assert post.files() == ["lamp.eml"]


@pytest.mark.parametrize(
    ("data", "why"),
    [(b"", "empty (0 bytes)"), (b" \n ", "nothing but white space"), (b"x" * (1 << 20), "too large: 1,048,576 bytes")],
)
async def test_what_is_no_ticket_is_refused_with_the_reason_beside_it(post: Post, data: bytes, why: str) -> None:
    post.put("odd.eml", data)
    await post.look()

    assert await post.runs() == []
    assert post.files() == ["refused/odd.eml", "refused/odd.eml.why.txt"]
    assert why in (post.folder / "refused/odd.eml.why.txt").read_text()


async def test_links_pipes_and_folders_are_refused_and_never_followed(post: Post) -> None:
    secret = post.folder.parent / "secret"
    secret.write_bytes(MAIL)
    (post.folder / "link.eml").symlink_to(secret)
    os.mkfifo(post.folder / "pipe.eml")
    (post.folder / "folder.eml").mkdir()
    await post.look()

    assert await post.runs() == []
    assert secret.read_bytes() == MAIL
    refused = {path.name for path in (post.folder / "refused").iterdir()}
    assert refused == {f"{name}.eml{end}" for name in ("link", "pipe", "folder") for end in ("", ".why.txt")}


async def test_a_name_that_was_used_before_overwrites_nothing(post: Post) -> None:
    for number in range(3):
        post.put("lamp.eml", MAIL + b"%d" % number)
        await post.look()
    assert post.files() == ["done/lamp-2.eml", "done/lamp-3.eml", "done/lamp.eml"]
    assert len(await post.runs()) == 3


async def test_a_mail_that_takes_the_place_of_one_that_was_read_has_its_own_turn(post: Post) -> None:
    file = post.put("lamp.eml")
    found = post.replicas[0]
    await found.look()
    post.seconds += QUIET
    other = file.with_name("other")
    other.write_bytes(MAIL + b" again")
    [letter] = letters(found)
    other.rename(file)
    await found._move(letter, "done", None)

    assert post.files() == ["lamp.eml"]
    await post.look()
    assert [run.input for run in await post.runs()] == [(MAIL + b" again").decode()]


async def test_when_the_database_rests_the_mail_waits(post: Post) -> None:
    post.put("lamp.eml")
    resting = replace(post.stage.signoff, store=_Resting())
    post.replicas[0].signoff = resting
    await post.replicas[0].look()
    post.seconds += QUIET
    with pytest.raises(StoreBusy):
        await post.replicas[0].look()
    assert post.files() == ["lamp.eml"]
    post.replicas[0].signoff = post.stage.signoff
    await post.look()
    assert len(await post.runs()) == 1


class _Resting:
    async def write(self, work: object) -> Any:
        raise StoreBusy("It rests.")

    async def read(self, work: object) -> Any:
        raise StoreBusy("It rests.")

    async def close(self) -> None: ...


async def test_done_that_is_no_folder_is_one_run_and_one_line_in_the_log(
    post: Post, caplog: pytest.LogCaptureFixture
) -> None:
    (post.folder / "done").write_text("a file where a folder should be")
    post.put("lamp.eml")
    for _ in range(3):
        await post.look()

    assert len(await post.runs()) == 1
    assert sum("lamp.eml cannot be moved to done" in each.message for each in caplog.records) == 1


async def test_a_folder_that_is_gone_is_said_once(post: Post, caplog: pytest.LogCaptureFixture) -> None:
    post.folder.rmdir()
    for _ in range(3):
        await post.look()
    assert sum("there is no such folder any more" in each.message for each in caplog.records) == 1


async def test_a_maildir_is_read_where_its_mails_arrive(post: Post) -> None:
    for name in ("new", "cur", "tmp"):
        (post.folder / name).mkdir()
    (post.folder / "new" / "1700000000.M1P2.host").write_bytes(MAIL)
    (post.folder / "tmp" / "1700000000.M2P2.host").write_bytes(MAIL[:10])
    await post.replicas[0].look()  # what is in `new` is whole: nothing to wait for

    assert len(await post.runs()) == 1
    assert post.files() == ["done/1700000000.M1P2.host", "tmp/1700000000.M2P2.host"]


async def test_a_mail_in_another_encoding_loses_no_text(post: Post) -> None:
    post.put("g.eml", b"From: a@example.com\nSubject: x\nContent-Type: text/plain; charset=latin-1\n\nthink Gr\xfc\xdfe")
    await post.look()
    assert "Grüße" in (await post.runs())[0].input
