"""Reminders and escalation: each once, at its time, to those who can still decide, and never when it is over."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.cards.lines import MOST_CALLED
from bot.flow.remind import Nudge, nudge_text, plan, scheduled
from bot.flow.sweep import nudge, sweep
from storage.records import Delegation, Request
from tests.bot.flow.stage import DAN, NOOR, POLICY, RAVI, Stage
from tests.storage.records import request as a_request

START = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
RULE = "    risk: high\n"
LEADS = "    escalate_to: [dan@example.com]\n"


def request(*, hours: float = 4, escalated: bool = False, **verdict: object) -> Request:
    made = a_request()
    ruling = made.verdict.model_copy(update=verdict)
    times = {"created_at": START, "expires_at": START + timedelta(hours=hours)}
    return made.model_copy(update={**times, "verdict": ruling, "escalated_at": START if escalated else None})


def minutes(nudges: tuple[Nudge, ...]) -> list[tuple[float, str]]:
    return [((each.at - START).total_seconds() / 60, each.kind) for each in nudges]


PLANS = {
    "as it comes": (request(), [(120, "reminder"), (216, "reminder")]),
    "never": (request(reminders=()), []),
    "escalates": (request(reminders=(), escalate_to=("a",), escalate_after=600), [(10, "escalation")]),
    "both": (request(reminders=(0.5,), escalate_to=("a",)), [(120, "escalation"), (120, "reminder")]),
    "half by default": (request(reminders=(), escalate_to=("a",)), [(120, "escalation")]),
    "escalated": (request(reminders=(), escalate_to=("a",), escalated=True), []),
    "shortened": (request(hours=1, reminders=(), escalate_to=("a",), escalate_after=7200), [(30, "escalation")]),
}


@pytest.mark.parametrize(("asked", "expected"), PLANS.values(), ids=PLANS)
def test_the_plan_follows_from_the_request(asked: Request, expected: list[tuple[float, str]]) -> None:
    assert minutes(plan(asked)) == expected


@pytest.mark.parametrize(("now", "due"), [(0, 120), (119, 120), (120, 216), (216, None), (239, None)])
def test_the_next_nudge_is_the_first_that_has_not_come(now: int, due: int | None) -> None:
    at = scheduled(request(), START + timedelta(minutes=now)).nudge_at
    assert at == (None if due is None else START + timedelta(minutes=due))


def test_an_escalation_that_is_overdue_is_next() -> None:
    asked = request(escalate_to=("a",), escalate_after=600)
    assert scheduled(asked, START + timedelta(hours=1)).nudge_at == START + timedelta(minutes=10)


async def pass_time(stage: Stage, **by: float) -> list[str]:
    """Let time pass, and return what was said meanwhile in the thread."""
    before = len(stage.surface.replies)
    stage.clock.move(**by)
    for _ in range(3):  # as three replicas do, or one again and again
        await nudge(stage.signoff)
    await stage.settle()
    return [text for _, text in stage.surface.replies[before:]]


async def test_people_are_reminded_at_half_and_at_nine_tenths_and_only_then(stage: Stage) -> None:
    asked = await stage.ask()
    opening = f"Reminder. Pay somebody ({asked.id}) waits for approval, "
    assert await pass_time(stage, hours=1, minutes=59) == []
    assert await pass_time(stage, minutes=1) == [f"{opening}2 hours left. noor@example.com ravi@example.com"]
    assert await pass_time(stage, hours=1, minutes=35) == []
    assert await pass_time(stage, minutes=1) == [f"{opening}24 minutes left. noor@example.com ravi@example.com"]
    assert await pass_time(stage, minutes=20) == []
    thread = stage.surface.places[1].model_copy(update={"thread": "1"})
    assert {place for place, text in stage.surface.replies if text.startswith("Reminder")} == {thread}


async def test_an_outage_says_only_the_newest_reminder_and_one_beyond_the_end_none(stage: Stage) -> None:
    await stage.ask()
    [said] = await pass_time(stage, hours=3, minutes=45)
    assert "15 minutes left" in said
    await stage.ask("20 baker")
    assert await pass_time(stage, hours=4) == []
    await sweep(stage.signoff)
    assert not any(text.startswith("Reminder") for text in await pass_time(stage, hours=4))


async def test_a_reminder_that_waits_for_chat_is_not_said_once_it_is_decided(stage: Stage) -> None:
    asked = await stage.ask()
    stage.clock.move(hours=2)
    await nudge(stage.signoff)
    await stage.desk.approve(stage.click(asked))
    await stage.settle()
    assert not any("Reminder" in text for _, text in stage.surface.replies)


async def test_who_has_approved_and_who_cannot_is_not_called(stage: Stage) -> None:
    people = "    quorum: 2\n    reviewers: [ravi@example.com, noor@example.com, anna@example.com, slack:@leads]\n"
    old = "    reviewers: [ravi@example.com, noor@example.com]\n"
    stage.adopt(POLICY.replace(old, people, 1))
    await stage.approve(await stage.ask(), RAVI)
    [said] = await pass_time(stage, hours=2)
    assert said.endswith("left. noor@example.com @leads")


async def test_those_to_whom_a_reviewer_lent_it_are_called_too(stage: Stage) -> None:
    await stage.ask()
    now = stage.clock.now
    lent = Delegation(id="del_1", giver=NOOR, taker=DAN, created_at=now, until=now + timedelta(days=1))
    await stage.store.write(lambda tx: tx.add_delegation(lent))
    [said] = await pass_time(stage, hours=2)
    assert said.endswith("noor@example.com ravi@example.com dan")


async def test_many_are_not_all_called_but_counted(stage: Stage) -> None:
    many = ", ".join(f"p{number}@example.com" for number in range(13))
    stage.adopt(POLICY.replace("ravi@example.com, noor@example.com", many, 1))
    await stage.ask()
    [said] = await pass_time(stage, hours=2)
    assert said.count("@example.com") == MOST_CALLED
    assert said.endswith(" and 3 more")


async def test_a_request_escalates_once_and_the_card_and_the_audit_say_so(stage: Stage) -> None:
    stage.adopt(POLICY.replace(RULE, f"{RULE}{LEADS}    escalate_after: 30m\n", 1))
    asked = await stage.ask()
    said = await pass_time(stage, minutes=30)
    assert said == [
        f"Escalated. Pay somebody ({asked.id}) waits for approval, 3 hours 30 minutes left. "
        "These people can decide now: dan@example.com"
    ]
    now = await stage.latest()
    assert now.escalated_at is not None
    entries = await stage.read(lambda tx: tx.audit_entries(request_id=asked.id))
    assert [entry.body["to"] for entry in entries if entry.event == "request.escalated"] == [["dan@example.com"]]
    assert any("Escalated" in str(line) for line in stage.card().lines)
    [reminder] = await pass_time(stage, hours=1, minutes=30)
    assert reminder.endswith("left. noor@example.com ravi@example.com dan@example.com")


async def test_only_after_it_those_it_escalates_to_may_decide(stage: Stage) -> None:
    stage.adopt(POLICY.replace(RULE, RULE + LEADS, 1))
    asked = await stage.ask()
    assert not (await stage.approve(asked, DAN)).ok
    [said] = await pass_time(stage, hours=2)
    assert said.startswith("Escalated")
    assert said.endswith("These people can decide now: dan@example.com noor@example.com ravi@example.com")
    assert (await stage.approve(asked, DAN)).ok
    assert len(stage.till.paid) == 1


async def test_a_decided_request_does_not_escalate(stage: Stage) -> None:
    stage.adopt(POLICY.replace(RULE, RULE + LEADS, 1))
    await stage.approve(await stage.ask())
    assert await pass_time(stage, hours=3) == []
    assert (await stage.latest()).escalated_at is None


async def test_an_edit_that_shortens_the_time_moves_the_nudges(stage: Stage) -> None:
    stage.adopt(POLICY.replace(RULE, f"{RULE}    quorum: 2\n", 1))
    asked = await stage.ask()
    stage.adopt(POLICY.replace(RULE, f"{RULE}    quorum: 2\n    expires_in: 1h\n", 1))
    stage.clock.move(minutes=20)
    await stage.edit(asked, RAVI, amount="300.00")
    edited = await stage.latest()
    assert round((edited.expires_at - edited.created_at) / timedelta(minutes=1)) == 80
    [said] = await pass_time(stage, minutes=20)
    assert "40 minutes left. noor@example.com" in said


async def test_nothing_is_said_of_what_is_over(stage: Stage) -> None:
    asked = await stage.ask()
    stage.clock.move(hours=4)
    text = await stage.read(lambda tx: nudge_text(tx, stage.signoff, asked.id, escalated=False, reminded=True))
    assert text is None
