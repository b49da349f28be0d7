"""The note that triage proposes, from what the model said, as far as ticket and records bear it out. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from agents.evidence import from_ticket
from agents.executors.records import UpdateInternalRecord
from agents.mail import Ticket
from agents.support.case import Links
from agents.support.customers import Customer, Order
from agents.suspicion import STRANGE, strange
from agents.triage.reading import Category, Classification, Extraction, Priority, Summary
from storage.records import Evidence, Risk

NO_RECORD = "There is no record to note it on, because its sender is not one of our customers."

_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z]{2,4})?")


@dataclass(frozen=True)
class Triaged:
    """A ticket that was worked through. `product` and `order` stand in the ticket or in the sender's own orders."""

    ticket: Ticket
    customer: Customer | None
    category: Category
    priority: Priority
    language: str
    summary: str
    wish: str
    product: str | None
    order: Order | None
    suspicious: bool
    evidence: tuple[Evidence, ...]

    @property
    def line(self) -> str:
        """Where it goes, in a line: `damaged · high · Aurora floor lamp · de`."""
        return " · ".join(filter(None, (self.category, self.priority, self.product, self.language)))

    @property
    def risk(self) -> Risk | None:
        """A risk to be raised to; None leaves it to the policy."""
        return Risk.critical if self.suspicious else None

    @property
    def labels(self) -> tuple[str, ...]:
        """What people should see first."""
        return (STRANGE,) if self.suspicious else ()

    def note(self, customer: Customer) -> UpdateInternalRecord:
        """The note for a customer's record."""
        about = f"\nOrder: {self.order.id}" if self.order else ""
        return UpdateInternalRecord(customer=customer.id, note=f"{self.line}\n{self.summary}\nWish: {self.wish}{about}")


def triaged(
    ticket: Ticket, customer: Customer | None, orders: Sequence[Order], links: Links,
    found: Classification, about: Extraction, told: Summary,
) -> Triaged:  # fmt: skip
    """Put the answers together. What the model says beyond ticket and records is left out."""
    order = next((order for order in orders if order.id == (about.order or "").strip().upper()), None)
    record = () if order is None else (_order_source(order, links),)
    suspicious = found.suspicious or strange((ticket.text, ticket.sender_name, *(file.name for file in ticket.attachments)))
    return Triaged(
        ticket=ticket,
        customer=customer,
        category=found.category,
        # Somebody may get hurt: that is not for a model to rate.
        priority="urgent" if found.category == "safety" else found.priority,
        language=found.language.lower() if _LANGUAGE.fullmatch(found.language.lower()) else "unknown",
        summary=_line(told.summary),
        wish=_line(about.wish),
        product=_borne_out(about.product, ticket, orders),
        order=order,
        suspicious=suspicious,
        evidence=tuple(dict.fromkeys((from_ticket(ticket, found.quote), from_ticket(ticket, about.quote), *record)))[:3],
    )


def _borne_out(product: str | None, ticket: Ticket, orders: Sequence[Order]) -> str | None:
    """The product, if the ticket or one of the orders names it."""
    name = _line(product or "")
    named = " ".join([ticket.text, *(order.items for order in orders)])
    return name if name and name.casefold() in " ".join(named.split()).casefold() else None


def _order_source(order: Order, links: Links) -> Evidence:
    return Evidence(
        title=f"Order {order.id}",
        quote=f"{order.items}; {order.status}, placed {order.placed_on}",
        link=links.to_order(order),
    )


def _line(text: str) -> str:
    return " ".join("".join(character if character.isprintable() else " " for character in text).split())
