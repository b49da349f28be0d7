"""Waiting for people: answered when they decide, bounded in number, one look at the database for all."""

import asyncio
import time
from collections.abc import Callable
from typing import Any, TypeVar

import pytest

from bot.api.problems import Problem
from bot.api.waiting import Waiting
from bot.flow.sweep import sweep
from storage.store import Store, StoreBusy, Transaction
from tests.bot.api.office import Office, Program

T = TypeVar("T")


async def test_who_waits_hears_of_the_decision_at_once(office: Office, agent: Program) -> None:
    req = await agent.asked()
    await office.stage.settle()
    waiting = asyncio.create_task(agent.get(f"/v1/requests/{req}/wait"))
    await asyncio.sleep(0.5)
    assert not waiting.done()
    await office.approve(req)
    decided = time.monotonic()
    told = await waiting
    assert (told.status, told.body["status"]) == (200, "approved")
    assert time.monotonic() - decided < 3


async def test_a_vote_that_is_not_enough_wakes_nobody(office: Office, agent: Program) -> None:
    office.stage.adopt(
        "rules: [{name: p, actions: [pay], verdict: approve, quorum: 2, reviewers: [ravi@example.com, noor@example.com]}]"
    )
    req = await agent.asked()
    waiting = asyncio.create_task(agent.get(f"/v1/requests/{req}/wait", params={"seconds": "2"}))
    await asyncio.sleep(0.3)
    await office.approve(req)
    told = await waiting
    assert (told.status, told.body["status"], len(told.body["decisions"])) == (200, "pending", 1)


@pytest.mark.parametrize("seconds", ["0", "0.3"])
async def test_who_waits_in_vain_gets_the_request_as_it_stands(office: Office, agent: Program, seconds: str) -> None:
    req = await agent.asked()
    began = time.monotonic()
    told = await agent.get(f"/v1/requests/{req}/wait", params={"seconds": seconds})
    assert (told.status, told.body["status"]) == (200, "pending")
    assert time.monotonic() - began < 3


async def test_what_is_decided_is_answered_at_once(office: Office, agent: Program) -> None:
    blocked = await agent.asked(action="advise", arguments={"text": "x"})
    began = time.monotonic()
    assert (await agent.get(f"/v1/requests/{blocked}/wait")).body["status"] == "blocked"
    assert time.monotonic() - began < 2


async def test_an_expiry_ends_the_waiting(office: Office, agent: Program) -> None:
    req = await agent.asked()
    waiting = asyncio.create_task(agent.get(f"/v1/requests/{req}/wait"))
    await asyncio.sleep(0.3)
    office.stage.clock.move(hours=5)
    await sweep(office.stage.signoff)
    assert (await waiting).body["status"] == "expired"


@pytest.mark.parametrize("seconds", ["-1", "26", "nan", "inf", "soon", ""])
async def test_how_long_to_wait_is_checked(sqlite_office: Office, seconds: str) -> None:
    program = await sqlite_office.program()
    told = await program.get("/v1/requests/req_1/wait", params={"seconds": seconds})
    assert (told.status, told.body["errors"][0]["pointer"]) == (422, "/seconds")


class Counting:
    """A store that counts what is read, and fails when it is told to."""

    def __init__(self, store: Store) -> None:
        self._store, self.reads, self.down = store, 0, False

    async def read(self, work: Callable[[Transaction], T]) -> T:
        self.reads += 1
        if self.down:
            raise StoreBusy("down")
        return await self._store.read(work)


async def test_one_look_serves_everybody_who_waits(office: Office, agent: Program) -> None:
    ids = [await agent.asked() for _ in range(3)]
    counting: Any = Counting(office.stage.store)
    waiting, woken = Waiting(counting), []

    async def wait(req: str) -> None:
        async with waiting.place("key", req) as happened:
            await happened.wait()
            woken.append(req)

    tasks = [asyncio.create_task(wait(req)) for req in ids * 20]
    await asyncio.sleep(0.9)
    assert 2 <= counting.reads <= 6
    counting.down = True
    await asyncio.sleep(0.4)
    counting.down = False
    await office.approve(ids[1])
    await asyncio.sleep(0.8)
    assert woken == [ids[1]] * 20
    await waiting.close()
    await asyncio.gather(*tasks)


async def test_there_is_room_for_so_many_and_it_is_given_back(sqlite_office: Office) -> None:
    waiting = Waiting(sqlite_office.stage.store, most=3, most_each=2)
    async with waiting.place("a", "req_1"), waiting.place("a", "req_2"):
        with pytest.raises(Problem, match="with this key") as each:
            await waiting.place("a", "req_3").__aenter__()
        async with waiting.place("b", "req_1"):
            with pytest.raises(Problem, match="Too many") as all_of_them:
                await waiting.place("c", "req_3").__aenter__()
    assert (each.value.status, all_of_them.value.status) == (429, 503)
    assert each.value.headers["Retry-After"] == "5"
    async with waiting.place("a", "req_1"), waiting.place("a", "req_2"):
        pass
    await waiting.close()


async def test_a_replica_that_ends_lets_everybody_go(sqlite_office: Office) -> None:
    program = await sqlite_office.program()
    req = await program.asked()
    waiting = Waiting(sqlite_office.stage.store)
    async with waiting.place("a", req) as happened:
        await waiting.close()
        assert happened.is_set()
