"""One call of a Web API method: what it was called with, and what it may touch."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from bot.sandbox.errors import SlackError
from bot.sandbox.files import Files
from bot.sandbox.triggers import ResponseUrls, Triggers
from bot.sandbox.views import Views
from bot.sandbox.workspace import Workspace

Item = TypeVar("Item")
FALSE = frozenset({"", "0", "false", "False"})
PAGE = 100


@dataclass(frozen=True)
class Slack:
    """Everything behind the Web API. `url` is the server's own, without a slash at the end."""

    workspace: Workspace
    views: Views
    triggers: Triggers
    response_urls: ResponseUrls
    files: Files
    url: str
    open_link: Callable[[], str]


@dataclass(frozen=True)
class Call:
    """A call of `method`. `arguments` are strings from a form or query, or JSON values; `scopes` the token's."""

    method: str
    arguments: Mapping[str, Any]
    scopes: frozenset[str]
    slack: Slack = field(repr=False)

    @property
    def workspace(self) -> Workspace:
        """The workspace."""
        return self.slack.workspace

    def text(self, name: str) -> str | None:
        """A string argument; None when it is not given."""
        value = self.arguments.get(name)
        if value is None or isinstance(value, str):
            return value
        if isinstance(value, bool | list | dict):
            raise SlackError.of_argument(f"must be a string [json-pointer:/{name}]")
        return str(value)

    def need(self, name: str) -> str:
        """A string argument that must be given."""
        value = self.text(name)
        if not value:
            raise SlackError.of_argument(f"missing required field: {name}")
        return value

    def flag(self, name: str) -> bool:
        """A boolean argument: JSON's, or `1`, `true`, `0`, `false` of a form."""
        value = self.arguments.get(name)
        return value not in FALSE if isinstance(value, str) else bool(value)

    def json(self, name: str, error: str) -> Any:
        """An argument that is JSON itself; SlackError `error` when it cannot be read. None when not given."""
        value = self.arguments.get(name)
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value)
        except json.JSONDecodeError as failure:
            raise SlackError(error) from failure

    def page(self, everything: Sequence[Item]) -> tuple[Sequence[Item], dict[str, str]]:
        """The page that `limit` and `cursor` ask for, with the response_metadata that leads to the next one."""
        try:
            start = int(self.text("cursor") or 0)
            limit = min(int(self.text("limit") or PAGE) or PAGE, 1000)
        except ValueError as failure:
            raise SlackError("invalid_cursor") from failure
        following = start + limit
        return everything[start:following], {"next_cursor": str(following) if following < len(everything) else ""}


@dataclass(frozen=True)
class Method:
    """A Web API method: any one of `scopes` allows it; none means every token does."""

    run: Callable[[Call], dict[str, Any]]
    scopes: tuple[str, ...] = ()
    app_token: bool = False
