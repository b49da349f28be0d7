"""The Web API answers the real slack_sdk as Slack does: data, refusals, scopes and trouble."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.server import Sandbox
from bot.sandbox.web_api import METHODS
from tests.bot.sandbox.apps import client_of
from tests.bot.sandbox.seeds import BOT, MIA, NOAH, OLD, QUIET, SECRET, SUPPORT, ZOE

TEXT = {"type": "section", "text": {"type": "mrkdwn", "text": "Hello"}}
HOME = {"type": "home", "blocks": [TEXT]}
Attempt = Callable[[AsyncWebClient], Awaitable[Any]]


async def error_of(attempt: Awaitable[Any]) -> str:
    """The error Slack refuses with."""
    with pytest.raises(SlackApiError) as failure:
        await attempt
    return str(failure.value.response["error"])


REFUSALS: dict[str, tuple[str, Attempt]] = {
    "no such channel": ("channel_not_found", lambda c: c.chat_postMessage(channel="C0NONE", text="x")),
    "a private channel the bot is not in": ("channel_not_found", lambda c: c.chat_postMessage(channel=SECRET, text="x")),
    "a channel the bot is not in": ("not_in_channel", lambda c: c.chat_postMessage(channel=QUIET, text="x")),
    "an archived channel": ("is_archived", lambda c: c.chat_postMessage(channel=OLD, text="x")),
    "no channel": ("invalid_arguments", lambda c: c.api_call("chat.postMessage", json={"text": "x"})),
    "nothing to say": ("no_text", lambda c: c.api_call("chat.postMessage", json={"channel": SUPPORT, "text": " "})),
    "a long text": ("msg_too_long", lambda c: c.chat_postMessage(channel=SUPPORT, text="x" * 40_001)),
    "blocks that are no JSON": (
        "invalid_blocks_format",
        lambda c: c.chat_postMessage(channel=SUPPORT, text="x", blocks="{nonsense"),
    ),
    "blocks that are too long together": (
        "msg_blocks_too_long",
        lambda c: c.chat_postMessage(
            channel=SUPPORT, text="x", blocks=[{"type": "section", "text": {"type": "mrkdwn", "text": "x" * 2900}}] * 5
        ),
    ),
    "metadata without a type": (
        "invalid_metadata_format",
        lambda c: c.chat_postMessage(channel=SUPPORT, text="x", metadata={"event_payload": {}}),
    ),
    "a thread that is not there": (
        "thread_not_found",
        lambda c: c.chat_postMessage(channel=SUPPORT, text="x", thread_ts="1.000001"),
    ),
    "an update of nothing": ("message_not_found", lambda c: c.chat_update(channel=SUPPORT, ts="1.000001", text="x")),
    "a deletion of nothing": ("message_not_found", lambda c: c.chat_delete(channel=SUPPORT, ts="1.000001")),
    "an ephemeral for an outsider": (
        "user_not_in_channel",
        lambda c: c.chat_postEphemeral(channel=SUPPORT, user="U0NOBODY", text="x"),
    ),
    "nobody": ("user_not_found", lambda c: c.users_info(user="U0NOBODY")),
    "nobody's address": ("users_not_found", lambda c: c.users_lookupByEmail(email="nobody@example.com")),
    "no such group": ("no_such_subteam", lambda c: c.usergroups_users_list(usergroup="S0NONE")),
    "a direct message to nobody": ("user_not_found", lambda c: c.conversations_open(users="U0NOBODY")),
    "a made-up trigger": (
        "invalid_trigger_id",
        lambda c: c.views_open(
            trigger_id="1.2.3", view={"type": "modal", "title": {"type": "plain_text", "text": "T"}, "blocks": [TEXT]}
        ),
    ),
    "a view that is closed": (
        "not_found",
        lambda c: c.views_update(
            view_id="V0", view={"type": "modal", "title": {"type": "plain_text", "text": "T"}, "blocks": [TEXT]}
        ),
    ),
    "an invalid view": ("invalid_arguments", lambda c: c.views_publish(user_id=MIA, view={"type": "home"})),
    "an unknown method": ("unknown_method", lambda c: c.api_call("chat.shout")),
    "an app token's method": ("not_allowed_token_type", lambda c: c.api_call("apps.connections.open")),
    "history since nonsense": ("invalid_ts_oldest", lambda c: c.conversations_history(channel=SUPPORT, oldest="noon")),
    "a completed nothing": ("invalid_arguments", lambda c: c.files_completeUploadExternal(files=[])),
    "a file that never came": (
        "file_not_found",
        lambda c: c.files_completeUploadExternal(files=[{"id": "F0NONE", "title": "x"}]),
    ),
}


@pytest.mark.parametrize("case", REFUSALS)
async def test_refusals_are_slacks_own(sandbox: Sandbox, case: str) -> None:
    expected, attempt = REFUSALS[case]
    assert await error_of(attempt(client_of(sandbox))) == expected


async def test_tokens_are_checked_and_scopes_reported(sandbox: Sandbox) -> None:
    assert await error_of(client_of(sandbox, "").auth_test()) == "not_authed"
    assert await error_of(client_of(sandbox, "xoxb-wrong").auth_test()) == "invalid_auth"
    answer = await client_of(sandbox).auth_test()
    assert (answer["team_id"], answer["user_id"], answer["bot_id"]) == ("T0SANDBOX", BOT, "B0SIGNOFF")
    assert "chat:write" in answer.headers["x-oauth-scopes"].split(",")


async def test_a_missing_scope_is_named(sandbox: Sandbox) -> None:
    sandbox.set_scopes("commands", "users:read")
    client = client_of(sandbox)
    with pytest.raises(SlackApiError) as failure:
        await client.chat_postMessage(channel=SUPPORT, text="x")
    answer = failure.value.response
    assert (answer["error"], answer["needed"], answer["provided"]) == (
        "missing_scope",
        "chat:write",
        "commands,users:read",
    )
    assert "email" not in (await client.users_info(user=MIA))["user"]["profile"]


async def test_a_message_is_posted_updated_and_deleted(sandbox: Sandbox) -> None:
    client = client_of(sandbox)
    metadata = {"event_type": "signoff_request", "event_payload": {"id": "r1"}}
    posted = await client.chat_postMessage(channel="#support", text="One", blocks=[TEXT], metadata=metadata)
    assert posted["channel"] == SUPPORT
    assert posted["message"]["blocks"][0]["block_id"]
    await client.chat_update(channel=SUPPORT, ts=posted["ts"], text="Two", blocks=[TEXT])
    (message,) = sandbox.messages(SUPPORT)
    assert (message.text, len(message.blocks), message.edited, message.metadata) == ("Two", 1, None, metadata)
    await client.chat_update(channel=SUPPORT, ts=posted["ts"], text="Three")
    (message,) = sandbox.messages(SUPPORT)
    assert (message.text, message.blocks) == ("Three", ())
    assert message.edited is not None
    await client.chat_delete(channel=SUPPORT, ts=posted["ts"])
    assert sandbox.messages(SUPPORT) == []


async def test_an_update_may_say_less_than_a_post(sandbox: Sandbox) -> None:
    client = client_of(sandbox)
    posted = await client.chat_postMessage(channel=SUPPORT, text="x" * 4_001)
    assert await error_of(client.chat_update(channel=SUPPORT, ts=posted["ts"], text="x" * 4_001)) == "msg_too_long"


async def test_nobody_elses_message_can_be_changed(sandbox: Sandbox) -> None:
    client = client_of(sandbox)
    await sandbox.say(MIA, SUPPORT, "Mine")
    (message,) = sandbox.messages(SUPPORT)
    assert await error_of(client.chat_update(channel=SUPPORT, ts=message.ts, text="x")) == "cant_update_message"
    assert await error_of(client.chat_delete(channel=SUPPORT, ts=message.ts)) == "cant_delete_message"


async def test_ephemeral_messages_are_seen_by_one_and_no_record(sandbox: Sandbox) -> None:
    client = client_of(sandbox)
    said = await client.chat_postEphemeral(channel=SUPPORT, user=NOAH, text="Only you")
    assert [each.text for each in sandbox.ephemerals(NOAH)] == ["Only you"]
    assert sandbox.ephemerals(MIA) == []
    assert await error_of(client.chat_update(channel=SUPPORT, ts=said["message_ts"], text="x")) == "message_not_found"
    assert (await client.conversations_history(channel=SUPPORT))["messages"] == []


async def test_a_thread_is_counted_linked_and_read(sandbox: Sandbox) -> None:
    client = client_of(sandbox)
    parent = (await client.chat_postMessage(channel=SUPPORT, text="Card"))["ts"]
    reply = (await client.chat_postMessage(channel=SUPPORT, text="Reply", thread_ts=parent))["ts"]
    await client.chat_postMessage(channel=SUPPORT, text="Loud", thread_ts=reply, reply_broadcast=True)
    history = (await client.conversations_history(channel=SUPPORT))["messages"]
    assert [each["text"] for each in history] == ["Loud", "Card"]
    assert (history[1]["reply_count"], history[1]["reply_users"]) == (2, [BOT])
    thread = (await client.conversations_replies(channel=SUPPORT, ts=parent))["messages"]
    assert [each["text"] for each in thread] == ["Card", "Reply", "Loud"]
    link = (await client.chat_getPermalink(channel=SUPPORT, message_ts=reply))["permalink"]
    assert f"/archives/{SUPPORT}/p{reply.replace('.', '')}?thread_ts={parent}" in link


async def test_metadata_is_read_by_who_asks_for_it_with_the_scope_of_that_kind_of_channel(sandbox: Sandbox) -> None:
    client, mark = client_of(sandbox), {"event_type": "card", "event_payload": {"id": "1"}}
    parent = (await client.chat_postMessage(channel=SUPPORT, text="Card", metadata=mark))["ts"]
    [plain] = (await client.conversations_history(channel=SUPPORT))["messages"]
    [told] = (await client.conversations_history(channel=SUPPORT, include_all_metadata=True))["messages"]
    [thread] = (await client.conversations_replies(channel=SUPPORT, ts=parent, include_all_metadata=True))["messages"]
    assert "metadata" not in plain
    assert told["metadata"] == thread["metadata"] == mark
    sandbox.set_scopes("groups:history")
    assert await error_of(client.conversations_history(channel=SUPPORT)) == "missing_scope"


async def test_people_groups_and_channels_are_described(sandbox: Sandbox) -> None:
    client = client_of(sandbox)
    zoe = (await client.users_info(user=ZOE))["user"]
    assert (zoe["is_restricted"], zoe["is_stranger"], zoe["team_id"]) == (True, True, "T0ELSEWHERE")
    assert (await client.users_info(user="U0GONE"))["user"]["deleted"]
    assert (await client.users_lookupByEmail(email="MIA@example.com"))["user"]["id"] == MIA
    first = await client.users_list(limit=2)
    second = await client.users_list(limit=2, cursor=first["response_metadata"]["next_cursor"])
    assert [each["id"] for each in first["members"] + second["members"]] == [MIA, NOAH, ZOE, "U0GONE"]
    assert (await client.usergroups_list(include_users=True))["usergroups"][0]["users"] == [NOAH]
    assert (await client.usergroups_users_list(usergroup="S0FINANCE"))["users"] == [NOAH]
    assert (await client.conversations_info(channel=SUPPORT))["channel"]["is_member"]
    assert (await client.conversations_members(channel=SUPPORT))["members"] == [MIA, NOAH, ZOE, BOT]
    names = [each["name"] for each in (await client.conversations_list(exclude_archived=True))["channels"]]
    assert names == ["support", "quiet"]
    assert (await client.team_info())["team"]["name"] == "Sandbox"
    assert (await client.bots_info(bot="B0SIGNOFF"))["bot"]["app_id"] == "A0SIGNOFF"


async def test_a_direct_message_opens_by_itself(sandbox: Sandbox) -> None:
    client = client_of(sandbox)
    channel = (await client.conversations_open(users=NOAH))["channel"]["id"]
    posted = await client.chat_postMessage(channel=NOAH, text="Psst")
    assert posted["channel"] == channel
    assert [each.text for each in sandbox.direct(NOAH)] == ["Psst"]


async def test_joining_a_channel_lets_the_bot_write(sandbox: Sandbox) -> None:
    client = client_of(sandbox)
    assert await error_of(client.chat_postMessage(channel=QUIET, text="Here")) == "not_in_channel"
    await client.conversations_join(channel=QUIET)
    await client.chat_postMessage(channel=QUIET, text="Here")
    assert len(sandbox.messages(QUIET)) == 1


async def test_a_scope_lets_the_bot_write_in_any_public_channel(sandbox: Sandbox) -> None:
    sandbox.set_scopes("chat:write", "chat:write.public")
    await client_of(sandbox).chat_postMessage(channel=QUIET, text="Here")
    assert await error_of(client_of(sandbox).chat_postMessage(channel=SECRET, text="x")) == "channel_not_found"


async def test_people_may_change_while_the_app_runs(sandbox: Sandbox) -> None:
    client = client_of(sandbox)
    sandbox.workspace.replace_person(replace(sandbox.workspace.people[NOAH], deleted=True))
    assert (await client.users_info(user=NOAH))["user"]["deleted"]


async def test_a_reaction_is_added_once(sandbox: Sandbox) -> None:
    client = client_of(sandbox)
    posted = await client.chat_postMessage(channel=SUPPORT, text="x")
    await client.reactions_add(channel=SUPPORT, timestamp=posted["ts"], name="eyes")
    again = client.reactions_add(channel=SUPPORT, timestamp=posted["ts"], name="eyes")
    assert await error_of(again) == "already_reacted"
    assert sandbox.messages(SUPPORT)[0].reactions == {"eyes": (BOT,)}


async def test_a_file_is_uploaded_shown_and_read_back(sandbox: Sandbox) -> None:
    client = client_of(sandbox)
    done = await client.files_upload_v2(
        channel=SUPPORT, content="a,b\n1,2", filename="evidence.csv", title="Evidence", initial_comment="See"
    )
    (message,) = sandbox.messages(SUPPORT)
    assert (message.text, message.files[0]["title"], message.files[0]["size"]) == ("See", "Evidence", 7)
    async with aiohttp.ClientSession() as session, session.get(done["files"][0]["url_private"]) as response:
        assert await response.text() == "a,b\n1,2"


async def test_a_view_is_published_with_its_hash(sandbox: Sandbox) -> None:
    client = client_of(sandbox)
    first = (await client.views_publish(user_id=MIA, view=HOME))["view"]
    await client.views_publish(user_id=MIA, view=HOME, hash=first["hash"])
    assert await error_of(client.views_publish(user_id=MIA, view=HOME, hash=first["hash"])) == "hash_conflict"


async def test_blocks_are_validated_without_posting(sandbox: Sandbox) -> None:
    client = client_of(sandbox)
    assert (await client.blocks_validate(blocks=[TEXT] * 50))["ok"]
    with pytest.raises(SlackApiError) as failure:
        await client.blocks_validate(blocks=[TEXT] * 51)
    assert failure.value.response["response_metadata"]["messages"] == [
        "[ERROR] no more than 50 items allowed [json-pointer:/blocks]"
    ]


async def test_the_next_call_can_be_made_to_fail(sandbox: Sandbox) -> None:
    client = client_of(sandbox)
    sandbox.fail_next("chat.postMessage", error="fatal_error")
    assert await error_of(client.chat_postMessage(channel=SUPPORT, text="x")) == "fatal_error"
    sandbox.fail_next("chat.postMessage", status=503)
    with pytest.raises(SlackApiError) as failure:
        await client.chat_postMessage(channel=SUPPORT, text="x")
    assert failure.value.response.status_code == 503
    sandbox.fail_next("chat.postMessage", retry_after=7)
    with pytest.raises(SlackApiError) as failure:
        await client.chat_postMessage(channel=SUPPORT, text="x")
    assert (failure.value.response["error"], failure.value.response.headers["Retry-After"]) == ("ratelimited", "7")
    assert sandbox.messages(SUPPORT) == []
    assert [each.status for each in sandbox.calls] == [200, 503, 429]


async def test_a_connection_dropped_after_the_work_leaves_the_work_done(sandbox: Sandbox) -> None:
    client = client_of(sandbox)
    client.retry_handlers = []
    sandbox.fail_next("chat.postMessage", drop_connection_after_accepting=True)
    with pytest.raises(aiohttp.ClientError):
        await client.chat_postMessage(channel=SUPPORT, text="Once")
    assert [each.text for each in sandbox.messages(SUPPORT)] == ["Once"]


async def test_slack_sdk_posts_twice_when_the_answer_is_lost(sandbox: Sandbox) -> None:
    sandbox.fail_next("chat.postMessage", drop_connection_after_accepting=True)
    await client_of(sandbox).chat_postMessage(channel=SUPPORT, text="Twice")
    assert len(sandbox.messages(SUPPORT)) == 2


async def test_metered_posts_are_slowed_down(sandbox: Sandbox) -> None:
    client = client_of(sandbox)
    sandbox.meter_posts()
    await client.chat_postMessage(channel=SUPPORT, text="One")
    assert await error_of(client.chat_postMessage(channel=SUPPORT, text="Two")) == "ratelimited"
    client.retry_handlers.append(AsyncRateLimitErrorRetryHandler())
    async with asyncio.timeout(5):
        await client.chat_postMessage(channel=SUPPORT, text="Two")
    assert [each.text for each in sandbox.messages(SUPPORT)] == ["One", "Two"]


@pytest.mark.parametrize("shape", ["query", "form", "json"])
async def test_arguments_come_in_every_shape(sandbox: Sandbox, shape: str) -> None:
    fields = {"channel": SUPPORT, "text": "Hi", "blocks": '[{"type":"divider"}]'}
    sent: dict[str, Any] = {{"query": "params", "form": "data", "json": "json"}[shape]: fields}
    headers = {"Authorization": f"Bearer {sandbox.bot_token}"}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.post(f"{sandbox.api_url}chat.postMessage", **sent) as response,
    ):
        assert (await response.json())["ok"]
    assert sandbox.messages(SUPPORT)[0].blocks[0]["type"] == "divider"
    assert sandbox.calls[0].arguments["blocks"] == [{"type": "divider"}]


async def test_other_websites_are_kept_out(sandbox: Sandbox) -> None:
    headers = [{"Host": "evil.example"}, {"Origin": "https://evil.example"}]
    async with aiohttp.ClientSession() as session:
        for each in headers:
            async with session.post(f"{sandbox.api_url}api.test", headers=each) as response:
                assert response.status == 403


ODD: tuple[Any, ...] = (None, True, 7, "", "x", "{", "[1]", [], [1], {}, {"a": 1}, [{"id": 1}], "9" * 30)
NAMES = (
    "channel", "user", "users", "ts", "message_ts", "timestamp", "thread_ts", "text", "blocks", "attachments", "metadata",
    "view", "view_id", "external_id", "user_id", "trigger_id", "hash", "files", "filename", "length", "limit", "cursor",
    "oldest", "latest", "types", "name", "email", "usergroup", "message", "bot", "error",
)  # fmt: skip


@pytest.mark.parametrize("method", sorted(METHODS))
async def test_nonsense_is_refused_by_every_method_and_never_breaks_it(sandbox: Sandbox, method: str) -> None:
    url = f"{sandbox.api_url}{method}"
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {sandbox.bot_token}"}) as session:
        for odd in ODD:
            for base in ({}, {"channel": SUPPORT, "user": MIA, "user_id": MIA, "text": "x"}):
                for name in NAMES:
                    async with session.post(url, json={**base, name: odd}) as response:
                        assert response.status == 200, (name, odd, await response.text())
                        assert "ok" in await response.json()
