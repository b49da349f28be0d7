"""`signoff agents`: list, show and new, as an author of agents types them."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot.cli import main

HOME = Path(__file__).parent.parent.parent


class Terminal:
    """Where `signoff agents …` is typed, in a folder."""

    def __init__(self, folder: Path, **env: str) -> None:
        self.folder = folder
        self._env = {"SIGNOFF_CUSTOMERS_URL": f"sqlite:///{folder / 'customers.db'}", "SIGNOFF_AGENTS": "", **env}

    def __call__(self, *words: str, **env: str) -> Result:
        return CliRunner().invoke(main, ["agents", *words], env=self._env | env)


@pytest.fixture
def typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    monkeypatch.chdir(tmp_path)
    return Terminal(tmp_path)


def test_the_shipped_agents_are_listed(typed: Terminal) -> None:
    listed = typed("list")
    rows = json.loads(typed("list", "--json").stdout)

    assert listed.exit_code == 0
    assert "support  level 2" in listed.stdout
    assert {"triage": 1, "support": 2}.items() <= {row["name"]: row["level"] for row in rows}.items()
    triage = next(row for row in rows if row["name"] == "triage")
    assert triage["actions"] == [{"name": "update_internal_record", "verdict": "log", "risk": "medium"}]
    assert triage["file"] is None


def test_an_agent_is_drawn_with_what_the_policy_says(typed: Terminal, tmp_path: Path) -> None:
    drawn = typed("show", "support").stdout
    policy = tmp_path / "policy.yaml"
    policy.write_text("rules:\n  - {name: no money, actions: [execute_financial_action], verdict: block}\n")
    stricter = typed("show", "support", SIGNOFF_POLICY=str(policy)).stdout

    assert "  look up: customer" in drawn
    assert "├─ propose execute_financial_action  people decide (approve, high risk)" in drawn
    assert "├─ propose execute_financial_action  never runs (block, critical risk)" in stricter


def test_an_agent_that_chooses_its_tools_is_drawn_with_its_turns(typed: Terminal) -> None:
    drawn = typed("show", "research").stdout
    mermaid = typed("show", "research", "--mermaid").stdout

    assert "  ask the model: turn\n    │\n  one of, turn by turn\n    ├─ look up: search, and on to the next turn" in drawn
    assert "    └─ propose send_external_email     people decide (approve, high risk)" in drawn
    assert "People are asked whether it may go on at 12 turns" in drawn
    assert 'route --> t1["look up: search"]\n    t1 --> s1' in mermaid


def test_an_agent_is_drawn_as_mermaid(typed: Terminal) -> None:
    drawn = typed("show", "triage", "--mermaid").stdout.splitlines()

    assert drawn[0] == "flowchart TD"
    assert '    s2 --> s3["ask the model: classify"]' in drawn
    assert drawn[-1] == '    a1 -- "runs, with a line in the channel" --> runs(["runs"])'
    assert all(line.count('"') % 2 == 0 for line in drawn)


def test_a_new_agent_passes_its_test_at_once_and_is_there(typed: Terminal, tmp_path: Path) -> None:
    made = typed("new", "callback")
    env = {"PYTHONPATH": str(HOME), "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
    tested = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_callback.py"],
        cwd=tmp_path, env=env, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert made.exit_code == 0, made.output
    assert "signoff run callback --file" in made.stdout
    assert tested.returncode == 0, tested.stdout + tested.stderr
    assert "5 passed" in tested.stdout
    shown = json.loads(typed("show", "callback", "--json", SIGNOFF_AGENTS=str(tmp_path)).stdout)
    assert shown["file"] == str(tmp_path / "callback.py")
    assert shown["steps"] == [{"kind": "tool_call", "name": "read_ticket"}, {"kind": "llm_call", "name": "read"}]
    assert shown["actions"] == [{"name": "callback_entry", "verdict": "approve", "risk": "high"}]


def test_what_is_written_is_well_typed_and_tidy(typed: Terminal, tmp_path: Path) -> None:
    typed("new", "callback")
    config = ("--config", str(HOME / "pyproject.toml"))
    for tool in (["check", *config, "--ignore", "S101,D1,I"], ["format", "--check", *config]):
        tidy = subprocess.run(  # noqa: S603
            [sys.executable, "-m", "ruff", *tool, str(tmp_path)], capture_output=True, text=True, check=False
        )
        assert tidy.returncode == 0, tidy.stdout


def test_what_is_written_is_told_as_json(typed: Terminal) -> None:
    told = json.loads(typed("new", "callback", "--json").stdout)

    assert told == {"agent": "callback", "files": ["callback.py", "callback.md", "test_callback.py"]}


@pytest.mark.parametrize("there", ["callback.py", "callback.md", "test_callback.py"])
def test_nothing_is_overwritten(typed: Terminal, tmp_path: Path, there: str) -> None:
    (tmp_path / there).write_text("mine")
    told = typed("new", "callback")

    assert (told.exit_code, f"{there} exists already; nothing was written" in told.stderr) == (2, True)
    assert [path.name for path in tmp_path.iterdir()] == [there]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["new", "support"], "There is an agent or action called 'support' already"),
        (["new", "send_external_email"], "There is an agent or action called"),
        (["new", "Call-Back"], "write 2 to 40 small letters, digits and _"),
        (["new", "../x"], "write 2 to 40 small letters"),
        (["new", "class"], "write 2 to 40 small letters"),
        (["new", "json"], "the name of a Python module"),
        (["new", "bot"], "the name of a Python module"),
        (["new", "pydantic"], "the name of a Python module"),
        (["new", "test_it"], "the name of a Python module"),
        (["new"], "Missing argument"),
        (["new", "callback", "--to", "nowhere"], "nowhere"),
        (["show", "nobody"], "There is no agent 'nobody'. There are: "),
        (["show", "support", "--json", "--mermaid"], "do not go together"),
        (["draw"], "No such command"),
    ],
)
def test_what_cannot_be_is_told_with_exit_code_2(typed: Terminal, tmp_path: Path, words: list[str], says: str) -> None:
    told = typed(*words)

    assert (told.exit_code, says in told.stderr, "Traceback" in told.output) == (2, True, False), told.output
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_be_used_is_told_with_its_name(typed: Terminal, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("AGENTS = [")
    told = typed("list", SIGNOFF_AGENTS="mine.py")

    assert told.exit_code == 2
    assert f"{tmp_path / 'mine.py'}: line 1: SyntaxError" in told.stderr


@pytest.mark.parametrize("words", [["--help"], ["list", "--help"], ["show", "--help"], ["new", "--help"]])
def test_help_has_an_example(typed: Terminal, words: list[str]) -> None:
    assert "Example:\n    signoff agents" in typed(*words).stdout
