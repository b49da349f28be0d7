"""The flow on a database with the real Slack code before it, and an agent that says what a test wants it to say."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Annotated

from pydantic import Field

from agents.actions import Action, ActionFailed, Actions, Arguments, Effect, Secret
from agents.workflow import Agent, Agents, Workflow
from bot.flow.front_desk import FrontDesk
from bot.flow.handlers import handlers
from bot.flow.run import start
from bot.sandbox.server import Sandbox
from bot.slack.connect import SlackConnection
from storage.records import JsonObject, Person, Place, Request, Run
from tests.bot.flow.stage import Stage, policy_of, stage_on
from tests.bot.slack.conftest import MIA, SUPPORT, TEAM

POLICY = """
rules:
  - name: deployments
    actions: [deploy]
    verdict: approve
    risk: high
    reviewers: [noah@example.com, mia@example.com]
"""
OPEN_SESAME = "Open, Sesame!"  # looks like nothing, and is secret because its argument says so


class Deployment(Arguments):
    """What goes where."""

    where: str = Field(title="Where")
    script: str = Field(title="Script", json_schema_extra={"multiline": True})
    settings: dict[str, str] = Field(title="Settings")
    phrase: Annotated[str, Secret()] = Field(title="Phrase", min_length=3)


@dataclass
class Servers:
    """Where deployments arrive."""

    deployed: list[Deployment] = field(default_factory=list)
    breaks: bool = False

    async def deploy(self, deployment: Deployment, effect: Effect) -> JsonObject:
        if self.breaks:
            raise ActionFailed(f"Refused with {deployment.script} and {deployment.phrase}")
        self.deployed.append(deployment)
        return {"summary": f"Deployed {deployment.script} with {deployment.phrase}.", "log": deployment.script}


@dataclass
class Company:
    """The flow on a database, with the real Slack code before it."""

    stage: Stage
    sandbox: Sandbox
    servers: Servers

    async def settle(self) -> None:
        await self.stage.dispatch.drain(handlers(self.stage.signoff))

    async def ask(self, text: str) -> Request:
        self.stage.clock.move(seconds=1)
        await self.sandbox.say(MIA, SUPPORT, f"/signoff run deployer {text}")
        await self.settle()
        return await self.stage.latest()

    async def propose(self, text: str) -> Run:
        """Have the agent work on `text`, without a command typed."""
        self.stage.clock.move(seconds=1)
        agent, place = self.stage.signoff.agents["deployer"], Place(surface="slack", tenant=TEAM, channel=SUPPORT)
        who = Person(key=f"slack:{TEAM}:{MIA}", name="Mia Chen")
        await self.stage.store.write(lambda tx: start(tx, self.stage.signoff, agent, text, who, place, None))
        await self.settle()
        return await self.stage.run()

    def seen(self) -> str:
        """Everything that Slack was given, by call and by acknowledgement."""
        calls = [dict(call.arguments) for call in self.sandbox.calls]
        answers = [dict(answer.body or {}) for _, answer in self.sandbox.deliveries]
        return json.dumps([calls, answers], ensure_ascii=False, default=str)

    async def kept(self) -> str:
        """Traces, evaluations and the audit."""
        run = await self.stage.run()
        steps = await self.stage.read(lambda tx: tx.steps(run.id))
        evaluations = await self.stage.read(lambda tx: tx.evaluations(run_id=run.id))
        entries = await self.stage.read(lambda tx: tx.audit_entries(run_id=run.id))
        bodies = [*(each.detail for each in steps), *(each.body for each in evaluations), *(each.body for each in entries)]
        assert len(evaluations) == 1
        return json.dumps(bodies, ensure_ascii=False)


@asynccontextmanager
async def company_on(url: str, sandbox: Sandbox, workflow: Workflow) -> AsyncIterator[Company]:
    """A company whose agent `deployer` is that workflow."""
    servers = Servers()
    actions = Actions([Action("deploy", "Deploy", "Deploys", Deployment, lambda each: each.where, servers.deploy)])
    connection = SlackConnection(bot_token=sandbox.bot_token, app_token=sandbox.app_token, base_url=sandbox.api_url)
    async with stage_on(url) as stage:
        stage.signoff = replace(
            stage.signoff,
            actions=actions,
            agents=Agents([Agent("deployer", 2, "Deploys.", "TEXT", ("deploy",), workflow)]),
            policy=lambda: policy_of(POLICY, actions),
            surfaces={"slack": connection.surface},
            fallback_place=Place(surface="slack", tenant=TEAM, channel=SUPPORT),
        )
        stage.desk = FrontDesk(stage.signoff)
        connection.listen(stage.desk)
        await connection.start()
        yield Company(stage, sandbox, servers)
        await connection.stop()
