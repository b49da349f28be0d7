"""The names in a condition and what they stand for."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from pydantic import Field

from agents.actions import Arguments
from bot.cards.looked_at import looked_at, values_of
from policies.circumstances import Circumstances
from storage.records import Evidence, Person, Proposal


class Line(Arguments):
    sku: str
    price: Decimal


class Order(Arguments):
    amount: Decimal
    note: str | None = None
    lines: list[Line] = Field(default_factory=list)


PROPOSAL = Proposal(
    action="order",
    arguments={"amount": "480.00", "lines": [{"sku": "a", "price": "1.50"}]},
    target="lamp-shop",
    summary="",
    evidence=(Evidence(title="Ticket", quote="Please."),),
)
AROUND = Circumstances(
    "support",
    datetime(2026, 11, 23, 12, tzinfo=UTC),
    "production",
    Person(key="slack:T1:U1", name="Anna", email="anna@example.com"),
    unknown=frozenset({"requester.name"}),
)


def seen(condition: str, around: Circumstances = AROUND) -> dict[str, Any]:
    values = values_of(PROPOSAL, around, Order)
    return {each.name: each.value if each.known else "?" for each in looked_at(condition, values)}


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ("args.amount > 500.0 && args.amount < 900.0", {"args.amount": 480.0}),
        ("args.note != null", {"args.note": None}),
        ('args["amount"] == 1.0', {"args.amount": 480.0}),
        ("args.lines[0].price > 1.0 || args.lines[3].sku == ''", {"args.lines[0].price": 1.5, "args.lines[3].sku": "?"}),
        ("args.lines.exists(args_line, args_line.price > 2.0)", {"args.lines": [{"sku": "a", "price": 1.5}]}),
        ("size(evidence) == 0", {"evidence": [{"title": "Ticket", "quote": "Please.", "link": None}]}),
        ("target.startsWith('lamp')", {"target": "lamp-shop"}),
        ("agent == 'args.amount' && action == \"target\"", {"agent": "support", "action": "order"}),
        ("time.getHours('Europe/Berlin') > 5", {"time": "2026-11-23T12:00:00+00:00"}),
        ("requester.email == '' && requester.name == ''", {"requester.email": "anna@example.com", "requester.name": "?"}),
        ("requester.surface == 'slack'", {"requester.surface": "slack"}),
        ("run.level == 3", {"run.level": "?"}),
        ("environment in ['a'] // args.note", {"environment": "production"}),
        ("1 + 1 == 2", {}),
    ],
)
def test_each_name_is_there_once_with_its_value(condition: str, found: dict[str, Any]) -> None:
    assert seen(condition) == found


def test_what_is_not_known_has_no_value() -> None:
    nobody = Circumstances(None, AROUND.at, None, unknown=frozenset({"target", "evidence"}))
    condition = "agent == '' || environment == '' || requester.email == '' || target == '' || evidence == []"
    assert set(seen(condition, nobody).values()) == {"?"}
