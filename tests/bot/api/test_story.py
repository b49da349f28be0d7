"""What an agent of another make lives through, from its request to its report."""

import asyncio
from datetime import UTC, datetime

import jwt
import pytest

from bot.cards.form import Form
from bot.flow.run import advance
from bot.flow.sweep import CLAIM_WITHIN
from storage.records import ExecutionStatus, RequestStatus, RunStatus
from tests.bot.api.office import PAYMENT, Office, Program
from tests.bot.flow.stage import ANNA, NOOR


async def test_what_people_approve_is_claimed_done_elsewhere_and_reported(office: Office, agent: Program) -> None:
    asked = await agent.ask(input="Invoice 7 came in", session_id="s-1", agent_version="2.1")
    req = asked.body["id"]
    assert (asked.status, asked.body["status"], asked.body["target"]) == (201, "pending", "lamp-shop")
    await office.approve(req)
    claimed = await agent.claim(req)
    assert (claimed.status, claimed.body["arguments"], claimed.body["target"]) == (200, PAYMENT, "lamp-shop")
    told = await agent.tell(req, claimed.body["grant"], summary="Paid the lamp shop.", receipt={"id": "pay_1"})
    assert (told.status, told.body["status"]) == (200, "succeeded")
    assert told.body["execution"]["receipt"] == {"id": "pay_1", "summary": "Paid the lamp shop."}
    await office.stage.settle()
    assert "Paid the lamp shop." in str(office.stage.card().lines)
    assert office.stage.till.paid == []
    run = await office.stage.run()
    assert (run.status, run.agent, run.agent_version, run.level, run.final_output) == (
        RunStatus.succeeded, "buyer", "2.1", 0, "Paid the lamp shop.",
    )  # fmt: skip
    assert await office.events(req) == [
        "run.started", "request.created", "request.approve", "request.approved", "execution.claimed",
        "execution.succeeded", "run.succeeded",
    ]  # fmt: skip


async def test_the_trace_and_the_evaluation_are_those_of_any_agent(office: Office, agent: Program) -> None:
    req = await agent.asked(session_id="s-1")
    await office.approve(req)
    await agent.tell(req, (await agent.claim(req)).body["grant"])
    request = await office.request(req)
    steps = await office.stage.read(lambda tx: tx.steps(request.run_id))
    assert [(step.type, step.status) for step in steps] == [
        ("tool_call", "done"),
        ("approval", "done"),
        ("tool_call", "done"),
    ]
    assert (steps[0].detail["result"], steps[0].detail["session_id"]) == ("pending_approval", "s-1")
    record = (await office.stage.read(lambda tx: tx.evaluations()))[0]
    assert (record.request_id, record.decision, record.outcome, record.agent) == (req, "approve", "succeeded", "buyer")


async def test_the_grant_is_a_token_that_any_program_can_verify(office: Office, agent: Program) -> None:
    req = await agent.asked()
    await office.approve(req)
    claimed = (await agent.claim(req)).body
    published = (await office.stranger().get("/v1/grant-keys")).body
    key = jwt.PyJWKSet.from_dict(published)[jwt.get_unverified_header(claimed["grant"])["kid"]]
    claims = jwt.decode(claimed["grant"], key, algorithms=["EdDSA"], issuer="signoff", options={"verify_exp": False})
    assert (claims["jti"], claims["sub"], claims["fingerprint"]) == (claimed["id"], req, claimed["fingerprint"])
    assert datetime.fromtimestamp(claims["exp"], UTC) == datetime.fromisoformat(claimed["expires_at"])


async def test_the_card_says_that_another_program_runs_it(office: Office, agent: Program) -> None:
    office.stage.adopt("defaults: {reviewers: [ravi@example.com], channel: C9}\nrules: []")
    await agent.asked()
    await office.stage.settle()
    await agent.asked(action="deploy_service", arguments={"to": "eu-1"}, target="eu-1")
    await office.stage.settle()
    known, unknown = office.stage.surface.cards()
    assert [known.labels, unknown.labels] == [("Run by another program",)] * 2
    assert (known.buttons, unknown.buttons) == (("approve", "edit", "reject"), ("approve", "reject"))
    assert "could not be checked" in str(unknown.reasons)
    assert {place.channel for place in office.stage.surface.places.values()} == {"C9"}


async def test_what_the_policy_lets_through_is_claimable_at_once_and_asks_nobody(office: Office, agent: Program) -> None:
    asked = await agent.ask(action="think", arguments={"text": "hm"})
    assert (asked.status, asked.body["status"], asked.body["verdict"], asked.body["quorum"]) == (201, "approved", "auto", 0)
    claimed = await agent.claim(asked.body["id"])
    assert claimed.status == 200
    assert (await agent.tell(asked.body["id"], claimed.body["grant"])).body["status"] == "succeeded"
    await office.stage.settle()
    assert office.stage.surface.views == {}
    record = (await office.stage.read(lambda tx: tx.evaluations()))[0]
    assert (record.decision, record.outcome) == ("auto", "succeeded")


async def test_what_the_policy_blocks_is_stored_as_blocked_and_over(office: Office, agent: Program) -> None:
    asked = await agent.ask(action="advise", arguments={"text": "buy"})
    assert (asked.status, asked.body["status"], asked.body["reason"]) == (201, "blocked", "We do not give advice.")
    refused = await agent.claim(asked.body["id"])
    assert (refused.status, refused.detail) == (409, "It is blocked: We do not give advice.")
    assert (await office.stage.run()).status is RunStatus.blocked
    record = (await office.stage.read(lambda tx: tx.evaluations()))[0]
    assert (record.decision, record.outcome, record.request_id) == ("block", "none", asked.body["id"])
    assert "proposal.blocked" in await office.events(asked.body["id"])


async def test_no_job_of_ours_ever_runs_it(office: Office, agent: Program) -> None:
    passed, asked = await agent.asked(action="note", arguments={"text": "hm"}), await agent.asked()
    await office.approve(asked)
    for req in (passed, asked):
        await advance(office.stage.signoff, (await office.request(req)).run_id)
    await office.stage.settle()
    assert {await office.status(passed), await office.status(asked)} == {RequestStatus.approved}
    assert await office.stage.read(lambda tx: tx.executions(tx.request(passed).run_id)) == []
    assert office.stage.till.paid == []


@pytest.mark.parametrize("verdict", ["auto", "log"])
async def test_an_unknown_action_always_goes_to_people(office: Office, agent: Program, verdict: str) -> None:
    office.stage.adopt(
        f"defaults: {{reviewers: [ravi@example.com]}}\nrules: [{{name: free, actions: [think], verdict: {verdict}}}]"
    )
    office.stage.signoff.actions._by_name.pop("think")  # what a newer policy names and this replica does not know
    asked = (await agent.ask(action="think", arguments={"text": "hm"}, target="me")).body
    assert (asked["status"], asked["verdict"], asked["risk"]) == ("pending", "approve", "high")
    assert "could not be checked" in " ".join(asked["reasons"])
    await office.approve(asked["id"])
    assert (await agent.claim(asked["id"])).status == 200


async def test_an_unknown_action_that_nobody_can_approve_is_blocked(office: Office, agent: Program) -> None:
    asked = (await agent.ask(action="deploy_service", arguments={"to": "eu-1"}, target="eu-1")).body
    assert asked["status"] == "blocked"
    assert "Nobody can approve this" in asked["reason"]


async def test_an_unknown_action_needs_a_target(office: Office, agent: Program) -> None:
    told = await agent.ask(action="deploy_service", arguments={"to": "eu-1"})
    assert (told.status, told.body["errors"][0]["pointer"]) == (422, "/target")


async def test_an_unknown_action_cannot_be_edited(office: Office, agent: Program) -> None:
    office.stage.adopt("defaults: {reviewers: [ravi@example.com]}\nrules: []")
    req = await agent.asked(action="deploy_service", arguments={"to": "eu-1"}, target="eu-1")
    reviewer = await office.program("decide", owner="ravi@example.com")
    refused = await reviewer.decide(req, "edit", arguments={"to": "eu-2"})
    assert (refused.status, "cannot be edited" in refused.detail) == (422, True)
    assert (await reviewer.decide(req, "reject", notes="not now")).body["request"]["status"] == "rejected"


async def test_wrong_arguments_are_told_one_by_one(office: Office, agent: Program) -> None:
    told = await agent.ask(arguments={"amount": "-1", "for": "x"})
    assert told.status == 422
    assert {error["pointer"] for error in told.body["errors"]} == {"/arguments/amount", "/arguments/to", "/arguments/for"}
    assert await office.stage.read(lambda tx: tx.requests()) == []


async def test_nobody_poses_as_an_agent_of_ours(office: Office, agent: Program) -> None:
    told = await agent.ask(agent="payer")
    assert (told.status, told.body["errors"][0]["pointer"]) == (422, "/agent")


async def test_an_edit_reaches_the_agent_in_the_grant(office: Office, agent: Program) -> None:
    req = await agent.asked()
    await office.stage.edit(await office.request(req), amount="300.00")
    seen = (await agent.get(f"/v1/requests/{req}")).body
    assert seen["edit"] == [{"field": "amount", "before": "480.00", "after": "300.00"}]
    assert (await agent.claim(req)).body["arguments"]["amount"] == "300.00"


async def test_a_grant_is_claimed_once_whoever_comes_together(office: Office, agent: Program) -> None:
    req = await agent.asked()
    await office.approve(req)
    told = await asyncio.gather(*(agent.claim(req) for _ in range(8)))
    assert sorted(each.status for each in told) == [200, *[409] * 7]
    assert len(await office.stage.read(lambda tx: tx.executions(tx.request(req).run_id))) == 1


async def test_nothing_is_granted_before_the_decision_nor_after_a_rejection(office: Office, agent: Program) -> None:
    req = await agent.asked()
    assert "Nobody has decided yet" in (await agent.claim(req)).detail
    await office.stage.reject(await office.request(req), notes="too much")
    refused = await agent.claim(req)
    assert (refused.status, "rejected" in refused.detail) == (409, True)


async def test_an_approval_lapses_when_nobody_claims_it(office: Office, agent: Program) -> None:
    req = await agent.asked()
    await office.approve(req)
    office.stage.clock.now += CLAIM_WITHIN
    told = await agent.claim(req)
    assert (told.status, "within 15 minutes" in told.detail) == (409, True)


async def test_a_policy_that_became_stricter_stops_what_an_older_one_let_through(office: Office, agent: Program) -> None:
    req = await agent.asked(action="think", arguments={"text": "hm"})
    office.stage.adopt("rules: [{name: no, actions: [think], verdict: block}]")
    told = await agent.claim(req)
    assert (told.status, "policy does not let this run" in told.detail) == (409, True)
    assert await office.status(req) is RequestStatus.failed
    assert "execution.refused" in await office.events(req)


async def test_a_pending_request_can_be_taken_back_and_nothing_else(office: Office, agent: Program) -> None:
    pending, approved = await agent.asked(), await agent.asked()
    assert (await agent.post(f"/v1/requests/{pending}/cancel")).body["status"] == "cancelled"
    assert (await agent.post(f"/v1/requests/{pending}/cancel")).status == 409
    await office.approve(approved)
    assert "Do not claim its grant" in (await agent.post(f"/v1/requests/{approved}/cancel")).detail
    assert await office.status(approved) is RequestStatus.approved


async def test_the_owner_of_the_key_and_whom_it_acts_for_do_not_decide(office: Office, agent: Program) -> None:
    office.stage.adopt(
        "rules: [{name: payments, actions: [pay], verdict: approve, "
        "reviewers: [anna@example.com, noor@example.com, ravi@example.com]}]"
    )
    req = await agent.asked(on_behalf_of="noor@example.com")
    for who in (ANNA, NOOR):
        assert not (await office.stage.approve(await office.request(req), who)).ok
    await office.approve(req)


async def test_on_whose_behalf_has_to_be_somebody(office: Office, agent: Program) -> None:
    told = await agent.ask(on_behalf_of="noor")
    assert (told.status, told.body["errors"][0]["pointer"]) == (422, "/on_behalf_of")


@pytest.mark.parametrize(("status", "ended"), [("failed", ExecutionStatus.failed), ("unknown", ExecutionStatus.unknown)])
async def test_what_did_not_go_well_is_told_to_people(
    office: Office, agent: Program, status: str, ended: ExecutionStatus
) -> None:
    req = await agent.asked()
    await office.approve(req)
    told = await agent.tell(req, (await agent.claim(req)).body["grant"], status, error="The bank did not answer.")
    assert told.body["execution"]["status"] == ended
    assert (await office.stage.run()).status is RunStatus.failed
    await office.stage.settle()
    assert await office.status(req) == status


async def test_a_report_can_be_repeated_but_not_changed(office: Office, agent: Program) -> None:
    req = await agent.asked()
    await office.approve(req)
    grant = (await agent.claim(req)).body["grant"]
    first = await agent.tell(req, grant, receipt={"id": "1"})
    again = await agent.tell(req, grant, receipt={"id": "1"})
    assert (first.status, again.status, again.body) == (200, 200, first.body)
    for _ in range(2):
        other = await agent.tell(req, grant, "failed", error="No, it did not.")
        assert (other.status, "kept in the audit log" in other.detail) == (409, True)
    assert await office.status(req) is RequestStatus.succeeded
    assert (await office.events(req)).count("execution.late_report") == 1


async def test_a_report_needs_the_grant_of_that_request(office: Office, agent: Program) -> None:
    one, two = await agent.asked(), await agent.asked()
    for req in (one, two):
        await office.approve(req)
    grants = {req: (await agent.claim(req)).body["grant"] for req in (one, two)}
    body, seal = grants[two].rsplit(".", 1)
    tampered = f"{body}.{'B' if seal[0] == 'A' else 'A'}{seal[1:]}"  # the last characters have bits that mean nothing
    for grant in (grants[one], tampered, "nonsense"):
        assert (await agent.tell(two, grant)).status == 422
    office.stage.clock.move(minutes=10)  # the grant let it begin; the report may come later
    assert (await agent.tell(two, grants[two])).status == 200


async def test_a_report_says_why_or_that_it_is_done(office: Office, agent: Program) -> None:
    for wrong in ({"status": "failed"}, {"status": "succeeded", "error": "no"}, {"status": "perhaps"}):
        assert (await agent.tell("req_1", "grant", **wrong)).status == 422


async def test_of_reports_that_contradict_each_other_at_once_one_stands(office: Office, agent: Program) -> None:
    req = await agent.asked()
    await office.approve(req)
    grant = (await agent.claim(req)).body["grant"]
    told = await asyncio.gather(
        *(agent.tell(req, grant) for _ in range(3)), *(agent.tell(req, grant, "failed", error="No.") for _ in range(3))
    )
    stands = await office.status(req)
    agreed = {"succeeded": told[:3], "failed": told[3:]}[stands]
    assert [each.status for each in agreed] == [200] * 3
    assert sorted(each.status for each in told) == [200] * 3 + [409] * 3
    assert [event for event in await office.events(req) if event.startswith("run.")] == ["run.started", f"run.{stands}"]


async def test_an_unknown_action_can_be_rejected_in_chat(office: Office, agent: Program) -> None:
    office.stage.adopt("rules: []\ndefaults: {reviewers: [ravi@example.com]}\n")
    name = await agent.asked(action="restart", arguments={"host": "db1"}, target="db1")
    await office.stage.settle()
    asked = await office.request(name)
    form = await office.stage.desk.form(office.stage.click(asked), "reject")
    assert isinstance(form, Form), form
    assert form.title == "Reject: restart"
    assert (await office.stage.reject(asked)).ok
    assert await office.status(name) == "rejected"


async def test_no_part_of_an_answer_has_a_secret(office: Office, agent: Program) -> None:
    secret = "ghp_" + "a1B2" * 10
    name = await agent.asked(
        evidence=[{"title": secret, "quote": f"log in with {secret}", "link": f"https://a.example/{secret}"}]
    )
    await office.stage.settle()
    click = office.stage.click(await office.request(name))
    assert (await office.stage.desk.approve(click)).ok
    grant = (await agent.claim(name)).body["grant"]
    told = await agent.tell(name, grant, "failed", error=f"{secret} was refused")
    assert told.status == 200
    assert told.body["reason"] == "[secret, 44 characters] was refused"
    assert secret not in str(told.body)
