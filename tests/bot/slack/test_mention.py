"""A mention is a command: what is typed reaches the desk once, and whoever typed it alone hears the answer."""

import asyncio
from typing import Any

import pytest

from bot.cards.said import TAKEN
from bot.cards.text import words
from bot.flow.desk import Answer
from bot.sandbox.delivery import Parcel, Retry
from bot.slack.payloads import mention_of, person_of, place_of
from storage.records import Place
from tests.bot.slack.conftest import BOT, HERE, MIA, NOAH, SUPPORT, TEAM, ZOE, Office
from tests.bot.slack.test_listeners import whispers


async def deliveries(office: Office, number: int) -> None:
    """Wait until so many events were delivered."""
    for _ in range(500):
        if len(office.sandbox.deliveries) >= number:
            return
        await asyncio.sleep(0.01)
    raise TimeoutError


async def say(office: Office, text: str, person: str = MIA, thread: str | None = None) -> str:
    """Have somebody write something; its ts, once it was delivered."""
    before = len(office.sandbox.deliveries)
    await office.sandbox.say(person, SUPPORT, text, thread)
    await deliveries(office, before + 1)
    messages = [each for each in office.sandbox.workspace.messages(SUPPORT) if each.user == person]
    return messages[-1].ts


async def delivered(office: Office) -> bool:
    """Whether the last event was acknowledged."""
    return office.sandbox.deliveries[-1][1].acked


async def test_a_mention_is_a_command_in_the_thread_of_its_message(office: Office) -> None:
    office.desk.answer = Answer(True, words("Nothing waits."))
    ts = await say(office, "@signoff run support 1 < 2 & 3\nhelp @noah")
    [command] = office.desk.commands
    assert command.line == f"run support 1 < 2 & 3\nhelp <@{NOAH}>"
    assert command.person.key == f"slack:{TEAM}:{MIA}"
    assert command.place == HERE.model_copy(update={"thread": ts})
    assert await delivered(office)
    await office.sandbox.until(lambda: office.sandbox.ephemerals(MIA))
    assert whispers(office.sandbox, MIA) == ["Nothing waits."]
    assert office.sandbox.ephemerals(MIA)[0].thread_ts is None, "nobody sees a whisper in a thread that is not there yet"


async def test_a_mention_in_a_thread_stays_there(office: Office) -> None:
    await office.sandbox.say(NOAH, SUPPORT, "What about order 4711?")
    root = office.sandbox.messages(SUPPORT)[0].ts
    await say(office, "@signoff list", thread=root)
    assert office.desk.commands[0].place.thread == root
    await office.sandbox.until(lambda: office.sandbox.ephemerals(MIA))
    assert office.sandbox.ephemerals(MIA)[0].thread_ts == root


async def test_it_is_acknowledged_after_the_commit_and_not_before(office: Office) -> None:
    office.desk.late_error = RuntimeError("secret detail")
    office.desk.pause = 0.2
    await say(office, "@signoff list")
    assert await delivered(office)
    await office.sandbox.until(lambda: office.sandbox.ephemerals(MIA))
    assert "Something went wrong" in whispers(office.sandbox, MIA)[0]


async def test_what_takes_too_long_is_not_acknowledged_but_told(office: Office) -> None:
    office.desk.pause = 0.8
    office.desk.answer = Answer(True, words("Started."))
    await say(office, "@signoff run support hello")
    parcel, answer = office.sandbox.deliveries[0]
    assert parcel.payload["event"]["type"] == "app_mention"
    assert not answer.acked
    await office.sandbox.until(lambda: office.sandbox.ephemerals(MIA))
    assert whispers(office.sandbox, MIA) == ["Started."]


async def test_a_redelivered_mention_is_the_same_and_told_once(office: Office) -> None:
    await say(office, "@signoff run support hello")
    await office.sandbox.until(lambda: office.sandbox.ephemerals(MIA))
    [(parcel, _)] = office.sandbox.deliveries
    office.desk.answer = Answer(True, TAKEN)
    again = Parcel("events_api", {**parcel.payload, "token": "changed, so that it is signed anew"}, Retry(1, "http_timeout"))
    answer = await office.sandbox._line.deliver(again)
    assert answer.acked
    first, second = office.desk.commands
    assert first.delivery == second.delivery
    assert len(whispers(office.sandbox, MIA)) == 1
    await say(office, "@signoff run support hello")
    assert office.desk.commands[2].delivery != first.delivery


@pytest.mark.parametrize("event", [{"bot_id": "B0OTHER"}, {"edited": {"user": MIA, "ts": "2.0"}}, {"user": None}])
async def test_programs_and_edits_say_nothing(office: Office, event: dict[str, Any]) -> None:
    body = {"type": "app_mention", "user": MIA, "text": f"<@{BOT}> run support x", "ts": "1.0", "channel": SUPPORT}
    office.sandbox._events.send("app_mention", body | event)
    await deliveries(office, 1)
    assert await delivered(office)
    assert office.desk.commands == []


async def test_what_signoff_itself_says_is_no_command(office: Office) -> None:
    body = {"type": "app_mention", "user": BOT, "text": f"<@{BOT}> list", "ts": "1.0", "channel": SUPPORT}
    office.sandbox._events.send("app_mention", body)
    await deliveries(office, 1)
    assert office.desk.commands == []


EVENT = {"type": "app_mention", "user": MIA, "ts": "1.5", "channel": SUPPORT}
BODY = {"team_id": TEAM, "event": EVENT}
LINES = {
    "<@U0SIGNOFF> list": "list",
    "<@U0SIGNOFF|signoff> list": "list",
    "hello <@U0SIGNOFF>": "hello",
    "<@U0SIGNOFF>": "",
    "<@U0SIGNOFF> delegate <@U0NOAH> until friday": "delegate <@U0NOAH> until friday",
    "<@U0SIGNOFF> run support <mailto:a@b.example|a@b.example> <http://b.example|b.example>": (
        "run support a@b.example b.example"
    ),
    "<@U0SIGNOFF> run support &lt;b&gt; &amp;amp; <@U0SIGNOFF>": "run support <b> &amp; <@U0SIGNOFF>",
}  # fmt: skip


@pytest.mark.parametrize(("text", "line"), LINES.items(), ids=LINES.values())
def test_the_line_is_what_was_typed(text: str, line: str) -> None:
    typed = mention_of(BODY | {"event": EVENT | {"text": text}}, BOT)
    assert typed is not None
    assert typed.line == line


def test_people_are_of_their_own_workspace_and_places_of_ours() -> None:
    shared = {"team_id": "T0OTHER", "authorizations": [{"team_id": TEAM}], "event": EVENT | {"user_team": "T0OTHER"}}
    typed = mention_of(shared, BOT)
    assert typed is not None
    assert (typed.person.key, typed.place.tenant) == (f"slack:T0OTHER:{MIA}", TEAM)
    assert person_of(shared).key == f"slack:T0OTHER:{MIA}"
    assert place_of(shared) == Place(surface="slack", tenant=TEAM, channel=SUPPORT)


async def test_a_guest_is_heard_and_the_desk_decides(office: Office) -> None:
    await say(office, "@signoff list", ZOE)
    assert office.desk.commands[0].person.key == f"slack:{TEAM}:{ZOE}"
