"""Ask an agent, on a message: the dialog opens fast, the message arrives whole, and what comes of it is told."""

from random import Random
from typing import Any

import pytest

from bot.cards.ask import AskForm, ChatMessage, ask_fields
from bot.cards.text import words
from bot.flow.binding import BadBinding, Stamp
from bot.flow.desk import Answer
from bot.flow.seals import Seals
from bot.sandbox.blocks import check_view
from bot.sandbox.inputs import state_of
from bot.sandbox.views import View
from bot.sandbox.workspace import Message
from bot.slack import names
from bot.slack.payloads import aside_of, message_of
from bot.slack.render_ask import ask_view, asked_in
from bot.slack.render_form import TooLongToEdit
from storage.records import Person
from tests.bot.slack.conftest import HERE, MIA, NOAH, QUIET, SECRET, SUPPORT, TEAM, Office
from tests.bot.slack.examples import STAMP, read
from tests.bot.slack.hostile import HOSTILE
from tests.bot.slack.test_listeners import seen, whispers

AGENTS = {"support": "support – Reads a ticket", "triage": "triage – Sorts a ticket"}
_RANDOM = Random(1)  # noqa: S311  # noise, the same each time
PROSE = " ".join(f"{_RANDOM.getrandbits(32):08x}" for _ in range(3_200))  # which cannot be packed smaller
LETTER = " ".join(f"The lamp of order {number} was broken when it came, and nobody answers." for number in range(100))


def said(text: str = "My lamp is broken.", **changes: Any) -> ChatMessage:
    message = ChatMessage(
        id="1.5",
        place=HERE.model_copy(update={"thread": "1.5"}),
        author="Noah Berg",
        text=text,
        link="https://x.slack.com/p1",
    )
    return message.model_copy(update=changes)


def form(message: ChatMessage, person: Person | None = None) -> AskForm:
    return AskForm(message=message, title="Ask an agent", intro="It works.", submit="Ask", fields=ask_fields(AGENTS))


def sent(view: dict[str, Any], **entered: str) -> dict[str, Any]:
    """The view as Slack sends it back."""
    values = {block: {"value": value} for block, value in entered.items()}
    return {**view, "state": {"values": state_of(view["blocks"], values, {})}}


async def written(office: Office, text: str = "My lamp is <broken> & @mia knows.", person: str = NOAH) -> Message:
    await office.sandbox.say(person, SUPPORT, text)
    return office.sandbox.messages(SUPPORT)[-1]


async def opened(office: Office, message: Message, person: str = MIA) -> View:
    office.desk.ask_forms = form
    assert (await office.sandbox.choose(person, message, names.ASK)).acked
    return await office.sandbox.until(lambda: office.sandbox.view_of(person))


async def test_the_dialog_quotes_the_message_and_offers_the_agents(office: Office) -> None:
    message = await written(office)
    view = await opened(office, message)
    [pointed] = office.desk.pointed
    assert pointed == ChatMessage(
        id=message.ts,
        place=HERE.model_copy(update={"thread": message.ts}),
        author="Noah Berg",
        text="My lamp is <broken> & @Mia Chen knows.",
        link=f"https://sandbox.slack.com/archives/{SUPPORT}/p{message.ts.replace('.', '')}",
    )
    assert "*Noah Berg* wrote\n> My lamp is <broken> & @Mia Chen knows." in seen(view)
    options = next(block["element"]["options"] for block in view.blocks if block.get("block_id") == "agent")
    assert [option["value"] for option in options] == ["support", "triage"]


async def test_what_is_chosen_reaches_the_desk_with_the_message(office: Office) -> None:
    message = await written(office)
    view = await opened(office, message)
    office.desk.answer = Answer(True, words("support is on it."))
    answer = await office.sandbox.submit(MIA, view, {"agent": {"value": "support"}, "note": {"value": "look"}})
    assert answer is not None
    assert answer.acked
    assert office.sandbox.view_of(MIA) is None
    [(asked, values)] = office.desk.asks
    assert asked.message == office.desk.pointed[0]
    assert (asked.person.key, values) == (f"slack:{TEAM}:{MIA}", {"agent": "support", "note": "look"})
    await office.sandbox.until(lambda: office.sandbox.ephemerals(MIA))
    assert whispers(office.sandbox, MIA) == ["support is on it."]


async def test_a_redelivered_submission_is_recognised(office: Office) -> None:
    view = await opened(office, await written(office))
    await office.sandbox.submit(MIA, view, {"agent": {"value": "support"}})
    await office.sandbox.redeliver_last()
    assert len({asked.delivery for asked, _ in office.desk.asks}) == 1


async def test_a_reply_is_answered_in_its_thread(office: Office) -> None:
    root = await written(office)
    await office.sandbox.say(NOAH, SUPPORT, "and another", root.ts)
    [reply] = office.sandbox.replies(SUPPORT, root.ts)
    view = await opened(office, reply)
    assert office.desk.pointed[0].place.thread == root.ts
    assert office.desk.pointed[0].link is not None
    assert office.desk.pointed[0].link.endswith(f"?thread_ts={root.ts}&cid={SUPPORT}")
    await office.sandbox.submit(MIA, view, {"agent": {"value": "support"}})
    await office.sandbox.until(lambda: office.sandbox.ephemerals(MIA))
    assert office.sandbox.ephemerals(MIA)[0].thread_ts == root.ts


async def test_what_cannot_be_done_is_said_in_the_dialog(office: Office) -> None:
    view = await opened(office, await written(office))
    office.desk.answer = Answer(False, words("support works on this already."))
    await office.sandbox.submit(MIA, view, {"agent": {"value": "support"}})
    left = await office.sandbox.until(lambda: office.sandbox.view_of(MIA))
    assert seen(left) == "support works on this already."


async def test_an_error_stands_at_its_input(office: Office) -> None:
    view = await opened(office, await written(office))
    office.desk.answer = Answer(False, words("No."), {"agent": "There is no such agent any more."})
    await office.sandbox.submit(MIA, view, {"agent": {"value": "support"}})
    left = await office.sandbox.until(lambda: office.sandbox.view_of(MIA))
    assert left.errors == {"agent": "There is no such agent any more."}


async def test_a_refusal_is_whispered_and_no_dialog_opens(office: Office) -> None:
    office.desk.answer = Answer(False, words("Only full members."))
    assert (await office.sandbox.choose(MIA, await written(office), names.ASK)).acked
    await office.sandbox.until(lambda: office.sandbox.ephemerals(MIA))
    assert whispers(office.sandbox, MIA) == ["Only full members."]
    assert office.sandbox.view_of(MIA) is None


@pytest.mark.parametrize(("error", "told"), [("expired_trigger_id", "too long"), ("invalid_trigger_id", "not known"),
                                             ("exchanged_trigger_id", "used already")])  # fmt: skip
async def test_a_trigger_that_is_over_is_told(office: Office, error: str, told: str) -> None:
    office.desk.ask_forms = form
    office.sandbox.fail_next("views.open", error=error)
    assert (await office.sandbox.choose(MIA, await written(office), names.ASK)).acked
    await office.sandbox.until(lambda: office.sandbox.ephemerals(MIA))
    assert told in whispers(office.sandbox, MIA)[0]


async def test_a_dialog_that_comes_too_late_is_not_opened(office: Office) -> None:
    office.desk.pause, office.desk.ask_forms = 0.8, form
    assert (await office.sandbox.choose(MIA, await written(office), names.ASK)).acked
    await office.sandbox.until(lambda: office.sandbox.ephemerals(MIA))
    assert "too long" in whispers(office.sandbox, MIA)[0]
    assert office.sandbox.view_of(MIA) is None


async def test_a_slow_submission_is_told_directly(office: Office) -> None:
    view = await opened(office, await written(office))
    office.desk.pause, office.desk.answer = 0.8, Answer(True, words("support is on it."))
    answer = await office.sandbox.submit(MIA, view, {"agent": {"value": "support"}})
    assert answer is not None
    assert not answer.acked
    assert read(office.sandbox.direct(MIA)[-1].blocks) == ["support is on it."]


async def test_names_that_cannot_be_looked_up_are_no_reason_to_wait(office: Office) -> None:
    office.sandbox.fail_next("users.info", status=503, times=5)
    view = await opened(office, await written(office))
    assert office.desk.pointed[0].author == NOAH
    assert "@U0MIA knows" in seen(view)


@pytest.mark.parametrize(
    ("channel", "reached"), [(SUPPORT, True), (QUIET, False), (SECRET, False), ("own", True), ("D0X", False)]
)
async def test_whether_signoff_is_in_a_conversation(office: Office, channel: str, reached: bool) -> None:
    where = office.sandbox.workspace.im(NOAH).id if channel == "own" else channel
    assert await office.surface.present(Person(key=f"slack:{TEAM}:{NOAH}", name="Noah"), where) is reached


async def test_a_conversation_that_cannot_be_asked_about_counts_as_not_reached(office: Office) -> None:
    office.sandbox.fail_next("conversations.info", status=503, times=3)
    assert not await office.surface.present(Person(key=f"slack:{TEAM}:{NOAH}", name="Noah"), SUPPORT)


async def test_a_long_message_comes_back_whole_from_its_inputs(office: Office) -> None:
    message = await written(office, PROSE)
    view = await opened(office, message)
    assert view.blocks[0]["block_id"] == "agent"
    await office.sandbox.submit(MIA, view, {"agent": {"value": "support"}})
    [(asked, _)] = office.desk.asks
    assert asked.message == office.desk.pointed[0]
    assert asked.message.text == PROSE


TEXTS = {"short": "Hi", "letter": LETTER, "long": PROSE, "arabic": "مصباح مكسور " * 300, "hidden": "a\u202eb\u200bc",
         "many hidden": "\u202e" * 2_000 + "x"}  # fmt: skip


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_slack_takes_every_dialog_and_the_message_returns_exactly(text: str) -> None:
    view = ask_view(form(said(text, files=("a.pdf", "b.png"))), STAMP)
    assert check_view(view) == []
    message, values = asked_in(sent(view, agent="support"), STAMP)
    assert message == said(text, files=("a.pdf", "b.png"))
    assert values == {"agent": "support", "note": None}


def test_most_messages_are_quoted_and_cut_only_in_sight() -> None:
    view = ask_view(form(said(LETTER)), STAMP)
    shown = "\n".join(read(view["blocks"]))
    assert LETTER[:1_500] in shown
    assert LETTER[:1_501] not in shown
    assert f"{len(LETTER) - 1_500:,} more characters, which the agent is given too" in shown


@pytest.mark.parametrize("text", HOSTILE[::23])
def test_hostile_text_is_only_shown(text: str) -> None:
    view = ask_view(form(said(text, author=text, files=(text,))), STAMP)
    assert check_view(view) == []
    kinds = {piece["type"] for block in view["blocks"] if block["type"] == "rich_text"
             for element in block["elements"] for piece in element["elements"]}  # fmt: skip
    assert kinds <= {"text"}
    assert asked_in(sent(view, agent="support"), STAMP)[0] == said(text, author=text, files=(text,))


def test_hidden_characters_are_shown_by_name() -> None:
    assert "a<U+202E>b" in "\n".join(read(ask_view(form(said("a\u202eb")), STAMP)["blocks"]))
    long = ask_view(form(said(PROSE + "\u202e")), STAMP)
    assert "<U+202E>" in [block["hint"]["text"] for block in long["blocks"] if "hint" in block][-1]


def test_a_message_that_no_dialog_holds_is_refused() -> None:
    with pytest.raises(TooLongToEdit, match="more than a dialog of Slack holds"):
        ask_view(form(said(PROSE * 2)), STAMP)


def test_a_long_message_that_was_changed_says_so() -> None:
    view = sent(ask_view(form(said(PROSE)), STAMP), agent="support")
    parts = [block for block in view["state"]["values"] if block.startswith("text")]
    view["state"]["values"][parts[-1]]["value"]["value"] = "and more"
    message, _ = asked_in(view, STAMP)
    assert message.changed
    assert message.text.endswith("and more")


@pytest.mark.parametrize("stamp", [
    Stamp(Seals([bytes(32)]), "slack", TEAM, f"slack:{TEAM}:{NOAH}"),
    Stamp(Seals([bytes(32)]), "slack", "T0OTHER", STAMP.reader),
    Stamp(Seals([b"1" * 32]), "slack", TEAM, STAMP.reader),
], ids=["another person", "another workspace", "another deployment"])  # fmt: skip
def test_a_dialog_made_for_somebody_else_does_nothing(stamp: Stamp) -> None:
    view = sent(ask_view(form(said()), STAMP), agent="support")
    with pytest.raises(BadBinding):
        asked_in(view, stamp)


@pytest.mark.parametrize("metadata", [None, "", "x", "a.b", "é.b", 1, {}])
def test_a_dialog_that_signoff_did_not_make_does_nothing(metadata: Any) -> None:
    view = sent(ask_view(form(said()), STAMP), agent="support")
    with pytest.raises(BadBinding):
        asked_in({**view, "private_metadata": metadata}, STAMP)


def test_a_message_in_an_organisation_has_no_link_without_a_domain() -> None:
    body = {"user": {"id": MIA, "team_id": TEAM}, "team": None, "channel": {"id": SUPPORT},
            "message": {"ts": "1.5", "user": NOAH, "text": "x"}}  # fmt: skip
    message = message_of(body, {}, reached=False)
    assert (message.link, message.place.tenant, message.reached) == (None, TEAM, False)
    assert aside_of(message).thread is None
