"""The model port: one question, one answer that fits a schema or one tool chosen, and what it cost."""

from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict

from agents.actions import AgentError
from storage.records import JsonObject

M = TypeVar("M", bound=BaseModel)


class ModelError(AgentError):
    """The model gave no usable answer; `kind` says how, the message says it in words for the channel. `usage` is what an
    answer that cannot be used has cost all the same, if there was one."""

    kind = "error"
    usage: "Usage | None" = None


class ModelUnavailable(ModelError):
    """The model was down, slow, overloaded or refused the key."""

    kind = "unavailable"


class ModelRefused(ModelError):
    """The model declined to answer."""

    kind = "refused"


class ModelNonsense(ModelError):
    """The answer was cut off or does not fit what was asked for."""

    kind = "nonsense"


class ModelOverreached(ModelNonsense):
    """The model called a tool that it was not offered. `answer` is that call, which was paid for."""

    def __init__(self, answer: "Answer[Call | Said]", name: str) -> None:
        super().__init__(f"The model called {name[:80]!r}, which it was not offered.")
        self.answer = answer


@dataclass(frozen=True)
class Prompt:
    """What is asked. `name` and `version` identify the prompt file; `system` holds the instructions, `data` the untrusted
    text they are about, kept apart so that the model can be told which is which."""

    name: str
    version: str
    system: str
    data: str


@dataclass(frozen=True)
class Offer:
    """A tool that a model may call. `schema` is the JSON schema of its arguments, an object."""

    name: str
    description: str
    schema: JsonObject


class Call(BaseModel):
    """A tool that a model chose. `raw` are the blocks in which `model` said so, to be given back to it as they were."""

    model_config = ConfigDict(frozen=True)

    name: str
    arguments: JsonObject
    model: str = ""
    raw: tuple[JsonObject, ...] = ()


class Said(BaseModel):
    """Words in place of a call: the model has finished."""

    model_config = ConfigDict(frozen=True)

    text: str


@dataclass(frozen=True)
class Exchange:
    """A call and what came of it. `result` was written by strangers or looked up, `note` is our own remark on it."""

    call: Call
    result: str
    note: str = ""
    refused: bool = False


@dataclass(frozen=True)
class Talk(Prompt):
    """A question for the next tool: what was asked (`data`), what was done since, and what may be called now."""

    exchanges: tuple[Exchange, ...] = ()
    offers: tuple[Offer, ...] = ()


@dataclass(frozen=True)
class Usage:
    """Tokens of one call. `cost_usd` is None where the price is not known."""

    prompt_tokens: int
    completion_tokens: int
    cached_tokens: int = 0
    cost_usd: float | None = None

    @property
    def cached_share(self) -> float:
        """The share of the prompt that came from the cache, from 0 to 1."""
        return round(self.cached_tokens / self.prompt_tokens, 3) if self.prompt_tokens else 0.0

    @property
    def traced(self) -> JsonObject:
        """As it stands in the trace."""
        return {
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": self.completion_tokens,
            "cached_tokens": self.cached_tokens,
            "cached_share": self.cached_share,
            "cost_usd": self.cost_usd,
        }


@dataclass(frozen=True)
class Answer(Generic[M]):
    """A parsed answer, the model that gave it, and its usage. `label` is an honest remark for traces and cards, if due.
    `retries` counts the tries before it that the API turned down."""

    value: M
    model: str
    usage: Usage
    label: str | None = None
    retries: int = 0


class Model(Protocol):
    """A language model that answers within a schema, or chooses among tools."""

    name: str

    async def ask(self, prompt: Prompt, schema: type[M]) -> Answer[M]:
        """Raises ModelError."""
        ...

    async def turn(self, talk: Talk) -> Answer[Call | Said]:
        """The next tool that the model calls, exactly one, or its last words. Raises ModelError, of which ModelOverreached
        says that the call was none of the offered."""
        ...


def fitted(value: BaseModel, schema: type[M]) -> M | None:
    """A ready answer as one of `schema`, also where that narrows the answer's own class; None if it does not fit.

    Raises pydantic's ValidationError where a narrower schema does not allow it.
    """
    if isinstance(value, schema):
        return value
    return schema.model_validate(value.model_dump(mode="json")) if issubclass(schema, type(value)) else None


def traced(prompt: Prompt, answer: Answer[Any], summary: str) -> JsonObject:
    """What the trace says of a call of the model."""
    return {
        "model": answer.model,
        "prompt": prompt.name,
        "prompt_version": prompt.version,
        **answer.usage.traced,
        "retries": answer.retries,
        "output_summary": summary,
        "label": answer.label,
    }
