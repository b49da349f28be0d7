"""The README's promises that a machine can keep: its agent works, its policy loads, its files exist."""

import importlib.util
import re
import sys
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest

from agents import shipped
from agents.actions import Actions
from agents.mcp_servers import servers
from agents.prices import Prices, Tokens
from agents.workflow import Agents
from bot.flow.front_desk import FrontDesk
from bot.settings import Settings
from bot.systems import systems_of
from bot.triggers import file as triggers
from bot.triggers.file import Around
from policies.file import load
from policies.rules import mentionable
from policies.tested import tested as tried
from storage.records import RequestStatus
from tests.bot.flow.stage import Stage, stage_at

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")


def block(language: str, number: int = 0) -> str:
    """A code block in that language."""
    return str(re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)[number])


@pytest.fixture
def loyalty(tmp_path: Path) -> ModuleType:
    path = tmp_path / "loyalty.py"
    path.write_text(block("python"), encoding="utf-8")
    spec = importlib.util.spec_from_file_location("loyalty", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["loyalty"] = module  # pydantic looks annotations up there
    spec.loader.exec_module(module)
    return module


@pytest.fixture
async def stage(tmp_path: Path, loyalty: ModuleType) -> AsyncIterator[Stage]:
    async with stage_at(tmp_path / "signoff.db") as made:
        actions, agents = Actions([loyalty.issue_voucher]), Agents([loyalty.loyalty])
        signoff = replace(made.signoff, agents=agents, actions=actions)
        made.signoff, made.desk = signoff, FrontDesk(signoff)
        made.adopt('defaults: {reviewers: ["ravi@example.com"]}\nrules: []\n')
        yield made


async def test_the_agent_of_the_readme_asks_and_gives_its_voucher(stage: Stage) -> None:
    await stage.type("run loyalty mia@example.com 20")
    request = await stage.latest()
    assert (request.action, request.arguments["percent"]) == ("issue_voucher", 20)
    await stage.edit(request, percent="10", notes="Ten is enough.")
    assert await stage.status() is RequestStatus.succeeded
    assert (await stage.run()).final_output == "The voucher for mia@example.com: succeeded. Ten is enough."


def test_the_policy_of_the_readme_passes_its_test(tmp_path: Path) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text(block("yaml"))
    with closing(systems_of(Settings(customers_url=f"sqlite:///{tmp_path / 'customers.db'}"))) as systems:
        models = shipped.actions(systems).models
    assert [rule.name for rule in load(file, mentionable(models)).rules] == ["internal drafts", "refunds", "small refunds"]
    assert [(result.case.name, result.passed) for _, result in tried(file, models, ())] == [
        ("a small refund needs nobody", True)
    ]


def test_the_files_of_the_readme_load(tmp_path: Path) -> None:
    (tmp_path / "mcp.yaml").write_text(block("yaml", 1))
    assert list(servers.load(tmp_path / "mcp.yaml")) == ["crm", "tickets"]
    (tmp_path / "mail").mkdir()
    (tmp_path / "triggers.yaml").write_text(block("yaml", 2).replace("/var/mail/support", "mail"))
    around = Around(["support", "research"], {"SHOP_WEBHOOK_SECRET": f"whsec_{'a' * 32}"}, ["slack"], channel=True)
    named = triggers.load(tmp_path / "triggers.yaml", around)
    assert [name for _, name, _ in triggers.entries(named)] == ["shop", "support", "monday"]
    (tmp_path / "prices.yaml").write_text(block("yaml", 3))
    prices = Prices.read(tmp_path / "prices.yaml")
    assert prices.cost("our-gateway/large", Tokens(1_000_000, 0)) == 3


def test_every_file_that_the_readme_links_to_is_there() -> None:
    root = Path(__file__).parent.parent
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", README) if "://" not in link]
    assert links
    assert [link for link in links if not (root / link).exists()] == []
