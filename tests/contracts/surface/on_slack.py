"""People on Slack: the sandbox plays Slack's side, the real bot/slack is connected to it one way or the other."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Literal

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.flow.desk import Desk
from bot.flow.seals import Seals
from bot.sandbox import inputs
from bot.sandbox.errors import PersonError
from bot.sandbox.people import Channel, Installation, Person, Seed, UserGroup
from bot.sandbox.server import Sandbox
from bot.sandbox.views import View
from bot.sandbox.workspace import Message
from bot.slack.connect import SlackConnection
from bot.slack.events import PATH
from storage.records import JsonObject, Place
from tests.contracts.surface.chat import NotPossible

TEAM, SUPPORT, BOT = "T0SANDBOX", "C0SUPPORT", "U0SIGNOFF"
NAMES = {"anna": "Anna Adler", "ravi": "Ravi Rao", "noor": "Noor Nasser", "dan": "Dan Dahl", "zoe": "Zoe Zander",
         "olga": "Olga Other", "gone": "Gwen Gone"}  # fmt: skip
WITHIN = 5.0  # seconds
TROUBLED = ("chat.postMessage", "chat.update", "chat.postEphemeral", "users.info")


def _id(who: str) -> str:
    return f"U0{who.upper()}"


def _person(who: str, name: str) -> Person:
    domain = "elsewhere.example" if who == "olga" else "example.com"
    return Person(
        _id(who), who, name, f"{who}@{domain}", is_restricted=who == "zoe", is_stranger=who == "olga", deleted=who == "gone"
    )


SEED = Seed(
    people=tuple(_person(who, name) for who, name in NAMES.items()),
    channels=(Channel(SUPPORT, "support", "Customers first", (*map(_id, NAMES), BOT)),),
    groups=(UserGroup("S0PAYERS", "payers", (_id("ravi"), _id("noor"))),),
    installation=Installation(),
    team_id=TEAM,
)


class SlackChat:
    """Implements `Chat`."""

    group = "slack:@payers"
    here = Place(surface="slack", tenant=TEAM, channel=SUPPORT)

    def __init__(self, name: str, sandbox: Sandbox, connection: SlackConnection) -> None:
        self.name, self._sandbox, self._connection = name, sandbox, connection
        self.surface = connection.surface

    async def listen(self, desk: Desk) -> None:
        self._connection.listen(desk)

    def key(self, who: str) -> str:
        return f"slack:{TEAM}:{_id(who)}"

    def called(self, who: str) -> list[str]:
        return [f"<@{_id(who)}>", f"@{who}", f"@{NAMES[who]}", f"{who}@example.com"]

    async def type(self, who: str, line: str, *, alone: bool = False) -> None:
        where = self._sandbox.workspace.im(_id(who)).id if alone else SUPPORT
        try:
            answer = await self._sandbox.say(_id(who), where, f"/signoff {line}")
        except PersonError as error:
            raise NotPossible(str(error)) from error
        assert answer is not None
        assert answer.acked, answer
        await self._quiet()

    async def mention(self, who: str, line: str, thread: Any = None) -> None:
        before = len(self._sandbox.deliveries)
        await self._sandbox.say(_id(who), SUPPORT, f"@signoff {line}", thread.ts if thread else None)
        async with asyncio.timeout(WITHIN):
            while len(self._sandbox.deliveries) == before:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        [(_, answer)] = self._sandbox.deliveries[before:]
        assert answer.acked, answer
        await self._quiet()

    async def write(self, who: str, text: str) -> Any:
        await self._sandbox.say(_id(who), SUPPORT, text)
        return self._sandbox.messages(SUPPORT)[-1]

    async def hand(self, who: str, message: Any) -> None:
        [shortcut] = self._sandbox.workspace.seed.installation.shortcuts
        try:
            answer = await self._sandbox.choose(_id(who), message, shortcut.callback_id)
        except PersonError as error:
            raise NotPossible(str(error)) from error
        assert answer.acked, answer
        await self._quiet()

    def at(self, address: JsonObject) -> Any:
        return self._sandbox.workspace.find(str(address["channel"]), str(address["ts"]))

    def words(self, card: Any, who: str = "anna") -> str:
        return "\n".join(read(self._now(card).blocks))

    def buttons(self, card: Any, who: str = "anna") -> list[str]:
        return _labels(self._now(card).blocks)

    def said(self) -> str:
        return _text(each for each in self._everything() if each.metadata is None)

    def in_thread(self, card: Any) -> str:
        root = card.thread_ts or card.ts
        return _text(each for each in self._everything() if each.thread_ts == root and each.metadata is None)

    def told(self, who: str) -> str:
        alone = [*self._sandbox.ephemerals(_id(who)), *(self._sandbox.direct(_id(who)) if who != "gone" else ())]
        return "\n".join([_text(alone), self.form(who)])

    async def press(self, who: str, card: Any, button: str) -> None:
        message = self._now(card)
        try:
            answer = await self._sandbox.click(_id(who), message, _action(message.blocks, button))
        except PersonError as error:
            raise NotPossible(str(error)) from error
        assert answer.acked, answer
        await self._quiet()

    def form(self, who: str) -> str:
        view = self._sandbox.view_of(_id(who))
        if view is None:
            return ""
        return "\n".join([view.body["title"]["text"], *read(view.blocks), *_values(view), *view.errors.values()])

    def form_buttons(self, who: str) -> list[str]:
        view = self._view(who)
        return [*_labels(view.blocks), *([view.body["submit"]["text"]] if "submit" in view.body else [])]

    async def send(self, who: str, button: str, **values: str) -> None:
        view = self._view(who)
        if button in _labels(view.blocks):
            await self._sandbox.click_in_view(_id(who), view, _action(view.blocks, button))
            await self._sandbox.until(lambda: self._newer(who, view))
        elif button in self.form_buttons(who):
            typed = {name: {"value": value} for name, value in values.items()}
            if await self._sandbox.submit(_id(who), view, typed) is None:
                raise NotPossible(str(self._view(who).errors))
            await self._quiet()
        else:
            raise NotPossible(f"There is no {button!r}: {self.form_buttons(who)}")

    async def close(self, who: str) -> None:
        if view := self._sandbox.view_of(_id(who)):
            await self._sandbox.close_view(_id(who), view)

    async def redeliver(self) -> None:
        await self._sandbox.redeliver_last()
        await self._quiet()

    async def forge(self, who: str, line: str) -> int:
        body = {"command": "/signoff", "text": line, "user_id": _id(who), "team_id": TEAM, "channel_id": SUPPORT}
        headers = {"X-Slack-Request-Timestamp": "1", "X-Slack-Signature": "v0=00"}
        assert self._connection.events is not None
        app = web.Application()
        app.router.add_post(PATH, self._connection.events)
        async with (
            TestServer(app) as server,
            aiohttp.ClientSession() as session,
            session.post(server.make_url(PATH), data=body, headers=headers) as answer,
        ):
            return answer.status

    def busy(self, seconds: int) -> None:
        self._sandbox.fail_next("chat.postMessage", error="ratelimited", status=429, retry_after=seconds)

    def unreachable(self, yes: bool = True) -> None:
        if not yes:
            self._sandbox.faults._waiting.clear()
            return
        for method in TROUBLED:
            self._sandbox.fail_next(method, status=503, times=100)

    def delete(self, card: Any) -> None:
        self._sandbox.workspace.remove(self._now(card))

    async def lose(self) -> None:
        self._sandbox.delete(SUPPORT, _id("anna"))
        await self._quiet()

    async def expel(self) -> None:
        self._sandbox.remove_bot(SUPPORT, _id("anna"))
        await self._quiet()

    async def _quiet(self) -> None:
        """Wait for what Signoff does after it has answered."""
        await self._connection._pace.drain(WITHIN)

    def _now(self, card: Any) -> Message:
        return self._sandbox.workspace.find(card.channel, card.ts) or card

    def _everything(self) -> list[Message]:
        return [each for each in self._sandbox.workspace.messages(SUPPORT) if each.bot and each.to is None]

    def _view(self, who: str) -> View:
        view = self._sandbox.view_of(_id(who))
        if view is None:
            raise NotPossible(f"{who} has no form in front of them. They were told: {self.told(who)}")
        return view

    def _newer(self, who: str, old: View) -> View | None:
        view = self._sandbox.view_of(_id(who))
        return view if view is not None and view.hash != old.hash else None


@asynccontextmanager
async def slack_chat(name: Literal["slack", "sandbox"], seals: Seals) -> AsyncIterator[SlackChat]:
    """Over signed HTTP requests as `slack`, over Socket Mode as the demo's `sandbox`."""
    async with Sandbox(SEED) as sandbox:
        known: dict[str, Any] = {
            "bot_token": sandbox.bot_token,
            "base_url": sandbox.api_url,
            "seals": seals,
            "patience": 2.0,
        }
        if name == "sandbox":
            async with _started(SlackConnection(app_token=sandbox.app_token, **known)) as connection:
                yield SlackChat(name, sandbox, connection)
            return
        connection = SlackConnection(signing_secret=sandbox.signing_secret, **known)
        assert connection.events is not None
        app = web.Application()
        app.router.add_post(PATH, connection.events)
        async with TestServer(app) as server:
            sandbox.use_http(str(server.make_url(PATH)))
            async with _started(connection):
                yield SlackChat(name, sandbox, connection)


@asynccontextmanager
async def _started(connection: SlackConnection) -> AsyncIterator[SlackConnection]:
    try:
        await connection.start()
        yield connection
    finally:
        await connection.stop()


def read(blocks: Iterable[Mapping[str, Any]]) -> list[str]:
    """What people read, without its styles: a line for each paragraph, the accounts of mentions as `@Name`."""
    return [line for block in blocks for line in _lines(block)]


def _lines(block: Mapping[str, Any]) -> Iterator[str]:
    for name in ("text", "label"):
        if name in block:
            yield block[name]["text"]
    for element in block.get("elements", ()):
        if block["type"] == "rich_text":
            yield "".join(_piece(piece) for piece in element["elements"])
        elif isinstance(element.get("text"), str):
            yield element["text"]


def _piece(piece: Mapping[str, Any]) -> str:
    if piece["type"] == "user":
        return "@" + next(name for who, name in NAMES.items() if _id(who) == piece["user_id"])
    return str(piece.get("text") or piece.get("fallback") or "")


def _text(messages: Any) -> str:
    return "\n".join("\n".join(read(each.blocks)) or each.text for each in messages)


def _labels(blocks: Any) -> list[str]:
    found = (element for _, element in inputs.elements(blocks))
    return [element["text"]["text"] for element in found if element["type"] == "button"]


def _action(blocks: Any, label: str) -> str:
    for _, element in inputs.elements(blocks):
        if element["type"] == "button" and element["text"]["text"] == label:
            return str(element["action_id"])
    raise NotPossible(f"There is no {label!r}: {_labels(blocks)}")


def _values(view: View) -> list[str]:
    """What the inputs of a dialog hold."""
    begun = [str(element.get("initial_value") or "") for _, element in inputs.elements(view.blocks)]
    typed = [str(held.get("value") or "") for block in view.state.values() for held in block.values()]
    return [*(begun if not typed else ()), *typed]
