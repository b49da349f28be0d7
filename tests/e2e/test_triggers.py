"""A real `signoff serve` that nobody talks to: a signed call, a mail in a folder and the clock set agents to work."""

import asyncio
import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.e2e.company import BROKEN_LAMP, OPENING_HOURS, Premises, everything, text_of
from tests.e2e.process import Finished, serve, signoff

FILE = """
webhooks:
  shop: {agent: support, secret: SHOP_SECRET, input: ticket.text}
mailboxes:
  support: {agent: support, folder: mail}
schedules:
  report: {agent: research, cron: "* * * * *", input: How long is the warranty?}
"""
MAIL = f"From: Mia Berger <mia.berger@example.com>\nSubject: Opening hours\n\n{OPENING_HOURS}\n"


async def _set_up(place: Premises) -> dict[str, str]:
    (place.directory / "triggers.yaml").write_text(FILE)
    (place.directory / "mail").mkdir()
    (place.directory / "order.json").write_text(json.dumps({"ticket": {"text": BROKEN_LAMP}}))
    made = await signoff("triggers", "secret", cwd=place.directory, env=place.environment())
    assert made.out.startswith("whsec_"), made.err
    return {**place.environment(), "SIGNOFF_TRIGGERS": "triggers.yaml", "SHOP_SECRET": made.out.strip()}


async def _curl(line: str, cwd: Path) -> Finished:
    process = await asyncio.create_subprocess_shell(
        line, cwd=cwd, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, err = await process.communicate()
    return Finished(process.returncode or 0, out.decode(), err.decode())


async def _said(place: Premises, *words: str) -> None:
    """Wait until some message in the channel has all of these words."""
    await place.sandbox.until(
        lambda: next((m for m in everything(place.sandbox) if all(word in text_of(m) for word in words)), None), 60
    )


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
async def test_calls_mails_and_the_clock_set_agents_to_work(place: Premises) -> None:
    env = await _set_up(place)
    async with serve(cwd=place.directory, env=env) as served:
        signed = await signoff("triggers", "sign", "shop", "order.json", "--url", served.web, cwd=place.directory, env=env)
        assert signed.code == 0, signed.err
        first, again = [json.loads((await _curl(signed.out, place.directory)).out) for _ in range(2)]
        assert first["status"] == "started"
        assert again == {"run": first["run"], "status": "taken already"}
        await _said(place, "webhook shop", "480.00")

        (place.directory / "mail" / "a.eml").write_text(MAIL)
        await _said(place, "mailbox support")
        await place.sandbox.until(lambda: (place.directory / "mail" / "done" / "a.eml").exists(), 30)

        await _said(place, "schedule report")


async def test_the_command_lists_what_starts_by_itself_and_what_cannot(place: Premises) -> None:
    env = await _set_up(place)
    told = await signoff("triggers", "list", "--json", cwd=place.directory, env=env)
    rows = {row["name"]: row for row in json.loads(told.out)}
    assert told.code == 0, told.err
    assert rows["shop"]["comes"] == "POST /triggers/shop"
    assert rows["support"]["comes"] == str(place.directory / "mail")
    assert f"next {datetime.now(UTC):%Y}" in rows["report"]["comes"]

    broken = await signoff("triggers", "list", cwd=place.directory, env={**env, "SHOP_SECRET": ""})
    assert (broken.code, "set the variable SHOP_SECRET" in broken.out) == (1, True)
    refused = await signoff("serve", cwd=place.directory, env={**env, "SHOP_SECRET": ""})
    assert (refused.code, "webhook shop: set the variable SHOP_SECRET" in refused.err) == (2, True)
    checked = await signoff("check", cwd=place.directory, env={**env, "SHOP_SECRET": "whsec_c2hvcnQ="})
    assert "SIGNOFF_TRIGGERS webhook shop" in checked.out
    assert "needs at least 24" in checked.out
