"""The whole way over the real Slack code: a card's people are reminded, and the card survives the end of its channel."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

import pytest

from bot.flow.desk import Command
from bot.flow.front_desk import FrontDesk
from bot.flow.sweep import nudge
from bot.sandbox.server import Sandbox
from bot.sandbox.workspace import Message
from bot.slack.connect import SlackConnection
from storage.records import Person, Request
from tests.bot.flow.stage import POLICY, Stage, stage_on
from tests.bot.slack.conftest import BOT, HERE, MIA, NOAH, QUIET, SUPPORT, TEAM
from tests.bot.slack.examples import read

MIA_HERSELF = Person(key=f"slack:{TEAM}:{MIA}", name="Mia")
REVIEWED = POLICY.replace("ravi@example.com, noor@example.com", "noah@example.com, slack:@finance", 1)


@dataclass
class Company:
    """A Signoff with everything real but the workspace behind Slack's interfaces."""

    stage: Stage
    sandbox: Sandbox

    async def ask(self) -> Request:
        command = Command("run payer 480.00 lamp-shop", MIA_HERSELF, HERE, "once")
        assert (await self.stage.desk.command(command)).ok
        await self.stage.settle()
        return await self.stage.latest()

    def cards(self, channel: str) -> list[Message]:
        """Cards with buttons, in the channel and its threads."""
        return [m for m in self.sandbox.workspace.messages(channel) if "[Approve]" in "\n".join(read(m.blocks))]


@pytest.fixture
async def company(sqlite_url: str, sandbox: Sandbox) -> AsyncIterator[Company]:
    quiet = sandbox.workspace.channels[QUIET]
    sandbox.workspace.replace_channel(replace(quiet, members=(*quiet.members, BOT)))
    async with stage_on(sqlite_url) as stage:
        connection = SlackConnection(bot_token=sandbox.bot_token, app_token=sandbox.app_token, base_url=sandbox.api_url)
        fallback = HERE.model_copy(update={"channel": "#quiet"})
        stage.signoff = replace(stage.signoff, surfaces={"slack": connection.surface}, fallback_place=fallback)
        stage.desk = FrontDesk(stage.signoff)
        stage.adopt(REVIEWED)
        connection.listen(stage.desk)
        await connection.start()
        yield Company(stage, sandbox)
        await connection.stop()


async def test_a_reminder_notifies_the_people_whom_the_policy_names(company: Company) -> None:
    await company.ask()
    company.stage.clock.move(hours=2)
    await nudge(company.stage.signoff)
    await company.stage.settle()
    said = company.sandbox.workspace.messages(SUPPORT)[-1]
    parts = said.blocks[0]["elements"][0]["elements"]
    assert [part for part in parts if part["type"] != "text"] == [
        {"type": "user", "user_id": NOAH},
        {"type": "usergroup", "usergroup_id": "S0FINANCE"},
    ]


@pytest.mark.parametrize("what", ["archive", "delete", "remove_bot"])
async def test_a_card_outlives_its_channel(company: Company, what: str) -> None:
    asked = await company.ask()
    assert len(company.cards(SUPPORT)) == 1
    getattr(company.sandbox, what)(SUPPORT, NOAH)
    for _ in range(100):
        await company.stage.settle()
        if company.cards(QUIET):
            break
        await asyncio.sleep(0.02)
    [card] = company.cards(QUIET)
    pressed = await company.sandbox.click(MIA, card, "signoff_approve")
    assert pressed.acked
    assert company.stage.till.paid == []
    [message] = await company.stage.read(lambda tx: tx.messages(asked.id))
    assert message.place.channel == QUIET
    posted = await company.stage.read(lambda tx: tx.posted_requests("slack", TEAM, QUIET, 10))
    assert [request.id for request in posted] == [asked.id]
