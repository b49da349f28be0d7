"""The page of a backtest in a real browser: hostile words do nothing there, and nothing is fetched."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.policy.backtest_page import page as page_of
from bot.policy.compare import Wanted, compared
from storage.sql.open import open_storage
from tests.bot.policy.recorded import NOOR, RAVI, START, Told, edited, record, rejected
from tests.bot.policy.test_backtest import ASKS, SMALL, grounds
from tests.bot.teams.gallery.browser import browser, chromium

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(240),
    pytest.mark.skipif(chromium() is None, reason="needs Chromium"),
]

HOSTILE = "</dd></style><script>document.title='owned'</script><img src=http://127.0.0.1:9/x onerror=document.title='owned'>"


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_page_stands_alone_and_is_inert(sqlite_url: str, tmp_path: Path, scheme: Any) -> None:
    written = await _written(sqlite_url, tmp_path)
    async with browser() as running:
        tab = await running.new_page(color_scheme=scheme, viewport={"width": 420, "height": 900})
        asked: list[str] = []
        errors: list[str] = []
        tab.on("request", lambda request: asked.append(request.url))
        tab.on("console", lambda message: errors.append(message.text))
        await tab.goto(written.as_uri())
        assert asked == [written.as_uri()]
        assert (errors, await tab.title()) == ([], "Policy backtest: candidate.yaml")
        shown = await tab.inner_text("main")
        assert "The candidate would have run by itself 2 proposals" in shown
        assert HOSTILE in shown
        assert await tab.locator("script, img").count() == 0
        ground = await tab.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (sum(map(int, ground.removeprefix("rgb(").removesuffix(")").split(","))) < 200) is (scheme == "dark")
        assert await tab.evaluate("document.documentElement.scrollWidth <= innerWidth")  # on a telephone too


async def _written(url: str, folder: Path) -> Path:
    for name, text in (("now", ASKS), ("candidate", SMALL)):
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    ravi = RAVI.model_copy(update={"name": HOSTILE})
    strange = Told(3, action=HOSTILE, answers=((NOOR, "approve"),))
    storage = await open_storage(url)
    try:
        case = rejected(0, notes=HOSTILE, by=ravi, agent=HOSTILE, reason=HOSTILE)
        await record(storage.store, [case, edited(1, "20.00", "2.00"), strange])
        wanted = Wanted(START - timedelta(days=1))
        report = await compared(grounds(storage), folder / "now.yaml", folder / "candidate.yaml", wanted)
    finally:
        await storage.close()
    written = folder / "report.html"
    written.write_text(page_of(report), encoding="utf-8")
    return written
