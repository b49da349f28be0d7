"""A new agent of one's own: an agent file, its instructions to the model, and its test, in a folder of one's choice."""

import importlib.util
import keyword
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from string import Template

from agents.actions import AgentError

_HERE = Path(__file__).parent
_NAME = re.compile(r"[a-z][a-z0-9_]{1,39}")


class BadName(AgentError):
    """No agent can have that name; the message says why."""


class FileExists(AgentError):
    """A file would be overwritten."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} exists already; nothing was written. Choose another name, or move the file away.")
        self.path = path


@dataclass(frozen=True)
class NewAgent:
    """The files of a new agent, not written yet."""

    name: str
    files: dict[Path, str]

    def write(self) -> None:
        """Write all files or none. Raises FileExists, OSError."""
        for path in self.files:
            if path.exists():
                raise FileExists(path)
        for path, text in self.files.items():
            with path.open("x", encoding="utf-8") as file:
                file.write(text)


def new_agent(name: str, folder: Path, *, taken: frozenset[str] = frozenset()) -> NewAgent:
    """An agent of that name in `folder`. `taken` are names of agents and actions that exist. Raises BadName."""
    _check(name, folder, taken)
    words = {"name": name, "constant": name.upper()}
    files = {f"{name}.py": "agent.py.txt", f"{name}.md": "prompt.md.txt", f"test_{name}.py": "test.py.txt"}
    return NewAgent(name, {folder / file: _filled(template, words) for file, template in files.items()})


def _check(name: str, folder: Path, taken: frozenset[str]) -> None:
    if not _NAME.fullmatch(name) or keyword.iskeyword(name):
        raise BadName(f"{name!r} cannot be an agent's name: write 2 to 40 small letters, digits and _, a letter first.")
    if name in taken or f"{name}_entry" in taken:
        raise BadName(f"There is an agent or action called {name!r} already. `signoff agents list` shows them.")
    if name.startswith("test_") or name == "conftest" or _is_module(name, folder):
        raise BadName(f"{name!r} is the name of a Python module, which the agent's file would hide. Choose another name.")


def _is_module(name: str, folder: Path) -> bool:
    if name in sys.stdlib_module_names:
        return True
    spec = importlib.util.find_spec(name)
    return spec is not None and (spec.origin is None or Path(spec.origin).parent != folder.resolve())


def _filled(template: str, words: dict[str, str]) -> str:
    return _Template((_HERE / template).read_text(encoding="utf-8")).substitute(words)


class _Template(Template):
    """`$name` ends where `_` begins, so that `$name_entry` is two pieces."""

    idpattern = r"(?a:name|constant)"
