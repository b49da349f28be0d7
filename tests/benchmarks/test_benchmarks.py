"""That the benchmarks run, not how fast: a figure of a busy machine proves nothing."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.benchmarks.__main__ import main
from tests.benchmarks.figures import Report, Samples, at_least, table


@pytest.mark.parametrize("name", ["gate", "ack", "sweep", "policy"])
def test_each_runs_and_writes_what_it_measured(name: str, tmp_path: Path) -> None:
    file = tmp_path / "figures.json"
    told = CliRunner().invoke(main, [name, "--quick", "--json", str(file)], catch_exceptions=False)
    assert told.exit_code == 0, told.output
    [report] = json.loads(file.read_text())["benchmarks"]
    assert report["name"] in told.output
    for figure in report["figures"]:
        assert figure["min"] <= figure["median"] <= figure["max"]
        assert figure["name"] in told.output


def test_a_benchmark_that_does_not_exist_is_told() -> None:
    told = CliRunner().invoke(main, ["gaet"])
    assert told.exit_code == 2
    assert "There is no benchmark gaet. There are: gate, ack, parked, sweep, policy." in told.output


def test_ratios_are_taken_repetition_by_repetition() -> None:
    samples = Samples()
    for one, other in ((10, 1), (40, 2), (90, 3)):
        samples.add("ours", "1/s", one)
        samples.add("theirs", "1/s", other)
    ratio = samples.ratio("ours / theirs", "ours", "theirs", ">= 25", at_least(25))
    assert ratio.samples == (10, 20, 30)
    assert ratio.verdict == "MISSED"
    assert "MISSED" in table(Report("gate", (ratio,)))
    assert ratio.json()["median"] == 20
