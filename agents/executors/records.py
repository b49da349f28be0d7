"""Changes and deletions in the customer database, and internal notes on it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

from pydantic import Field, StringConstraints, TypeAdapter, ValidationError, ValidationInfo, field_validator
from pydantic.networks import EmailStr

from agents.actions import Action, ActionFailed, Arguments, Effect, EffectUnknown
from agents.support.customers import ChangeUnknown, Customers, CustomersUnavailable, Data, Detail
from storage.records import JsonObject

CustomerId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,40}$")]

_LONGEST = {"email": 320, "phone": 40, "name": 200, "address": 400}  # characters, as the tables have it
_PHONE = re.compile(r"\+?[\d ()/.-]{5,40}")
_EMAIL: TypeAdapter[str] = TypeAdapter(EmailStr)


class UpdateCustomerRecord(Arguments):
    """One new value in a customer's record."""

    customer: CustomerId = Field(title="Customer", description="The customer's id")
    field: Detail = Field(title="What to change")
    current: str = Field(
        title="Current value", description="The change is refused if the record holds another by then", max_length=400
    )
    new: str = Field(title="New value", min_length=1, max_length=400)

    @field_validator("new")
    @classmethod
    def _fits(cls, new: str, others: ValidationInfo) -> str:
        field = others.data.get("field", "address")
        if not new.isprintable() or not new.strip() or len(new) > _LONGEST[field]:
            raise ValueError(f"must be one line of at most {_LONGEST[field]} printable characters")
        if new == others.data.get("current"):
            raise ValueError("is the current value already")
        if field == "phone" and not _PHONE.fullmatch(new):
            raise ValueError("is not a phone number")
        if field == "email":
            _check_email(new)
        return new


class DeleteAnyData(Arguments):
    """Data of one customer to delete for good."""

    customer: CustomerId = Field(title="Customer", description="The customer's id")
    what: Data = Field(title="What to delete", description="account includes everything else")


class UpdateInternalRecord(Arguments):
    """A note for colleagues on a customer's record."""

    customer: CustomerId = Field(title="Customer", description="The customer's id")
    note: str = Field(title="Note", min_length=1, max_length=4000, json_schema_extra={"multiline": True})


class DraftInternalMessage(Arguments):
    """A message for the team, kept with the customers."""

    subject: str = Field(title="Subject", min_length=1, max_length=200)
    body: str = Field(title="Text", min_length=1, max_length=20_000, json_schema_extra={"multiline": True})


def update_customer_record(customers: Customers) -> Action[UpdateCustomerRecord]:
    """The action that changes one field of a customer's record, unless somebody else did in between."""

    async def execute(arguments: UpdateCustomerRecord, effect: Effect) -> JsonObject:
        with _in_words(f"Look at the record of {arguments.customer}."):
            done = await customers.change(arguments.customer, arguments.field, arguments.current, arguments.new)
        if not done:
            raise ActionFailed(
                f"The record of {arguments.customer} changed since, or is gone: {arguments.field} is not "
                f"{arguments.current!r} any more. Nothing was changed."
            )
        return {"summary": f"Changed {arguments.field} of {arguments.customer} to {arguments.new}."}

    return Action(
        name="update_customer_record",
        title="Change a customer's record",
        description="Writes a new value into the customer database.",
        arguments=UpdateCustomerRecord,
        target=lambda arguments: arguments.customer,
        execute=execute,
    )


def delete_any_data(customers: Customers) -> Action[DeleteAnyData]:
    """The action that deletes data of a customer."""

    async def execute(arguments: DeleteAnyData, effect: Effect) -> JsonObject:
        with _in_words(f"Look at the record of {arguments.customer}."):
            gone = await customers.erase(arguments.customer, arguments.what)
        total = sum(gone.values())
        if not total:
            raise ActionFailed(f"{arguments.customer} has no {arguments.what.replace('_', ' ')}; nothing was deleted.")
        words = arguments.what.replace("_", " ")
        return {"summary": f"Deleted the {words} of {arguments.customer} ({total} rows).", "rows": dict(gone)}

    return Action(
        name="delete_any_data",
        title="Delete a customer's data",
        description="Deletes for good. There is no way back.",
        arguments=DeleteAnyData,
        target=lambda arguments: arguments.customer,
        execute=execute,
    )


def update_internal_record(customers: Customers) -> Action[UpdateInternalRecord]:
    """The action that puts an internal note on a customer's record."""

    async def execute(arguments: UpdateInternalRecord, effect: Effect) -> JsonObject:
        await _note(customers, effect.idempotency_key, arguments.customer, "Note", arguments.note)
        return {"summary": f"Noted on the record of {arguments.customer}."}

    return Action(
        name="update_internal_record",
        title="Note on a customer's record",
        description="Adds a note that only colleagues see.",
        arguments=UpdateInternalRecord,
        target=lambda arguments: arguments.customer,
        execute=execute,
        reversible=True,
    )


def draft_internal_message(customers: Customers) -> Action[DraftInternalMessage]:
    """The action that leaves a message for the team."""

    async def execute(arguments: DraftInternalMessage, effect: Effect) -> JsonObject:
        await _note(customers, effect.idempotency_key, None, arguments.subject, arguments.body)
        return {"summary": "Left a message for the team."}

    return Action(
        name="draft_internal_message",
        title="Leave a message for the team",
        description="Writes down something for colleagues. Nobody outside sees it.",
        arguments=DraftInternalMessage,
        target=lambda arguments: "the team",
        execute=execute,
        reversible=True,
    )


async def _note(customers: Customers, key: str, customer: str | None, subject: str, body: str) -> None:
    with _in_words("Look whether the note is there."):
        await customers.note(key, customer, subject, body)


@contextmanager
def _in_words(look: str) -> Iterator[None]:
    """What the database raises, as what became of the effect; `look` says where a person finds out."""
    try:
        yield
    except CustomersUnavailable as error:
        raise ActionFailed(str(error)) from error
    except ChangeUnknown as error:
        raise EffectUnknown(f"{error} {look}") from error


def _check_email(value: str) -> None:
    try:
        _EMAIL.validate_python(value)
    except ValidationError as error:
        raise ValueError("is not an e-mail address") from error
