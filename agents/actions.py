"""Actions: typed operations with a real effect.

An action is an argument model, an executor, and the words that people read about it. Agents propose actions by name;
what runs is the executor registered under that name, with arguments that the model has validated.
"""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Generic, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, GetJsonSchemaHandler, SecretBytes, SecretStr, ValidationError
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from storage.records import JsonObject
from storage.redaction import Cover, names_a_secret, texts


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
class Secret:
    """Marks an argument that is nobody's business: `Annotated[str, Secret()]`. It runs whole and is shown nowhere.

    In the argument's JSON schema it is `"x-secret": true`, which may also be written there directly. Arguments that are
    called a password, a token or the like are secret without a mark. Pydantic's own `SecretStr` cannot be used: it would run
    as stars.
    """

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {**handler(schema), "x-secret": True}


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
    `ActionFailed` or `EffectUnknown`. A receipt's `result`, if it has one, is what a model is told of what came back.
    `withheld` says why the action is not offered to a model at present; nothing if it is. `reversible` says that people can
    put everything back as it was, at little cost; only of such an action is it ever suggested to let it run by itself.
    """

    name: str
    title: str
    description: str
    arguments: type[A]
    target: Callable[[A], str]
    execute: Callable[[A, Effect], Awaitable[JsonObject]]
    withheld: Callable[[], str | None] = lambda: None
    reversible: bool = False

    @cached_property
    def secrets(self) -> frozenset[str]:
        """The names of the secret arguments."""
        schema = self.arguments.model_json_schema()
        marked = (name for name, each in schema.get("properties", {}).items() if _marked(each, schema.get("$defs", {})))
        return frozenset(marked) | frozenset(filter(names_a_secret, self.arguments.model_fields))

    def parse(self, arguments: JsonObject) -> A:
        """Validate raw arguments. Raises `BadArguments`."""
        try:
            return self.arguments.model_validate(arguments)
        except ValidationError as error:
            raise BadArguments(self.name, by_field(error)) from error

    def normal(self, arguments: JsonObject) -> tuple[JsonObject, str]:
        """Validated arguments as plain JSON, and their target. This form is what is shown, hashed and run."""
        parsed = self.parse(arguments)
        target = self.target(parsed).replace("\x00", "\ufffd")  # as a database will give it back: it is hashed
        return parsed.model_dump(mode="json"), target


class Actions(Mapping[str, Action[Any]]):
    """The registered actions by name."""

    def __init__(self, actions: Iterable[Action[Any]] = ()) -> None:
        self._by_name: dict[str, Action[Any]] = {}
        for action in actions:
            if action.name in self._by_name:
                raise ValueError(f"Two actions are named {action.name!r}.")
            for name, field in action.arguments.model_fields.items():
                if {SecretStr, SecretBytes} & {field.annotation, *get_args(field.annotation)}:
                    raise ValueError(f"{action.name}.{name}: write Annotated[str, Secret()]; SecretStr would run as stars.")
            self._by_name[action.name] = action

    def __getitem__(self, name: str) -> Action[Any]:
        try:
            return self._by_name[name]
        except KeyError:
            raise UnknownAction(name) from None

    @cached_property
    def models(self) -> Mapping[str, type[Arguments]]:
        """The argument model of each action."""
        return {name: action.arguments for name, action in self._by_name.items()}

    @cached_property
    def reversible(self) -> frozenset[str]:
        """The names of the actions that can be undone."""
        return frozenset(name for name, action in self._by_name.items() if action.reversible)

    def secrets(self, name: str) -> frozenset[str]:
        """The names of an action's secret arguments; none of one that is not registered."""
        return self._by_name[name].secrets if name in self._by_name else frozenset()

    def cover(self, name: str, *arguments: JsonObject) -> Cover:
        """What hides the secrets of one action, with these arguments, in every text about it."""
        return Cover(text for given in arguments for each in self.secrets(name) for text in texts(given.get(each)))

    def covered(self, name: str, arguments: JsonObject, cover: Cover | None = None) -> JsonObject:
        """The arguments as they may be shown and traced; never what runs.

        Of an action that is not registered, whoever proposes it chose the names: calling something `secret` hides nothing.
        """
        cover, secrets, ours = cover or self.cover(name, arguments), self.secrets(name), name in self
        return {
            each: cover.whole(str(value)) if each in secrets and value else cover.json({each: value}, by_name=ours)[each]
            for each, value in arguments.items()
        }

    def __contains__(self, name: object) -> bool:
        return name in self._by_name

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_name)

    def __len__(self) -> int:
        return len(self._by_name)


def _marked(schema: Any, definitions: Mapping[str, Any]) -> bool:
    """Whether a JSON schema, or anything in it, says `"x-secret": true`."""
    match schema:
        case {"x-secret": True}:
            return True
        case {"$ref": str(where)}:
            name = where.rsplit("/", 1)[-1]
            rest = {key: each for key, each in definitions.items() if key != name}
            return _marked(definitions.get(name), rest)
        case dict():
            return any(_marked(each, definitions) for each in schema.values())
        case list():
            return any(_marked(each, definitions) for each in schema)
    return False


def by_field(error: ValidationError) -> dict[str, str]:
    """What is wrong with each field, by its name."""
    return {".".join(map(str, item["loc"])) or "arguments": item["msg"] for item in error.errors()}
