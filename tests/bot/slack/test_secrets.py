"""A hundred credentials in every text of a request, through the whole flow and the real Slack code: none comes out.

Everything that the Slack-compatible server received is collected, every acknowledgement, the log, the traces, the
evaluations and the audit.
"""

import json
import logging
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field, replace
from typing import Annotated, Any

import pytest
from pydantic import Field

from agents.actions import Action, ActionFailed, Actions, Arguments, Effect, Secret
from agents.runtime import LiveRun
from agents.workflow import Agent, Agents
from bot.cards.form import argument_fields, arguments_from
from bot.flow.front_desk import FrontDesk
from bot.flow.handlers import handlers
from bot.sandbox.server import Sandbox
from bot.sandbox.views import View
from bot.slack import names
from bot.slack.connect import SlackConnection
from bot.terminal import Redacting
from storage.records import Evidence, JsonObject, Place, Request, RequestStatus
from storage.redaction import mask
from tests.bot.flow.stage import Stage, policy_of, stage_on
from tests.bot.slack.conftest import MIA, NOAH, SUPPORT, TEAM
from tests.bot.slack.examples import pieces
from tests.storage.credentials import TOKENS

POLICY = """
rules:
  - name: deployments
    actions: [deploy]
    verdict: approve
    risk: high
    reviewers: [noah@example.com, mia@example.com]
"""
OPEN_SESAME = "Open, Sesame!"  # looks like nothing, and is secret because its argument says so

CHUNKS = [list(TOKENS.values())[start : start + 10] for start in range(0, len(TOKENS), 10)]


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


async def deployer(run: LiveRun, text: str) -> str:
    """Proposes to deploy the very text that it was given, and talks about it everywhere."""
    logging.getLogger("agents.deployer").warning("deploying %s", text)
    found = await run.retrieval("look", text, lambda: _found(text), str, lambda each: [each])
    run.labels.add(f"label {text}")
    outcome = await run.propose(
        "deploy",
        {"where": f"host {text}", "script": text, "settings": {"token": OPEN_SESAME, text: text}, "phrase": OPEN_SESAME},
        summary=f"Deploy {text} with {OPEN_SESAME}",
        evidence=[Evidence(title=text, quote=f"> {found} {OPEN_SESAME}", link=f"https://example.com/?q={text}")],
    )
    return f"{outcome.status} {text} {outcome.notes} {outcome.reason}"


async def _found(text: str) -> str:
    return text


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


@pytest.fixture
async def company(sqlite_url: str, sandbox: Sandbox) -> AsyncIterator[Company]:
    servers = Servers()
    actions = Actions([Action("deploy", "Deploy", "Deploys", Deployment, lambda each: each.where, servers.deploy)])
    connection = SlackConnection(bot_token=sandbox.bot_token, app_token=sandbox.app_token, base_url=sandbox.api_url)
    async with stage_on(sqlite_url) as stage:
        stage.signoff = replace(
            stage.signoff,
            actions=actions,
            agents=Agents([Agent("deployer", 2, "Deploys.", "TEXT", ("deploy",), deployer)]),
            policy=lambda: policy_of(POLICY, actions),
            surfaces={"slack": connection.surface},
            fallback_place=Place(surface="slack", tenant=TEAM, channel=SUPPORT),
        )
        stage.desk = FrontDesk(stage.signoff)
        connection.listen(stage.desk)
        await connection.start()
        yield Company(stage, sandbox, servers)
        await connection.stop()


@pytest.fixture
def lines() -> Iterator[list[str]]:
    """The log as `signoff` writes it."""
    written: list[str] = []

    class Kept(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            written.append(self.format(record))

    handler = Kept(logging.DEBUG)
    handler.setFormatter(Redacting("%(levelname)s %(name)s: %(message)s"))
    logging.getLogger().addHandler(handler)
    yield written
    logging.getLogger().removeHandler(handler)


def leaks(text: str, secrets: list[str]) -> list[str]:
    """Which of the secrets are in a text, whole or by their ends."""
    escaped = [json.dumps(each, ensure_ascii=False)[1:-1] for each in secrets]
    return [each for each in (*secrets, *escaped) if each in text or each[-14:] in text]


async def card_view(company: Company, action: str) -> View:
    message = next(each for each in reversed(company.sandbox.messages(SUPPORT) + _threads(company)) if _has(each, action))
    await company.sandbox.click(NOAH, message, action)
    return await company.sandbox.until(lambda: company.sandbox.view_of(NOAH))


def _threads(company: Company) -> list[Any]:
    return [reply for root in company.sandbox.messages(SUPPORT) for reply in company.sandbox.replies(SUPPORT, root.ts)]


def _has(message: Any, action: str) -> bool:
    return any(piece.get("action_id") == action for piece in pieces(list(message.blocks)))


async def read_to_the_end(company: Company) -> View:
    """Open the card and turn its pages to the last one."""
    view = await card_view(company, names.READ)
    while "submit" not in view.body:
        before = view.hash
        await company.sandbox.click_in_view(NOAH, view, names.NEXT)
        view = await company.sandbox.until(lambda: _newer(company.sandbox, before))  # noqa: B023  # awaited at once
    return view


def _newer(sandbox: Sandbox, old: str) -> View | None:
    view = sandbox.view_of(NOAH)
    return view if view is not None and view.hash != old else None


@pytest.mark.parametrize("secrets", CHUNKS, ids=[f"{10 * number}-" for number in range(len(CHUNKS))])
async def test_nothing_of_a_credential_leaves(company: Company, lines: list[str], secrets: list[str]) -> None:
    text = " and ".join(secrets)
    request = await company.ask(text)
    assert request.arguments["script"] == text, "what runs is whole"
    form = await card_view(company, names.EDIT)
    await company.sandbox.close_view(NOAH, form)
    await company.sandbox.say(NOAH, SUPPORT, f"/signoff show {request.id}")
    await company.sandbox.say(NOAH, SUPPORT, "/signoff list")
    await company.sandbox.submit(NOAH, await read_to_the_end(company))
    await company.settle()
    assert company.servers.deployed[-1].script == text, "what ran was whole"
    seen, kept = company.seen(), await company.kept()
    for told in (seen, kept, "\n".join(lines)):
        assert leaks(told, [*secrets, OPEN_SESAME]) == []
        assert "[secret, " in told
    assert mask(OPEN_SESAME) in seen
    assert "Hidden here as secret: " in seen
    assert lines


async def test_failures_notes_and_rejections_leak_nothing_either(company: Company, lines: list[str]) -> None:
    secrets = list(TOKENS.values())
    text = " ".join(secrets[:5])
    company.servers.breaks = True
    await company.ask(text)
    await company.sandbox.submit(NOAH, await read_to_the_end(company))
    await company.settle()
    assert await company.stage.status() is RequestStatus.failed
    await company.ask(text)
    view = await card_view(company, names.REJECT)
    await company.sandbox.submit(NOAH, view, {"reason": {"value": "other"}, "notes": {"value": f"Not with {secrets[0]}"}})
    await company.settle()
    assert await company.stage.status() is RequestStatus.rejected
    for told in (company.seen(), await company.kept(), "\n".join(lines)):
        assert leaks(told, [*secrets[:5], OPEN_SESAME]) == []


async def test_an_edit_keeps_what_it_does_not_show_and_can_replace_it(company: Company) -> None:
    token = TOKENS["GitHub classic"]
    await company.ask(f"git clone https://x:{token}@example.com/app && ./deploy")
    view = await card_view(company, names.EDIT)
    starts = {block["block_id"]: block["element"].get("initial_value") for block in view.blocks if block["type"] == "input"}
    assert starts["phrase"] is None
    assert starts["script"] == "git clone https://x:[secret 1, 40 characters]@example.com/app && ./deploy"
    script = str(starts["script"]).replace("./deploy", "./deploy --dry")
    actions = company.stage.signoff.actions["deploy"]
    request = await company.stage.latest()
    fields = argument_fields(actions, request.arguments)
    kept = arguments_from({"where": "host", "script": script, "phrase": ""}, fields, request.arguments)
    assert kept["script"] == f"git clone https://x:{token}@example.com/app && ./deploy --dry"
    assert kept["phrase"] == OPEN_SESAME
    replaced = arguments_from({"script": "x", "phrase": "Sesame, open!"}, fields, request.arguments)
    assert replaced["phrase"] == "Sesame, open!"


def test_exceptions_in_the_log_are_redacted_with_their_traces() -> None:
    token = TOKENS["npm"]
    try:
        raise ValueError(f"refused {token}")
    except ValueError as error:
        record = logging.LogRecord("x", logging.ERROR, "f", 1, "failed with %s", (token,), (type(error), error, None))
    written = Redacting("%(message)s").format(record)
    assert token not in written
    assert "ValueError: refused [secret, 40 characters]" in written
