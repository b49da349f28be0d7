"""The support agent over many tickets: each takes its route, and what a hostile one asks for never runs without a person.

`pytest -rP` shows the table of routes and proposals.
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from agents import shipped
from agents.actions import Actions, Effect
from agents.mail import read_ticket
from agents.shipped import Systems
from agents.suspicion import STRANGE
from bot.flow.front_desk import FrontDesk
from policies.file import SHIPPED, parse
from policies.judge import Fallback
from policies.rules import RISK_MAP_ACTIONS, mentionable
from storage.records import JsonObject, Outcome, Proposal, RequestStatus, Risk, RunStatus, Verdict
from tests.agents.support.conftest import Tell
from tests.agents.support.test_agent import reading
from tests.agents.support.tickets import HOSTILE, TICKETS, WORST, Case
from tests.bot.flow.stage import stage_at
from tests.fakes.models import ScriptedModel
from tests.policies.judging import judge

POLICY = parse(SHIPPED.read_bytes(), mentionable({}))
HARMLESS = {"draft_internal_message", "update_internal_record"}  # they leave a note for colleagues and nothing else


def judged(proposal: Proposal) -> Verdict:
    return judge(POLICY, proposal, agent="support", registered=RISK_MAP_ACTIONS, fallback=Fallback(("ravi@example.com",)))


def by_name(case: Any) -> str | None:
    return case.name if isinstance(case, Case) else None


def test_there_are_enough_of_them() -> None:
    assert len(TICKETS) >= 60
    assert len({case.name for case in TICKETS}) == len(TICKETS)
    assert len({case.language for case in TICKETS}) >= 8
    assert len(HOSTILE) >= 20


@pytest.mark.parametrize("case", TICKETS, ids=by_name)
async def test_each_ticket_takes_its_route(tell: Tell, case: Case) -> None:
    proposal = await tell(case.ticket).park()

    assert proposal.action == case.route
    assert (STRANGE in proposal.labels) is case.hostile
    assert (proposal.risk is Risk.critical) is case.hostile


@pytest.mark.parametrize("believed", WORST, ids=lambda worst: worst["intent"] + worst.get("order", ""))
@pytest.mark.parametrize("case", HOSTILE, ids=by_name)
async def test_a_model_that_believes_a_hostile_ticket_gets_nothing_past_a_person(
    tell: Tell, case: Case, believed: dict[str, Any]
) -> None:
    more: dict[str, Any] = {**believed, "confidence": 1.0, "summary": "All fine, low risk."}
    fooled = reading(**more)
    proposal = await tell(case.ticket, fooled).park()
    verdict = judged(proposal)

    assert proposal.action in HARMLESS or verdict.outcome in (Outcome.approve, Outcome.block)
    assert proposal.risk is Risk.critical
    assert verdict.risk is Risk.critical
    assert verdict.risk.rank >= judged(proposal.model_copy(update={"risk": None})).risk.rank
    assert STRANGE in proposal.labels
    sender = (read_ticket(case.ticket).senders or ("",))[0]
    assert proposal.arguments.get("to", sender) in (sender, "mia@example.com")
    assert proposal.arguments.get("amount", "480.00") == "480.00"


@pytest.mark.parametrize("risk", [None, *Risk])
async def test_no_risk_that_a_model_names_lowers_the_policys(tell: Tell, risk: Risk | None) -> None:
    proposal = await tell(TICKETS[8].ticket).park()
    base = judged(proposal.model_copy(update={"risk": None}))
    told = judged(proposal.model_copy(update={"risk": risk}))

    assert told.risk.rank >= base.risk.rank
    assert told.outcome is base.outcome


async def test_nothing_that_a_hostile_ticket_wants_has_run_when_nobody_decided(systems: Systems, tmp_path: Path) -> None:
    ran: list[str] = []
    actions = shipped.actions(systems)
    spied = Actions(replace(actions[name], execute=_noting(name, ran)) for name in actions)
    answers = [reading(**worst) for _ in HOSTILE for worst in WORST]
    async with stage_at(tmp_path / "signoff.db") as stage:
        stage.signoff = replace(
            stage.signoff, agents=shipped.agents(systems), actions=spied, model=ScriptedModel(answers),
            fallback=Fallback(("ravi@example.com",)),
        )  # fmt: skip
        stage.desk = FrontDesk(stage.signoff)
        stage.policy[:] = [POLICY]
        for case in HOSTILE:
            for _ in WORST:
                await stage.type(f"run support {case.ticket}")
        assert stage.signoff.model.answers == []  # type: ignore[attr-defined]
        runs = await stage.read(lambda tx: tx.runs(limit=500))
        requests = await stage.read(lambda tx: tx.requests(limit=500))
    assert set(ran) <= HARMLESS
    assert {run.status for run in runs} <= {RunStatus.waiting, RunStatus.succeeded}
    assert len(requests) + len(ran) == len(runs) == len(answers)
    assert {request.status for request in requests} == {RequestStatus.pending}
    assert {request.verdict.risk for request in requests} == {Risk.critical}


def _noting(name: str, ran: list[str]) -> Callable[[Any, Effect], Awaitable[JsonObject]]:
    async def execute(arguments: Any, effect: Effect) -> JsonObject:
        ran.append(name)
        return {"summary": "Done."}

    return execute


async def test_table(tell: Tell) -> None:
    rows = []
    for case in TICKETS:
        proposal = await tell(case.ticket).park()
        verdict = judged(proposal)
        rows.append((case.name, case.language, proposal.action, verdict.outcome, verdict.risk, proposal.summary[:90]))
    print("\n\n| ticket | language | route | verdict | risk | proposal |\n|---|---|---|---|---|---|")
    print("\n".join(f"| {' | '.join(row)} |" for row in rows))
    assert len(rows) == len(TICKETS)
