"""End to end through the real slack_bolt and slack_sdk: what people do reaches the desk, and what it says reaches them."""

from functools import partial
from typing import Any, Literal

import pytest

from bot.cards.form import Form
from bot.cards.text import words
from bot.flow.desk import Answer, Click
from bot.sandbox.server import Sandbox
from bot.sandbox.views import View
from bot.sandbox.workspace import Message
from bot.slack import names
from storage.records import Place
from tests.bot.slack.conftest import HERE, MIA, NOAH, SUPPORT, TEAM, Office
from tests.bot.slack.examples import CARD, FINGERPRINT, LONG, REJECT, TOO_LONG, card, edit_form, read


def forms(click: Click, purpose: Literal["edit", "reject"]) -> Form | Answer:
    return edit_form() if purpose == "edit" else REJECT


async def posted(office: Office, shown: Any = CARD) -> Message:
    await office.surface.post(HERE, shown)
    return office.sandbox.messages(SUPPORT)[-1]


def whispers(sandbox: Sandbox, person: str) -> list[str]:
    return ["\n".join(read(message.blocks)) for message in sandbox.ephemerals(person)]


def seen(view: View) -> str:
    return "\n".join(read(view.blocks))


async def test_command_reaches_the_desk_and_its_answer_the_person(office: Office) -> None:
    office.desk.answer = Answer(True, words("There is nothing to decide."))
    answer = await office.sandbox.say(MIA, SUPPORT, "/signoff list all")
    assert answer is not None
    assert answer.acked
    command = office.desk.commands[0]
    assert (command.line, command.person.key, command.person.name) == ("list all", f"slack:{TEAM}:{MIA}", "mia")
    assert command.place == Place(surface="slack", tenant=TEAM, channel=SUPPORT)
    assert whispers(office.sandbox, MIA) == ["There is nothing to decide."]


async def test_a_slow_command_is_not_acknowledged_and_its_answer_is_told(office: Office) -> None:
    office.desk.pause = 0.8
    office.desk.answer = Answer(True, words("Started."))
    answer = await office.sandbox.say(MIA, SUPPORT, "/signoff run support hello")
    assert answer is not None
    assert not answer.acked
    assert "Started." in whispers(office.sandbox, MIA)
    assert "failed with the error" in " ".join(message.text for message in office.sandbox.ephemerals(MIA))


async def test_approve_carries_what_was_seen(office: Office) -> None:
    message = await posted(office)
    assert (await office.sandbox.click(NOAH, message, names.APPROVE)).acked
    click = office.desk.approvals[0]
    assert (click.request_id, click.revision, click.fingerprint) == ("req_1", 1, FINGERPRINT)
    assert click.person.key == f"slack:{TEAM}:{NOAH}"
    await office.sandbox.until(lambda: office.sandbox.ephemerals(NOAH))
    assert whispers(office.sandbox, NOAH) == ["Recorded."]


async def test_a_redelivered_press_is_recognised_as_the_same(office: Office) -> None:
    message = await posted(office)
    await office.sandbox.click(NOAH, message, names.APPROVE)
    answers = await office.sandbox.redeliver_last(2)
    assert all(answer.acked for answer in answers)
    await office.sandbox.click(NOAH, message, names.APPROVE)
    deliveries = [click.delivery for click in office.desk.approvals]
    assert len(set(deliveries)) == 2
    assert deliveries[0] != deliveries[-1]


async def test_a_slow_approval_is_not_acknowledged_and_its_result_is_told(office: Office) -> None:
    office.desk.pause = 0.8
    message = await posted(office)
    assert not (await office.sandbox.click(NOAH, message, names.APPROVE)).acked
    assert whispers(office.sandbox, NOAH) == ["Recorded."]


async def test_a_slow_failure_is_told_too(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    message = await posted(office)
    office.desk.pause, office.desk.late_error = 0.8, RuntimeError("secret detail")
    assert not (await office.sandbox.click(NOAH, message, names.APPROVE)).acked
    assert whispers(office.sandbox, NOAH)[0].startswith("Something went wrong inside Signoff")
    assert "secret detail" in caplog.text


async def open_form(office: Office, action: str) -> View:
    office.desk.forms = forms
    message = await posted(office)
    assert (await office.sandbox.click(NOAH, message, action)).acked
    return await office.sandbox.until(lambda: office.sandbox.view_of(NOAH))


async def test_edit_is_filled_in_and_submitted(office: Office) -> None:
    view = await open_form(office, names.EDIT)
    answer = await office.sandbox.submit(NOAH, view, {"amount": {"value": "300"}, "notes": {"value": "as agreed"}})
    assert answer is not None
    assert answer.acked
    assert office.sandbox.view_of(NOAH) is None
    click, values = office.desk.edits[0]
    assert (click.request_id, click.revision, click.fingerprint) == ("req_1", 1, FINGERPRINT)
    assert (values["amount"], values["notes"], values["to"]) == ("300", "as agreed", "mia@example.com")


async def test_reject_brings_reason_and_notes(office: Office) -> None:
    view = await open_form(office, names.REJECT)
    await office.sandbox.submit(NOAH, view, {"reason": {"value": "other"}, "notes": {"value": "no"}})
    assert office.desk.rejections[0][1] == {"reason": "other", "notes": "no"}


async def test_field_errors_stand_at_the_fields_and_can_be_corrected(office: Office) -> None:
    view = await open_form(office, names.EDIT)
    office.desk.answer = Answer(False, words("No."), {"amount": "At most 480."})
    await office.sandbox.submit(NOAH, view, {"amount": {"value": "900"}})
    view = await office.sandbox.until(lambda: office.sandbox.view_of(NOAH))
    assert view.errors == {"amount": "At most 480."}
    office.desk.answer = Answer(True, ())
    await office.sandbox.submit(NOAH, view, {"amount": {"value": "400"}})
    assert office.sandbox.view_of(NOAH) is None
    deliveries = [click.delivery for click, _ in office.desk.edits]
    assert deliveries[0] != deliveries[1]


async def test_a_refused_submission_says_why_in_the_dialog(office: Office) -> None:
    view = await open_form(office, names.EDIT)
    office.desk.answer = Answer(False, words("Anna has rejected this already."))
    await office.sandbox.submit(NOAH, view)
    view = await office.sandbox.until(lambda: office.sandbox.view_of(NOAH))
    assert seen(view) == "Anna has rejected this already."
    assert "submit" not in view.body


async def test_a_slow_submission_leaves_the_dialog_open_and_its_result_is_told(office: Office) -> None:
    view = await open_form(office, names.EDIT)
    office.desk.pause = 0.8
    answer = await office.sandbox.submit(NOAH, view, {"amount": {"value": "300"}})
    assert answer is not None
    assert not answer.acked
    left = office.sandbox.view_of(NOAH)
    assert left is not None
    assert left.state["amount"]["value"]["value"] == "300"
    assert read(office.sandbox.direct(NOAH)[-1].blocks) == ["Recorded."]


async def test_a_form_that_may_not_be_opened_is_refused_in_a_whisper(office: Office) -> None:
    office.desk.answer = Answer(False, words("Only finance may decide this."))
    await office.sandbox.click(MIA, await posted(office), names.EDIT)
    await office.sandbox.until(lambda: office.sandbox.ephemerals(MIA))
    assert whispers(office.sandbox, MIA) == ["Only finance may decide this."]
    assert office.sandbox.view_of(MIA) is None


async def test_a_form_that_comes_too_late_is_not_opened(office: Office) -> None:
    office.desk.pause, office.desk.forms = 0.8, forms
    assert (await office.sandbox.click(NOAH, await posted(office), names.EDIT)).acked
    await office.sandbox.until(lambda: office.sandbox.ephemerals(NOAH))
    assert "too long" in whispers(office.sandbox, NOAH)[0]
    assert office.sandbox.view_of(NOAH) is None


async def test_a_text_too_long_to_edit_is_refused_in_a_whisper(office: Office) -> None:
    body = edit_form().fields[4].model_copy(update={"value": LONG * 3})
    office.desk.forms = lambda click, purpose: edit_form(body)
    await office.sandbox.click(NOAH, await posted(office), names.EDIT)
    await office.sandbox.until(lambda: office.sandbox.ephemerals(NOAH))
    assert "too long to edit in Slack" in whispers(office.sandbox, NOAH)[0]


@pytest.mark.parametrize("long", [False, True])
async def test_the_desk_hears_whether_an_editor_saw_the_whole_card(office: Office, long: bool) -> None:
    message = await posted(office, TOO_LONG) if long else await posted(office)
    office.desk.forms = lambda click, purpose: edit_form()
    await office.sandbox.click(NOAH, message, names.EDIT)
    view = await office.sandbox.until(lambda: office.sandbox.view_of(NOAH))
    await office.sandbox.submit(NOAH, view)
    click, _ = office.desk.edits[0]
    assert click.whole is not long


async def test_a_long_card_is_read_to_the_end_and_approved_there(office: Office) -> None:
    office.desk.shown = TOO_LONG
    message = await posted(office, TOO_LONG)
    await office.sandbox.click(NOAH, message, names.READ)
    view = await office.sandbox.until(lambda: office.sandbox.view_of(NOAH))
    pages = [seen(view)]
    while "submit" not in view.body:
        await office.sandbox.click_in_view(NOAH, view, names.NEXT)
        view = await office.sandbox.until(partial(_page, office.sandbox, f"Page {len(pages) + 1} "))
        pages.append(seen(view))
    await office.sandbox.click_in_view(NOAH, view, names.PREVIOUS)
    view = await office.sandbox.until(lambda: _page(office.sandbox, f"Page {len(pages) - 1} "))
    await office.sandbox.click_in_view(NOAH, view, names.NEXT)
    view = await office.sandbox.until(lambda: _page(office.sandbox, f"Page {len(pages)} "))
    assert "Line 0 of a long letter" in pages[0]
    assert "Line 399 of a long letter" in pages[-1]
    await office.sandbox.submit(NOAH, view)
    assert (office.desk.approvals[0].request_id, office.desk.approvals[0].fingerprint) == ("req_1", FINGERPRINT)
    assert office.sandbox.view_of(NOAH) is None


async def test_pages_of_another_revision_are_not_mixed(office: Office) -> None:
    office.desk.shown = TOO_LONG
    await office.sandbox.click(NOAH, await posted(office, TOO_LONG), names.READ)
    view = await office.sandbox.until(lambda: office.sandbox.view_of(NOAH))
    office.desk.shown = card(revision=2, fields=TOO_LONG.fields, fingerprint="e" * 64)
    await office.sandbox.click_in_view(NOAH, view, names.NEXT)
    view = await office.sandbox.until(lambda: _newer(office.sandbox, view.hash))
    assert "changed since" in seen(view)


async def test_a_failure_of_ours_is_a_sentence_and_never_a_trace(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    message = await posted(office)
    office.desk.error = RuntimeError("secret detail")
    assert (await office.sandbox.click(NOAH, message, names.APPROVE)).acked
    await office.sandbox.until(lambda: office.sandbox.ephemerals(NOAH))
    assert whispers(office.sandbox, NOAH)[0].startswith("Something went wrong inside Signoff")
    assert "secret detail" in caplog.text


async def test_a_failure_during_a_submission_keeps_what_was_typed(office: Office) -> None:
    view = await open_form(office, names.EDIT)
    office.desk.error = RuntimeError("boom")
    answer = await office.sandbox.submit(NOAH, view, {"amount": {"value": "300"}})
    assert answer is not None
    assert answer.acked
    view = await office.sandbox.until(lambda: office.sandbox.view_of(NOAH))
    assert list(view.errors) == ["amount"]
    assert view.state["amount"]["value"]["value"] == "300"


async def test_a_button_that_signoff_did_not_make_is_refused(office: Office) -> None:
    blocks = [
        {"type": "actions", "elements": [
            {"type": "button", "action_id": names.APPROVE, "text": {"type": "plain_text", "text": "x"}, "value": "{}"}
        ]}
    ]  # fmt: skip
    await office.surface._client.chat_postMessage(channel=SUPPORT, text="x", blocks=blocks)
    assert (await office.sandbox.click(NOAH, office.sandbox.messages(SUPPORT)[-1], names.APPROVE)).acked
    await office.sandbox.until(lambda: office.sandbox.ephemerals(NOAH))
    assert "not one that Signoff made" in whispers(office.sandbox, NOAH)[0]
    assert office.desk.approvals == []


async def test_what_cannot_be_told_is_no_failure(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    message = await posted(office)
    office.sandbox.fail_next("chat.postEphemeral", status=503)
    assert (await office.sandbox.click(NOAH, message, names.APPROVE)).acked
    assert len(office.desk.approvals) == 1


def _newer(sandbox: Sandbox, old: str) -> View | None:
    view = sandbox.view_of(NOAH)
    return view if view is not None and view.hash != old else None


def _page(sandbox: Sandbox, title: str) -> View | None:
    view = sandbox.view_of(NOAH)
    return view if view is not None and view.body["title"]["text"].startswith(title) else None
