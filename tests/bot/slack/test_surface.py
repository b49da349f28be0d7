"""The surface against a workspace that answers with Slack's limits and errors."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.cards.text import Who, quote, words
from bot.flow.surface import MessageGone, Posted, SurfaceBusy, SurfaceError
from bot.sandbox.server import Sandbox
from bot.sandbox.workspace import Message
from bot.slack.connect import SlackConnection
from bot.slack.surface import SlackSurface
from storage.records import Person, Place
from tests.bot.slack.conftest import HERE, MIA, NOAH, OLD, QUIET, SECRET, SUPPORT, TEAM
from tests.bot.slack.examples import CARD, CARDS, DONE, NOTICE, card, read

NOAH_HIMSELF = Person(key=f"slack:{TEAM}:{NOAH}", name="Noah")


def at(channel: str) -> Place:
    return HERE.model_copy(update={"channel": channel})


def fields_of(sandbox: Sandbox, method: str) -> dict[str, Any]:
    """What the last call of a method carried."""
    return dict(next(call for call in reversed(sandbox.calls) if call.method == method).arguments)


@pytest.mark.parametrize("shown", CARDS.values(), ids=CARDS)
async def test_slack_takes_every_card_in_both_ways(sandbox: Sandbox, surface: SlackSurface, shown: Any) -> None:
    posted = await surface.post(HERE, CARD)
    await surface.update(posted.address, shown)
    message = sandbox.messages(SUPPORT)[-1]
    assert message.metadata == {"event_type": "signoff_request", "event_payload": {"request_id": "req_1"}}
    assert read(message.blocks)[0] == "Refund a payment"


async def test_a_card_of_a_thread_is_shown_in_the_channel_too(sandbox: Sandbox, surface: SlackSurface) -> None:
    root = await surface.post(HERE, NOTICE)
    assert root == Posted({"channel": SUPPORT, "ts": root.thread.thread}, root.thread)
    posted = await surface.post(root.thread, CARD)
    assert posted.thread == root.thread
    reply = sandbox.replies(SUPPORT, str(root.thread.thread))[-1]
    assert (reply.ts, reply.broadcast) == (posted.address["ts"], True)


async def test_a_card_that_stands_already_is_found_where_it_stands(sandbox: Sandbox, surface: SlackSurface) -> None:
    since = datetime.now(UTC)
    root = await surface.post(HERE, NOTICE)
    await surface.post(HERE, card(request_id="req_2"))
    threaded = await surface.post(root.thread, CARD)
    assert await surface.posted(root.thread, CARD, since) == threaded
    assert await surface.posted(HERE, NOTICE, since) == root
    assert await surface.posted(HERE, card(request_id="req_3"), since) is None
    assert await surface.posted(HERE, NOTICE, since + timedelta(hours=1)) is None


async def test_a_card_is_looked_for_further_back_than_one_page(sandbox: Sandbox, surface: SlackSurface) -> None:
    since = datetime.now(UTC)
    posted = await surface.post(HERE, CARD)
    for number in range(250):
        sandbox.workspace.add(Message(SUPPORT, sandbox.workspace.new_ts(), MIA, f"Small talk {number}"))
    assert await surface.posted(HERE, CARD, since) == posted


@pytest.mark.parametrize("scopes", [("chat:write",), ("chat:write", "groups:history")])
async def test_where_slack_does_not_let_us_look_nothing_is_found(
    sandbox: Sandbox, surface: SlackSurface, scopes: tuple[str, ...]
) -> None:
    since = datetime.now(UTC)
    await surface.post(HERE, CARD)
    sandbox.set_scopes(*scopes)
    assert await surface.posted(HERE, CARD, since) is None
    assert await surface.posted(at("#support"), CARD, since) is None


async def test_a_busy_slack_is_asked_again_and_not_posted_to_blindly(sandbox: Sandbox, surface: SlackSurface) -> None:
    sandbox.fail_next("conversations.history", status=503)
    with pytest.raises(SurfaceBusy):
        await surface.posted(HERE, CARD, datetime.now(UTC))


async def test_nothing_is_ever_parsed_or_unfurled(sandbox: Sandbox, surface: SlackSurface) -> None:
    posted = await surface.post(HERE, CARD)
    await surface.update(posted.address, DONE)
    await surface.reply(posted.thread, words("Done."))
    for method in ("chat.postMessage", "chat.update"):
        sent = fields_of(sandbox, method)
        for flag in ("link_names", "unfurl_links", "unfurl_media"):
            assert str(sent[flag]).lower() in ("false", "0")
        assert sent["parse"] == "none"


async def test_reply_goes_into_the_thread_and_pings_only_who_is_meant(sandbox: Sandbox, surface: SlackSurface) -> None:
    posted = await surface.post(HERE, CARD)
    text = words(Who(person=NOAH_HIMSELF, ping=True), " see ", quote("<!channel>"), Who(person=NOAH_HIMSELF))
    await surface.reply(posted.thread, text)
    reply = sandbox.replies(SUPPORT, str(posted.thread.thread))[-1]
    assert read(reply.blocks) == [f"<@{NOAH}> see <!channel>*Noah*"]
    assert reply.text == "Noah see &lt;!channel&gt;Noah"


async def test_a_whisper_is_seen_by_that_person_only(sandbox: Sandbox, surface: SlackSurface) -> None:
    await surface.tell(NOAH_HIMSELF, HERE, words("You may not."))
    assert [message.text for message in sandbox.ephemerals(NOAH)] == ["You may not."]
    assert sandbox.ephemerals(MIA) == []


@pytest.mark.parametrize("place", [None, at(QUIET), at(OLD), at("C0NOWHERE")], ids=["nowhere", "not in", "archived", "gone"])
async def test_who_cannot_be_whispered_to_is_written_to(
    sandbox: Sandbox, surface: SlackSurface, place: Place | None
) -> None:
    await surface.tell(NOAH_HIMSELF, place, words("You may not."))
    assert sandbox.direct(NOAH)[-1].text == "You may not."


@pytest.mark.parametrize(
    ("place", "sentence"),
    [
        (at(SECRET), "invite Signoff there"),
        (at(QUIET), "Signoff is not in channel C0QUIET. Invite it there"),
        (at(OLD), "channel C0OLD is archived. Name another channel"),
        (at("#nowhere"), "no channel #nowhere"),
    ],
)
async def test_a_channel_that_refuses_says_what_to_do(surface: SlackSurface, place: Place, sentence: str) -> None:
    with pytest.raises(SurfaceError, match=sentence):
        await surface.post(place, CARD)


@pytest.mark.parametrize("code", ["invalid_blocks", "msg_blocks_too_long"])
async def test_a_card_that_slack_does_not_take_is_shown_in_brief(sandbox: Sandbox, surface: SlackSurface, code: str) -> None:
    sandbox.fail_next("chat.postMessage", error=code)
    posted = await surface.post(HERE, CARD)
    sandbox.fail_next("chat.update", error=code)
    await surface.update(posted.address, CARD)
    assert read(sandbox.messages(SUPPORT)[-1].blocks)[-1] == "[Open to review] [Edit] [Reject]"


async def test_a_deleted_message_is_gone(sandbox: Sandbox, surface: SlackSurface) -> None:
    with pytest.raises(MessageGone, match="deleted"):
        await surface.update({"channel": SUPPORT, "ts": "1.000001"}, CARD)


@pytest.mark.parametrize("code", ["channel_not_found", "is_archived", "cant_update_message"])
async def test_a_message_that_cannot_be_reached_is_gone(sandbox: Sandbox, surface: SlackSurface, code: str) -> None:
    posted = await surface.post(HERE, CARD)
    sandbox.fail_next("chat.update", error=code)
    with pytest.raises(MessageGone):
        await surface.update(posted.address, DONE)


TROUBLE = [
    ({"status": 429, "retry_after": 7, "error": "ratelimited"}, timedelta(seconds=7)),
    ({"status": 500}, timedelta(seconds=5)),
    ({"status": 503}, timedelta(seconds=5)),
    ({"error": "internal_error"}, timedelta(seconds=5)),
    ({"drop_connection_after_accepting": True}, timedelta(seconds=2)),
]


@pytest.mark.parametrize(("fault", "delay"), TROUBLE)
async def test_passing_trouble_asks_to_wait_and_a_write_is_tried_once(
    sandbox: Sandbox, surface: SlackSurface, fault: dict[str, Any], delay: timedelta
) -> None:
    sandbox.fail_next("chat.postMessage", **fault)
    with pytest.raises(SurfaceBusy) as raised:
        await surface.post(HERE, CARD)
    assert raised.value.delay == delay
    assert raised.value.untaken is ("retry_after" in fault)
    assert [call.method for call in sandbox.calls].count("chat.postMessage") == 1


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("invalid_auth", "SLACK_BOT_TOKEN"),
        ("token_revoked", "Reinstall the app"),
        ("missing_scope", "signoff check"),
        ("something_new", "Slack refused: something_new"),
    ],
)
async def test_a_refusal_is_a_sentence(sandbox: Sandbox, surface: SlackSurface, code: str, sentence: str) -> None:
    sandbox.fail_next("chat.postMessage", error=code)
    with pytest.raises(SurfaceError, match=sentence):
        await surface.post(HERE, CARD)


async def test_an_unreachable_slack_asks_to_wait() -> None:
    connection = SlackConnection(bot_token="xoxb-nobody", base_url="http://127.0.0.1:9/api/")
    with pytest.raises(SurfaceBusy, match="cannot be reached") as raised:
        await connection.surface.post(HERE, CARD)
    assert raised.value.untaken
    with pytest.raises(SurfaceBusy):
        await connection.surface.person(NOAH_HIMSELF.key)
    await connection.stop()


async def test_the_longest_answer_is_taken_and_says_what_is_missing(sandbox: Sandbox, surface: SlackSurface) -> None:
    posted = await surface.post(HERE, card())
    await surface.reply(posted.thread, words("It says: ", quote("ü\n" * 20_000, block=True), quote("y" * 9_000)))
    reply = sandbox.replies(SUPPORT, str(posted.thread.thread))[-1]
    assert "43,009 more characters are not shown here." in "\n".join(read(reply.blocks))
