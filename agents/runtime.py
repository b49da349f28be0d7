"""The workflow runtime: every step goes through a run, is journaled, and is replayed instead of repeated.

A workflow is a plain async function. It is started from its top each time its run goes on; steps that the journal holds
return what they returned before, so no recorded answer is paid twice and no action runs twice. Where people are needed the
run is parked: the function is left by a `Parked` signal, and nothing of it remains but rows.

Steps that only read (retrieval, llm_call) are run again if they were started but not finished when a process died. That is
the one place where a model may be paid again: for an answer that came and died with the process before it was written down.
The trace counts it (`lost`). A proposal is handed to the gate, which is the only way to an effect. What the agent's level
does not declare is refused before anything happens, see `agents/levels.py`.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar, overload

from pydantic import BaseModel, JsonValue, TypeAdapter

from agents.actions import Actions
from agents.gate import Blocked, Gate, Outcome, Parked, Signal
from agents.journal import Journal, Recorder, StepFailed, WorkflowChanged
from agents.levels import Course, Declared, R, Route, UndeclaredAction, UndeclaredPath, narrowed
from agents.model import Model, Prompt, traced
from agents.prompts import PromptFile
from agents.second_look.compare import looked_at
from agents.work import Review, Work, WorkflowFailed, work
from storage.records import Evidence, JsonObject, Proposal, Risk, StepType

__all__ = [
    "Blocked", "Declared", "Gate", "Journal", "LiveRun", "Outcome", "Parked", "Route", "Signal", "StepFailed",
    "UndeclaredAction", "Work", "WorkflowChanged", "WorkflowFailed",
]  # fmt: skip

T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)


@dataclass
class LiveRun:
    """A run as its workflow sees it while it goes on. Not a value: it counts the steps taken since the function's start."""

    id: str
    agent: Declared
    actions: Actions
    model: Model
    journal: Journal
    gate: Gate
    now: Callable[[], datetime]
    new_span: Callable[[], str]
    labels: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.course = Course(self.agent)
        self.recorder = Recorder(self.id, self.course, self.journal, self.now, self.new_span)

    async def retrieval(
        self, name: str, query: str, find: Callable[[], Awaitable[T]], kind: Any, sources: Callable[[T], Sequence[str]]
    ) -> T:
        """Look something up. `find` does it, `kind` is the type its result is stored as (anything pydantic can carry),
        `sources` names what was found for the trace. Raises UndeclaredStep, StepFailed."""
        adapter: TypeAdapter[T] = TypeAdapter(kind)

        async def look() -> tuple[JsonValue, JsonObject]:
            found = await find()
            return adapter.dump_python(found, mode="json"), {"query": query, "sources_retrieved": list(sources(found))}

        return await self.recorder.take(StepType.retrieval, name, {"query": query}, look, adapter.validate_python)

    async def llm_call(self, name: str, prompt: Prompt, schema: type[M], summary: Callable[[M], str]) -> M:
        """Ask the model for an answer that fits `schema`; `summary` words it for the trace.

        Raises UndeclaredStep, ModelError.
        """

        async def ask() -> tuple[JsonValue, JsonObject]:
            answer = await self.model.ask(prompt, schema)
            stored: JsonValue = {"value": answer.value.model_dump(mode="json"), "label": answer.label}
            return stored, traced(prompt, answer, summary(answer.value))

        return await self.asked(name, prompt, ask, schema.model_validate)

    @overload
    async def choose(self, name: str, prompt: Prompt) -> Route: ...

    @overload
    async def choose(self, name: str, prompt: Prompt, schema: type[R]) -> R: ...

    async def choose(self, name: str, prompt: Prompt, schema: type[Route] = Route) -> Route:
        """Let the model choose one of the agent's paths, and take it. `schema` may ask for more in the same answer; the
        one that the model is given allows no other paths. Level 2 only.

        Raises UndeclaredPath, ModelError.
        """
        if self.agent.level != 2:
            raise UndeclaredPath(f"Agent {self.agent.name!r} is of level {self.agent.level}; paths belong to level 2.")
        allowed = narrowed(schema, self.course.paths)
        route = await self.llm_call(name, prompt, allowed, lambda route: f"{route.path}: {route.reason}".rstrip(": "))
        self.take(route.path)
        return route

    def take(self, path: str) -> None:
        """Take one of the agent's paths because an answer has settled it; only its actions can be proposed from now on.

        Raises UndeclaredPath.
        """
        self.course.take(path)

    async def work(self, task: str, prompt: PromptFile, *, review: Review | None = None) -> Work:
        """Let the model work on a task with the agent's tools and actions, turn by turn, within the agent's limits.

        `review` sees each proposal before it is made. Level 3 only.

        Raises UndeclaredTool, ModelError, WorkflowFailed; leaves the workflow by `Parked` or `Blocked`.
        """
        return await work(self, task, prompt, review)

    async def tool_call(self, name: str, arguments: JsonObject, work: Callable[[], Awaitable[T]], kind: Any) -> T:
        """Do something without an outside effect (parse, compute) as a recorded step. Effects go through `propose`.

        Raises UndeclaredStep, StepFailed.
        """
        adapter: TypeAdapter[T] = TypeAdapter(kind)

        async def call() -> tuple[JsonValue, JsonObject]:
            done = adapter.dump_python(await work(), mode="json")
            return done, {"tool": name, "arguments": arguments, "result": "done"}

        asked: JsonObject = {"tool": name, "arguments": arguments}
        return await self.recorder.take(StepType.tool_call, name, asked, call, adapter.validate_python)

    async def propose(
        self,
        action: str,
        arguments: JsonObject,
        *,
        summary: str,
        evidence: Sequence[Evidence] = (),
        risk: Risk | None = None,
    ) -> Outcome:
        """Propose an action; returns what became of it, perhaps days later and in another process.

        Raises UndeclaredAction, UndeclaredStep, BadArguments; leaves the workflow by `Parked` or `Blocked`.
        """
        self.course.propose(action)
        return await self.handed_in(action, arguments, summary=summary, evidence=evidence, risk=risk)

    async def handed_in(
        self, action: str, arguments: JsonObject, *, summary: str, evidence: Sequence[Evidence], risk: Risk | None
    ) -> Outcome:
        """Hand a proposal that may be made to the gate. Workflows call `propose`."""
        normal, target = self.actions[action].normal(arguments)
        self.recorder.replayed(StepType.tool_call, action, {"arguments": self.actions.covered(action, normal)})
        number = self.recorder.number
        proposal = Proposal(
            action=action,
            arguments=normal,
            target=target,
            summary=_one_line(summary),
            evidence=tuple(evidence)[:3],
            risk=risk,
            labels=tuple(sorted(self.labels)),
        )
        proposal = looked_at(proposal, secrets=self.actions.secrets(action))
        outcome = await self.gate.propose(number, proposal)
        self.recorder.number = number + self.gate.steps_taken(number) - 1
        return outcome

    async def asked(
        self,
        name: str,
        prompt: Prompt,
        ask: Callable[[], Awaitable[tuple[JsonValue, JsonObject]]],
        load: Callable[[JsonValue], T],
    ) -> T:
        """One recorded call of the model; what `ask` stores holds a `value` and the `label` that it puts on proposals."""

        def answered(stored: JsonValue) -> T:
            assert isinstance(stored, dict)  # noqa: S101  # as `llm_call` and `work` store it recorded
            if stored["label"]:
                self.labels.add(str(stored["label"]))
            return load(stored["value"])

        detail: JsonObject = {"model": self.model.name, "prompt": prompt.name, "prompt_version": prompt.version}
        return await self.recorder.take(StepType.llm_call, name, detail, ask, answered)


def _one_line(text: str) -> str:
    return " ".join(text.split())
