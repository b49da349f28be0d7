"""The demo's world: a mailbox, a billing system and a customer database, each reached exactly as a production one."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Self, TypedDict

from sqlalchemy import select

from agents.executors.email import SmtpServer
from agents.shipped import Systems
from agents.support.case import Links
from agents.support.customers import Customers, customers, marketing_profiles, notes, orders
from agents.support.knowledge import Knowledge
from agents.support.seed import seed
from bot.sandbox.billing import BillingServer
from bot.sandbox.mailbox import Mailbox

SENDER = "support@lamps.example"


class Panel(TypedDict):
    """What one part of the world holds, as a table for the page beside the channel; `empty` is shown without rows."""

    name: str
    title: str
    empty: str
    columns: list[str]
    rows: list[list[str]]
    note: str


class World:
    """Runs the three systems while entered: `async with World(directory) as world`. What they hold stays in `directory`."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.mailbox = Mailbox(directory / "mailbox")
        self.billing = BillingServer(directory / "billing.db")
        self.customers_url = f"sqlite:///{directory / 'customers.db'}"
        self._customers = Customers(self.customers_url)

    async def __aenter__(self) -> Self:
        self._customers.prepare()
        seed(self._customers)
        await self.mailbox.start()
        await self.billing.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.mailbox.stop()
        await self.billing.stop()
        self._customers.close()

    @property
    def smtp(self) -> SmtpServer:
        """How to reach the mailbox, for the action."""
        return SmtpServer(self.mailbox.host, self.mailbox.port, SENDER, tls="none")

    def systems(self) -> Systems:
        """The connected systems, as `agents.shipped` wants them. Close them before the world ends."""
        return Systems(self.smtp, self.billing.client, Customers(self.customers_url), Knowledge(), Links())

    def panels(self) -> list[Panel]:
        """What the world received, for people to see."""
        return [self._mails(), self._ledger(), self._records(), self._notes()]

    def _mails(self) -> Panel:
        rows = [(mail.recipient, mail.subject, mail.body) for mail in self.mailbox.received()]
        return _panel("mailbox", "Mailbox", "No mail was sent.", ("To", "Subject", "Text"), rows, "Mails sent, over SMTP")

    def _ledger(self) -> Panel:
        rows = [
            (f"{refund.cents / 100:.2f} {refund.currency}", refund.charge, refund.reason.replace("_", " "), refund.id)
            for refund in self.billing.refunds()
        ]
        columns = ("Amount", "Charge", "Reason", "Refund")
        return _panel("billing", "Billing ledger", "Nothing was refunded.", columns, rows, "Refunds made, over HTTP")

    def _records(self) -> Panel:
        with self._customers.engine.connect() as connection:
            profiles = set(connection.scalars(select(marketing_profiles.c.customer)))
            bought = list(connection.scalars(select(orders.c.customer)))
            rows = [
                (row.id, row.name, row.email, row.phone, row.address, str(bought.count(row.id)), _yes(row.id in profiles))
                for row in connection.execute(select(customers).order_by(customers.c.id))
            ]
        columns = ("Id", "Name", "E-mail", "Phone", "Address", "Orders", "Marketing profile")
        return _panel("customers", "Customer records", "No customer is left.", columns, rows, "An SQL database")

    def _notes(self) -> Panel:
        with self._customers.engine.connect() as connection:
            rows = [
                (row.customer or "the team", row.subject, row.body)
                for row in connection.execute(select(notes).order_by(notes.c.written_at))
            ]
        return _panel("notes", "Notes for the team", "No notes.", ("For", "Subject", "Text"), rows, "For colleagues only")


def _panel(name: str, title: str, empty: str, columns: tuple[str, ...], rows: Iterable[Sequence[str]], note: str) -> Panel:
    cells = [list(row) for row in rows]
    return Panel(name=name, title=title, empty=empty, columns=list(columns), rows=cells, note=note)


def _yes(value: bool) -> str:
    return "yes" if value else "no"
