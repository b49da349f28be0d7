"""The LangGraph example in processes of its own: killed with -9, without LangGraph, and with a tracer that would talk."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from agents.examples import langgraph_support
from tests.agents.examples.shop import SPENT, TOLD

EXAMPLE = Path(langgraph_support.__file__)


def python(*arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603  # ourselves
        [sys.executable, *arguments], capture_output=True, text=True, timeout=110, env=env, check=False
    )


def test_killed_at_any_moment_it_pays_for_no_answer_twice_and_does_nothing_twice(tmp_path: Path) -> None:
    died = python("-W", "error", "-m", "tests.agents.examples.dying", str(tmp_path), "3")
    deaths = [json.loads(line) for line in died.stdout.splitlines()]

    assert died.returncode == 0, died.stderr
    assert len(deaths) > 10
    assert [(death["end"], death["ledger"]) for death in deaths] == [(TOLD, SPENT)] * len(deaths)


def test_without_langgraph_it_says_what_to_install(tmp_path: Path) -> None:
    without = "import sys; sys.modules['langgraph'] = None; "
    assert python("-c", f"{without}import agents.examples, agents.shipped").returncode == 0

    told = python("-c", f"{without}from bot.cli import main; main(['agents', 'list'])", SIGNOFF_AGENTS=str(EXAMPLE))
    assert told.returncode != 0
    assert "pip install 'signoff[langgraph]'" in told.stderr
    assert "Traceback" not in told.stderr


@pytest.mark.parametrize(("how", "tried"), [("gated", "[]\n"), ("plain", "[\"('127.0.0.1', 9)\"]\n")])
def test_what_the_graph_knows_is_not_sent_to_a_tracing_service(tmp_path: Path, how: str, tried: str) -> None:
    """Not even where the environment asks for it, as a graph by itself would do."""
    traced = python("-m", "tests.agents.examples.traced", how, str(tmp_path))
    assert traced.stdout == tried, traced.stderr
