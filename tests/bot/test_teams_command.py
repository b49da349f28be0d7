"""`signoff teams package`, as somebody types it."""

import json
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot.cli import main

ID = "9f3c0c1e-6f55-4a7b-8f0e-2f6d9f7f1a11"


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SIGNOFF_TEAMS_APP_ID", raising=False)


def package(*words: str) -> Result:
    return CliRunner().invoke(main, ["teams", "package", *words])


def test_it_writes_the_package(tmp_path: Path) -> None:
    result = package("--app-id", ID)
    assert result.exit_code == 0, result.output
    assert result.output.startswith("signoff-teams.zip is written.")
    with zipfile.ZipFile(tmp_path / "signoff-teams.zip") as zipped:
        assert json.loads(zipped.read("manifest.json"))["bots"][0]["botId"] == ID


def test_the_app_may_be_named_by_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIGNOFF_TEAMS_APP_ID", ID)
    assert json.loads(package("--json").output)["bots"][0]["botId"] == ID
    assert not Path("signoff-teams.zip").exists()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([], "Set SIGNOFF_TEAMS_APP_ID"),
        (["--app-id", "signoff"], "no app id"),
        (["--app-id", ID, "--name", "S" * 31], "31 characters"),
        (["--app-id", ID, "--website", "intranet"], "no website"),
        (["--app-id", ID, "--out", "nowhere/app.zip"], "No such file"),
    ],
)
def test_mistakes_are_told_in_words(words: list[str], told: str) -> None:
    result = package(*words)
    assert result.exit_code == 2
    assert told in result.output
    assert "Traceback" not in result.output


def test_the_help_has_an_example() -> None:
    assert "signoff teams package --app-id" in package("--help").output
