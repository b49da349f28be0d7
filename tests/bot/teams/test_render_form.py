"""Forms as Adaptive Cards, and what people typed as values."""

from typing import Any

import pytest

from bot.cards.form import Form, FormField
from bot.cards.text import words
from bot.flow.binding import Binding, Purpose
from bot.teams.render_form import TooLongToEdit, form_dialog, said_dialog, values_of
from bot.teams.render_text import Block
from storage.records import JsonObject
from tests.bot.slack.examples import FINGERPRINT, REJECT, edit_form
from tests.bot.teams.cards import STAMP, actions, faults, inputs, read


def submitted(card: Block, entered: JsonObject | None = None) -> dict[str, Any]:
    """What Teams sends when the form is submitted: the action's data and every input's value as text."""
    data = dict(actions(card)[-1]["data"])
    for name, element in inputs(card).items():
        value = (entered or {}).get(name, element.get("value"))
        data |= {element["id"]: value if value is None else str(value)}
    return data


@pytest.mark.parametrize("dialog", [True, False])
@pytest.mark.parametrize("form", [edit_form(), REJECT], ids=["edit", "reject"])
def test_teams_takes_every_form(form: Form, dialog: bool) -> None:
    shown = form_dialog(form, STAMP, 1, dialog=dialog)
    assert faults(shown.card) == []
    assert shown.title == form.purpose.capitalize()
    first, *rest = actions(shown.card)
    purpose: Purpose = "edit_form" if form.purpose == "edit" else "reject_form"
    assert (first["title"], first["data"]["verb"]) == (form.submit, purpose)
    assert STAMP.read(first["data"]["binding"], purpose) == Binding("req_1", 1, FINGERPRINT, 1)
    assert first["type"] == ("Action.Submit" if dialog else "Action.Execute")
    assert [each["title"] for each in rest] == ([] if dialog else ["Back"])


def test_form_says_what_it_is_about_and_what_sending_it_does() -> None:
    assert read(form_dialog(edit_form(), STAMP).card["body"])[:2] == [
        "*Edit: Refund a payment by card*",
        "What you send here is judged again and counts as your approval of exactly these values.",
    ]


def test_inputs_are_typed_filled_and_labelled() -> None:
    shown = inputs(form_dialog(edit_form(), STAMP).card)
    assert {name: element["type"].removeprefix("Input.") for name, element in shown.items()} == {
        "amount": "Text", "days": "Number", "to": "Text", "subject": "Text", "body": "Text", "notify": "Toggle",
        "why": "ChoiceSet", "day": "Date", "notes": "Text",
    }  # fmt: skip
    assert [element["label"] for element in shown.values()] == [field.label for field in edit_form().fields]
    assert (shown["days"]["value"], shown["day"]["value"], shown["why"]["value"]) == (3, "2026-11-22", "broken")
    assert (shown["to"]["style"], shown["subject"]["maxLength"], shown["body"]["isMultiline"]) == ("Email", 78, True)


def test_what_is_required_says_what_is_missing() -> None:
    shown = inputs(form_dialog(edit_form(), STAMP).card)
    needed = {name for name, element in shown.items() if element.get("isRequired")}
    assert needed == {"amount", "to", "subject", "body", "why", "day"}
    assert all(shown[name]["errorMessage"] for name in needed)


@pytest.mark.parametrize("field", edit_form().fields, ids=lambda field: field.name)
def test_an_untouched_form_gives_back_what_it_was_filled_with(field: FormField) -> None:
    given = values_of(submitted(form_dialog(edit_form(field), STAMP).card))[field.name]
    assert given == (field.value if isinstance(field.value, bool) or field.value is None else str(field.value))


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("480", "Number"), ("-3", "Number"), ("4.5", "Number"), ("480.00", "Text"), ("1E+3", "Text"), ("0.1", "Number"),
        ("12345678901234567890", "Text"), ("0.10000000000000000001", "Text"), ("Infinity", "Text"), ("abc", "Text"),
        ("", "Number"), ("007", "Text"), ("-0", "Text"), ("NaN", "Text"), ("sNaN", "Text"),
    ],
)  # fmt: skip
def test_a_number_comes_back_exactly(text: str, kind: str) -> None:
    card = form_dialog(edit_form(FormField(name="n", label="N", kind="number", value=text)), STAMP).card
    assert faults(card) == []
    assert inputs(card)["n"]["type"] == f"Input.{kind}"
    assert values_of(submitted(card))["n"] == (text or None)


def test_numbers_keep_their_bounds_and_say_them() -> None:
    field = FormField(name="n", label="N", kind="integer", value=5, minimum="1", maximum="1E+3")
    element = inputs(form_dialog(edit_form(field), STAMP).card)["n"]
    assert (element["min"], element["max"]) == (1, 1000)
    assert element["errorMessage"] == "Please give a whole number from 1 to 1E+3."


def test_what_was_typed_comes_back() -> None:
    entered: JsonObject = {"amount": "300", "notify": "false", "why": "late", "day": "2026-12-01", "notes": "too much"}
    values = values_of(submitted(form_dialog(edit_form(), STAMP).card, entered))
    assert values | {"amount": "300", "notify": False, "why": "late", "day": "2026-12-01", "notes": "too much"} == values


def test_a_field_may_be_called_as_anything_else_in_the_data() -> None:
    fields = [FormField(name=name, label=name, kind="text", value="v") for name in ("verb", "binding", "msteams", "type")]
    data = submitted(form_dialog(edit_form(*fields), STAMP).card)
    assert data["verb"] == "edit_form"
    assert values_of(data) == dict.fromkeys(("verb", "binding", "msteams", "type"), "v")


@pytest.mark.parametrize("data", [{}, {"a:b": 1}, {"edit:odd:name": 1}, {"verb": "x", "binding": "{}"}])
def test_what_is_not_an_input_is_no_value(data: dict[str, Any]) -> None:
    assert values_of(data) == {}


def test_after_a_refusal_the_errors_stand_at_their_inputs_and_nothing_is_lost() -> None:
    typed = values_of(
        submitted(form_dialog(edit_form(), STAMP).card, {"amount": "9999", "notes": "because", "notify": "false"})
    )
    errors = {"amount": "At most 1000.", "body.0": "Odd.", "arguments": "Do not fit.", "": "Look again."}
    again = form_dialog(edit_form(), STAMP, typed=typed, errors=errors)
    assert faults(again.card) == []
    told = read(again.card["body"])
    assert told[2] == "*⚠️ Do not fit. Look again.*"
    assert told[told.index("Amount: Input.Number") - 1] == "*⚠️ At most 1000.*"
    assert told[told.index("Body: Input.Text") - 1] == "*⚠️ Odd.*"
    assert values_of(submitted(again.card)) == typed


@pytest.mark.parametrize("length", [3_000, 30_000])
def test_a_long_text_is_edited_as_a_whole(length: int) -> None:
    text = ("0123456789 " * 3_000)[:length]
    card = form_dialog(edit_form(FormField(name="body", label="Body", kind="lines", value=text)), STAMP).card
    assert faults(card) == []
    assert values_of(submitted(card)) == {"body": text}


def test_a_text_too_long_to_edit_says_so() -> None:
    form = edit_form(FormField(name="body", label="Body", kind="lines", value="x" * 50_000))
    with pytest.raises(TooLongToEdit, match=r"Body has 50,000 characters.*Approve or reject"):
        form_dialog(form, STAMP)


@pytest.mark.parametrize(
    "field",
    [
        FormField(name="n", label="N", kind="choice", value="gone", choices={"a": "A"}),
        FormField(name="n", label="N", kind="choice", value="v", choices={}),
        FormField(name="n", label="N", kind="choice", value="v", choices={str(n): str(n) for n in range(101)}),
        FormField(name="n", label="L" * 3_000, hint="h" * 3_000, kind="text", value="x" * 50, max_length=10),
        FormField(name="n", label="N", kind="text", value="two\nlines"),
        FormField(name="n", label="N", kind="boolean", value=False),
        FormField(name="n", label="", hint="", kind="date", value=None),
        FormField(name="n", label="N", kind="date", value="22 November"),
    ],
)
def test_odd_fields_still_open(field: FormField) -> None:
    assert faults(form_dialog(edit_form(field), STAMP).card) == []


def test_a_dialog_may_only_say_something() -> None:
    shown = said_dialog("Not possible", words("This is rejected already."))
    assert (shown.title, faults(shown.card), actions(shown.card)) == ("Not possible", [], [])
    assert read(shown.card["body"]) == ["This is rejected already."]
