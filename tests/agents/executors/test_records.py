"""Customer records: changed only if nobody else did, deleted as far as asked, noted once."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from agents.actions import ActionFailed, BadArguments, Effect
from agents.executors.blocked import hiring_decision, legal_advice, medical_recommendation
from agents.executors.records import (
    delete_any_data,
    draft_internal_message,
    update_customer_record,
    update_internal_record,
)
from agents.support.customers import Customers, notes
from agents.support.seed import seed
from storage.records import JsonObject

EFFECT = Effect("exe_1", "run_1", None)
MOVE: JsonObject = {"customer": "cus_mia", "field": "email", "current": "mia@example.com", "new": "mia@new.example"}


@pytest.fixture
def customers(tmp_path: Path) -> Iterator[Customers]:
    customers = Customers(f"sqlite:///{tmp_path / 'customers.db'}")
    customers.prepare()
    seed(customers)
    yield customers
    customers.close()


async def test_a_record_is_changed(customers: Customers) -> None:
    action = update_customer_record(customers)
    receipt = await action.execute(action.parse(MOVE), EFFECT)

    assert receipt["summary"] == "Changed email of cus_mia to mia@new.example."
    mia = await customers.get("cus_mia")
    assert mia
    assert mia.email == "mia@new.example"


@pytest.mark.parametrize("change", [{"current": "old@example.com"}, {"customer": "cus_nobody"}])
async def test_a_record_that_changed_since_is_left_alone(customers: Customers, change: JsonObject) -> None:
    action = update_customer_record(customers)

    with pytest.raises(ActionFailed, match="changed since, or is gone"):
        await action.execute(action.parse({**MOVE, **change}), EFFECT)
    mia = await customers.get("cus_mia")
    assert mia
    assert mia.email == "mia@example.com"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"new": "not an address"}, "new"),
        ({"new": "mia@example.com"}, "new"),
        ({"field": "phone", "new": "call me"}, "new"),
        ({"field": "name", "new": "x" * 201}, "new"),
        ({"field": "name", "new": "Mia\nKeller"}, "new"),
        ({"field": "password", "new": "x"}, "field"),
        ({"customer": "cus'; --"}, "customer"),
    ],
)
def test_a_new_value_must_fit_its_field(customers: Customers, change: JsonObject, field: str) -> None:
    with pytest.raises(BadArguments) as refused:
        update_customer_record(customers).parse({**MOVE, **change})
    assert field in refused.value.errors


@pytest.mark.parametrize(
    ("what", "rows", "orders", "exists"),
    [
        ("marketing_profile", {"marketing_profiles": 1}, 2, True),
        ("order_history", {"charges": 2, "orders": 2}, 0, True),
        ("account", {"marketing_profiles": 1, "charges": 2, "orders": 2, "notes": 0, "customers": 1}, 0, False),
    ],
)
async def test_what_was_asked_for_is_deleted_and_nothing_else(
    customers: Customers, what: str, rows: dict[str, int], orders: int, exists: bool
) -> None:
    action = delete_any_data(customers)
    receipt = await action.execute(action.parse({"customer": "cus_mia", "what": what}), EFFECT)

    assert receipt["rows"] == rows
    left = await customers.find(["mia@example.com", "omar.haddad@example.com"], [])
    assert len([order for order in left.orders if order.customer == "cus_mia"]) == orders
    assert ("cus_mia" in [person.id for person in left.customers]) is exists
    assert "cus_omar" in [person.id for person in left.customers]


async def test_nothing_to_delete_failed(customers: Customers) -> None:
    action = delete_any_data(customers)

    with pytest.raises(ActionFailed, match="cus_x has no account; nothing was deleted"):
        await action.execute(action.parse({"customer": "cus_x", "what": "account"}), EFFECT)


async def test_notes_are_written_once_for_each_effect(customers: Customers) -> None:
    note, message = update_internal_record(customers), draft_internal_message(customers)
    for _ in range(2):
        await note.execute(note.parse({"customer": "cus_mia", "note": "Likes lamps"}), EFFECT)
    await message.execute(message.parse({"subject": "Look", "body": "at this"}), Effect("exe_2", "run_1", None))

    with customers.engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(notes)) == 2


async def test_a_database_that_is_gone_failed(tmp_path: Path) -> None:
    action = update_customer_record(Customers(f"sqlite:///{tmp_path / 'none' / 'x.db'}"))

    with pytest.raises(ActionFailed, match="customer database does not answer"):
        await action.execute(action.parse(MOVE), EFFECT)


@pytest.mark.parametrize("make", [legal_advice, medical_recommendation, hiring_decision])
async def test_what_no_agent_may_do_is_not_done_even_if_a_policy_lets_it(make: object) -> None:
    assert callable(make)
    action = make()

    with pytest.raises(ActionFailed, match="No agent does this"):
        await action.execute(action.parse({"question": "?"}), EFFECT)
