"""`signoff decide`: an operator records decisions when the chats are down, beside a Signoff that serves."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from agents import shipped
from bot.app import systems_of
from bot.cli import main
from bot.flow import keys
from bot.flow.accounts import API, person_named
from bot.flow.claim import Claimed, claim
from bot.flow.outside import Asked, Once, submit
from bot.settings import Settings
from bot.signing import seals_from
from storage.records import Proposal, Request, RequestStatus
from tests.bot.flow.stage import Clock, Stage, stage_on

Typed = Callable[..., Awaitable[Result]]
RAVI, NOOR, ANNA = "ravi@example.com", "noor@example.com", "anna@example.com"
POLICY = """
defaults: {reviewers: [ravi@example.com, noor@example.com]}
rules:
  - {name: refunds, actions: [execute_financial_action], verdict: approve}
  - {name: deletions, actions: [delete_any_data], verdict: approve, quorum: 2}
  - {name: mails, actions: [send_external_email], verdict: approve, reviewers: ["slack:@leads"]}
"""
REFUND = {"amount": "480.00", "currency": "USD", "charge": "ch_1", "reason": "duplicate"}


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def env(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, str]:
    """What both the operator's terminal and the Signoff that serves have."""
    (tmp_path / "policy.yaml").write_text(POLICY)
    return {
        "SIGNOFF_DATABASE_URL": str(request.getfixturevalue(f"{request.param}_url")),
        "SIGNOFF_SIGNING_KEY": base64.b64encode(bytes(32)).decode(),
        "SIGNOFF_POLICY": str(tmp_path / "policy.yaml"),
        "SIGNOFF_CUSTOMERS_URL": f"sqlite:///{tmp_path / 'customers.db'}",
    }


@pytest.fixture
async def stage(env: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Stage]:
    """One that serves with the shipped actions and the same policy and key as the terminal."""
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    settings = Settings()
    systems = systems_of(settings)
    clock = Clock()
    clock.START = clock.now = datetime.now(UTC)  # the terminal has the real time
    async with stage_on(env["SIGNOFF_DATABASE_URL"], clock) as made:
        actions, seals = shipped.actions(systems), seals_from(env["SIGNOFF_SIGNING_KEY"], Path())
        made.signoff = replace(made.signoff, actions=actions, seals=seals)
        made.adopt(POLICY)
        yield made
    systems.close()


@pytest.fixture
def typed(env: dict[str, str]) -> Typed:
    async def type_it(*arguments: str, answer: str = "", **other: str) -> Result:
        line = ["decide", *arguments]
        return await asyncio.to_thread(lambda: CliRunner().invoke(main, line, env=env | other, input=answer))

    return type_it


async def ask(stage: Stage, action: str = "execute_financial_action", arguments: object = REFUND) -> Request:
    """Another program's agent asks for Anna."""
    wanted = keys.Wanted("agent", person_named(ANNA, API), ("request", "report"))
    key, _ = await stage.store.write(lambda tx: keys.create(tx, stage.signoff.ids, wanted, "operator:test"))
    proposal = Proposal.model_validate({"action": action, "arguments": arguments, "target": "x", "summary": "Be\nkind"})
    request, _ = await submit(stage.signoff, key, Asked("buyer", "1", proposal, "x"), Once("k", "b"))
    return request


async def now(stage: Stage, request: Request) -> Request:
    return await stage.read(lambda tx: tx.request(request.id))


async def test_an_approval_counts_and_runs_where_signoff_serves(stage: Stage, typed: Typed) -> None:
    request = await ask(stage)
    told = await typed(request.id, "approve", "--as", RAVI, "--note", "by phone, 03:10", "--yes")
    assert (told.exit_code, told.stdout.startswith("Approved.")) == (0, True), told.output
    assert (await now(stage, request)).status is RequestStatus.approved
    claimed = await stage.store.write(lambda tx: claim(tx, stage.signoff, request.id))
    assert isinstance(claimed, Claimed)
    decision = (await stage.read(lambda tx: tx.decisions(request.id)))[0]
    assert (decision.person.key, decision.notes) == (f"terminal:local:{RAVI}", "by phone, 03:10")
    entries = await stage.read(lambda tx: tx.audit_entries(request_id=request.id))
    vouched = next(entry for entry in entries if entry.event == "decision.vouched")
    assert (vouched.actor.split(":")[0], vouched.body["person"]) == ("operator", f"terminal:local:{RAVI}")
    await stage.settle()  # the jobs that were deferred from the other process


async def test_what_is_decided_is_shown_whole_before_it_is_asked(stage: Stage, typed: Typed) -> None:
    request = await ask(stage, arguments={**REFUND, "amount": "12.50"})
    told = await typed(request.id[:9], "approve", "--as", RAVI, answer="n\n")
    assert (told.exit_code, "Is that meant?" in told.stderr) == (1, True)
    for shown in (request.id, "12.50", "ch_1", ANNA, RAVI, f"approve as terminal:local:{RAVI}", "    > Be\n    > kind"):
        assert shown in told.stderr, shown
    assert (await now(stage, request)).status is RequestStatus.pending
    assert (await typed(request.id, "approve", "--as", RAVI, answer="y\n")).exit_code == 0


async def test_without_an_answer_nothing_is_done(stage: Stage, typed: Typed) -> None:
    request = await ask(stage)
    assert (await typed(request.id, "approve", "--as", RAVI)).exit_code == 1
    assert (await now(stage, request)).status is RequestStatus.pending


async def test_what_the_policy_lets_nobody_edit_is_not_edited_here_either(
    stage: Stage, typed: Typed, env: dict[str, str]
) -> None:
    fixed = POLICY.replace("execute_financial_action], ", "execute_financial_action], edit: forbidden, ")
    await asyncio.to_thread(Path(env["SIGNOFF_POLICY"]).write_text, fixed)
    stage.adopt(fixed)
    request = await ask(stage)
    told = await typed(request.id, "edit", "--as", RAVI, "--set", "amount=300.00", "--yes")
    assert (told.exit_code, "lets nobody edit this" in told.stderr) == (2, True)
    assert (await now(stage, request)).revision == 1
    assert (await typed(request.id, "approve", "--as", RAVI, "--yes")).exit_code == 0


async def test_an_edit_changes_what_is_granted(stage: Stage, typed: Typed) -> None:
    request = await ask(stage)
    told = await typed(request.id, "edit", "--as", RAVI, "--set", "amount=300.00", "--yes", "--json")
    answer = json.loads(told.stdout)
    assert (told.exit_code, answer["ok"], answer["revision"], answer["status"]) == (0, True, 2, "approved")
    assert (await now(stage, request)).arguments["amount"] == "300.00"


async def test_a_rejection_says_why(stage: Stage, typed: Typed) -> None:
    request = await ask(stage)
    told = await typed(request.id, "reject", "--as", RAVI, "--yes")
    assert (told.exit_code, "wrong_details" in told.stderr) == (2, True)
    assert (await typed(request.id, "reject", "--as", RAVI, "--reason", "wrong_details", "--yes")).exit_code == 0
    assert (await now(stage, request)).status is RequestStatus.rejected


async def test_two_people_are_two_people(stage: Stage, typed: Typed) -> None:
    request = await ask(stage, "delete_any_data", {"customer": "cus_1", "what": "account"})
    first = await typed(request.id, "approve", "--as", RAVI, "--yes")
    again = await typed(request.id, "approve", "--as", RAVI, "--yes")
    assert (first.exit_code, again.exit_code) == (0, 0), first.output
    assert (await now(stage, request)).status is RequestStatus.pending
    assert (await typed(request.id, "approve", "--as", NOOR, "--yes")).exit_code == 0
    assert (await now(stage, request)).status is RequestStatus.approved


@pytest.mark.parametrize(("person", "says"), [(ANNA, "You asked for this"), ("dan@example.com", f"{NOOR} and {RAVI}")])
async def test_who_may_not_is_told_why(stage: Stage, typed: Typed, person: str, says: str) -> None:
    request = await ask(stage)
    told = await typed(request.id, "approve", "--as", person, "--yes")
    assert (told.exit_code, says in told.stderr, told.stdout) == (1, True, "")
    assert (await now(stage, request)).status is RequestStatus.pending


async def test_a_group_whose_platform_is_not_there_lets_nobody_in(stage: Stage, typed: Typed) -> None:
    request = await ask(stage, "send_external_email", {"to": "mia@example.com", "subject": "Hi", "body": "x"})
    unset = await typed(request.id, "approve", "--as", RAVI, "--yes")
    assert (unset.exit_code, "@leads" in unset.stderr) == (1, True), unset.output
    down = {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xapp-1", "SLACK_API_URL": "http://127.0.0.1:9/"}
    told = await typed(request.id, "approve", "--as", RAVI, "--yes", **down)
    assert (told.exit_code, "could not be looked up" in told.stderr) == (1, True), told.output


async def test_too_late_is_told(stage: Stage, typed: Typed) -> None:
    request = await ask(stage)
    await typed(request.id, "approve", "--as", RAVI, "--yes")
    told = await typed(request.id, "reject", "--as", NOOR, "--note", "no", "--yes", "--json")
    answer = json.loads(told.stdout)
    assert (told.exit_code, answer["ok"], answer["result"]) == (1, False, "late")
    assert "approved this already" in answer["said"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("req_o", "approve", "--as", RAVI), "There is no request"),
        (("REQ", "approve", "--as", "ravi"), "names nobody"),
        (("REQ", "approve"), "--as"),
        (("REQ", "maybe", "--as", RAVI), "maybe"),
        (("REQ", "edit", "--as", RAVI), "--set"),
        (("REQ", "approve", "--as", RAVI, "--set", "amount=1"), "--set"),
        (("REQ", "approve", "--as", RAVI, "--reason", "other"), "--reason"),
        (("REQ", "edit", "--as", RAVI, "--set", "amount"), "FIELD=VALUE"),
        (("REQ", "edit", "--as", RAVI, "--set", "sum=1"), "amount, currency, charge, reason"),
        (("REQ", "edit", "--as", RAVI, "--set", "amount=-1", "--yes"), "amount: "),
    ],
)
async def test_what_makes_no_sense_is_told_in_words(
    stage: Stage, typed: Typed, arguments: tuple[str, ...], says: str
) -> None:
    request = await ask(stage)
    told = await typed(*(request.id if each == "REQ" else each for each in arguments))
    assert (told.exit_code, says in told.stderr) == (2, True), told.output
    assert (await now(stage, request)).status is RequestStatus.pending


async def test_a_signing_key_of_its_own_is_never_made(stage: Stage, typed: Typed, tmp_path: Path) -> None:
    request, file = await ask(stage), tmp_path / "elsewhere" / "signing-key"
    env = {"SIGNOFF_SIGNING_KEY_FILE": str(file)}
    without = await asyncio.to_thread(
        lambda: CliRunner(env={"SIGNOFF_SIGNING_KEY": None}).invoke(
            main, ["decide", request.id, "approve", "--as", RAVI, "--yes"], env=env
        )
    )
    assert (without.exit_code, "signing key" in without.stderr, file.exists()) == (2, True, False), without.output
    assert (await now(stage, request)).status is RequestStatus.pending
