"""The model port: one question, one answer that fits a schema, and what it cost."""

from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from pydantic import BaseModel

from agents.actions import AgentError

M = TypeVar("M", bound=BaseModel)


class ModelError(AgentError):
    """The model gave no usable answer; `kind` says how, the message says it in words for the channel."""

    kind = "error"


class ModelUnavailable(ModelError):
    """The model was down, slow, overloaded or refused the key."""

    kind = "unavailable"


class ModelRefused(ModelError):
    """The model declined to answer."""

    kind = "refused"


class ModelNonsense(ModelError):
    """The answer was cut off or does not fit the schema."""

    kind = "nonsense"


@dataclass(frozen=True)
class Prompt:
    """What is asked. `name` and `version` identify the prompt file; `system` holds the instructions, `data` the untrusted
    text they are about, kept apart so that the model can be told which is which."""

    name: str
    version: str
    system: str
    data: str


@dataclass(frozen=True)
class Usage:
    """Tokens of one call. `cost_usd` is None where the price is not known."""

    prompt_tokens: int
    completion_tokens: int
    cached_tokens: int = 0
    cost_usd: float | None = None


@dataclass(frozen=True)
class Answer(Generic[M]):
    """A parsed answer, the model that gave it, and its usage. `label` is an honest remark for traces and cards, if due."""

    value: M
    model: str
    usage: Usage
    label: str | None = None


class Model(Protocol):
    """A language model that answers within a schema."""

    name: str

    async def ask(self, prompt: Prompt, schema: type[M]) -> Answer[M]:
        """Raises ModelError."""
        ...
