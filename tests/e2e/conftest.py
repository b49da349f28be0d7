"""Fixtures: the demo, and one Chromium with a window for each person."""

import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect

from bot.demo import Demo, demo
from bot.sandbox.people import Person
from bot.settings import Settings, described
from tests.e2e.company import Premises, premises

HERE = Path(__file__).parent
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
ARGUMENTS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip

Open = Callable[..., Awaitable[Page]]

expect.set_options(timeout=10_000)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All tests here share one event loop, so that they can share one Chromium."""
    for item in items:
        if HERE in item.path.parents and pytest_asyncio.is_async_test(item):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest.fixture(autouse=True)
def _settings_of_nobody(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No setting of this machine takes part: neither its environment nor a `.env` file."""
    known = {name for name, _, _ in described(Settings.model_construct())}
    for name in os.environ:
        if name in known or name.startswith(("SIGNOFF_", "SLACK_", "ANTHROPIC_", "STRIPE_")):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest_asyncio.fixture(loop_scope="session")
async def company(tmp_path: Path) -> AsyncIterator[Demo]:
    """The demo, running, with nothing in it yet."""
    async with demo(tmp_path / "demo") as running:
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def place(tmp_path: Path) -> AsyncIterator[Premises]:
    """The demo's world and workspace, for a Signoff of the test's own."""
    async with premises(tmp_path / "premises") as made:
        yield made


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium() -> AsyncIterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="session")
async def browse(chromium: Browser) -> AsyncIterator[Open]:
    """`await browse(sandbox.url, person)`: that person's own window. What goes wrong in a page fails the test."""
    opened: list[BrowserContext] = []
    wrong: list[str] = []

    async def open_page(url: str, person: Person, **how: Any) -> Page:
        context = await chromium.new_context(**({"viewport": {"width": 1280, "height": 900}} | how))
        context.set_default_timeout(10_000)
        opened.append(context)
        page = await context.new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
        await page.goto(f"{url}/?as={person.id}")
        return page

    yield open_page
    for context in opened:
        await context.close()
    assert wrong == []
