"""People on Microsoft Teams: the town plays Teams' side, the real bot/teams is connected to it."""

import re
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.flow.desk import Desk
from bot.teams.connect import TeamsConnection
from storage.records import JsonObject, Place
from tests.bot.flow.stage import Stage
from tests.contracts.surface.chat import NotPossible
from tests.fakes.connector import Town, cards
from tests.fakes.connector.cast import ANNA, GROUP, PEOPLE, SUPPORT, TENANT, Human, personal
from tests.fakes.connector.hands import Dialog
from tests.fakes.connector.problems import Refused
from tests.fakes.connector.state import Message

WITHIN = 5.0  # seconds
SUBJECT = re.compile(r"^run_\w+$|req_\w+ · revision", re.MULTILINE)  # only cards and notices say this


def _human(who: str) -> Human:
    return next(each for each in PEOPLE if each.handle == who)


class TeamsChat:
    """Implements `Chat`."""

    name = "teams"
    group = f"teams:{GROUP}"
    here = Place(surface="teams", tenant=TENANT, channel=SUPPORT)

    def __init__(self, town: Town, connection: TeamsConnection) -> None:
        self.town, self._connection = town, connection
        self.surface = connection.surface

    async def listen(self, desk: Desk) -> None:
        self._connection.listen(desk)
        for room in (SUPPORT, GROUP):
            await self.town.add_bot(room, ANNA)
        await self._quiet()

    def key(self, who: str) -> str:
        return f"teams:{TENANT}:{_human(who).aad}"

    def called(self, who: str) -> list[str]:
        return [f"@{_human(who).name}", _human(who).email]

    async def type(self, who: str, line: str, *, alone: bool = False) -> None:
        where = personal(_human(who)) if alone else SUPPORT
        try:
            answer = await self.town.say(_human(who), where, line)
        except Refused as error:
            raise NotPossible(str(error)) from error
        assert answer is not None
        assert answer.acked, answer
        await self._quiet()

    async def mention(self, who: str, line: str, thread: Any = None) -> None:
        answer = await self.town.say(_human(who), SUPPORT, line, thread.id if thread else None)
        assert answer is not None
        assert answer.acked, answer
        await self._quiet()

    async def write(self, who: str, text: str) -> Any:
        assert await self.town.say(_human(who), SUPPORT, text, mention=False) is None
        return self.town.messages(SUPPORT)[-1]

    async def hand(self, who: str, message: Any) -> None:
        answer = await self.town.hand(_human(who), message)
        assert answer.status == 200, answer
        await self._quiet()

    def at(self, address: JsonObject) -> Any:
        return next((each for each in self.town.state.log if each.id == address["message"] and not each.deleted), None)

    def words(self, card: Any, who: str = "anna") -> str:
        return _plain(self.town.read(card, _human(who)))

    def buttons(self, card: Any, who: str = "anna") -> list[str]:
        return self.town.buttons(card, _human(who))

    def said(self) -> str:
        return self._text(self.town.state.shown(SUPPORT))

    def in_thread(self, card: Any) -> str:
        return self._text(self.town.replies(SUPPORT, card.root or card.id))

    def told(self, who: str) -> str:
        human = _human(who)
        alone = [*self.town.targeted(human), *self.town.direct(human)]
        return "\n".join([*(_plain(self.town.read(each)) for each in alone), *self.town.strips(human), self.form(who)])

    async def press(self, who: str, card: Any, button: str) -> None:
        try:
            await self.town.press(_human(who), card, button)
        except Refused as error:
            raise NotPossible(str(error)) from error
        await self._quiet()

    def form(self, who: str) -> str:
        dialog = self.town.dialog(_human(who))
        return _plain(f"{dialog.title}\n{dialog.words}") if dialog else ""

    def form_buttons(self, who: str) -> list[str]:
        return cards.buttons(self._dialog(who).card)

    async def send(self, who: str, button: str, **values: str) -> None:
        dialog = self._dialog(who)
        ids = {name: _input(dialog.card or {}, name) for name in values}
        try:
            await self.town.submit(_human(who), {ids[name]: value for name, value in values.items()}, button)
        except Refused as error:
            raise NotPossible(str(error)) from error
        await self._quiet()

    async def close(self, who: str) -> None:
        self.town.close(_human(who))

    async def redeliver(self) -> None:
        [answer] = await self.town.redeliver_last()
        assert not answer.acked, "the same token and activity again"
        await self._quiet()

    async def forge(self, who: str, line: str) -> int:
        activity = self.town.message(_human(who), SUPPORT, line)
        statuses = {(await self.town.deliver(activity, header)).status for header in self.town.forgeries().values()}
        [status] = statuses
        return status

    def busy(self, seconds: int) -> None:
        self.town.fail_next("POST activities", status=429, code="Throttled", retry_after=seconds)

    def unreachable(self, yes: bool = True) -> None:
        self.town.down = yes

    def delete(self, card: Any) -> None:
        self.town.delete_message(card)

    async def lose(self) -> None:
        await self.town.delete_channel(SUPPORT, _human("anna"))
        await self._quiet()

    async def expel(self) -> None:
        await self.town.remove_bot(SUPPORT, _human("anna"))
        await self._quiet()

    async def _quiet(self) -> None:
        """Wait for what Signoff does after it has answered."""
        await self._connection._pace.drain(WITHIN)
        await self._connection._pace.drain(WITHIN)

    def _dialog(self, who: str) -> Dialog:
        dialog = self.town.dialog(_human(who))
        if dialog is None or dialog.card is None:
            raise NotPossible(f"{who} has no form in front of them. They were told: {self.told(who)}")
        return dialog

    def _text(self, messages: Iterable[Message]) -> str:
        read = (_plain(self.town.read(each)) for each in messages if each.sender == self.town.bot and each.to is None)
        return "\n".join(each for each in read if not SUBJECT.search(each))


@asynccontextmanager
async def teams_chat(stage: Stage, *, throttled: bool = False) -> AsyncIterator[TeamsChat]:
    """Connected, with everybody in the team; Gwen has just left. Where `throttled`, by the clock of the stage."""
    async with Town(clock=(lambda: stage.clock.now.timestamp()) if throttled else None) as town:
        connection = TeamsConnection(
            app_id=town.app_id,
            tenant=town.tenant,
            password=town.app_secret,
            store=stage.store,
            seals=stage.signoff.seals,
            metadata_url=town.openid_metadata,
            login_url=town.login_url,
            service_url=town.service_url,
            allows=lambda url: url.startswith(town.url),
            patience=2.0,
        )
        app = web.Application()
        for path, handler in connection.endpoints.items():
            app.router.add_post(path, handler)
        async with TestServer(app) as server:
            [path] = connection.endpoints
            town.endpoint = str(server.make_url(path))
            town.leave(_human("gone"))
            try:
                await connection.start()
                yield TeamsChat(town, connection)
            finally:
                await connection.stop()


def _plain(text: str) -> str:
    """Spaces that do not break are read as spaces."""
    return text.replace("\u00a0", " ")


def _input(card: dict[str, Any], name: str) -> str:
    """The input of a form that belongs to an argument."""
    found = [each for each in cards.inputs(card) if each.endswith(f":{name}")]
    if len(found) != 1:
        raise NotPossible(f"There is no input for {name!r}: {sorted(cards.inputs(card))}")
    return found[0]
