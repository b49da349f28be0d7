"""Row 12: many people press the same button at the same moment. One wins, and everybody else is told who, at once."""

import asyncio
import copy
import json
import os
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles
from typing import Any
from urllib.parse import urlencode

import pytest

from bot.demo import CHANNEL, TESS, seed
from bot.sandbox.people import Channel, Person, Seed, UserGroup
from bot.sandbox.workspace import Message
from storage.records import Request, RequestStatus
from storage.store import Transaction
from tests.e2e.company import text_of
from tests.faults.crash import ROOT, TICKET, Child, Town, chain_problem, nursery, town
from tests.faults.history import History, check

FULL = os.environ.get("SIGNOFF_FAULTS") == "full"
CLIENTS, REQUESTS = (8, 300) if FULL else (4, 25)
REPLICAS = {"sqlite": 1, "postgresql": 3}
TOLD = 3.0  # seconds until a loser knows who won
TOGETHER = 8  # commands under way at once while the requests are made

pytestmark = pytest.mark.timeout(1800 if FULL else 180)

Payload = dict[str, Any]


def reviewers() -> tuple[Person, ...]:
    """As many reviewers as there are clients."""
    return tuple(Person(f"U0REV{n}", f"rev{n}", f"Reviewer Number{n}", f"rev{n}@lamps.example") for n in range(CLIENTS))


def workspace() -> Seed:
    """The demo's workspace, with these reviewers."""
    usual, people = seed(), reviewers()
    [channel] = usual.channels
    members = (TESS.id, usual.installation.bot.id, *(person.id for person in people))
    return Seed(
        people=(TESS, *people),
        channels=(Channel(CHANNEL, channel.name, channel.purpose, members),),
        groups=(UserGroup("S0REVIEW", "reviewers", tuple(person.id for person in people), "Reviewers"),),
        installation=usual.installation,
    )


@dataclass(frozen=True)
class Client:
    """A process that clicks for one person."""

    person: Person
    url: str
    process: asyncio.subprocess.Process

    async def send(self, payload: Payload, secret: str) -> dict[str, Any]:
        """What became of one request."""
        assert self.process.stdin
        assert self.process.stdout
        order = {"url": self.url, "secret": secret, "body": urlencode({"payload": json.dumps(payload)})}
        self.process.stdin.write((json.dumps(order) + "\n").encode())
        answer: dict[str, Any] = json.loads(await self.process.stdout.readline())
        return answer


@asynccontextmanager
async def clients(webs: Sequence[str]) -> AsyncIterator[list[Client]]:
    """A process for each reviewer, which in turn use the replicas."""
    made = [
        Client(
            person,
            f"{webs[number % len(webs)]}/slack/events",
            await asyncio.create_subprocess_exec(
                sys.executable, "-m", "tests.faults.clicker", cwd=ROOT,
                stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
            ),
        )
        for number, person in enumerate(reviewers())
    ]  # fmt: skip
    try:
        yield made
    finally:
        for client in made:
            assert client.process.stdin
            client.process.stdin.close()
            await client.process.wait()


@dataclass(frozen=True)
class Round:
    """One request, pressed by everybody at once: what each was told, and how long that took in seconds."""

    winners: int
    mistold: tuple[str, ...]
    answered: tuple[float, ...]
    told: float


async def played(place: Town, crew: Sequence[Client], card: Message, template: Payload, history: History) -> Round:
    """Everybody presses Approve on one card."""
    sandbox, before = place.place.sandbox, {client.person.id: _heard(place, client) for client in crew}
    request_id = str(card.metadata and card.metadata["event_payload"]["request_id"])
    ends = [history.invoke(client.person.name, "decide", request_id) for client in crew]
    sent = time.monotonic()
    presses = [client.send(_press(template, card, client.person), sandbox.signing_secret) for client in crew]
    answers = await asyncio.gather(*presses)
    await sandbox.until(lambda: all(_heard(place, client) > before[client.person.id] for client in crew), 30)
    told = time.monotonic() - sent
    words = [text_of(sandbox.ephemerals(client.person.id)[before[client.person.id]]) for client in crew]
    won = [client.person for client, said in zip(crew, words, strict=True) if "It runs now." in said]
    for end, said in zip(ends, words, strict=True):
        end("ok", "approved") if "It runs now." in said else end("fail", None)
    name = won[0].real_name if won else "?"
    mistold = [said for said in words if "It runs now." not in said and name not in said]
    mistold += [f"status {answer['status']}" for answer in answers if answer["status"] != 200]
    return Round(len(won), tuple(mistold), tuple(each["answered"] - each["sent"] for each in answers), told)


def _heard(place: Town, client: Client) -> int:
    return len(place.place.sandbox.ephemerals(client.person.id))


def _press(template: Payload, card: Message, person: Person) -> Payload:
    """A press on Approve of that card, by that person, as Slack would send it."""
    [block] = [block for block in card.blocks if block["type"] == "actions"]
    button = next(element for element in block["elements"] if element["action_id"] == "signoff_approve")
    payload = copy.deepcopy(template)
    payload["user"] |= {"id": person.id, "name": person.name, "username": person.name}
    payload["trigger_id"] = f"{card.ts}.{person.id}"
    payload["container"] |= {"message_ts": card.ts}
    payload["message"] |= {"ts": card.ts}
    payload["actions"][0] |= {"value": button["value"], "block_id": block["block_id"]}
    return payload


async def asked(place: Town) -> list[Message]:
    """The cards of that many requests."""
    gate, sandbox = asyncio.Semaphore(TOGETHER), place.place.sandbox

    async def ask(number: int) -> None:
        async with gate:
            answer = await sandbox.say(TESS.id, CHANNEL, f"/signoff run support {TICKET.format(case=number)}")
            assert answer is not None
            assert answer.acked

    await asyncio.gather(*(ask(number) for number in range(REQUESTS)))

    def look() -> list[Message] | None:
        cards = [each for each in sandbox.workspace.messages(CHANNEL) if "signoff_request" in str(each.metadata)]
        return cards if len(cards) == REQUESTS else None

    return await place.until(look, "every card", 300)


async def template_of(place: Town, card: Message) -> Payload:
    """What Slack sends for a press on Approve; this one is by the requester, and so refused."""
    await place.place.sandbox.click(TESS.id, card, "signoff_approve")
    parcel, answer = place.place.sandbox.deliveries[-1]
    assert answer.acked
    return dict(copy.deepcopy(parcel.payload))


@asynccontextmanager
async def crowded(directory: Path, url: str | None) -> AsyncIterator[tuple[Town, list[str]]]:
    """A town with as many replicas as its database allows, and their addresses."""
    async with nursery(directory / "log") as parent, town(directory / "town", parent, url, workspace()) as place:
        children: list[Child] = []
        for _ in range(REPLICAS[place.database]):
            order = place.order(heartbeat=None)
            children.append(await parent.start(**order | {"settings": order["settings"] | {"SIGNOFF_PORT": 0}}))
        webs = [str((await asyncio.wait_for(child.ready, 30))["web"]) for child in children]
        place.place.sandbox.use_http(f"{webs[0]}/slack/events")
        yield place, webs


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest) -> str | None:
    return str(request.getfixturevalue("postgresql_url")) if request.param == "postgresql" else None


async def test_each_request_has_one_winner_and_everybody_else_is_told_who(
    url: str | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with AsyncExitStack() as stack:
        place, webs = await stack.enter_async_context(crowded(tmp_path, url))
        cards = await asked(place)
        crew = await stack.enter_async_context(clients(webs))
        template = await template_of(place, cards[0])
        rounds = [await played(place, crew, card, template, place.history) for card in cards]

        ended = await place.read_until(_all_ended, "the end of every request", 300)
        with capsys.disabled():
            if FULL:
                print(f"\n{figures(place, rounds)}", flush=True)
        assert [each.mistold for each in rounds if each.mistold] == []
        assert sum(each.winners for each in rounds) == REQUESTS == sum(each.winners == 1 for each in rounds)
        assert quantiles([each.told for each in rounds], n=100)[98] <= TOLD
        assert {request.status for request in ended} == {RequestStatus.succeeded}
        assert [place.effects(request.id) for request in ended] == [1] * REQUESTS
        assert len(place.place.world.billing.refunds()) == REQUESTS
        assert await chain_problem(place) is None
        assert check(place.history.events) == []


def _all_ended(tx: Transaction) -> list[Request] | None:
    requests = list(tx.requests(limit=REQUESTS + 1))
    return requests if all(request.status.ended for request in requests) else None


def figures(place: Town, rounds: Sequence[Round]) -> str:
    """What a full run prints."""
    answered = quantiles([seconds for each in rounds for seconds in each.answered], n=100)
    winners = sum(each.winners for each in rounds)
    return (
        f"{CLIENTS} clients x {len(rounds)} simultaneous clicks, {place.database}, {REPLICAS[place.database]} replicas: "
        f"{winners} winners of {len(rounds)}; answered p50 {answered[49] * 1000:.0f} ms, p99 {answered[98] * 1000:.0f} ms; "
        f"everybody told p99 {quantiles([each.told for each in rounds], n=100)[98]:.2f} s"
    )
