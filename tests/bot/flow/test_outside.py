"""Requests of other programs, seen from the flow and its rows."""

import sqlite3
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from agents.actions import BadArguments
from bot.audit.checks import checks
from bot.audit.story import story
from bot.flow import keys
from bot.flow.accounts import API, BadAccount, person_named
from bot.flow.claim import Claimed, Refused, Report, claim, tell
from bot.flow.outside import Asked, Once, submit
from bot.flow.reconcile import reconcile
from bot.flow.sweep import REPORT_WITHIN, sweep
from storage.records import ApiKey, Proposal, Request, RequestStatus, RunStatus
from storage.store import NotFound, OutcomeUnknown, Transaction
from tests.bot.flow.stage import CHANNEL, RAVI, Stage

ANNAS = person_named("anna@example.com", API)


@pytest.fixture
async def key(stage: Stage) -> ApiKey:
    return await made(stage)


@pytest.fixture
async def of_file(sqlite_stage: Stage) -> tuple[Stage, ApiKey]:
    """A stage on a file, for what is done to the file itself."""
    return sqlite_stage, await made(sqlite_stage)


async def made(stage: Stage) -> ApiKey:
    wanted = keys.Wanted("agent", ANNAS, ("request", "report"))
    found, _ = await stage.store.write(lambda tx: keys.create(tx, stage.signoff.ids, wanted, "operator:test"))
    return found


def asked(action: str = "pay", **arguments: str) -> Asked:
    given = arguments or {"amount": "480.00", "to": "lamp-shop"}
    return Asked("buyer", "1", Proposal(action=action, arguments={**given}, target="", summary="Pay them"), "Invoice 7")


async def ask(stage: Stage, key: ApiKey, what: Asked | None = None, once: str = "k") -> Request:
    request, _ = await submit(stage.signoff, key, what or asked(), Once(once, "body"))
    return request


async def claimed(stage: Stage, request: Request) -> Claimed | Refused:
    return await stage.store.write(lambda tx: claim(tx, stage.signoff, request.id))


async def now(stage: Stage, request: Request) -> Request:
    return await stage.read(lambda tx: tx.request(request.id))


@pytest.mark.parametrize(
    ("verdict", "status"), [("auto", "pending"), ("log", "pending"), ("approve", "pending"), ("block", "blocked")]
)
async def test_a_rule_can_name_an_action_that_signoff_does_not_know(
    stage: Stage, key: ApiKey, verdict: str, status: str
) -> None:
    stage.adopt(
        f"other_actions: [restart]\nrules: [{{name: ours, actions: [restart], verdict: {verdict}, "
        "risk: critical, reviewers: [noor@example.com]}]\n"
        "defaults: {reviewers: [noor@example.com]}\n"
    )
    what = asked("restart", host="db1")
    request = await ask(stage, key, replace(what, proposal=what.proposal.model_copy(update={"target": "db1"})))
    assert (request.status, request.verdict.risk) == (status, "critical")
    assert "ours" in request.verdict.rules


async def test_whoever_asks_cannot_hide_what_runs_by_calling_it_a_secret(stage: Stage, key: ApiKey) -> None:
    stage.signoff = replace(stage.signoff, fallback_place=CHANNEL)
    stage.adopt("defaults: {reviewers: [noor@example.com]}\nrules: []\n")
    what = asked("restart", secret="rm -rf /", password="hunter2 hunter2")
    await ask(stage, key, replace(what, proposal=what.proposal.model_copy(update={"target": "db1"})))
    await stage.settle()
    assert [field.value for field in stage.card().fields] == ["rm -rf /", "hunter2 hunter2"]


@pytest.mark.parametrize("action", ["pay", "note", "think", "advise"])
async def test_its_audit_story_holds_whatever_the_policy_said(stage: Stage, key: ApiKey, action: str) -> None:
    request = await ask(stage, key, asked(action, **({} if action == "pay" else {"text": "hm"})))
    if action == "pay":
        await stage.approve(request)
    got = await claimed(stage, request)
    if isinstance(got, Claimed):
        told = Report("succeeded", {"summary": "Done."}, None, got.grant)
        assert await stage.store.write(lambda tx: tell(tx, stage.signoff, got.request, told)) is None
    found = await stage.read(lambda tx: story(tx, request.id))
    assert [check.said for check in checks(found) if not check.ok] == []


async def test_nothing_that_is_refused_leaves_a_row(stage: Stage, key: ApiKey) -> None:
    with pytest.raises(BadArguments):
        await ask(stage, key, asked(amount="-1", to="x"))
    assert await stage.read(lambda tx: (tx.requests(), tx.runs())) == ([], [])
    assert [entry.event for entry in await stage.read(lambda tx: tx.audit_entries())] == ["key.created"]


async def test_what_is_asked_waits_without_a_job_of_its_own(stage: Stage, key: ApiKey) -> None:
    request = await ask(stage, key)
    stage.clock.move(minutes=5)
    await reconcile(stage.signoff)
    await stage.settle()
    assert (await stage.run()).status is RunStatus.waiting
    assert (await now(stage, request)).status is RequestStatus.pending


async def test_reviewers_are_reminded_like_for_any_request(stage: Stage, key: ApiKey) -> None:
    request = await ask(stage, key)
    assert request.nudge_at == request.created_at + timedelta(hours=2)
    assert (await ask(stage, key, asked("think", text="x"), "other")).nudge_at is None


async def test_what_nobody_claims_and_what_nobody_reports_ends(stage: Stage, key: ApiKey) -> None:
    unclaimed, unreported = await ask(stage, key, once="1"), await ask(stage, key, once="2")
    for request in (unclaimed, unreported):
        await stage.approve(request)
    got = await claimed(stage, unreported)
    assert isinstance(got, Claimed)
    stage.clock.now += REPORT_WITHIN
    await sweep(stage.signoff)
    assert (await now(stage, unclaimed)).status is RequestStatus.expired
    assert (await now(stage, unreported)).status is RequestStatus.unknown
    late = Report("succeeded", {"summary": "It was done."}, None, got.grant)
    refused = await stage.store.write(lambda tx: tell(tx, stage.signoff, tx.request(unreported.id), late))
    assert isinstance(refused, Refused)
    assert (await now(stage, unreported)).status is RequestStatus.unknown
    entries = await stage.read(lambda tx: tx.audit_entries(request_id=unreported.id))
    assert [entry.body["reported"] for entry in entries if entry.event == "execution.late_report"] == ["succeeded"]


async def test_a_lost_answer_is_asked_for_again_with_the_same_key(
    stage: Stage, key: ApiKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = stage.store.write

    async def lossy(work: object) -> object:
        await write(work)  # type: ignore[arg-type]
        raise OutcomeUnknown("lost at the commit")

    with monkeypatch.context() as lost:
        lost.setattr(stage.store, "write", lossy)
        with pytest.raises(OutcomeUnknown):
            await ask(stage, key)
    request, new = await submit(stage.signoff, key, asked(), Once("k", "body"))
    assert not new
    assert await stage.read(lambda tx: [each.id for each in tx.requests()]) == [request.id]


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE requests SET arguments = replace(arguments, '480.00', '990.00')",
        "UPDATE requests SET status = 'approved', decided_at = created_at",
        "UPDATE requests SET status = 'approved', decided_at = created_at, verdict = replace(verdict, 'approve', 'auto')",
        "INSERT INTO decisions (id, request_id, revision, fingerprint, person, person_key, verb, notes, seal, created_at) "
        "SELECT 'dec_x', id, revision, fingerprint, '{\"key\":\"x:y:z\",\"name\":\"Z\"}', 'x:y:z', 'approve', '', 'seal', "
        "created_at FROM requests; UPDATE requests SET status = 'approved', decided_at = created_at",
    ],
)
async def test_no_row_alone_makes_a_grant(of_file: tuple[Stage, ApiKey], tmp_path: Path, tampering: str) -> None:
    stage, key = of_file
    request = await ask(stage, key)
    if "arguments" in tampering:
        await stage.approve(request, RAVI)
    with sqlite3.connect(tmp_path / "signoff.db") as database:
        database.executescript(tampering)
    database.close()
    got = await claimed(stage, request)
    assert isinstance(got, Refused)
    assert "refused" in got.why
    assert (await now(stage, request)).status is RequestStatus.failed


async def test_a_claim_and_its_journal_are_one_transaction(stage: Stage, key: ApiKey) -> None:
    request = await ask(stage, key, asked("think", text="x"))

    def broken(tx: Transaction) -> None:
        assert isinstance(claim(tx, stage.signoff, request.id), Claimed)
        raise NotFound("courage", "x")

    with pytest.raises(NotFound):
        await stage.store.write(broken)
    assert isinstance(await claimed(stage, request), Claimed)


@pytest.mark.parametrize(
    ("written", "found"),
    [
        (" Anna@Example.com ", "api:local:anna@example.com"),
        ("slack:T024BE7LD:U0MIA", "slack:T024BE7LD:U0MIA"),
        ("teams:tenant:29:1abc", "teams:tenant:29:1abc"),
    ],
)
def test_people_are_named_by_address_or_account(written: str, found: str) -> None:
    assert person_named(written, API).key == found


@pytest.mark.parametrize("written", ["", "anna", "@", "a@b", "slack:U0MIA", "slack:@leads", "api:local:x@example.com",
                                     "terminal:local:x@example.com", "x" * 500, "a@b.c\n"])  # fmt: skip
def test_nobody_else_is_named(written: str) -> None:
    if written == "a@b.c\n":
        assert person_named(written, API).email == "a@b.c"
        return
    with pytest.raises(BadAccount):
        person_named(written, API)
