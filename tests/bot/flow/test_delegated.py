"""What delegates decide, for whom, and how often it counts."""

import asyncio
from dataclasses import replace
from functools import partial
from typing import Any, cast

import pytest

from bot.cards.text import plain
from bot.flow.desk import Answer, Click
from bot.flow.front_desk import FrontDesk
from bot.flow.surface import Known
from storage.records import Decision, Person, RequestStatus
from storage.store import Transaction
from tests.bot.flow.casting import THREE_PEOPLE, TWO_PEOPLE, decisions, lent
from tests.bot.flow.stage import ANNA, DAN, NOOR, POLICY, RAVI, Stage
from tests.fakes.surface import FakeSurface, person


async def test_a_delegate_decides_and_everybody_reads_for_whom(stage: Stage) -> None:
    await lent(stage, RAVI, DAN)
    answer = await stage.approve(await stage.ask(), DAN)
    assert plain(answer.text) == "Approved for Ravi. It runs now."
    assert await decisions(stage) == [("approve", "Dan", "Ravi")]
    assert len(stage.till.paid) == 1
    assert any("Approved by Dan for Ravi. It runs now." in said for _, said in stage.surface.replies)
    assert plain(stage.card().lines[0]).startswith("Approved by Dan for Ravi · ")
    entries = await stage.read(lambda tx: tx.audit_entries(request_id=tx.requests(limit=1)[0].id))
    (approval,) = [entry.body for entry in entries if entry.event == "request.approve"]
    assert (approval["lent_by"], approval["right"]) == (RAVI.key, "ravi@example.com")
    assert await in_the_records(stage) == [(DAN.key, RAVI.key), (DAN.key, RAVI.key)]


async def in_the_records(stage: Stage) -> list[tuple[object, object]]:
    """Who decided for whom, as the trace and the evaluation tell it."""
    [evaluation] = await stage.read(lambda tx: tx.evaluations())
    steps = await stage.read(lambda tx: tx.steps(evaluation.run_id))
    told: list[Any] = [
        *(one for step in steps for one in cast("list[Any]", step.detail.get("people", []))),
        *cast("list[Any]", evaluation.body["decisions"]),
    ]
    return [(one["person"], one["lent_by"]) for one in told]


async def test_a_delegate_rejects_and_edits_for_the_giver(stage: Stage) -> None:
    await lent(stage, RAVI, DAN)
    assert (await stage.reject(await stage.ask(), DAN)).ok
    assert await decisions(stage) == [("reject", "Dan", "Ravi")]
    assert any("Rejected by Dan for Ravi:" in said for _, said in stage.surface.replies)
    assert (await stage.edit(await stage.ask(), DAN, amount="300.00")).ok
    assert await decisions(stage) == [("edit", "Dan", "Ravi")]
    assert any("Edited by Dan for Ravi:" in said for _, said in stage.surface.replies)
    assert (await stage.latest()).revision == 2


async def test_an_edit_by_a_delegate_voids_earlier_approvals_and_counts_as_the_givers(stage: Stage) -> None:
    stage.adopt(TWO_PEOPLE)
    await lent(stage, RAVI, DAN)
    request = await stage.ask()
    await stage.approve(request, NOOR)
    await stage.edit(request, DAN, amount="300.00")
    revised = await stage.latest()
    assert "needs somebody else too" in plain((await stage.approve(revised, RAVI)).text)
    assert stage.till.paid == []
    await stage.approve(revised, NOOR)
    assert len(stage.till.paid) == 1


async def test_a_giver_and_their_delegates_are_one_voice(stage: Stage) -> None:
    stage.adopt(TWO_PEOPLE)
    await lent(stage, RAVI, DAN)
    await lent(stage, RAVI, person("eva"))
    request = await stage.ask()
    assert (await stage.approve(request, DAN)).ok
    for who in (RAVI, person("eva"), DAN):
        answer = await stage.approve(request, who)
        assert "needs somebody else too" in plain(answer.text)
    assert await decisions(stage) == [("approve", "Dan", "Ravi")]
    assert stage.till.paid == []
    await stage.approve(request, NOOR)
    assert len(stage.till.paid) == 1


async def test_a_delegate_of_two_gives_the_voice_that_is_missing_and_only_one(stage: Stage) -> None:
    stage.adopt(THREE_PEOPLE)
    eva = person("eva")
    await lent(stage, RAVI, eva)
    await lent(stage, NOOR, eva)
    request = await stage.ask()
    await stage.approve(request, NOOR)
    stage.clock.move(seconds=1)
    await stage.approve(request, eva)
    assert await decisions(stage) == [("approve", "Noor", None), ("approve", "Eva", "Ravi")]
    assert "already" in plain((await stage.approve(request, eva)).text)
    assert stage.till.paid == []
    await stage.approve(request, DAN)
    assert len(stage.till.paid) == 1


async def test_nobody_decides_through_whoever_asked_nor_whoever_asked_through_others(stage: Stage) -> None:
    stage.adopt(POLICY.replace("[ravi@example.com, ", "[anna@example.com, ravi@example.com, "))
    await lent(stage, ANNA, DAN)
    await lent(stage, RAVI, ANNA)
    request = await stage.ask()
    through = await stage.approve(request, DAN)
    assert "nobody can decide on it in the place of Anna" in plain(through.text)
    assert "You asked for this" in plain((await stage.approve(request, ANNA)).text)
    assert stage.till.paid == []


async def test_a_delegation_that_is_over_lends_nothing(stage: Stage) -> None:
    stage.adopt(POLICY.replace("reviewers:", "expires_in: 10d\n    reviewers:", 1))
    await lent(stage, RAVI, DAN)
    request = await stage.ask()
    stage.clock.move(days=6)
    refused = await stage.approve(request, DAN)
    assert plain(refused.text) == "Only noor@example.com and ravi@example.com can decide on this."
    assert stage.till.paid == []


async def test_a_delegation_that_was_taken_back_between_the_look_up_and_the_commit_lends_nothing(stage: Stage) -> None:
    await lent(stage, RAVI, DAN)
    request = await stage.ask()

    def take_back(tx: Transaction) -> None:
        for each in tx.delegations(at=tx.now()):
            tx.end_delegation(each.id)

    class TakingBack(FakeSurface):
        async def person(self, key: str) -> Known:
            if key == RAVI.key:  # the giver is looked up after the person who clicked
                await stage.store.write(take_back)
            return await super().person(key)

    desk = FrontDesk(replace(stage.signoff, surfaces={"slack": TakingBack()}))
    assert not (await desk.approve(stage.click(request, DAN))).ok


@pytest.mark.parametrize("standing", ["guest", "deactivated", "stranger"])
async def test_a_giver_who_is_no_member_any_more_has_nothing_to_lend(stage: Stage, standing: str) -> None:
    await lent(stage, RAVI, DAN)
    stage.surface.standings["ravi"] = standing  # type: ignore[assignment]
    assert not (await stage.approve(await stage.ask(), DAN)).ok
    assert stage.till.paid == []


async def test_a_member_who_lends_nothing_does_not_make_up_for_a_giver_who_left(stage: Stage) -> None:
    await lent(stage, RAVI, DAN)
    await lent(stage, person("eva"), DAN)
    stage.surface.standings["ravi"] = "deactivated"
    assert not (await stage.approve(await stage.ask(), DAN)).ok
    assert stage.till.paid == []


async def test_a_form_opens_for_a_delegate(stage: Stage) -> None:
    await lent(stage, RAVI, DAN)
    opened = await stage.desk.form(stage.click(await stage.ask(), DAN), "edit")
    assert not isinstance(opened, Answer)


@pytest.mark.parametrize("who", [DAN, NOOR])
async def test_a_decision_that_is_only_a_row_is_no_voice_at_the_click_either(stage: Stage, who: Person) -> None:
    """`lent_by` is under the seal: taking it away would make one voice two. Nor does a row make a reviewer."""
    stage.adopt(TWO_PEOPLE)
    await lent(stage, RAVI, DAN)
    request = await stage.ask()
    made = Decision(
        id="dec_forged", request_id=request.id, revision=1, fingerprint=request.fingerprint, person=who, verb="approve",
        seal="0" * 64, created_at=stage.clock.now,
    )  # fmt: skip
    await stage.store.write(partial(add, made))
    answer = await stage.approve(request, RAVI)
    assert plain(answer.text) == "Recorded. 1 more must approve."
    assert await stage.status() is RequestStatus.pending
    assert stage.till.paid == []


def add(forged: Decision, tx: Transaction) -> None:
    tx.add_decision(forged)


async def raced(stage: Stage, *clicks: Click) -> list[Answer]:
    answers = await asyncio.gather(*(stage.desk.approve(click) for click in clicks))
    await stage.settle()
    return list(answers)


async def test_a_giver_and_their_delegate_at_once_are_one_voice(stage: Stage) -> None:
    stage.adopt(TWO_PEOPLE)
    await lent(stage, RAVI, DAN)
    request = await stage.ask()
    await raced(stage, stage.click(request, RAVI), stage.click(request, DAN))
    assert len(await decisions(stage)) == 1
    assert await stage.status() is RequestStatus.pending
    assert stage.till.paid == []
