"""Tools: what a model at level 3 may use by itself, because it only reads or computes. Effects are actions.

    @tool
    async def search(query: Annotated[str, Field(max_length=300)]) -> list[Source]:
        \"""Search the documents. Returns up to five, with their beginnings.\"""

Name, docstring, parameters and return type say everything: what the model is told, what is checked before the function is
called, and how its result is kept.
"""

import inspect
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, get_args, get_origin, get_type_hints

from pydantic import BaseModel, ConfigDict, JsonValue, TypeAdapter, ValidationError, create_model
from pydantic.errors import PydanticSchemaGenerationError, PydanticUserError
from pydantic_core import PydanticSerializationError, to_json

from agents.actions import AgentError, Arguments, BadArguments, by_field
from agents.model import Offer
from agents.storable import storable
from storage.records import JsonObject, StepType

TOOL_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")  # what the Messages API takes as a tool's name

MOST = 1024 * 1024  # bytes of JSON of a result that the journal keeps


class BadTool(AgentError):
    """A function cannot be a tool; the message says why."""


class ToolFailed(AgentError):
    """Raised by a tool that has nothing to give, with a sentence for the model, which may try something else."""


class Source(BaseModel):
    """Something that was read, by which a model can bear out what it says. Quotes are looked up in `text`."""

    model_config = ConfigDict(frozen=True)

    name: str
    title: str
    text: str
    link: str | None = None


@dataclass(frozen=True)
class Tool:
    """A read-only tool. `use` is called with the validated arguments; `returns` is the type its result is kept as.

    `seconds` is how long it may take. It is a `retrieval` in the trace if it returns sources, else a `tool_call`.
    """

    name: str
    description: str
    arguments: type[Arguments]
    use: Callable[..., Awaitable[Any]]
    returns: Any
    seconds: float = 20.0

    @property
    def type(self) -> StepType:
        """How it stands in the trace."""
        return StepType.retrieval if self.finds else StepType.tool_call

    @property
    def finds(self) -> bool:
        """Whether it returns sources."""
        return self.returns is Source or (
            get_origin(self.returns) in (list, tuple, Sequence) and get_args(self.returns)[:1] == (Source,)
        )

    @property
    def offer(self) -> Offer:
        """As the model is told of it."""
        return Offer(self.name, self.description, self.arguments.model_json_schema())

    def parse(self, arguments: JsonObject) -> dict[str, Any]:
        """Validated arguments by name. Raises BadArguments."""
        try:
            parsed = self.arguments.model_validate(arguments)
        except ValidationError as error:
            raise BadArguments(self.name, by_field(error)) from error
        return {name: getattr(parsed, name) for name in self.arguments.model_fields}

    def kept(self, result: Any) -> JsonValue:
        """The result as the journal keeps it. Raises ToolFailed if that is not what the tool says it returns."""
        try:
            value: JsonValue = storable(self._adapter.dump_python(result, mode="json", warnings=False))
            self._adapter.validate_python(value)
        except (PydanticSerializationError, ValidationError) as error:
            raise ToolFailed("It gave something else than it says it returns.") from error
        if (size := len(to_json(value))) > MOST:
            raise ToolFailed(f"It gave {size:,} bytes; at most {MOST:,} are kept. Ask for less.")
        return value

    def sources(self, kept: JsonValue) -> tuple[Source, ...]:
        """The sources in a kept result. Raises ValidationError if it has another form."""
        loaded = self._adapter.validate_python(kept)
        if not self.finds:
            return ()
        return (loaded,) if isinstance(loaded, Source) else tuple(loaded)

    @cached_property
    def _adapter(self) -> TypeAdapter[Any]:
        return TypeAdapter(self.returns)


def tool(function: Callable[..., Awaitable[Any]]) -> Tool:
    """Make an async function a tool. For a time limit of its own: `dataclasses.replace(tool, seconds=60)`.

    Raises BadTool.
    """
    name = getattr(function, "__name__", "")
    description = inspect.getdoc(function)
    if not inspect.iscoroutinefunction(function):
        raise BadTool(f"{name}: a tool is an async function; write `async def {name}`.")
    if not TOOL_NAME.fullmatch(name):
        raise BadTool(f"{name}: a tool's name has 1 to 64 letters, digits, _ or -.")
    if not description:
        raise BadTool(f"{name}: say in its docstring what it gives and when to use it; it is all that the model knows.")
    hints = _hints(name, function)
    made = Tool(name, description, _arguments(name, function, hints), function, hints["return"])
    try:
        made._adapter  # noqa: B018
    except (PydanticSchemaGenerationError, PydanticUserError) as error:
        raise BadTool(f"{name}: its result cannot be kept: {error}") from error
    return made


def _hints(name: str, function: Callable[..., Any]) -> dict[str, Any]:
    try:
        hints = get_type_hints(function, include_extras=True)
    except NameError as error:
        raise BadTool(f"{name}: {error}; types of its parameters have to stand at the top of the file.") from error
    missing = [each for each in (*inspect.signature(function).parameters, "return") if each not in hints]
    if missing:
        raise BadTool(f"{name}: it has no type for {', '.join(missing)}.")
    return hints


def _arguments(name: str, function: Callable[..., Any], hints: dict[str, Any]) -> type[Arguments]:
    fields: dict[str, Any] = {}
    for each in inspect.signature(function).parameters.values():
        if each.kind not in (each.POSITIONAL_OR_KEYWORD, each.KEYWORD_ONLY):
            raise BadTool(f"{name}: a tool takes named parameters only, not {each}.")
        fields[each.name] = (hints[each.name], ... if each.default is each.empty else each.default)
    try:
        made: type[Arguments] = create_model(name, __base__=Arguments, **fields)
        made.model_json_schema()
    except (PydanticSchemaGenerationError, PydanticUserError, NameError) as error:
        raise BadTool(f"{name}: its parameters cannot be told to a model: {error}") from error
    return made
