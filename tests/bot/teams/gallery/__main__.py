"""`python -m tests.bot.teams.gallery DIR`: a picture of every state, light and dark, on a desktop and on a phone."""

import asyncio
import sys
from pathlib import Path

from tests.bot.teams.gallery.browser import browser, page
from tests.bot.teams.gallery.states import states

WIDTHS = {"desktop": 700, "phone": 360}
UNFOLD = {"inline forms": "Reject"}


async def draw(folder: Path) -> None:
    """Write the pictures into `folder`."""
    async with browser() as running:
        for device, width in WIDTHS.items():
            async with page(running, width) as opened:
                for theme in ("light", "dark"):
                    for name, card in states().items():
                        await opened.evaluate("([card, theme]) => show(card, theme)", [card, theme])
                        if button := UNFOLD.get(name):
                            await opened.click(f"button:has-text('{button}')")
                        path = folder / f"{name.replace(' ', '-')}-{device}-{theme}.png"
                        await opened.screenshot(path=path, full_page=True)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("Usage: python -m tests.bot.teams.gallery DIR")
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    asyncio.run(draw(folder))
