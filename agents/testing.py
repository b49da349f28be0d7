"""For the tests of an agent: a run whose model and reviewers are scripted, in memory, without a database or a chat.

story = Story(AGENT, Actions(ACTIONS), ScriptedModel([Reading(...)]), "the input")
proposal = await story.park()           # what people would be asked
story.gate.answers = [Outcome("rejected", {}, notes="No.")]
assert await story.advance() == "..."   # what the agent makes of their answer
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count

from pydantic import BaseModel

from agents.actions import Actions
from agents.checkpoint import CONTINUE_WORK, continue_work
from agents.model import Answer as Answered
from agents.model import Call, M, Model, ModelError, ModelNonsense, ModelUnavailable, Prompt, Said, Talk, Usage, fitted
from agents.runtime import Blocked, LiveRun, Outcome, Parked
from agents.workflow import Agent
from storage.records import Proposal, Step, StepStatus, StepType

START = datetime(2026, 11, 22, 12, tzinfo=UTC)
USAGE = Usage(100, 20, 10, 0.001)


class ScriptedModel:
    """A model that gives its answers in order and remembers in `asked` what it was asked; an error among them is raised.

    For turns of work the answers are `Call(name=..., arguments={...})`, or a text in place of a call.
    """

    name = "scripted"

    def __init__(self, answers: Iterable[BaseModel | ModelError | str] = (), usage: Usage = USAGE) -> None:
        self.answers = list(answers)
        self.asked: list[Prompt] = []
        self.usage = usage

    async def ask(self, prompt: Prompt, schema: type[M]) -> Answered[M]:
        """Raises the ModelError that is next, ModelUnavailable when there is no more, ModelNonsense if it does not fit."""
        answer = self._next(prompt)
        value = None if isinstance(answer, str) else fitted(answer, schema)
        if value is None:
            raise ModelNonsense(f"The script has a {type(answer).__name__} where a {schema.__name__} is asked for.")
        return Answered(value, self.name, self.usage)

    async def turn(self, talk: Talk) -> Answered[Call | Said]:
        """Raises as `ask` does."""
        answer = self._next(talk)
        value = Said(text=answer) if isinstance(answer, str) else answer
        if not isinstance(value, Call | Said):
            raise ModelNonsense(f"The script has a {type(answer).__name__} where a Call is asked for.")
        return Answered(value, self.name, self.usage)

    def _next(self, prompt: Prompt) -> BaseModel | str:
        self.asked.append(prompt)
        if not self.answers:
            raise ModelUnavailable("The script has no more answers.")
        answer = self.answers.pop(0)
        if isinstance(answer, ModelError):
            raise answer
        return answer


@dataclass
class MemoryJournal:
    """Steps by number, with every write that was made."""

    rows: dict[int, Step] = field(default_factory=dict)
    writes: list[Step] = field(default_factory=list)

    @property
    def steps(self) -> list[Step]:
        """All steps in order."""
        return [self.rows[number] for number in sorted(self.rows)]

    async def write(self, step: Step) -> None:
        """See `agents.runtime.Journal`."""
        self.writes.append(step)
        self.rows[step.number] = step


Answer = Outcome | Blocked | None


@dataclass
class ScriptedGate:
    """Answers proposals by their place among all: an outcome, a block, or None for "people are asked"."""

    journal: MemoryJournal
    answers: list[Answer] = field(default_factory=list)
    proposals: dict[int, Proposal] = field(default_factory=dict)

    async def propose(self, number: int, proposal: Proposal) -> Outcome:
        """See `agents.runtime.Gate`."""
        self.proposals[number] = proposal
        self._record(number, StepType.tool_call, proposal.action)
        self._record(number + 1, StepType.approval, proposal.action)
        place = sorted(self.proposals).index(number)
        answer = self.answers[place] if place < len(self.answers) else None
        if isinstance(answer, Blocked):
            raise answer
        if answer is None:
            raise Parked
        return answer

    def steps_taken(self, number: int) -> int:
        """A proposal and its approval."""
        return 2

    def _record(self, number: int, type: StepType, name: str) -> None:
        self.journal.rows.setdefault(
            number,
            Step(
                run_id="run_1",
                number=number,
                span_id="0" * 16,
                type=type,
                name=name,
                status=StepStatus.waiting,
                started_at=START,
            ),
        )


@dataclass
class Story:
    """One run that can be advanced as often as wanted: each time its workflow starts from the top."""

    agent: Agent
    actions: Actions
    model: Model
    input: str = ""
    answers: Iterable[Answer] = ()

    def __post_init__(self) -> None:
        self.journal = MemoryJournal()
        self.gate = ScriptedGate(self.journal, list(self.answers))
        self._seconds, self._spans = count(), count()

    async def advance(self) -> str:
        """Run the workflow from its top; returns its output. Raises what it raises, `Parked` where people are asked."""
        return await self.agent.run(self.live(), self.input)

    async def park(self) -> Proposal:
        """Advance to the next proposal that people are asked about."""
        try:
            output = await self.advance()
        except Parked:
            return self.gate.proposals[max(self.gate.proposals)]
        raise AssertionError(f"The run did not park, it ended with {output!r}.")

    def live(self) -> LiveRun:
        """The run as the workflow sees it."""
        actions = self.actions  # those that every deployment has are there without being named
        if CONTINUE_WORK not in actions:
            actions = Actions([*actions.values(), continue_work()])
        clock: Callable[[], datetime] = lambda: START + timedelta(seconds=next(self._seconds))  # noqa: E731
        return LiveRun(
            id="run_1", agent=self.agent, actions=actions, model=self.model, journal=self.journal, gate=self.gate,
            now=clock, new_span=lambda: f"{next(self._spans):016x}",
        )  # fmt: skip
