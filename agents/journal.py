"""The journal of a run, and how a step is taken through it: recorded once, replayed ever after."""

import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeVar

from pydantic import JsonValue, ValidationError

from agents.actions import AgentError
from agents.checkpoint import CONTINUE_WORK
from agents.levels import Course
from agents.model import ModelError, ModelNonsense, ModelRefused, ModelUnavailable
from agents.storable import storable
from storage.records import JsonObject, Step, StepStatus, StepType
from storage.redaction import redacted_json

T = TypeVar("T")

_MODEL_ERRORS: dict[str, type[AgentError]] = {
    error.kind: error for error in (ModelError, ModelUnavailable, ModelRefused, ModelNonsense)
}


_ASKED = ("query", "arguments")  # of what a step was asked, what must be the same on replay; a model or prompt may be newer


_LONGEST = 10_000  # characters of an error that are kept
_SHOWN = 160  # characters of that in an error


class WorkflowChanged(AgentError):
    """The workflow's code no longer takes the steps that its journal holds, or makes them of what no step recorded."""

    def __init__(self, agent: str, number: int, recorded: str, now: str) -> None:
        super().__init__(
            f"The code of agent {agent!r} changed while this run was parked: step {number} was {recorded}, now it is {now}. "
            "It cannot go on."
        )
        self.number = number


class StepFailed(AgentError):
    """A step that reads or computes failed; the message is its error's. Replay raises it again instead of trying again."""


class Journal(Protocol):
    """The rows of one claimed run. Every write is fenced: after another worker has claimed the run, writes raise."""

    @property
    def steps(self) -> Sequence[Step]:
        """What was recorded so far, in order."""

    async def write(self, step: Step) -> None:
        """Insert or finish a step."""


@dataclass
class Recorder:
    """Takes the steps of one run in order. Not a value: `number` counts those taken since the workflow's start."""

    run_id: str
    course: Course
    journal: Journal
    now: Callable[[], datetime]
    new_span: Callable[[], str]
    number: int = 0

    @property
    def last(self) -> Step:
        """The step that was taken last."""
        step = self._recorded(self.number)
        assert step is not None  # noqa: S101  # every step is journaled before the next is taken
        return step

    def replayed(self, type: StepType, name: str, asked: JsonObject, *, refused: bool = False) -> Step | None:
        """Count one more step, and return it if the journal holds it. Raises WorkflowChanged."""
        self.number += 1
        recorded = self._recorded(self.number)
        if recorded and not _same(recorded, type, name, asked, refused):
            raise self._changed(recorded, _told(type, name, asked, refused))
        return recorded

    def ended(self) -> None:
        """The workflow came to its end. Raises WorkflowChanged if the journal holds more than it took."""
        if more := self._recorded(self.number + 1):
            raise self._changed(more, "the end of the workflow")

    async def take(
        self,
        type: StepType,
        name: str,
        asked: JsonObject,
        work: Callable[[], Awaitable[tuple[JsonValue, JsonObject]]],
        load: Callable[[JsonValue], T],
    ) -> T:
        """Replay the step, or take it and journal it: `started` before, `done` or `failed` after. `load` makes what the
        workflow gets of what the journal keeps."""
        recorded = self.replayed(type, name, asked)
        self.course.step(name)
        if recorded and recorded.status is StepStatus.done:
            return self._again(recorded, load)
        if recorded and recorded.status is StepStatus.failed:
            raise _failure(recorded)  # as it did before, so that a workflow that went on from it takes the same path
        lost = _lost(recorded)
        step = self._step(type, name, StepStatus.started, asked | lost)
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
                update={"status": StepStatus.done, "detail": detail | lost, "result": result, "finished_at": self.now()}
            )
        )
        return load(result)

    async def refuse(self, name: str, detail: JsonObject, why: str) -> None:
        """Record a tool call that was refused before anything happened."""
        if self.replayed(StepType.tool_call, name, detail, refused=True) is None:
            step = self._step(
                StepType.tool_call, name, StepStatus.started, {**detail, "result": "refused", "violation": True}
            )
            await self.journal.write(self._failed(step, StepFailed(why)))

    def _recorded(self, number: int) -> Step | None:
        return next((step for step in self.journal.steps if step.number == number), None)

    def _step(self, type: StepType, name: str, status: StepStatus, detail: JsonObject) -> Step:
        return Step(
            run_id=self.run_id, number=self.number, span_id=self.new_span(), type=type, name=name, status=status,
            detail=detail, started_at=self.now(),
        )  # fmt: skip

    def _again(self, recorded: Step, load: Callable[[JsonValue], T]) -> T:
        try:
            return load(recorded.result)
        except ValidationError as error:
            raise self._changed(recorded, "one that cannot read the result it gave") from error

    def _changed(self, recorded: Step, now: str) -> WorkflowChanged:
        was = _told(recorded.type, recorded.name, recorded.detail, _refused(recorded))
        return WorkflowChanged(self.course.agent.name, recorded.number, was, now)

    def _failed(self, step: Step, error: Exception) -> Step:
        detail = dict(step.detail)
        if isinstance(error, ModelError):
            detail |= {"model_error": error.kind, **(error.usage.traced if error.usage else {})}
        return step.model_copy(
            update={
                "status": StepStatus.failed,
                "error": storable(str(error)[:_LONGEST]) or "It took too long.",
                "detail": detail,
                "finished_at": self.now(),
            }
        )


def happened(steps: Sequence[Step]) -> str:
    """The actions among a run's steps that were begun, in a sentence with a space before it; empty if there are none.

    It is for a run that fails later on: whoever reads that should not ask for everything once more.
    """
    begun = [step for step in steps if "receipt" in step.detail and step.name != CONTINUE_WORK]
    if not begun:
        return ""
    told = ", ".join(f"{step.name} ({step.detail['result']})" for step in begun)
    return f" Before that, this was done: {told}. Look at it before you ask again."


def _same(recorded: Step, type: StepType, name: str, asked: JsonObject, refused: bool) -> bool:
    if (recorded.type, recorded.name, _refused(recorded)) != (type, name, refused):
        return False
    was, now = redacted_json(recorded.detail), redacted_json(json.loads(json.dumps(asked)))  # as it would be recorded
    return all(was[each] == now[each] for each in _ASKED if each in was and each in now)


def _lost(begun: Step | None) -> JsonObject:
    """For the trace: how many processes died over this step. Each may have paid a model for an answer that nobody has."""
    if begun is None:
        return {}
    before = begun.detail.get("lost")
    return {"lost": (before if isinstance(before, int) else 0) + 1}


def _refused(step: Step) -> bool:
    return "violation" in step.detail


def _told(type: StepType, name: str, asked: JsonObject, refused: bool) -> str:
    """A step in a line, with what it was asked."""
    given = asked.get("arguments", asked.get("query"))
    pairs = [f"{key}={value}" for key, value in given.items()] if isinstance(given, dict) else [str(given or "")]
    line = " ".join(", ".join(pairs).split())
    short = line if len(line) <= _SHOWN else f"{line[:_SHOWN]}…"
    return f"{type} {name!r}{f' with {short}' if short else ''}{', refused' if refused else ''}"


def _failure(step: Step) -> AgentError:
    """The error of a failed step, the same when it happens and when it is replayed."""
    kind = step.detail.get("model_error")
    return _MODEL_ERRORS.get(str(kind), StepFailed)(step.error or "")
