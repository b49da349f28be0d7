"""The gate does what the reference model says, whatever people and machines do in whatever order."""

import asyncio
import os
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from random import Random
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from tests.faults.bases import SqliteBase, sqlite_files
from tests.faults.beginnings import REVIEWERS, Rule, human
from tests.faults.invariants import broken
from tests.faults.model import Model
from tests.faults.mutants import MUTANTS
from tests.faults.outside import Weather
from tests.faults.schedule import expiry, rest
from tests.faults.turns import TurnLoop, turns
from tests.faults.world import Press, SimWorld, Verb, outcome

T = TypeVar("T")

PEOPLE = st.sampled_from(("noor", "kim", "noor", "ravi", "anna", "dan", "ravi2", "anna2"))
AMOUNTS = st.sampled_from(("5.00", "12.50", "480.00"))
ENDS = {"pays": "succeeded", "refuses": "failed", "vanishes": "unknown", "dies": "executing"}
FULL = os.environ.get("SIGNOFF_FAULTS") == "full"


class Gate(RuleBasedStateMachine):
    """One world and one model, told the same."""

    quorum = 1
    requests = Bundle("requests")
    presses = Bundle("presses")

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.base: SqliteBase = self.stack.enter_context(sqlite_files())()
        self.runner = self.stack.enter_context(asyncio.Runner(loop_factory=lambda: TurnLoop("machine")))
        self.world = self.run(self.begin())
        self.model = Model(frozenset(REVIEWERS), self.quorum)

    def run(self, doing: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(doing)

    async def begin(self) -> SimWorld:
        world = SimWorld("machine", self.base, Weather(Random("machine")), Random("machine"))  # noqa: S311
        world.adopt(Rule(quorum=self.quorum))
        await world.start()
        return world

    @rule(target=requests, who=st.sampled_from(("anna", "ravi")), amount=AMOUNTS)
    def submit(self, who: str, amount: str) -> str:
        async def asked() -> str:
            await self.world.submit(who, amount)
            await self.work_by("pays")
            found = await self.world.process.signoff.store.read(lambda tx: tx.requests(limit=1))
            self.model.submit(found[0].id, who, amount, found[0].created_at)
            return found[0].id

        return self.run(asked())

    @rule(
        target=presses, verb=st.sampled_from(("approve", "approve", "edit", "reject")), name=requests, who=PEOPLE, to=AMOUNTS
    )
    def look(self, verb: Verb, name: str, who: str, to: str) -> Press:
        """Somebody looks at the card as it is, and is about to press; it may arrive later, in another order, or again."""
        card = [card for card in self.world.cards() if card.request_id == name][-1]
        return self.world.press(verb, who, card, to if verb == "edit" else None)

    @rule(press=presses)
    def deliver(self, press: Press) -> None:
        async def delivered() -> tuple[bool, bool]:
            now, card = self.world.clock(), press.card
            if press.verb == "edit":
                said = self.model.edit(card.request_id, human(press.who), card.revision, now, press.delivery, press.amount)
            else:
                decide = self.model.approve if press.verb == "approve" else self.model.reject
                said = decide(card.request_id, human(press.who), card.revision, now, press.delivery)
            return outcome(await self.world.deliver(press))[1] is not None, said

        did, said = self.run(delivered())
        assert did == said, f"{press.verb} by {press.who}: the gate says {did}, the model says {said}"

    @rule(name=requests, who=st.sampled_from(("anna", "ravi", "noor")))
    def cancel(self, name: str, who: str) -> None:
        async def cancelled() -> None:
            card = next(card for card in self.world.cards() if card.request_id == name)
            self.model.cancel(name, who, self.world.clock())
            await self.world.cancel(who, card)

        self.run(cancelled())

    @rule(mood=st.sampled_from(("pays", "pays", "refuses", "vanishes", "dies")))
    def work(self, mood: str) -> None:
        self.run(self.work_by(mood))

    async def work_by(self, mood: str) -> None:
        """What waits runs: claim, effect and report; or the process dies between the two, and what it left is unknown."""
        for name, asked in self.model.requests.items():
            if asked.status == "executing":
                self.model.report(name, "unknown")
            if self.model.claim(name):
                self.model.report(name, ENDS[mood])
        self.world.weather.rates = {mood: 1.0}
        await self.world.together(self.world.work())
        while self.world.base.look("SELECT id FROM requests WHERE status = 'approved'"):
            await self.world.together(self.world.work())  # others were waiting when it died
        self.world.weather.clear_up()

    @rule()
    def restart(self) -> None:
        self.run(self.world.restart())

    @rule(seconds=st.sampled_from((1, 60, 3600)))
    def wait(self, seconds: float) -> None:
        self.run(self.passed(seconds))

    @rule(name=requests, seconds=st.sampled_from((-3, 0)))
    def wait_for_the_end(self, name: str, seconds: float) -> None:
        """To a moment before it, in which there is still time to do one thing, or to the end itself."""
        left = expiry(self.world, name) - self.run(self.now())
        self.run(self.passed(max(left.total_seconds() + seconds, 0)))

    @rule()
    def tick(self) -> None:
        async def ticked() -> None:
            self.model.tick(self.world.clock())
            await self.world.tick()

        self.run(ticked())

    async def passed(self, seconds: float) -> None:
        turns().pass_time(seconds)

    async def now(self) -> Any:
        return self.world.clock()

    @invariant()
    def agree(self) -> None:
        rows = self.base.look("SELECT id, status, revision FROM requests")
        assert {str(name): (status, revision) for name, status, revision in rows} == {
            name: (asked.status, asked.revision) for name, asked in self.model.requests.items()
        }
        paid = sorted((str(each.request_id), str(each.amount)) for each in self.world.came)
        assert paid == sorted((name, amount) for name, asked in self.model.requests.items() for amount in asked.paid)

    def teardown(self) -> None:
        async def ended() -> list[str]:
            await rest(self.world)
            found = await broken(self.world)
            with turns().abroad():
                await self.base.close()
            return found

        try:
            assert self.run(ended()) == []
        finally:
            self.stack.close()


class TwoPeople(Gate):
    """The same where two people must approve."""

    quorum = 2


def gate_does_as_the_model(machine: type[Gate], examples: int, steps: int, phases: Sequence[Phase] = tuple(Phase)) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples, stateful_step_count=steps, deadline=None, derandomize=not FULL, database=None,
            phases=phases, suppress_health_check=list(HealthCheck), print_blob=True, report_multiple_bugs=False,
        ),
    )  # fmt: skip


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("machine", [Gate, TwoPeople])
def test_the_gate_does_as_the_model(machine: type[Gate]) -> None:
    gate_does_as_the_model(machine, *((1000, 50) if FULL else (6, 25)))


@contextmanager
def planted(words: str) -> Iterator[None]:
    [mutant] = [mutant for mutant in MUTANTS if words in mutant.name]
    with mutant.planted():
        yield


@pytest.mark.parametrize("words", ["no WHERE", "whatever it was"])
def test_the_machine_finds_planted_bugs_too(words: str) -> None:
    with planted(words), pytest.raises(AssertionError):
        gate_does_as_the_model(Gate, 200, 30, [Phase.generate])  # it is found, not made small
