"""What else people do with a card in the browser, those among them who may not."""

import asyncio

import pytest
from playwright.async_api import Page, expect

from bot.demo import DAN, NOOR, RAVI, TESS, Demo
from bot.sandbox.people import Person
from storage.records import RequestStatus
from tests.e2e import window
from tests.e2e.company import actions_of, asked_for
from tests.e2e.conftest import Open

pytestmark = pytest.mark.browser

NO_REVIEWER = "Only @reviewers can decide on this."
TOO_CLOSE = f"You asked for this, so somebody else has to decide. {NO_REVIEWER}"


async def test_a_rejection_has_a_reason_and_notes_and_nothing_happens(company: Demo, browse: Open) -> None:
    eyes, request, _ = await asked_for(company)
    ravi = await browse(company.sandbox.url, RAVI)

    await window.press(ravi, "Reject")
    await window.field(ravi, "reason").select_option("other")
    await window.form(ravi).get_by_test_id("modal-submit").click()
    await expect(window.error_at(ravi, "notes")).to_have_text("Say here what is wrong.")
    await expect(window.field(ravi, "reason")).to_have_value("other")
    await window.field(ravi, "reason").select_option("not_enough_evidence")
    await window.field(ravi, "notes").fill("Ask for photos first.")
    await window.send(ravi)

    await expect(window.card(ravi)).to_contain_text("Rejected by Ravi Shah")
    await expect(window.card(ravi)).to_contain_text("Not enough evidence")
    await expect(window.card(ravi)).to_contain_text("Ask for photos first.")
    await expect(window.card(ravi).get_by_role("button", name="Approve")).to_have_count(0)
    await expect(window.thread(ravi)).to_be_hidden()
    thread = await window.open_thread(ravi)
    await expect(thread).to_contain_text("Rejected by Ravi Shah: Not enough evidence.")
    await expect(thread).to_contain_text("@Tess Torres The refund of 480.00 USD for order A-1042 was rejected")

    ended = await eyes.ended(request)
    record = await eyes.evaluation()
    assert ended.status is RequestStatus.rejected
    assert (record.decision, record.outcome) == ("reject", "none")
    assert "request.rejected" in [entry.event for entry in await eyes.audit()]
    assert eyes.refunds() == []


@pytest.mark.parametrize(
    ("typed", "complaint"), [("300.005", "2 decimal places"), ("0", "greater than 0"), ("three hundred", "number")]
)
async def test_an_amount_that_cannot_be_is_said_at_its_field_and_what_was_typed_stays(
    company: Demo, browse: Open, typed: str, complaint: str
) -> None:
    eyes, request, _ = await asked_for(company)
    ravi = await browse(company.sandbox.url, RAVI)

    await window.press(ravi, "Edit")
    await window.field(ravi, "amount").fill(typed)
    await window.field(ravi, "notes").fill("As agreed on the phone.")
    await window.form(ravi).get_by_test_id("modal-submit").click()

    await expect(window.error_at(ravi, "amount")).to_contain_text(complaint)
    await expect(window.field(ravi, "amount")).to_have_value(typed)
    await expect(window.field(ravi, "notes")).to_have_value("As agreed on the phone.")
    assert await eyes.store.read(lambda tx: tx.request(request.id)) == request

    await window.field(ravi, "amount").fill("299.99")
    await window.send(ravi)
    await eyes.ended(request)
    assert eyes.refunds() == [("ch_A1042", 29999, "USD")]


@pytest.mark.parametrize(
    ("person", "button", "why"),
    [
        pytest.param(DAN, "Approve", NO_REVIEWER, id="a stranger approves"),
        pytest.param(DAN, "Edit", NO_REVIEWER, id="a stranger edits"),
        pytest.param(DAN, "Reject", NO_REVIEWER, id="a stranger rejects"),
        pytest.param(TESS, "Approve", TOO_CLOSE, id="the requester approves"),
    ],
)
async def test_who_may_not_decide_is_told_why_and_nobody_else_is(
    company: Demo, browse: Open, person: Person, button: str, why: str
) -> None:
    eyes, request, _ = await asked_for(company)
    page, ravi = await browse(company.sandbox.url, person), await browse(company.sandbox.url, RAVI)

    await window.press(page, button)
    await expect(window.whisper(page, why)).to_be_visible()

    assert await window.form(page).is_hidden()
    await expect(window.card(ravi)).to_contain_text("Needs approval")
    await expect(window.whisper(ravi, "")).to_have_count(0)
    assert await eyes.store.read(lambda tx: tx.request(request.id)) == request
    assert eyes.refunds() == []


async def test_after_four_hours_the_card_expires_and_the_agent_and_the_requester_are_told(
    company: Demo, browse: Open
) -> None:
    eyes, request, _ = await asked_for(company)
    tess = await browse(company.sandbox.url, TESS)

    await tess.get_by_test_id("clock-4h").click()

    await expect(window.card(tess)).to_contain_text("Expired")
    await expect(window.card(tess).get_by_role("button", name="Approve")).to_have_count(0)
    thread = await window.open_thread(tess)
    await expect(thread).to_contain_text("Expired. Nobody decided within 4 hours. Nothing was done.")
    await expect(thread).to_contain_text("@Tess Torres The refund of 480.00 USD for order A-1042 was not decided on in time")
    ended = await eyes.ended(request)
    approval = (await eyes.steps(await eyes.run()))[-1]
    record = await eyes.evaluation()
    assert ended.status is RequestStatus.expired
    assert isinstance(approval.result, dict)
    assert approval.result["status"] == "expired", "what the agent gets back"
    assert (record.decision, record.outcome) == ("expired", "none")
    assert eyes.refunds() == []


async def test_of_two_reviewers_at_once_one_decides_and_the_other_is_told_who(company: Demo, browse: Open) -> None:
    eyes, request, _ = await asked_for(company)
    company.sandbox.hold_next(2)
    pages: tuple[Page, Page] = (await browse(company.sandbox.url, RAVI), await browse(company.sandbox.url, NOOR))

    await asyncio.gather(*(window.press(page, "Approve") for page in pages))

    await eyes.ended(request)
    [decision] = await eyes.store.read(lambda tx: tx.decisions(request.id))
    winner, loser = (RAVI, NOOR) if decision.person.user == RAVI.id else (NOOR, RAVI)
    await eyes.whispered(winner, "Approved. It runs now.")
    told = window.whisper(pages[(RAVI, NOOR).index(loser)], f"{winner.real_name} has approved this already at")
    await expect(told).to_be_visible()
    assert eyes.refunds() == [("ch_A1042", 48000, "USD")]
    assert actions_of(await eyes.card(request, "Approved and done")) == []
