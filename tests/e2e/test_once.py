"""What was approved happens once: however often a click is delivered, whoever else clicks, whatever dies in between."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest

from bot.demo import CHANNEL, NOOR, RAVI, TESS, Demo
from bot.sandbox.signed_http import sign
from bot.sandbox.workspace import Message
from storage.records import RequestStatus
from tests.e2e.company import (
    BROKEN_LAMP,
    OPENING_HOURS,
    Eyes,
    Premises,
    actions_of,
    ask,
    asked_for,
    eventually,
    everything,
    staffed,
    text_of,
    values,
)
from tests.e2e.process import serve

WHOLE = [("ch_A1042", 48000, "USD")]
LOWERED = [("ch_A1042", 30000, "USD")]


@asynccontextmanager
async def reached(place: Premises, way: str) -> AsyncIterator[Demo]:
    """A Signoff that Slack reaches over Socket Mode or by signed HTTP requests."""
    if way == "socket mode":
        async with staffed(place) as demo:
            yield demo
        return
    secret = place.sandbox.signing_secret
    async with staffed(place, slack_app_token=None, slack_signing_secret=secret) as demo:
        place.sandbox.use_http(f"{demo.replica.web}/slack/events")
        yield demo


@pytest.mark.parametrize("way", ["socket mode", "http"])
async def test_everything_delivered_three_times_has_one_effect(place: Premises, way: str) -> None:
    async with reached(place, way) as demo:
        sandbox, eyes = demo.sandbox, Eyes(demo)
        await ask(demo, BROKEN_LAMP)
        assert all(answer.acked for answer in await sandbox.redeliver_last(2))
        request = await eyes.request()
        assert len(await eyes.store.read(lambda tx: tx.runs())) == 1

        await sandbox.click(RAVI.id, await eyes.card(request), "signoff_edit")
        view = await sandbox.until(lambda: sandbox.view_of(RAVI.id))
        await sandbox.submit(RAVI.id, view, values(amount="300.00"))
        assert all(answer.acked for answer in await sandbox.redeliver_last(2))
        ended = await eyes.ended(request)
        assert all(answer.acked for answer in await sandbox.redeliver_last(2))

        assert (ended.status, ended.revision) == (RequestStatus.succeeded, 2)
        assert len(await eyes.store.read(lambda tx: tx.decisions(request.id))) == 1
        assert len(await eyes.store.read(lambda tx: tx.requests())) == 1
        assert [entry.event for entry in await eyes.audit()].count("execution.claimed") == 1
        assert eyes.refunds() == LOWERED
        await eyes.said("Done. Refunded 300.00 USD")
        assert len([each for each in everything(sandbox) if "Done. Refunded" in text_of(each)]) == 1


@pytest.mark.parametrize("way", ["socket mode", "http"])
async def test_an_approval_delivered_three_times_sends_one_mail(place: Premises, way: str) -> None:
    async with reached(place, way) as demo:
        eyes, request, card = await asked_for(demo, OPENING_HOURS)
        assert (await demo.sandbox.click(RAVI.id, card, "signoff_approve")).acked
        assert all(answer.acked for answer in await demo.sandbox.redeliver_last(2))
        await eyes.ended(request)
        assert all(answer.acked for answer in await demo.sandbox.redeliver_last(1))
        assert len(demo.world.mailbox.received()) == 1


async def test_http_requests_that_slack_did_not_sign_are_refused_and_change_nothing(place: Premises) -> None:
    async with reached(place, "http") as demo:
        eyes, request, card = await asked_for(demo)
        await demo.sandbox.click(TESS.id, card, "signoff_approve")  # refused, and a real payload to forge with
        parcel, _ = demo.sandbox.deliveries[-1]
        forged = json.dumps({**parcel.payload, "user": {**parcel.payload["user"], "id": RAVI.id}, "trigger_id": "1.2.3"})
        body = aiohttp.FormData({"payload": forged})().decode().encode()
        now, secret = int(time.time()), demo.sandbox.signing_secret
        signed = {
            "forged": sign("not the secret", body, now),
            "old": sign(secret, body, now - 3600),
            "of another body": sign(secret, body + b"&x=1", now),
            "unsigned": {},
        }
        async with aiohttp.ClientSession() as session:
            for name, headers in signed.items():
                kind = {"Content-Type": "application/x-www-form-urlencoded"}
                async with session.post(f"{demo.replica.web}/slack/events", data=body, headers=headers | kind) as answer:
                    assert answer.status == 401, name
        assert await eyes.store.read(lambda tx: tx.request(request.id)) == request
        assert eyes.refunds() == []


async def test_of_two_who_decide_at_once_in_different_ways_one_decides(company: Demo) -> None:
    eyes, request, card = await asked_for(company)
    sandbox = company.sandbox
    await sandbox.click(NOOR.id, card, "signoff_edit")
    view = await sandbox.until(lambda: sandbox.view_of(NOOR.id))

    await asyncio.gather(
        sandbox.click(RAVI.id, card, "signoff_approve"), sandbox.submit(NOOR.id, view, values(amount="300.00"))
    )

    ended = await eyes.ended(request)
    [decision] = await eyes.store.read(lambda tx: tx.decisions(request.id))
    assert decision.fingerprint == ended.fingerprint
    assert eyes.refunds() == (WHOLE if decision.verb == "approve" else LOWERED)


async def test_a_card_from_before_a_restart_works_and_runs_once(place: Premises) -> None:
    async with staffed(place) as demo:
        _, request, card = await asked_for(demo)
    assert not place.sandbox.connected
    assert (await place.sandbox.click(RAVI.id, card, "signoff_approve")).fate == "absent"

    async with staffed(place) as demo:
        eyes = Eyes(demo)
        assert actions_of(card)
        await asyncio.gather(*(place.sandbox.click(person.id, card, "signoff_approve") for person in (RAVI, NOOR)))
        await eyes.ended(request)
        done = await eyes.card(request, "Approved and done")
        assert (done.ts, actions_of(done)) == (card.ts, [])
        assert eyes.refunds() == WHOLE
        await eyes.audit()


async def test_what_was_approved_just_before_a_restart_runs_after_it_and_once(place: Premises) -> None:
    async with staffed(place) as demo:
        _, request, card = await asked_for(demo)
    async with staffed(place, working=False) as demo:
        await place.sandbox.click(RAVI.id, card, "signoff_approve")
        assert Eyes(demo).refunds() == []
    async with staffed(place) as demo:
        eyes = Eyes(demo)
        await eyes.ended(request)
        assert eyes.refunds() == WHOLE
    async with staffed(place) as demo:
        assert (await Eyes(demo).ended(request)).status is RequestStatus.succeeded
        assert Eyes(demo).refunds() == WHOLE


async def test_a_request_that_expired_while_nobody_served_is_expired_afterwards(place: Premises) -> None:
    async with staffed(place) as demo:
        _, request, card = await asked_for(demo)
    place.clock.offset += request.expires_at - request.created_at
    async with staffed(place) as demo:
        eyes = Eyes(demo)
        await place.sandbox.click(RAVI.id, card, "signoff_approve")
        assert (await eyes.ended(request)).status is RequestStatus.expired
        await eyes.card(request, "Expired")
        assert eyes.refunds() == []


@pytest.mark.parametrize("moment", ["as soon as the click is acknowledged", "while the refund is made"])
async def test_a_process_killed_after_the_click_never_refunds_twice(place: Premises, moment: str) -> None:
    sandbox, billing = place.sandbox, place.world.billing
    a_part = BROKEN_LAMP.replace("$480", "$100")  # of the whole, billing would refuse a second refund by itself
    async with serve(cwd=place.directory, env=place.environment()) as first:
        await sandbox.say(TESS.id, CHANNEL, f"/signoff run support {a_part}")
        card = await sandbox.until(
            lambda: next((each for each in everything(sandbox) if "signoff_approve" in actions_of(each)), None), 20
        )
        if moment == "while the refund is made":
            billing.fail_next("hang")
        assert (await sandbox.click(RAVI.id, card, "signoff_approve")).acked
        if moment == "while the refund is made":
            await eventually(billing.refunds, "the refund")
        await first.kill()

    async with serve(cwd=place.directory, env=place.environment()):
        ended = await sandbox.until(lambda: _settled(sandbox.workspace.message(CHANNEL, card.ts)), 20)
        done = "Approved and done" in text_of(ended)
        assert done or "Look whether it happened; it is not tried again." in text_of(ended)
        assert len(billing.refunds()) == 1 if done or moment == "while the refund is made" else len(billing.refunds()) <= 1


def _settled(card: Message) -> Message | None:
    return card if "Approved and done" in text_of(card) or "Outcome unknown" in text_of(card) else None
