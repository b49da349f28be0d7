"""`python -m tests.faults`: what it runs, and the table at its end."""

import json
from pathlib import Path

import pytest

from tests.faults import __main__ as rig


def test_every_file_of_tests_is_a_part() -> None:
    files = {path.stem.removeprefix("test_") for path in Path(__file__).parent.glob("test_*.py")}
    assert set(rig.parts("")) == {"seeds", "deadlines", *files}
    assert set(rig.parts("seed")) == {"seeds"}


def test_the_table_is_in_the_order_of_the_matrix() -> None:
    lines = [rig.Line(row, "this", "1 of 1 passed", "holds", 1.0) for row in ("all", "14", "6 and 7", "1 to 5")]
    assert [line.split()[0] for line in rig.table(lines).splitlines()] == ["row", "1", "6", "14", "all"]


def test_a_few_schedules_and_a_file_of_tests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["faults", "--seeds", "3", "--only", "seeds", "--json", str(tmp_path / "table.json")])
    assert rig.main() == 0
    [line] = json.loads((tmp_path / "table.json").read_text())
    assert line["figure"].startswith("3 seeds, 0 violations")


def test_what_does_not_hold_is_said_and_ends_with_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(rig, "spread", lambda work, chunks: ({"played": 1}, ["seed 0: I1 is broken"], 0.1))
    monkeypatch.setattr("sys.argv", ["faults", "--only", "seeds"])
    assert rig.main() == 1
    assert "BROKEN" in capsys.readouterr().out


def test_one_schedule_is_told_step_by_step(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.argv", ["faults", "--seed", "3"])
    assert rig.main() == 0
    assert "everything holds" in capsys.readouterr().out
