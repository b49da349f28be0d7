"""What an agent is: a named, levelled, plain async function and the actions it may propose."""

import hashlib
import inspect
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from agents.actions import AgentError
from agents.levels import problems
from agents.limits import Limits
from agents.runtime import LiveRun
from agents.tools import Tool

Workflow = Callable[[LiveRun, str], Awaitable[str]]


class BadAgent(AgentError):
    """The declaration of an agent cannot be used; the message says why."""


class UnknownAgent(AgentError):
    """No agent has that name."""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        self.name, self.known = name, tuple(known)
        super().__init__(f"There is no agent {name!r}. There are: {', '.join(self.known) or 'none'}.")


@dataclass(frozen=True)
class Agent:
    """One agent. `workflow(run, input)` does every step through `run` and returns the final output as a sentence.

    `level`: 1 fixed pipeline, 2 conditional routing, 3 tool-using with checkpoints. `actions` are the names of all actions
    it may propose. `usage` shows what to type after `/signoff run NAME`.

    What a level declares, the runtime holds the workflow to: at level 1 `steps`, the names of all its steps in their order
    (its one action comes last, or where its name stands among them); at level 2 `paths` to actions (left out, each action
    is a path of its own); at level 3 `tools` that a model may use by itself, and `limits`. Raises BadAgent.
    """

    name: str
    level: int
    description: str
    usage: str
    actions: tuple[str, ...]
    workflow: Workflow
    steps: tuple[str, ...] = ()
    paths: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    tools: tuple[Tool, ...] = ()
    limits: Limits = field(default_factory=Limits)

    def __post_init__(self) -> None:
        for problem in problems(self):
            raise BadAgent(f"{self.name}: {problem}")

    async def run(self, run: LiveRun, input: str) -> str:
        """Follow the workflow from its top to its end, which must be the end of the journal too; returns its output.

        Raises WorkflowChanged, and what the workflow raises.
        """
        output = await self.workflow(run, input)
        run.recorder.ended()
        return output

    @cached_property  # the source that was loaded, not what an update puts in its place while it runs
    def version(self) -> str:
        """Twelve hexadecimal digits that change when the agent's source changes: its file, or its folder if the file is
        called `agent.py`."""
        path = Path(inspect.getfile(self.workflow))
        files = sorted(path.parent.rglob("*.py")) if path.name == "agent.py" else [path]
        return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:12]


class Agents(Mapping[str, Agent]):
    """The agents that can be run, by name."""

    def __init__(self, agents: Iterable[Agent] = ()) -> None:
        self._by_name = {agent.name: agent for agent in agents}

    def __getitem__(self, name: str) -> Agent:
        try:
            return self._by_name[name]
        except KeyError:
            raise UnknownAgent(name, self._by_name) from None

    def __contains__(self, name: object) -> bool:
        return name in self._by_name

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_name)

    def __len__(self) -> int:
        return len(self._by_name)
