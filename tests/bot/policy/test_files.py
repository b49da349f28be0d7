"""`signoff policy test`, `signoff policy schema`, and what `signoff check` says of a policy's tests."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from jsonschema import Draft202012Validator

from bot.cli import main

RULES = "rules:\n  - {name: look, actions: [search_web], verdict: auto}\n"
PASSES = "tests:\n  - {name: looking is free, action: search_web, expect: auto}\n"
FAILS = PASSES + "  - {name: looking is forbidden, action: search_web, expect: {verdict: block, rules: [look]}}\n"


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path / "p.yaml"


def typed(*words: str, **env: str) -> Result:
    return CliRunner().invoke(main, words, env=env)


def test_tests_that_pass_are_a_table(file: Path) -> None:
    file.write_text(RULES + PASSES)
    told = typed("policy", "test", "--policy", "p.yaml")
    assert told.exit_code == 0
    assert told.stdout.splitlines() == [
        "    test             action      expected  found",
        "ok  looking is free  search_web  auto      auto",
        "",
        "1 passed, 0 failed.",
    ]


def test_one_that_fails_says_where_and_why(file: Path) -> None:
    file.write_text(RULES + FAILS)
    told = typed("policy", "test", SIGNOFF_POLICY="p.yaml")
    assert told.exit_code == 1
    assert told.stdout.splitlines()[2:] == [
        "FAILED  looking is forbidden  search_web  block     auto",
        "        p.yaml:5:5",
        "        verdict: expected block, found auto",
        "        rules that count: look",
        "        Rule “look” lets it run by itself.",
        "",
        "1 passed, 1 failed.",
    ]


def test_as_json_there_is_an_object_for_each(file: Path) -> None:
    file.write_text(RULES + FAILS)
    told = typed("policy", "test", "--json", "--policy", "p.yaml")
    assert told.exit_code == 1
    fine, bad = json.loads(told.stdout)
    assert (fine["passed"], fine["missed"], bad["passed"], bad["place"]) == (True, [], False, "p.yaml:5:5")
    assert bad["missed"] == [{"part": "verdict", "expected": "block", "found": "auto"}]


def test_a_broken_file_is_told_with_every_mistake(file: Path) -> None:
    file.write_text("rules:\n  - {name: look, actions: [serch_web], verdit: auto}\n")
    told = typed("policy", "test", "--policy", "p.yaml")
    assert told.exit_code == 2
    assert told.stderr.splitlines() == [
        "signoff: p.yaml:2:28: rules[0].actions[0]: there is no action 'serch_web': did you mean 'search_web'?",
        "p.yaml:2:40: rules[0].verdit: unknown key: did you mean 'verdict'?",
    ]


def test_a_policy_without_tests_says_so(file: Path) -> None:
    file.write_text(RULES)
    told = typed("policy", "test", "--policy", "p.yaml")
    assert (told.exit_code, told.stdout.splitlines()[-1]) == (0, "The policy has no tests.")


@pytest.mark.parametrize(
    ("tests", "said"), [(PASSES, "ok     SIGNOFF_POLICY tests: 1 passed"), (FAILS, "WRONG  SIGNOFF_POLICY tests")]
)
def test_check_runs_them_too(file: Path, tests: str, said: str) -> None:
    file.write_text(RULES + tests)
    assert said in typed("check", SIGNOFF_POLICY="p.yaml", SIGNOFF_SLACK_API_URL="http://127.0.0.1:9/").stdout


def test_the_schema_is_printed_or_written(file: Path) -> None:
    printed = json.loads(typed("policy", "schema").stdout)
    Draft202012Validator.check_schema(printed)
    told = typed("policy", "schema", "--out", "policy.schema.json")
    assert json.loads((file.parent / "policy.schema.json").read_text()) == printed
    assert "# yaml-language-server: $schema=policy.schema.json" in told.stdout
