"""What people do reaches a real slack_bolt app, and its answers reach their screens, over both ways."""

import asyncio
from typing import Any

import pytest
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.respond.async_respond import AsyncRespond
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.errors import PersonError, SandboxError
from bot.sandbox.inputs import REQUIRED
from bot.sandbox.server import Sandbox
from tests.bot.sandbox.apps import MODES, Mode, app_of, connected
from tests.bot.sandbox.seeds import BUTTON, MIA, NOAH, QUIET, SEED, SUPPORT, ZOE


def modal(**fields: Any) -> dict[str, Any]:
    return {
        "type": "modal",
        "callback_id": "edit",
        "title": {"type": "plain_text", "text": "Edit"},
        "submit": {"type": "plain_text", "text": "Send"},
        "private_metadata": "r1",
        "blocks": [
            {
                "type": "input",
                "block_id": "amount",
                "label": {"type": "plain_text", "text": "Amount"},
                "element": {
                    "type": "number_input",
                    "action_id": "value",
                    "is_decimal_allowed": True,
                    "min_value": "1",
                    "initial_value": "480",
                },
            },
            {
                "type": "input",
                "block_id": "notes",
                "label": {"type": "plain_text", "text": "Notes"},
                "element": {"type": "plain_text_input", "action_id": "value", "min_length": 3},
            },
        ],
        **fields,
    }


@pytest.mark.parametrize("mode", MODES)
async def test_a_command_arrives_verbatim_and_its_answer_is_ephemeral(sandbox: Sandbox, mode: Mode) -> None:
    app, got = app_of(sandbox), []

    @app.command("/signoff")
    async def signoff(ack: AsyncAck, body: dict[str, Any]) -> None:
        got.append(body)
        await ack("Working on <it> & more")

    async with connected(sandbox, app, mode):
        answer = await sandbox.say(MIA, SUPPORT, "/signoff run support\nTwo  spaces & <tags>")
    assert answer is not None
    assert answer.acked
    assert got[0]["text"] == "run support\nTwo  spaces & <tags>"
    assert (got[0]["command"], got[0]["user_id"], got[0]["channel_id"]) == ("/signoff", MIA, SUPPORT)
    assert got[0]["team_id"] == "T0SANDBOX"
    (seen,) = sandbox.ephemerals(MIA)
    assert (seen.text, seen.bot, seen.channel) == ("Working on <it> & more", True, SUPPORT)
    assert sandbox.messages(SUPPORT) == []


@pytest.mark.parametrize("mode", MODES)
async def test_a_click_carries_the_message_and_the_update_is_seen(sandbox: Sandbox, mode: Mode) -> None:
    app, got = app_of(sandbox), []

    @app.action("approve")
    async def approve(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        got.append(body)
        await client.chat_update(channel=SUPPORT, ts=body["message"]["ts"], text="Approved")
        await ack()

    async with connected(sandbox, app, mode):
        posted = await app.client.chat_postMessage(channel=SUPPORT, text="Approve?", blocks=[BUTTON])
        (message,) = sandbox.messages(SUPPORT)
        await sandbox.click(NOAH, message, "approve")
    (body,) = got
    assert body["actions"][0]["value"] == "r1"
    assert body["actions"][0]["block_id"] == "row"
    assert body["container"] == {
        "type": "message",
        "message_ts": posted["ts"],
        "channel_id": SUPPORT,
        "is_ephemeral": False,
    }
    assert body["user"]["id"] == NOAH
    (message,) = sandbox.messages(SUPPORT)
    assert (message.text, message.blocks) == ("Approved", ())
    assert not sandbox.mark_of(NOAH, message).pending


@pytest.mark.parametrize("mode", MODES)
async def test_a_form_is_opened_checked_by_the_client_submitted_and_closed(sandbox: Sandbox, mode: Mode) -> None:
    app, got = app_of(sandbox), []

    @app.command("/signoff")
    async def signoff(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=modal())

    @app.view("edit")
    async def edit(ack: AsyncAck, view: dict[str, Any]) -> None:
        got.append(view)
        await ack()

    async with connected(sandbox, app, mode):
        await sandbox.say(MIA, SUPPORT, "/signoff edit")
        view = await sandbox.until(lambda: sandbox.view_of(MIA))
        assert await sandbox.submit(MIA, view, {"amount": {"value": "0"}}) is None
        refused = sandbox.view_of(MIA)
        assert refused is not None
        assert refused.errors == {"amount": "Please enter 1 or more.", "notes": REQUIRED}
        await sandbox.submit(MIA, view, {"amount": {"value": 300}, "notes": {"value": "Half is fair"}})
    (seen,) = got
    assert seen["state"]["values"] == {
        "amount": {"value": {"type": "number_input", "value": "300"}},
        "notes": {"value": {"type": "plain_text_input", "value": "Half is fair"}},
    }
    assert (seen["private_metadata"], seen["callback_id"]) == ("r1", "edit")
    assert sandbox.view_of(MIA) is None


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({"response_action": "errors", "errors": {"amount": "Too much"}}, {"errors": {"amount": "Too much"}}),
        ({"response_action": "update", "view": modal(callback_id="next")}, {"callback_id": "next", "depth": 1}),
        ({"response_action": "push", "view": modal(callback_id="next")}, {"callback_id": "next", "depth": 2}),
        ({"response_action": "clear"}, None),
        ({"response_action": "errors", "errors": {"nowhere": "x"}}, {"notice": True}),
        ({"response_action": "update", "view": {"type": "modal"}}, {"notice": True}),
    ],
)
async def test_a_submission_may_be_answered_with_an_action(
    sandbox: Sandbox, answer: dict[str, Any], expected: dict[str, Any] | None
) -> None:
    app = app_of(sandbox)

    @app.command("/signoff")
    async def signoff(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await client.views_open(trigger_id=body["trigger_id"], view=modal())
        await ack()

    @app.view("edit")
    async def edit(ack: AsyncAck) -> None:
        await ack(answer)

    async with connected(sandbox, app, "http"):
        await sandbox.say(MIA, SUPPORT, "/signoff edit")
        view = await sandbox.until(lambda: sandbox.view_of(MIA))
        await sandbox.submit(MIA, view, {"notes": {"value": "because"}})
    now = sandbox.view_of(MIA)
    seen = now and {
        "errors": dict(now.errors),
        "callback_id": now.body.get("callback_id"),
        "depth": sandbox.views.depth_of(MIA),
        "notice": now.notice is not None,
    }
    assert (seen is None) is (expected is None)
    assert {name: (seen or {})[name] for name in expected or {}} == (expected or {})


@pytest.mark.parametrize("mode", MODES)
async def test_an_app_that_does_not_acknowledge_is_told_to_the_person_in_slacks_words(hurried: Sandbox, mode: Mode) -> None:
    app = app_of(hurried)

    @app.command("/signoff")
    async def slow(body: dict[str, Any], client: AsyncWebClient) -> None:
        await client.views_open(trigger_id=body["trigger_id"], view=modal())
        await asyncio.sleep(0.6)

    @app.action("approve")
    @app.view("edit")
    async def slower() -> None:
        await asyncio.sleep(0.6)

    async with connected(hurried, app, mode):
        await app.client.chat_postMessage(channel=SUPPORT, text="Approve?", blocks=[BUTTON])
        (message,) = hurried.messages(SUPPORT)
        await asyncio.gather(hurried.say(MIA, SUPPORT, "/signoff edit"), hurried.click(MIA, message, "approve"))
        view = await hurried.until(lambda: hurried.view_of(MIA))
        await hurried.submit(MIA, view, {"notes": {"value": "because"}})
        await asyncio.sleep(0.5)
    assert [each.text for each in hurried.ephemerals(MIA)] == ['/signoff failed with the error "operation_timeout"']
    assert hurried.mark_of(MIA, message).warning == "The app did not respond in time. Try again?"
    assert hurried.mark_of(NOAH, message).warning is None
    open_view = hurried.view_of(MIA)
    assert open_view is not None
    assert open_view.notice == "We had some trouble connecting. Try again?"
    assert not open_view.pending


async def test_without_an_app_the_person_is_told(sandbox: Sandbox) -> None:
    answer = await sandbox.say(MIA, SUPPORT, "/signoff list")
    assert answer is not None
    assert answer.fate == "absent"
    assert sandbox.ephemerals(MIA)[0].text == "/signoff failed because the app did not respond"


async def test_an_unhandled_action_over_http_is_refused_and_marked(sandbox: Sandbox) -> None:
    app = app_of(sandbox)
    async with connected(sandbox, app, "http"):
        await app.client.chat_postMessage(channel=SUPPORT, text="Approve?", blocks=[BUTTON])
        (message,) = sandbox.messages(SUPPORT)
        answer = await sandbox.click(MIA, message, "approve")
    assert answer.fate == "refused"
    assert sandbox.mark_of(MIA, message).warning == "The app answered with an error. Try again?"


async def test_a_trigger_opens_one_view_within_three_seconds() -> None:
    time = [0.0]
    async with Sandbox(SEED, monotonic=lambda: time[0]) as sandbox:
        app, triggers = app_of(sandbox), []

        @app.command("/signoff")
        async def signoff(ack: AsyncAck, body: dict[str, Any]) -> None:
            triggers.append(body["trigger_id"])
            await ack()

        async with connected(sandbox, app):
            await sandbox.say(MIA, SUPPORT, "/signoff")
            await sandbox.say(MIA, SUPPORT, "/signoff")
        errors = []
        await app.client.views_open(trigger_id=triggers[0], view=modal())
        time[0] = 3.5
        for trigger in (triggers[0], triggers[1], "1.2.3"):
            with pytest.raises(SlackApiError) as failure:
                await app.client.views_open(trigger_id=trigger, view=modal())
            errors.append(failure.value.response["error"])
    assert errors == ["exchanged_trigger_id", "expired_trigger_id", "invalid_trigger_id"]


@pytest.mark.parametrize(
    ("person", "channel", "text", "thread", "words"),
    [
        (MIA, SUPPORT, "/nonsense", None, "not a valid command"),
        (MIA, SUPPORT, "/signoff list", "1.000000", "not supported in threads"),
        (ZOE, QUIET, "hello", None, "no channel"),
        (NOAH, QUIET, "hello", None, "not in #quiet"),
        (MIA, "C0OLD", "hello", None, "archived"),
        (MIA, SUPPORT, "  ", None, "nothing to send"),
        ("U0GONE", SUPPORT, "hello", None, "nobody"),
    ],
)
async def test_what_cannot_be_said_is_refused_in_a_sentence(
    sandbox: Sandbox, person: str, channel: str, text: str, thread: str | None, words: str
) -> None:
    with pytest.raises(PersonError, match=words):
        await sandbox.say(person, channel, text, thread)


async def test_a_port_that_is_taken_is_said_so(sandbox: Sandbox) -> None:
    port = int(sandbox.url.rpartition(":")[2])
    with pytest.raises(SandboxError, match="Choose another port"):
        async with Sandbox(SEED, port=port):
            pass


async def test_a_click_in_an_ephemeral_message_can_replace_or_delete_it(sandbox: Sandbox) -> None:
    app, got, done = app_of(sandbox), [], asyncio.Event()

    @app.action("approve")
    async def approve(ack: AsyncAck, body: dict[str, Any], respond: AsyncRespond) -> None:
        got.append(body)
        await ack()
        await respond(text="Sure?", blocks=[BUTTON], replace_original=True)
        if len(got) == 2:
            await respond(delete_original=True)
        done.set()

    async with connected(sandbox, app):
        await app.client.chat_postEphemeral(channel=SUPPORT, user=MIA, text="Approve?", blocks=[BUTTON])
        (message,) = sandbox.ephemerals(MIA)
        with pytest.raises(PersonError, match="not there"):
            await sandbox.click(NOAH, message, "approve")
        await sandbox.click(MIA, message, "approve")
        await asyncio.wait_for(done.wait(), 5)
        assert [each.text for each in sandbox.ephemerals(MIA)] == ["Sure?"]
        await sandbox.click(MIA, message, "approve")
        await sandbox.until(lambda: not sandbox.ephemerals(MIA))
    assert got[0]["container"]["is_ephemeral"]
    assert "message" not in got[0]
    assert [parcel.kind for parcel, _ in sandbox.deliveries] == ["interactive", "interactive"]
