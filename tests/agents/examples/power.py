"""A power cut: from one chosen moment on, nothing more is written, neither to the journal nor to the checkpoints."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

from agents.model import Answer, M, Prompt
from agents.testing import MemoryJournal, ScriptedModel
from storage.records import Step, StepStatus, StepType


class PowerCut(BaseException):
    """The process is gone."""


@dataclass
class Power:
    """Lasts for `left` moments; each write is two, before it and after it. None: it is never cut."""

    left: int | None = None
    used: list[str] = field(default_factory=list)

    def moment(self, what: str) -> None:
        self.used.append(what)
        if self.left is not None:
            self.left -= 1
            if self.left < 0:
                self.cut(what)

    def cut(self, what: str) -> None:
        raise PowerCut(what)


@dataclass
class PoweredJournal(MemoryJournal):
    """Rows that outlive a power cut."""

    power: Power = field(default_factory=Power)

    async def write(self, step: Step) -> None:
        self.power.moment(f"before {step.name} {step.status}")
        await super().write(step)
        self.power.moment(f"after {step.name} {step.status}")


class PoweredSaver(AsyncSqliteSaver):
    """LangGraph's own, on the power that everything is on."""

    power: Power

    async def aput(self, *arguments: Any, **named: Any) -> Any:
        self.power.moment("before checkpoint")
        put = await super().aput(*arguments, **named)
        self.power.moment("after checkpoint")
        return put

    async def aput_writes(self, *arguments: Any, **named: Any) -> None:
        self.power.moment("before writes")
        await super().aput_writes(*arguments, **named)
        self.power.moment("after writes")


@dataclass(frozen=True)
class Machine:
    """A disk with checkpoints, and whatever power there is."""

    file: Path
    power: Power

    def checkpointer(self) -> AbstractAsyncContextManager[AsyncSqliteSaver]:
        return self._opened()

    @asynccontextmanager
    async def _opened(self) -> AsyncIterator[AsyncSqliteSaver]:
        async with PoweredSaver.from_conn_string(str(self.file)) as saver:
            assert isinstance(saver, PoweredSaver)
            saver.power = self.power
            yield saver


class FrugalModel(ScriptedModel):
    """Answers by the prompt's name, and never a question whose answer is in the journal."""

    def __init__(self, journal: MemoryJournal, by_name: dict[str, Any]) -> None:
        super().__init__()
        self._journal, self._by_name = journal, by_name

    async def ask(self, prompt: Prompt, schema: type[M]) -> Answer[M]:
        paid = [
            step
            for step in self._journal.steps
            if step.type is StepType.llm_call and step.status is StepStatus.done and step.detail["prompt"] == prompt.name
        ]
        assert not paid, f"{prompt.name} is paid twice"
        self.answers = [self._by_name[prompt.name]]
        return await super().ask(prompt, schema)
