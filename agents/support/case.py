"""A case: a ticket with everything that was looked up about it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from agents.evidence import QUOTED, from_ticket
from agents.mail import Ticket
from agents.support.customers import Customer, Found, Order
from agents.support.knowledge import Article
from agents.support.reading import Reading
from agents.suspicion import strange
from storage.records import Evidence

_ORDER_NUMBER = re.compile(r"\b[A-Z]-\d{3,8}\b")


@dataclass(frozen=True)
class Links:
    """Addresses of pages that evidence points to; `{order}` stands for the order's number."""

    order: str | None = None

    def to_order(self, order: Order) -> str | None:
        """The page of an order, if there are such pages."""
        return self.order.replace("{order}", order.id) if self.order else None


@dataclass(frozen=True)
class Case:
    """One ticket, whom it is from as far as records show, and how the model reads it."""

    ticket: Ticket
    customer: Customer | None
    orders: tuple[Order, ...]
    articles: tuple[Article, ...]
    reading: Reading
    links: Links = field(default_factory=Links)

    @property
    def suspicious(self) -> bool:
        """Whether the ticket sounds like an attempt on the agent, to the model or to what can be looked up without one."""
        names = (attachment.name for attachment in self.ticket.attachments)
        return self.reading.suspicious or strange((self.ticket.text, self.ticket.sender_name, *names))

    @property
    def reply_to(self) -> str | None:
        """The only address that this case may send mail to: the customer's own, or a mail's sender."""
        if self.customer:
            return self.customer.email
        return self.ticket.senders[0] if len(self.ticket.senders) == 1 else None

    def evidence(self, *records: Evidence) -> tuple[Evidence, ...]:
        """At most three sources: the ticket's own words, what the records say, help-centre articles."""
        articles = [
            Evidence(title=f"Help centre: {article.title}", quote=article.text[:QUOTED], link=article.link)
            for article in self.articles
        ]
        return (from_ticket(self.ticket, self.reading.quote), *records, *articles)[:3]


def order_numbers(ticket: Ticket) -> tuple[str, ...]:
    """The order numbers that a ticket mentions, at most five."""
    return tuple(dict.fromkeys(_ORDER_NUMBER.findall(ticket.text[:100_000])))[:5]


def sender(ticket: Ticket, found: Found) -> Customer | None:
    """The one customer a ticket is from. Of a mail only its sender counts; a plain text, which a colleague typed in, may
    name an address or, without any, an order."""
    written_by = [person for person in found.customers if person.email.lower() in ticket.senders]
    if not written_by and not ticket.is_mail and not ticket.senders:
        owners = {order.customer for order in found.orders}
        written_by = [person for person in found.customers if person.id in owners]
    return written_by[0] if len(written_by) == 1 else None


def visible(customer: Customer | None, orders: Sequence[Order]) -> tuple[Order, ...]:
    """The orders of that customer; other people's are nobody's business."""
    return tuple(order for order in orders if customer and order.customer == customer.id)
