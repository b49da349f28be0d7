"""The main job, played by people in a browser: propose, review, decide, execute, remember."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from playwright.async_api import expect

from bot.demo import RAVI, TESS, Demo
from storage.records import AuditEntry, Request, RequestStatus, Run, RunStatus, Step
from tests.e2e import window
from tests.e2e.company import Eyes
from tests.e2e.conftest import Open

pytestmark = pytest.mark.browser

NOTE = "The base can be replaced for $180, so we refund the rest."
TO_RAVI = "slack:T0SANDBOX:U0RAVI"
REFUND = {"amount": "480.00", "currency": "USD", "charge": "ch_A1042", "reason": "requested_by_customer"}


async def test_an_edited_refund_is_made_once_and_everything_agrees(company: Demo, browse: Open) -> None:
    eyes = Eyes(company)
    tess, ravi = await browse(company.sandbox.url, TESS), await browse(company.sandbox.url, RAVI)

    await tess.get_by_test_id("sample-0").click()
    await expect(window.card(ravi)).to_contain_text("Needs approval · High risk")
    await expect(window.card(ravi)).to_contain_text("Refund 480.00 USD to Mia Keller for order A-1042.")
    await expect(window.card(ravi)).to_contain_text("Source 3: ")
    request = await eyes.request()
    before = await eyes.card(request)

    await window.press(ravi, "Edit")
    await expect(window.field(ravi, "amount")).to_have_value("480.00")
    await window.field(ravi, "amount").fill("300.00")
    await window.field(ravi, "notes").fill(NOTE)
    await window.send(ravi)

    card = window.card(ravi)
    await expect(card).to_contain_text("Approved and done")
    await expect(card).to_contain_text("Edited and approved by Ravi Shah")
    await expect(card).to_contain_text("Amount: 480.00 → 300.00")
    await expect(card).to_contain_text(NOTE)
    await expect(card).to_contain_text("Done: Refunded 300.00 USD")
    await expect(card.get_by_role("button", name="Approve")).to_have_count(0)
    assert (await eyes.card(request)).ts == before.ts, "the card was updated in place"

    await expect(window.panel(ravi, "billing").get_by_text("300.00 USD")).to_have_count(1)
    await expect(window.panel(ravi, "billing")).to_contain_text("ch_A1042")
    await expect(window.panel(ravi, "mailbox")).to_contain_text("No mail was sent.")

    thread = await window.open_thread(tess)
    await expect(thread).to_contain_text("Edited by Ravi Shah: amount 480.00 → 300.00. It runs now.")
    await expect(thread).to_contain_text("Done. Refunded 300.00 USD")
    await expect(thread).to_contain_text("@Tess Torres Refunded 300.00 USD")
    await expect(window.notice(tess)).to_contain_text("support is done")

    await _everything_agrees(eyes, await eyes.ended(request))


async def test_a_mail_that_was_approved_is_sent_as_it_stood_on_the_card(company: Demo, browse: Open) -> None:
    eyes = Eyes(company)
    tess, ravi = await browse(company.sandbox.url, TESS), await browse(company.sandbox.url, RAVI)

    await tess.get_by_test_id("sample-1").click()
    await expect(window.card(ravi)).to_contain_text("jon.bell@example.com")
    request = await eyes.request()
    approved = request.arguments
    assert request.action == "send_external_email"
    await expect(window.card(ravi)).to_contain_text(str(approved["body"]).splitlines()[0])

    await window.press(ravi, "Approve")
    await expect(window.card(ravi)).to_contain_text("Done: E-mail sent to jon.bell@example.com.")
    await expect(window.panel(ravi, "mailbox")).to_contain_text("jon.bell@example.com")

    ended = await eyes.ended(request)
    [mail] = company.world.mailbox.received()
    assert {"to": mail.recipient, "subject": mail.subject, "body": mail.body} == approved
    assert ended.status is RequestStatus.succeeded
    assert (await eyes.evaluation()).decision == "approve"
    assert eyes.refunds() == []


async def _everything_agrees(eyes: Eyes, request: Request) -> None:
    """Ledger, mailbox, trace, audit chain and evaluation row tell the same."""
    run = await eyes.run()
    assert request.status is RequestStatus.succeeded
    assert request.arguments == REFUND | {"amount": "300.00"}
    assert eyes.refunds() == [("ch_A1042", 30000, "USD")]
    assert eyes.demo.world.mailbox.received() == []
    _trace_tells(run, await eyes.steps(run), request)
    _audit_tells(await eyes.audit(), request)
    await _evaluation_tells(eyes, run, request)


def _trace_tells(run: Run, steps: Sequence[Step], request: Request) -> None:
    """The fields of an execution trace (contract: session_id, input, steps, final_output, latency, cost, success)."""
    assert (run.status, run.success, run.level) == (RunStatus.succeeded, True, 2)
    assert "Aurora floor lamp" in run.input
    assert run.final_output is not None
    assert "Refunded 300.00 USD" in run.final_output
    assert run.total_latency_ms is not None
    assert run.total_cost_usd == 0
    assert [(step.number, step.type.value) for step in steps] == [
        (1, "tool_call"), (2, "retrieval"), (3, "retrieval"), (4, "llm_call"),
        (5, "tool_call"), (6, "approval"), (7, "tool_call"),
    ]  # fmt: skip
    assert all(step.latency_ms is not None and step.status == "done" for step in steps)
    customer, articles, model, proposal, approval, execution = (step.detail for step in steps[1:])
    assert customer["query"] == "mia@example.com, A-1042"
    assert customer["sources_retrieved"] == ["cus_mia", "A-1042", "A-1017"]
    assert "refunds" in str(articles["sources_retrieved"])
    assert {"model", "prompt_tokens", "completion_tokens", "output_summary"} <= model.keys()
    assert proposal["result"] == "pending_approval"
    assert proposal["arguments"] == REFUND
    assert proposal["approval_request_id"] == approval["approval_request_id"] == request.id
    assert approval["decision"] == "edit"
    assert approval["diff"] == [{"field": "amount", "before": "480.00", "after": "300.00"}]
    assert approval["people"] == [{"person": TO_RAVI, "lent_by": None, "decision": "edit", "notes": NOTE}]
    assert execution["arguments"] == request.arguments
    assert execution["result"] == "succeeded"


def _audit_tells(entries: Sequence[AuditEntry], request: Request) -> None:
    assert [(entry.event, entry.actor) for entry in entries] == [
        ("policy.adopted", "signoff"),
        ("run.started", "slack:T0SANDBOX:U0TESS"),
        ("request.created", "agent:support"),
        ("request.revised", TO_RAVI),
        ("request.edit", TO_RAVI),
        ("request.approved", TO_RAVI),
        ("execution.claimed", "agent:support"),
        ("execution.succeeded", "signoff"),
        ("run.succeeded", "agent:support"),
    ]
    prints = [entry.body.get("fingerprint") for entry in entries]
    assert prints[3:7] == [request.fingerprint] * 4
    assert prints[2] == entries[3].body["previous"] != request.fingerprint


async def _evaluation_tells(eyes: Eyes, run: Run, request: Request) -> None:
    record = await eyes.evaluation()
    body = record.body
    assert (record.request_id, record.verdict, record.decision, record.outcome) == (
        request.id, "approve", "edit", "succeeded",
    )  # fmt: skip
    assert body["session_id"] == run.id
    assert body["proposed_action"] == {
        "action": "execute_financial_action", "arguments": REFUND, "target": "480.00 USD of ch_A1042",
    }  # fmt: skip
    assert body["edit"] == [{"field": "amount", "before": "480.00", "after": "300.00"}]
    assert isinstance(body["evidence_used"], list)
    assert len(body["evidence_used"]) == 3
    [decision] = _objects(body["decisions"])
    assert (decision["request_id"], decision["decision"], decision["notes"]) == (request.id, "edit", NOTE)
    [versions, verdict] = _objects([body["versions"], body["final_verdict"]])
    assert versions["agent"] == run.agent_version
    assert versions["models"] == ["offline-rules"]
    assert versions["prompts"]
    assert verdict["policy_version"] == eyes.demo.replica.reload.current.policy.version
    assert request.expires_at - request.created_at == timedelta(hours=4)


def _objects(values: object) -> list[dict[str, object]]:
    assert isinstance(values, list)
    assert all(isinstance(value, dict) for value in values)
    return values
