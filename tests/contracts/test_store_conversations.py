"""What every Store must do about the conversations that a surface may speak in."""

from datetime import UTC, datetime, timedelta
from typing import Any

from storage.records import Conversation
from storage.sql.open import Storage
from storage.store import Transaction

NOW = datetime.now(UTC)


def talk(id: str, **fields: Any) -> Conversation:
    given: dict[str, Any] = {"surface": "teams", "tenant": "t1", "kind": "channel", "address": {"url": "https://there/"}}
    return Conversation(**given | {"id": id, "seen_at": NOW} | fields)


async def keep(storage: Storage, *conversations: Conversation) -> None:
    def work(tx: Transaction) -> None:
        for each in conversations:
            tx.keep_conversation(each)

    await storage.store.write(work)


async def test_a_conversation_comes_back_as_it_was_kept(storage: Storage) -> None:
    await keep(storage, talk("19:a@thread.tacv2"))
    kept = await storage.store.read(lambda tx: tx.conversation("teams", "t1", "19:a@thread.tacv2"))
    assert kept == talk("19:a@thread.tacv2")


async def test_what_is_kept_again_replaces_what_was_known(storage: Storage) -> None:
    moved = talk("one", address={"url": "https://elsewhere/"}, seen_at=NOW + timedelta(hours=1))
    await keep(storage, talk("one"), moved)
    assert await storage.store.read(lambda tx: list(tx.conversations("teams", "t1"))) == [moved]


async def test_other_tenants_and_surfaces_are_kept_apart(storage: Storage) -> None:
    await keep(storage, talk("one"), talk("one", tenant="t2"), talk("one", surface="other"))
    assert await storage.store.read(lambda tx: list(tx.conversations("teams", "t2"))) == [talk("one", tenant="t2")]
    assert await storage.store.read(lambda tx: tx.conversation("teams", "t3", "one")) is None


async def test_the_newest_come_first_and_no_more_than_asked_for(storage: Storage) -> None:
    await keep(storage, *(talk(str(number), seen_at=NOW + timedelta(minutes=number)) for number in range(4)))
    found = await storage.store.read(lambda tx: tx.conversations("teams", "t1", limit=2))
    assert [each.id for each in found] == ["3", "2"]


async def test_however_many_talk_to_it_alone_the_rooms_are_found(storage: Storage) -> None:
    alone = (talk(f"a{number}", kind="personal", seen_at=NOW + timedelta(minutes=number)) for number in range(4))
    await keep(storage, talk("channel"), talk("group", kind="group", seen_at=NOW - timedelta(minutes=1)), *alone)
    rooms = await storage.store.read(lambda tx: tx.conversations("teams", "t1", personal=False, limit=2))
    assert [each.id for each in rooms] == ["channel", "group"]


async def test_the_newest_personal_one_with_somebody_is_found(storage: Storage) -> None:
    mia = "teams:t1:mia"
    old, new = (
        talk(name, kind="personal", person=mia, seen_at=NOW + timedelta(minutes=late))
        for name, late in (("old", 0), ("new", 1))
    )
    await keep(storage, old, new, talk("other", kind="personal", person="teams:t1:ravi"), talk("channel"))
    assert await storage.store.read(lambda tx: tx.conversation_with(mia)) == new
    assert await storage.store.read(lambda tx: tx.conversation_with("teams:t2:mia")) is None


async def test_what_is_forgotten_is_not_known_any_more(storage: Storage) -> None:
    await keep(storage, talk("one"))
    assert await storage.store.write(lambda tx: tx.forget_conversation("teams", "t1", "one"))
    assert await storage.store.read(lambda tx: tx.conversation("teams", "t1", "one")) is None
    assert not await storage.store.write(lambda tx: tx.forget_conversation("teams", "t1", "one"))
