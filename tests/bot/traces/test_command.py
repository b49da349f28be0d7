"""`signoff trace` on a database with some runs."""

import json
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot.cli import main
from storage.records import Run, RunStatus
from storage.sql.open import open_storage
from storage.sql.schema import upgrade
from storage.store import Transaction
from tests.storage.records import run

NOW = datetime.now(UTC)


class Terminal:
    def __init__(self, url: str) -> None:
        self.url = url

    def __call__(self, *arguments: str) -> Result:
        return CliRunner().invoke(main, ["trace", *arguments], env={"SIGNOFF_DATABASE_URL": self.url})

    def ids(self, *arguments: str) -> list[str]:
        told = self("list", "--json", *arguments)
        assert told.exit_code == 0, told.output
        return [json.loads(line)["session_id"] for line in told.stdout.splitlines()]


def _add(one: Run, tx: Transaction) -> None:
    tx.add_run(one)


@pytest.fixture
async def terminal(tmp_path: Path) -> Terminal:
    url = f"sqlite:///{tmp_path / 'signoff.db'}"
    upgrade(url)
    storage = await open_storage(url)
    for number, (agent, status) in enumerate(
        [("support", RunStatus.succeeded), ("triage", RunStatus.failed), ("support", RunStatus.waiting)]
    ):
        one = run(f"run_{'abc'[number]}1", agent=agent, status=status, created_at=NOW - timedelta(days=number))
        await storage.store.write(partial(_add, one))
    await storage.close()
    return Terminal(url)


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        ((), ["run_a1", "run_b1", "run_c1"]),
        (("--limit", "1"), ["run_a1"]),
        (("--agent", "support"), ["run_a1", "run_c1"]),
        (("--status", "failed"), ["run_b1"]),
        (("--since", "36h"), ["run_a1", "run_b1"]),
        (("--agent", "nobody"), []),
    ],
)
def test_runs_are_listed_newest_first_and_filtered(terminal: Terminal, arguments: tuple[str, ...], found: list[str]) -> None:
    assert terminal.ids(*arguments) == found


def test_a_list_for_people_has_a_line_for_each_run(terminal: Terminal) -> None:
    told = terminal("list")
    assert [line.split()[0] for line in told.stdout.splitlines()] == ["run_a1", "run_b1", "run_c1"]
    assert terminal("list", "--agent", "nobody").stdout == "There is no such run.\n"


@pytest.mark.parametrize("typed", ["run_a1", "RUN_A", "a1", "run_a"])
def test_a_run_is_found_by_the_beginning_of_its_id(terminal: Terminal, typed: str) -> None:
    told = terminal("show", typed, "--json")
    assert (told.exit_code, json.loads(told.stdout)["session_id"]) == (0, "run_a1")


@pytest.mark.parametrize(
    ("typed", "why"),
    [("run_x", "There is no run that begins with 'run_x'"), ("run_", "More than one run begins with 'run_'")],
)
def test_a_run_that_is_not_clear_is_told(terminal: Terminal, typed: str, why: str) -> None:
    told = terminal("show", typed)
    assert told.exit_code == 2
    assert why in told.stderr


def test_a_time_that_cannot_be_read_is_told_with_an_example(terminal: Terminal) -> None:
    told = terminal("list", "--since", "yesterday")
    assert told.exit_code == 2
    assert "write a span such as 90d, 12h or 2w, or a date such as 2026-08-01" in told.stderr


def test_the_schema_is_told(terminal: Terminal) -> None:
    assert "total_cost_usd" in json.loads(terminal("schema").stdout)["properties"]
