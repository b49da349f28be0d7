"""Routes a case: from how the model reads it to one proposal, bounded by what the records say. Pure."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation

from pydantic import ValidationError

from agents.actions import Arguments
from agents.evidence import QUOTED
from agents.executors.blocked import Question
from agents.executors.email import SendExternalEmail
from agents.executors.records import DeleteAnyData, DraftInternalMessage, UpdateCustomerRecord
from agents.executors.refund import ExecuteFinancialAction
from agents.support.case import Case, Links
from agents.support.customers import Customer, Order
from agents.support.reading import Intent
from agents.suspicion import STRANGE
from storage.records import Evidence, Risk

SURE_ENOUGH = 0.5  # confidence below which a person reads the ticket


class NeedsPerson(Exception):
    """The case does not fit its route; the message says why."""


@dataclass(frozen=True)
class Plan:
    """One proposal, and the words for it: `summary` for the card, `doing` ("the refund of …") for what became of it."""

    action: str
    arguments: Arguments
    summary: str
    doing: str
    evidence: tuple[Evidence, ...]
    risk: Risk | None = None
    labels: tuple[str, ...] = ()


def route(case: Case) -> Plan:
    """The proposal for a case. Whatever does not fit is put before the team."""
    try:
        if case.reading.intent != "out_of_bounds" and case.reading.confidence < SURE_ENOUGH:
            raise NeedsPerson("it is not clear what the ticket asks for")
        plan = _ROUTES[case.reading.intent](case)
    except NeedsPerson as reason:
        plan = escalated(case, str(reason))
    except ValidationError as error:
        plan = escalated(case, f"what the ticket asks for cannot be done as it stands ({error.errors()[0]['msg']})")
    return _marked(plan) if case.suspicious else plan


def escalated(case: Case, reason: str) -> Plan:
    """A message for the team instead of an action."""
    whom = case.customer.name if case.customer else case.reply_to or "an unknown sender"
    ticket = case.ticket.text
    cut = f"\n[{len(ticket) - 15_000} more characters in the run's input]" if len(ticket) > 15_000 else ""
    return Plan(
        action="draft_internal_message",
        arguments=DraftInternalMessage(
            subject=_line(f"Please look at a ticket from {whom}", 200),
            body=f"Why: {reason}.\n\n{case.reading.summary}\n\n{ticket[:15_000]}{cut}",
        ),
        summary=f"A person should look at the ticket from {whom}: {reason}.",
        doing=f"the message to the team ({reason})",
        evidence=case.evidence(),
    )


def _reply(case: Case) -> Plan:
    if not case.reply_to:
        raise NeedsPerson("the ticket does not say whom to answer")
    if not (case.reading.reply_text or "").strip():
        raise NeedsPerson("there is no answer to it in the help centre")
    subject = re.sub(r"^(re|aw|sv|رد)\s*:\s*", "", case.ticket.subject, flags=re.IGNORECASE)
    return Plan(
        action="send_external_email",
        arguments=SendExternalEmail(
            to=case.reply_to, subject=_line(f"Re: {subject or 'your message'}", 200), body=case.reading.reply_text or ""
        ),
        summary=f"Answer {case.reply_to}: {case.reading.summary}",
        doing=f"the answer to {case.reply_to}",
        evidence=case.evidence(),
    )


def _refund(case: Case) -> Plan:
    customer, order = _customer(case), _order(case)
    currency = (case.reading.currency or order.currency).upper()
    if currency != order.currency:
        raise NeedsPerson(f"it speaks of {currency}, but order {order.id} was paid in {order.currency}")
    asked = _amount(case.reading.amount) if case.reading.amount else order.paid
    if asked is None:
        raise NeedsPerson(f"the amount {case.reading.amount!r} is not a sum of money")
    amount = min(asked, order.paid)
    bounded = " (they asked for more, but no more was paid)" if asked > order.paid else ""
    return Plan(
        action="execute_financial_action",
        arguments=ExecuteFinancialAction.model_validate(
            {"charge": order.charge, "amount": amount, "currency": currency, "reason": "requested_by_customer"}
        ),
        summary=f"Refund {amount:.2f} {currency} to {customer.name} for order {order.id}{bounded}.",
        doing=f"the refund of {amount:.2f} {currency} for order {order.id}",
        evidence=case.evidence(_order_source(order, case.links)),
    )


def _record_change(case: Case) -> Plan:
    customer, field, new = _customer(case), case.reading.field, (case.reading.new_value or "").strip()
    if field is None or not new:
        raise NeedsPerson("it does not say what should be changed to what")
    if _plain(new) not in _plain(case.ticket.text):
        raise NeedsPerson("the new value that was read does not stand in the ticket")
    return Plan(
        action="update_customer_record",
        arguments=UpdateCustomerRecord(customer=customer.id, field=field, current=getattr(customer, field), new=new),
        summary=f"Change the {field} of {customer.name} to {new}.",
        doing=f"the change of the {field} of {customer.name}",
        evidence=case.evidence(_record_source(customer)),
    )


def _deletion(case: Case) -> Plan:
    customer, what = _customer(case), case.reading.delete
    if what is None:
        raise NeedsPerson("it does not say which data should be deleted")
    words = what.replace("_", " ")
    return Plan(
        action="delete_any_data",
        arguments=DeleteAnyData(customer=customer.id, what=what),
        summary=f"Delete the {words} of {customer.name} for good.",
        doing=f"the deletion of the {words} of {customer.name}",
        evidence=case.evidence(_record_source(customer)),
    )


def _out_of_bounds(case: Case) -> Plan:
    bounds = case.reading.bounds
    if bounds is None:
        raise NeedsPerson("it asks for something that no agent may do")
    return Plan(
        action=bounds,
        arguments=Question(question=case.ticket.text[:2000] or case.reading.summary),
        summary=f"No agent may answer this ({bounds.replace('_', ' ')}): {case.reading.summary}",
        doing=f"the {bounds.replace('_', ' ')}",
        evidence=case.evidence()[:1],
    )


def _escalate(case: Case) -> Plan:
    raise NeedsPerson(case.reading.summary.rstrip(".") or "it fits none of the routes")


_ROUTES: dict[Intent, Callable[[Case], Plan]] = {
    "reply": _reply,
    "refund": _refund,
    "record_change": _record_change,
    "deletion": _deletion,
    "out_of_bounds": _out_of_bounds,
    "escalate": _escalate,
}


def _marked(plan: Plan) -> Plan:
    return replace(plan, risk=Risk.critical, labels=(STRANGE,))


def _customer(case: Case) -> Customer:
    if case.customer is None:
        raise NeedsPerson("its sender is not one of our customers")
    return case.customer


def _order(case: Case) -> Order:
    """The order the model read, else the customer's only one. The case holds only the sender's own orders."""
    wanted = (case.reading.order or "").strip().upper()
    if not wanted and len(case.orders) == 1:
        return case.orders[0]
    if not wanted:
        raise NeedsPerson("it does not say which order")
    for order in case.orders:
        if order.id.upper() == wanted:
            return order
    raise NeedsPerson(f"order {wanted} is not an order of its sender")


def _amount(text: str) -> Decimal | None:
    """A positive sum with at most two decimals, from words like "$1,480.00"; None if it is not one."""
    digits = re.sub(r"[^\d.,]", "", text)
    if re.search(r",\d{1,2}$", digits):  # 480,00
        digits = digits.replace(".", "").replace(",", ".")
    try:
        amount = Decimal(digits.replace(",", ""))
    except InvalidOperation:
        return None
    return amount if 0 < amount < 10**8 and amount == round(amount, 2) and "-" not in text else None


def _record_source(customer: Customer) -> Evidence:
    details = ", ".join(filter(None, (customer.email, customer.phone, customer.address)))
    return Evidence(title=f"Customer record {customer.id}", quote=f"{customer.name}: {details}"[:QUOTED])


def _order_source(order: Order, links: Links) -> Evidence:
    quote = (
        f"{order.items}; {order.status}, placed {order.placed_on}; paid {order.paid:.2f} {order.currency} ({order.charge})"
    )
    return Evidence(title=f"Order {order.id}", quote=quote[:QUOTED], link=links.to_order(order))


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()


def _line(text: str, most: int) -> str:
    printable = "".join(character if character.isprintable() else " " for character in text)
    return " ".join(printable.split())[:most]
