"""The workflow runtime: every step goes through a run, is journaled, and is replayed instead of repeated.

A workflow is a plain async function. It is started from its top each time its run goes on; steps that the journal holds
return what they returned before, so no model is paid twice and no action runs twice. Where people are needed the run is
parked: the function is left by a `Parked` signal, and nothing of it remains but rows.

Steps that only read (retrieval, llm_call) are run again if they were started but not finished when a process died. A
proposal is handed to the gate, which is the only way to an effect.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, TypeVar

from pydantic import BaseModel, JsonValue, TypeAdapter, ValidationError

from agents.actions import Actions, AgentError
from agents.model import Answer, Model, ModelError, ModelNonsense, ModelRefused, ModelUnavailable, Prompt, Usage
from agents.second_look.compare import looked_at
from storage.records import Evidence, JsonObject, Proposal, Risk, Step, StepStatus, StepType

T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)

_MODEL_ERRORS: dict[str, type[AgentError]] = {
    error.kind: error for error in (ModelError, ModelUnavailable, ModelRefused, ModelNonsense)
}


class WorkflowChanged(AgentError):
    """The workflow's code no longer takes the steps that its journal holds."""

    def __init__(self, agent: str, number: int, recorded: str, now: str) -> None:
        super().__init__(
            f"The code of agent {agent!r} changed while this run was parked: step {number} was {recorded}, now it is {now}. "
            "Start a new run."
        )
        self.number = number


class UndeclaredAction(AgentError):
    """The workflow proposed an action that its agent did not declare."""


class WorkflowFailed(AgentError):
    """Raised by a workflow that cannot go on, with a sentence for the person who asked."""


class StepFailed(AgentError):
    """A step that reads or computes failed; the message is its error's. Replay raises it again instead of trying again."""


class Signal(BaseException):
    """Leaves a workflow without being an error; derived from BaseException so that no `except Exception` swallows it."""


class Parked(Signal):
    """The run waits for people; its rows are all that is left of it."""


class Blocked(Signal):
    """The policy never lets this proposal happen; the run ends with the reason."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Outcome:
    """What became of a proposal, as the workflow sees it.

    `status`: succeeded, failed, unknown, rejected, expired or cancelled. `arguments` are the ones that ran, which a
    reviewer may have edited. `notes` is what people wrote, `receipt` what the executor returned.
    """

    status: str
    arguments: JsonObject
    edited: bool = False
    notes: str = ""
    reason: str = ""
    receipt: JsonObject = field(default_factory=dict)

    @property
    def succeeded(self) -> bool:
        """Whether the action has happened."""
        return self.status == "succeeded"


class Declared(Protocol):
    """What the runtime holds a workflow to: its agent's name, and the actions that it may propose."""

    @property
    def name(self) -> str: ...

    @property
    def actions(self) -> tuple[str, ...]: ...


class Journal(Protocol):
    """The rows of one claimed run. Every write is fenced: after another worker has claimed the run, writes raise."""

    @property
    def steps(self) -> Sequence[Step]:
        """What was recorded so far, in order."""

    async def write(self, step: Step) -> None:
        """Insert or finish a step."""


class Gate(Protocol):
    """The only way from a proposal to an effect."""

    async def propose(self, number: int, proposal: Proposal) -> Outcome:
        """Judge the proposal, journal it as `tool_call` step `number`, and either run it now, raise `Blocked`, or store a
        request with an `approval` step `number + 1` and raise `Parked`. Asked again on replay, it returns the recorded
        outcome, or raises `Parked` while people or the executor still have the word."""

    def steps_taken(self, number: int) -> int:
        """How many steps the proposal at `number` has in the journal, so that the next step gets its number."""


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
    _number: int = 0

    async def retrieval(
        self, name: str, query: str, find: Callable[[], Awaitable[T]], kind: Any, sources: Callable[[T], Sequence[str]]
    ) -> T:
        """Look something up. `find` does it, `kind` is the type its result is stored as (anything pydantic can carry),
        `sources` names what was found for the trace."""
        adapter: TypeAdapter[T] = TypeAdapter(kind)

        async def look() -> tuple[JsonValue, JsonObject]:
            found = await find()
            return adapter.dump_python(found, mode="json"), {"query": query, "sources_retrieved": list(sources(found))}

        return await self._read(StepType.retrieval, name, {"query": query}, look, adapter.validate_python)

    async def llm_call(self, name: str, prompt: Prompt, schema: type[M], summary: Callable[[M], str]) -> M:
        """Ask the model for an answer that fits `schema`; `summary` words it for the trace. Raises ModelError."""

        async def ask() -> tuple[JsonValue, JsonObject]:
            answer = await self.model.ask(prompt, schema)
            stored: JsonValue = {"value": answer.value.model_dump(mode="json"), "label": answer.label}
            return stored, _llm_detail(prompt, answer, summary(answer.value))

        def answered(stored: JsonValue) -> M:
            assert isinstance(stored, dict)  # noqa: S101  # written by `ask` above
            if stored["label"]:
                self.labels.add(str(stored["label"]))
            return schema.model_validate(stored["value"])

        asked: JsonObject = {"model": self.model.name, "prompt": prompt.name, "prompt_version": prompt.version}
        return await self._read(StepType.llm_call, name, asked, ask, answered)

    async def tool_call(self, name: str, arguments: JsonObject, work: Callable[[], Awaitable[T]], kind: Any) -> T:
        """Do something without an outside effect (parse, compute) as a recorded step. Effects go through `propose`."""
        adapter: TypeAdapter[T] = TypeAdapter(kind)

        async def call() -> tuple[JsonValue, JsonObject]:
            done = adapter.dump_python(await work(), mode="json")
            return done, {"tool": name, "arguments": arguments, "result": "done"}

        asked: JsonObject = {"tool": name, "arguments": arguments}
        return await self._read(StepType.tool_call, name, asked, call, adapter.validate_python)

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

        Raises UndeclaredAction, BadArguments; leaves the workflow by `Parked` or `Blocked`.
        """
        if action not in self.agent.actions:
            raise UndeclaredAction(f"Agent {self.agent.name!r} proposed {action!r}, which it did not declare.")
        number = self._next(StepType.tool_call, action)
        normal, target = self.actions[action].normal(arguments)
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
        self._number = number + self.gate.steps_taken(number) - 1
        return outcome

    def _next(self, type: StepType, name: str) -> int:
        self._number += 1
        recorded = self._recorded(self._number)
        if recorded and (recorded.type, recorded.name) != (type, name):
            raise WorkflowChanged(self.agent.name, self._number, f"{recorded.type} {recorded.name!r}", f"{type} {name!r}")
        return self._number

    def _recorded(self, number: int) -> Step | None:
        return next((step for step in self.journal.steps if step.number == number), None)

    async def _read(
        self,
        type: StepType,
        name: str,
        asked: JsonObject,
        work: Callable[[], Awaitable[tuple[JsonValue, JsonObject]]],
        load: Callable[[JsonValue], T],
    ) -> T:
        """Replay the step, or take it and journal it: `started` before, `done` or `failed` after. `load` makes what the
        workflow gets of what the journal keeps."""
        number = self._next(type, name)
        recorded = self._recorded(number)
        if recorded and recorded.status is StepStatus.done:
            return self._again(recorded, load)
        if recorded and recorded.status is StepStatus.failed:
            raise _failure(recorded)  # as it did before, so that a workflow that went on from it takes the same path
        step = Step(
            run_id=self.id,
            number=number,
            span_id=self.new_span(),
            type=type,
            name=name,
            status=StepStatus.started,
            detail=asked,
            started_at=self.now(),
        )
        await self.journal.write(step)
        try:
            result, detail = await work()
        except (AgentError, TimeoutError) as error:
            failed = self._failed(step, error)
            await self.journal.write(failed)
            raise _failure(failed) from error
        except Exception:
            await self.journal.write(self._failed(step, StepFailed("It ended with an internal error.")))
            raise
        await self.journal.write(
            step.model_copy(
                update={"status": StepStatus.done, "detail": detail, "result": result, "finished_at": self.now()}
            )
        )
        return load(result)

    def _again(self, recorded: Step, load: Callable[[JsonValue], T]) -> T:
        try:
            return load(recorded.result)
        except ValidationError as error:
            was = f"{recorded.type} {recorded.name!r} with another form of result"
            raise WorkflowChanged(self.agent.name, recorded.number, was, "one that cannot read it") from error

    def _failed(self, step: Step, error: Exception) -> Step:
        detail = dict(step.detail)
        if isinstance(error, ModelError):
            detail["model_error"] = error.kind
        return step.model_copy(
            update={
                "status": StepStatus.failed,
                "error": str(error) or "It took too long.",
                "detail": detail,
                "finished_at": self.now(),
            }
        )


def _failure(step: Step) -> AgentError:
    """The error of a failed step, the same when it happens and when it is replayed."""
    kind = step.detail.get("model_error")
    return _MODEL_ERRORS.get(str(kind), StepFailed)(step.error or "")


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _llm_detail(prompt: Prompt, answer: Answer[Any], summary: str) -> JsonObject:
    usage: Usage = answer.usage
    return {
        "model": answer.model,
        "prompt": prompt.name,
        "prompt_version": prompt.version,
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "cached_tokens": usage.cached_tokens,
        "cost_usd": usage.cost_usd,
        "output_summary": summary,
        "label": answer.label,
    }
