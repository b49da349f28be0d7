"""What every Store must do about the keys of other programs and what they have submitted."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from storage.records import ApiKey, Submission
from storage.sql.open import Storage
from storage.store import Conflict, Transaction
from tests.contracts.stored import ask
from tests.storage.records import person, request

NOW = datetime.now(UTC)


def key(id: str = "key_1", **fields: Any) -> ApiKey:
    given = {
        "id": id, "name": "billing bot", "owner": person(1), "scopes": ("request", "read"), "secret_hash": "a" * 64,
        "per_minute": 60, "created_at": NOW, "expires_at": NOW + timedelta(days=1),
    }  # fmt: skip
    return ApiKey(**given | fields)


def submission(idempotency_key: str = "order-7", **fields: Any) -> Submission:
    given = {
        "api_key": "key_1", "idempotency_key": idempotency_key, "body": "b" * 64, "request_id": "req_1", "created_at": NOW,
    }  # fmt: skip
    return Submission(**given | fields)


async def add(storage: Storage, *keys: ApiKey) -> None:
    def work(tx: Transaction) -> None:
        for each in keys:
            tx.add_key(each)

    await storage.store.write(work)


async def test_keys_come_back_as_they_were_made_newest_first(storage: Storage) -> None:
    older, newer = key("key_1", created_at=NOW - timedelta(hours=1), expires_at=None), key("key_2", scopes=("admin",))
    await add(storage, older, newer)
    assert await storage.store.read(lambda tx: list(tx.keys())) == [newer, older]
    assert await storage.store.read(lambda tx: tx.key("key_1")) == older
    assert await storage.store.read(lambda tx: tx.key("key_9")) is None


async def test_a_key_is_stored_once(storage: Storage) -> None:
    await add(storage, key())
    with pytest.raises(Conflict):
        await add(storage, key(name="another"))


async def test_one_of_many_revokes_a_key_and_the_rest_change_nothing(storage: Storage) -> None:
    await add(storage, key())
    revoked = await asyncio.gather(*(storage.store.write(lambda tx: tx.revoke_key("key_1")) for _ in range(6)))
    [done] = [each for each in revoked if each is not None]
    assert done.revoked_at is not None
    assert await storage.store.read(lambda tx: tx.key("key_1")) == done
    assert await storage.store.write(lambda tx: tx.revoke_key("key_9")) is None


async def test_the_last_use_is_kept_by_the_stores_time(storage: Storage) -> None:
    await add(storage, key(), key("key_2"))
    before = await storage.store.read(lambda tx: tx.now())
    await storage.store.write(lambda tx: tx.touch_key("key_1"))
    used = await storage.store.read(lambda tx: tx.key("key_1"))
    assert used is not None
    assert used.last_used_at is not None
    assert before <= used.last_used_at <= await storage.store.read(lambda tx: tx.now())
    assert await storage.store.read(lambda tx: tx.key("key_2")) == key("key_2")


async def test_an_idempotency_key_stands_for_what_came_first(storage: Storage) -> None:
    await add(storage, key(), key("key_2"))
    await ask(storage)
    await ask(storage, request("req_2", "run_2"))
    first, second = submission(), submission(request_id="req_2", body="c" * 64)
    assert await storage.store.write(lambda tx: tx.add_submission(first)) is None
    assert await storage.store.write(lambda tx: tx.add_submission(second)) == first
    other = submission(api_key="key_2", request_id="req_2")
    assert await storage.store.write(lambda tx: tx.add_submission(other)) is None


async def test_of_simultaneous_submissions_one_is_remembered_and_all_others_learn_of_it(storage: Storage) -> None:
    await add(storage, key())
    for number in range(6):
        await ask(storage, request(f"req_{number}", f"run_{number}"))
    made = [submission(request_id=f"req_{number}") for number in range(6)]
    answers = await asyncio.gather(
        *(storage.store.write(lambda tx, each=each: tx.add_submission(each)) for each in made)  # type: ignore[misc]
    )
    [winner] = [each for each, answer in zip(made, answers, strict=True) if answer is None]
    assert [answer for answer in answers if answer is not None] == [winner] * 5


async def test_old_submissions_are_forgotten(storage: Storage) -> None:
    await add(storage, key())
    await ask(storage)
    old, fresh = submission("old", created_at=NOW - timedelta(days=2)), submission("fresh")
    for each in (old, fresh):
        await storage.store.write(lambda tx, each=each: tx.add_submission(each))  # type: ignore[misc]
    assert await storage.store.write(lambda tx: tx.forget_submissions(NOW - timedelta(days=1))) == 1
    assert await storage.store.write(lambda tx: tx.add_submission(old)) is None
    assert await storage.store.write(lambda tx: tx.add_submission(fresh)) == fresh


async def test_what_names_no_request_or_no_key_is_refused(storage: Storage) -> None:
    await add(storage, key())
    await ask(storage)
    for wrong in (submission(request_id="req_9"), submission(api_key="key_9")):
        with pytest.raises(Conflict):
            await storage.store.write(lambda tx, wrong=wrong: tx.add_submission(wrong))  # type: ignore[misc]
