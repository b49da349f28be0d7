"""An agent as a picture: its steps in order, what it may propose, and what the policy says of that. Pure.

Mermaid for pages (https://mermaid.js.org/syntax/flowchart.html), lines for a terminal.
"""

import ast
import inspect
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from agents.workflow import Agent
from storage.records import Verdict

LEVELS = {1: "fixed pipeline", 2: "conditional routing", 3: "tool-using with checkpoints"}

_KINDS = {"tool_call": "compute", "retrieval": "look up", "llm_call": "ask the model"}
_CALLS = {**{kind: kind for kind in _KINDS}, "choose": "llm_call"}  # what a run's methods are in the trace
_SAYS = {
    "auto": "runs by itself",
    "log": "runs, with a line in the channel",
    "approve": "people decide",
    "block": "never runs",
}


@dataclass(frozen=True)
class Drawn:
    """One step in an agent's source: what kind it is of, and its name."""

    kind: str
    name: str


_TURN = Drawn("llm_call", "turn")


def steps_of(agent: Agent) -> tuple[Drawn, ...]:
    """The recorded steps in the order of the agent's source, which is the file that its workflow stands in."""
    tree = ast.parse(textwrap.dedent(Path(inspect.getfile(agent.workflow)).read_text(encoding="utf-8")))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    calls.sort(key=lambda call: (call.lineno, call.col_offset))
    return tuple(dict.fromkeys(step for call in calls for step in _step(call)))


def mermaid(agent: Agent, verdicts: Mapping[str, Verdict]) -> str:
    """The agent as a mermaid flowchart. `verdicts` says of each action what the policy in force does with it."""
    return "\n".join(["flowchart TD", *(f"    {line}" for line in _mermaid(agent, verdicts))])


def in_lines(agent: Agent, verdicts: Mapping[str, Verdict]) -> str:
    """The agent for a terminal."""
    return "\n".join(_lines(agent, verdicts))


def said(verdict: Verdict) -> str:
    """A verdict in a few words."""
    return f"{_SAYS[verdict.outcome]} ({verdict.outcome}, {verdict.risk} risk)"


def _step(call: ast.Call) -> Iterator[Drawn]:
    match call:
        case ast.Call(
            func=ast.Attribute(value=ast.Name(id="run") | ast.Attribute(attr="run"), attr=kind),
            args=[ast.Constant(value=str(name)), *_],
        ) if kind in _CALLS:
            yield Drawn(_CALLS[kind], name)
        case ast.Call(func=ast.Attribute(value=ast.Name(id="run"), attr="work")):
            yield _TURN


def _tools(agent: Agent) -> tuple[Drawn, ...]:
    """The tools among which a model chooses turn by turn, beside the actions; level 3 alone has them."""
    return tuple(Drawn(tool.type.value, tool.name) for tool in agent.tools)


def _mermaid(agent: Agent, verdicts: Mapping[str, Verdict]) -> Iterator[str]:
    steps, tools = steps_of(agent), _tools(agent)
    yield f'input(["{_inert(agent.usage)}"])'
    last = "input"
    for number, step in enumerate(steps, 1):
        yield f'{last} --> s{number}["{_KINDS[step.kind]}: {_inert(step.name)}"]'
        last = f"s{number}"
    turn = last
    if len(agent.paths or agent.actions) + len(tools) > 1:
        yield f'{last} --> route{{"one of"}}'
        last = "route"
    for number, tool in enumerate(tools, 1):
        yield f'{last} --> t{number}["{_KINDS[tool.kind]}: {_inert(tool.name)}"]'
        yield f"t{number} --> {turn}"
    for number, path in enumerate(agent.paths, 1):
        yield f'{last} --> p{number}(["{_inert(path)}"])'
        yield from (f"p{number} --> a{agent.actions.index(action) + 1}" for action in agent.paths[path])
    for number, action in enumerate(agent.actions, 1):
        yield ("" if agent.paths else f"{last} --> ") + f'a{number}["propose {_inert(action)}"]'
        yield f'a{number} -- "{_inert(_SAYS[verdicts[action].outcome])}" --> {_ends(verdicts[action])}'


def _ends(verdict: Verdict) -> str:
    ends = {"block": 'refused(["refused"])', "approve": 'people{{"people"}}'}
    return ends.get(verdict.outcome, 'runs(["runs"])')


def _lines(agent: Agent, verdicts: Mapping[str, Verdict]) -> Iterator[str]:
    steps, tools = steps_of(agent), _tools(agent)
    turns = _TURN in steps
    yield f"{agent.name} · level {agent.level}, {LEVELS[agent.level]} · version {agent.version}"
    yield agent.description
    yield ""
    yield f"  input: {agent.usage}"
    for step in steps:
        yield "    │"
        yield f"  {_KINDS[step.kind]}: {step.name}"
    yield "    │"
    if agent.paths:
        yield "  one path, and no action beside it"
        yield from _branches([f"{path}: {' or '.join(actions)}" for path, actions in agent.paths.items()])
        yield "    │"
    width = max(map(len, agent.actions), default=0)
    branches = [*(f"{_KINDS[tool.kind]}: {tool.name}, and on to the next turn" for tool in tools),
                *(f"propose {name:<{width}}  {said(verdicts[name])}" for name in agent.actions)]  # fmt: skip
    if len(branches) == 1:
        yield f"  {branches[0]}"
        return
    yield "  one of" + (", turn by turn" if turns else "")
    yield from _branches(branches)
    if turns:
        yield from ("", f"  {agent.limits.told}")


def _branches(branches: Sequence[str]) -> Iterator[str]:
    yield from (f"    ├─ {branch}" for branch in branches[:-1])
    yield from (f"    └─ {branch}" for branch in branches[-1:])


def _inert(text: str) -> str:
    return text.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;").replace(">", "&gt;")
