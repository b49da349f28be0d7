"""Outgrown: several replicas on one PostgreSQL database, each event to any of them, and everything once."""

import asyncio

import pytest

from bot.demo import NOOR, RAVI
from storage.records import Request, RequestStatus
from storage.store import Transaction
from tests.e2e.company import OPENING_HOURS, Eyes, Premises, ask, everything, staffed

TICKETS = 4


def all_asked(tx: Transaction) -> list[Request] | None:
    found = [*tx.requests(limit=TICKETS)]
    return found if len(found) == TICKETS else None


@pytest.mark.postgres
async def test_three_replicas_share_the_work_and_nothing_happens_twice(place: Premises, postgresql_url: str) -> None:
    async with (
        staffed(place, database_url=postgresql_url) as one,
        staffed(place, database_url=postgresql_url) as two,
        staffed(place, database_url=postgresql_url, working=False),
    ):
        for _ in range(TICKETS):
            await ask(one, OPENING_HOURS)
        eyes = Eyes(two)

        requests = await eyes.until(all_asked, "every request")
        for request in requests:
            card = await eyes.card(request)
            await asyncio.gather(*(place.sandbox.click(who.id, card, "signoff_approve") for who in (RAVI, NOOR)))
        ended = [await eyes.ended(request) for request in requests]

        assert {request.status for request in ended} == {RequestStatus.succeeded}
        assert len(place.world.mailbox.received()) == TICKETS
        decisions = await eyes.store.read(lambda tx: [len(tx.decisions(request.id)) for request in requests])
        assert decisions == [1] * TICKETS
        assert [entry.event for entry in await eyes.audit()].count("execution.succeeded") == TICKETS
        for request in requests:
            await eyes.card(request, "Approved and done")
        cards = [each for each in everything(place.sandbox) if "signoff_request" in str(each.metadata)]
        assert len(cards) == TICKETS


@pytest.mark.postgres
async def test_one_replica_listens_and_another_works(place: Premises, postgresql_url: str) -> None:
    async with staffed(place, working=False, database_url=postgresql_url) as web:
        await ask(web, OPENING_HOURS)
        assert (await Eyes(web).run()).status == "ready"
        async with staffed(place, database_url=postgresql_url) as worker:
            request = await Eyes(worker).request()
            await place.sandbox.click(RAVI.id, await Eyes(worker).card(request), "signoff_approve")
            assert (await Eyes(worker).ended(request)).status is RequestStatus.succeeded
