"""The command line, as people and scripts use it."""

import json
import re
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from bot.cli import main
from bot.demo import Demo
from bot.story import Storyteller
from tests.e2e.company import BROKEN_LAMP, Premises
from tests.e2e.process import invoked, signoff

TO_NOWHERE = "http://127.0.0.1:9"  # the discard port, on which nothing answers
SECRETS = {
    "SLACK_BOT_TOKEN": "xoxb-much-secret",
    "SLACK_APP_TOKEN": "xapp-much-secret",
    "SLACK_SIGNING_SECRET": "much-secret-1",
    "ANTHROPIC_API_KEY": "sk-ant-much-secret",
    "SIGNOFF_SMTP_PASSWORD": "much-secret-2",
    "SIGNOFF_BILLING_KEY": "rk_much_secret",
}


def commands(group: click.Group, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """Every command that does something, by the words that call it."""
    found: list[tuple[str, ...]] = []
    for name, command in group.commands.items():
        words = (*path, name)
        found += commands(command, words) if isinstance(command, click.Group) else [words]
    return found


@pytest.mark.parametrize("words", [(), *commands(main)], ids=" ".join)
def test_every_command_explains_itself_with_an_example(words: tuple[str, ...]) -> None:
    told = CliRunner().invoke(main, [*words, "--help"])
    assert told.exit_code == 0
    assert "Example:" in told.output
    assert f"signoff {' '.join(words)}".strip() in told.output.split("Example:")[1]


def test_the_commands_are_those_that_are_documented() -> None:
    assert set(commands(main)) >= {("demo",), ("serve",), ("check",), ("db", "upgrade"), ("slack", "manifest")}


async def test_the_story_is_told_in_one_json_object_per_line(tmp_path: Path) -> None:
    told = await signoff("demo", "--once", "--json", cwd=tmp_path)
    steps = [json.loads(line) for line in told.out.splitlines()]
    assert (told.code, told.err) == (0, "")
    assert [step["step"] for step in steps] == [
        "ask", "propose", "card", "decide", "execute", "world", "evaluate", "audit",
    ]  # fmt: skip
    assert all(step["ok"] is True for step in steps)
    assert steps[4]["arguments"]["amount"] == "300.00"
    assert _left(tmp_path) == []


async def test_a_story_that_goes_wrong_exits_with_one(tmp_path: Path) -> None:
    env = {"ANTHROPIC_API_KEY": "a key", "ANTHROPIC_BASE_URL": TO_NOWHERE}
    told = await signoff("demo", "--once", "--json", cwd=tmp_path, env=env)
    steps = [json.loads(line) for line in told.out.splitlines()]
    assert told.code == 1
    assert [(step["step"], step["ok"]) for step in steps[:2]] == [("ask", True), ("propose", False)]
    assert "The Claude API could not be reached." in steps[1]["text"]
    assert "Traceback" not in told.err


async def test_the_story_tells_when_the_world_refuses(company: Demo) -> None:
    company.world.billing.fail_next(402)
    told = {step.step: step async for step in Storyteller(company, BROKEN_LAMP, lower=True).tell()}
    assert not told["execute"].ok
    assert "The billing system refused" in told["execute"].text
    assert not told["world"].ok


async def test_a_misused_demo_says_so() -> None:
    told = await invoked("demo", "--json")
    assert told.code == 2
    assert "--json and --ticket go with --once." in told.err


async def test_check_exits_with_one_and_names_what_is_wrong(tmp_path: Path) -> None:
    env = {"SIGNOFF_BILLING_URL": TO_NOWHERE, "SIGNOFF_SMTP_PORT": "9"}
    told = await invoked("check", "--json", env=env)
    found = {finding["subject"]: finding for finding in json.loads(told.out)}
    assert told.code == 1
    assert {name for name, finding in found.items() if not finding["ok"]} >= {
        "SIGNOFF_REVIEWERS", "SIGNOFF_DATABASE_URL", "SIGNOFF_SMTP_HOST", "SIGNOFF_BILLING_URL", "SIGNOFF_CUSTOMERS_URL",
    }  # fmt: skip
    assert found["SIGNOFF_POLICY"]["ok"]
    assert "signoff db upgrade" in found["SIGNOFF_DATABASE_URL"]["message"]
    assert _left(tmp_path) == []


async def test_check_exits_with_zero_when_everything_is_there(place: Premises) -> None:
    told = await invoked("check", env=place.environment())
    assert (told.code, told.err) == (0, "")
    assert "WRONG" not in told.out


async def test_check_names_a_scope_that_the_token_lacks(place: Premises) -> None:
    place.sandbox.set_scopes("commands", "users:read", "users:read.email", "usergroups:read")
    told = await invoked("check", env=place.environment())
    assert told.code == 1
    assert "chat:write" in told.out


def test_settings_are_listed_with_their_secrets_masked(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    for form in ([], ["--json"]):
        told = CliRunner().invoke(main, ["check", "--settings", *form])
        assert told.exit_code == 0
        assert all(name in told.output for name in SECRETS)
        assert "SIGNOFF_DATABASE_URL" in told.output
        assert not re.search("much.secret", told.output)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SIGNOFF_PORT", "eighty"),
        ("SIGNOFF_PORT", "99999"),
        ("SIGNOFF_SIGNING_KEY", "nonsense"),
        ("SIGNOFF_SMTP_STARTTLS", "perhaps"),
        ("SIGNOFF_LOG_LEVEL", "LOUD"),
        ("SIGNOFF_CUSTOMERS_URL", "nonsense"),
        ("SIGNOFF_DATABASE_URL", "nonsense"),
    ],
)
async def test_a_setting_that_cannot_be_is_named(name: str, value: str) -> None:
    told = await invoked("check", env={name: value, "SIGNOFF_BILLING_URL": TO_NOWHERE})
    assert told.code in (1, 2)
    assert name in told.out + told.err
    assert "Traceback" not in told.err


async def test_upgrading_a_database_again_changes_nothing(tmp_path: Path) -> None:
    env = {"SIGNOFF_DATABASE_URL": f"sqlite:///{tmp_path / 'signoff.db'}"}
    first = await invoked("db", "upgrade", env=env)
    before = (tmp_path / "signoff.db").read_bytes()
    second = await invoked("db", "upgrade", env=env)
    assert (first.code, first.err) == (0, "")
    assert (second.code, second.out, second.err) == (0, first.out, "")
    assert "The database is at revision" in second.out
    assert (tmp_path / "signoff.db").read_bytes() == before


@pytest.mark.parametrize("url", [None, "https://signoff.example.com"])
def test_the_manifest_is_json_for_slack(url: str | None) -> None:
    told = CliRunner().invoke(main, ["slack", "manifest", *(["--url", url] if url else [])])
    made = json.loads(told.output)
    assert told.exit_code == 0
    assert made["settings"]["socket_mode_enabled"] is (url is None)
    assert made["features"]["slash_commands"][0]["command"] == "/signoff"
    assert (f"{url}/slack/events" in told.output) is (url is not None)


def _left(directory: Path) -> list[str]:
    """What a command left behind."""
    return [path.name for path in directory.iterdir()]
