"""Takes pictures of the pages, to be looked at. Run it by hand: `python -m tests.e2e.page_screenshots DIR`."""

import asyncio
import sys
import tempfile
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, async_playwright

from tests.bot.flow.stage import ANNA, Stage, stage_at
from tests.bot.pages import examples
from tests.bot.pages.visit import House, house_of
from tests.e2e.conftest import ARGUMENTS, CHROMIUM

TRICKS = (
    '<script>alert(1)</script> <img src=x onerror=alert(2)> "><style>*{display:none}</style> {{ 7*7 }} '
    "pay\u202e gnp.exe\u200b me \u2066https://bank.example\u2069 ✅ Approved by CFO استرداد " + "W" * 180
)
WINDOWS: dict[str, dict[str, Any]] = {
    "desk": {"viewport": {"width": 1280, "height": 900}, "color_scheme": "light"},
    "dark": {"viewport": {"width": 1280, "height": 900}, "color_scheme": "dark"},
    "phone": {"viewport": {"width": 360, "height": 760}, "color_scheme": "light", "device_scale_factor": 2},
}


async def furnished(stage: Stage) -> dict[str, str]:
    """The address of each page to take, by its name."""
    failed, long = await examples.failed(stage), await examples.long_one(stage)
    hostile, attacked = await examples.hostile(stage, TRICKS), await examples.hostile_request(stage, TRICKS)
    late = await examples.answered_late(stage)
    rejected, edited, waiting = [await make(stage) for make in (examples.rejected, examples.edited, examples.waiting)]
    asked = (await stage.read(lambda tx: tx.requests(run_id=edited)))[0].id
    open_one = (await stage.read(lambda tx: tx.requests(run_id=waiting)))[0].id
    return {
        "runs": "runs", "nothing": "runs?agent=nobody", "unknown": "runs/run_nothing",
        "edited": f"runs/{edited}", "edited-step": f"runs/{edited}/steps/1", "edited-people": f"runs/{edited}/steps/2",
        "late": f"runs/{late}", "waiting": f"runs/{waiting}", "rejected": f"runs/{rejected}", "failed": f"runs/{failed}",
        "failed-step": f"runs/{failed}/steps/3", "long": f"runs/{long}", "long-step": f"runs/{long}/steps/147#step-147",
        "hostile": f"runs/{hostile}/steps/3", "request": f"requests/{asked}", "request-open": f"requests/{open_one}",
        "request-hostile": f"requests/{attacked}?verify=1",
    }  # fmt: skip


async def take_all(folder: Path) -> None:
    """Every page, in every window, into `folder`, which exists."""
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        with tempfile.TemporaryDirectory() as directory:
            async with stage_at(Path(directory) / "signoff.db") as stage, house_of(stage) as house:
                paths = await furnished(stage)
                for name, how in WINDOWS.items():
                    await _walk(chromium, house, paths, folder / name, how)
        await chromium.close()


async def _walk(chromium: Browser, house: House, paths: dict[str, str], path: Path, how: dict[str, Any]) -> None:
    context = await chromium.new_context(**how, reduced_motion="reduce")
    page = await context.new_page()
    await page.goto(f"{house.url}/pages/runs")
    await page.screenshot(path=f"{path}-outside.png")
    await page.goto(house.link(ANNA))
    await page.screenshot(path=f"{path}-enter.png")
    await page.get_by_role("button", name="Sign in").click()
    for name, address in paths.items():
        await page.goto(f"{house.url}/pages/{address}")
        wide = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if wide:
            print(f"{path.name}-{name}: {wide} px too wide")
        whole = "step" not in name and name not in ("long", "hostile")
        await page.screenshot(path=f"{path}-{name}.png", full_page=whole, animations="disabled")
    await context.close()


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m tests.e2e.page_screenshots DIR")
    target = Path(sys.argv[1])
    target.mkdir(parents=True, exist_ok=True)
    asyncio.run(take_all(target))
