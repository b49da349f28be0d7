"""`signoff policy judge`, as programs call it."""

import asyncio
import contextlib
import json
import os
import shlex
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.bot.policy.terminal import POLICY, REFUND, Terminal

HOME = Path(__file__).parents[3]
SIGNOFF = (sys.executable, "-c", "from bot.cli import main; main()", "policy", "judge", "--policy", "policy.yaml")
PATIENCE = 60.0  # seconds
Running = tuple[asyncio.subprocess.Process, asyncio.StreamWriter, asyncio.StreamReader, asyncio.StreamReader]
PEAK = f"""
import resource, sys
from bot.cli import main
try:
    main({["policy", "judge", "--policy", "policy.yaml"]!r})
finally:
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)
"""


def case(action: str = "tool_x", **more: Any) -> dict[str, Any]:
    return {"action": action, "args": {}, **more}


def judged(terminal: Terminal, *lines: str | bytes | dict[str, Any], **env: str) -> list[dict[str, Any]]:
    """What is answered to some lines."""
    typed = b"\n".join(
        line if isinstance(line, bytes) else line.encode() if isinstance(line, str) else json.dumps(line).encode()
        for line in lines
    )
    told = terminal("judge", typed=typed + b"\n", **env)
    answers = [json.loads(line) for line in told.stdout.splitlines()]
    assert told.exit_code == (1 if any("error" in answer for answer in answers) else 0), told.stderr
    assert told.stderr == ""
    return answers


def test_each_line_gets_a_verdict_in_its_order(terminal: Terminal) -> None:
    answers = judged(
        terminal,
        case("execute_financial_action", args=REFUND, requester="anna@example.com"),
        case("tool_x"),
        case("delete_any_data"),
    )
    assert answers[0] == {
        "verdict": "approve", "risk": "high", "rules": ["large refunds"], "reasons": ["More than 100 needs two people."],
        "quorum": 2, "reviewers": ["noor@example.com", "ravi@example.com"],
    }  # fmt: skip
    assert [answer["verdict"] for answer in answers] == ["approve", "block", "approve"]
    assert answers[2]["rules"] == []


@pytest.mark.parametrize(
    ("given", "verdict"),
    [
        (case(agent="support"), "auto"),
        (case(agent="ci"), "block"),
        (case(agent="ci", args={"approved": True}), "auto"),
        (case(agent="ci", args={"approved": "yes"}), "block"),
        (case(), "block"),
        (case(agent=None), "block"),
        (case(args={"approved": True}), "auto"),
        (case("tool"), "approve"),
        (case("execute_financial_action", args={**REFUND, "amount": "80.00"}, requester="cfo@example.com"), "auto"),
        (case("execute_financial_action", args={**REFUND, "amount": 1e300}), "approve"),
        (case("execute_financial_action", args={**REFUND, "amount": -1}), "approve"),
        (case("execute_financial_action", args={"amount": 1}), "approve"),
    ],
    ids=str,
)
def test_what_is_not_given_is_not_known_and_never_lets_more_run(
    terminal: Terminal, given: dict[str, Any], verdict: str
) -> None:
    assert judged(terminal, given)[0]["verdict"] == verdict


def test_arguments_that_do_not_fit_are_told_and_never_run_by_themselves(terminal: Terminal) -> None:
    terminal.file.write_text(
        "rules:\n"
        "  - {name: all money, actions: [execute_financial_action], verdict: auto}\n"
        "  - {name: no deletion, actions: [delete_any_data], verdict: block}\n"
    )
    odd = [
        judged(terminal, case("execute_financial_action", args=args), SIGNOFF_REVIEWERS="ravi@example.com")[0]
        for args in ({}, {**REFUND, "more": 1}, {**REFUND, "amount": "lots"}, {**REFUND, "amount": {"a": [1]}})
    ]
    assert judged(terminal, case("execute_financial_action", args=REFUND))[0]["verdict"] == "auto"
    assert {(each["verdict"], *each["reviewers"], *each["rules"]) for each in odd} == {
        ("approve", "ravi@example.com", "all money")
    }
    assert "There is no argument 'more'" in odd[1]["reasons"][0]
    assert judged(terminal, case("delete_any_data", args={"odd": 1}))[0]["verdict"] == "block"


@pytest.mark.parametrize(
    ("condition", "given", "verdict"),
    [
        ('requester.email == "anna@example.com"', {"requester": "anna@example.com"}, "block"),
        ('requester.email == "anna@example.com"', {"requester": "ravi@example.com"}, "auto"),
        ('requester.user == "U1"', {"requester": "slack:T1:U1"}, "block"),
        ('requester.user == "U2"', {"requester": "slack:T1:U1"}, "auto"),
        ('requester.user == "U2"', {"requester": "anna@example.com"}, "block"),
        ('requester.email == "anna@example.com"', {"requester": "slack:T1:U1"}, "block"),
        ('requester.name == "Anna"', {"requester": "slack:T1:U1"}, "block"),
        ("size(evidence) > 0", {}, "block"),
        ('target == "everybody"', {}, "block"),
        ("run.level == 3", {}, "block"),
        ('environment == "staging"', {}, "block"),
        ('environment == "staging"', {"environment": "production"}, "auto"),
    ],
)
def test_a_condition_about_what_is_not_known_counts_where_it_asks_for_more(
    terminal: Terminal, condition: str, given: dict[str, Any], verdict: str
) -> None:
    rule = {"name": "a", "actions": ["tool_*"], "when": condition, "verdict": "block"}
    terminal.file.write_text(json.dumps({"rules": [{"name": "b", "actions": ["*_x"], "verdict": "auto"}, rule]}))
    assert judged(terminal, case(**given))[0]["verdict"] == verdict


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("nope", "is not JSON: expecting value at column 1"),
        ("", "is empty"),
        ("[1]", "is not a JSON object"),
        ('{"action": "x", "args": {}} {}', "something follows its end at column 29"),
        ('{"action": "x", "args": {}, "agnet": "a"}', "has the unknown key 'agnet': did you mean 'agent'?"),
        ('{"action": "x", "args": {}, "q": 1}', "has the unknown key 'q': there are action, args"),
        ('{"args": {}}', "names no action"),
        ('{"action": 7, "args": {}}', "names no action"),
        ('{"action": "x"}', "has no arguments"),
        ('{"action": "x", "args": [1]}', "has no arguments"),
        ('{"action": "x", "args": {}, "agent": 7}', 'has an odd "agent"'),
        ('{"action": "x", "args": {}, "requester": "anna"}', "'anna' names nobody"),
        ('{"action": "x", "args": {}, "requester": "slack:U1"}', "names nobody"),
        ('{"action": "x", "args": {"a": 1, "a": 2}}', "has 'a' twice in one object"),
        ('{"action": "x", "args": {"a": NaN}}', "holds NaN"),
        ('{"action": "x", "args": {"a": -Infinity}}', "holds -Infinity"),
        ('{"action": "x", "args": {"a": 1e999}}', "holds 1e999"),
        (f'{{"action": "x", "args": {{"a": {"9" * 5000}}}}}', "thousands of digits"),
        ('{"action": "x", "args": {"a": "\\ud800"}}', "half a surrogate pair"),
        (f'{{"action": "x", "args": {{"a": {"[" * 40}{"]" * 40}}}}}', "is nested deeper than 32 levels"),
        (f'{{"action": "x", "args": {{"a": {"[" * 100_000}{"]" * 100_000}}}}}', "is nested deeper than 32 levels"),
        (f'{{"action": "x", "args": {{"a": "{"a" * 10_000_000}"}}}}', "is longer than 1 MiB"),
        (b'{"action": "\xff"}', "is not UTF-8 text, at byte 13"),
    ],
    ids=lambda text: text[:40],
)
def test_a_line_that_cannot_be_judged_is_told_and_the_rest_goes_on(terminal: Terminal, line: str | bytes, said: str) -> None:
    first, odd, last = judged(terminal, case(), line, case())
    assert first == last
    assert first["verdict"] == "block"
    assert set(odd) == {"error", "line"}
    assert odd["line"] == 2
    assert odd["error"].startswith("line 2 ")
    assert said in odd["error"]


def test_huge_numbers_are_judged_and_never_run_by_themselves(terminal: Terminal) -> None:
    rules = [{"name": "a", "actions": ["*_x"], "when": "args.n < 10", "verdict": "auto"}]
    terminal.file.write_text(json.dumps({"rules": rules}))
    assert [
        judged(terminal, f'{{"action": "tool_x", "args": {{"n": {number}}}}}')[0]["verdict"]
        for number in ("5", "500", "9" * 30, f"-{'9' * 30}", "1e300")
    ] == ["auto", "approve", "approve", "approve", "approve"]


def test_a_policy_that_cannot_be_used_is_told_and_nothing_is_judged(terminal: Terminal) -> None:
    terminal.file.write_text("rules: [{name: a, actions: [x], verdit: auto}]")
    told = terminal("judge", typed=json.dumps(case()))
    assert (told.exit_code, told.stdout) == (2, "")
    assert "did you mean 'verdict'?" in told.stderr
    terminal.file.unlink()
    assert terminal("judge", typed="").exit_code == 2


def test_the_last_line_needs_no_end_and_no_line_needs_no_answer(terminal: Terminal) -> None:
    assert terminal("judge", typed="").stdout == ""
    assert json.loads(terminal("judge", typed=b"\xef\xbb\xbf" + json.dumps(case()).encode()).stdout)["verdict"] == "block"
    assert len(terminal("judge", typed=f"{json.dumps(case())}\r\n{json.dumps(case())}\r\n").stdout.splitlines()) == 2


async def test_a_program_that_asks_line_by_line_is_answered_line_by_line(tmp_path: Path) -> None:
    async with started(tmp_path, *SIGNOFF) as (process, stdin, stdout, _):
        for number in range(3):
            stdin.write(json.dumps(case(agent="ci" if number % 2 else "support")).encode() + b"\n")
            answer = json.loads(await asyncio.wait_for(stdout.readline(), PATIENCE))
            assert answer["verdict"] == ("block" if number % 2 else "auto")
        stdin.close()
        assert await asyncio.wait_for(process.wait(), PATIENCE) == 0


async def test_a_reader_that_leaves_early_sees_no_trace(tmp_path: Path) -> None:
    leaves = f"{shlex.join(SIGNOFF)} | head -1"
    async with started(tmp_path, "/bin/bash", "-c", f"set -o pipefail; {leaves}") as (process, stdin, stdout, stderr):
        stdin.write(b"".join(batches(5_000)))
        stdin.close()
        assert len((await asyncio.wait_for(stdout.read(), PATIENCE)).splitlines()) == 1
        assert await stderr.read() == b""
        assert await process.wait() == 1


@pytest.mark.timeout(240)
async def test_memory_does_not_grow_with_the_lines(tmp_path: Path) -> None:
    few, many = [await peak(tmp_path, count) for count in (10_000, 100_000)]
    assert many < few * 1.1, f"{few} KiB for ten thousand lines, {many} KiB for a hundred thousand"


async def peak(folder: Path, count: int) -> int:
    """The most memory (KiB) that judging so many lines takes, about thousands of actions and ever new agents."""
    async with started(folder, sys.executable, "-c", PEAK) as (_, stdin, stdout, stderr):
        answers, told, _ = await asyncio.gather(lines_of(stdout), stderr.read(), feed(stdin, count))
    assert answers == count
    return int(told)


async def feed(stdin: asyncio.StreamWriter, count: int) -> None:
    for batch in batches(count):
        stdin.write(batch)
        await stdin.drain()
    stdin.close()


def batches(count: int) -> Iterator[bytes]:
    for begin in range(0, count, 1000):
        yield b"".join(
            json.dumps(case(f"tool_{number % 2000}", args={"n": number}, agent=f"agent-{number}")).encode() + b"\n"
            for number in range(begin, begin + 1000)
        )


async def lines_of(stdout: asyncio.StreamReader) -> int:
    found = 0
    while chunk := await stdout.read(1 << 16):
        found += chunk.count(b"\n")
    return found


@asynccontextmanager
async def started(folder: Path, *words: str) -> AsyncIterator[Running]:
    """A process in the folder, which is over when this is."""
    (folder / "policy.yaml").write_text(POLICY)
    customers = f"sqlite:///{folder / 'customers.db'}"
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(HOME), "SIGNOFF_CUSTOMERS_URL": customers}
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*words, cwd=folder, env=env, stdin=pipe, stdout=pipe, stderr=pipe)
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        yield process, process.stdin, process.stdout, process.stderr
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
        await process.wait()
