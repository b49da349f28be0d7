"""What the model is asked each turn, and the form of its answer."""

import json
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from agents.model import Prompt
from agents.prompts import PromptFile
from agents.research.desk import Desk
from storage.records import Risk

RESEARCH_TURN = PromptFile.load(Path(__file__).parent / "prompts" / "research_turn.md")

Tool = Literal["search", "read", "draft_internal_message", "send_external_email", "finish"]


class Source(BaseModel):
    """Words that the model says stand in a document."""

    model_config = ConfigDict(frozen=True)

    document: str = Field(max_length=200)
    quote: str = Field(max_length=1000)


class Turn(BaseModel):
    """The tool that the model chose, and what for. Fields of other tools are left empty."""

    model_config = ConfigDict(frozen=True)

    tool: Tool
    query: str | None = Field(default=None, max_length=300)
    document: str | None = Field(default=None, max_length=200)
    to: str | None = Field(default=None, max_length=320)
    subject: str | None = Field(default=None, max_length=200)
    body: str | None = Field(default=None, max_length=20_000)
    summary: str | None = Field(default=None, max_length=500)
    answer: str | None = Field(default=None, max_length=10_000)
    sources: tuple[Source, ...] = Field(default=(), max_length=10)
    risk: Risk | None = None
    suspicious: bool = False

    @property
    def line(self) -> str:
        """The turn in a line, for the trace."""
        what = self.query or self.document or self.to or self.subject or self.answer or ""
        return f"{self.tool}: {what[:120]}" if what else self.tool


def question(desk: Desk, turns_left: int, proposals_left: int) -> Prompt:
    """What to ask: the task and its limits first, each turn anew."""
    data = {
        "task": desk.task,
        "limits": {"turns_left": turns_left, "proposals_left": proposals_left},
        "searches": [search.model_dump(mode="json") for search in desk.searches],
        "read": [{"document": each.slug, "title": each.title, "text": each.text} for each in desk.open],
        "dropped": list(desk.dropped),
        "done": list(desk.done),
    }
    return RESEARCH_TURN.about(json.dumps(data, ensure_ascii=False, indent=1))
