"""The town served over HTTP: keys, login, the connector's API, and the verbs by which tests play its people."""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Literal, Self, TypeVar

from aiohttp import web

from tests.bot.teams.authority import APP, Authority, authority
from tests.fakes.connector import cards, payloads, published
from tests.fakes.connector.api import Api, Ask, Handler
from tests.fakes.connector.authority import forgeries, good
from tests.fakes.connector.cast import TENANT, Human, personal
from tests.fakes.connector.faults import Fault, Faults
from tests.fakes.connector.hands import Dialog, Hands
from tests.fakes.connector.line import Answer, Line
from tests.fakes.connector.login import Login
from tests.fakes.connector.meter import Meter
from tests.fakes.connector.problems import Problem, unauthorized
from tests.fakes.connector.state import Card, Message, State

Found = TypeVar("Found")
SECRET = "the-bot's-client-secret"


@dataclass(frozen=True)
class Call:
    """One call of the connector's API. Status 0: its connection was dropped."""

    kind: str
    path: str
    body: dict[str, Any]
    status: int


def _real_now() -> datetime:
    return datetime.now(UTC)


class Town:
    """A tenant with a team, a group chat and people, served while the `async with` lasts.

    `now` stamps activities and tokens. `clock`, in seconds, turns Teams' throttling on. Clients
    wait `patience` seconds for the answer to a press.
    """

    app_id, app_secret, tenant = APP, SECRET, TENANT

    def __init__(
        self,
        *,
        now: Callable[[], datetime] = _real_now,
        clock: Callable[[], float] | None = None,
        patience: float = published.PATIENCE,
    ) -> None:
        self.now, self._patience = now, patience
        self.bot = f"28:{self.app_id}"
        self.state = State(now)
        self.login = Login(self.app_id, self.app_secret, self.tenant, now)
        self.api = Api(self.state, Meter(clock), self.tenant, self.bot)
        self.calls: list[Call] = []
        self.down = False
        self._faults = Faults()
        self._line = Line(self.authorization)
        self._open = AsyncExitStack()
        self._changed = asyncio.Event()

    async def __aenter__(self) -> Self:
        self.authority: Authority = await self._open.enter_async_context(authority())
        app = web.Application(client_max_size=1 << 20)
        app.add_routes(self.login.routes())
        for method, path, kind, handler in self.api.handlers():
            app.router.add_route(method, f"/teams/{path}", self._served(kind, handler))
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        self._open.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        self._hands = Hands(self.state, self._line, payloads.Desk(self.service_url, self.bot), self._patience)
        self._open.push_async_callback(self._line.close)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._open.aclose()

    # Where things are.

    @property
    def service_url(self) -> str:
        """What activities name as their serviceUrl."""
        return f"{self.url}/teams/"

    @property
    def openid_metadata(self) -> str:
        """Where the keys of incoming tokens are found."""
        return f"{self.authority.url}/metadata"

    @property
    def login_url(self) -> str:
        """Before `/{tenant}/oauth2/v2.0/token`, without a slash at its end."""
        return f"{self.url}/login"

    @property
    def imds_url(self) -> str:
        """Where a managed identity gets its tokens."""
        return f"{self.url}/metadata/identity/oauth2/token"

    @property
    def endpoint(self) -> str:
        """Where the bot takes activities; set it before people act."""
        return self._line.endpoint

    @endpoint.setter
    def endpoint(self, url: str) -> None:
        self._line.endpoint = url

    # Tokens and bare activities.

    def authorization(self, **claims: Any) -> str:
        """The header that goes with an activity of now, but for the claims that are given; None leaves one out."""
        return good(self.authority, self.now(), self.app_id, self.service_url, **claims)

    def forgeries(self) -> dict[str, str | None]:
        """Headers that must not be taken, by what is wrong with them."""
        return forgeries(self.authority, self.now(), self.app_id, self.service_url)

    def message(self, who: Human, room: str, text: str) -> payloads.Activity:
        """What somebody would send, to be bent before it is delivered."""
        desk = payloads.Desk(self.service_url, self.bot)
        return desk.message(self._hands.activity("message", who, self.state.rooms[room]), text, mention=True)

    async def deliver(self, activity: payloads.Activity, authorization: str | None = "") -> Answer:
        """Send any activity, with a good token unless another header, or None, is given."""
        return await self._line.deliver(activity, authorization)

    async def redeliver_last(self, times: int = 1) -> list[Answer]:
        """The same bytes and token again."""
        return [await self._line.again() for _ in range(times)]

    @property
    def deliveries(self) -> list[tuple[payloads.Activity, Answer]]:
        """Everything that was sent to the bot, with what became of it; redeliveries are not listed."""
        return self._line.sent

    # What people do.

    async def say(
        self, who: Human, room: str, text: str, thread: str | None = None, *, mention: bool = True
    ) -> Answer | None:  # fmt: skip
        """Words in a room; None where the bot does not hear them. `thread` is the id of the first message of it."""
        where = self.state.personal(who) if room == personal(who) else self.state.rooms[room]
        return await self._hands.say(who, where, text, thread, mention=mention)

    async def press(
        self, who: Human, message: Message, title: str, inputs: dict[str, str] | None = None, *, old_client: bool = False
    ) -> Answer:
        """A button, by its title. `old_client` does not know Action.Execute and takes its fallback."""
        return await self._hands.press(who, message, title, inputs or {}, old_client=old_client)

    async def hand(self, who: Human, message: Message) -> Answer:
        """What the app offers on a message: Ask an agent."""
        return await self._hands.hand(who, message)

    async def submit(self, who: Human, inputs: dict[str, str] | None = None, title: str | None = None) -> Answer:
        """The only, or the named, button of the dialog that somebody has open."""
        return await self._hands.submit(who, inputs or {}, title)

    def close(self, who: Human) -> None:
        """Close the dialog that somebody has open; the bot hears nothing of it."""
        self._hands.dialogs.pop(who.id, None)

    async def refresh(self, who: Human, message: Message) -> Answer | None:
        """What Teams asks the bot when a message comes into somebody's view; None if nothing."""
        return await self._hands.refresh(who, message)

    async def add_bot(self, room: str, by: Human) -> list[Answer]:
        """Install the app."""
        self.state.installed.add(room)
        return await self._installation(room, by, "add")

    async def remove_bot(self, room: str, by: Human) -> list[Answer]:
        """Remove the app, from the whole team if the room is a channel."""
        team = self.state.rooms[room].team
        self.state.installed -= {room} | {each.id for each in self.state.rooms.values() if team and each.team == team}
        return await self._installation(room, by, "remove")

    async def delete_channel(self, room: str, by: Human) -> Answer:
        """Delete a channel with everything in it."""
        activity = self._hands.activity("conversationUpdate", by, self.state.rooms[room])
        gone = self.state.rooms.pop(room)
        self.state.installed.discard(room)
        return await self.deliver(payloads.channel_event(activity, "channelDeleted", gone))

    def delete_message(self, message: Message) -> None:
        """Let a moderator delete a message."""
        message.deleted = True

    def leave(self, who: Human) -> None:
        """Somebody's account is switched off: they are in no roster any more."""
        self.state.leave(who)

    def block(self, who: Human) -> None:
        """Somebody blocks their chat with the bot."""
        self.state.blocked.add(who.id)

    async def _installation(self, room: str, by: Human, action: str) -> list[Answer]:
        where = self.state.rooms[room]
        begun = [self._hands.activity(kind, by, where) for kind in ("installationUpdate", "conversationUpdate")]
        told = payloads.installed(begun[0], action), payloads.bot_members(begun[1], self.bot, action)
        return [await self.deliver(each) for each in told]

    # What people see.

    def messages(self, room: str) -> list[Message]:
        """The first messages of a channel's threads, or all of a chat, oldest first."""
        return [each for each in self.state.shown(room) if each.to is None and each.root is None]

    def posts(self, room: str) -> list[Message]:
        """Those of them that the bot wrote."""
        return [each for each in self.messages(room) if each.sender == self.bot]

    def replies(self, room: str, root: str) -> list[Message]:
        """The rest of a thread, oldest first."""
        return [each for each in self.state.shown(room) if each.to is None and each.root == root]

    def targeted(self, who: Human) -> list[Message]:
        """What only this person sees, in any room."""
        return [each for each in self.state.log if each.to == who.id and not each.deleted]

    def direct(self, who: Human) -> list[Message]:
        """What the bot wrote to somebody alone."""
        return self.posts(personal(who))

    def card(self, message: Message, who: Human | None = None) -> Card | None:
        """The card as somebody sees it; as everybody does who was shown nothing of their own."""
        return self._hands.card(message, who)

    def read(self, message: Message, who: Human | None = None) -> str:
        """The words of a message as somebody sees it."""
        return message.text or cards.read(self.card(message, who))

    def buttons(self, message: Message, who: Human | None = None) -> list[str]:
        """The titles of its buttons."""
        return cards.buttons(self.card(message, who))

    def strip(self, who: Human, message: Message) -> str:
        """The line that Teams shows somebody under a card they pressed; empty if there is none."""
        return message.strips.get(who.id, "")

    def strips(self, who: Human) -> list[str]:
        """Every such line that was ever shown to somebody, also those that are gone since the card was updated."""
        return [text for person, text in self._hands.strips if person == who.id]

    def dialog(self, who: Human) -> Dialog | None:
        """The dialog in front of somebody."""
        return self._hands.dialogs.get(who.id)

    async def until(self, read: Callable[[], Found | None], seconds: float = 5.0) -> Found:
        """What `read` finds as soon as it finds something; TimeoutError otherwise."""
        async with asyncio.timeout(seconds):
            while not (found := read()):
                changed = self._changed
                await changed.wait()
            return found

    # Trouble.

    def fail_next(
        self, kind: str, *, status: int = 0, code: str = "ServiceError", retry_after: int | None = None,
        drop: Literal["before", "after"] | None = None, hang: bool = False, times: int = 1,
    ) -> None:  # fmt: skip
        """Let the next calls of a kind fail: `POST activities`, or `POST` for any that posts."""
        self._faults.add(Fault(kind, status, code, retry_after, drop, hang), times)

    def _served(self, kind: str, handler: Handler) -> Callable[[web.Request], Any]:
        async def serve(request: web.Request) -> web.Response:
            body = await request.json() if request.can_read_body else {}
            fault = Fault(kind, drop="before") if self.down else self._faults.take(kind)
            status, answer, headers = await self._answered(handler, Ask(request, body), request, fault)
            self.calls.append(Call(kind, request.path, body, status))
            self._changed.set()
            self._changed = asyncio.Event()
            if status == 0:
                assert request.transport is not None
                request.transport.abort()
                return web.Response(status=500)
            return web.json_response(answer, status=status, headers=headers)

        return serve

    async def _answered(
        self, handler: Handler, ask: Ask, request: web.Request, fault: Fault | None
    ) -> tuple[int, Any, dict[str, str]]:
        try:
            if not self.login.holds(request.headers.get("Authorization")):
                raise unauthorized()
            if fault is not None and fault.hang:
                await asyncio.sleep(60)
            if fault is not None and fault.status:
                raise Problem(fault.status, fault.code, "Something went wrong.", fault.retry_after)
            if fault is not None and fault.drop == "before":
                return 0, None, {}
            status, answer = await handler(ask)
            return (0 if fault is not None and fault.drop == "after" else status), answer, {}
        except Problem as problem:
            after = {} if problem.retry_after is None else {"Retry-After": str(problem.retry_after)}
            return problem.status, problem.body(), after
