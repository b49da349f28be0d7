"""A real `signoff serve` whose runs nobody types: a signed call, a mail in a folder, a clock."""

import json
import shlex
import subprocess
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from bot.demo import RAVI
from tests.e2e.company import BROKEN_LAMP, Premises, everything, text_of
from tests.e2e.process import serve, signoff

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
FILE = """
webhooks:
  crm: {agent: support, secret: CRM_SECRET, input: ticket.text}
mailboxes:
  inbox: {agent: support, folder: mail}
schedules:
  often: {agent: triage, cron: "* * * * *", input: The lamp is broken.}
"""

Said = Callable[[str], Awaitable[object]]


@pytest.fixture
def env(place: Premises) -> dict[str, str]:
    (place.directory / "mail").mkdir()
    (place.directory / "triggers.yaml").write_text(FILE)
    return {**place.environment(), "SIGNOFF_TRIGGERS": "triggers.yaml", "CRM_SECRET": SECRET}


async def said(place: Premises, words: str) -> None:
    """Wait until somebody can read this in the channel."""
    await place.sandbox.until(lambda: next((m for m in everything(place.sandbox) if words in text_of(m)), None), 30)


async def called(place: Premises, env: dict[str, str], web: str, ticket: Path) -> tuple[int, dict[str, str]]:
    """Call the webhook with the very line that `signoff triggers sign` prints."""
    line = await signoff("triggers", "sign", "crm", ticket.name, "--url", web, cwd=place.directory, env=env)
    assert line.code == 0, line.err
    words = [*shlex.split(line.out), "-w", "\n%{http_code}"]
    told = subprocess.run(words, cwd=place.directory, capture_output=True, text=True, check=True)  # noqa: S603, ASYNC221
    body, _, status = told.stdout.rpartition("\n")
    return int(status), json.loads(body)


async def test_a_webhook_a_mail_and_a_clock_each_start_a_run_that_people_decide_on(
    place: Premises, env: dict[str, str]
) -> None:
    ticket = place.directory / "ticket.json"
    ticket.write_text(json.dumps({"ticket": {"text": BROKEN_LAMP}}))
    async with serve(cwd=place.directory, env=env) as served:
        status, first = await called(place, env, served.web, ticket)
        again = await called(place, env, served.web, ticket)
        assert (status, again) == (202, (200, {"run_id": first["run_id"], "said": "This was taken already."}))
        card = await place.sandbox.until(
            lambda: next(
                (m for m in everything(place.sandbox) if "webhook crm" in text_of(m) and "req_" in str(m.metadata)), None
            ),
            30,
        )
        await place.sandbox.click(RAVI.id, card, "signoff_approve")
        await said(place, "schedule often")
        (place.directory / "mail" / "lamp.eml").write_text(f"{BROKEN_LAMP} And the shade is torn.")
        await said(place, "mailbox inbox")
        await served.kill()
    # Whether the mail was moved before the power cut or not: it is one run.
    async with serve(cwd=place.directory, env=env) as served:
        await place.sandbox.until(lambda: list((place.directory / "mail" / "done").glob("lamp.eml")) or None, 30)
        assert (await called(place, env, served.web, ticket))[0] == 200
    assert [len([m for m in everything(place.sandbox) if "asked by mailbox inbox" in text_of(m)])] == [1]


async def test_it_does_not_start_with_triggers_that_cannot_work(place: Premises, env: dict[str, str]) -> None:
    told = await signoff("serve", cwd=place.directory, env={**env, "CRM_SECRET": "guess"})
    assert told.code == 2
    assert "triggers.yaml:3:33: webhooks.crm.secret: the variable CRM_SECRET holds no webhook secret" in told.err
    assert "guess" not in told.err
    assert "Traceback" not in told.err
