"""Each shipped agent, killed at any write of its journal and carried on with elsewhere: nothing is paid or done twice."""

from dataclasses import dataclass, field

import pytest

from agents import shipped
from agents.model import Answer, Call, M, Prompt, Said, Talk
from agents.offline import OfflineModel
from agents.runtime import Outcome, Parked, Signal
from agents.shipped import Systems
from agents.testing import MemoryJournal, Story
from storage.records import Step, StepStatus

INPUTS = {
    "triage": "INC-42",
    "support": "From: mia@example.com\nSubject: Lamp\n\nThe lamp of A-1042 broke. Please refund $480.",
    "research": "Tell quality@brightfold.example what we know about batch AF-2609.",
}


class Killed(Signal):
    """The process is gone."""


@dataclass
class Mortal(MemoryJournal):
    """A journal whose process is killed right after, or right before, its nth write."""

    dies_at: int = 0
    before: bool = False

    async def write(self, step: Step) -> None:
        last = len(self.writes) + 1 == self.dies_at
        if last and self.before:
            self.dies_at = 0
            raise Killed
        await super().write(step)
        if last:
            self.dies_at = 0
            raise Killed


@dataclass
class Counting:
    """The offline rules, counting what they are asked."""

    rules: OfflineModel = field(default_factory=lambda: OfflineModel(shipped.rules()))
    asked: list[str] = field(default_factory=list)
    name: str = "counting"

    async def ask(self, prompt: Prompt, schema: type[M]) -> Answer[M]:
        self.asked.append(prompt.data)
        return await self.rules.ask(prompt, schema)

    async def turn(self, talk: Talk) -> Answer[Call | Said]:
        self.asked.append(talk.data)
        return await self.rules.turn(talk)


def play(systems: Systems, name: str) -> tuple[Story, Counting]:
    model = Counting()
    return Story(shipped.agents(systems)[name], shipped.actions(systems), model, INPUTS[name]), model


async def to_the_end(story: Story) -> str:
    """Advance as often as it takes, with a new process each time; people approve."""
    while True:
        try:
            return await story.advance()
        except Killed:
            continue
        except Parked:
            story.gate.answers = [Outcome("succeeded", {}, receipt={"summary": "Done."})] * len(story.gate.proposals)


async def reference(systems: Systems, name: str) -> tuple[str, Story, Counting]:
    story, model = play(systems, name)
    return await to_the_end(story), story, model


@pytest.mark.parametrize("before", [False, True], ids=["after the write", "before the write"])
@pytest.mark.parametrize("name", INPUTS)
async def test_a_run_killed_between_any_two_steps_goes_on_and_pays_nothing_twice(
    systems: Systems, name: str, before: bool
) -> None:
    output, whole, paid = await reference(systems, name)
    assert len(whole.journal.writes) >= 8
    for dies_at in range(1, len(whole.journal.writes) + 1):
        story, model = play(systems, name)
        story.journal = Mortal(dies_at=dies_at, before=before)
        story.gate.journal = story.journal
        assert await to_the_end(story) == output
        assert story.gate.proposals == whole.gate.proposals
        assert [step.name for step in story.journal.steps] == [step.name for step in whole.journal.steps]
        # A call whose answer was lost before it was written down is asked again: it was never known.
        lost = 1 if before and whole.journal.writes[dies_at - 1].status is StepStatus.done else 0
        again = whole.journal.writes[dies_at - 1].type == "llm_call"
        assert len(model.asked) == len(paid.asked) + (lost if again else 0)
