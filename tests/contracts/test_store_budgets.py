"""What every Store must do about budgets: nobody spends more than there is, however many try at once."""

import asyncio
from datetime import timedelta
from functools import partial

from storage.sql.open import Storage
from storage.store import Transaction
from tests.storage.records import run

HOUR = timedelta(hours=1)


async def runs(storage: Storage, *names: str) -> None:
    def work(tx: Transaction) -> None:
        for name in names:
            tx.add_run(run(name))

    await storage.store.write(work)


async def spent(storage: Storage, *rules: str, ago: timedelta = HOUR, but: tuple[str, int] | None = None) -> list[int]:
    found = await storage.store.read(lambda tx: tx.spent(rules, tx.now() - ago, but=but))
    return [found[rule] for rule in rules]


async def test_what_was_spent_is_counted_for_each_rule(storage: Storage) -> None:
    await runs(storage, "run_1", "run_2")
    await storage.store.write(lambda tx: tx.spend(["notes", "mail"], "run_1", 1))
    await storage.store.write(lambda tx: tx.spend(["notes"], "run_1", 3))
    await storage.store.write(lambda tx: tx.spend(["notes"], "run_2", 1))
    assert await spent(storage, "notes", "mail", "never") == [3, 1, 0]
    assert await spent(storage, "notes", but=("run_1", 3)) == [2]
    assert await spent(storage, "notes", ago=-HOUR) == [0]
    assert await spent(storage) == []


async def test_the_same_step_is_counted_once_by_when_it_was_spent_last(storage: Storage) -> None:
    await runs(storage, "run_1")
    await storage.store.write(lambda tx: tx.spend(["notes"], "run_1", 1))
    before = await storage.store.read(lambda tx: tx.now())
    await storage.store.write(lambda tx: tx.spend(["notes"], "run_1", 1))
    assert await spent(storage, "notes") == [1]
    assert await storage.store.read(lambda tx: tx.spent(["notes"], before)) == {"notes": 1}


async def test_what_a_failed_transaction_spent_does_not_count(storage: Storage) -> None:
    await runs(storage, "run_1")

    def work(tx: Transaction) -> None:
        tx.spend(["notes"], "run_1", 1)
        raise LookupError

    [failed] = await asyncio.gather(storage.store.write(work), return_exceptions=True)
    assert isinstance(failed, LookupError)
    assert await spent(storage, "notes") == [0]


async def test_nobody_who_holds_a_budget_spends_more_than_there_is(storage: Storage) -> None:
    names = [f"run_{number}" for number in range(30)]
    await runs(storage, *names)

    def spend(name: str, tx: Transaction) -> bool:
        tx.hold_budgets(["notes", "mail"] if name < "run_2" else ["mail", "notes"])
        if tx.spent(["notes"], tx.now() - HOUR)["notes"] >= 7:
            return False
        tx.spend(["notes"], name, 1)
        return True

    done = await asyncio.gather(*(storage.store.write(partial(spend, name)) for name in names))
    assert sum(done) == 7
    assert await spent(storage, "notes") == [7]


async def test_what_no_budget_looks_at_any_more_is_forgotten(storage: Storage) -> None:
    await runs(storage, "run_1")
    await storage.store.write(lambda tx: tx.spend(["notes"], "run_1", 1))
    assert await storage.store.write(lambda tx: tx.forget_spendings(tx.now() - HOUR)) == 0
    assert await storage.store.write(lambda tx: tx.forget_spendings(tx.now() + HOUR)) == 1
    assert await spent(storage, "notes") == [0]
