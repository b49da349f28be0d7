"""Customers, their orders and payments, in an SQL database of their own (any that SQLAlchemy speaks)."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict
from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    DateTime,
    ForeignKey,
    Integer,
    MetaData,
    Row,
    String,
    Table,
    Text,
    create_engine,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.exc import SQLAlchemyError

from agents.actions import AgentError

T = TypeVar("T")

Detail = Literal["email", "phone", "name", "address"]
Data = Literal["marketing_profile", "order_history", "account"]

NEWEST_ORDERS = 10

_tables = MetaData()
customers = Table(
    "customers",
    _tables,
    Column("id", String(40), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("email", String(320), nullable=False, index=True),
    Column("phone", String(40), nullable=False, default=""),
    Column("address", String(400), nullable=False, default=""),
)
orders = Table(
    "orders",
    _tables,
    Column("id", String(40), primary_key=True),
    Column("customer", ForeignKey("customers.id"), nullable=False, index=True),
    Column("items", String(400), nullable=False),
    Column("placed_on", String(10), nullable=False),
    Column("status", String(40), nullable=False),
)
charges = Table(
    "charges",
    _tables,
    Column("id", String(255), primary_key=True),
    Column("order", ForeignKey("orders.id"), nullable=False, unique=True),
    Column("cents", Integer, nullable=False),
    Column("currency", String(3), nullable=False),
)
marketing_profiles = Table(
    "marketing_profiles",
    _tables,
    Column("customer", ForeignKey("customers.id"), primary_key=True),
    Column("segment", String(80), nullable=False),
    Column("newsletter", Boolean, nullable=False),
)
notes = Table(
    "notes",
    _tables,
    Column("id", String(80), primary_key=True),
    Column("customer", String(40), nullable=True, index=True),
    Column("subject", String(200), nullable=False),
    Column("body", Text, nullable=False),
    Column("written_at", DateTime(timezone=True), nullable=False),
)


class CustomersUnavailable(AgentError):
    """The customer database did not answer; nothing was changed."""


class BadCustomersUrl(AgentError):
    """The URL names no database that can be opened from here. The message does not repeat it: it may hold a password."""


class ChangeUnknown(AgentError):
    """The connection broke at the commit: the change may or may not have been made."""


class Customer(BaseModel):
    """One customer's record."""

    model_config = ConfigDict(frozen=True)

    id: str
    name: str
    email: str
    phone: str
    address: str


class Order(BaseModel):
    """One order with what was paid for it; `charge` is the billing system's id of the payment."""

    model_config = ConfigDict(frozen=True)

    id: str
    customer: str
    items: str
    placed_on: str
    status: str
    charge: str
    paid: Decimal
    currency: str


class Found(BaseModel):
    """What a search found: customers with one of the addresses, their newest orders, and the orders asked for by number
    together with the customers they belong to."""

    model_config = ConfigDict(frozen=True)

    customers: tuple[Customer, ...] = ()
    orders: tuple[Order, ...] = ()


class Customers:
    """The database at `url`. Its calls block a thread of their own, never the event loop. Raises BadCustomersUrl."""

    def __init__(self, url: str) -> None:
        try:
            self.engine = create_engine(url, pool_pre_ping=not url.startswith("sqlite"))
        except (SQLAlchemyError, ImportError, ValueError) as error:
            raise BadCustomersUrl(
                "SIGNOFF_CUSTOMERS_URL names no database that can be opened here. "
                "Write sqlite:///customers.db or postgresql+psycopg://user:password@host/name."
            ) from error

    def prepare(self) -> None:
        """Create the tables that do not exist yet."""
        _tables.create_all(self.engine)

    def close(self) -> None:
        """Release the connections."""
        self.engine.dispose()

    async def find(self, emails: Sequence[str], numbers: Sequence[str]) -> Found:
        """Search by e-mail addresses (case-insensitive) and order numbers. Raises CustomersUnavailable."""
        return await self._do(lambda connection: _find(connection, emails, numbers))

    async def get(self, id: str) -> Customer | None:
        """One customer. Raises CustomersUnavailable."""

        def work(connection: Connection) -> Customer | None:
            row = connection.execute(select(customers).where(customers.c.id == id)).first()
            return _customer(row) if row else None

        return await self._do(work)

    async def change(self, id: str, field: Detail, current: str, new: str) -> bool:
        """Compare and set; False if there is no such customer or `field` is not `current` any more."""
        column = customers.c[field]
        statement = update(customers).where(customers.c.id == id, column == current).values({field: new})
        return await self._do(lambda connection: connection.execute(statement).rowcount == 1)

    async def erase(self, id: str, what: Data) -> dict[str, int]:
        """Delete for good; returns how many rows went, by table. Raises CustomersUnavailable, ChangeUnknown."""
        return await self._do(lambda connection: _erase(connection, id, what))

    async def note(self, key: str, customer: str | None, subject: str, body: str) -> None:
        """Write an internal note, once for each `key`."""
        row = {"id": key, "customer": customer, "subject": subject, "body": body, "written_at": datetime.now(UTC)}

        def work(connection: Connection) -> None:
            if connection.execute(select(notes.c.id).where(notes.c.id == key)).first() is None:
                connection.execute(insert(notes).values(row))

        await self._do(work)

    async def _do(self, work: Callable[[Connection], T]) -> T:
        return await asyncio.to_thread(self._in_transaction, work)

    def _in_transaction(self, work: Callable[[Connection], T]) -> T:
        try:
            with self.engine.connect() as connection:
                result = work(connection)
                try:
                    connection.commit()
                except SQLAlchemyError as error:
                    raise ChangeUnknown("The customer database was lost at the last moment.") from error
                return result
        except SQLAlchemyError as error:
            raise CustomersUnavailable(f"The customer database does not answer ({type(error).__name__}).") from error


def _find(connection: Connection, emails: Sequence[str], numbers: Sequence[str]) -> Found:
    lowered = [email.lower() for email in emails]
    mentioned = [_order(row) for row in connection.execute(_ORDERS.where(orders.c.id.in_(numbers)))]
    owners = {order.customer for order in mentioned}
    known = select(customers).where(or_(func.lower(customers.c.email).in_(lowered), customers.c.id.in_(owners)))
    people = [_customer(row) for row in connection.execute(known.order_by(customers.c.id).limit(10))]
    written_by = [person.id for person in people if person.email.lower() in lowered]
    newest = _ORDERS.where(orders.c.customer.in_(written_by)).order_by(orders.c.placed_on.desc()).limit(NEWEST_ORDERS)
    both = mentioned + [_order(row) for row in connection.execute(newest)]
    return Found(customers=tuple(people), orders=tuple({order.id: order for order in both}.values()))


def _erase(connection: Connection, id: str, what: Data) -> dict[str, int]:
    gone: dict[str, int] = {}
    theirs = select(orders.c.id).where(orders.c.customer == id)
    if what in ("marketing_profile", "account"):
        gone["marketing_profiles"] = _rows(connection, delete(marketing_profiles).where(marketing_profiles.c.customer == id))
    if what in ("order_history", "account"):
        gone["charges"] = _rows(connection, delete(charges).where(charges.c.order.in_(theirs)))
        gone["orders"] = _rows(connection, delete(orders).where(orders.c.customer == id))
    if what == "account":
        gone["notes"] = _rows(connection, delete(notes).where(notes.c.customer == id))
        gone["customers"] = _rows(connection, delete(customers).where(customers.c.id == id))
    return gone


def _rows(connection: Connection, statement: Any) -> int:
    return int(connection.execute(statement).rowcount)


def _customer(row: Row[Any]) -> Customer:
    return Customer.model_validate(row._asdict())


def _order(row: Row[Any]) -> Order:
    values = row._asdict()
    return Order(paid=Decimal(values.pop("cents")).scaleb(-2), **values)


_ORDERS = select(orders, charges.c.id.label("charge"), charges.c.cents, charges.c.currency).join(
    charges, charges.c.order == orders.c.id
)
