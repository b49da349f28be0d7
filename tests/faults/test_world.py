"""Rows 9 to 15: the flow in simulated worlds, where a seed decides what happens, in which order, and what goes wrong."""

import os
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

import pytest

from tests.faults.bases import Base, PostgresBase, SqliteBase, sqlite_files
from tests.faults.beginnings import Rule
from tests.faults.deadline import raced
from tests.faults.invariants import broken
from tests.faults.schedule import CHAT, outcome_of, plan_of, rest
from tests.faults.shaky import Killed
from tests.faults.turns import turns
from tests.faults.world import SimWorld, a_world, run

FULL = os.environ.get("SIGNOFF_FAULTS") == "full"
SEEDS = 40  # `python -m tests.faults` plays as many more as it is asked for
ON_POSTGRESQL = 200 if FULL else 8
DEADLINES = 4  # worlds of 25
STORMS = 200 if FULL else 10
PAIRS = 300 if FULL else 20
BACKLOG = 1000 if FULL else 25

pytestmark = pytest.mark.timeout(3600 if FULL else 180)
Fresh = Callable[[], SqliteBase]
Figure = Callable[[str, object], None]


@pytest.fixture(scope="module")
def fresh() -> Iterator[Fresh]:
    with sqlite_files() as made:
        yield made


@pytest.fixture
def server(postgresql_url: str, request: pytest.FixtureRequest) -> Iterator[Callable[[], Base]]:
    """Makes the one PostgreSQL database empty again and again."""
    cluster, used = request.getfixturevalue("cluster"), list[PostgresBase]()

    def made() -> PostgresBase:
        for old in used:
            old.drop()
        cluster.empty(postgresql_url)
        used[:] = [PostgresBase(postgresql_url)]
        return used[0]

    yield made
    for old in used:
        old.drop()


@pytest.mark.parametrize("seed", range(SEEDS))
def test_a_seed(fresh: Fresh, seed: int) -> None:
    assert outcome_of(fresh(), seed) == []


@pytest.mark.postgres
def test_seeds_on_postgresql(server: Callable[[], Base], record_property: Figure) -> None:
    for seed in range(ON_POSTGRESQL):
        assert (seed, outcome_of(server(), seed)) == (seed, [])
    record_property("figure", f"{ON_POSTGRESQL} seeds on PostgreSQL, 0 violations")


def test_a_seed_is_one_schedule(fresh: Fresh) -> None:
    def log(seed: int) -> list[str]:
        async def main() -> list[str]:
            async with a_world(base, seed, plan_of(seed, "killed", "busy", "500").rates) as world:
                await world.submit("anna", "12.50", times=2)
                await world.together(world.work(), world.work(), world.tick())
                await rest(world)
                return turns().log

        base = fresh()
        return run(seed, main)

    logs = [log(seed) for seed in (1, 2, 1)]
    assert logs[0] == logs[2] != logs[1]
    assert len(logs[0]) > 30


def test_a_killed_process_does_nothing_any_more(fresh: Fresh) -> None:
    async def main() -> None:
        async with a_world(fresh(), "killed") as world:
            old = world.process
            await world.restart()
            with pytest.raises(Killed):
                await old.signoff.store.read(lambda tx: tx.now())
            with pytest.raises(Killed):
                await old.signoff.surfaces["slack"].person("slack:T1:ravi")

    run("killed", main)


# --- rows of the fault matrix
def test_row_9_a_platform_on_its_bad_days_is_waited_for_and_nothing_is_lost(fresh: Fresh, record_property: Figure) -> None:
    for seed in range(STORMS):
        plan = replace(plan_of(f"storm {seed}"), rates=dict.fromkeys(CHAT, 0.25))
        assert (seed, outcome_of(fresh(), f"storm {seed}", plan)) == (seed, [])
    record_property("figure", f"{STORMS} storms of 429, 500, resets: Retry-After kept, at most 1 card a reset, all converge")


def test_row_10_after_half_an_hour_without_chat_everything_that_ended_meanwhile_shows(
    fresh: Fresh, record_property: Figure
) -> None:
    async def main() -> float:
        async with a_world(fresh(), "row 10") as world:
            world.adopt(Rule(expires_in="40m"))
            for _ in range(BACKLOG):
                await world.submit("anna", "12.50")
            await world.work()
            turns().pass_time(15 * 60)
            world.weather.rates = {"500": 1.0}  # nothing gets through
            for _ in range(6):
                turns().pass_time(5 * 60)
                await world.tick()
                await world.work()
            assert {status for [status] in world.base.look("SELECT status FROM requests")} == {"expired"}
            world.weather.clear_up()
            back = turns().time()
            while await broken(world):
                await world.work()
                turns().pass_time(1)
                assert turns().time() - back < 60 + BACKLOG
            return turns().time() - back

    took = run("row 10", main)
    record_property("figure", f"{BACKLOG} pending: all expired in time, all cards right {took:.0f} s after chat was back")


def test_row_11_a_click_that_arrives_three_times_and_again_after_minutes_counts_once(
    fresh: Fresh, record_property: Figure
) -> None:
    async def main() -> list[str]:
        async with a_world(fresh(), seed) as world:
            await _asked(world, Rule(quorum=world.chance.choice((1, 2))))
            press = world.press("approve", "ravi", world.cards()[0])
            await world.together(*(world.deliver(press) for _ in range(3)), world.work())
            turns().pass_time(240)
            await world.together(world.deliver(press))
            [[decisions]] = world.base.look("SELECT count(*) FROM decisions")
            [[entries]] = world.base.look("SELECT count(*) FROM audit WHERE event = 'request.approve'")
            assert (decisions, entries) == (1, 1)
            await rest(world)
            return await broken(world)

    for seed in range(PAIRS):
        assert (seed, run(seed, main)) == (seed, [])
    record_property("figure", f"{PAIRS} clicks x 4 deliveries: {PAIRS} decisions, {PAIRS} audit entries")


@pytest.mark.parametrize("verbs", [("approve", "approve"), ("approve", "reject"), ("reject", "edit")])
def test_row_12_of_two_reviewers_together_one_wins_and_the_other_is_told(
    fresh: Fresh, verbs: tuple[str, str], record_property: Figure
) -> None:
    async def main() -> Counter[str]:
        async with a_world(fresh(), f"{verbs} {seed}") as world:
            await _asked(world, Rule())
            card = world.cards()[0]
            presses = [world.press(verb, who, card, "5.00") for verb, who in zip(verbs, ("ravi", "noor"), strict=True)]  # type: ignore[arg-type]
            await world.together(*(world.deliver(press) for press in presses), world.work())
            await rest(world)
            assert await broken(world) == []
            return Counter(event.client for event in world.history.events if event.kind == "ok" and event.value)

    winners = Counter[str]()
    for seed in range(PAIRS):
        won = run(f"{verbs} {seed}", main)
        assert won.total() == 1
        winners += won
    assert set(winners) == {"ravi", "noor"}  # it was a race
    record_property("figure", f"{PAIRS}/{PAIRS} single winners, each pair of verbs")


def test_row_13_an_approval_of_what_was_edited_meanwhile_is_refused(fresh: Fresh, record_property: Figure) -> None:
    async def main(seed: int) -> int:
        async with a_world(fresh(), f"edit {seed}") as world:
            await _asked(world, Rule(quorum=2))
            card = world.cards()[0]
            edit, approval = world.press("edit", "noor", card, "5.00"), world.press("approve", "ravi", card)
            await world.together(world.deliver(edit), world.deliver(approval), world.work())
            await world.together(world.deliver(world.press("approve", "kim", card, forged=True)))
            [[old]] = world.base.look("SELECT count(*) FROM decisions WHERE verb = 'approve' AND revision = 1")
            [[new]] = world.base.look("SELECT count(*) FROM decisions WHERE revision = 2")
            assert new == 1  # the editor's own, and neither the old approval nor the old button under a new number
            assert world.came == []
            await rest(world)
            assert await broken(world) == []
            return int(old)

    came_first = sum(run(f"edit {seed}", partial(main, seed)) for seed in range(PAIRS))
    assert 0 < came_first < PAIRS
    record_property(
        "figure", f"{PAIRS} races: {PAIRS - came_first}/{PAIRS - came_first} late approvals refused, none counted"
    )


def test_row_14_at_the_deadline(fresh: Fresh, record_property: Figure) -> None:
    ended = Counter[str]()
    for seed in range(DEADLINES):
        statuses, found = raced(fresh(), seed)
        assert (seed, found) == (seed, [])
        ended += statuses
    _both_ways(ended, record_property)


@pytest.mark.postgres
def test_row_14_at_the_deadline_on_postgresql(server: Callable[[], Base], record_property: Figure) -> None:
    ended = Counter[str]()
    for seed in range(40 if FULL else 1):
        statuses, found = raced(server(), seed)
        assert (seed, found) == (seed, [])
        ended += statuses
    _both_ways(ended, record_property)


def _both_ways(ended: Counter[str], record_property: Figure) -> None:
    assert ended["succeeded"] > 3
    assert ended["expired"] > 3
    figure = f"{ended.total()} requests decided within 50 ms of the end: {ended['succeeded']} before it, 0 at or after it"
    record_property("figure", figure)


@pytest.mark.parametrize("change", ["blocked", "two people", "others", "deactivated", "guest"])
def test_row_15_the_rules_and_the_directory_of_the_moment_count(fresh: Fresh, change: str, record_property: Figure) -> None:
    async def main() -> tuple[str, list[str]]:
        async with a_world(fresh(), f"{change} {seed}") as world:
            await _asked(world, Rule())
            press = world.press("approve", "ravi", world.cards()[0])
            if change in ("deactivated", "guest"):
                world.stand("ravi", "guest" if change == "guest" else "deactivated")
            else:
                world.adopt(CHANGES[change])
            await world.together(world.deliver(press), world.work(), world.tick())
            [[status]] = world.base.look("SELECT status FROM requests")
            await rest(world)
            return str(status), await broken(world)

    for seed in range(max(PAIRS // 10, 3)):
        status, found = run(f"{change} {seed}", main)
        assert (status, found) == ("cancelled" if change == "blocked" else "pending", [])
    record_property("figure", f"{max(PAIRS // 10, 3)} clicks under what had changed: none counted by what was before")


CHANGES = {"blocked": Rule(verdict="block"), "two people": Rule(quorum=2), "others": Rule(reviewers=("noor", "kim"))}


async def _asked(world: SimWorld, rule: Rule) -> None:
    """One request, whose card stands."""
    world.adopt(rule)
    await world.submit("anna", "12.50")
    await world.work()
