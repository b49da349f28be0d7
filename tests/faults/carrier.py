"""The program that is killed with an agent at work: the real flow, model client and systems, carried to the end of a run.

`python -m tests.faults.carrier` forks a process for each order, as `replica.py` does. There is no chat in it: a person who
approves whatever waits is played in the process itself. Whatever it finds begun in the database it goes on with, so the next
process to be started with the same order continues where the last one was killed.
"""

import asyncio
import gc
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from agents import shipped
from agents.claude import ClaudeModel
from agents.intent import finishing
from agents.model import Prompt, Talk
from agents.second_look.ask import Look
from bot.app import systems_of
from bot.flow.desk import Click, Command
from bot.flow.front_desk import FrontDesk
from bot.flow.handlers import handlers
from bot.flow.ids import RandomIds
from bot.flow.seals import Seals
from bot.flow.signoff import Signoff
from bot.settings import Settings
from policies.file import SHIPPED, parse
from policies.judge import Fallback
from policies.rules import Policy, mentionable
from storage.records import JsonObject, Place, RequestStatus, Run
from storage.sql.open import Storage
from storage.store import Transaction
from tests.fakes.messages_api import MessagesApi, calls, says
from tests.fakes.surface import FakeSurface, person
from tests.faults.failpoints import Failpoints, pointed, tell
from tests.faults.replica import Parent, pointed_storage, warm_up

CHANNEL = Place(surface="slack", tenant="T1", channel="C1")
ANNA, RAVI = person("anna"), person("ravi")
GLANCE = 0.005  # seconds between two looks at what became of a run


async def carry(order: Mapping[str, Any]) -> None:
    """Carry the run of an order to its end, and tell what became of it."""
    points = Failpoints(Path(order["witness"]))
    points.arm(order)
    storage = await pointed_storage(order["settings"]["SIGNOFF_DATABASE_URL"], points, order["heartbeat"], exclusive=True)
    try:
        tell("carried", **await _carried(order, storage, points))
    finally:
        await storage.close()


async def _carried(order: Mapping[str, Any], storage: Storage, points: Failpoints) -> JsonObject:
    settings = Settings.model_validate(order["settings"])
    signoff = pointed(_signoff(settings, storage, order["api"]), points)
    desk = FrontDesk(signoff)
    # The same delivery in each process: it starts one run, whoever hears of it first.
    await desk.command(Command(f"run {order['agent']} {order['input']}", ANNA, CHANNEL, order["case"]))
    serving = asyncio.create_task(storage.dispatch.serve(handlers(signoff)))
    try:
        run = await _to_the_end(desk, storage)
    finally:
        serving.cancel()
        with suppress(asyncio.CancelledError):
            await serving
    steps = await storage.store.read(lambda tx: tx.steps(run.id))
    return {
        "status": run.status,
        "output": run.final_output or run.error,
        "steps": [[step.type.value, step.name] for step in steps],
        "lost": sum("lost" in step.detail for step in steps),
    }


def _signoff(settings: Settings, storage: Storage, api: str) -> Signoff:
    systems = systems_of(settings)
    return Signoff(
        store=storage.store,
        agents=shipped.agents(systems),
        actions=shipped.actions(systems),
        model=ClaudeModel("key-1", model=settings.model, base_url=api, retries=0),
        policy=_policy,
        fallback=Fallback(("ravi@example.com",), "slack:C1"),
        fallback_place=CHANNEL,
        surfaces={"slack": FakeSurface()},
        ids=RandomIds(),
        seals=Seals([bytes(32)]),
    )


@cache
def _policy() -> Policy:
    return parse(SHIPPED.read_bytes(), mentionable({}))


async def _to_the_end(desk: FrontDesk, storage: Storage) -> Run:
    """The newest run once it has ended; whatever it asks for on the way is approved."""
    while True:
        run, click = await storage.store.read(_waiting)
        if run.status.ended:
            return run
        if click is not None:
            await desk.approve(click)
        await asyncio.sleep(GLANCE)


def _waiting(tx: Transaction) -> tuple[Run, Click | None]:
    run = tx.runs(limit=1)[0]
    asked = [each for each in tx.requests(run_id=run.id) if each.status is RequestStatus.pending]
    return run, Click(asked[0].id, asked[0].revision, asked[0].fingerprint, RAVI, f"click {asked[0].id}") if asked else None


async def _rehearse() -> None:
    """One question and one turn: the SDK and the prices load half of themselves with the first answer."""
    async with MessagesApi(says(Look(agrees=True).model_dump_json()), calls("finish", {"answer": "Done."})) as api:
        claude = ClaudeModel("key-1", model="claude-haiku-5-5", base_url=api.url, retries=0)
        await claude.ask(Prompt("look", "1", "", ""), Look)
        await claude.turn(Talk("turn", "1", "", "", offers=(finishing(),)))
        await claude.close()


if __name__ == "__main__":
    warm_up()
    asyncio.run(_rehearse())
    _policy()
    gc.freeze()
    Parent({"carry": carry}).serve()
