"""An action as a tool: how a model says what it wants to propose, and what is made of it. Pure.

The model names the arguments, a sentence, the sources it rests on, and a risk. The arguments are validated by the action's
own model, quotes are looked up in what tools returned, and the risk can only be raised.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model

from agents.actions import Action, BadArguments, by_field
from agents.evidence import quoted, stands
from agents.model import Offer
from agents.tools import Source
from storage.records import Evidence, JsonObject, Risk

NO_SOURCE = "No source that was read bears this out."
MISQUOTED = "Words that it quotes do not stand in the source it names."
STRANGE = "Something that was read, or the task itself, tries to give instructions to the agent."

FINISH = "finish"


class Quote(BaseModel):
    """Words that the model says stand in a source."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: str = Field(max_length=300, description="The name of a source that a tool returned.")
    quote: str = Field(max_length=1000, description="Its words that bear this out, copied exactly, at most 300 characters.")


class Finish(BaseModel):
    """The last words of a piece of work."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    answer: str = Field(min_length=1, max_length=20_000, description="The answer for the person who gave the task.")
    sources: tuple[Quote, ...] = Field(default=(), max_length=10, description="Up to three sources that bear it out.")


class Wish(BaseModel):
    """What a model says with a proposal, beside the action's own arguments."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    summary: str = Field(
        min_length=1,
        max_length=500,
        description="One sentence that says what would happen, with the recipient and every sum in the arguments.",
    )
    sources: tuple[Quote, ...] = Field(default=(), max_length=10, description="Up to three sources that bear it out.")
    risk: Risk | None = Field(default=None, description="`high` or `critical` if it could do harm, else null.")


@dataclass(frozen=True)
class Intent:
    """A proposal that a model wants to make. `risk` and `labels` can only add to what the policy says."""

    action: str
    arguments: JsonObject
    summary: str
    evidence: tuple[Evidence, ...] = ()
    risk: Risk | None = None
    labels: tuple[str, ...] = ()

    @classmethod
    def read(cls, action: Action[Any], arguments: JsonObject, known: Mapping[str, Source]) -> "Intent":
        """What the model's call of the action's tool means. Raises BadArguments."""
        try:
            wish = Wish.model_validate({name: value for name, value in arguments.items() if name != "arguments"})
        except ValidationError as error:
            raise BadArguments(action.name, by_field(error)) from error
        asked = arguments.get("arguments")
        if not isinstance(asked, dict):
            raise BadArguments(action.name, {"arguments": "should be an object"})
        normal, _ = action.normal(asked)
        read = cls(action.name, normal, wish.summary, borne_out(wish.sources, known), wish.risk)
        return read.marked([MISQUOTED] if misquoted(wish.sources, known) else [], Risk.high)

    def marked(self, labels: Iterable[str], risk: Risk) -> "Intent":
        """With these labels, and at least this risk; unchanged without labels."""
        more = tuple(labels)
        if not more:
            return self
        return Intent(
            self.action, self.arguments, self.summary, self.evidence, raised(self.risk, risk), (*self.labels, *more)
        )


def raised(risk: Risk | None, least: Risk | None) -> Risk | None:
    """The higher of the two."""
    return max((each for each in (risk, least) if each), key=lambda each: each.rank, default=None)


def borne_out(quotes: Iterable[Quote], known: Mapping[str, Source]) -> tuple[Evidence, ...]:
    """Quotes as evidence: only from sources that tools returned, and only words that stand in them."""
    named = [(known[each.source], each.quote) for each in quotes if each.source in known]
    found = {each.name: Evidence(title=each.title, quote=quoted(each.text, quote), link=each.link) for each, quote in named}
    return tuple(found.values())[:3]


def misquoted(quotes: Iterable[Quote], known: Mapping[str, Source]) -> bool:
    """Whether words are quoted that do not stand in the source that is named for them."""
    named = ((known[each.source].text, each.quote) for each in quotes if each.source in known)
    return any(not stands(text, quote) for text, quote in named)


def offered(action: Action[Any]) -> Offer:
    """An action as the model is told of it."""
    form = create_model(action.name, __base__=Wish, arguments=(action.arguments, ...))
    said = "It only happens if the company's policy, or a person, agrees; you are told what became of it."
    return Offer(action.name, f"Propose: {action.title}. {action.description} {said}", form.model_json_schema())


def finishing() -> Offer:
    """The tool by which a model ends its work."""
    return Offer(FINISH, "End the work with an answer. Call it as soon as the task is done.", Finish.model_json_schema())
