"""Triage through the real flow: `/signoff run triage INC-42` ends in a note on the customer's record, or asks first."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from agents import shipped
from agents.offline import OfflineModel
from agents.shipped import Systems
from agents.support.customers import notes
from bot.flow.front_desk import FrontDesk
from policies.file import SHIPPED, parse
from policies.rules import mentionable
from storage.records import RunStatus
from tests.bot.flow.stage import Stage, stage_at

ASK_FIRST = "rules: [{name: notes, actions: [update_internal_record], verdict: approve, reviewers: [ravi@example.com]}]"


@pytest.fixture
async def stage(systems: Systems, tmp_path: Path) -> AsyncIterator[Stage]:
    async with stage_at(tmp_path / "signoff.db") as made:
        made.signoff = replace(
            made.signoff,
            agents=shipped.agents(systems),
            actions=shipped.actions(systems),
            model=OfflineModel(shipped.rules()),
        )
        made.desk = FrontDesk(made.signoff)
        yield made


def written(systems: Systems) -> list[tuple[str, str]]:
    with systems.customers.engine.connect() as connection:
        return [(row.customer, row.body) for row in connection.execute(select(notes))]


async def test_a_ticket_is_noted_and_the_channel_reads_of_it(stage: Stage, systems: Systems) -> None:
    stage.policy[:] = [parse(SHIPPED.read_bytes(), mentionable({}))]
    await stage.type("run triage INC-42")

    run = await stage.run()
    assert (run.status, run.total_cost_usd) == (RunStatus.succeeded, 0.0)
    ((customer, body),) = written(systems)
    assert customer == "cus_wei"
    assert body.startswith("safety · urgent · Aurora floor lamp · en\n")


async def test_where_the_policy_asks_people_nothing_is_noted_before(stage: Stage, systems: Systems) -> None:
    stage.adopt(ASK_FIRST)
    await stage.type("run triage INC-42")
    request = await stage.latest()
    assert written(systems) == []
    await stage.approve(request)

    assert len(written(systems)) == 1
    assert (await stage.run()).status is RunStatus.succeeded
