"""A stage whose pages are served on a port, and people who open them."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from time import monotonic
from typing import Any
from urllib.parse import parse_qs, urlsplit

from aiohttp import ClientSession, CookieJar, web

from bot.pages.app import Pages
from bot.pages.door import Door
from bot.pages.links import Visitor, link_to
from bot.web import served
from storage.records import Person
from tests.bot.flow.stage import Stage


@dataclass(frozen=True)
class Seen:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    text: str


@dataclass
class Browser:
    """One person's browser, with its cookies."""

    url: str
    http: ClientSession

    async def get(self, path: str, **how: Any) -> Seen:
        return await self._call("GET", path, **how)

    async def post(self, path: str, **how: Any) -> Seen:
        return await self._call("POST", path, **how)

    async def press(self, link: str, **headers: str) -> Seen:
        """What the button of the page that a link opens does."""
        given = parse_qs(urlsplit(link).query)["link"][0]
        return await self.post("/pages/enter", data={"link": given}, headers=headers)

    async def _call(self, method: str, path: str, **how: Any) -> Seen:
        url = path if path.startswith("http") else f"{self.url}{path}"
        async with self.http.request(method, url, allow_redirects=False, **how) as answer:
            text = await answer.text()
            assert "Traceback" not in text
            return Seen(answer.status, dict(answer.headers), text)


@dataclass
class House:
    """The stage, its address, and everybody's browser."""

    stage: Stage
    door: Door
    url: str
    browsers: list[ClientSession] = field(default_factory=list)

    def browser(self) -> Browser:
        session = ClientSession(cookie_jar=CookieJar(unsafe=True))
        self.browsers.append(session)
        return Browser(self.url, session)

    def link(self, person: Person, page: str = "runs", *, operator: bool = False) -> str:
        signoff, visitor = self.stage.signoff, Visitor(person, operator)
        return link_to(signoff.seals, signoff.ids, self.url, page, visitor, self.stage.clock.now)

    async def enter(self, person: Person, *, operator: bool = False) -> Browser:
        """Somebody who has come in."""
        browser = self.browser()
        seen = await browser.press(self.link(person, operator=operator))
        assert seen.status == 303, seen
        return browser


@asynccontextmanager
async def house_of(stage: Stage, clock: Callable[[], float] = monotonic, **how: Any) -> AsyncIterator[House]:
    door = Door(**how)
    app = web.Application()
    Pages(stage.signoff, door, clock).mount(app)
    async with served(app, "127.0.0.1", 0) as url:
        house = House(stage, door, url)
        try:
            yield house
        finally:
            for each in house.browsers:
                await each.close()
