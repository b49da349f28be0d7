"""An agent of another make and a real `signoff serve`, over plain HTTP; an operator decides when chat is down."""

import asyncio
import json
import subprocess
import sys
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.demo import CHANNEL, RAVI
from tests.e2e.company import Premises, everything, text_of
from tests.e2e.process import Serving, serve, signoff
from tests.test_readme import block

MIB = 1024 * 1024
REFUND = {"amount": "480.00", "currency": "USD", "charge": "ch_1", "reason": "duplicate"}
ASK: dict[str, Any] = {
    "action": "execute_financial_action", "arguments": REFUND, "summary": "Refund the lamp", "agent": "refunder",
    "evidence": [{"title": "Mail", "quote": "It came broken."}],
}  # fmt: skip


@dataclass(frozen=True)
class Agent:
    """Speaks to the gate with nothing but the standard library."""

    web: str
    token: str

    async def call(self, method: str, path: str, body: Any = None, once: str = "k") -> tuple[int, Any]:
        return await asyncio.to_thread(self._call, method, path, body, once)

    def _call(self, method: str, path: str, body: Any, once: str) -> tuple[int, Any]:
        data = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {self.token}", "Idempotency-Key": once}
        request = urllib.request.Request(f"{self.web}{path}", data, headers, method=method)  # noqa: S310  # our own server
        try:
            with urllib.request.urlopen(request) as told:  # noqa: S310
                return told.status, json.load(told)
        except urllib.error.HTTPError as told:
            with told:
                return told.code, json.load(told)


async def keyed(place: Premises, served: Serving, *scopes: str, owner: str = "tess@lamps.example") -> Agent:
    """A program with a key that an operator makes beside the running service."""
    asked = [part for scope in scopes for part in ("--scope", scope)]
    told = await signoff("keys", "create", "e2e", "--owner", owner, *asked, "--per-minute", "6000",
                         cwd=place.directory, env=place.environment())  # fmt: skip
    assert told.code == 0, told.err
    return Agent(served.web, told.out.strip())


async def test_an_agent_asks_ravi_decides_in_slack_and_the_agent_does_it(place: Premises) -> None:
    async with serve(cwd=place.directory, env=place.environment()) as served:
        agent = await keyed(place, served, "request", "report")
        status, asked = await agent.call("POST", "/v1/requests", ASK)
        assert (status, asked["status"]) == (201, "pending")
        waiting = asyncio.create_task(agent.call("GET", f"/v1/requests/{asked['id']}/wait"))
        card = await place.sandbox.until(
            lambda: next((each for each in everything(place.sandbox) if asked["id"] in str(each.metadata)), None), 20
        )
        assert "Run by another program" in text_of(card)
        await place.sandbox.click(RAVI.id, card, "signoff_approve")
        status, decided = await waiting
        assert (status, decided["status"]) == (200, "approved")
        status, granted = await agent.call("POST", f"/v1/requests/{asked['id']}/grant")
        assert (status, granted["arguments"]) == (200, REFUND)
        report = {"grant": granted["grant"], "status": "succeeded", "summary": "Refunded by the agent."}
        assert (await agent.call("POST", f"/v1/requests/{asked['id']}/outcome", report))[1]["status"] == "succeeded"
        await place.sandbox.until(
            lambda: next((m for m in everything(place.sandbox) if "Refunded by the agent." in text_of(m)), None), 20
        )
        assert place.world.billing.refunds() == []
        told = await signoff("audit", "show", asked["id"], cwd=place.directory, env=place.environment())
        assert (told.code, "refunder" in told.out) == (0, True), told.out + told.err


async def test_what_was_asked_survives_a_kill_and_an_operator_decides_while_slack_is_down(place: Premises) -> None:
    down = {**place.environment(), "SLACK_API_URL": "http://127.0.0.1:9/", "SIGNOFF_REVIEWERS": "ravi@lamps.example"}
    env = {**place.environment(), "SIGNOFF_REVIEWERS": "ravi@lamps.example"}
    async with serve(cwd=place.directory, env=env) as served:
        agent = await keyed(place, served, "request", "report")
        _, asked = await agent.call("POST", "/v1/requests", ASK)
        await served.kill()
    told = await signoff("decide", asked["id"], "approve", "--as", RAVI.email, "--note", "by phone", "--yes",
                         cwd=place.directory, env=down)  # fmt: skip
    assert told.code == 0, told.err
    async with serve(cwd=place.directory, env=env) as served:
        agent = Agent(served.web, agent.token)
        status, again = await agent.call("POST", "/v1/requests", ASK)
        assert (status, again["id"], again["status"]) == (200, asked["id"], "approved")
        assert (await agent.call("POST", f"/v1/requests/{asked['id']}/grant"))[0] == 200
        card = await place.sandbox.until(
            lambda: next((m for m in place.sandbox.workspace.messages(CHANNEL) if "by phone" in text_of(m)), None), 20
        )
        assert card is not None


async def test_a_decision_at_the_terminal_reaches_who_waits_and_the_card(place: Premises) -> None:
    env = {**place.environment(), "SIGNOFF_REVIEWERS": "ravi@lamps.example"}
    async with serve(cwd=place.directory, env=env) as served:
        agent = await keyed(place, served, "request", "report")
        _, asked = await agent.call("POST", "/v1/requests", ASK)
        waiting = asyncio.create_task(agent.call("GET", f"/v1/requests/{asked['id']}/wait"))
        told = await signoff("decide", asked["id"], "edit", "--as", RAVI.email, "--set", "amount=300.00", "--yes",
                             cwd=place.directory, env=env)  # fmt: skip
        assert told.code == 0, told.err
        _, decided = await waiting
        assert (decided["status"], decided["arguments"]["amount"]) == ("approved", "300.00")
        await place.sandbox.until(
            lambda: next((m for m in everything(place.sandbox) if "Edited" in text_of(m) and "300.00" in text_of(m)), None),
            20,
        )


async def test_who_waits_is_answered_when_the_service_is_told_to_stop(place: Premises) -> None:
    async with serve(cwd=place.directory, env=place.environment()) as served:
        agent = await keyed(place, served, "request", "report")
        _, asked = await agent.call("POST", "/v1/requests", ASK)
        waiting = [asyncio.create_task(agent.call("GET", f"/v1/requests/{asked['id']}/wait")) for _ in range(5)]
        await asyncio.sleep(1)
        served.process.terminate()
        told = await asyncio.wait_for(asyncio.gather(*waiting), 10)
        assert [(status, answer["status"]) for status, answer in told] == [(200, "pending")] * 5


def resident(process: int) -> int:
    """The most memory that the process ever had, in bytes."""
    status = Path(f"/proc/{process}/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))) * 1024


async def test_giants_are_refused_without_growing(place: Premises) -> None:
    giants = [
        b"x" * (MIB + 1),
        b"[" * MIB,
        b"[" + b"[]," * (MIB // 3 - 2) + b"[]]",
        b"{" + b",".join(b'"%x":0' % n for n in range(10**5)) + b"}",
        json.dumps({**ASK, "input": "\ud800"}).encode(),
        json.dumps({**ASK, "input": "\u0000"}).encode(),
        json.dumps({**ASK, "arguments": {"x": "y" * 200_000}}).encode(),
    ]
    async with serve(cwd=place.directory, env=place.environment()) as served:
        agent = await keyed(place, served, "request", "report")
        assert (await agent.call("GET", "/v1/requests/req_1"))[0] == 404
        before = resident(served.process.pid)
        for _ in range(10):
            told = await asyncio.gather(*(agent.call("POST", "/v1/requests", giant) for giant in giants))
            assert [status for status, _ in told] == [413, *[422] * (len(giants) - 1)]
        assert resident(served.process.pid) - before < 50 * MIB


async def test_the_example_of_the_readme_runs(place: Premises) -> None:
    async with serve(cwd=place.directory, env={**place.environment(), "SIGNOFF_REVIEWERS": "ravi@lamps.example"}) as served:
        agent = await keyed(place, served, "request", "report")
        example = block("python", 1)
        env = {"SIGNOFF_URL": served.web, "SIGNOFF_TOKEN": agent.token, "PATH": ""}
        running = await asyncio.create_subprocess_exec(sys.executable, "-c", example, env=env, stdout=subprocess.PIPE)
        card = await place.sandbox.until(
            lambda: next((m for m in everything(place.sandbox) if "Refund the broken lamp" in text_of(m)), None), 20
        )
        await place.sandbox.click(RAVI.id, card, "signoff_approve")
        out, _ = await asyncio.wait_for(running.communicate(), 30)
        assert (running.returncode, out.decode().splitlines()[-1]) == (0, "succeeded")
