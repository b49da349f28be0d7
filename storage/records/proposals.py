"""What an agent wants to do, and what it rests on."""

from pydantic import Field

from storage.records.base import JsonObject, Record
from storage.records.verdicts import Risk


class Evidence(Record):
    """One source that a proposal rests on."""

    title: str
    quote: str
    link: str | None = None


class Proposal(Record):
    """What an agent wants to do, with what it rests on. `target` names whom or what the action touches."""

    action: str
    arguments: JsonObject
    target: str
    summary: str
    evidence: tuple[Evidence, ...] = Field(default=(), max_length=3)
    risk: Risk | None = None  # what the agent or its model thinks; it can raise the policy's risk, never lower it
    labels: tuple[str, ...] = ()  # honest remarks shown on the card, for example that an offline model was used
