"""Actions: typed operations with a real effect.

An action is an argument model, an executor, and the words that people read about it. Agents propose actions by name;
what runs is the executor registered under that name, with arguments that the model has validated.
"""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from storage.records import JsonObject


class AgentError(Exception):
    """Base of all errors of this package."""


class ActionFailed(AgentError):
    """The effect did not happen; the message says why, in words for the card."""


class EffectUnknown(AgentError):
    """The effect may or may not have happened (a connection lost after sending); it is never tried again by itself."""


class UnknownAction(AgentError):
    """No action has that name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"There is no action {name!r}.")
        self.name = name


class BadArguments(AgentError):
    """The arguments do not fit the action's model. `errors` maps a field's name to what is wrong with it."""

    def __init__(self, action: str, errors: Mapping[str, str]) -> None:
        super().__init__(f"{action}: " + "; ".join(f"{field}: {text}" for field, text in errors.items()))
        self.action, self.errors = action, dict(errors)


class Arguments(BaseModel):
    """Base of argument models: frozen, unknown fields refused. Titles and descriptions become the edit form's labels."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=False)


@dataclass(frozen=True)
class Effect:
    """What an executor may know beside its arguments. `idempotency_key` is the same for every try of this one effect."""

    idempotency_key: str
    run_id: str
    request_id: str | None


A = TypeVar("A", bound=Arguments)


@dataclass(frozen=True)
class Action(Generic[A]):
    """One operation.

    `title` is what a card is headed with ("Send an e-mail"); `target` says in a few words whom or what the arguments touch
    ("mia@example.com"); `execute` does it and returns a receipt (JSON object with a `summary` sentence), or raises
    `ActionFailed` or `EffectUnknown`.
    """

    name: str
    title: str
    description: str
    arguments: type[A]
    target: Callable[[A], str]
    execute: Callable[[A, Effect], Awaitable[JsonObject]]

    def parse(self, arguments: JsonObject) -> A:
        """Validate raw arguments. Raises `BadArguments`."""
        try:
            return self.arguments.model_validate(arguments)
        except ValidationError as error:
            raise BadArguments(self.name, _by_field(error)) from error

    def normal(self, arguments: JsonObject) -> tuple[JsonObject, str]:
        """Validated arguments as plain JSON, and their target. This form is what is shown, hashed and run."""
        parsed = self.parse(arguments)
        return parsed.model_dump(mode="json"), self.target(parsed)


class Actions(Mapping[str, Action[Any]]):
    """The registered actions by name."""

    def __init__(self, actions: Iterable[Action[Any]] = ()) -> None:
        self._by_name: dict[str, Action[Any]] = {}
        for action in actions:
            if action.name in self._by_name:
                raise ValueError(f"Two actions are named {action.name!r}.")
            self._by_name[action.name] = action

    def __getitem__(self, name: str) -> Action[Any]:
        try:
            return self._by_name[name]
        except KeyError:
            raise UnknownAction(name) from None

    def __contains__(self, name: object) -> bool:
        return name in self._by_name

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_name)

    def __len__(self) -> int:
        return len(self._by_name)


def _by_field(error: ValidationError) -> dict[str, str]:
    return {".".join(map(str, item["loc"])) or "arguments": item["msg"] for item in error.errors()}
