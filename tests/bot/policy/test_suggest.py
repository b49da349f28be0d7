"""Suggestions on a database: who earned what by how much, nothing on thin evidence, and changes that do what they say."""

import json
import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from agents.actions import Actions
from bot.policy.advice import Advice, advised
from bot.policy.compare import Grounds, Wanted
from bot.policy.suggest_told import as_json, written
from policies.file import parse
from policies.judge import Fallback
from policies.rules import mentionable
from storage.records import Identity, Person
from storage.sql.open import Storage
from tests.bot.flow.stage import Till, actions_of
from tests.bot.policy.recorded import NOOR, RAVI, START, Told, approved, edited, ran, record, rejected

ACTIONS = Actions(replace(each, reversible=each.name != "advise") for each in actions_of(Till()).values())
ENOUGH = 59  # decisions without an objection, for less than 5 %
POLICY = """\
# What we agreed on in March.
rules:
  - name: payments
    actions: [pay]
    verdict: approve
    reviewers: [ravi@example.com, noor@example.com]  # both are there
    # two, once we are more

  - name: words
    actions: [note, think]  # one rule for both
    verdict: approve

  - name: advice
    actions: [advise]
    verdict: approve
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "policy.yaml"
    path.write_text(POLICY, encoding="utf-8")
    return path


def say(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8")


def text_of(file: Path) -> str:
    return file.read_text(encoding="utf-8")


def clean(count: int, *, begin: float = 0, **more: Any) -> list[Told]:
    """Approved by two people in turns."""
    return [approved(begin + n, by=(RAVI, NOOR)[n % 2], **more) for n in range(count)]


def notes(count: int, action: str = "note", **more: Any) -> list[Told]:
    return [
        Told(n + 0.5, action, {"text": "hello"}, answers=(((RAVI, NOOR)[n % 2], "approve"),), **more) for n in range(count)
    ]


async def advice(storage: Storage, file: Path, history: Iterable[Told], *, bound: float = 0.05) -> Advice:
    await record(storage.store, sorted(history, key=lambda each: each.minutes))
    here = Grounds(storage.store, ACTIONS, Fallback(("ravi@example.com",)), "production")
    return await advised(here, file, Wanted(START - timedelta(days=1)), bound)


def applied(file: Path, diff: str) -> str:
    """The file after the change, hunk by hunk, as `patch` would apply it: it has to fit line by line."""
    lines, shift = file.read_text(encoding="utf-8").splitlines(), 0
    for begin, length, body in re.findall(r"^@@ -(\d+)(?:,(\d+))? .*@@\n((?:[ +-].*(?:\n|$))*)", diff, re.MULTILINE):
        at = int(begin) - 1 + shift + (length == "0")
        before, after = ([line[1:] for line in body.splitlines() if line[0] != sign] for sign in "+-")
        assert lines[at : at + len(before)] == before
        lines[at : at + len(before)] = after
        shift += len(after) - len(before)
    return "\n".join(lines) + "\n"


def why_not(found: Advice) -> dict[str, str]:
    return {each.subject.action: "; ".join(each.why) for each in found.waiting}


async def test_enough_unchanged_approvals_by_two_people_earn_it(storage: Storage, file: Path) -> None:
    found = await advice(storage, file, clean(ENOUGH))
    [tried] = found.tried
    evidence = tried.suggestion.evidence
    assert (tried.suggestion.kind, evidence.cases, evidence.failures) == ("loosen", ENOUGH, 0)
    assert evidence.bound == pytest.approx(1 - 0.05 ** (1 / 59))
    assert set(evidence.people) == {RAVI.key, NOOR.key}
    assert evidence.examples == tuple(f"req_{n:07}" for n in range(5))
    assert (tried.found.kinds["log"], tried.found.saved.reviews, tried.found.contradicted) == (ENOUGH, ENOUGH, 0)
    assert tried.diff is not None
    after = applied(file, tried.diff)
    assert after == POLICY.replace("verdict: approve", "verdict: log", 1)
    assert text_of(file) == POLICY  # nothing is applied by itself


async def test_one_less_is_not_enough_and_says_how_many_are_missing(storage: Storage, file: Path) -> None:
    found = await advice(storage, file, clean(ENOUGH - 1))
    assert found.tried == ()
    assert "58 decisions without an objection, 1 more" in why_not(found)["pay"]


async def test_a_surer_bound_needs_more(storage: Storage, file: Path) -> None:
    history = [replace(each, minutes=each.minutes / 10) for each in clean(299)]
    found = await advice(storage, file, history, bound=0.01)
    assert [each.suggestion.evidence.cases for each in found.tried] == [299]


async def test_one_person_is_not_two_whatever_accounts_they_have(storage: Storage, file: Path) -> None:
    teams = Person(key="teams:T:ravi", name="Ravi", email="RAVI@example.com")
    linked = Person(key="slack:T2:U9", name="R")

    def link(tx: Any) -> None:
        for person in (RAVI, linked):
            tx.link_identity(Identity(person=person, human="hum_1", created_at=datetime.now(UTC)))

    await storage.store.write(link)
    accounts = (RAVI, teams, linked)
    found = await advice(storage, file, [approved(n, by=accounts[n % 3]) for n in range(90)])
    assert found.tried == ()
    assert "decided by 1 person" in why_not(found)["pay"]


async def test_who_asked_for_it_is_no_witness(storage: Storage, file: Path) -> None:
    found = await advice(storage, file, clean(200, requester=NOOR))
    assert found.tried == ()
    assert "100 decisions" not in why_not(found)["pay"]
    assert "decided by 1 person" in why_not(found)["pay"]


async def test_decisions_in_a_blink_are_no_evidence(storage: Storage, file: Path) -> None:
    careful = [approved(n, by=NOOR) for n in range(80)]
    hasty = [approved(n + 0.3, by=RAVI, seconds=4.9) for n in range(70)]
    found = await advice(storage, file, [*careful, *hasty])
    assert found.tried == ()
    assert "decided by 1 person" in why_not(found)["pay"]


async def test_where_most_decisions_were_made_in_a_blink_nothing_is_suggested(storage: Storage, file: Path) -> None:
    dan = Person(key="slack:T1:UDAN", name="Dan")
    hasty = [approved(n + 0.3, by=dan, seconds=1) for n in range(61)]
    found = await advice(storage, file, [*clean(60), *hasty])
    assert "less than 5 seconds" in why_not(found)["pay"]


@pytest.mark.parametrize("against", [rejected(500.0, "10.00"), edited(500.0, "10.00", "9.00")])
async def test_one_objection_is_one_too_many(storage: Storage, file: Path, against: Told) -> None:
    found = await advice(storage, file, [*clean(400), against])
    assert found.tried == ()
    assert "people rejected" in why_not(found)["pay"]


async def test_what_cannot_be_undone_is_never_suggested(storage: Storage, file: Path) -> None:
    found = await advice(storage, file, notes(300, "advise"))
    assert found.tried == ()
    assert why_not(found)["advise"] == "the action does not say that it can be undone"


async def test_what_is_not_registered_is_never_suggested(storage: Storage, file: Path) -> None:
    found = await advice(storage, file, notes(100, "reboot"))
    assert found.tried == ()
    assert "not registered" in why_not(found)["reboot"]


async def test_one_of_several_actions_gets_a_rule_of_its_own(storage: Storage, file: Path) -> None:
    found = await advice(storage, file, [*notes(60), *notes(10, "think")])
    [tried] = found.tried
    assert tried.diff is not None
    after = parse(applied(file, tried.diff).encode(), mentionable(ACTIONS.models))
    rules = {rule.name: rule for rule in after.rules}
    assert rules["words"].unless == 'action == "note"'
    assert (rules["note by itself"].verdict, rules["note by itself"].actions) == ("log", ("note",))
    assert tried.found.kinds == {"log": 60, "unchanged": 10}


async def test_an_action_without_a_rule_gets_one(storage: Storage, file: Path) -> None:
    say(file, "rules:\n  - {name: never, actions: [advise], verdict: block}\n")
    found = await advice(storage, file, notes(60))
    [tried] = found.tried
    assert tried.diff is not None
    after = parse(applied(file, tried.diff).encode(), mentionable(ACTIONS.models))
    assert [(rule.name, rule.verdict) for rule in after.rules] == [("never", "block"), ("note", "log")]


async def test_small_amounts_are_let_through_where_large_ones_were_refused(storage: Storage, file: Path) -> None:
    small = [approved(n, f"{1 + n % 50}.00", by=(RAVI, NOOR)[n // 2 % 2]) for n in range(120)]
    large = [rejected(200.0, "70.00"), edited(201.0, "300.00", "70.00"), approved(202.0, "900.00")]
    found = await advice(storage, file, [*small, *large])
    [tried] = found.tried
    assert tried.diff is not None
    after = parse(applied(file, tried.diff).encode(), mentionable(ACTIONS.models))
    rules = {rule.name: rule for rule in after.rules}
    assert rules["payments"].unless == "args.amount <= 50"
    assert (rules["payments up to 50"].when, rules["payments up to 50"].verdict) == ("args.amount <= 50", "log")
    assert tried.suggestion.evidence.cases == 120
    assert tried.suggestion.evidence.bound == 0.05  # the limit was searched for, so no tighter bound is claimed
    assert (tried.found.kinds["log"], tried.found.contradicted) == (120, 0)


async def test_a_limit_stays_below_the_smallest_objection(storage: Storage, file: Path) -> None:
    small = [approved(n, f"{1 + n % 50}.00", by=(RAVI, NOOR)[n // 2 % 2]) for n in range(240)]
    found = await advice(storage, file, [*small, rejected(300.0, "39.50")])
    [tried] = found.tried
    assert "up to amount 30" in tried.suggestion.says


async def test_what_people_mostly_refuse_is_suggested_to_be_blocked(storage: Storage, file: Path) -> None:
    history = [rejected(n, reason="not_allowed") for n in range(9)] + clean(2, begin=20)
    found = await advice(storage, file, history)
    [tried] = found.tried
    assert (tried.suggestion.kind, tried.suggestion.evidence.common) == ("tighten", (("not_allowed", 9),))
    assert (tried.suggestion.evidence.failures, tried.suggestion.evidence.cases) == (9, 11)
    assert tried.diff is not None
    assert "+    verdict: block" in tried.diff


async def test_what_people_often_mend_is_suggested_for_two(storage: Storage, file: Path) -> None:
    history = [edited(n, "40.00", "4.00") for n in range(20)] + clean(30, begin=30)
    found = await advice(storage, file, history)
    [tried] = found.tried
    assert tried.suggestion.evidence.common == (("amount", 20),)
    assert tried.diff is not None
    assert "+    quorum: 2" in tried.diff


async def test_two_are_not_asked_for_where_there_is_one(storage: Storage, file: Path) -> None:
    say(file, POLICY.replace(", noor@example.com", ""))
    found = await advice(storage, file, [edited(n, "40.00", "4.00") for n in range(20)])
    assert found.tried == ()
    assert [each.found.kinds["block"] for each in found.dropped] == [20]


async def test_what_runs_by_itself_and_often_fails_is_suggested_to_be_asked_about(storage: Storage, file: Path) -> None:
    say(file, "rules:\n  - {name: payments, actions: [pay], verdict: log, budget: 50}\n")
    history = [ran(n, decided="log", outcome="failed" if n % 4 else "succeeded") for n in range(20)]
    found = await advice(storage, file, history)
    [tried] = found.tried
    assert (tried.suggestion.evidence.failures, tried.suggestion.evidence.cases) == (15, 20)
    assert tried.found.kinds == {"approve": 20}


async def test_two_accidents_are_no_pattern(storage: Storage, file: Path) -> None:
    accidents = [ran(n, decided="log", outcome="failed") for n in range(2)] + [
        edited(5.0 + n, "9.00", "8.00") for n in range(2)
    ]
    say(file, POLICY)
    assert (await advice(storage, file, accidents)).tried == ()
    say(file, "rules:\n  - {name: payments, actions: [pay], verdict: log}\n")
    here = Grounds(storage.store, ACTIONS, Fallback(("ravi@example.com",)), "production")
    assert (await advised(here, file, Wanted(START), 0.05)).tried == ()


async def test_nothing_is_made_of_nothing(storage: Storage, file: Path) -> None:
    found = await advice(storage, file, [])
    assert (found.tried, found.dropped, found.waiting) == ((), (), ())
    assert "Nothing is suggested." in written(found, width=100, colour=False)


async def test_hostile_words_are_inert(storage: Storage, file: Path) -> None:
    hostile = "\x1b]0;owned\x07[red] \u202e"
    who = Person(key="slack:T1:UX", name=hostile)
    history = [rejected(n, reason=hostile, by=who) for n in range(9)]
    found = await advice(storage, file, history)
    for output in (written(found, width=100, colour=False), json.dumps(as_json(found))):
        assert "UX" in output
        assert not set(output) & set("\x1b\x07\u202e")
