"""`signoff people`: says which accounts belong to one human."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot.cli import main
from storage.sql.schema import upgrade

MIA, MIA_ON_TEAMS, NOAH = "slack:T024BE7LD:U0MIA", "teams:9f3c:8a41-22", "slack:T024BE7LD:U0NOAH"


@pytest.fixture
def people(tmp_path: Path) -> "Terminal":
    url = f"sqlite:///{tmp_path / 'signoff.db'}"
    upgrade(url)
    return Terminal(url)


class Terminal:
    """Where `signoff people …` is typed."""

    def __init__(self, url: str) -> None:
        self._url = url

    def __call__(self, *words: str) -> Result:
        return CliRunner().invoke(main, ["people", *words], env={"SIGNOFF_DATABASE_URL": self._url})


def test_accounts_are_linked_listed_and_unlinked(people: Terminal) -> None:
    assert people("list").output == "No accounts are linked.\n"
    linked = people("link", MIA, MIA_ON_TEAMS)
    assert (linked.exit_code, linked.output) == (0, f"One human: {MIA}, {MIA_ON_TEAMS}.\n")
    assert people("list").output == f"{MIA}  {MIA_ON_TEAMS}\n"
    (human,) = json.loads(people("list", "--json").output)
    assert [account["key"] for account in human["accounts"]] == [MIA, MIA_ON_TEAMS]
    assert people("link", MIA, NOAH).exit_code == 0
    assert people("unlink", MIA).output == f"{MIA} stands alone now. Still one human: {NOAH}, {MIA_ON_TEAMS}.\n"
    assert people("unlink", NOAH).output == f"{NOAH} stands alone now.\n"
    assert json.loads(people("list", "--json").output) == []


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["link", MIA], "at least two different accounts"),
        (["link", MIA, MIA], "at least two different accounts"),
        (["link"], "Missing argument"),
        (["link", MIA, "mia@example.com"], "'mia@example.com' is no account"),
        (["link", MIA, "slack:U0MIA"], "'slack:U0MIA' is no account"),
        (["link", MIA, "teams:only-a-tenant"], "is no account"),
        (["link", MIA, "slack:t1:u1"], "is no account"),
        (["unlink", "nobody"], "'nobody' is no account"),
        (["unlink", MIA], f"{MIA} is not linked"),
        (["link", *(f"teams:t:{number}" for number in range(30))], "at most 20"),
        (["frobnicate"], "No such command"),
    ],
)
def test_what_cannot_be_is_told_with_exit_code_2(people: Terminal, words: list[str], told: str) -> None:
    result = people(*words)
    assert result.exit_code == 2
    assert told in result.output
    assert "Traceback" not in result.output
    assert people("list").output == "No accounts are linked.\n"


def test_a_database_that_was_not_prepared_is_told(tmp_path: Path) -> None:
    result = Terminal(f"sqlite:///{tmp_path / 'none.db'}")("list")
    assert result.exit_code == 2
    assert "signoff db upgrade" in result.output
