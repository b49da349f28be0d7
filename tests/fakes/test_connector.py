"""The town is as strict as Teams: a bot that talks to it bare meets every limit and every refusal."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.teams.keys import KeyRing
from bot.teams.token import tenant_of
from tests.fakes.connector import Town
from tests.fakes.connector.cast import ANNA, GROUP, OLGA_OUTSIDE, RAVI, SUPPORT, TEAM, TENANT, ZOE_GUEST, personal
from tests.fakes.connector.problems import Refused
from tests.fakes.connector.state import CARD_TYPE, Message

EXECUTE = {"type": "Action.Execute", "title": "Approve", "verb": "approve", "data": {"request": "req_1"}}
FALLBACK = {"type": "Action.Submit", "title": "Approve", "data": {"request": "req_1", "verb": "approve"}}
FETCH = {"type": "Action.Submit", "title": "Edit", "data": {"request": "req_1", "msteams": {"type": "task/fetch"}}}
NOTES = {"type": "Input.Text", "id": "notes", "label": "Notes", "isRequired": True, "errorMessage": "Say why"}


def card(*actions: dict[str, Any], text: str = "Pay the lamp shop", **more: Any) -> dict[str, Any]:
    body = [{"type": "TextBlock", "text": text}]
    return {"type": "AdaptiveCard", "version": "1.5", "body": body, "actions": list(actions), **more}


def shown(content: Any) -> dict[str, Any]:
    return {"type": "message", "attachments": [{"contentType": CARD_TYPE, "content": content}]}


class Seconds:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        return self.at


@dataclass
class Bot:
    """A bot that keeps what it hears and answers what it was told to."""

    town: Town
    session: aiohttp.ClientSession
    heard: list[dict[str, Any]] = field(default_factory=list)
    answer: Any = None
    pause: float = 0.0
    token: str = ""

    async def hear(self, request: web.Request) -> web.Response:
        self.heard.append(await request.json())
        await asyncio.sleep(self.pause)
        return web.json_response(self.answer)

    async def login(self, secret: str = Town.app_secret) -> int:
        form = {
            "grant_type": "client_credentials", "client_id": Town.app_id, "client_secret": secret,
            "scope": "https://api.botframework.com/.default",
        }  # fmt: skip
        async with self.session.post(f"{self.town.login_url}/{TENANT}/oauth2/v2.0/token", data=form) as answer:
            self.token = (await answer.json()).get("access_token", "")
            return answer.status

    async def call(self, method: str, path: str, body: Any = None) -> tuple[int, dict[str, Any]]:
        headers = {"Authorization": f"Bearer {self.token}"}
        async with self.session.request(method, f"{self.town.service_url}v3/{path}", json=body, headers=headers) as answer:
            return answer.status, await answer.json()

    async def post(self, room: str, activity: dict[str, Any], query: str = "") -> tuple[int, dict[str, Any]]:
        return await self.call("POST", f"conversations/{quote(room, safe='')}/activities{query}", activity)

    async def card(self, *actions: dict[str, Any], **more: Any) -> Message:
        assert (await self.post(SUPPORT, shown(card(*actions, **more))))[0] == 201
        return self.town.posts(SUPPORT)[-1]


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
async def bot() -> AsyncIterator[Bot]:
    async with Town() as town, aiohttp.ClientSession() as session:
        made = Bot(town, session)
        app = web.Application()
        app.router.add_post("/", made.hear)
        async with TestServer(app) as server:
            town.endpoint = str(server.make_url("/"))
            await made.login()
            yield made


def code(answer: tuple[int, dict[str, Any]]) -> tuple[int, str]:
    return answer[0], answer[1]["error"]["code"]


async def test_nothing_is_carried_out_without_a_token_of_ours(bot: Bot) -> None:
    assert await bot.login("wrong") == 401
    assert code(await bot.post(SUPPORT, {"type": "message", "text": "hi"})) == (401, "Unauthorized")
    await bot.login()
    assert (await bot.post(SUPPORT, {"type": "message", "text": "hi"}))[0] == 201
    bot.town.login.revoke()
    assert (await bot.post(SUPPORT, {"type": "message", "text": "hi"}))[0] == 401
    assert bot.town.login.asked == 3


async def test_a_managed_identity_gets_its_token_from_the_machine(bot: Bot) -> None:
    query = {"api-version": "2018-02-01", "resource": "https://api.botframework.com", "client_id": Town.app_id}
    async with bot.session.get(bot.town.imds_url, params=query) as bare:
        assert bare.status == 400
    async with bot.session.get(bot.town.imds_url, params=query, headers={"Metadata": "true"}) as answer:
        bot.token = (await answer.json())["access_token"]
    assert (await bot.post(SUPPORT, {"type": "message", "text": "hi"}))[0] == 201


async def test_a_message_reaches_the_bot_only_if_it_is_mentioned_or_alone_with_it(bot: Bot) -> None:
    await bot.town.say(ANNA, SUPPORT, "lunch?", mention=False)
    assert bot.heard == []
    await bot.town.say(ANNA, SUPPORT, "list")
    await bot.town.say(ANNA, personal(ANNA), "list")
    in_channel, alone = bot.heard
    assert in_channel["text"] == "<at>Signoff</at> list"
    assert in_channel["entities"][-1]["mentioned"]["id"] == bot.town.bot
    assert in_channel["conversation"]["id"] == f"{SUPPORT};messageid={in_channel['id']}"
    assert in_channel["channelData"]["team"]["id"] == TEAM
    assert (alone["text"], alone["conversation"]["conversationType"]) == ("list", "personal")
    assert [tenant_of(each) for each in bot.heard] == [TENANT, TENANT]


async def test_good_tokens_verify_with_the_published_keys_and_forged_ones_differ(bot: Bot) -> None:
    ring = KeyRing(bot.town.openid_metadata, bot.session)
    assert await ring.find("first") is not None
    assert len(bot.town.forgeries()) == len(set(bot.town.forgeries().values()))


async def test_a_thread_is_a_conversation_of_its_own(bot: Bot) -> None:
    root = await bot.card()
    status, _ = await bot.post(f"{SUPPORT};messageid={root.id}", {"type": "message", "text": "Done."})
    assert status == 201
    assert [each.text for each in bot.town.replies(SUPPORT, root.id)] == ["Done."]
    assert code(await bot.post(f"{SUPPORT};messageid=17", {"type": "message", "text": "x"}))[0] == 404


@pytest.mark.parametrize(
    ("activity", "refusal"),
    [
        (shown("{}"), "BadSyntax"),
        (shown(card() | {"version": "1.6"}), "BadSyntax"),
        (shown({"type": "HeroCard"}), "BadSyntax"),
        ({"type": "message"}, "BadSyntax"),
        ({"type": "message", "text": "x" * 60_000}, "MessageSizeTooBig"),
    ],
)
async def test_what_teams_does_not_take(bot: Bot, activity: dict[str, Any], refusal: str) -> None:
    assert code(await bot.post(SUPPORT, activity))[1] == refusal
    assert bot.town.posts(SUPPORT) == []


async def test_text_with_a_card_is_split_and_nobody_is_told_an_id(bot: Bot) -> None:
    assert await bot.post(SUPPORT, shown(card()) | {"text": "Look:"}) == (201, {})
    assert len(bot.town.posts(SUPPORT)) == 2


async def test_a_removed_bot_is_refused_and_a_deleted_channel_is_not_there(bot: Bot) -> None:
    message = await bot.card()
    path = f"conversations/{quote(SUPPORT, safe='')}/activities/{message.id}"
    bot.town.delete_message(message)
    assert code(await bot.call("PUT", path, shown(card()))) == (404, "ActivityNotFoundInConversation")
    await bot.town.remove_bot(SUPPORT, ANNA)
    assert code(await bot.post(SUPPORT, {"type": "message", "text": "x"})) == (403, "BotNotInConversationRoster")
    assert [each["type"] for each in bot.heard] == ["installationUpdate", "conversationUpdate"]
    assert bot.heard[1]["membersRemoved"] == [{"id": bot.town.bot}]
    await bot.town.add_bot(SUPPORT, ANNA)
    await bot.town.delete_channel(SUPPORT, ANNA)
    assert bot.heard[-1]["channelData"]["eventType"] == "channelDeleted"
    assert code(await bot.post(SUPPORT, {"type": "message", "text": "x"})) == (404, "ConversationNotFound")


async def test_the_roster(bot: Bot) -> None:
    at = f"conversations/{quote(TEAM, safe='')}"
    assert (await bot.call("GET", f"{at}/members/{ZOE_GUEST.id}"))[1]["userRole"] == "guest"
    assert (await bot.call("GET", f"{at}/members/{RAVI.aad}"))[1]["id"] == RAVI.id
    assert len((await bot.call("GET", f"{at}/pagedmembers?pageSize=50"))[1]["members"]) == 6
    bot.town.leave(RAVI)
    assert code(await bot.call("GET", f"{at}/members/{RAVI.id}")) == (404, "MemberNotFoundInConversation")
    with pytest.raises(Refused):
        await bot.town.say(RAVI, SUPPORT, "list")


async def test_a_personal_chat_is_begun_with_members_of_the_tenant_only(bot: Bot) -> None:
    def ask(who: str) -> dict[str, Any]:
        return {"isGroup": False, "members": [{"id": who}], "tenantId": TENANT, "bot": {"id": bot.town.bot}}

    status, made = await bot.call("POST", "conversations", ask(RAVI.id))
    assert (status, made["id"]) == (201, personal(RAVI))
    assert (await bot.call("POST", "conversations", ask(OLGA_OUTSIDE.id)))[0] == 403
    bot.town.block(RAVI)
    assert code(await bot.post(personal(RAVI), {"type": "message", "text": "x"}))[1] == "ConversationBlockedByUser"


async def test_a_targeted_message_is_seen_by_one_person(bot: Bot) -> None:
    told = {"type": "message", "text": "No.", "recipient": {"id": RAVI.id}}
    assert (await bot.post(GROUP, told, "?isTargetedActivity=true"))[0] == 201
    assert ([each.text for each in bot.town.targeted(RAVI)], bot.town.messages(GROUP)) == (["No."], [])
    bot.town.api.targeted = False
    assert code(await bot.post(GROUP, told, "?isTargetedActivity=true")) == (400, "Bad argument")


async def test_a_press_carries_the_data_and_what_was_typed_and_its_answer_is_shown_to_that_person(bot: Bot) -> None:
    message = await bot.card(EXECUTE, text="Before")
    bot.answer = {"statusCode": 200, "type": CARD_TYPE, "value": card(text="After")}
    await bot.town.press(RAVI, message, "Approve")
    assert bot.heard[0]["name"] == "adaptiveCard/action"
    assert bot.heard[0]["value"]["action"] == EXECUTE | {"data": {"request": "req_1"}}
    assert bot.heard[0]["value"]["trigger"] == "manual"
    assert (bot.town.read(message, RAVI), bot.town.read(message, ANNA)) == ("After", "Before\n[Approve]")
    path = f"conversations/{quote(SUPPORT, safe='')}/activities/{message.id}"
    assert (await bot.call("PUT", path, shown(card(text="Decided"))))[0] == 200
    assert {bot.town.read(message, who) for who in (RAVI, ANNA)} == {"Decided"}


async def test_what_an_invoke_answers_wrongly_is_shown_as_something_that_went_wrong(bot: Bot) -> None:
    message = await bot.card(EXECUTE)
    await bot.town.press(RAVI, message, "Approve")
    assert "went wrong" in bot.town.strip(RAVI, message)
    bot.answer = {"statusCode": 200, "type": "application/vnd.microsoft.activity.message", "value": "Too late."}
    await bot.town.press(RAVI, message, "Approve")
    assert bot.town.strip(RAVI, message) == "Too late."


async def test_an_answer_that_comes_too_late_is_not_shown(bot: Bot) -> None:
    message = await bot.card(EXECUTE, FETCH)
    bot.town._hands._patience, bot.pause = 0.02, 0.05
    bot.answer = {"statusCode": 200, "type": CARD_TYPE, "value": card(text="After")}
    await bot.town.press(RAVI, message, "Approve")
    assert "went wrong" in bot.town.strip(RAVI, message)
    assert "Pay the lamp shop" in bot.town.read(message, RAVI)
    await bot.town.press(RAVI, message, "Edit")
    assert "went wrong" in (bot.town.dialog(RAVI) or pytest.fail("nothing opened")).words


async def test_an_old_client_sends_the_fallback_as_a_message(bot: Bot) -> None:
    message = await bot.card(EXECUTE | {"fallback": FALLBACK})
    await bot.town.press(RAVI, message, "Approve", old_client=True)
    assert (bot.heard[0]["type"], bot.heard[0]["value"]) == ("message", FALLBACK["data"])
    assert bot.heard[0]["replyToId"] == message.id


async def test_a_dialog_is_opened_filled_in_and_closed(bot: Bot) -> None:
    message = await bot.card(FETCH)
    form = {**card({"type": "Action.Submit", "title": "Send", "data": {"r": "1"}}), "body": [NOTES]}
    task = {"type": "continue", "value": {"title": "Edit", "card": {"contentType": CARD_TYPE, "content": form}}}
    bot.answer = {"task": task}
    await bot.town.press(RAVI, message, "Edit")
    opened = bot.town.dialog(RAVI)
    assert opened is not None
    assert opened.title == "Edit"
    with pytest.raises(Refused, match="Say why"):
        await bot.town.submit(RAVI)
    bot.answer = None
    await bot.town.submit(RAVI, {"notes": "because"})
    assert [each["name"] for each in bot.heard] == ["task/fetch", "task/submit"]
    assert bot.heard[1]["value"]["data"] == {"r": "1", "notes": "because"}
    assert bot.town.dialog(RAVI) is None


async def test_a_card_is_refreshed_for_those_it_names(bot: Bot) -> None:
    wanted = {"action": EXECUTE | {"verb": "refresh"}, "userIds": [RAVI.id]}
    message = await bot.card(text="Everybody's", refresh=wanted)
    bot.answer = {"statusCode": 200, "type": CARD_TYPE, "value": card(text="Ravi's")}
    assert await bot.town.refresh(ANNA, message) is None
    assert await bot.town.refresh(RAVI, message) is not None
    assert bot.heard[0]["value"]["trigger"] == "automatic"
    assert (bot.town.read(message, RAVI), bot.town.read(message, ANNA)) == ("Ravi's", "Everybody's")


async def test_seven_messages_a_second_in_a_thread_and_no_more(seconds: Seconds) -> None:
    async with Town(clock=seconds) as town, aiohttp.ClientSession() as session:
        bot = Bot(town, session)
        await bot.login()
        hello = {"type": "message", "text": "hi"}
        assert {(await bot.post(SUPPORT, hello))[0] for _ in range(7)} == {201}
        assert code(await bot.post(SUPPORT, hello)) == (429, "Throttled")
        assert (await bot.post(GROUP, hello))[0] == 201, "another thread has a window of its own"
        seconds.at = 1.0
        assert (await bot.post(SUPPORT, hello))[0] == 201
        assert (await bot.post(SUPPORT, hello))[0] == 429, "eight within two seconds"
        seconds.at = 2.0
        assert (await bot.post(SUPPORT, hello))[0] == 201


async def test_trouble_on_demand(bot: Bot) -> None:
    hello = {"type": "message", "text": "hi"}
    bot.town.fail_next("POST activities", status=502)
    assert (await bot.post(SUPPORT, hello))[0] == 502
    for drop, posted in (("before", 0), ("after", 1)):
        bot.town.fail_next("POST", drop=drop)  # type: ignore[arg-type]
        with pytest.raises(aiohttp.ClientError):
            await bot.post(SUPPORT, hello)
        assert len(bot.town.posts(SUPPORT)) == posted
    bot.town.down = True
    with pytest.raises(aiohttp.ClientError):
        await bot.post(SUPPORT, hello)
    assert [call.status for call in bot.town.calls] == [502, 0, 0, 0]


async def test_tokens_end(bot: Bot) -> None:
    begun = datetime.now(UTC)
    bot.town.login._now = lambda: begun + timedelta(hours=2)
    assert (await bot.post(SUPPORT, {"type": "message", "text": "hi"}))[0] == 401
