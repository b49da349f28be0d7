"""The same key and body is the same request, whoever asks how often, across restarts and replicas."""

import asyncio
import json
import sys
import time
from pathlib import Path

import pytest

from bot.flow.reconcile import reconcile
from tests.bot.api.office import ASK, Office, Program, office_of
from tests.bot.flow.stage import stage_at, stage_on

PROCESSES = 8
CLIENT = """
import json, sys, urllib.request
url, token, once, body, at = sys.argv[1:]
import time; time.sleep(max(0, float(at) - time.time()))
call = urllib.request.Request(url, body.encode(), {"Authorization": f"Bearer {token}", "Idempotency-Key": once})
with urllib.request.urlopen(call) as told:
    print(json.dumps([told.status, json.load(told)["id"]]))
"""


async def test_the_same_body_again_is_the_same_request(office: Office, agent: Program) -> None:
    first, again = await agent.ask("k"), await agent.ask("k")
    assert (first.status, again.status, again.body) == (201, 200, first.body)
    reordered = json.dumps(dict(reversed(list(ASK.items()))), indent=3)
    headers = {"Idempotency-Key": "k", "Content-Type": "application/json"}
    assert (await agent.call("POST", "/v1/requests", data=reordered, headers=headers)).body["id"] == first.body["id"]
    assert len(await office.stage.read(lambda tx: tx.requests())) == 1
    assert len(await office.stage.read(lambda tx: tx.runs())) == 1


async def test_another_body_under_the_same_key_is_refused(office: Office, agent: Program) -> None:
    first, other = await agent.ask("k"), await agent.ask("k", summary="Pay somebody else")
    assert (other.status, other.body["type"]) == (409, "urn:signoff:idempotency-key-reused")
    assert first.body["id"] in other.detail
    assert len(await office.stage.read(lambda tx: tx.requests())) == 1


async def test_every_key_has_idempotency_keys_of_its_own(office: Office, agent: Program) -> None:
    other = await office.program()
    assert (await agent.ask("k")).body["id"] != (await other.ask("k")).body["id"]


async def test_what_was_refused_is_not_remembered(office: Office, agent: Program) -> None:
    assert (await agent.ask("k", arguments={})).status == 422
    assert (await agent.ask("k")).status == 201


async def test_the_answer_shows_what_became_of_it_since(office: Office, agent: Program) -> None:
    req = (await agent.ask("k")).body["id"]
    await office.approve(req)
    assert (await agent.ask("k")).body["status"] == "approved"


async def test_a_restart_remembers(tmp_path: Path) -> None:
    path = tmp_path / "signoff.db"
    async with stage_at(path) as stage, office_of(stage) as before:
        first = await before.program()
        req = (await first.ask("k")).body["id"]
    async with stage_at(path, stage.clock) as again, office_of(again) as after:
        same = after.stranger(first.token)
        told = await same.ask("k")
        assert (told.status, told.body["id"]) == (200, req)


async def _together(addresses: list[str], program: Program) -> list[tuple[int, str]]:
    """Processes that post the same at the same moment, each to the next address."""
    at = str(time.time() + 1.5)
    body = json.dumps(dict(ASK))
    clients = [
        await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            CLIENT,
            f"{addresses[n % len(addresses)]}/v1/requests",
            program.token or "",
            "k",
            body,
            at,
            stdout=asyncio.subprocess.PIPE,
        )
        for n in range(PROCESSES)
    ]
    outs = await asyncio.gather(*(client.communicate() for client in clients))
    return [tuple(json.loads(out)) for out, _ in outs]


def _one_winner(told: list[tuple[int, str]]) -> None:
    assert sorted(status for status, _ in told) == [200] * (PROCESSES - 1) + [201]
    assert len({req for _, req in told}) == 1


async def test_eight_processes_at_once_make_one_request(office: Office, agent: Program) -> None:
    _one_winner(await _together([office.url], agent))
    assert len(await office.stage.read(lambda tx: tx.requests())) == 1


@pytest.mark.postgres
async def test_eight_processes_on_three_replicas_make_one_request(postgresql_url: str) -> None:
    async with (
        stage_on(postgresql_url) as one, stage_on(postgresql_url) as two, stage_on(postgresql_url) as three,
        office_of(one) as first, office_of(two) as second, office_of(three) as third,
    ):  # fmt: skip
        program = await first.program()
        _one_winner(await _together([first.url, second.url, third.url], program))
        assert len(await one.read(lambda tx: tx.requests())) == 1


async def test_the_chain_of_a_crowd_holds_one_of_everything(office: Office, agent: Program) -> None:
    told = await asyncio.gather(*(agent.ask("k") for _ in range(30)))
    assert sorted(each.status for each in told) == [*[200] * 29, 201]
    assert await office.events(told[0].body["id"]) == ["run.started", "request.created"]


async def test_it_is_remembered_for_days(office: Office, agent: Program) -> None:
    await agent.ask("k")
    office.stage.clock.move(days=6, hours=23)
    await reconcile(office.stage.signoff)
    assert (await agent.ask("k")).status == 200
    office.stage.clock.move(hours=2)
    await reconcile(office.stage.signoff)
    assert (await agent.ask("k")).status == 201
