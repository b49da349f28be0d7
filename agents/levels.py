"""What an agent declared, and that its workflow keeps to it: decided here, before anything is asked, looked up or done.

Level 1 declares its steps in order and one action. Level 2 declares paths, of which a model or the code takes one. Level 3
declares tools, among which a model chooses (`agents/work.py`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict, Field, create_model

from agents.actions import AgentError
from agents.limits import Limits
from agents.tools import Tool

LEVEL_4_REFUSED = (
    "Level 4 (autonomous) agents are refused: nothing around them can be reviewed. Run the same work at level 3 first. What "
    "would speak for more is 90 days of it with at least 200 decisions by more than one reviewer, of which a 95 % interval "
    "puts at least 95 % as approved without an edit, no refused tool call, no blocked proposal and no execution whose end "
    "is unknown, and a release gate that passed for every change of prompt, tool or model. Even then, let single actions go "
    "to `auto` or `log` in the policy, rather than a whole agent."
)


class Undeclared(AgentError):
    """The workflow wanted to do what its agent did not declare; nothing was done."""


class UndeclaredStep(Undeclared):
    """A fixed pipeline left its order."""


class UndeclaredAction(Undeclared):
    """The workflow proposed an action that its agent did not declare, or that is not on the path it took."""


class UndeclaredPath(Undeclared):
    """There is no such path, or another one was taken before."""


class UndeclaredTool(Undeclared):
    """Only an agent of level 3 that declared tools can have a model work with them."""


class Route(BaseModel):
    """The model's choice of a path. Derive from it to ask for more in the same answer."""

    model_config = ConfigDict(frozen=True)

    path: str
    reason: str = Field(default="", max_length=500)


R = TypeVar("R", bound=Route)


class Declared(Protocol):
    """What the runtime holds a workflow to."""

    @property
    def name(self) -> str: ...

    @property
    def level(self) -> int: ...

    @property
    def actions(self) -> tuple[str, ...]: ...

    @property
    def steps(self) -> tuple[str, ...]: ...

    @property
    def paths(self) -> Mapping[str, tuple[str, ...]]: ...

    @property
    def tools(self) -> tuple[Tool, ...]: ...

    @property
    def limits(self) -> Limits: ...


def problems(agent: Declared) -> Sequence[str]:
    """What is wrong with a declaration, in sentences; empty if nothing is."""
    if agent.level == 4:
        return [LEVEL_4_REFUSED]
    if agent.level not in (1, 2, 3):
        return [f"level must be 1, 2 or 3, not {agent.level}."]
    belongs = {1: ("steps", agent.steps), 2: ("paths", agent.paths), 3: ("tools", agent.tools)}
    strangers = [
        f"`{name}` belong to level {level}, and this is level {agent.level}."
        for level, (name, declared) in belongs.items()
        if declared and level != agent.level
    ]
    return [*strangers, *{1: _fixed, 2: _routed, 3: _tooled}[agent.level](agent)]


def _fixed(agent: Declared) -> list[str]:
    if len(agent.actions) == 1:
        return []
    return [f"a level 1 agent has exactly one action, not {len(agent.actions)}. With a choice among several it is level 2."]


def _routed(agent: Declared) -> list[str]:
    reached = {action for actions in agent.paths.values() for action in actions}
    strange, idle = sorted(reached - set(agent.actions)), sorted(set(agent.actions) - reached)
    return [
        *(f"a path leads to {action!r}, which is not among its actions." for action in strange),
        *(f"no path leads to its action {action!r}." for action in idle if agent.paths),
    ]


def _tooled(agent: Declared) -> list[str]:
    names = [*(tool.name for tool in agent.tools), *agent.actions, "finish", "continue_work"]
    twice = sorted({name for name in names if names.count(name) > 1})
    return [f"a tool or action cannot be called {name!r}: the name is taken." for name in twice]


def narrowed(schema: type[R], paths: Sequence[str]) -> type[R]:
    """The schema with `path` narrowed to these: a model that keeps to it can choose nothing else."""
    literal: Any = Literal
    made: type[R] = create_model(schema.__name__, __base__=schema, path=(literal[tuple(paths)], ...))
    return made


@dataclass
class Course:
    """Where a workflow stands in what its agent declared. Not a value: it moves along."""

    agent: Declared
    _taken: int = 0
    _path: str | None = None
    _pipeline: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        steps, actions = self.agent.steps, self.agent.actions
        self._pipeline = steps if set(actions) & set(steps) else (*steps, *actions)

    @property
    def path(self) -> str | None:
        """The path that was taken, if one was."""
        return self._path

    @property
    def paths(self) -> tuple[str, ...]:
        """The paths there are; where none were declared, each action is a path of its own."""
        return tuple(self.agent.paths) or self.agent.actions

    def step(self, name: str) -> None:
        """The workflow takes a step. Raises UndeclaredStep."""
        if self.agent.level != 1:
            return
        self._taken += 1
        expected = self._pipeline[self._taken - 1 : self._taken]
        if expected != (name,):
            due = f"step {self._taken} is {expected[0]!r}" if expected else f"it ends after {len(self._pipeline)} steps"
            raise UndeclaredStep(
                f"Agent {self.agent.name!r} is a fixed pipeline: {due}, and its workflow wanted {name!r}. Nothing of that "
                "was done. Declare its steps in their order, or make it level 2."
            )

    def propose(self, action: str) -> None:
        """The workflow proposes an action. Raises UndeclaredAction, UndeclaredStep."""
        if action not in self.agent.actions:
            raise UndeclaredAction(f"Agent {self.agent.name!r} proposed {action!r}, which it did not declare.")
        self.step(action)
        if self.agent.level == 2:
            self._on_path(action)

    def take(self, path: str) -> None:
        """Go along a path. Raises UndeclaredPath."""
        if self.agent.level != 2 or path not in self.paths:
            known = ", ".join(self.paths) if self.agent.level == 2 else "none, for it is not of level 2"
            raise UndeclaredPath(f"Agent {self.agent.name!r} has no path {path!r}. Its paths: {known}.")
        if self._path not in (None, path):
            raise UndeclaredPath(f"Agent {self.agent.name!r} took the path {self._path!r} and cannot take {path!r} as well.")
        self._path = path

    def _on_path(self, action: str) -> None:
        if self._path is None:
            if self.agent.paths:
                raise UndeclaredAction(
                    f"Agent {self.agent.name!r} proposed {action!r} before a path was chosen. Call `run.choose` first, or "
                    "`run.take` where an answer has settled it."
                )
            self._path = action
        if action not in self.agent.paths.get(self._path, (self._path,)):
            raise UndeclaredAction(
                f"Agent {self.agent.name!r} took the path {self._path!r}, on which {action!r} does not lie."
            )
