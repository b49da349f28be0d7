"""Eight customers with orders and payments, for the demo and the tests."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, insert, select

from agents.support.customers import Customers, charges, customers, marketing_profiles, orders


@dataclass(frozen=True)
class Bought:
    """An order with its payment; `cents` are hundredths of the currency."""

    order: str
    customer: str
    items: str
    placed_on: str
    status: str
    cents: int
    currency: str = "USD"

    @property
    def charge(self) -> str:
        """The billing system's id of the payment."""
        return f"ch_{self.order.replace('-', '')}"


PEOPLE = (
    ("cus_mia", "Mia Keller", "mia@example.com", "+49 30 901820", "Lindenallee 4, 10115 Berlin", "design"),
    ("cus_omar", "Omar Haddad", "omar.haddad@example.com", "+971 4 555 0142", "Al Wasl Road 12, Dubai", "new"),
    ("cus_ana", "Ana Silva", "ana.silva@example.com", "+351 21 555 0199", "Rua Augusta 88, 1100-053 Lisboa", "design"),
    ("cus_jon", "Jon Bell", "jon.bell@example.com", "+1 415 555 0117", "540 Hayes St, San Francisco, CA 94102", "office"),
    ("cus_wei", "Wei Chen", "wei.chen@example.com", "+1 206 555 0163", "1201 3rd Ave, Seattle, WA 98101", "office"),
    ("cus_lena", "Lena Novak", "lena.novak@example.com", "+43 1 555 0188", "Praterstraße 21, 1020 Wien", "new"),
    ("cus_sam", "Sam O’Connor", "sam.oconnor@example.com", "+353 1 555 0121", "14 Camden Row, Dublin 8", "design"),
    ("cus_nour", "نور المصري", "nour@example.com", "+966 11 555 0133", "King Fahd Road 7, Riyadh", "new"),
)
BOUGHT = (
    Bought("A-1042", "cus_mia", "Aurora floor lamp", "2026-11-02", "delivered", 48000),
    Bought("A-1017", "cus_mia", "Two Pico table lamps", "2026-09-14", "delivered", 17800),
    Bought("A-1055", "cus_omar", "Nadir pendant lamp", "2026-11-11", "delivered", 92000, "AED"),
    Bought("A-1031", "cus_ana", "Oak side table", "2026-10-20", "delivered", 24900, "EUR"),
    Bought("A-1060", "cus_jon", "Six Desk One task lamps", "2026-11-17", "shipped", 113400),
    Bought("A-1038", "cus_wei", "Aurora floor lamp", "2026-10-28", "delivered", 48000),
    Bought("A-1049", "cus_lena", "Halo wall light", "2026-11-06", "delivered", 15900, "EUR"),
    Bought("A-1062", "cus_sam", "Linen shade", "2026-11-19", "processing", 6450, "EUR"),
    Bought("A-1044", "cus_nour", "Nadir pendant lamp", "2026-11-03", "delivered", 94000, "SAR"),
)


def seed(database: Customers) -> None:
    """Fill a database that has no customers; one that has some is left alone."""
    with database.engine.begin() as connection:
        if connection.scalar(select(func.count()).select_from(customers)):
            return
        connection.execute(insert(customers), [_person(*row) for row in PEOPLE])
        connection.execute(
            insert(marketing_profiles), [{"customer": row[0], "segment": row[5], "newsletter": True} for row in PEOPLE]
        )
        connection.execute(insert(orders), [_order(bought) for bought in BOUGHT])
        connection.execute(insert(charges), [_charge(bought) for bought in BOUGHT])


def _person(id: str, name: str, email: str, phone: str, address: str, _segment: str) -> dict[str, Any]:
    return {"id": id, "name": name, "email": email, "phone": phone, "address": address}


def _order(bought: Bought) -> dict[str, Any]:
    return {
        "id": bought.order,
        "customer": bought.customer,
        "items": bought.items,
        "placed_on": bought.placed_on,
        "status": bought.status,
    }


def _charge(bought: Bought) -> dict[str, Any]:
    return {"id": bought.charge, "order": bought.order, "cents": bought.cents, "currency": bought.currency}
