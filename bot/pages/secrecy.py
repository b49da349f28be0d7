"""What hides the secrets of one run: those of every version of what it asked for, and of whatever it ran."""

from collections.abc import Iterator, Sequence

from pydantic import JsonValue

from agents.actions import Actions
from bot.traces.build import Rows
from storage.records import Execution, JsonObject
from storage.redaction import Cover, texts


def cover_for(actions: Actions, rows: Rows, executions: Sequence[Execution]) -> Cover:
    """The cover of a run's pages."""
    return Cover(
        text
        for action, arguments in _asked(rows, executions)
        for name in actions.secrets(action)
        for text in texts(arguments.get(name))
    )


def covered(value: JsonValue, cover: Cover, actions: Actions) -> JsonValue:
    """A value that a step kept. It may hold arguments that never became a request: what any action calls a secret is one."""
    return cover.json(
        _without(value, frozenset(name for action in actions for name in actions.secrets(action)), cover), by_name=True
    )


def _asked(rows: Rows, executions: Sequence[Execution]) -> Iterator[tuple[str, JsonObject]]:
    for asked in rows.asked.values():
        yield asked.request.action, asked.request.arguments
        yield from ((asked.request.action, each.arguments) for each in asked.revisions)
    yield from ((each.action, each.arguments) for each in executions)


def _without(value: JsonValue, secret: frozenset[str], cover: Cover) -> JsonValue:
    match value:
        case list():
            return [_without(item, secret, cover) for item in value]
        case dict():
            return {
                name: cover.whole(str(item)) if name in secret and item else _without(item, secret, cover)
                for name, item in value.items()
            }
        case _:
            return value
