"""Takes the pictures for the README. Run it by hand: `python -m tests.e2e.screenshots DIR`."""

import asyncio
import sys
import tempfile
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Page, async_playwright, expect

from bot.demo import RAVI, Demo, demo
from tests.e2e import window
from tests.e2e.company import asked_for
from tests.e2e.conftest import ARGUMENTS, CHROMIUM

NOTE = "The base can be replaced for $180, so we refund the rest."
DESK: dict[str, Any] = {"viewport": {"width": 1280, "height": 800}, "device_scale_factor": 2}
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "has_touch": True}
WINDOWS: dict[str, dict[str, Any]] = {
    "desk": DESK | {"color_scheme": "light"},
    "desk-dark": DESK | {"color_scheme": "dark"},
    "phone": PHONE | {"color_scheme": "light"},
    "phone-dark": PHONE | {"color_scheme": "dark"},
}


async def take_all(folder: Path) -> None:
    """Every moment of the story, in every window, into `folder`, which exists."""
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        for name, how in WINDOWS.items():
            with tempfile.TemporaryDirectory() as directory:
                async with demo(Path(directory)) as running:
                    await _story(running, await _page(chromium, running, how), folder / name)
        await chromium.close()


async def _page(chromium: Browser, running: Demo, how: dict[str, Any]) -> Page:
    context = await chromium.new_context(**how, reduced_motion="reduce")
    page = await context.new_page()
    await page.goto(f"{running.sandbox.url}/?as={RAVI.id}")
    return page


async def _story(running: Demo, page: Page, path: Path) -> None:
    eyes, request, _ = await asked_for(running)
    await expect(window.card(page)).to_contain_text("Needs approval")
    await _take(page, path, "1-pending-buttons")
    await _show_card(page)
    await _take(page, path, "1-pending")
    await window.press(page, "Edit")
    await window.field(page, "amount").fill("300.00")
    await window.field(page, "notes").fill(NOTE)
    await window.field(page, "amount").focus()
    await _take(page, path, "2-edit")
    await window.send(page)
    await eyes.ended(request)
    await expect(window.card(page)).to_contain_text("Approved and done")
    await expect(window.notice(page)).to_contain_text("4 replies")
    await _show_card(page)
    await _take(page, path, "3-decided")
    await window.open_thread(page)
    await _take(page, path, "4-thread")


async def _show_card(page: Page) -> None:
    """The card from its first line on, as far as the window reaches."""
    await window.card(page).evaluate("node => node.scrollIntoView({block: 'start'})")


async def _take(page: Page, path: Path, moment: str) -> None:
    await page.evaluate("document.fonts.ready")
    await page.screenshot(path=path.with_name(f"{path.name}-{moment}.png"), animations="disabled", caret="hide")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m tests.e2e.screenshots DIR")
    target = Path(sys.argv[1])
    target.mkdir(parents=True, exist_ok=True)
    asyncio.run(take_all(target))
