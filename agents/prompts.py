"""Prompts live in files with versions, not in code."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from agents.model import Prompt


@dataclass(frozen=True)
class PromptFile:
    """The instructions of one prompt. `version` is twelve hexadecimal digits that change when the file does."""

    name: str
    version: str
    system: str

    @classmethod
    def load(cls, path: Path) -> "PromptFile":
        """Read a prompt; it is named as its file is."""
        content = path.read_bytes()
        return cls(path.stem, hashlib.sha256(content).hexdigest()[:12], content.decode().strip())

    def about(self, data: str) -> Prompt:
        """These instructions, applied to untrusted `data`."""
        return Prompt(self.name, self.version, self.system, data)
