"""The demo's world is reached as a production one, keeps what it received, and shows it."""

from pathlib import Path

import aiohttp
import pytest

from agents import shipped
from agents.actions import Effect
from agents.mail import read_ticket
from agents.offline import OfflineModel
from bot.sandbox.samples import samples
from bot.sandbox.world import Panel, World
from storage.records import JsonObject
from tests.fakes.runs import Story


def panel(world: World, name: str) -> Panel:
    return next(panel for panel in world.panels() if panel["name"] == name)


async def run(world: World, action: str, arguments: JsonObject, key: str = "exe_1") -> JsonObject:
    systems = world.systems()
    try:
        chosen = shipped.actions(systems)[action]
        return await chosen.execute(chosen.parse(arguments), Effect(key, "run_1", None))
    finally:
        systems.close()


async def test_a_new_world_is_empty_but_for_its_customers(tmp_path: Path) -> None:
    async with World(tmp_path / "world") as world:
        assert [(panel["name"], len(panel["rows"])) for panel in world.panels()] == [
            ("mailbox", 0),
            ("billing", 0),
            ("customers", 8),
            ("notes", 0),
        ]
        assert all(len(row) == len(panel["columns"]) for panel in world.panels() for row in panel["rows"])
        assert all(panel["title"] and panel["empty"] and panel["note"] for panel in world.panels())


async def test_what_the_actions_do_is_seen_and_survives_a_restart(tmp_path: Path) -> None:
    refund: JsonObject = {"charge": "ch_A1042", "amount": "300.00", "currency": "USD", "reason": "requested_by_customer"}
    async with World(tmp_path) as world:
        await run(world, "send_external_email", {"to": "mia@example.com", "subject": "Hi", "body": "Text\nmore"})
        await run(world, "execute_financial_action", refund)
        await run(world, "delete_any_data", {"customer": "cus_lena", "what": "marketing_profile"})
        await run(world, "update_internal_record", {"customer": "cus_mia", "note": "Called back"})

    async with World(tmp_path) as world:
        await run(world, "execute_financial_action", refund)  # the same key after a restart
        assert panel(world, "mailbox")["rows"] == [["mia@example.com", "Hi", "Text\nmore"]]
        assert [row[:3] for row in panel(world, "billing")["rows"]] == [["300.00 USD", "ch_A1042", "requested by customer"]]
        assert next(row[-1] for row in panel(world, "customers")["rows"] if row[0] == "cus_lena") == "no"
        assert panel(world, "notes")["rows"] == [["cus_mia", "Note", "Called back"]]


SAMPLES = [
    ("execute_financial_action", {"charge": "ch_A1042", "amount": "480.00", "currency": "USD"}),
    ("send_external_email", {"to": "jon.bell@example.com"}),
    ("update_customer_record", {"field": "email", "new": "ana@silva-atelier.example"}),
    ("delete_any_data", {"customer": "cus_lena", "what": "marketing_profile"}),
    ("legal_advice", {}),
    ("execute_financial_action", {"charge": "ch_A1044", "amount": "940.00", "currency": "SAR"}),
]


@pytest.mark.parametrize("number", range(len(SAMPLES)))
async def test_each_sample_ticket_leads_where_its_hint_says(tmp_path: Path, number: int) -> None:
    sample, (action, arguments) = samples()[number], SAMPLES[number]
    assert read_ticket(sample["text"]).is_mail
    assert sample["title"]
    assert sample["hint"]
    async with World(tmp_path) as world:
        systems = world.systems()
        story = Story(
            shipped.agents(systems)["support"], shipped.actions(systems), OfflineModel(shipped.rules()), sample["text"]
        )
        proposal = await story.park()
        systems.close()

    assert proposal.action == action
    assert arguments.items() <= proposal.arguments.items()


async def test_there_are_six_samples() -> None:
    assert len(samples()) == len(SAMPLES)


@pytest.mark.parametrize(
    ("form", "status", "code"),
    [
        ({"charge": "ch_A1042"}, 200, None),
        ({"payment_intent": "ch_A1042", "amount": "100"}, 200, None),
        ({"charge": "ch_A1042", "amount": "48001"}, 400, "amount_too_large"),
        ({"charge": "ch_A1042", "amount": "0"}, 400, "parameter_invalid_integer"),
        ({"charge": "ch_A1042", "amount": "1.5"}, 400, "parameter_invalid_integer"),
        ({"charge": "nothing"}, 404, "resource_missing"),
        ({}, 404, "resource_missing"),
    ],
)
async def test_the_billing_system_answers_in_stripes_form(
    tmp_path: Path, form: dict[str, str], status: int, code: str | None
) -> None:
    async with World(tmp_path) as world, aiohttp.ClientSession() as session:
        client = world.billing.client
        headers = {"Authorization": f"Bearer {client.key}"}
        async with session.post(f"{client.url}/v1/refunds", data=form, headers=headers) as answer:
            body = await answer.json()

    assert answer.status == status
    assert body.get("error", {}).get("code") == code
    if status == 200:
        assert (body["object"], body["status"], body["currency"]) == ("refund", "succeeded", "usd")
