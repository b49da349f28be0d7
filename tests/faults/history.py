"""The history of what clients asked for and what they were told, and the check of it.

One JSON object a line, two lines an operation: `invoke` when it is sent, then `ok`, `fail` (certainly no effect) or
`unknown` (perhaps). A client that dies or hears nothing leaves its `invoke` alone, which counts as `unknown`. Operations:

- `decide`: `value` of `ok` is what the request became by it (`approved`, `rejected`, `cancelled`), or null if it is still
  pending;
- `read`: `value` is `[status, revision]`.

Times are seconds on one clock for all clients. The check is of what any client can see, whatever the database says.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal, TextIO

from pydantic import JsonValue

Kind = Literal["invoke", "ok", "fail", "unknown"]

RANK = {"pending": 0, "approved": 1, "executing": 2}  # any other status is an end: 3
LEADS_TO = {"approved": ("approved", "executing", "succeeded", "failed", "unknown")}


@dataclass(frozen=True)
class Event:
    """One line."""

    client: str
    number: int  # of the operation, the same in both of its lines
    op: str  # decide or read
    request: str
    kind: Kind
    at: float
    value: JsonValue = None


@dataclass(frozen=True)
class Operation:
    """An invocation with what came of it."""

    client: str
    op: str
    request: str
    begun: float
    ended: float
    kind: Kind
    value: JsonValue


@dataclass
class History:
    """Where events are kept: in memory and, if there is a `file`, in it at once."""

    clock: Callable[[], float]
    events: list[Event] = field(default_factory=list)
    file: TextIO | None = None

    def invoke(self, client: str, op: str, request: str, value: JsonValue = None) -> Callable[[Kind, JsonValue], None]:
        """An operation begins; call what is returned with its end."""
        number = len(self.events)
        self._add(Event(client, number, op, request, "invoke", self.clock(), value))
        return lambda kind, value: self._add(Event(client, number, op, request, kind, self.clock(), value))

    def _add(self, event: Event) -> None:
        self.events.append(event)
        if self.file is not None:
            self.file.write(json.dumps(asdict(event)) + "\n")
            self.file.flush()


def read(path: Path) -> list[Event]:
    """The events in a file. A last line that was cut off is left out."""
    whole, _, _ = path.read_text().rpartition("\n")
    return [Event(**json.loads(line)) for line in whole.splitlines()]


def check(events: Iterable[Event]) -> list[str]:
    """Everything in a history that could not have happened if there were one gate with one mind."""
    by_request: defaultdict[str, list[Operation]] = defaultdict(list)
    for operation in operations(events):
        by_request[operation.request].append(operation)
    return [problem for found in by_request.values() for problem in _problems(found)]


def operations(events: Iterable[Event]) -> list[Operation]:
    """Invocations joined with their ends, in the order of their beginnings."""
    begun: dict[tuple[str, int], Event] = {}
    ends: dict[tuple[str, int], Event] = {}
    for event in events:
        (begun if event.kind == "invoke" else ends)[event.client, event.number] = event
    return [_operation(event, ends) for event in sorted(begun.values(), key=lambda event: event.at)]


def _operation(event: Event, ends: Mapping[tuple[str, int], Event]) -> Operation:
    end = ends.get((event.client, event.number))
    if end is None:
        return Operation(event.client, event.op, event.request, event.at, float("inf"), "unknown", None)
    return Operation(event.client, event.op, event.request, event.at, end.at, end.kind, end.value)


def _problems(found: Sequence[Operation]) -> Iterator[str]:
    decided = [each for each in found if each.op == "decide" and each.kind == "ok" and each.value is not None]
    reads = [each for each in found if each.op == "read" and each.kind == "ok"]
    if len(decided) > 1:
        yield f"{len(decided)} clients were told that they decided {decided[0].request}: {_who(decided)}"
    for earlier, later in _in_order([*decided, *reads]):
        if _state(later) < _state(earlier) or not _agree(earlier, later):
            yield f"{_told(later)} after {_told(earlier)}"


def _in_order(found: Sequence[Operation]) -> Iterator[tuple[Operation, Operation]]:
    """Each operation with the most that was known when it began."""
    ended = sorted(found, key=lambda each: each.ended)
    for later in found:
        before = [each for each in ended if each.ended < later.begun]
        if before:
            yield max(before, key=_state), later


def _state(seen: Operation) -> tuple[int, int]:
    if isinstance(seen.value, list):
        status, revision = str(seen.value[0]), int(str(seen.value[1]))
        return RANK.get(status, 3), revision
    return (1 if seen.value == "approved" else 3), 0


def _agree(earlier: Operation, later: Operation) -> bool:
    """Whether both can be stretches of one life: what ended stays as it ended, what was approved is not rejected after."""
    one, other = _status(earlier), _status(later)
    if _state(earlier)[0] == 3:
        return one == other
    return _state(earlier)[0] == 0 or other in LEADS_TO["approved"]


def _status(seen: Operation) -> str:
    return str(seen.value[0] if isinstance(seen.value, list) else seen.value)


def _told(seen: Operation) -> str:
    return f"{seen.client} was told that {seen.request} is {seen.value} ({seen.op}, {seen.begun:.3f}-{seen.ended:.3f} s)"


def _who(found: Sequence[Operation]) -> str:
    return ", ".join(f"{each.client} {each.value}" for each in found)
