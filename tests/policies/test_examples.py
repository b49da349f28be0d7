"""The policies to begin with: their own tests pass, on both sides of each rule, and editors know them."""

from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from agents.shipped import actions
from bot.app import systems_of
from bot.settings import Settings
from policies.file import EXAMPLES, Known, load
from policies.rules import mentionable
from policies.schema import file_schema
from policies.tested import tested as outcomes

FILES = sorted(EXAMPLES.glob("*.yaml"))


@pytest.fixture(scope="module")
def registered() -> Known:
    systems = systems_of(Settings())
    try:
        return actions(systems).models
    finally:
        systems.close()


def test_there_is_one_for_each_kind_of_team() -> None:
    assert [path.stem for path in FILES] == ["bank-assistant", "coding-agent", "finance", "on-call", "support-desk"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_its_tests_pass(path: Path, registered: Known) -> None:
    assert [(place, result.misses) for place, result in outcomes(path, registered, ()) if not result.passed] == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_its_tests_show_both_sides_of_each_rule(path: Path, registered: Known) -> None:
    found = [result for _, result in outcomes(path, registered, ())]
    counted = {finding.rule.name for result in found for finding in result.judgement.findings if finding.counts}
    passed_over = {finding.rule.name for result in found for finding in result.judgement.findings if not finding.counts}
    rules = load(path, mentionable(registered)).rules
    always = {
        rule.name for rule in rules if not (rule.when or rule.unless or rule.schedule or rule.agents or rule.environments)
    }
    assert counted == {rule.name for rule in rules}
    assert passed_over == {rule.name for rule in rules} - always


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_editors_know_it(path: Path) -> None:
    text = YAML(typ="safe", pure=True).load(path.read_text("utf-8"))
    assert [error.message for error in Draft202012Validator(file_schema()).iter_errors(text)] == []
