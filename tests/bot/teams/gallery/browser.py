"""The page with the official renderer in headless Chromium. Nothing is fetched from anywhere."""

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from playwright.async_api import Browser, Page, async_playwright

HERE: Final = Path(__file__).parent
FLAGS: Final = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip


def chromium() -> str | None:
    """Where Chromium is, if it is anywhere."""
    return os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")


@asynccontextmanager
async def browser() -> AsyncIterator[Browser]:
    """A browser of its own."""
    async with async_playwright() as playwright:
        running = await playwright.chromium.launch(executable_path=chromium(), headless=True, args=list(FLAGS))
        yield running
        await running.close()


@asynccontextmanager
async def page(running: Browser, width: int = 700) -> AsyncIterator[Page]:
    """A page that shows cards (`show(card, theme)`), on a screen of that many pixels."""
    context = await running.new_context(viewport={"width": width, "height": 400}, device_scale_factor=2, locale="en-GB",
                                        timezone_id="Europe/Berlin")  # fmt: skip
    opened = await context.new_page()
    await opened.goto((HERE / "page.html").as_uri())
    yield opened
    await context.close()
