"""A hundred credentials in every text of a request, through the whole flow and the real Slack code: none comes out.

Everything that the Slack-compatible server received is collected, every acknowledgement, the log, the traces, the
evaluations and the audit.
"""

import json
import logging
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from agents.runtime import LiveRun
from bot.cards.form import argument_fields, arguments_from
from bot.sandbox.server import Sandbox
from bot.sandbox.views import View
from bot.slack import names
from bot.terminal import Redacting
from storage.records import Evidence, RequestStatus
from storage.redaction import mask
from tests.bot.slack.company import OPEN_SESAME, Company, company_on
from tests.bot.slack.conftest import NOAH, SUPPORT
from tests.bot.slack.examples import pieces
from tests.storage.credentials import TOKENS

CHUNKS = [list(TOKENS.values())[start : start + 10] for start in range(0, len(TOKENS), 10)]


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


@pytest.fixture
async def company(sqlite_url: str, sandbox: Sandbox) -> AsyncIterator[Company]:
    async with company_on(sqlite_url, sandbox, deployer) as made:
        yield made


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
