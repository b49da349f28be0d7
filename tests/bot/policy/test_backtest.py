"""Backtests on a database: what people decided is the truth, and every digit can be counted again by hand."""

import asyncio
import json
import shutil
from collections import Counter
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agents.actions import Actions
from bot.policy.backtest_page import page
from bot.policy.backtest_terminal import written
from bot.policy.backtest_told import as_json
from bot.policy.compare import Grounds, Report, Wanted, compared
from policies.judge import Fallback
from storage.records import JsonObject, Outcome, Risk
from storage.sql.open import Storage, open_storage
from tests.bot.flow.stage import Till, actions_of
from tests.bot.policy.recorded import NOOR, RAVI, START, Told, approved, edited, ran, record, rejected

ACTIONS = actions_of(Till())
ASKS = "rules:\n  - {name: payments, actions: [pay], verdict: approve, reviewers: [ravi@example.com]}\n"
SMALL = """rules:
  - {name: small, actions: [pay], verdict: log, when: args.amount <= 50}
  - {name: large, actions: [pay], verdict: approve, unless: args.amount <= 50, reviewers: [ravi@example.com]}
"""


@pytest.fixture
def files(tmp_path: Path) -> Any:
    def write(text: str, name: str) -> Path:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


def grounds(storage: Storage, actions: Actions = ACTIONS) -> Grounds:
    return Grounds(storage.store, actions, Fallback(("ravi@example.com",)), "production")


async def report_of(storage: Storage, files: Any, now: str, candidate: str, **wanted: Any) -> Report:
    asked = Wanted(**{"since": START - timedelta(days=1), **wanted})
    return await compared(grounds(storage), files(now, "now.yaml"), files(candidate, "candidate.yaml"), asked)


def told(report: Report) -> dict[str, Any]:
    """As a machine reads it."""
    read: dict[str, Any] = json.loads(json.dumps(as_json(report)))
    return read


async def test_what_people_rejected_or_edited_comes_first_with_who_what_when_and_why(storage: Storage, files: Any) -> None:
    history = [
        approved(0, "20.00"),
        rejected(10, "30.00", by=NOOR, reason="wrong_details", notes="Not this shop."),
        edited(20, "40.00", "4.00"),
        rejected(30, "90.00"),
    ]
    await record(storage.store, history)
    found = told(await report_of(storage, files, ASKS, SMALL))
    assert (found["contradictions"]["count"], found["proposals"]) == (2, 4)
    first, second = found["contradictions"]["listed"]
    assert (first["id"], first["objection"], first["arguments"]["amount"]) == ("req_0000001", "rejected", "30.00")
    [answer] = first["answers"]
    assert (answer["person"], answer["name"], answer["reason"]) == (NOOR.key, "Noor", "wrong_details")
    assert (answer["notes"], answer["seconds"]) == ("Not this shop.", 30.0)
    assert datetime.fromisoformat(answer["at"]) == START + timedelta(minutes=10, seconds=30)
    assert first["candidate"] == {"verdict": "log", "rules": ["small"]}
    assert second["edit"] == [{"field": "amount", "before": "40.00", "after": "4.00"}]
    assert found["saved"] == {"reviews": 3, "answers": 3, "reviewer_minutes": 1.5}
    assert (found["newly_log"]["count"], found["unchanged"]["count"]) == (3, 1)


async def test_a_night_on_the_card_is_five_minutes_of_work(storage: Storage, files: Any) -> None:
    await record(storage.store, [approved(0, seconds=8 * 3600), approved(5, seconds=60)])
    found = told(await report_of(storage, files, ASKS, SMALL))
    assert found["saved"]["reviewer_minutes"] == 6


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, 4),
        ({"since": START + timedelta(minutes=15)}, 2),
        ({"agent": "other"}, 1),
        ({"action": "note"}, 1),
        ({"agent": "nobody"}, 0),
    ],
)
async def test_a_part_of_the_history_is_picked_out(
    storage: Storage, files: Any, filters: dict[str, Any], expected: int
) -> None:
    note = Told(20, action="note", arguments={"text": "hi"}, decided="log")
    await record(storage.store, [approved(0), approved(10, agent="other"), note, approved(30)])
    assert (await report_of(storage, files, ASKS, ASKS, **filters)).found.proposals == expected


async def test_each_is_judged_when_by_whom_and_for_whom_it_was_made(storage: Storage, files: Any) -> None:
    candidate = """rules:
  - name: noor in the morning
    actions: [pay]
    verdict: auto
    when: requester.email == "noor@example.com" && run.level == 3 && run.version == "7" && agent == "payer"
    schedule: {zone: UTC, hours: "09:00-10:00"}
    environments: [production]
  - {name: rest, actions: [note], verdict: block}
"""
    fits: dict[str, Any] = {"requester": NOOR, "level": 3, "version": "7"}
    others = [fits | change for change in ({"requester": RAVI}, {"level": 2}, {"version": "8"}, {"agent": "other"})]
    history = [approved(30, **fits), approved(90, **fits), *(approved(31 + n, **each) for n, each in enumerate(others))]
    await record(storage.store, history)
    found = told(await report_of(storage, files, ASKS, candidate))
    assert found["newly_auto"] == {"count": 1, "examples": ["req_0000000"]}
    assert found["unchanged"]["count"] == 5


async def test_what_the_agent_called_risky_itself_is_asked_about(storage: Storage, files: Any) -> None:
    await record(storage.store, [approved(0, claimed=Risk.high), approved(1, claimed=Risk.medium)])
    found = told(await report_of(storage, files, ASKS, SMALL))
    assert found["newly_log"]["examples"] == ["req_0000001"]


async def test_budgets_are_spent_by_what_the_policy_itself_let_run(storage: Storage, files: Any) -> None:
    candidate = "rules:\n  - {name: some, actions: [pay], verdict: auto, budget: 2}\n"
    await record(storage.store, [approved(minutes) for minutes in (0, 10, 20, 59, 60, 61, 70.5, 125)])
    report = await report_of(storage, files, ASKS, candidate)
    assert report.found.kinds == {"auto": 5, "unchanged": 3}
    assert report.found.examples["unchanged"] == ["req_0000002", "req_0000003", "req_0000005"]


async def test_a_request_that_waited_spends_when_it_was_made(storage: Storage, files: Any) -> None:
    candidate = "rules:\n  - {name: some, actions: [pay], verdict: auto, budget: 1}\n"
    await record(storage.store, [approved(0, seconds=4 * 3600), ran(10), ran(65)])
    report = await report_of(storage, files, ASKS, candidate)
    assert report.found.flows == {
        (Outcome.approve, Outcome.auto): 2,
        (Outcome.approve, Outcome.approve): 1,
    }


SHORT = "rules:\n  - {name: short, actions: [note], verdict: auto, when: size(args.text) < 100}\n"


@pytest.mark.parametrize(
    ("candidate", "asked"), [(SHORT, True), ("rules: [{name: notes, actions: [note], verdict: auto}]\n", False)]
)
async def test_a_condition_on_what_is_hidden_is_not_guessed(
    storage: Storage, files: Any, candidate: str, asked: bool
) -> None:
    shown: JsonObject = {"text": "Log in with [secret, 40 characters]"}
    blocked = Told(0, action="note", arguments={"text": "never read"}, shown=shown, decided="block", outcome="none")
    await record(storage.store, [blocked])
    found = told(await report_of(storage, files, "rules: [{name: no, actions: [note], verdict: block}]\n", candidate))
    assert found["newly_asked" if asked else "newly_auto"]["count"] == 1
    assert found["not_judged"]["count"] == int(asked)


async def test_whole_arguments_are_judged_and_shown_without_secrets(storage: Storage, files: Any) -> None:
    candidate = 'rules:\n  - {name: theirs, actions: [note], verdict: log, when: args.text == "hunter2 and more"}\n'
    shown: JsonObject = {"text": "[secret, 16 characters]"}
    note = Told(0, "note", {"text": "hunter2 and more"}, "reject", ((RAVI, "reject"),), shown=shown, outcome="none")
    await record(storage.store, [note])
    report = await report_of(storage, files, ASKS, candidate)
    assert report.found.contradicted == 1
    for output in (json.dumps(as_json(report)), written(report, width=120, colour=False), page(report)):
        assert "hunter2" not in output
        assert "[secret, 16 characters]" in output


async def test_arguments_that_no_longer_fit_are_asked_about_and_said(storage: Storage, files: Any) -> None:
    await record(storage.store, [approved(0, "5000.00"), approved(1, "nonsense")])
    everything = "rules: [{name: all, actions: [pay], verdict: auto}]\n"
    found = told(await report_of(storage, files, ASKS, everything))
    assert found["not_judged"] == {
        "count": 2,
        "reasons": {"pay does not take such arguments any more (amount)": 2},
    }
    assert found["newly_auto"]["count"] == 0


async def test_what_another_program_was_let_do_is_no_approval(storage: Storage, files: Any) -> None:
    """Nobody was asked, so letting it run saves no review; and an action that nobody can check never runs by itself."""
    unknown = approved(0, action="reboot")
    await record(storage.store, [unknown])
    everything = "other_actions: [reboot]\nrules: [{name: all, actions: [reboot], verdict: auto}]\n"
    found = told(await report_of(storage, files, ASKS, everything))
    assert (found["newly_auto"]["count"], found["unchanged"]["count"]) == (0, 1)


async def test_what_nobody_answered_is_said_to_prove_nothing(storage: Storage, files: Any) -> None:
    await record(storage.store, [Told(0, decided="expired", outcome="none"), Told(1, decided="cancelled", outcome="none")])
    report = await report_of(storage, files, ASKS, SMALL)
    assert (report.found.unanswered, report.found.contradicted) == (2, 0)
    assert "nothing says that these were right" in written(report, width=200, colour=False)


HOSTILE = "\x1b]0;owned\x07\x1b[2J</dd><script>alert(1)</script><!-- [red]bold[/red] :smile: \u202e\u2028 &amp; \x9b31m"


async def test_hostile_words_are_inert_in_every_output(storage: Storage, files: Any) -> None:
    ravi = RAVI.model_copy(update={"name": HOSTILE})
    case = rejected(0, notes=HOSTILE, reason=HOSTILE, by=ravi, agent=HOSTILE)
    case = Told(**vars(case) | {"arguments": {"amount": "10.00", "to": HOSTILE}})
    await record(storage.store, [case, Told(1, action=HOSTILE, answers=((ravi, "approve"),))])
    report = await report_of(storage, files, ASKS, SMALL, agent=None)
    assert report.found.contradicted == 1
    terminal, html, machine = written(report, width=120, colour=False), page(report), json.dumps(as_json(report))
    for output in (terminal, html, machine):
        assert not set(output) & set("\x1b\x07\x9b\u202e\u2028")
    assert "<script" not in html
    assert html.count("<!--") == 0
    assert "[red]bold[/red] :smile:" in " ".join(terminal.split())
    assert "<U+001B>" in terminal


# --- every digit, counted again by other means

AMOUNTS = st.integers(1, 8).map(lambda tens: f"{tens * 10}.00")
KINDS = st.sampled_from(["approve", "reject", "edit", "expired", "auto", "log", "block"])


@st.composite
def histories(draw: st.DrawFn) -> list[Told]:
    found, minutes = [], 0.0
    for _ in range(draw(st.integers(0, 25))):
        minutes += draw(st.sampled_from([0.0, 1.0, 7.0, 30.0, 59.0]))
        amount, kind = draw(AMOUNTS), draw(KINDS)
        seconds = draw(st.sampled_from([1.0, 45.0, 900.0]))
        match kind:
            case "approve":
                found.append(approved(minutes, amount, seconds=seconds))
            case "reject":
                found.append(rejected(minutes, amount, seconds=seconds))
            case "edit":
                found.append(edited(minutes, amount, "1.00", seconds=seconds))
            case "expired":
                found.append(Told(minutes, arguments={"amount": amount, "to": "x"}, decided=kind, outcome="none"))
            case _:
                found.append(ran(minutes, amount, decided=kind))
    return found


@st.composite
def thresholds(draw: st.DrawFn) -> tuple[str, int, str, int | None]:
    """Up to an amount one verdict, with a budget or not; beyond it another."""
    budget = draw(st.none() | st.integers(1, 3))
    small, large = (draw(st.sampled_from(["auto", "log", "approve", "block"])) for _ in range(2))
    return small, draw(st.integers(0, 9)) * 10, large, budget


def policy_text(small: str, limit: int, large: str, budget: int | None) -> str:
    spend = "" if budget is None else f"    budget: {budget}\n"
    return (
        f"rules:\n  - name: small\n    actions: [pay]\n    verdict: {small}\n    when: args.amount <= {limit}\n{spend}"
        f"  - name: large\n    actions: [pay]\n    verdict: {large}\n    unless: args.amount <= {limit}\n"
    )


def by_hand(history: list[Told], small: str, limit: int, large: str, budget: int | None) -> list[str]:
    """What such a policy says, worked out without rules, conditions or ledgers."""
    verdicts: list[str] = []
    for number, each in enumerate(history):
        fits = Decimal(str(each.arguments["amount"])) <= limit
        verdict = small if fits else large
        before = [
            earlier
            for earlier, said in zip(history[:number], verdicts, strict=True)
            if each.minutes - 60 < earlier.minutes
            and Decimal(str(earlier.arguments["amount"])) <= limit
            and said in ("auto", "log")
        ]
        held = fits and budget is not None and small in ("auto", "log") and len(before) >= budget
        verdicts.append("approve" if held else verdict)
    return verdicts


@given(history=histories(), now=thresholds(), candidate=thresholds())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_digit_is_what_counting_by_hand_gives(
    sqlite_template: Path, history: list[Told], now: Any, candidate: Any
) -> None:
    # of what was made at the same moment, what nobody was asked about comes first
    ordered = sorted(history, key=lambda each: (each.minutes, each.asked))
    with TemporaryDirectory() as folder:
        shutil.copy(sqlite_template, f"{folder}/signoff.db")
        report = asyncio.run(_replayed(Path(folder), ordered, now, candidate))
    _check(report, ordered, by_hand(ordered, *now), by_hand(ordered, *candidate))


async def _replayed(folder: Path, history: list[Told], now: Any, candidate: Any) -> Report:
    storage = await open_storage(f"sqlite:///{folder}/signoff.db")
    try:
        await record(storage.store, history)
        files = folder / "now.yaml", folder / "candidate.yaml"
        for file, spec in zip(files, (now, candidate), strict=True):
            file.write_text(policy_text(*spec), encoding="utf-8")
        return await compared(grounds(storage), files[0], files[1], Wanted(START - timedelta(days=1)))
    finally:
        await storage.close()


def _check(report: Report, history: list[Told], now: list[str], candidate: list[str]) -> None:
    found, rows = report.found, list(zip(history, now, candidate, strict=True))
    assert found.flows == Counter((one, other) for _, one, other in rows)
    assert found.kinds == Counter("unchanged" if one == other else other for _, one, other in rows)
    lets = ("auto", "log")
    against = [each for each, _, other in rows if other in lets and each.decided in ("reject", "edit")]
    assert found.contradicted == len(against)
    assert [each.past.at for each in found.contradictions] == [each.at for each in against]
    saved = [each for each, one, other in rows if one == "approve" and other in lets]
    assert found.saved.reviews == len(saved)
    assert found.saved.minutes == pytest.approx(sum(min(each.seconds, 300) for each in saved if each.answers) / 60)
    assert found.unanswered == sum(each.decided == "expired" and other in lets for each, _, other in rows)
    then = [each.decided if not each.asked else "approve" for each in history]
    assert found.judged_otherwise == sum(one != was for one, was in zip(now, then, strict=True))
