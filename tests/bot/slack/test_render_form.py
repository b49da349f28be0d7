"""Forms as modals, and what people typed as values."""

from typing import Any

import pytest

from bot.cards.form import FormField
from bot.flow.binding import Binding, Purpose
from bot.sandbox.blocks import check_view
from bot.sandbox.inputs import state_of
from bot.slack import names
from bot.slack.render_form import TooLongToEdit, errors_for, form_view, values_of
from bot.slack.render_text import Block
from tests.bot.slack.examples import FINGERPRINT, REJECT, STAMP, edit_form


def elements(view: Block) -> dict[str, Block]:
    return {block["block_id"]: block["element"] for block in view["blocks"] if block["type"] == "input"}


def submitted(view: Block, entered: dict[str, Any] | None = None) -> Block:
    """The view as Slack would send it back."""
    values = {block: {"value": value} for block, value in (entered or {}).items()}
    return {**view, "state": {"values": state_of(view["blocks"], values, {})}}


@pytest.mark.parametrize("form", [edit_form(), REJECT], ids=["edit", "reject"])
def test_slack_takes_every_form(form: Any) -> None:
    view = form_view(form, STAMP)
    assert check_view(view) == []
    purpose: Purpose = "edit_form" if form.purpose == "edit" else "reject_form"
    assert STAMP.read(view["private_metadata"], purpose) == Binding("req_1", 1, FINGERPRINT)
    assert view["callback_id"] == {"edit": names.EDIT_FORM, "reject": names.REJECT_FORM}[form.purpose]


def test_a_title_too_long_for_slack_stands_below_it() -> None:
    view = form_view(edit_form(), STAMP)
    assert view["title"]["text"] == "Edit"
    assert view["blocks"][0]["text"]["text"] == "Edit: Refund a payment by card"
    short = form_view(edit_form().model_copy(update={"title": "Edit: Send an e-mail"}), STAMP)
    assert short["title"]["text"] == "Edit: Send an e-mail"
    assert short["blocks"][0]["type"] == "section"


def test_inputs_are_typed_and_filled() -> None:
    shown = elements(form_view(edit_form(), STAMP))
    assert {name: element["type"] for name, element in shown.items()} == {
        "amount": "number_input", "days": "number_input", "to": "email_text_input", "subject": "plain_text_input",
        "body": "plain_text_input", "notify": "checkboxes", "why": "static_select", "day": "datepicker",
        "notes": "plain_text_input",
    }  # fmt: skip
    amount = shown["amount"]
    assert (amount["initial_value"], amount["min_value"], amount["max_value"]) == ("480.00", "0.01", "1000")
    assert (amount["is_decimal_allowed"], shown["days"]["is_decimal_allowed"]) == (True, False)
    assert (shown["subject"]["min_length"], shown["subject"]["max_length"]) == (1, 78)
    assert shown["body"]["multiline"] is True
    assert shown["why"]["initial_option"]["value"] == "broken"
    assert shown["day"]["initial_date"] == "2026-11-22"


def test_optional_inputs_and_checkboxes_may_stay_empty() -> None:
    optional = {b["block_id"]: b["optional"] for b in form_view(edit_form(), STAMP)["blocks"] if b["type"] == "input"}
    assert [name for name, value in optional.items() if value] == ["days", "notify", "notes"]


def test_an_untouched_form_gives_back_what_it_was_filled_with() -> None:
    assert values_of(submitted(form_view(edit_form(), STAMP))) == {
        "amount": "480.00", "days": "3", "to": "mia@example.com", "subject": "Your lamp", "body": "Dear Mia,\nsorry.",
        "notify": True, "why": "broken", "day": "2026-11-22", "notes": None,
    }  # fmt: skip


def test_what_was_typed_comes_back() -> None:
    entered = {"amount": "300", "notify": [], "why": "late", "day": "2026-12-01", "notes": "too much"}
    values = values_of(submitted(form_view(edit_form(), STAMP), entered))
    assert values | {"amount": "300", "notify": False, "why": "late", "day": "2026-12-01", "notes": "too much"} == values


@pytest.mark.parametrize("length", [3_000, 3_001, 6_000, 29_999])
def test_a_long_text_is_edited_in_parts_and_loses_nothing(length: int) -> None:
    text = ("0123456789 " * 3_000)[:length]
    view = form_view(edit_form(FormField(name="body", label="Body", kind="lines", value=text)), STAMP)
    assert check_view(view) == []
    assert values_of(submitted(view)) == {"body": text}


def test_a_text_too_long_to_edit_says_so() -> None:
    with pytest.raises(TooLongToEdit, match=r"Body has 30,001 characters.*Approve or reject"):
        form_view(edit_form(FormField(name="body", label="Body", kind="lines", value="x" * 30_001)), STAMP)


@pytest.mark.parametrize(
    "field",
    [
        FormField(name="n", label="N", kind="number", value="not a number"),
        FormField(name="n", label="N", kind="number", value="Infinity"),
        FormField(name="n", label="N", kind="choice", value="gone", choices={"a": "A"}),
        FormField(name="n", label="N", kind="choice", value="v", choices={str(n): str(n) for n in range(101)}),
        FormField(name="n", label="N", kind="choice", value="v", choices={"k" * 151: "long"}),
        FormField(name="n", label="L" * 3_000, hint="h" * 3_000, kind="text", value="x" * 50, max_length=10),
        FormField(name="n", label="N", kind="text", value="", min_length=4_000, max_length=9_000),
        FormField(name="n", label="N", kind="boolean", value=False),
        FormField(name="n", label="", hint="", kind="date", value=None),
    ],
)
def test_odd_fields_still_open(field: FormField) -> None:
    assert check_view(form_view(edit_form(field), STAMP)) == []


def test_errors_stand_at_their_inputs() -> None:
    long = FormField(name="body", label="Body", kind="lines", value="x" * 4_000)
    amount = FormField(name="amount", label="Amount", kind="number")
    view = form_view(edit_form(long, amount), STAMP)
    errors = {"amount": "Too much.", "body": "Too long.", "items.0": "Odd.", "arguments": "Do not fit."}
    assert errors_for(view, errors) == {"amount": "Too much.", "body:1": "Too long. Odd. Do not fit."}


def test_without_inputs_there_is_nowhere_for_errors() -> None:
    assert errors_for({"blocks": [{"type": "divider"}]}, {"a": "b"}) == {}
