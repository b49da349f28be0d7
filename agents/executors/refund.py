"""Refunds a charge over HTTP, in the form of Stripe's refunds API.

https://docs.stripe.com/api/refunds/create and https://docs.stripe.com/api/idempotent_requests: the request is
form-encoded, amounts are in the currency's smallest unit, and a repeated Idempotency-Key gives the first answer again.
"""

import json
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Annotated, Any, Literal

import aiohttp
from pydantic import Field, PlainSerializer, StringConstraints, WithJsonSchema

from agents.actions import Action, ActionFailed, Arguments, Effect, EffectUnknown
from storage.records import JsonObject

Currency = Literal["USD", "EUR", "GBP", "CHF", "CAD", "AUD", "AED", "SAR"]  # each has two decimals

Money = Annotated[
    Decimal,
    Field(gt=0, max_digits=10, decimal_places=2),
    PlainSerializer(lambda amount: f"{amount:.2f}", return_type=str),
    WithJsonSchema({"type": "string", "pattern": r"^\d{1,8}(\.\d{1,2})?$"}),
]


@dataclass(frozen=True)
class Billing:
    """A billing system that speaks Stripe's form. `timeout` is in seconds for a whole exchange."""

    url: str
    key: str = field(repr=False)
    timeout: float = 10.0


class ExecuteFinancialAction(Arguments):
    """A refund of one charge, whole or in part."""

    amount: Money = Field(title="Amount", description="What the customer gets back, for example 480.00")
    currency: Currency = Field(title="Currency", description="Must be the charge's own")
    charge: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_]{1,255}$")] = Field(
        title="Charge", description="The billing system's id of the payment"
    )
    reason: Literal["requested_by_customer", "duplicate", "fraudulent"] = Field(title="Reason")


def execute_financial_action(billing: Billing) -> Action[ExecuteFinancialAction]:
    """The action that refunds through `billing`."""

    async def execute(arguments: ExecuteFinancialAction, effect: Effect) -> JsonObject:
        timeout = aiohttp.ClientTimeout(total=billing.timeout)
        headers = {"Authorization": f"Bearer {billing.key}"}
        async with aiohttp.ClientSession(timeout=timeout, headers=headers) as session:
            await _same_currency(session, billing, arguments)
            refund = await _refund(session, billing, arguments, effect)
        return _receipt(arguments, refund)

    return Action(
        name="execute_financial_action",
        title="Refund a payment",
        description="Gives money back to the card or account that paid. It cannot be taken back.",
        arguments=ExecuteFinancialAction,
        target=lambda arguments: f"{arguments.amount:.2f} {arguments.currency} of {arguments.charge}",
        execute=execute,
    )


async def _same_currency(session: aiohttp.ClientSession, billing: Billing, arguments: ExecuteFinancialAction) -> None:
    """The refunds form has no currency, so it is compared with the charge's first. Nothing is changed here."""
    try:
        async with session.get(f"{billing.url.rstrip('/')}/v1/charges/{arguments.charge}", allow_redirects=False) as answer:
            charge = await _body(answer)
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        raise ActionFailed(f"The billing system could not be asked about the charge: {_words(error)}") from error
    if answer.status != 200:
        raise ActionFailed(f"The billing system refused: {_said(charge, answer.status)}")
    if str(charge.get("currency", "")).upper() != arguments.currency:
        raise ActionFailed(
            f"The charge is in {str(charge.get('currency', 'an unknown currency')).upper()}, not in {arguments.currency}."
        )


async def _refund(
    session: aiohttp.ClientSession, billing: Billing, arguments: ExecuteFinancialAction, effect: Effect
) -> dict[str, Any]:
    form = {
        "charge": arguments.charge,
        "amount": str(int(arguments.amount * 100)),
        "reason": arguments.reason,
        "metadata[signoff_run]": effect.run_id,
        "metadata[signoff_request]": effect.request_id or "",
    }
    try:
        async with session.post(
            f"{billing.url.rstrip('/')}/v1/refunds",
            data=form,
            headers={"Idempotency-Key": effect.idempotency_key},
            allow_redirects=False,
        ) as answer:
            refund = await _body(answer)
    except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
        raise ActionFailed(f"The billing system could not be reached: {_words(error)}") from error
    except (TimeoutError, aiohttp.ClientError, ValueError) as error:
        raise _unknown(_words(error)) from error
    if answer.status >= 500:
        raise _unknown(_said(refund, answer.status))
    if answer.status != 200 or refund.get("status") in ("failed", "canceled"):
        raise ActionFailed(f"The billing system refused: {_said(refund, answer.status)}")
    return refund


def _unknown(why: str) -> EffectUnknown:
    return EffectUnknown(
        f"The refund was sent, but its result is not known ({why}). Look in the billing system before trying again."
    )


async def _body(answer: aiohttp.ClientResponse) -> dict[str, Any]:
    """The JSON object of an answer; an unreadable one matters only if the status says success."""
    try:
        body = json.loads(await answer.read())
    except ValueError:
        body = None
    if isinstance(body, dict):
        return body
    if answer.status == 200:
        raise ValueError("its answer cannot be read")
    return {}


def _said(body: dict[str, Any], status: int) -> str:
    match body:
        case {"error": {"message": str(message)}}:
            return message[:300]
        case {"failure_reason": str(reason)}:
            return reason[:300]
    return f"status {status}"


def _words(error: Exception) -> str:
    return "no answer in time" if isinstance(error, TimeoutError) else str(error) or type(error).__name__


def _receipt(arguments: ExecuteFinancialAction, refund: dict[str, Any]) -> JsonObject:
    pending = " The bank has not confirmed it yet." if refund.get("status") == "pending" else ""
    return {
        "summary": f"Refunded {arguments.amount:.2f} {arguments.currency} ({refund.get('id', 'no id')}).{pending}",
        "refund": str(refund.get("id", "")),
        "status": str(refund.get("status", "")),
    }
