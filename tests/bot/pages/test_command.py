"""`signoff pages link` and the settings that belong to it."""

import asyncio
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from pydantic import ValidationError

from bot.cli import main
from bot.pages.links import link_in
from bot.settings import Settings
from bot.signing import seals_from
from storage.sql.open import open_storage


@pytest.fixture
def env(sqlite_url: str, tmp_path: Path) -> dict[str, str]:
    seals_from(None, tmp_path / "key")
    return {
        "SIGNOFF_DATABASE_URL": sqlite_url,
        "SIGNOFF_SIGNING_KEY_FILE": str(tmp_path / "key"),
        "SIGNOFF_PUBLIC_URL": "https://signoff.example",
        "SIGNOFF_CUSTOMERS_URL": f"sqlite:///{tmp_path / 'customers.db'}",
    }


def typed(env: dict[str, str], *arguments: str) -> Result:
    return CliRunner().invoke(main, ["pages", "link", *arguments], env=env)


@pytest.mark.parametrize(
    ("person", "key", "operator"),
    [("Ravi@Example.com", "terminal:local:ravi@example.com", False), ("slack:T1:U1", "slack:T1:U1", False), ("", "", True)],
)
async def test_a_link_is_for_who_is_named_or_for_who_types(
    env: dict[str, str], tmp_path: Path, person: str, key: str, operator: bool
) -> None:
    made = await asyncio.to_thread(typed, env, "runs", *(["--as", person] if person else []))
    assert made.exit_code == 0, made.output
    base, _, text = made.output.strip().partition("/pages/enter?link=")
    assert base == "https://signoff.example"
    storage = await open_storage(env["SIGNOFF_DATABASE_URL"])
    entries, now = await storage.store.read(lambda tx: (tx.audit_entries(), tx.now()))
    await storage.close()
    link = link_in(seals_from(None, tmp_path / "key"), text, now)
    assert link is not None
    assert (link.path, link.visitor.operator) == ("/pages/runs", operator)
    assert link.visitor.person.key == key or (operator and link.visitor.person.key.startswith("terminal:local:"))
    assert [(each.event, each.body["for"]) for each in entries] == [("pages.linked", link.visitor.person.key)]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere"], "name a run (run_…), a request (req_…), or runs"),
        (["https://evil.example"], "There is no page"),
        (["runs", "--as", "nobody"], "write an e-mail address"),
    ],
)
def test_what_cannot_be_linked_is_told(env: dict[str, str], arguments: list[str], said: str) -> None:
    made = typed(env, *arguments)
    assert made.exit_code == 2
    assert said in made.output
    assert "Traceback" not in made.output


@pytest.mark.parametrize(
    ("written", "url"),
    [
        ("https://signoff.example.com", "https://signoff.example.com"),
        ("https://signoff.example.com/", "https://signoff.example.com"),
        ("https://signoff.example.com:8443", "https://signoff.example.com:8443"),
        ("http://localhost:8080", "http://localhost:8080"),
        ("", None),
    ],
)
def test_where_people_reach_it(written: str, url: str | None) -> None:
    assert Settings(public_url=written).public_url == url


@pytest.mark.parametrize(
    "written",
    ["http://signoff.example.com", "signoff.example.com", "https://", "https://a.example/x", "ftp://a", "https://a?b"],
)
def test_in_the_clear_over_a_network_is_refused(written: str) -> None:
    with pytest.raises(ValidationError, match="write https://"):
        Settings(public_url=written)


def test_readers_are_named_as_policies_name_people() -> None:
    settings = Settings.model_validate({"page_readers": "Ravi@Example.com, slack:@leads"})
    assert settings.page_readers == ("ravi@example.com", "slack:@leads")
    with pytest.raises(ValidationError):
        Settings.model_validate({"page_readers": "everybody"})
