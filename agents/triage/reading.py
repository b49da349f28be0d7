"""What the model is asked about a ticket, one question a step, and the forms of its answers."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from agents.mail import Ticket
from agents.model import Prompt
from agents.prompts import PromptFile
from agents.support.customers import Order

_PROMPTS = Path(__file__).parent / "prompts"
CLASSIFY = PromptFile.load(_PROMPTS / "classify_ticket.md")
EXTRACT = PromptFile.load(_PROMPTS / "extract_ticket.md")
SUMMARISE = PromptFile.load(_PROMPTS / "summarise_ticket.md")

MOST_TEXT = 24_000  # characters of a ticket that the model gets to see

Category = Literal["safety", "damaged", "delivery", "return", "billing", "account", "question", "complaint", "other"]
Priority = Literal["low", "normal", "high", "urgent"]


class Classification(BaseModel):
    """Which pile a ticket belongs on. `quote` claims to be the words of the ticket that show it."""

    model_config = ConfigDict(frozen=True)

    category: Category
    priority: Priority
    language: str = Field(max_length=20)
    quote: str = Field(max_length=1000)
    suspicious: bool


class Extraction(BaseModel):
    """What a ticket is about, in its own words."""

    model_config = ConfigDict(frozen=True)

    product: str | None = Field(default=None, max_length=200)
    order: str | None = Field(default=None, max_length=40)
    wish: str = Field(max_length=300)
    quote: str = Field(max_length=1000)


class Summary(BaseModel):
    """A ticket in a sentence or two."""

    model_config = ConfigDict(frozen=True)

    summary: str = Field(min_length=1, max_length=600)


def classify(ticket: Ticket) -> Prompt:
    """Ask for a Classification."""
    return CLASSIFY.about(_data(ticket, attachments=[attachment.name for attachment in ticket.attachments]))


def extract(ticket: Ticket, found: Classification, orders: Sequence[Order]) -> Prompt:
    """Ask for an Extraction. The model gets to see no orders but the sender's own."""
    mine: list[JsonValue] = [{"number": order.id, "items": order.items, "status": order.status} for order in orders]
    return EXTRACT.about(_data(ticket, category=found.category, orders=mine))


def summarise(ticket: Ticket, found: Classification, about: Extraction) -> Prompt:
    """Ask for a Summary."""
    return SUMMARISE.about(
        _data(ticket, category=found.category, priority=found.priority, **about.model_dump(exclude={"quote"}))
    )


def _data(ticket: Ticket, **more: JsonValue) -> str:
    text = ticket.text
    cut = text if len(text) <= MOST_TEXT else f"{text[:MOST_TEXT]}\n[{len(text) - MOST_TEXT} more characters]"
    return json.dumps({"ticket": cut, **more}, ensure_ascii=False, indent=1)
