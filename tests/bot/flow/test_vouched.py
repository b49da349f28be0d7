"""Decisions that no chat vouches for: what cannot be looked up lets nobody through."""

from dataclasses import replace

from bot.cards.text import plain
from bot.flow.accounts import TERMINAL, person_named
from bot.flow.humans import link
from bot.flow.vouched import Choice, Ruled, decide_as
from storage.records import Request, RequestStatus
from tests.bot.flow.stage import ANNA, DAN, RAVI, Stage

TWO = """
rules: [{name: p, actions: [pay], verdict: approve, risk: high, quorum: 2,
         reviewers: [ravi@example.com, dan@example.com, noor@example.com]}]
"""


async def approved(stage: Stage, request: Request, who: str) -> Ruled:
    """What becomes of an approval that somebody types at a terminal."""
    choice = Choice("approve", request.fingerprint)
    return await decide_as(stage.signoff, request.id, person_named(who, TERMINAL), choice, by="operator:test")


async def test_who_asked_under_a_linked_account_does_not_decide_while_chat_is_down(stage: Stage) -> None:
    await stage.store.write(lambda tx: link(tx, stage.signoff.ids, (ANNA.key, RAVI.key)))
    request = await stage.ask()
    assert (await approved(stage, request, "ravi@example.com")).kind == "refused"
    stage.surface.fail_next(99)
    refused = await approved(stage, request, "ravi@example.com")
    assert (refused.kind, RAVI.key in plain(refused.answer.text)) == ("refused", True)
    assert await stage.status() is RequestStatus.pending


async def test_one_human_is_one_voice_while_chat_is_down(stage: Stage) -> None:
    stage.adopt(TWO)
    await stage.store.write(lambda tx: link(tx, stage.signoff.ids, (DAN.key, RAVI.key)))
    request = await stage.ask()
    assert (await stage.approve(request, DAN)).ok
    stage.surface.fail_next(99)
    assert (await approved(stage, request, "ravi@example.com")).kind == "refused"
    stage.surface.busy = 0
    assert (await approved(stage, request, "noor@example.com")).kind == "done"
    assert await stage.status() is RequestStatus.approved


async def test_links_of_accounts_that_need_no_looking_up_hold_nobody_up(stage: Stage) -> None:
    await stage.store.write(lambda tx: link(tx, stage.signoff.ids, (ANNA.key, "terminal:local:mia@example.com")))
    request = await stage.ask()
    stage.surface.fail_next(99)
    assert (await approved(stage, request, "mia@example.com")).kind == "refused"
    assert (await approved(stage, request, "ravi@example.com")).kind == "done"


async def test_an_account_of_a_platform_that_is_not_connected_decides_nothing(stage: Stage) -> None:
    stage.adopt("rules: [{name: p, actions: [pay], verdict: approve, reviewers: ['slack:U0RAVI']}]")
    request = await stage.ask()
    stage.signoff = replace(stage.signoff, surfaces={})
    refused = await approved(stage, request, "slack:T1:U0RAVI")
    assert (refused.kind, "not connected" in plain(refused.answer.text)) == ("refused", True)
