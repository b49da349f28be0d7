"""Ask an agent, on a message of Teams: the dialog, what comes back of it, and what is said."""

from random import Random
from typing import Any

import pytest

from bot.cards.ask import AskForm, ChatMessage, ask_fields
from bot.cards.text import words
from bot.flow.binding import BadBinding, Stamp
from bot.flow.desk import Answer
from bot.flow.seals import Seals
from bot.teams.payloads import BadActivity, message_of
from bot.teams.render_ask import ask_dialog, asked_in
from bot.teams.render_form import TooLongToEdit
from storage.records import Person, Place
from tests.bot.slack.hostile import HOSTILE
from tests.bot.teams.conftest import HERE, Office, eventually
from tests.fakes.connector import cards
from tests.fakes.connector.cast import ANNA, GROUP, RAVI, SUPPORT, TENANT
from tests.fakes.connector.state import Message

STAMP = Stamp(Seals([bytes(32)]), "teams", TENANT, f"teams:{TENANT}:{ANNA.aad}")
AGENTS = {"support": "support – Reads a ticket", "triage": "triage – Sorts a ticket"}


def said(text: str = "My lamp is broken.", **changes: Any) -> ChatMessage:
    message = ChatMessage(id="17", place=HERE.model_copy(update={"thread": "17"}), author="Ravi Rao", text=text)
    return message.model_copy(update=changes)


def form(message: ChatMessage, person: Person | None = None) -> AskForm:
    return AskForm(message=message, title="Ask an agent", intro="It works.", submit="Ask", fields=ask_fields(AGENTS))


async def written(office: Office, text: str = "My <lamp> & I\nare broken", room: str = SUPPORT) -> Message:
    assert await office.town.say(RAVI, room, text, mention=False) is None
    return office.town.messages(room)[-1]


@pytest.mark.parametrize("room", [SUPPORT, GROUP])
async def test_the_message_reaches_the_desk_and_the_dialog_its_reader(office: Office, room: str) -> None:
    office.desk.ask_forms = form
    message = await written(office, room=room)
    assert (await office.town.hand(ANNA, message)).status == 200
    [pointed] = office.desk.pointed
    assert (pointed.id, pointed.author, pointed.text) == (message.id, "Ravi Rao", "My <lamp> & I\nare broken")
    thread = message.id if room == SUPPORT else None
    assert pointed.place == Place(surface="teams", tenant=TENANT, channel=room, thread=thread)
    assert (pointed.reached, pointed.link) == (True, f"https://teams.microsoft.com/l/message/{message.id}")
    dialog = office.town.dialog(ANNA)
    assert dialog is not None
    assert "My <lamp> & I" in dialog.words.replace("\u00a0", " ")


async def test_what_is_chosen_reaches_the_desk_and_the_answer_the_person(office: Office) -> None:
    office.desk.ask_forms, office.desk.answer = form, Answer(True, words("support is on it."))
    await office.town.hand(ANNA, await written(office))
    await office.town.submit(ANNA, {"ask:text:agent": "support", "ask:text:note": "soon"})
    [(asked, values)] = office.desk.asks
    assert asked.message == office.desk.pointed[0]
    assert (asked.person.user, values) == (ANNA.aad, {"agent": "support", "note": "soon"})
    assert office.town.dialog(ANNA) is None

    async def whispered() -> bool:
        return bool(office.town.targeted(ANNA))

    await eventually(whispered, True)
    assert "support is on it." in office.town.read(office.town.targeted(ANNA)[-1], ANNA)


async def test_errors_stand_at_their_inputs_and_nothing_typed_is_lost(office: Office) -> None:
    office.desk.ask_forms = form
    await office.town.hand(ANNA, await written(office))
    office.desk.answer = Answer(False, words("No."), {"agent": "There is no such agent any more."})
    await office.town.submit(ANNA, {"ask:text:agent": "support", "ask:text:note": "soon"})
    dialog = office.town.dialog(ANNA)
    assert dialog is not None
    assert "There is no such agent any more." in dialog.words
    assert [each.get("value") for each in cards.pieces(dialog.card or {}) if each["type"] == "Input.Text"] == ["soon"]


async def test_a_refusal_is_said_in_the_dialog(office: Office) -> None:
    office.desk.answer = Answer(False, words("Only full members."))
    await office.town.hand(ANNA, await written(office))
    dialog = office.town.dialog(ANNA)
    assert dialog is not None
    assert "Only full members." in dialog.words


async def test_where_signoff_is_not_it_is_said_so_and_not_remembered(office: Office) -> None:
    office.desk.ask_forms = form
    message = await written(office)
    office.town.state.installed.discard(SUPPORT)
    await office.town.hand(ANNA, message)
    assert not office.desk.pointed[0].reached


PAYLOAD: dict[str, Any] = {"id": "17", "body": {"contentType": "text", "content": "hi"}}
BODY: dict[str, Any] = {
    "from": {"id": "29:x", "aadObjectId": ANNA.aad, "name": "Anna"},
    "conversation": {"id": "19:x@thread.tacv2", "conversationType": "channel", "tenantId": TENANT},
    "channelData": {"tenant": {"id": TENANT}},
}


def about(**changes: Any) -> ChatMessage:
    return message_of(BODY | {"value": {"messagePayload": PAYLOAD | changes}}, reached=True)


def test_what_a_payload_may_lack() -> None:
    assert (about().author, about().link, about().files, about().place.thread) == ("somebody", None, (), "17")
    assert about(replyToId="16").place.thread == "16"
    assert about(linkToMessage="javascript:alert(1)").link is None
    assert about(**{"from": {"application": {"displayName": "Zendesk"}}}).author == "Zendesk"
    assert about(attachments=[{"contentType": "reference", "name": "a.pdf"}, {"contentType": "x"}, 1]).files == ("a.pdf",)
    html = {"contentType": "html", "content": "<p>one <at id='0'>Ravi</at></p><script>x</script><p>two &lt;b&gt;</p>"}
    assert about(body=html).text.split() == ["one", "Ravi", "two", "<b>"]
    empty: tuple[dict[str, Any], ...] = ({}, {"messagePayload": {}}, {"messagePayload": "x"})
    for nothing in empty:
        with pytest.raises(BadActivity):
            message_of(BODY | {"value": nothing}, reached=True)


@pytest.mark.parametrize("text", [*HOSTILE[::41], "x" * 20_000, "مصباح " * 2_000, "\u202e\u200b"], ids=str.__len__)
def test_hostile_text_is_only_shown_and_returns_exactly(text: str) -> None:
    message = said(text, author=text[:200], files=(text[:80],))
    shown = ask_dialog(form(message), STAMP).card
    cards.check(shown)
    assert {each["type"] for each in cards.pieces(shown)} <= {
        "RichTextBlock", "TextRun", "Container", "Input.Text", "Input.ChoiceSet", "Action.Submit", "AdaptiveCard"
    }  # fmt: skip
    [button] = shown["actions"]
    assert asked_in(button["data"], STAMP) == message


def test_a_message_that_no_dialog_holds_is_refused() -> None:
    noise = Random(1)  # noqa: S311
    with pytest.raises(TooLongToEdit, match="more than a dialog of Teams holds"):
        ask_dialog(form(said("".join(chr(noise.randrange(0x4E00, 0x9FFF)) for _ in range(30_000)))), STAMP)


@pytest.mark.parametrize("binding", [None, "", "x", {}, 1])
def test_a_dialog_that_signoff_did_not_make_does_nothing(binding: Any) -> None:
    with pytest.raises(BadBinding):
        asked_in({"binding": binding}, STAMP)
    [button] = ask_dialog(form(said()), STAMP).card["actions"]
    other = Stamp(STAMP.seals, "teams", TENANT, f"teams:{TENANT}:{RAVI.aad}")
    with pytest.raises(BadBinding):
        asked_in(button["data"], other)
