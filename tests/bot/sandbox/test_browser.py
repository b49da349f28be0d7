"""The page's own interface: assets, snapshots over a websocket, and what a person did."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.server import Sandbox
from tests.bot.sandbox.apps import app_of, client_of, connected
from tests.bot.sandbox.seeds import MIA, NOAH, QUIET, SEED, SUPPORT, ZOE

BUTTON: dict[str, Any] = {
    "type": "actions",
    "block_id": "row",
    "elements": [{"type": "button", "action_id": "go", "text": {"type": "plain_text", "text": "Go"}, "value": "1"}],
}


class Page:
    """A page as one person has it open."""

    def __init__(self, session: aiohttp.ClientSession, url: str, me: str, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._session = session
        self._url = url
        self._me = me
        self._socket = socket

    async def until(self, wanted: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
        """The first snapshot with what is wanted."""
        async with asyncio.timeout(5):
            while True:
                seen: dict[str, Any] = await self._socket.receive_json()
                if wanted(seen):
                    return seen

    async def post(self, path: str, **body: Any) -> dict[str, Any]:
        """The answer to a post of this person."""
        async with self._session.post(f"{self._url}/sandbox/{path}", json={"as": self._me, **body}) as response:
            answer: dict[str, Any] = await response.json()
            return answer


@asynccontextmanager
async def page_of(sandbox: Sandbox, me: str) -> AsyncIterator[Page]:
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(f"{sandbox.url}/sandbox/socket?as={me}") as socket,
    ):
        yield Page(session, sandbox.url, me, socket)


async def test_the_page_is_served_with_a_strict_policy(sandbox: Sandbox) -> None:
    async with aiohttp.ClientSession() as session:
        async with session.get(sandbox.url) as response:
            assert response.status == 200
            policy = response.headers["Content-Security-Policy"]
            assert "script-src 'self'" in policy
            assert "unsafe" not in policy
            assert response.headers["Cache-Control"] == "no-store"
        async with session.get(f"{sandbox.url}/page/app.js") as response:
            assert response.content_type == "text/javascript"
        for path in ("nothing.js", "..%2Fserver.py", "%2e%2e%2fserver.py"):
            async with session.get(f"{sandbox.url}/page/{path}") as response:
                assert response.status == 404


async def test_everybody_sees_their_own_workspace(sandbox: Sandbox) -> None:
    client = client_of(sandbox)
    await client.chat_postMessage(channel=SUPPORT, text="For all", blocks=[BUTTON])
    await client.chat_postEphemeral(channel=SUPPORT, user=NOAH, text="For Noah")
    async with page_of(sandbox, MIA) as page:
        mine = await page.until(lambda _: True)
    async with page_of(sandbox, NOAH) as page:
        his = await page.until(lambda _: True)
    async with page_of(sandbox, ZOE) as page:
        hers = await page.until(lambda _: True)
    assert [each["text"] for each in mine["messages"][SUPPORT]] == ["For all"]
    assert [(each["text"], each["ephemeral"]) for each in his["messages"][SUPPORT]] == [
        ("For all", False),
        ("For Noah", True),
    ]
    assert {each["name"] for each in mine["channels"]} == {"support", "old", "quiet", "Signoff"}
    assert {each["name"] for each in hers["channels"]} == {"support", "Signoff"}
    assert mine["me"] == MIA
    assert mine["team"] == {"id": "T0SANDBOX", "name": "Sandbox"}
    assert mine["people"][0]["role"] == "Support agent (asks)"
    assert mine["commands"][0]["command"] == "/signoff"
    assert (mine["connected"], mine["view"], mine["home"]) == (False, None, None)


async def test_a_message_and_its_thread_are_pushed(sandbox: Sandbox) -> None:
    async with page_of(sandbox, MIA) as page:
        assert await page.post("say", channel=SUPPORT, text="Refund <this>?") == {"ok": True}
        seen = await page.until(lambda each: each["messages"][SUPPORT])
        message = seen["messages"][SUPPORT][0]
        assert (message["text"], message["user"], message["bot"]) == ("Refund &lt;this&gt;?", MIA, False)
        await page.post("say", channel=SUPPORT, text="Yes", thread_ts=message["ts"])
        seen = await page.until(lambda each: len(each["messages"][SUPPORT]) == 2)
    parent, reply = seen["messages"][SUPPORT]
    assert (parent["reply_count"], parent["reply_users"], parent["last_reply"]) == (1, [MIA], reply["ts"])
    assert reply["thread_ts"] == message["ts"]


async def test_a_modal_is_filled_in_and_submitted(sandbox: Sandbox) -> None:
    app = app_of(sandbox)
    form = {
        "type": "modal",
        "callback_id": "form",
        "title": {"type": "plain_text", "text": "Form"},
        "submit": {"type": "plain_text", "text": "Send"},
        "blocks": [
            {
                "type": "input",
                "block_id": "why",
                "label": {"type": "plain_text", "text": "Why"},
                "element": {"type": "plain_text_input", "action_id": "text", "max_length": 5},
            }
        ],
    }

    @app.action("go")
    async def go(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await client.views_open(trigger_id=body["trigger_id"], view=form)
        await ack()

    @app.view("form")
    async def submitted(ack: AsyncAck) -> None:
        await ack(response_action="errors", errors={"why": "Really?"})

    async with connected(sandbox, app), page_of(sandbox, MIA) as page:
        posted = await app.client.chat_postMessage(channel=SUPPORT, text="x", blocks=[BUTTON])
        where = {"where": "message", "channel": SUPPORT, "ts": posted["ts"], "block_id": "row"}
        assert (await page.post("action", **where, action_id="gone"))["ok"] is False
        assert await page.post("action", **where, action_id="go", value="forged") == {"ok": True}
        assert sandbox.calls[-1].method == "views.open"
        view = (await page.until(lambda each: each["view"]))["view"]
        assert (view["type"], view["stack"], view["errors"]) == ("modal", 1, {})
        await page.post("view", view_id=view["id"], event="submit", values={"why": {"text": "Because"}})
        view = (await page.until(lambda each: each["view"] and each["view"]["errors"]))["view"]
        assert view["errors"] == {"why": "Please write at most 5 characters."}
        await page.post("view", view_id=view["id"], event="submit", values={"why": {"text": "So"}})
        view = (await page.until(lambda each: each["view"] and each["view"]["errors"] == {"why": "Really?"}))["view"]
        assert view["state"]["why"]["text"]["value"] == "So"
        await page.post("view", view_id=view["id"], event="close")
        await page.until(lambda each: each["view"] is None)


async def test_the_home_tab_is_opened_and_used(sandbox: Sandbox) -> None:
    app, clicked = app_of(sandbox), asyncio.Event()

    @app.event("app_home_opened")
    async def opened(event: dict[str, Any], client: AsyncWebClient) -> None:
        await client.views_publish(user_id=event["user"], view={"type": "home", "blocks": [BUTTON]})

    @app.action("go")
    async def go(ack: AsyncAck, body: dict[str, Any]) -> None:
        assert body["view"]["type"] == "home"
        clicked.set()
        await ack()

    async with connected(sandbox, app), page_of(sandbox, MIA) as page:
        await page.post("home")
        home = (await page.until(lambda each: each["home"]))["home"]
        assert home["blocks"] == [BUTTON]
        assert await page.post("action", where="home", block_id="row", action_id="go") == {"ok": True}
        await asyncio.wait_for(clicked.wait(), 5)


async def test_the_clock_moves_and_panels_follow() -> None:
    moved = [0.0]

    async def advance(seconds: float) -> None:
        moved[0] += seconds

    async def panels() -> list[dict[str, Any]]:
        return [{"name": "ledger", "title": "Ledger", "columns": ["moved"], "rows": [[moved[0]]]}]

    def now() -> datetime:
        return datetime.now(UTC) + timedelta(seconds=moved[0])

    samples = [{"title": "A lamp", "text": "/signoff run support", "hint": "broken"}]
    async with (
        Sandbox(SEED, samples=samples, panels=panels, advance=advance, now=now) as sandbox,
        page_of(sandbox, MIA) as page,
    ):
        first = await page.until(lambda _: True)
        assert (first["samples"], first["panels"][0]["rows"]) == (samples, [[0.0]])
        assert first["clock"]["can_advance"]
        assert await page.post("clock", seconds=14_400) == {"ok": True}
        later = await page.until(lambda each: each["clock"]["offset_seconds"] == 14_400)
        assert later["panels"][0]["rows"] == [[14_400.0]]
        moved[0] += 1
        await page.until(lambda each: each["panels"][0]["rows"] == [[14_401.0]])
        assert (await page.post("clock", seconds=-5))["ok"] is False


@pytest.mark.parametrize(
    ("path", "body", "words"),
    [
        ("say", {"channel": QUIET, "text": "/nonsense"}, "not a valid command"),
        ("say", {"channel": QUIET}, "'text' is missing"),
        ("say", {"as": "U0NOBODY", "channel": QUIET, "text": "x"}, "nobody"),
        ("action", {"where": "view", "view_id": "V1", "block_id": "b", "action_id": "a"}, "not open"),
        ("action", {"where": "message", "channel": QUIET, "ts": "1", "block_id": "b", "action_id": "a"}, "not there"),
        ("action", {"where": "home", "block_id": "b", "action_id": "a"}, "not shown anything"),
        ("action", {"where": "message", "selected": {}, "block_id": "b", "action_id": "a"}, "must be text"),
        ("view", {"view_id": "V1", "event": "eat"}, "submitted or closed"),
        ("view", {"view_id": "V1", "event": "submit", "values": {"b": 1}}, "object of objects"),
        ("clock", {"seconds": 60}, "cannot be moved"),
    ],
)
async def test_what_cannot_be_done_is_refused_in_a_sentence(
    sandbox: Sandbox, path: str, body: dict[str, Any], words: str
) -> None:
    async with page_of(sandbox, MIA) as page:
        answer = await page.post(path, **body)
    assert answer["ok"] is False
    assert words in answer["error"]


async def test_only_json_of_the_page_itself_is_taken(sandbox: Sandbox) -> None:
    async with aiohttp.ClientSession() as session:
        async with session.post(f"{sandbox.url}/sandbox/say", data='{"as": "U0MIA"}') as response:
            assert (await response.json())["ok"] is False
        async with session.post(f"{sandbox.url}/sandbox/say", json=[1]) as response:
            assert (await response.json())["ok"] is False
        async with session.post(
            f"{sandbox.url}/sandbox/say", json={}, headers={"Origin": "https://evil.example"}
        ) as response:
            assert response.status == 403
