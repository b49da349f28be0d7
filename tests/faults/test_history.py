"""The history checker: what one gate with one mind can tell its clients, and what it cannot."""

from itertools import count
from pathlib import Path
from typing import Any

import pytest
from pydantic import JsonValue

from tests.faults.history import Event, History, check, read

Line = tuple[str, str, float, float, JsonValue]


def told(*lines: Line) -> list[Event]:
    """Operations that ended well: client, what, from, until, value."""
    events = []
    for number, (client, op, begun, ended, value) in enumerate(lines):
        events.append(Event(client, number, op, "req_1", "invoke", begun))
        events.append(Event(client, number, op, "req_1", "ok", ended, value))
    return events


GOOD: dict[str, list[Line]] = {
    "one winner": [("ravi", "decide", 1, 2, "approved"), ("noor", "decide", 1, 3, None)],
    "a read during a decision may come before or after it": [
        ("ravi", "decide", 1, 5, "approved"),
        ("dan", "read", 2, 3, ["approved", 1]),
        ("kim", "read", 2, 4, ["pending", 1]),
    ],
    "a life": [
        ("dan", "read", 1, 2, ["pending", 1]),
        ("noor", "decide", 3, 4, None),
        ("dan", "read", 5, 6, ["pending", 2]),
        ("ravi", "decide", 7, 8, "approved"),
        ("dan", "read", 9, 10, ["executing", 2]),
        ("dan", "read", 11, 12, ["unknown", 2]),
    ],
    "a rejection": [("ravi", "decide", 1, 2, "rejected"), ("dan", "read", 3, 4, ["rejected", 1])],
}

BAD: dict[str, list[Line]] = {
    "two winners": [("ravi", "decide", 1, 3, "approved"), ("noor", "decide", 2, 4, "approved")],
    "two winners who disagree": [("ravi", "decide", 1, 3, "approved"), ("noor", "decide", 2, 4, "rejected")],
    "a decision that is forgotten": [("ravi", "decide", 1, 2, "approved"), ("dan", "read", 3, 4, ["pending", 1])],
    "a read that goes back": [("dan", "read", 1, 2, ["executing", 1]), ("kim", "read", 3, 4, ["approved", 1])],
    "a revision that goes back": [("dan", "read", 1, 2, ["pending", 2]), ("kim", "read", 3, 4, ["pending", 1])],
    "an end that changes": [("dan", "read", 1, 2, ["unknown", 1]), ("dan", "read", 3, 4, ["succeeded", 1])],
    "rejected, then run": [("ravi", "decide", 1, 2, "rejected"), ("dan", "read", 3, 4, ["succeeded", 1])],
    "approved, then rejected": [("ravi", "decide", 1, 2, "approved"), ("dan", "read", 3, 4, ["rejected", 1])],
    "a decision after the end was seen": [("dan", "read", 1, 2, ["expired", 1]), ("ravi", "decide", 3, 4, "approved")],
}


@pytest.mark.parametrize("name", GOOD)
def test_what_can_be_is_let_be(name: str) -> None:
    assert check(told(*GOOD[name])) == []


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_is_found(name: str) -> None:
    assert check(told(*BAD[name])) != []


def test_other_requests_do_not_matter() -> None:
    other = [
        Event(each.client, each.number + 9, each.op, "req_2", each.kind, each.at, each.value)
        for each in told(*GOOD["a life"])
    ]
    assert check([*told(*GOOD["a rejection"]), *other]) == []


def test_a_client_that_heard_nothing_may_or_may_not_have_decided() -> None:
    silent = Event("ravi", 7, "decide", "req_1", "invoke", 0.5)
    lost = Event("ravi", 7, "decide", "req_1", "unknown", 1.0)
    for status in ("approved", "pending"):
        for events in ([silent], [silent, lost]):
            assert check([*events, *told(("dan", "read", 3, 4, [status, 1]))]) == []


def test_what_was_written_before_a_kill_is_read_back(tmp_path: Path) -> None:
    path, ticks = tmp_path / "history.jsonl", count()
    with path.open("w") as file:
        history = History(lambda: float(next(ticks)), file=file)
        end: Any = history.invoke("ravi", "decide", "req_1", "approve")
        end("ok", "approved")
        history.invoke("dan", "read", "req_1")
        file.write('{"client": "kim", "num')
    assert read(path) == history.events
