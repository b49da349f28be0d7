"""Refunds against a billing server in Stripe's form: once per key, refused in words, unknown when the answer is lost."""

from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from agents.actions import ActionFailed, BadArguments, Effect, EffectUnknown
from agents.executors.refund import Billing, execute_financial_action
from bot.sandbox.billing import BillingServer
from storage.records import JsonObject

EFFECT = Effect("exe_1", "run_1", "req_1")
LAMP: JsonObject = {"charge": "ch_A1042", "amount": "300.00", "currency": "USD", "reason": "requested_by_customer"}


@pytest.fixture
async def billing(tmp_path: Path) -> AsyncIterator[BillingServer]:
    billing = BillingServer(tmp_path / "billing.db")
    await billing.start()
    yield billing
    await billing.stop()


async def refund(to: Billing, arguments: JsonObject = LAMP, effect: Effect = EFFECT) -> JsonObject:
    action = execute_financial_action(to)
    return await action.execute(action.parse(arguments), effect)


async def test_a_refund_is_made_and_says_for_which_run(billing: BillingServer) -> None:
    receipt = await refund(billing.client)

    (made,) = billing.refunds()
    assert (made.charge, made.cents, made.currency, made.reason) == ("ch_A1042", 30000, "USD", "requested_by_customer")
    assert made.metadata == {"signoff_run": "run_1", "signoff_request": "req_1"}
    assert receipt == {"summary": f"Refunded 300.00 USD ({made.id}).", "refund": made.id, "status": "succeeded"}


async def test_the_same_key_refunds_once(billing: BillingServer) -> None:
    assert await refund(billing.client) == await refund(billing.client)
    assert len(billing.refunds()) == 1


async def test_the_same_key_with_another_amount_is_refused(billing: BillingServer) -> None:
    await refund(billing.client)

    with pytest.raises(ActionFailed, match="can only be used with the same parameters"):
        await refund(billing.client, {**LAMP, "amount": "1.00"})
    assert len(billing.refunds()) == 1


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"amount": "480.01"}, r"Refund amount \(480.01 USD\) is greater than unrefunded amount on charge \(480.00 USD\)"),
        ({"charge": "ch_nothing"}, "No such charge: 'ch_nothing'"),
        ({"currency": "EUR"}, "The charge is in USD, not in EUR"),
    ],
)
async def test_what_billing_does_not_accept_failed_with_its_words(
    billing: BillingServer, change: JsonObject, words: str
) -> None:
    with pytest.raises(ActionFailed, match=words):
        await refund(billing.client, {**LAMP, **change})
    assert not billing.refunds()


async def test_a_charge_is_not_refunded_twice(billing: BillingServer) -> None:
    await refund(billing.client, {**LAMP, "amount": "480.00"})

    with pytest.raises(ActionFailed, match="has already been refunded"):
        await refund(billing.client, effect=replace(EFFECT, idempotency_key="exe_2"))


async def test_a_wrong_key_failed(billing: BillingServer) -> None:
    with pytest.raises(ActionFailed, match="Invalid API key"):
        await refund(replace(billing.client, key="wrong"))


async def test_a_server_that_is_down_failed(unused_tcp_port: int) -> None:
    with pytest.raises(ActionFailed, match="could not be asked"):
        await refund(Billing(f"http://127.0.0.1:{unused_tcp_port}", "key"))


@pytest.mark.parametrize(
    ("status", "error"), [(402, ActionFailed), (429, ActionFailed), (500, EffectUnknown), (503, EffectUnknown)]
)
async def test_a_status_says_whether_it_may_have_happened(
    billing: BillingServer, status: int, error: type[Exception]
) -> None:
    billing.fail_next(status)

    with pytest.raises(error, match="has a problem"):
        await refund(billing.client)


async def test_a_connection_lost_after_sending_is_unknown_and_a_repeat_finds_the_refund(billing: BillingServer) -> None:
    billing.fail_next("drop_after_accepting")

    with pytest.raises(EffectUnknown, match="Look in the billing system"):
        await refund(billing.client)
    await refund(billing.client)
    assert len(billing.refunds()) == 1


async def test_no_answer_after_sending_is_unknown(billing: BillingServer) -> None:
    billing.fail_next("hang")

    with pytest.raises(EffectUnknown, match="no answer in time"):
        await refund(replace(billing.client, timeout=0.4))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("amount", "0"),
        ("amount", "-5"),
        ("amount", "1.005"),
        ("amount", "NaN"),
        ("amount", "Infinity"),
        ("amount", "1e20"),
        ("amount", "a lot"),
        ("currency", "JPY"),
        ("charge", "../customers"),
        ("charge", ""),
        ("reason", "because"),
    ],
)
def test_arguments_are_bounded(field: str, value: str) -> None:
    with pytest.raises(BadArguments) as refused:
        execute_financial_action(Billing("", "")).parse({**LAMP, field: value})
    assert field in refused.value.errors


@pytest.mark.parametrize("amount", ["480", "480.0", "480.00"])
def test_an_amount_always_shows_its_cents(amount: str) -> None:
    normal, target = execute_financial_action(Billing("", "")).normal({**LAMP, "amount": amount})

    assert (normal["amount"], target) == ("480.00", "480.00 USD of ch_A1042")
    assert execute_financial_action(Billing("", "")).parse(normal).amount == Decimal(480)


def test_the_key_is_not_shown() -> None:
    assert "hush" not in repr(Billing("http://x", "hush"))
