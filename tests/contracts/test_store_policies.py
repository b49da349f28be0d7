"""What every Store must do about policies: they come into force one after the other, each said by one replica."""

import asyncio
from datetime import UTC, datetime
from functools import partial

from storage.records import Adoption
from storage.sql.open import Storage
from storage.store import Transaction

AT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def adoption(number: int, version: str = "v1") -> Adoption:
    return Adoption(number=number, version=version, content={"rules": [{"name": "x", "share": 0.5}]}, at=AT)


def adopt(made: Adoption, tx: Transaction) -> bool:
    return tx.adopt(made)


async def test_the_newest_is_in_force(storage: Storage) -> None:
    assert await storage.store.read(lambda tx: tx.adopted()) is None
    for number in (1, 2, 10):
        assert await storage.store.write(partial(adopt, adoption(number)))
    assert await storage.store.read(lambda tx: tx.adopted()) == adoption(10)


async def test_of_many_replicas_one_is_first(storage: Storage) -> None:
    names = [f"v{number}" for number in range(8)]
    first = await asyncio.gather(*(storage.store.write(partial(adopt, adoption(1, name))) for name in names))
    assert sum(first) == 1
    found = await storage.store.read(lambda tx: tx.adopted())
    assert found is not None
    assert found.version == names[first.index(True)]
