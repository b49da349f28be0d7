"""Buttons and dialogs are sealed: only a value made here for this act, person, workspace and revision does something."""

import copy
import json
from dataclasses import replace
from functools import partial
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.cards.form import Form
from bot.flow.binding import PERSONAL, BadBinding, Binding, Purpose, Stamp
from bot.flow.desk import Answer
from bot.flow.seals import Seals
from bot.sandbox.delivery import Parcel
from bot.sandbox.views import View
from bot.slack import limits, names
from tests.bot.slack.conftest import HERE, MIA, NOAH, SUPPORT, TEAM, Office
from tests.bot.slack.examples import CARD, FINGERPRINT, REJECT, STAMP, TOO_LONG, card, edit_form, pieces, read

PURPOSES: tuple[Purpose, ...] = get_args(Purpose)
SEEN = Binding("req_1", 1, FINGERPRINT)


@pytest.mark.parametrize("purpose", PURPOSES)
def test_a_value_does_what_it_was_made_for_and_nothing_else(purpose: Purpose) -> None:
    value = STAMP.value(CARD, purpose)
    assert STAMP.read(value, purpose) == SEEN
    for other in (each for each in PURPOSES if each != purpose):
        with pytest.raises(BadBinding):
            STAMP.read(value, other)


@pytest.mark.parametrize(
    ("name", "forged"),
    [("request", "req_2"), ("revision", 2), ("fingerprint", "e" * 64), ("page", 3), ("seal", "A" * 43), ("seal", ""),
     ("revision", True), ("revision", 1.0), ("request", None), ("seal", "ü"), ("seal", "\ud800")],
)  # fmt: skip
def test_an_edited_value_does_nothing(name: str, forged: object) -> None:
    fields = json.loads(STAMP.value(CARD, "approve"))
    with pytest.raises(BadBinding):
        STAMP.read(json.dumps(fields | {name: forged}), "approve")


@pytest.mark.parametrize(
    "value",
    [None, 1, "", "{}", "[]", "null", '"x"', "[" * 5_000, '{"request":"req_1","revision":1,"fingerprint":"f"}', "2"],
    ids=["absent", "number", "empty", "object", "list", "null", "text", "deep", "without a seal", "page"],
)
def test_what_is_no_value_does_nothing(value: object) -> None:
    with pytest.raises(BadBinding):
        STAMP.read(value, "approve")


def test_a_value_of_another_workspace_deployment_or_reader_does_nothing() -> None:
    for purpose in PURPOSES:
        others = [replace(STAMP, team="T0OTHER"), replace(STAMP, seals=Seals([bytes([1]) * 32]))]
        others += [replace(STAMP, reader="slack:T0SANDBOX:U0NOAH")] if purpose in PERSONAL else []
        for other in others:
            with pytest.raises(BadBinding):
                STAMP.read(other.value(CARD, purpose), purpose)


def test_whoever_sees_a_card_may_press_its_buttons() -> None:
    anybody = replace(STAMP, reader="")
    assert STAMP.read(anybody.value(CARD, "approve"), "approve") == SEEN
    for purpose in (each for each in PURPOSES if each in PERSONAL):
        with pytest.raises(ValueError, match="belongs to somebody"):
            anybody.value(CARD, purpose)


def test_values_outlive_a_new_key_while_the_old_one_is_known() -> None:
    old, new = bytes(32), bytes([1]) * 32
    value = STAMP.value(CARD, "approve")
    assert Stamp(Seals([new, old]), "slack", STAMP.team).read(value, "approve") == SEEN
    with pytest.raises(BadBinding):
        Stamp(Seals([new]), "slack", STAMP.team).read(value, "approve")


@given(st.integers(0, 10**6), st.integers(1, 10**6))
def test_values_are_well_within_slacks_limits(page: int, revision: int) -> None:
    value = STAMP.value(card(revision=revision, request_id="req_" + "x" * 60), "turn", page)
    assert len(value) < limits.BUTTON_VALUE // 4 < limits.VIEW_PRIVATE_METADATA


# Through the real Bolt, with payloads that Slack would sign: somebody holds the bot's token, or replays what they saw.


async def on_screen(office: Office, shown: Any = CARD) -> None:
    """Post a card and have Noah press its first button, so that there is a payload to forge."""
    office.desk.shown = shown
    office.desk.forms = lambda click, purpose: edit_form() if purpose == "edit" else REJECT
    await office.surface.post(HERE, shown)
    message = office.sandbox.messages(SUPPORT)[-1]
    first = next(piece["action_id"] for piece in pieces(list(message.blocks)) if piece["type"] == "button")
    await office.sandbox.click(NOAH, message, first)
    office.desk.approvals.clear()


async def bring(office: Office, payload: dict[str, Any]) -> None:
    """Deliver a forged payload as a new act."""
    payload["trigger_id"] += "-again"
    assert (await office.sandbox._line.deliver(Parcel("interactive", payload))).acked


def last(office: Office, kind: str) -> dict[str, Any]:
    """The last payload of a kind, to forge."""
    payloads = [parcel.payload for parcel, _ in office.sandbox.deliveries if parcel.payload.get("type") == kind]
    return copy.deepcopy(dict(payloads[-1]))


def press(office: Office, action: str, value: str) -> dict[str, Any]:
    payload = last(office, "block_actions")
    payload["actions"] = [{**payload["actions"][0], "action_id": action, "value": value}]
    return payload


def submission(office: Office, callback: str, metadata: str) -> dict[str, Any]:
    payload = {**last(office, "block_actions"), "type": "view_submission"}
    view = {"id": "V1", "hash": "1", "callback_id": callback, "private_metadata": metadata, "blocks": [], "type": "modal",
            "state": {"values": {"reason": {"value": {"type": "plain_text_input", "value": "other"}}}}}  # fmt: skip
    return payload | {"view": view}


def values(office: Office, shown: Any = CARD, person: str = NOAH) -> dict[Purpose, str]:
    stamp = Stamp(office.surface.seals, "slack", TEAM, f"slack:{TEAM}:{person}")
    return {purpose: stamp.value(shown, purpose) for purpose in PURPOSES}


def acts(office: Office) -> int:
    return len(office.desk.approvals) + len(office.desk.edits) + len(office.desk.rejections) + len(office.desk.opened)


async def refused(office: Office, payload: dict[str, Any]) -> None:
    """Nothing reaches the desk, and the person reads why, in a whisper or in the dialog."""
    before, whispers = acts(office), len(office.sandbox.ephemerals(NOAH))
    await bring(office, payload)
    assert acts(office) == before
    if payload["type"] == "view_submission":
        told = office.sandbox.deliveries[-1][1].body
        assert "not one that Signoff made" in str(told)
    else:
        await office.sandbox.until(lambda: len(office.sandbox.ephemerals(NOAH)) > whispers)
        assert "not one that Signoff made" in read(office.sandbox.ephemerals(NOAH)[-1].blocks)[0]


async def test_the_rig_is_right_a_good_value_is_taken(office: Office) -> None:
    await on_screen(office)
    good = values(office)
    await bring(office, press(office, names.APPROVE, good["approve"]))
    await bring(office, submission(office, names.REVIEW, good["approve_read"]))
    assert len(office.desk.approvals) == 2


async def test_only_a_card_that_shows_everything_can_be_approved_from(office: Office) -> None:
    await on_screen(office, TOO_LONG)
    message = office.sandbox.messages(SUPPORT)[-1]
    carried = [piece["value"] for piece in pieces(list(message.blocks)) if piece["type"] == "button"]
    assert len(carried) == 3
    for value in carried:
        await refused(office, press(office, names.APPROVE, value))
        await refused(office, submission(office, names.REVIEW, value))


async def test_no_value_for_anything_else_approves(office: Office) -> None:
    await on_screen(office)
    for purpose, value in values(office).items():
        if purpose != "approve":
            await refused(office, press(office, names.APPROVE, value))
        if purpose != "approve_read":
            await refused(office, submission(office, names.REVIEW, value))
        if purpose not in ("edit_form", "reject_form"):
            await refused(office, submission(office, names.EDIT_FORM, value))
            await refused(office, submission(office, names.REJECT_FORM, value))


async def test_the_last_page_of_another_person_approves_nothing(office: Office) -> None:
    await on_screen(office, TOO_LONG)
    hers = values(office, TOO_LONG, MIA)
    await refused(office, submission(office, names.REVIEW, hers["approve_read"]))
    await refused(office, press(office, names.NEXT, hers["turn"]))


async def test_a_press_from_another_workspace_does_nothing(office: Office) -> None:
    await on_screen(office)
    for team in ({"id": "T0OTHER", "domain": "other"}, None):
        payload = press(office, names.APPROVE, values(office)["approve"])
        payload["team"], payload["user"]["team_id"] = team, TEAM
        before = acts(office)
        await bring(office, payload)
        assert acts(office) == before


async def test_a_value_of_another_deployment_does_nothing(office: Office) -> None:
    await on_screen(office)
    elsewhere = Stamp(Seals([bytes([7]) * 32]), "slack", TEAM).value(CARD, "approve")
    await refused(office, press(office, names.APPROVE, elsewhere))


async def test_pages_are_turned_one_by_one_and_the_last_one_approves(office: Office) -> None:
    await on_screen(office, TOO_LONG)
    view = await office.sandbox.until(lambda: office.sandbox.view_of(NOAH))
    page = 1
    while "submit" not in view.body:
        turns = [json.loads(piece["value"])["page"] for piece in pieces(list(view.blocks)) if piece["type"] == "button"]
        assert max(turns) == page + 1
        assert not view.body.get("private_metadata")
        page += 1
        await office.sandbox.click_in_view(NOAH, view, names.NEXT)
        view = await office.sandbox.until(partial(_titled, office, f"Page {page} "))
    await office.sandbox.submit(NOAH, view)
    assert [click.person.user for click in office.desk.approvals] == [NOAH]


async def test_forms_of_another_person_are_refused(office: Office) -> None:
    await on_screen(office)
    hers = values(office, edit_form(), MIA)
    await refused(office, submission(office, names.EDIT_FORM, hers["edit_form"]))
    await refused(office, submission(office, names.REJECT_FORM, hers["reject_form"]))
    his = values(office, edit_form(), NOAH)
    office.desk.answer = Answer(True, ())
    await bring(office, submission(office, names.REJECT_FORM, his["reject_form"]))
    assert len(office.desk.rejections) == 1


def test_a_form_is_sealed_for_its_own_purpose() -> None:
    form: Form = edit_form()
    assert STAMP.read(STAMP.value(form, "edit_form"), "edit_form") == SEEN


def _titled(office: Office, title: str) -> View | None:
    view = office.sandbox.view_of(NOAH)
    return view if view is not None and view.body["title"]["text"].startswith(title) else None
