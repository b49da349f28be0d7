"""A rule with a budget lets so many run by themselves within an hour, and then people are asked."""

import asyncio
from contextlib import AsyncExitStack
from datetime import timedelta

import pytest

from bot.flow.claim import Claimed, Refused, claim
from bot.flow.outside import Asked, Once, submit
from bot.flow.run import advance, start
from storage.records import ApiKey, JsonObject, Proposal, Request, RequestStatus
from storage.store import Transaction
from tests.bot.flow.stage import ANNA, CHANNEL, PAYER, POLICY, Clock, Stage, stage_on

THREE = POLICY.replace(
    "    actions: [note]\n    verdict: log\n",
    "    actions: [note]\n    verdict: log\n    budget: 3\n    reviewers: [ravi@example.com]\n",
)
BOTH = THREE + "  - {name: all words, actions: [note, think], verdict: auto, budget: 1, reviewers: [ravi@example.com]}\n"

BEFORE = Clock.START - timedelta(seconds=1)


@pytest.fixture
def stage(stage: Stage) -> Stage:
    stage.adopt(THREE)
    return stage


async def note(stage: Stage, text: str = "hello") -> str | None:
    """What became of one note; None while people are asked about it."""
    return await say(stage, f"note {text}")


async def say(stage: Stage, line: str) -> str | None:
    stage.clock.move(seconds=1)
    await stage.type(f"run payer {line}")
    return (await stage.run()).final_output


async def requests(stage: Stage) -> list[Request]:
    return list(await stage.read(lambda tx: tx.requests(limit=100)))


async def ran(stage: Stage) -> int:
    """How many ran by themselves."""
    executions = await stage.read(lambda tx: [each for run in tx.runs(limit=100) for each in tx.executions(run.id)])
    return sum(each.request_id is None for each in executions)


async def test_people_are_asked_once_the_budget_of_the_hour_is_used_up(stage: Stage) -> None:
    assert [await note(stage) for _ in range(3)] == ["note: succeeded"] * 3
    assert await note(stage) is None
    [request] = await requests(stage)
    assert request.verdict.reasons == (
        "Rule “notes” lets 3 run by themselves within an hour, and that many did, so people are asked.",
        "Rule “notes” lets it run and logs it.",
    )
    await stage.approve(request)
    assert (await stage.run()).final_output == "note: succeeded"


async def test_an_hour_later_it_runs_by_itself_again(stage: Stage) -> None:
    for _ in range(3):
        stage.clock.move(minutes=10)
        await note(stage)
    stage.clock.move(minutes=39)
    assert await note(stage) is None
    stage.clock.move(minutes=2)
    assert await note(stage) == "note: succeeded"
    assert await note(stage) is None


async def test_what_people_approved_costs_nothing(stage: Stage) -> None:
    for _ in range(5):
        await note(stage)
    for request in await requests(stage):
        await stage.approve(request)
    stage.clock.move(minutes=61)
    assert [await note(stage) for _ in range(4)] == [*["note: succeeded"] * 3, None]


async def test_only_the_rules_that_let_it_run_are_spent_of(stage: Stage) -> None:
    stage.adopt(BOTH)
    assert await note(stage) == "note: succeeded"  # by the stricter of the two, which logs
    assert await say(stage, "think twice") == "think: succeeded"
    assert await say(stage, "think thrice") is None


async def test_many_at_once_never_exceed_it(stage: Stage) -> None:
    await at_once([stage], 12)
    assert await ran(stage) == 3
    assert len(await requests(stage)) == 9


@pytest.mark.postgres
async def test_many_replicas_at_once_never_exceed_it(postgresql_url: str) -> None:
    clock = Clock()
    async with AsyncExitStack() as opened:
        replicas = [await opened.enter_async_context(stage_on(postgresql_url, clock)) for _ in range(3)]
        for replica in replicas:
            replica.adopt(THREE)
        await at_once(replicas, 12)
        assert await ran(replicas[0]) == 3
        assert len(await requests(replicas[0])) == 9


async def at_once(replicas: list[Stage], count: int) -> None:
    """So many runs, each of which wants to note something at the same moment, spread over the replicas."""
    first = replicas[0]

    names = [f"run_{number:03}" for number in range(count)]

    def begin(tx: Transaction) -> None:
        for name in names:
            start(tx, first.signoff, PAYER, "note it", ANNA, CHANNEL, None, id=name)

    await first.store.write(begin)
    await asyncio.gather(*(advance(replicas[n % len(replicas)].signoff, name) for n, name in enumerate(names)))


async def test_a_run_that_goes_on_after_a_crash_spends_once(stage: Stage) -> None:
    await note(stage)
    run = await stage.run()
    assert await stage.read(lambda tx: tx.spent(["notes"], BEFORE)) == {"notes": 1}
    await advance(stage.signoff, run.id)
    assert await stage.read(lambda tx: tx.spent(["notes"], BEFORE)) == {"notes": 1}


KEY = ApiKey(
    id="key_1", name="ci", owner=ANNA, scopes=("request",), secret_hash="0" * 64, per_minute=60, created_at=Clock.START
)


async def from_outside(stage: Stage, number: int) -> Request:
    arguments: JsonObject = {"text": f"{number}"}
    proposal = Proposal(action="note", arguments=arguments, target="", summary="A note.", evidence=())
    asked = Asked("crewbot", "1", proposal, "note it")
    request, _ = await submit(stage.signoff, KEY, asked, Once(f"{number}", f"{number}"))
    return request


async def claimed(stage: Stage, request: Request) -> Claimed | Refused:
    return await stage.store.write(lambda tx: claim(tx, stage.signoff, request.id))


async def test_what_other_programs_ask_for_is_spent_of_the_same_budget(stage: Stage) -> None:
    await stage.store.write(lambda tx: tx.add_key(KEY))
    await note(stage)
    asked = await asyncio.gather(*(from_outside(stage, number) for number in range(6)))
    assert sorted(each.status for each in asked) == [RequestStatus.approved] * 2 + [RequestStatus.pending] * 4
    assert await note(stage) is None


async def test_a_grant_that_was_let_through_can_be_claimed_although_it_used_up_the_budget(stage: Stage) -> None:
    await stage.store.write(lambda tx: tx.add_key(KEY))
    asked = [await from_outside(stage, number) for number in range(3)]
    for each in asked:
        assert isinstance(await claimed(stage, each), Claimed)


async def test_a_grant_counts_when_it_is_claimed(stage: Stage) -> None:
    """What was let through late in one hour is not run together with all of the next one's."""
    await stage.store.write(lambda tx: tx.add_key(KEY))
    for number in range(3):
        late = await from_outside(stage, number)
    stage.clock.move(minutes=14)
    assert isinstance(await claimed(stage, late), Claimed)
    stage.clock.move(minutes=50)
    assert [await note(stage) for _ in range(3)] == ["note: succeeded", "note: succeeded", None]


async def test_a_submission_that_is_repeated_spends_once(stage: Stage) -> None:
    await stage.store.write(lambda tx: tx.add_key(KEY))
    for _ in range(4):
        await from_outside(stage, 1)
    assert await stage.read(lambda tx: tx.spent(["notes"], BEFORE)) == {"notes": 1}


async def test_what_is_let_through_is_refused_at_the_claim_if_the_policy_gave_it_less_meanwhile(stage: Stage) -> None:
    await stage.store.write(lambda tx: tx.add_key(KEY))
    asked = [await from_outside(stage, number) for number in range(3)]
    stage.adopt(THREE.replace("budget: 3", "budget: 2"))
    taken = await claimed(stage, asked[0])
    assert isinstance(taken, Refused)
    assert "The policy does not let this run without asking people" in taken.why
