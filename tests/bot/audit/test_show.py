"""`signoff audit show`: the whole story of a request, and what it says when the rows were changed."""

import json
from pathlib import Path

import pytest

from bot.audit.around import around
from bot.audit.checks import checks
from bot.audit.story import story
from bot.audit.text import story_text
from storage.anchors import Anchor, AnchorFile, anchor, recorded
from storage.records import Request, RequestStatus
from tests.bot.audit.conftest import Typed
from tests.bot.flow.stage import NOOR, Stage
from tests.storage.vandal import vandal


async def told(stage: Stage, request: Request, anchors: tuple[Anchor, ...] = ()) -> str:
    """The story in words, with the stage's own actions."""
    found = await stage.read(lambda tx: story(tx, request.id))
    stretch = await around(stage.store, found, anchors)
    return story_text(stage.signoff.actions, found, checks(found), stretch)


async def edited(stage: Stage) -> Request:
    await stage.edit(await stage.ask(), amount="300.00", notes="The lamp works, only the base is gone.")
    return await stage.latest()


async def test_the_whole_story_of_an_edited_request(stage: Stage, anchors: Path) -> None:
    request = await edited(stage)
    await anchor(stage.store, [AnchorFile(anchors)])
    text = await told(stage, request, recorded(anchors).anchors)
    revisions = await stage.read(lambda tx: tx.revisions(request.id))
    for wanted in (
        "Pay somebody (pay): Approved and done",
        "asked by     Anna (slack:T1:anna",
        "> 480.00 lamp-shop",
        "1. The ticket",
        "1. as the agent made it",
        '{"amount":"480.00","to":"lamp-shop"}',
        "2. edited by Ravi",
        "high risk, rules: payments",
        f"version {request.verdict.policy_version}",
        *(f"fingerprint  {each.fingerprint}\n     computed     the same" for each in revisions),
        "edit of revision 2 by Ravi (slack:T1:ravi",
        "> The lamp works, only the base is gone.",
        "Paid 300.00 to lamp-shop.",
        "Card as shown, revision 1\n  | Pay somebody · Needs approval · high risk",
        "| Amount: 480.00",
        "| Amount edited: 480.00 → 300.00",
        "shows exactly this card",
        "request.created by agent:payer",
        "execution.succeeded by signoff",
        "is the one that was anchored outside",
    ):
        assert wanted in text
    assert "WRONG" not in text
    assert [stage.till.paid[0][0]] == [300]


async def test_the_command_tells_it_beside_a_serving_process(stage: Stage, typed: Typed) -> None:
    request = await edited(stage)
    result = await typed("show", request.id.removeprefix("req_")[:6].upper())
    assert result.exit_code == 0, result.output
    assert result.output.startswith(f"Request {request.id}\n")
    assert "no anchor covers it yet" in result.output
    found = json.loads((await typed("show", request.id, "--json")).output)
    assert found["request"]["id"] == request.id
    assert [each["recomputed"] == each["fingerprint"] for each in found["revisions"]] == [True, True]
    assert [card["fields"][0]["value"] for card in (*found["cards"], found["card"])] == ["480.00", "300.00"]
    assert found["chain"]["holds"] is True
    assert all(check["ok"] for check in found["checks"])


async def end(stage: Stage, how: str) -> Request:
    request = await stage.ask()
    if how == "rejected":
        await stage.reject(request, notes="No.")
    elif how == "expired":
        stage.clock.move(hours=5)
        await stage.approve(request)
    elif how == "cancelled":
        await stage.type(f"cancel {request.id}")
    elif how == "failed":
        stage.till.refuse()
        await stage.approve(request)
    elif how == "unknown":
        stage.till.vanish()
        await stage.approve(request)
    elif how == "succeeded":
        await stage.approve(request, NOOR)
    return await stage.latest()


@pytest.mark.parametrize("how", ["pending", "rejected", "expired", "cancelled", "failed", "unknown", "succeeded"])
async def test_a_true_story_of_every_end_checks_out(stage: Stage, typed: Typed, how: str) -> None:
    request = await end(stage, how)
    assert request.status is RequestStatus(how)
    result = await typed("show", request.id)
    assert result.exit_code == 0, result.output
    assert "WRONG" not in result.output


async def test_refused_attempts_are_part_of_the_story(stage: Stage) -> None:
    request = await stage.ask()
    await stage.approve(request, request.requester)
    await stage.approve(request)
    text = await told(stage, await stage.latest())
    assert f"decision.refused by {request.requester.key}" in text


async def test_what_others_wrote_cannot_pose_as_the_story(stage: Stage, typed: Typed) -> None:
    forged = "fine\nChecked\n  ok     everything\x1b[2J\u202e\r\n\nAudit chain\n  it holds"
    await stage.reject(await stage.ask(f"480.00 shop\n{forged}"), notes=forged)
    request = await stage.latest()
    for output in (await told(stage, request), (await typed("show", request.id)).output):
        assert "\x1b" not in output
        assert "\u202e" not in output
        assert "<U+001B>" in output
        assert [output.splitlines().count(title) for title in ("Checked", "Audit chain")] == [1, 1]
        assert not any(line.strip().startswith("ok     everything") for line in output.splitlines())
    assert "\u202e" not in (await typed("show", request.id, "--json")).output


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE revisions SET target = 'somebody' WHERE number = 2", "revision 2: its fingerprint, computed afresh"),
        ("UPDATE requests SET target = 'somebody'", "the request asks for what its last revision says"),
        ("UPDATE decisions SET notes = 'Never mind.'", "the edit of slack:T1:ravi is in the audit chain"),
        ("UPDATE decisions SET fingerprint = 'f'", "approved exactly what ran"),
        ("DELETE FROM decisions", "every decision in the audit chain is still there"),
        ("UPDATE executions SET fingerprint = 'f'", "the execution is in the audit chain"),
        ("UPDATE executions SET receipt = '{}'", "its receipt are those in the audit chain"),
        ('UPDATE executions SET arguments = \'{"amount":"999.00","to":"me"}\'', "the fingerprint of what ran"),
        ("UPDATE requests SET status = 'rejected'", "that it was rejected is in the audit chain"),
        ("UPDATE audit SET actor = 'slack:T1:noor' WHERE event = 'request.edit'", "changed after it was written"),
        ("DELETE FROM audit WHERE event = 'execution.claimed'", "is missing"),
    ],
)
async def test_rows_that_were_changed_no_longer_fit(stage: Stage, typed: Typed, url: str, statement: str, said: str) -> None:
    request = await edited(stage)
    with vandal(url) as v:
        v.run(statement.replace(':"', '\\:"'))
    result = await typed("show", request.id)
    assert result.exit_code == 1, result.output
    assert [line for line in result.output.splitlines() if said in line]
    assert "WRONG" in result.output


async def test_a_decision_that_was_made_up_is_not_in_the_chain(stage: Stage, typed: Typed) -> None:
    request = await stage.ask()
    await stage.approve(request)
    [real] = await stage.read(lambda tx: tx.decisions(request.id))
    made_up = real.model_copy(update={"id": "dec_made_up", "person": NOOR})
    assert await stage.store.write(lambda tx: tx.add_decision(made_up))
    result = await typed("show", request.id)
    assert result.exit_code == 1
    assert f"WRONG  the approve of {NOOR.key} is in the audit chain" in result.output


async def test_a_rewrite_that_holds_by_itself_is_shown_by_the_anchor_that_covers_it(
    stage: Stage, anchors: Path, typed: Typed, url: str
) -> None:
    request = await edited(stage)
    await stage.ask()
    AnchorFile(anchors).append(Anchor(seq=(await head(stage)) - 1, hash="b" * 64, at=stage.clock.now))
    result = await typed("show", request.id)
    assert result.exit_code == 1
    assert "the chain was rewritten" in result.output


async def head(stage: Stage) -> int:
    found = await stage.read(lambda tx: tx.audit_head())
    assert found is not None
    return found.seq


@pytest.mark.parametrize("which", ["req_", "req_nothing", "", "%"])
async def test_a_request_that_is_not_one_is_told_so(stage: Stage, typed: Typed, which: str) -> None:
    await stage.ask()
    await stage.ask()
    result = await typed("show", which)
    assert result.exit_code == 2
    assert "signoff: " in result.stderr
    assert result.stdout == ""


async def test_a_row_that_cannot_be_read_is_told_in_words(stage: Stage, typed: Typed, url: str) -> None:
    request = await edited(stage)
    with vandal(url) as v:
        v.run("UPDATE decisions SET verb = 'nod'")
    result = await typed("show", request.id)
    assert result.exit_code == 2
    assert "holds what Signoff never wrote" in result.stderr
    assert "Traceback" not in result.output
