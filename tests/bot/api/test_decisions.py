"""Keys that decide: as their owner, by the same rules as a click."""

from datetime import timedelta

import pytest

from storage.records import RequestStatus
from tests.bot.api.office import Office, Program

RAVI, NOOR, DAN = "ravi@example.com", "noor@example.com", "dan@example.com"
TWO = f"rules: [{{name: p, actions: [pay], verdict: approve, risk: high, quorum: 2, reviewers: [{RAVI}, {NOOR}]}}]"
FIXED = f"rules: [{{name: p, actions: [pay], verdict: approve, edit: forbidden, reviewers: [{RAVI}]}}]"
GROUP = "rules: [{name: p, actions: [pay], verdict: approve, reviewers: ['slack:@leads']}]"


@pytest.fixture
async def ravi(office: Office) -> Program:
    return await office.program("decide", owner=RAVI)


async def test_an_approval_counts_as_the_owners(office: Office, agent: Program, ravi: Program) -> None:
    req = await agent.asked()
    told = await ravi.decide(req, "approve", notes="Invoice checked.")
    assert (told.status, told.body["request"]["status"]) == (200, "approved")
    decision = told.body["request"]["decisions"][0]
    assert (decision["person"], decision["decision"], decision["notes"]) == (
        f"api:local:{RAVI}",
        "approve",
        "Invoice checked.",
    )
    assert (await agent.claim(req)).status == 200
    assert "decision.vouched" in await office.events(req)
    entries = await office.stage.read(lambda tx: tx.audit_entries(request_id=req))
    assert ravi.key is not None
    assert [entry.actor for entry in entries if entry.event == "decision.vouched"] == [f"key:{ravi.key.id}"]


async def test_an_edit_makes_a_revision_and_approves_it(office: Office, agent: Program, ravi: Program) -> None:
    req = await agent.asked()
    told = await ravi.decide(req, "edit", arguments={"amount": "300.00"}, notes="As agreed.")
    assert (told.body["request"]["revision"], told.body["request"]["status"]) == (2, "approved")
    assert (await agent.claim(req)).body["arguments"] == {"amount": "300.00", "to": "lamp-shop"}


@pytest.mark.parametrize(
    ("arguments", "pointer"), [({"amount": "-1"}, "/arguments/amount"), ({"sum": "1"}, "/arguments/sum"), ({}, "/")]
)
async def test_an_edit_is_checked_field_by_field(
    office: Office, agent: Program, ravi: Program, arguments: dict[str, str], pointer: str
) -> None:
    told = await ravi.decide(await agent.asked(), "edit", arguments=arguments)
    assert (told.status, told.body["errors"][0]["pointer"]) == (422, pointer)


async def test_what_nobody_may_edit_is_refused_with_a_sentence(office: Office, agent: Program, ravi: Program) -> None:
    office.stage.adopt(FIXED)
    req = await agent.asked()
    told = await ravi.decide(req, "edit", arguments={"amount": "300.00"})
    assert (told.status, "lets nobody edit this" in told.detail) == (422, True)
    assert (await agent.get(f"/v1/requests/{req}")).body["editable"] is False
    assert (await ravi.decide(req, "approve")).status == 200


async def test_a_rejection_says_why(office: Office, agent: Program, ravi: Program) -> None:
    req = await agent.asked()
    assert (await ravi.decide(req, "reject")).status == 422
    told = await ravi.decide(req, "reject", reason="wrong_details", notes="It was 300.")
    assert (told.body["request"]["status"], told.body["request"]["reason"]) == ("rejected", "Right action, wrong details")
    assert await office.status(req) is RequestStatus.rejected


async def test_who_is_not_asked_is_refused_with_a_sentence(office: Office, agent: Program) -> None:
    req = await agent.asked()
    told = await (await office.program("decide", owner=DAN)).decide(req, "approve")
    assert (told.status, told.body["type"], RAVI in told.detail) == (403, "urn:signoff:not-entitled", True)
    assert await office.status(req) is RequestStatus.pending


async def test_who_asked_does_not_decide_under_another_key(office: Office) -> None:
    asking, deciding = await office.program(owner=RAVI), await office.program("decide", owner=RAVI)
    told = await deciding.decide(await asking.asked(), "approve")
    assert (told.status, "You asked for this" in told.detail) == (403, True)


async def test_who_asked_under_an_account_does_not_decide_under_an_address(office: Office, ravi: Program) -> None:
    asking = await office.program(owner="slack:T1:ravi")
    req = await asking.asked()
    told = await ravi.decide(req, "approve")
    assert (told.status, "slack:T1:ravi" in told.detail) == (403, True)
    office.stage.surface.fail_next(99)
    told = await ravi.decide(req, "approve")
    assert (told.status, "cannot be looked up whether you are slack:T1:ravi" in told.detail) == (403, True)


async def test_an_account_that_chat_knows_is_looked_up_there(office: Office, agent: Program) -> None:
    req, noor = await agent.asked(), await office.program("decide", owner="slack:T1:noor")
    office.stage.surface.standings["noor"] = "deactivated"
    told = await noor.decide(req, "approve")
    assert (told.status, "deactivated" in told.detail) == (403, True)
    office.stage.surface.fail_next()
    assert (await noor.decide(req, "approve")).status == 503
    office.stage.surface.standings["noor"] = "member"
    assert (await noor.decide(req, "approve")).status == 200


async def test_a_quorum_counts_people_and_not_keys(office: Office, agent: Program, ravi: Program) -> None:
    office.stage.adopt(TWO)
    req = await agent.asked()
    assert "1 more" in (await ravi.decide(req, "approve")).body["said"]
    again = await (await office.program("decide", owner=RAVI)).decide(req, "approve")
    assert (again.status, again.body["request"]["status"]) == (200, "pending")
    await office.stage.approve(await office.request(req))  # Ravi again, in chat
    assert await office.status(req) is RequestStatus.pending
    assert (await (await office.program("decide", owner=NOOR)).decide(req, "approve")).body["request"][
        "status"
    ] == "approved"


async def test_a_group_counts_only_while_its_directory_answers(office: Office, agent: Program, ravi: Program) -> None:
    office.stage.adopt(GROUP)
    req = await agent.asked()
    office.stage.surface.groups["slack:@leads"] = frozenset({"slack:T1:noor"})
    assert (await ravi.decide(req, "approve")).status == 403
    office.stage.surface.groups["slack:@leads"] = frozenset({"slack:T1:noor", "slack:T1:ravi"})
    office.stage.surface.fail_next(99)
    told = await ravi.decide(req, "approve")
    assert (told.status, "Whether you are in @leads could not be looked up" in told.detail) == (403, True)
    office.stage.surface.busy = 0
    office.stage.surface.standings["ravi"] = "deactivated"
    assert (await ravi.decide(req, "approve")).status == 403
    office.stage.surface.standings["ravi"] = "member"
    assert (await ravi.decide(req, "approve")).status == 200


async def test_who_is_named_decides_while_chat_is_down(office: Office, agent: Program, ravi: Program) -> None:
    office.stage.adopt(f"rules: [{{name: p, actions: [pay], verdict: approve, reviewers: ['slack:@leads', {RAVI}]}}]")
    req = await agent.asked()
    office.stage.surface.fail_next(99)
    assert (await ravi.decide(req, "approve")).body["request"]["status"] == "approved"


async def test_what_was_not_seen_is_not_decided(office: Office, agent: Program, ravi: Program) -> None:
    office.stage.adopt(TWO)
    req = await agent.asked()
    seen = (await ravi.get(f"/v1/requests/{req}")).body["fingerprint"]
    await office.stage.settle()
    await office.stage.edit(await office.request(req), amount="300.00")
    for mark in (seen, "0" * 64):
        told = await ravi.post(f"/v1/requests/{req}/decisions", {"decision": "approve", "fingerprint": mark})
        assert (told.status, "Look again" in told.detail) == (409, True)


async def test_too_late_is_told_with_who_and_when(office: Office, agent: Program, ravi: Program) -> None:
    decided, expired = await agent.asked(), await agent.asked()
    await office.approve(decided)
    told = await ravi.decide(decided, "reject", notes="no")
    assert (told.status, "Ravi has approved this already" in told.detail) == (409, True)
    office.stage.clock.now += timedelta(hours=4)
    told = await ravi.decide(expired, "approve")
    assert (told.status, "expired" in told.detail) == (409, True)
    assert await office.status(expired) is RequestStatus.expired


async def test_a_policy_that_blocks_now_ends_the_request_at_the_decision(
    office: Office, agent: Program, ravi: Program
) -> None:
    req = await agent.asked()
    office.stage.adopt("rules: [{name: no, actions: [pay], verdict: block}]")
    told = await ravi.decide(req, "approve")
    assert (told.status, "now blocks this" in told.detail) == (409, True)
    assert await office.status(req) is RequestStatus.cancelled
