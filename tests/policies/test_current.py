"""The policy in force: what changes in the file is taken over, and a broken file changes nothing."""

import os
from pathlib import Path

import pytest

from policies.current import CurrentPolicy, Kept, Reloaded
from policies.problems import PolicyError
from policies.rules import mentionable

CAREFUL = "rules: []\n"
OPEN = "rules:\n  - {name: mail, actions: [send_external_email], verdict: auto}\n"
BROKEN = "rules:\n  - {name: mail, actions: [send_external_email], verdict: maybe}\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "policy.yaml"
    write(path, CAREFUL)
    return path


def write(path: Path, text: str) -> None:
    """Replace the file in one step, as editors and configuration tools do."""
    path.with_suffix(".new").write_text(text, "utf-8")
    path.with_suffix(".new").replace(path)


def test_a_broken_file_keeps_the_program_from_starting(file: Path) -> None:
    write(file, BROKEN)
    with pytest.raises(PolicyError, match=r"policy.yaml:2:59: rules\[0\].verdict: 'maybe' is not one of"):
        CurrentPolicy(file, mentionable({}))


def test_an_unchanged_file_is_no_news(file: Path) -> None:
    current = CurrentPolicy(file, mentionable({}))
    assert current.refresh() is None


def test_a_changed_file_is_in_force_and_told_once(file: Path) -> None:
    current = CurrentPolicy(file, mentionable({}))
    before = current.policy
    write(file, OPEN)
    assert current.policy is before
    assert current.refresh() == Reloaded(before, current.policy)
    assert current.policy.rules[0].name == "mail"
    assert current.refresh() is None


def test_a_file_changed_in_place_is_noticed(file: Path) -> None:
    current = CurrentPolicy(file, mentionable({}))
    file.write_text("rules: [ ]\ndefaults: {quorum: 2}\n", "utf-8")
    assert isinstance(current.refresh(), Reloaded)
    assert current.policy.defaults.quorum == 2


def test_a_change_that_says_the_same_is_no_news(file: Path) -> None:
    current = CurrentPolicy(file, mentionable({}))
    write(file, "# a comment\n" + CAREFUL)
    assert current.refresh() is None


@pytest.mark.parametrize("damage", ["broken", "gone", "folder", "not text"])
def test_a_file_that_breaks_changes_nothing_and_is_told_once(file: Path, damage: str) -> None:
    current = CurrentPolicy(file, mentionable({}))
    before = current.policy
    match damage:
        case "broken":
            write(file, BROKEN)
        case "not text":
            file.write_bytes(os.urandom(64) + b"\xff")
        case _:
            file.unlink()
            if damage == "folder":
                file.mkdir()
    news = current.refresh()
    assert isinstance(news, Kept)
    assert news.error.problems
    assert current.policy is before
    assert current.refresh() is None


def test_a_repaired_file_is_told_even_if_it_says_what_it_said_before(file: Path) -> None:
    current = CurrentPolicy(file, mentionable({}))
    before = current.policy
    write(file, BROKEN)
    assert isinstance(current.refresh(), Kept)
    write(file, CAREFUL)
    assert current.refresh() == Reloaded(before, current.policy)
    assert current.refresh() is None
