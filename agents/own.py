"""A company's own agents and actions: Python files beside Signoff, named by SIGNOFF_AGENTS.

Each file may set three names at its top level, and anything else it likes:

    AGENTS = [...]    # agents.workflow.Agent
    ACTIONS = [...]   # agents.actions.Action
    RULES = {...}     # prompt name -> rule, by which the offline model answers without a key

The files are programs: they run with all of Signoff's rights. So they are only taken from where the deployment says, and
what ships cannot be replaced by them under its own name.
"""

import hashlib
import importlib.util
import sys
import traceback
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

from agents.actions import Action, Actions, AgentError
from agents.offline import Rules
from agents.workflow import Agent

NAMES = ("AGENTS", "ACTIONS", "RULES")


class BadOwnAgent(AgentError):
    """A file of one's own agents cannot be used. `path` is the file; the message says what is wrong and what to do."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"{path}: {why}")
        self.path = path


@dataclass(frozen=True)
class Own:
    """What the files hold, with the file that each agent and action stands in."""

    agents: tuple[Agent, ...] = ()
    actions: tuple[Action[Any], ...] = ()
    rules: Rules = field(default_factory=dict)
    files: Mapping[str, Path] = field(default_factory=dict)  # by the agent's or action's name


def load(places: Iterable[Path], *, taken: Iterable[str] = (), prompts: Iterable[str] = ()) -> Own:
    """Read the files in `places`, which are files or folders of them. `taken` are names that no agent or action may have,
    `prompts` those of prompts that have a rule.

    In a folder, files that begin with `_` or `test_` are left alone. Raises BadOwnAgent.
    """
    agents: list[Agent] = []
    actions: list[Action[Any]] = []
    rules: dict[str, Any] = {}
    files: dict[str, Path] = {}
    for path in dict.fromkeys(file.resolve() for place in places for file in _files(place)):
        module = _imported(path)
        if not any(hasattr(module, name) for name in NAMES):
            raise BadOwnAgent(path, "it sets neither AGENTS nor ACTIONS. Add `AGENTS = [...]`, or begin its name with `_`.")
        found = _listed(path, module, "AGENTS", Agent), _listed(path, module, "ACTIONS", Action)
        for each in (*found[0], *found[1]):
            _claim(each.name, path, files, taken)
        agents += found[0]
        actions += found[1]
        rules |= _rules(path, module, {*prompts, *rules})
    _check(actions, files)
    return Own(tuple(agents), tuple(actions), rules, files)


def _files(place: Path) -> list[Path]:
    if place.is_file():
        return [place]
    if place.is_dir():
        return [file for file in sorted(place.glob("*.py")) if not file.name.startswith(("_", "test_", "conftest."))]
    raise BadOwnAgent(place, "there is no such file or folder. Mend SIGNOFF_AGENTS, which names it.")


def _imported(path: Path) -> ModuleType:
    """The module of a file, imported once for each content under a name that can stand in nobody's way."""
    name = f"signoff_own_{path.stem}_{hashlib.sha256(bytes(path)).hexdigest()[:8]}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise BadOwnAgent(path, "it is no Python file. SIGNOFF_AGENTS names files that end in .py, or folders of them.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # pydantic and dataclasses look their module up there
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        del sys.modules[name]
        raise BadOwnAgent(path, _said(path, error)) from error
    except SystemExit as error:
        del sys.modules[name]
        raise BadOwnAgent(path, "it ends the program when it is imported. Take that out.") from error
    return module


def _said(path: Path, error: Exception) -> str:
    """What went wrong and in which line, without a traceback."""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
    line = error.lineno if isinstance(error, SyntaxError) else lines[-1] if lines else None
    words = error.msg if isinstance(error, SyntaxError) else str(error) or "no message"
    where = f"line {line}: " if line else ""
    return f"{where}{type(error).__name__}: {words}. Mend it, or take the file out of SIGNOFF_AGENTS."


def _listed(path: Path, module: ModuleType, name: str, kind: type[Any]) -> list[Any]:
    value = getattr(module, name, [])
    if not isinstance(value, list | tuple):
        raise BadOwnAgent(path, f"{name} is {_a(value)}. Write a list: {name} = [...].")
    for each in value:
        if not isinstance(each, kind):
            raise BadOwnAgent(path, f"{name} holds {_a(each)}. Put values of {kind.__module__}.{kind.__name__} into it.")
    return list(value)


def _rules(path: Path, module: ModuleType, known: Iterable[str]) -> dict[str, Callable[..., Any]]:
    value = getattr(module, "RULES", {})
    if not isinstance(value, Mapping):
        raise BadOwnAgent(path, f"RULES is {_a(value)}. Write a mapping from a prompt's name to its rule.")
    for name, rule in value.items():
        if not callable(rule):
            raise BadOwnAgent(path, f"the rule for the prompt {name!r} is {_a(rule)}. Put a function there.")
        if name in known:
            raise BadOwnAgent(path, f"there is a rule for a prompt {name!r} already. Give the prompt's file another name.")
    return dict(value)


def _claim(name: str, path: Path, files: dict[str, Path], taken: Iterable[str]) -> None:
    if name in files:
        where = "twice in it" if files[name] == path else f"in {files[name]} already"
        raise BadOwnAgent(path, f"the name {name!r} is {where}. Give one of the two another name.")
    if name in taken:
        raise BadOwnAgent(path, f"{name!r} is the name of something that ships with Signoff. Give yours another name.")
    files[name] = path


def _check(actions: list[Action[Any]], files: Mapping[str, Path]) -> None:
    for action in actions:
        try:
            Actions([action])
        except ValueError as error:
            raise BadOwnAgent(files[action.name], str(error)) from error


def _a(value: object) -> str:
    return f"a value of type {type(value).__name__}"
