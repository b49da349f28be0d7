"""The settings name what agents look things up in, and what models cost; what is missing is said before anything starts."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, closing
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from agents.actions import AgentError
from agents.model import Prompt
from bot.app import model_of, systems_of
from bot.check import findings
from bot.settings import Settings
from tests.fakes.messages_api import MessagesApi, says

ORDER = "https://shop.example/orders/{order}"


class Colour(BaseModel):
    colour: str


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Makes settings from what is given, in a directory without others."""
    monkeypatch.chdir(tmp_path)
    return lambda **given: Settings(customers_url=f"sqlite:///{tmp_path / 'customers.db'}", smtp_port=1, **given)


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as stack:
        yield stack


async def test_agents_look_into_the_folders_that_the_settings_name(settings: Any, tmp_path: Path) -> None:
    for name, title in (("help", "Giraffes"), ("library", "Zebras")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "animals.md").write_text(f"# {title}\n\n{title} are fed at noon.\n")
    (tmp_path / "INC-7.txt").write_text("From: mia@example.com\n\nHello.")
    chosen = settings(
        help_centre="help", help_centre_url="https://help.example/", library="library", tickets=".", order_url=ORDER
    )

    with closing(systems_of(chosen)) as systems:
        [article] = await systems.knowledge.search("when are giraffes fed")
        [document] = await systems.library.search("when are zebras fed")
        assert (article.title, article.link) == ("Giraffes", "https://help.example/animals")
        assert (document.title, document.link) == ("Zebras", None)
        assert "Hello." in await systems.tickets.read("inc-7")
        assert systems.links.order == ORDER


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"library": "nowhere"}, "nowhere is no folder. Name a folder of Markdown files"),
        ({"help_centre": "empty"}, "empty has no articles (*.md)"),
        ({"library": "latin"}, "old.md is no text in UTF-8"),
        ({"tickets": "nowhere"}, "nowhere is no folder. Name one with tickets in it"),
    ],
)
def test_a_folder_that_cannot_be_used_is_refused(settings: Any, tmp_path: Path, given: dict[str, str], says: str) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "latin").mkdir()
    (tmp_path / "latin" / "old.md").write_bytes("# Öl".encode("latin-1"))
    with pytest.raises(AgentError) as refused:
        systems_of(settings(**given))
    assert says in str(refused.value)


async def test_calls_cost_what_the_file_of_prices_says(settings: Any, tmp_path: Path, stack: AsyncExitStack) -> None:
    (tmp_path / "prices.yaml").write_text("house-model: {input: 1000, output: 0}\n")
    api = await stack.enter_async_context(MessagesApi(says('{"colour": "green"}', model="house-model")))
    chosen = settings(anthropic_api_key="key-1", anthropic_base_url=api.url, model="house-model", prices="prices.yaml")
    with closing(systems_of(chosen)) as systems:
        model = await model_of(chosen, systems, stack)
        answer = await model.ask(Prompt("colour", "v1", "Say which colour it is.", "Grass."), Colour)
    assert answer.usage.cost_usd == pytest.approx(answer.usage.prompt_tokens * 1000 / 1e6)


@pytest.mark.parametrize(
    ("prices", "subject", "ok", "says"),
    [
        (None, "SIGNOFF_MODEL", False, "The price of house-model is not known"),
        ("house-model: {input: 1, output: 1}", "ANTHROPIC_API_KEY", True, "agents ask house-model"),
        ("house-model: 3", "SIGNOFF_PRICES", False, "prices.yaml: house-model:"),
    ],
)
async def test_check_says_whether_costs_can_be_counted(
    settings: Any, tmp_path: Path, prices: str | None, subject: str, ok: bool, says: str
) -> None:
    if prices:
        (tmp_path / "prices.yaml").write_text(prices)
    chosen = settings(anthropic_api_key="key-1", model="house-model", prices="prices.yaml" if prices else None)
    [found] = [each for each in await findings(chosen) if each.subject == subject]
    assert found.ok is ok
    assert says in found.message
