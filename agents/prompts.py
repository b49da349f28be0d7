"""Prompts live in files with versions, not in code.

A prompt is a Markdown file. It may begin with front matter that names its version:

    ---
    version: 3
    ---
    You sort letters. ...

The version that is recorded with each call is that number and a piece of the text's hash, `3-5f2a9c01`, so that it is never
wrong even where somebody forgot to count on; without front matter it is twelve digits of the hash.
"""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from agents.actions import AgentError
from agents.model import Prompt

_FRONT = re.compile(r"\A---\r?\n(.*?)^---\r?\n", re.DOTALL | re.MULTILINE)
_VERSION = re.compile(r"^version:[ \t]*(\d+)[ \t]*$", re.MULTILINE)


class BadPrompt(AgentError):
    """A prompt file cannot be used; the message says why."""


@dataclass(frozen=True)
class PromptFile:
    """The instructions of one prompt. `version` changes whenever they do."""

    name: str
    version: str
    system: str

    @classmethod
    def load(cls, path: Path) -> "PromptFile":
        """Read a prompt; it is named as its file is. Raises BadPrompt, OSError."""
        content = path.read_bytes().decode()
        front = _FRONT.match(content)
        system = (content[front.end() :] if front else content).strip()
        if front is None:
            return cls(path.stem, digest(content)[:12], system)
        number = _VERSION.search(front[1])
        if number is None:
            raise BadPrompt(f"{path}: its front matter names no version. Write `version: 1` between the lines of dashes.")
        return cls(path.stem, f"{number[1]}-{digest(system)[:8]}", system)

    def about(self, data: str) -> Prompt:
        """These instructions, applied to untrusted `data`."""
        return Prompt(self.name, self.version, self.system, data)


def digest(text: str) -> str:
    """The hash of a text, hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()
