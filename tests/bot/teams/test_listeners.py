"""End to end over HTTP: what people do in Teams reaches the desk, and what it says reaches them and nobody else."""

from typing import Any, Literal

import pytest

from bot.cards.card import Card
from bot.cards.form import Form
from bot.cards.text import words
from bot.flow.desk import Answer, Click
from tests.bot.slack.examples import CARD, FINGERPRINT, REJECT, TOO_LONG, edit_form
from tests.bot.teams.conftest import HERE, Office, eventually
from tests.fakes.connector.cast import ANNA, GROUP, NOOR, ONCALL, RAVI, SUPPORT, TENANT, Human, personal
from tests.fakes.connector.state import Message

WHISPERED = "Recorded."


def forms(click: Click, purpose: Literal["edit", "reject"]) -> Form | Answer:
    return edit_form() if purpose == "edit" else REJECT


def key(who: Human) -> str:
    return f"teams:{TENANT}:{who.aad}"


async def posted(office: Office, shown: Card = CARD) -> Message:
    await office.surface.post(HERE, shown)
    return office.town.posts(SUPPORT)[-1]


def whispers(office: Office, who: Human) -> list[str]:
    return [office.town.read(each, who) for each in office.town.targeted(who)]


def letters(office: Office, who: Human) -> list[str]:
    return [office.town.read(each, who) for each in office.town.direct(who)]


@pytest.mark.parametrize("room", [SUPPORT, GROUP])
async def test_a_command_reaches_the_desk_and_its_answer_the_person_alone(office: Office, room: str) -> None:
    office.desk.answer = Answer(True, words("There is nothing to decide."))
    answer = await office.town.say(ANNA, room, "list all")
    assert answer is not None
    assert answer.status == 202
    [command] = office.desk.commands
    assert (command.line, command.person.key, command.person.name) == ("list all", key(ANNA), "Anna Adler")
    assert (command.place.channel, command.zone) == (room, "Europe/Berlin")
    assert whispers(office, ANNA) == ["There is nothing to decide."]
    assert (office.town.posts(room), whispers(office, RAVI)) == ([], [])


async def test_alone_with_somebody_it_answers_there(office: Office) -> None:
    await office.town.say(ANNA, personal(ANNA), "list", mention=False)
    assert letters(office, ANNA) == [WHISPERED]
    assert not office.town.targeted(ANNA)


async def test_a_command_in_a_thread_stays_there(office: Office) -> None:
    root = office.town.state.add(SUPPORT, ANNA.id, {"type": "message", "text": "Look at this"})
    await office.town.say(ANNA, SUPPORT, "run support hello", thread=root.id)
    assert office.desk.commands[0].place.thread == root.id


async def test_where_nothing_can_be_whispered_the_answer_comes_in_private(office: Office) -> None:
    office.town.fail_next("POST activities", status=403, code="Forbidden")
    await office.town.say(ANNA, SUPPORT, "list")
    assert (whispers(office, ANNA), letters(office, ANNA)) == ([], [WHISPERED])


async def test_who_cannot_be_told_anything_in_private_is_told_that_in_public(office: Office) -> None:
    office.town.fail_next("POST activities", status=403, code="Forbidden")
    office.town.fail_next("POST conversations", status=403, code="Forbidden")
    await office.town.say(ANNA, SUPPORT, "list")
    root = office.town.messages(SUPPORT)[-1].id
    said = [office.town.read(each) for each in office.town.replies(SUPPORT, root)]
    assert len(said) == 1
    assert "cannot write to you" in said[0]
    assert WHISPERED not in said[0]


async def test_approve_carries_what_was_seen_and_is_answered_under_the_card(office: Office) -> None:
    message = await posted(office)
    answer = await office.town.press(RAVI, message, "Approve")
    assert answer.status == 200
    [click] = office.desk.approvals
    assert (click.request_id, click.revision, click.fingerprint) == ("req_1", 1, FINGERPRINT)
    assert (click.person.key, click.whole) == (key(RAVI), True)
    assert office.town.strip(RAVI, message) == WHISPERED


async def test_a_client_that_knows_no_actions_approves_by_a_message(office: Office) -> None:
    message = await posted(office)
    await office.town.press(RAVI, message, "Approve", old_client=True)
    assert office.desk.approvals[0].person.key == key(RAVI)
    assert whispers(office, RAVI) == [WHISPERED]


async def test_a_press_that_comes_again_is_not_taken_again(office: Office) -> None:
    await office.town.press(RAVI, await posted(office), "Approve")
    assert [answer.status for answer in await office.town.redeliver_last(2)] == [401, 401]
    assert len(office.desk.approvals) == 1


async def test_two_presses_are_told_apart(office: Office) -> None:
    message = await posted(office)
    for _ in range(2):
        await office.town.press(RAVI, message, "Approve")
    assert len({click.delivery for click in office.desk.approvals}) == 2


async def test_what_takes_too_long_is_not_acknowledged_and_told_later(office: Office) -> None:
    message = await posted(office)
    office.desk.pause = 0.8
    answer = await office.town.press(RAVI, message, "Approve")
    assert answer.status == 503
    await office.town.until(lambda: office.town.targeted(RAVI))
    assert whispers(office, RAVI) == [WHISPERED]
    office.desk.pause = 0.8
    said = await office.town.say(ANNA, SUPPORT, "list")
    assert said is not None
    assert said.status == 503
    await office.town.until(lambda: office.town.targeted(ANNA))


async def open_form(office: Office, title: str, who: Human = RAVI) -> Message:
    office.desk.forms = forms
    message = await posted(office)
    assert (await office.town.press(who, message, title)).status == 200
    return message


async def test_edit_is_filled_in_and_sent(office: Office) -> None:
    await open_form(office, "Edit")
    dialog = office.town.dialog(RAVI)
    assert dialog is not None
    assert "480.00" in str(dialog.card)
    await office.town.submit(RAVI, inputs(dialog.card, amount="300.00", notes="as agreed"))
    assert office.town.dialog(RAVI) is None
    [(click, values)] = office.desk.edits
    assert (click.request_id, click.fingerprint, click.person.key) == ("req_1", FINGERPRINT, key(RAVI))
    assert (values["amount"], values["notes"], values["to"]) == ("300.00", "as agreed", "mia@example.com")


async def test_reject_brings_reason_and_notes(office: Office) -> None:
    await open_form(office, "Reject")
    dialog = office.town.dialog(RAVI)
    assert dialog is not None
    await office.town.submit(RAVI, inputs(dialog.card, reason="other", notes="no"))
    assert office.desk.rejections[0][1] == {"reason": "other", "notes": "no"}


async def test_errors_stand_in_the_form_with_what_was_typed(office: Office) -> None:
    await open_form(office, "Edit")
    office.desk.answer = Answer(False, words("No."), {"amount": "At most 480."})
    dialog = office.town.dialog(RAVI)
    assert dialog is not None
    await office.town.submit(RAVI, inputs(dialog.card, amount="900", notes="as agreed"))
    dialog = office.town.dialog(RAVI)
    assert dialog is not None
    assert "At most 480." in dialog.words
    assert "as agreed" in str(dialog.card)
    office.desk.answer = Answer(True, ())
    await office.town.submit(RAVI, inputs(dialog.card, amount="400"))
    assert office.town.dialog(RAVI) is None
    assert len({click.delivery for click, _ in office.desk.edits}) == 2


async def test_a_refused_form_says_why(office: Office) -> None:
    await open_form(office, "Edit")
    office.desk.answer = Answer(False, words("Anna has rejected this already."))
    await office.town.submit(RAVI)
    dialog = office.town.dialog(RAVI)
    assert dialog is not None
    assert "Anna has rejected this already." in dialog.words


async def test_a_form_that_may_not_be_opened_says_why(office: Office) -> None:
    office.desk.answer = Answer(False, words("Only finance may decide this."))
    await office.town.press(RAVI, await posted(office), "Edit")
    dialog = office.town.dialog(RAVI)
    assert dialog is not None
    assert "Only finance may decide this." in dialog.words


async def test_a_form_that_takes_too_long_is_not_opened(office: Office) -> None:
    office.desk.forms = forms
    message = await posted(office)
    office.desk.pause = 0.8
    await office.town.press(RAVI, message, "Edit")
    dialog = office.town.dialog(RAVI)
    assert dialog is not None
    assert "took too long" in dialog.words


async def test_what_is_long_is_read_to_its_end_before_it_is_approved(office: Office) -> None:
    office.desk.shown = TOO_LONG
    message = await posted(office, TOO_LONG)
    assert "Approve" not in office.town.buttons(message, RAVI)
    await office.town.press(RAVI, message, "Open to review")
    pages = 1
    while "Approve" not in titles(office, RAVI):
        await office.town.submit(RAVI, title="Next page")
        pages += 1
    assert pages > 1
    await office.town.submit(RAVI, title="Approve")
    assert [click.whole for click in office.desk.approvals] == [True]


async def test_pages_of_an_older_revision_are_not_turned(office: Office) -> None:
    office.desk.shown = TOO_LONG
    await office.town.press(RAVI, await posted(office, TOO_LONG), "Open to review")
    office.desk.shown = TOO_LONG.model_copy(update={"revision": 2})
    await office.town.submit(RAVI, title="Next page")
    dialog = office.town.dialog(RAVI)
    assert dialog is not None
    assert "was changed since" in dialog.words


async def test_a_page_that_was_served_to_somebody_else_approves_nothing(office: Office) -> None:
    office.desk.shown = TOO_LONG
    await office.town.press(RAVI, await posted(office, TOO_LONG), "Open to review")
    dialog = office.town.dialog(RAVI)
    assert dialog is not None
    stolen = next(each for each in actions(dialog.card) if each["title"] == "Next page")["data"]
    activity = office.town.message(NOOR, SUPPORT, "") | {"type": "invoke", "name": "task/submit", "value": {"data": stolen}}
    answer = await office.town.deliver(activity)
    assert "is not one that Signoff made for this" in str(answer.body)


@pytest.mark.parametrize(
    "data",
    [{}, {"verb": "approve"}, {"verb": "approve", "binding": "{}"}, {"verb": "x"}, {"verb": 5, "binding": 5}, None, "x"],
)
@pytest.mark.parametrize("name", ["adaptiveCard/action", "task/fetch", "task/submit"])
async def test_buttons_that_signoff_did_not_make_do_nothing(office: Office, data: Any, name: str) -> None:
    value = {"action": {"data": data}} if name == "adaptiveCard/action" else {"data": data}
    activity = office.town.message(RAVI, SUPPORT, "") | {"type": "invoke", "name": name, "value": value}
    answer = await office.town.deliver(activity)
    assert answer.status == 200
    assert "is not one that Signoff made for this" in str(answer.body)
    assert not office.desk.approvals


async def test_what_goes_wrong_inside_becomes_a_sentence(office: Office) -> None:
    message = await posted(office)
    office.desk.error = RuntimeError("secret details")
    await office.town.press(RAVI, message, "Approve")
    await office.town.say(ANNA, SUPPORT, "list")
    for told in (office.town.strip(RAVI, message), *whispers(office, ANNA)):
        assert "Something went wrong" in told
        assert "secret" not in told


async def test_invokes_of_others_are_not_implemented(office: Office) -> None:
    activity = office.town.message(RAVI, SUPPORT, "") | {"type": "invoke", "name": "composeExtension/query", "value": {}}
    assert (await office.town.deliver(activity)).status == 501


async def test_a_viewer_is_shown_the_card_as_it_stands_now(office: Office) -> None:
    message = await posted(office)
    office.desk.shown = CARD.model_copy(update={"state": "Needs one more"})
    assert await office.town.refresh(RAVI, message) is not None
    assert office.desk.read == [False]
    assert "Needs one more" in office.town.read(message, RAVI)
    assert "Needs one more" not in office.town.read(message, NOOR)
    await office.town.press(RAVI, message, "Approve")
    assert office.desk.approvals[-1].person.key == key(RAVI)


async def test_removal_gives_up_what_waits_there(installed: Office) -> None:
    await installed.town.say(ANNA, ONCALL, "list")
    await eventually(installed.conversations, 4)
    await installed.town.remove_bot(SUPPORT, ANNA)
    lost = {place.channel for place in installed.desk.losses}
    assert lost == {SUPPORT, ONCALL}
    assert await installed.conversations() == 2


async def test_where_nothing_can_be_given_up_now_it_can_still_be_asked(installed: Office) -> None:
    installed.desk.loses = False
    await installed.town.remove_bot(SUPPORT, ANNA)
    assert {place.channel for place in installed.desk.losses} == {SUPPORT}
    assert await installed.conversations() == 3
    assert not await installed.surface.reaches(HERE)


async def test_a_deleted_channel_is_given_up(installed: Office) -> None:
    await installed.town.delete_channel(SUPPORT, ANNA)
    assert [(place.surface, place.tenant, place.channel) for place in installed.desk.losses] == [("teams", TENANT, SUPPORT)]
    assert await installed.conversations() == 2


async def test_without_dialogs_forms_stand_in_the_card(office: Office) -> None:
    office.surface.dialogs = False
    office.desk.forms = forms
    message = await posted(office)
    await office.town.press(RAVI, message, "Edit")
    card = office.town.card(message, RAVI)
    await office.town.press(RAVI, message, "Approve edited", inputs(card, amount="300.00"))
    assert office.desk.edits[0][1]["amount"] == "300.00"


def inputs(card: Any, **values: str) -> dict[str, str]:
    """The ids of the inputs of those fields, with what is typed into them."""
    ids = [each["id"] for each in pieces(card) if str(each.get("type", "")).startswith("Input.")]
    return {next(each for each in ids if name in each.replace(":", " ").split()): value for name, value in values.items()}


def pieces(card: Any) -> list[dict[str, Any]]:
    if isinstance(card, list):
        return [piece for each in card for piece in pieces(each)]
    if not isinstance(card, dict):
        return []
    return [card, *(piece for each in card.values() for piece in pieces(each))]


def actions(card: Any) -> list[dict[str, Any]]:
    return [each for each in pieces(card) if str(each.get("type", "")).startswith("Action.")]


def titles(office: Office, who: Human) -> list[str]:
    dialog = office.town.dialog(who)
    assert dialog is not None
    return [each["title"] for each in actions(dialog.card)]
