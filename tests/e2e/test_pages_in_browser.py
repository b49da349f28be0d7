"""The pages in a browser: the way in, the way through a run, a phone, the dark, long runs, and texts that mean harm."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, expect

from bot.demo import Demo
from bot.story import Storyteller
from tests.bot.flow.stage import ANNA, Stage, stage_at
from tests.bot.pages import examples
from tests.bot.pages.visit import House, house_of
from tests.e2e.company import BROKEN_LAMP
from tests.e2e.page_screenshots import TRICKS, furnished
from tests.e2e.process import invoked

PHONE: dict[str, Any] = {"viewport": {"width": 360, "height": 740}, "has_touch": True}


class Window:
    """A browser of one's own, in which what goes wrong is kept: a broken policy of what may load is an error there."""

    def __init__(self, page: Page) -> None:
        self.page, self.wrong = page, list[str]()
        page.on("pageerror", lambda error: self.wrong.append(str(error)))
        page.on("console", lambda said: self.wrong.append(said.text) if said.type == "error" else None)
        page.on("dialog", lambda dialog: self.wrong.append(dialog.message))
        page.on("request", lambda asked: self.wrong.append(asked.url) if "127.0.0.1" not in asked.url else None)


@pytest_asyncio.fixture(loop_scope="session")
async def contexts(chromium: Browser) -> AsyncIterator[list[BrowserContext]]:
    opened: list[BrowserContext] = []
    yield opened
    for each in opened:
        await each.close()


async def window(chromium: Browser, contexts: list[BrowserContext], **how: Any) -> Window:
    context = await chromium.new_context(**({"viewport": {"width": 1280, "height": 900}} | how))
    context.set_default_timeout(10_000)
    contexts.append(context)
    return Window(await context.new_page())


@pytest_asyncio.fixture(loop_scope="session")
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with stage_at(tmp_path / "signoff.db") as stage, house_of(stage) as made:
        yield made


async def enter(seen: Window, house: House, page: str = "runs") -> None:
    await seen.page.goto(house.link(ANNA, page))
    await seen.page.get_by_role("button", name="Sign in").click()
    await expect(seen.page).not_to_have_url(re.compile("/pages/enter"))


async def test_from_the_terminal_to_the_request_of_the_demo(
    company: Demo, tmp_path: Path, chromium: Browser, contexts: list[BrowserContext]
) -> None:
    assert all([step.ok async for step in Storyteller(company, BROKEN_LAMP, lower=True).tell()])
    run = (await company.replica.storage.store.read(lambda tx: tx.runs(limit=1)))[0]
    env = {
        "SIGNOFF_DATABASE_URL": f"sqlite:///{tmp_path / 'demo' / 'signoff.db'}",
        "SIGNOFF_SIGNING_KEY_FILE": str(tmp_path / "demo" / "signing-key"),
        "SIGNOFF_PUBLIC_URL": company.replica.web,
    }
    made = await invoked("pages", "link", run.id, "--as", "ravi@lamps.example", env=env)
    assert made.code == 0, made.err
    assert made.out.startswith(f"{company.replica.web}/pages/enter?link=")

    seen = await window(chromium, contexts)
    page = seen.page
    await page.goto(made.out.strip())
    await expect(page.get_by_role("heading", name="Sign in as ravi@lamps.example?")).to_be_visible()
    await page.get_by_role("button", name="Sign in").click()
    await expect(page).to_have_url(f"{company.replica.web}/pages/runs/{run.id}")
    happened = page.get_by_role("region", name="What happened")
    await expect(happened).to_contain_text("The base can be replaced for $180")
    await expect(page.locator(".approval .bar")).to_have_attribute("fill", "url(#hatch)")

    await page.get_by_role("link", name="Proposed execute_financial_action").click()
    panel = page.get_by_role("complementary")
    await expect(panel).to_contain_text("ch_A1042")
    await expect(panel.locator(".evidence li")).to_have_count(3)
    address = page.url
    await panel.get_by_role("link", name="Step 6 →").click()
    await expect(panel).to_contain_text("edited and approved")
    await page.goto(address)
    await expect(panel).to_contain_text("ch_A1042")
    await panel.get_by_role("link", name="Close this step").click()
    await expect(panel).to_have_count(0)

    await page.locator(".links a").click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Approved and done")
    await page.get_by_role("link", name="Verify the chain around it").click()
    await expect(page.get_by_role("region", name="Audit trail")).to_contain_text("it holds from entry")
    await page.get_by_role("button", name="Sign out").click()
    assert seen.wrong == []
    await page.goto(address)
    await expect(page.get_by_role("heading", name="Sign in from chat")).to_be_visible()


async def test_the_way_through_works_with_keys_alone(
    house: House, chromium: Browser, contexts: list[BrowserContext]
) -> None:
    run = await examples.edited(house.stage)
    seen = await window(chromium, contexts)
    await enter(seen, house, run)
    page = seen.page
    await expect(page.get_by_role("link", name="Proposed pay")).to_be_visible()  # else the keys go to the page before
    await page.wait_for_load_state()
    await page.locator("body").press("Tab")
    await expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    await page.keyboard.press("Enter")
    for _ in range(3):  # past the crumbs
        await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="Proposed pay")).to_be_focused()
    outline = await page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("complementary")).to_be_visible()
    assert seen.wrong == []


@pytest.mark.parametrize("how", [{}, {"color_scheme": "dark"}, PHONE], ids=["desk", "dark", "phone"])
async def test_every_page_fits_its_window_and_nothing_in_it_acts(
    house: House, chromium: Browser, contexts: list[BrowserContext], how: dict[str, Any]
) -> None:
    paths = await furnished(house.stage)
    seen = await window(chromium, contexts, **how)
    await enter(seen, house)
    for name, path in paths.items():
        await seen.page.goto(f"{house.url}/pages/{path}")
        too_wide = await seen.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert too_wide == 0, name
        await expect(seen.page.get_by_role("heading", level=1)).to_have_count(1)
        assert await seen.page.locator("h1").inner_text()
        dull = await seen.page.evaluate(DULL)
        assert dull == [], name
    assert [each for each in seen.wrong if "404" not in each] == []


# Texts whose contrast with what is behind them is less than 4.5:1 (WCAG 2.2, 1.4.3).
DULL = """() => {
  const rgb = text => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(v => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, at) => sum + v * [0.2126, 0.7152, 0.0722][at], 0);
  const ground = node => {
    for (; node; node = node.parentElement) {
      const found = rgb(getComputedStyle(node).backgroundColor);
      if (found.length < 4 || found[3] > 0) return found;
    }
    return [255, 255, 255];
  };
  const found = [];
  for (const node of document.querySelectorAll('body *')) {
    const own = [...node.childNodes].some(child => child.nodeType === 3 && child.textContent.trim());
    if (!own || node.closest('svg') || node.closest('.hidden, .skip') || !node.checkVisibility()) continue;
    const [a, b] = [light(rgb(getComputedStyle(node).color)), light(ground(node))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5) found.push(`${node.tagName}.${node.className}: ${ratio.toFixed(2)}`);
  }
  return [...new Set(found)];
}"""


async def test_a_run_of_three_hundred_steps_is_whole_and_quick(
    house: House, chromium: Browser, contexts: list[BrowserContext]
) -> None:
    run = await examples.long_one(house.stage)
    seen = await window(chromium, contexts)
    await enter(seen, house, run)
    rows = seen.page.locator(".waterfall tbody tr[id]")
    await expect(rows).to_have_count(300)
    widths = await rows.locator(".bar").evaluate_all("bars => bars.map(bar => bar.getBoundingClientRect().width)")
    assert min(widths) >= 1
    await rows.nth(199).get_by_role("link").click()
    await expect(seen.page.get_by_role("complementary")).to_contain_text("Step 200")
    await expect(rows.nth(199)).to_be_in_viewport()
    took = await seen.page.evaluate("performance.getEntriesByType('navigation')[0].duration")
    assert took < 5000
    assert seen.wrong == []


async def test_a_stage_is_there_for_tricks(house: House, chromium: Browser, contexts: list[BrowserContext]) -> None:
    """Texts that would act, if they were anything but text."""
    stage: Stage = house.stage
    run, request = await examples.hostile(stage, TRICKS), await examples.hostile_request(stage, TRICKS)
    seen = await window(chromium, contexts)
    await enter(seen, house)
    for path in (f"runs/{run}/steps/2", f"requests/{request}"):
        await seen.page.goto(f"{house.url}/pages/{path}")
        assert await seen.page.locator("main img, main script, main style, main iframe").count() == 0
        assert "<script>alert(1)</script>" in await seen.page.locator("main").inner_text()
    assert seen.wrong == []
