"""`signoff run`: one run of an agent at a terminal, through the real flow, with its real effect."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from agents.new import new_agent
from bot.cli import main

TICKET = "From: Mia <mia@example.com>\nSubject: Please call\n\nPlease call me today, it is urgent.\n"
BY_RULES = "Answered by rules, not by a language model"


class Terminal:
    """Where `signoff run …` is typed, in a folder with an agent of one's own."""

    def __init__(self, folder: Path) -> None:
        self._env: dict[str, str | None] = {
            "ANTHROPIC_API_KEY": None,
            "SIGNOFF_AGENTS": str(folder / "callback.py"),
            "SIGNOFF_CUSTOMERS_URL": f"sqlite:///{folder / 'customers.db'}",
            "SIGNOFF_REVIEWERS": "ravi@example.com,noor@example.com",
            "CALLBACK_FILE": str(folder / "list.csv"),
        }

    def __call__(self, *words: str, typed: str = "", **env: str) -> Result:
        return CliRunner().invoke(main, ["run", *words], env={**self._env, **env}, input=typed)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    monkeypatch.chdir(tmp_path)
    new_agent("callback", tmp_path).write()
    (tmp_path / "ticket.eml").write_text(TICKET)
    return Terminal(tmp_path)


def listed(folder: Path) -> list[list[str]]:
    file = folder / "list.csv"
    return [line.split(",")[1:] for line in file.read_text().splitlines()] if file.exists() else []


def test_what_is_approved_is_done(run: Terminal, tmp_path: Path) -> None:
    told = run("callback", "--file", "ticket.eml", typed="approve\nfine\n")

    assert told.exit_code == 0, told.output
    assert told.stdout == "Put on the list: Please call\n"
    assert listed(tmp_path) == [["high", "Please call"]]
    for shown in ("callback_entry", "    > Please call", BY_RULES, "You decide as", "3. tool_call callback_entry"):
        assert shown in told.stderr


def test_what_is_edited_is_done_as_edited(run: Terminal, tmp_path: Path) -> None:
    told = run("callback", "--file", "ticket.eml", typed="edit\nsooner\nCall Mia at nine\n\n")

    assert told.exit_code == 0, told.output
    assert listed(tmp_path) == [["high", "Call Mia at nine"]]


def test_the_first_letters_of_a_word_are_enough(run: Terminal, tmp_path: Path) -> None:
    told = run("callback", "--file", "ticket.eml", typed="x\nR\nwrong_d\nShe was called.\n")

    assert "'x' is not one of" in told.stderr
    assert told.stdout == "Nothing was put on the list: rejected. She was called.\n"


def test_an_edit_that_does_not_fit_is_told_and_asked_again(run: Terminal, tmp_path: Path) -> None:
    told = run("callback", "--file", "ticket.eml", typed="edit\n\n\nsoonest\nreject\nother\nno\n")

    assert "priority: Input should be 'low', 'normal' or 'high'" in told.stderr
    assert "rejected. no" in told.stdout
    assert listed(tmp_path) == []


def test_a_rejection_reaches_the_agent(run: Terminal, tmp_path: Path) -> None:
    told = run("callback", "--file", "ticket.eml", typed="reject\nwrong_details\nShe was called.\n")

    assert told.stdout == "Nothing was put on the list: rejected. She was called.\n"
    assert listed(tmp_path) == []


@pytest.mark.parametrize("typed", ["", "quit\n"])
def test_without_a_decision_nothing_is_done(run: Terminal, tmp_path: Path, typed: str) -> None:
    told = run("callback", "--file", "ticket.eml", typed=typed)

    assert (told.exit_code, "Nobody decided" in told.stderr) == (1, True)
    assert listed(tmp_path) == []


def test_who_may_not_decide_is_told(run: Terminal, tmp_path: Path) -> None:
    told = run("callback", "--file", "ticket.eml", "--as", "dan@example.com", typed="approve\n\nquit\n")

    assert (told.exit_code, "ravi@example.com" in told.stderr) == (1, True)
    assert listed(tmp_path) == []


def test_two_people_are_asked_one_after_the_other(run: Terminal, tmp_path: Path) -> None:
    (tmp_path / "policy.yaml").write_text(
        "rules:\n  - {name: calls, actions: [callback_entry], verdict: approve, quorum: 2}\n"
    )
    told = run("callback", "--file", "ticket.eml", typed="approve\n\napprove\n\n", SIGNOFF_POLICY="policy.yaml")

    assert told.exit_code == 0, told.output
    assert "You decide as noor@example.com" in told.stderr
    assert "You decide as ravi@example.com" in told.stderr
    assert len(listed(tmp_path)) == 1


@pytest.mark.parametrize(("verdict", "code", "done"), [("auto", 0, 1), ("log", 0, 1), ("block", 1, 0)])
def test_a_policy_that_asks_nobody_is_followed(run: Terminal, tmp_path: Path, verdict: str, code: int, done: int) -> None:
    (tmp_path / "policy.yaml").write_text(f"rules:\n  - {{name: calls, actions: [callback_entry], verdict: {verdict}}}\n")
    told = run("callback", "--file", "ticket.eml", SIGNOFF_POLICY="policy.yaml")

    assert told.exit_code == code, told.output
    assert len(listed(tmp_path)) == done


def test_the_trace_is_told_as_json(run: Terminal) -> None:
    trace = json.loads(run("callback", "Call", "me", "--json", typed="approve\n\n").stdout)

    assert (trace["input"], trace["success"], trace["status"]) == ("Call me", True, "succeeded")
    assert [step["type"] for step in trace["steps"]][:3] == ["tool_call", "llm_call", "tool_call"]
    assert trace["steps"][1]["model"] == "offline-rules"
    assert trace["final_output"] == "Put on the list: Call me"


def test_the_database_can_be_kept(run: Terminal, tmp_path: Path) -> None:
    run("callback", "Call me", "--keep", "kept.db", typed="approve\n\n")
    kept = CliRunner().invoke(main, ["audit", "verify"], env={"SIGNOFF_DATABASE_URL": f"sqlite:///{tmp_path / 'kept.db'}"})

    assert kept.exit_code == 0, kept.output


def test_a_ticket_can_come_from_stdin(run: Terminal, tmp_path: Path) -> None:
    (tmp_path / "policy.yaml").write_text("rules:\n  - {name: calls, actions: [callback_entry], verdict: auto}\n")
    told = run("callback", "--file", "-", typed=TICKET, SIGNOFF_POLICY="policy.yaml")

    assert told.stdout == "Put on the list: Please call\n"


@pytest.mark.parametrize(
    ("agent", "text", "says"), [("triage", "INC-42", "safety · urgent"), ("research", "What is a recall?", "Sources:")]
)
def test_the_shipped_agents_run(run: Terminal, agent: str, text: str, says: str) -> None:
    told = run(agent, text)

    assert (told.exit_code, says in told.stdout) == (0, True), told.output


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["nobody", "x"], "There is no agent 'nobody'"),
        (["callback"], "Say what to work on"),
        (["callback", "x", "--file", "ticket.eml"], "Say what to work on"),
        (["callback", "--file", "nowhere.eml"], "nowhere.eml: No such file"),
        (["callback", "--file", "empty.eml"], "is empty"),
        (["callback", "x", "--as", "ravi"], "names nobody"),
    ],
)
def test_what_cannot_be_tried_is_told_with_exit_code_2(run: Terminal, tmp_path: Path, words: list[str], says: str) -> None:
    (tmp_path / "empty.eml").write_text(" ")
    told = run(*words)

    assert (told.exit_code, says in told.stderr, "Traceback" in told.output) == (2, True, False), told.output


def test_a_policy_that_asks_a_group_says_as_whom_to_decide(run: Terminal) -> None:
    told = run("callback", "x", SIGNOFF_REVIEWERS="slack:@leads")

    assert (told.exit_code, "say as whom you decide; the policy asks slack:@leads" in told.stderr) == (2, True), told.output
