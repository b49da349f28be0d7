"""What one policy says otherwise than another, as those read it who own it."""

import pytest

from policies.changes import Change, Part, changes
from policies.durations import seconds
from policies.file import parse
from policies.rules import mentionable
from storage.records import JsonObject

BASE = """
rules:
  - {name: pay, actions: [delete_any_data], verdict: approve, quorum: 1, reviewers: [a@example.com, c@example.com]}
  - {name: read, actions: [search_web], verdict: auto}
"""
FULL = BASE.replace(
    "quorum: 1",
    "quorum: 2, expires_in: 36h, escalate_after: 90s, escalate_to: [b@example.com], reminders: [12.5%, 50%], "
    "schedule: {zone: UTC, days: mon-fri, hours: '09:00-17:30'}, exclude_requester: false, edit: forbidden, "
    "when: action == 'x'",
)


def said(text: str) -> JsonObject:
    return parse(text.encode(), mentionable({})).model_dump(mode="json")


def test_what_says_the_same_has_no_changes() -> None:
    assert changes(said(BASE), said("# other words\n" + BASE.replace("read, actions", "'read', actions"))) == ()


def test_each_part_is_told_as_the_file_would_say_it() -> None:
    [change] = changes(said(BASE), said(FULL))
    assert (change.kind, change.of, change.rule) == ("changed", "pay", True)
    assert {part.name: (part.before, part.after) for part in change.parts} == {
        "quorum": ("1", "2"),
        "expires_in": (None, "1d 12h"),
        "escalate_after": (None, "1m 30s"),
        "escalate_to": (None, "[b@example.com]"),
        "reminders": (None, "[12.5%, 50%]"),
        "schedule": (None, "mon, tue, wed, thu, fri 09:00-17:30 (UTC)"),
        "exclude_requester": (None, "false"),
        "edit": (None, "forbidden"),
        "when": (None, "action == 'x'"),
    }
    assert seconds("1d 12h") == seconds("36h")


def test_rules_come_and_go() -> None:
    new = BASE.replace("name: read", "name: look")
    assert [(each.kind, each.of) for each in changes(said(BASE), said(new))] == [("added", "look"), ("removed", "read")]
    [added, removed] = changes(said(BASE), said(new))
    assert Part("verdict", None, "auto") in added.parts
    assert Part("verdict", "auto", None) in removed.parts


def test_what_stands_beside_the_rules_comes_first() -> None:
    new = "other_actions: [deploy]\ndefaults: {quorum: 2}\n" + BASE.replace("verdict: auto", "verdict: log")
    assert changes(said(BASE), said(new)) == (
        Change("changed", "defaults", (Part("quorum", "1", "2"),), rule=False),
        Change("changed", "other_actions", (Part("other_actions", "[]", "[deploy]"),), rule=False),
        Change("changed", "read", (Part("verdict", "auto", "log"),)),
    )


def test_another_order_says_nothing_else() -> None:
    first, pay, read = BASE.strip().split("\n")
    assert changes(said(BASE), said("\n".join([first, read, pay]))) == ()


@pytest.mark.parametrize("old", [{}, {"rules": None}, {"rules": [7, {"verdict": "auto"}]}, {"schedule": {"zone": 3}}])
def test_what_another_release_kept_can_be_compared(old: JsonObject) -> None:
    kinds = {each.of: each.kind for each in changes(old, said(BASE))}
    assert (kinds["pay"], kinds["read"]) == ("added", "added")
