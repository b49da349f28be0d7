"""What the pages show of runs and requests."""

import re

import pytest

from bot.flow.sweep import sweep
from storage.records import Request
from tests.bot.flow.stage import ANNA, NOOR, RAVI
from tests.bot.pages.visit import House


async def test_a_run_is_told_before_its_details(house: House) -> None:
    request = await house.stage.ask()
    house.stage.clock.move(minutes=3)
    await house.stage.edit(request, amount="300.00", notes="Half of it is ours.")
    run = await house.stage.run()
    seen = await (await house.enter(RAVI)).get(f"/pages/runs/{run.id}")
    assert seen.status == 200
    text = plain(seen.text)
    assert "Anna had payer work on this" in text
    assert re.search(r"Ravi edited and approved it after 3 min \d+ s: Half of it is ours\.", text)  # the machine may be slow
    assert seen.text.index("What happened") < seen.text.index("<table")
    assert "480.00" in text
    assert "<del>480</del>" in seen.text or "<del>480.00</del>" in seen.text
    assert 'fill="url(#hatch)"' in seen.text


async def test_a_step_has_an_address_of_its_own(house: House) -> None:
    request = await house.stage.ask()
    await house.stage.approve(request)
    run, browser = await house.stage.run(), await house.enter(ANNA)
    seen = await browser.get(f"/pages/runs/{run.id}/steps/1")
    assert seen.status == 200
    assert "Argument amount" in seen.text
    assert f"/pages/requests/{request.id}" in seen.text
    assert (await browser.get(f"/pages/runs/{run.id}/steps/99")).status == 404


async def test_a_request_is_told_with_its_card_people_fingerprint_and_audit_trail(house: House) -> None:
    request = await house.stage.ask()
    house.stage.clock.move(minutes=3)
    await house.stage.edit(request, amount="300.00", notes="Half of it is ours.")
    now = await house.stage.latest()
    browser = await house.enter(NOOR)
    seen = await browser.get(f"/pages/requests/{request.id}")
    assert seen.status == 200
    text = plain(seen.text)
    assert "As shown to reviewers, revision 1" in text
    for words in (now.fingerprint, request.fingerprint, "Half of it is ours.", "request.created", "execution.succeeded"):
        assert words in text
    assert "checks hold" in text
    verified = await browser.get(f"/pages/requests/{request.id}?verify=1")
    assert "it holds from entry" in verified.text


async def test_the_list_can_be_narrowed(house: House) -> None:
    first = await house.stage.ask()
    await house.stage.approve(first)
    second = await house.stage.ask("20.00 rail")
    browser = await house.enter(RAVI)

    async def found(query: str) -> set[str]:
        seen = await browser.get(f"/pages/runs?{query}")
        assert seen.status == 200
        return set(re.findall(r'href="/pages/runs/(run_\w+)"', seen.text))

    both = {first.run_id, second.run_id}
    assert await found("") == both
    assert await found("status=waiting") == {second.run_id}
    assert await found("agent=payer") == both
    assert await found("agent=nobody") == set()
    assert await found("since=1h") == both
    assert await found(f"id={first.id}") == {first.run_id}
    assert await found(f"id={second.run_id[:9].upper()}") == {second.run_id}
    assert await found("status=odd&since=never&after=~~~&agent=%00") == both
    house.stage.clock.move(hours=2)
    assert await found("since=1h") == set()


async def test_the_list_is_paged(house: House) -> None:
    for number in range(30):
        await house.stage.type(f"run payer note {number}")
        house.stage.clock.move(seconds=1)
    browser = await house.enter(ANNA)
    first = await browser.get("/pages/runs")
    onward = re.search(r'rel="next" href="([^"]+)"', first.text)
    assert onward is not None
    second = await browser.get(onward[1].replace("&amp;", "&"))
    runs = [re.findall(r'href="/pages/runs/(run_\w+)"', each.text) for each in (first, second)]
    assert [len(each) for each in runs] == [25, 5]
    assert len({*runs[0], *runs[1]}) == 30
    assert 'rel="next"' not in second.text


def plain(html: str) -> str:
    """The words of a page."""
    return " ".join(re.sub(r"<[^>]+>", "", html).split())


ENDS = {
    "advise buy gold": "Blocked by the policy",
    "note all is well": "It ran without asking, and a line was written to the log channel.",
    "think twice": "It ran without asking, as the policy lets it.",
}


@pytest.mark.parametrize(("line", "words"), ENDS.items(), ids=ENDS)
async def test_what_needs_nobody_is_told(sqlite_house: House, line: str, words: str) -> None:
    await sqlite_house.stage.type(f"run payer {line}")
    run = await sqlite_house.stage.run()
    assert words in plain((await (await sqlite_house.enter(ANNA)).get(f"/pages/runs/{run.id}")).text)


async def told_of(house: House, request: Request) -> str:
    browser = await house.enter(ANNA)
    run = plain((await browser.get(f"/pages/runs/{request.run_id}")).text)
    whole = plain((await browser.get(f"/pages/requests/{request.id}")).text)
    assert "checks hold" in whole
    return run


async def test_every_end_of_a_request_is_told(sqlite_house: House) -> None:
    house, stage = sqlite_house, sqlite_house.stage
    request = await stage.ask()
    told = await told_of(house, request)
    assert "It still waits; it expires at" in told
    assert "so far" in told
    await stage.reject(request, notes="Paid already.")
    assert "Ravi rejected it after 0 ms (Right action, wrong details): Paid already. Nothing was done." in await told_of(
        house, request
    )
    request = await stage.ask("20.00 rail")
    await stage.type(f"cancel {request.id}")
    assert "Nothing was done." in await told_of(house, request)
    request = await stage.ask("30.00 rail")
    stage.clock.move(hours=5)
    await sweep(stage.signoff)
    await stage.settle()
    assert "Expired: nobody decided in time. Nothing was done." in await told_of(house, request)
    stage.till.vanish()
    request = await stage.ask("40.00 rail")
    await stage.approve(request)
    assert "Whether it happened is not known; it will not run again by itself." in await told_of(house, request)
    stage.till.refuse()
    request = await stage.ask("50.00 rail")
    await stage.approve(request)
    assert "Approved, but failed" in await told_of(house, request)


async def test_a_row_that_was_changed_afterwards_is_told(sqlite_house: House) -> None:
    request = await sqlite_house.stage.ask()
    forged = request.model_copy(update={"id": "req_forged", "summary": "Pay me"})
    revision = (await sqlite_house.stage.read(lambda tx: tx.revisions(request.id)))[0]
    await sqlite_house.stage.store.write(
        lambda tx: tx.add_request(forged, revision.model_copy(update={"request_id": forged.id}))
    )
    seen = await (await sqlite_house.enter(ANNA)).get("/pages/requests/req_forged")
    assert "1 of 5 checks do not hold" in plain(seen.text)
    assert "revision 1: it is in the audit chain with this fingerprint" in plain(seen.text)


async def test_times_are_the_readers_own(sqlite_house: House) -> None:
    request = await sqlite_house.stage.ask()
    sqlite_house.stage.surface.zones |= {"anna": "Asia/Tokyo", "ravi": "Nowhere/Atall"}
    seen = await (await sqlite_house.enter(ANNA)).get(f"/pages/requests/{request.id}")
    assert "22 Nov 2026, 21:00:01" in seen.text
    assert "Times are in Asia/Tokyo" in seen.text
    seen = await (await sqlite_house.enter(RAVI)).get(f"/pages/requests/{request.id}")
    assert "22 Nov 2026, 12:00:01" in seen.text
