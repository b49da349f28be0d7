"""`signoff policy backtest` and `suggest` as they are typed: what is printed, and with which exit code."""

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from bot.cli import main
from bot.since import Since, begin
from storage.records import Person
from storage.sql.open import open_storage
from tests.bot.policy.recorded import NOOR, RAVI, Told, record
from tests.conftest import Database

Typed = Callable[..., Result]
POLICY = """\
defaults: {reviewers: [ravi@example.com]}
rules:
  - {name: refunds, actions: [execute_financial_action], verdict: approve}
  - name: notes  # of ours
    actions: [update_internal_record]
    verdict: approve
"""
SMALL = """\
rules:
  - {name: small, actions: [execute_financial_action], verdict: log, when: args.amount <= 50}
  - {name: refunds, actions: [execute_financial_action], verdict: approve, unless: args.amount <= 50}
"""


def refund(minutes: float, amount: str, decided: str, person: Person = RAVI) -> Told:
    arguments: dict[str, Any] = {"amount": amount, "currency": "USD", "charge": "ch_1", "reason": "duplicate"}
    return Told(minutes, "execute_financial_action", arguments, decided, ((person, decided),), notes="No. \x1b[2J")


@pytest.fixture
def typed(database: Database, tmp_path: Path) -> Typed:
    (tmp_path / "policy.yaml").write_text(POLICY, encoding="utf-8")
    (tmp_path / "small.yaml").write_text(SMALL, encoding="utf-8")
    env = {
        "SIGNOFF_DATABASE_URL": database.url,
        "SIGNOFF_POLICY": str(tmp_path / "policy.yaml"),
        "SIGNOFF_CUSTOMERS_URL": f"sqlite:///{tmp_path / 'customers.db'}",
        "SIGNOFF_REVIEWERS": "ravi@example.com",
        "COLUMNS": "140",
    }

    def run(*words: str) -> Result:
        return CliRunner().invoke(main, ["policy", *words], env=env, catch_exceptions=False)

    return run


def remember(database: Database, history: list[Told]) -> None:
    async def write() -> None:
        storage = await open_storage(database.url)
        try:
            await record(storage.store, history)
        finally:
            await storage.close()

    asyncio.run(write())


def test_contradictions_end_with_1_and_come_first(database: Database, typed: Typed, tmp_path: Path) -> None:
    remember(database, [refund(0, "20.00", "approve"), refund(1, "30.00", "reject"), refund(2, "90.00", "reject")])
    page = tmp_path / "report.html"
    candidate = ("--candidate", str(tmp_path / "small.yaml"), "--since", "2025-08-01")
    done = typed("backtest", *candidate, "--out", str(page))
    assert done.exit_code == 1
    first, *rest = done.stdout.splitlines()
    assert first.rstrip() == "The candidate would have run by itself 1 proposal that people rejected or edited."
    assert any("req_0000001" in line and "rejected" in line for line in rest[:3])
    assert "\x1b" not in done.stdout
    assert "&lt;U+001B&gt;" in page.read_text(encoding="utf-8")
    read = json.loads(typed("backtest", *candidate, "--json").stdout)
    assert [each["id"] for each in read["contradictions"]["listed"]] == ["req_0000001"]
    assert (read["newly_log"]["count"], read["saved"]["reviews"]) == (2, 2)


def test_without_a_contradiction_it_ends_with_0(database: Database, typed: Typed, tmp_path: Path) -> None:
    remember(database, [refund(0, "20.00", "approve"), refund(2, "90.00", "reject")])
    done = typed("backtest", "--candidate", str(tmp_path / "small.yaml"), "--since", "2025-08-01")
    assert done.exit_code == 0
    assert done.stdout.startswith("The candidate would not have run anything by itself that people rejected or edited.")


def test_an_empty_history_is_told(typed: Typed, tmp_path: Path) -> None:
    done = typed("backtest", "--candidate", str(tmp_path / "small.yaml"))
    assert (done.exit_code, done.stdout.splitlines()[0].rstrip()) == (0, "No proposals were recorded in that time.")


def test_a_broken_candidate_ends_with_2_and_all_its_mistakes(typed: Typed, tmp_path: Path) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text("rules:\n  - {name: a, actions: [pya], verdit: auto}\n", encoding="utf-8")
    done = typed("backtest", "--candidate", str(broken))
    assert done.exit_code == 2
    assert "did you mean 'verdict'?" in done.stderr


def test_a_page_that_cannot_be_written_ends_with_2(typed: Typed, tmp_path: Path) -> None:
    done = typed("backtest", "--candidate", str(tmp_path / "small.yaml"), "--out", str(tmp_path / "no" / "page.html"))
    assert done.exit_code == 2


def test_suggestions_are_told_and_nothing_is_changed(database: Database, typed: Typed, tmp_path: Path) -> None:
    note: dict[str, Any] = {"customer": "cus_1", "note": "hello"}
    people = RAVI, NOOR
    answers = [((people[n % 2], "approve"),) for n in range(60)]
    remember(database, [Told(n, "update_internal_record", note, answers=each) for n, each in enumerate(answers)])
    done = typed("suggest", "--since", "2025-08-01")
    assert done.exit_code == 0
    assert "+    verdict: log" in done.stdout
    read = json.loads(typed("suggest", "--since", "2025-08-01", "--json").stdout)
    [suggestion] = read["suggestions"]
    assert (suggestion["evidence"]["cases"], suggestion["evidence"]["people"]) == (60, [NOOR.key, RAVI.key])
    assert suggestion["backtest"]["reviews_saved"] == 60
    assert (tmp_path / "policy.yaml").read_text(encoding="utf-8") == POLICY


NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("90d", NOW - timedelta(days=90)),
        (" 2W ", NOW - timedelta(weeks=2)),
        ("12h", NOW - timedelta(hours=12)),
        ("2026-01-05", datetime(2026, 1, 5, tzinfo=UTC)),
        ("2026-01-05T08:00+02:00", datetime(2026, 1, 5, 6, tzinfo=UTC)),
    ],
)
def test_since_when(written: str, expected: datetime) -> None:
    assert begin(Since().convert(written, None, None), NOW) == expected


@pytest.mark.parametrize("written", ["", "0d", "90", "90x", "-3d", "yesterday", "999999d", "2026-13-01", "٣d"])
def test_since_never(written: str) -> None:
    with pytest.raises(click.BadParameter, match="write a span"):
        Since().convert(written, None, None)
