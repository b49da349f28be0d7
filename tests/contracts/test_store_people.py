"""What every Store must do about delegations, and about humans with several accounts."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

from storage.records import Delegation, Identity
from storage.sql.open import Storage
from storage.store import Transaction
from tests.conftest import Database
from tests.storage.records import person

NOW = datetime.now(UTC)
HOUR = timedelta(hours=1)


def delegation(id: str, giver: int = 1, taker: int = 2, **fields: Any) -> Delegation:
    given = {"id": id, "giver": person(giver), "taker": person(taker), "created_at": NOW, "until": NOW + HOUR}
    return Delegation(**given | fields)


async def store(storage: Storage, *delegations: Delegation) -> None:
    def work(tx: Transaction) -> None:
        for each in delegations:
            tx.add_delegation(each)

    await storage.store.write(work)


async def found(storage: Storage, **wanted: Any) -> list[str]:
    return await storage.store.read(lambda tx: [each.id for each in tx.delegations(**wanted)])


async def test_a_delegation_comes_back_as_it_was_made(storage: Storage) -> None:
    made = delegation("del_1")
    await store(storage, made)
    assert await storage.store.read(lambda tx: list(tx.delegations())) == [made]


async def test_delegations_are_found_by_giver_taker_and_moment_newest_first(storage: Storage) -> None:
    await store(
        storage,
        delegation("del_old", created_at=NOW - 3 * HOUR, until=NOW - HOUR),
        delegation("del_one", created_at=NOW - HOUR),
        delegation("del_two", taker=3),
        delegation("del_back", giver=2, taker=1, ended_at=NOW - timedelta(minutes=1), created_at=NOW - HOUR),
        delegation("del_future", giver=4, created_at=NOW + HOUR, until=NOW + 2 * HOUR),
    )
    one, two = person(1).key, person(2).key
    assert await found(storage, giver=one) == ["del_two", "del_one", "del_old"]
    assert await found(storage, taker=two) == ["del_future", "del_one", "del_old"]
    assert await found(storage, giver=one, taker=two, at=NOW) == ["del_one"]
    assert await found(storage, at=NOW) == ["del_two", "del_one"]
    assert await found(storage, at=NOW - 2 * HOUR) == ["del_old"]
    assert await found(storage, giver=two, at=NOW - timedelta(minutes=2)) == ["del_back"]


async def test_one_of_many_takes_a_delegation_back(database: Database) -> None:
    async with database.open() as storage:
        await store(storage, delegation("del_1"), delegation("del_2"))
        ended = await asyncio.gather(*(storage.store.write(lambda tx: tx.end_delegation("del_1")) for _ in range(6)))
        [done] = [each for each in ended if each is not None]
        assert done.ended_at is not None
        assert await storage.store.write(lambda tx: tx.end_delegation("del_9")) is None
        database.ahead = 2 * HOUR
        assert await storage.store.write(lambda tx: tx.end_delegation("del_2")) is None


async def test_an_account_belongs_to_whom_it_was_said_last(storage: Storage) -> None:
    mail = person(1).model_copy(update={"email": "one@example.com"})
    for human, who in (("one@example.com", mail), ("two@example.com", person(1)), ("two@example.com", person(2))):
        linked = Identity(person=who, human=human, created_at=NOW)
        await storage.store.write(lambda tx, linked=linked: tx.link_identity(linked))  # type: ignore[misc]
    everybody = await storage.store.read(lambda tx: tx.identities())
    assert [(each.person, each.human) for each in everybody] == [
        (person(1), "two@example.com"),
        (person(2), "two@example.com"),
    ]


async def test_accounts_are_found_by_their_keys(storage: Storage) -> None:
    for number in (1, 2, 3):
        linked = Identity(person=person(number), human=f"{number}@example.com", created_at=NOW)
        await storage.store.write(lambda tx, linked=linked: tx.link_identity(linked))  # type: ignore[misc]

    async def keys(*wanted: str) -> list[str]:
        return await storage.store.read(lambda tx: [each.person.key for each in tx.identities(wanted)])

    assert await keys(person(3).key, person(1).key, "slack:T1:nobody", person(1).key) == [person(1).key, person(3).key]
    assert await keys() == []
    assert await storage.store.write(lambda tx: tx.unlink_identity(person(1).key))
    assert not await storage.store.write(lambda tx: tx.unlink_identity(person(1).key))
    assert await keys(person(1).key) == []


async def test_accounts_are_found_with_all_others_of_their_humans(storage: Storage) -> None:
    for number in (1, 2, 3, 4, 5):
        linked = Identity(person=person(number), human=f"hum_{number % 3}", created_at=NOW)
        await storage.store.write(lambda tx, linked=linked: tx.link_identity(linked))  # type: ignore[misc]

    async def keys(*wanted: str) -> list[str]:
        found = await storage.store.read(lambda tx: tx.identities_of_humans(wanted))
        return [each.person.key for each in found]

    assert await keys(person(4).key) == [person(1).key, person(4).key]
    assert await keys(person(5).key, person(3).key) == [person(3).key, person(2).key, person(5).key]
    assert await keys("slack:T1:nobody") == []
    assert await keys() == []


async def test_of_simultaneous_links_of_one_account_one_stands(storage: Storage) -> None:
    made = [Identity(person=person(1), human=f"{number}@example.com", created_at=NOW) for number in range(6)]
    await asyncio.gather(*(storage.store.write(lambda tx, each=each: tx.link_identity(each)) for each in made))  # type: ignore[misc]
    [standing] = await storage.store.read(lambda tx: tx.identities())
    assert standing in made
