"""`signoff db accept-clock`, as an operator types it."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot.cli import main
from storage.sql.open import open_storage


@pytest.fixture
def typed(sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SIGNOFF_DATABASE_URL", sqlite_url)
    monkeypatch.setenv("SIGNOFF_SIGNING_KEY", "A" * 43 + "=")
    monkeypatch.setenv("SIGNOFF_CUSTOMERS_URL", f"sqlite:///{tmp_path}/customers.db")
    return CliRunner()


async def _written_ahead(url: str) -> None:
    storage = await open_storage(url, clock=lambda: datetime.now(UTC) + timedelta(days=30))
    await storage.store.write(lambda tx: tx.audit("something.happened", actor="test", body={}))
    await storage.close()


def accept(typed: CliRunner, *more: str, answer: str | None = None) -> Result:
    return typed.invoke(main, ["db", "accept-clock", *more], input=answer)


def test_a_clock_that_was_ahead_is_accepted_once(typed: CliRunner, sqlite_url: str) -> None:
    asyncio.run(_written_ahead(sqlite_url))
    result = accept(typed, "--yes")
    assert result.exit_code == 0, result.output
    assert result.output.startswith("Accepted: it is ")
    assert "nothing to accept" in accept(typed, "--yes").output


def test_nothing_is_accepted_without_a_yes(typed: CliRunner, sqlite_url: str) -> None:
    asyncio.run(_written_ahead(sqlite_url))
    assert accept(typed, answer="n\n").exit_code == 1
    assert accept(typed, answer="y\n").output.count("Accepted: it is ") == 1


def test_the_help_has_an_example(typed: CliRunner) -> None:
    assert "signoff db accept-clock --yes" in accept(typed, "--help").output
