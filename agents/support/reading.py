"""What the model is asked about a ticket, and the form of its answer."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from agents.mail import Ticket
from agents.model import Prompt
from agents.prompts import PromptFile
from agents.support.customers import Customer, Data, Detail, Order
from agents.support.knowledge import Article

READ_TICKET = PromptFile.load(Path(__file__).parent / "prompts" / "read_ticket.md")

MOST_TEXT = 24_000  # characters of a ticket that the model gets to see

Intent = Literal["reply", "refund", "record_change", "deletion", "escalate", "out_of_bounds"]
Bounds = Literal["legal_advice", "medical_recommendation", "hiring_decision"]


class Reading(BaseModel):
    """How the model understands a ticket. Nothing in it is believed without a look at the records."""

    model_config = ConfigDict(frozen=True)

    intent: Intent
    summary: str = Field(max_length=500)
    quote: str = Field(max_length=1000)
    language: str = Field(max_length=20)
    urgency: Literal["low", "normal", "high"]
    confidence: float = Field(ge=0, le=1)
    suspicious: bool
    order: str | None = Field(default=None, max_length=40)
    amount: str | None = Field(default=None, max_length=40)
    currency: str | None = Field(default=None, max_length=10)
    field: Detail | None = None
    new_value: str | None = Field(default=None, max_length=400)
    delete: Data | None = None
    bounds: Bounds | None = None
    reply_text: str | None = Field(default=None, max_length=10_000)


def question(ticket: Ticket, customer: Customer | None, orders: Sequence[Order], articles: Sequence[Article]) -> Prompt:
    """What to ask about a ticket. A ticket longer than the model's share says that it goes on."""
    text = ticket.text
    data = {
        "ticket": text if len(text) <= MOST_TEXT else f"{text[:MOST_TEXT]}\n[{len(text) - MOST_TEXT} more characters]",
        "attachments": [attachment.name for attachment in ticket.attachments],
        "customer": {"id": customer.id, "name": customer.name, "email": customer.email} if customer else None,
        "orders": [order.model_dump(mode="json", exclude={"charge"}) for order in orders],
        "articles": [{"title": article.title, "text": article.text} for article in articles],
    }
    return READ_TICKET.about(json.dumps(data, ensure_ascii=False, indent=1))
