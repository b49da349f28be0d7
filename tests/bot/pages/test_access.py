"""Who is let in, and who sees what."""

from dataclasses import replace

import pytest

from bot.flow.accounts import TERMINAL, person_named
from storage.records import Person
from tests.bot.flow.casting import ON_TEAMS, FakeTeams, lent, linked
from tests.bot.flow.stage import ANNA, DAN, NOOR, POLICY, RAVI
from tests.bot.pages.visit import House, house_of

NOBODY = "There is nothing here for you"


async def pages_of(house: House) -> list[str]:
    """The addresses of everything about a run that Anna asked for and Ravi decided on."""
    request = await house.stage.ask()
    await house.stage.approve(request)
    return [f"/pages/runs/{request.run_id}", f"/pages/runs/{request.run_id}/steps/1", f"/pages/requests/{request.id}"]


async def seen_by(house: House, person: Person, paths: list[str], *, operator: bool = False) -> set[int]:
    """How these pages answer somebody, and that the list agrees."""
    browser = await house.enter(person, operator=operator)
    answers = [await browser.get(path) for path in paths]
    for each in answers:
        assert each.status == 200 or ("480" not in each.text and "payer" not in each.text), "nothing shines through"
    listed = await browser.get("/pages/runs")
    assert (paths[0] in listed.text) == (answers[0].status == 200)
    return {each.status for each in answers}


async def test_who_asked_and_who_reviews_see_a_run_and_nobody_else(house: House) -> None:
    paths = await pages_of(house)
    assert await seen_by(house, ANNA, paths) == {200}
    assert await seen_by(house, RAVI, paths) == {200}
    assert await seen_by(house, NOOR, paths) == {200}, "she is asked as well"
    assert await seen_by(house, DAN, paths) == {404}


async def test_what_is_not_theirs_looks_like_what_there_is_not(house: House) -> None:
    paths = await pages_of(house)
    browser = await house.enter(DAN)
    for path in paths:
        hidden = await browser.get(path)
        nothing = await browser.get(f"{path.rsplit('_', 1)[0]}_0000")
        assert (hidden.status, hidden.text) == (nothing.status, nothing.text)
        assert NOBODY in hidden.text


async def test_groups_delegates_and_other_accounts_count(house: House) -> None:
    house.stage.adopt(POLICY.replace("ravi@example.com, noor@example.com", '"slack:@leads", ravi@example.com'))
    paths = await pages_of(house)
    assert await seen_by(house, NOOR, paths) == {404}
    house.stage.surface.groups["slack:@leads"] = house.stage.surface.remembered["slack:@leads"] = frozenset({NOOR.key})
    assert await seen_by(house, NOOR, paths) == {200}
    assert await seen_by(house, DAN, paths) == {404}
    await lent(house.stage, RAVI, DAN)
    assert await seen_by(house, DAN, paths) == {200}
    house.stage.signoff.surfaces["teams"] = FakeTeams("teams")  # type: ignore[index]
    assert await seen_by(house, ON_TEAMS, paths) == {404}
    await linked(house.stage, ON_TEAMS, RAVI)
    assert await seen_by(house, ON_TEAMS, paths) == {200}


async def test_readers_see_every_run(house: House) -> None:
    paths = await pages_of(house)
    async with house_of(house.stage, readers=("dan@example.com",)) as other:
        assert await seen_by(other, DAN, paths) == {200}


async def test_an_operator_sees_every_run(house: House) -> None:
    paths = await pages_of(house)
    root = Person(key=f"{TERMINAL}:local:root", name="root")
    assert await seen_by(house, root, paths, operator=True) == {200}
    assert await seen_by(house, root, paths) == {404}, "being at the terminal is said by the link, not by a name"


async def test_whom_an_operator_lets_in_sees_what_is_theirs(house: House) -> None:
    paths = await pages_of(house)
    assert await seen_by(house, person_named("ravi@example.com", TERMINAL), paths) == {200}
    assert await seen_by(house, person_named("dan@example.com", TERMINAL), paths) == {404}


@pytest.mark.parametrize("standing", ["guest", "deactivated", "stranger"])
async def test_only_full_members_come_in(house: House, standing: str) -> None:
    paths = await pages_of(house)
    house.stage.surface.standings["ravi"] = standing  # type: ignore[assignment]
    browser = house.browser()
    assert (await browser.press(house.link(RAVI))).status == 403
    by_operator = person_named("ravi@example.com", TERMINAL)
    assert (await browser.press(house.link(by_operator))).status == 403
    assert (await browser.get(paths[0])).status == 401


async def test_who_is_deactivated_is_out_within_a_minute(house: House) -> None:
    paths, now = await pages_of(house), [1000.0]
    async with house_of(house.stage, lambda: now[0]) as patient:
        browser = await patient.enter(RAVI)
        house.stage.surface.standings["ravi"] = "deactivated"
        now[0] += 60
        for path in [*paths, "/pages/runs"]:
            seen = await browser.get(path)
            assert seen.status == 403
            assert "deactivated" in seen.text


async def test_who_cannot_be_looked_up_sees_nothing(house: House) -> None:
    paths = await pages_of(house)
    browser = house.browser()
    link = house.link(RAVI)
    house.stage.surface.fail_next()
    assert (await browser.press(link)).status == 503
    assert (await browser.press(link)).status == 303, "the link was not used up by that"
    assert (await browser.get(paths[0])).status == 200


async def test_a_disconnected_platform_lets_nobody_in(house: House) -> None:
    await pages_of(house)
    away = replace(house.stage, signoff=replace(house.stage.signoff, surfaces={}))
    async with house_of(away) as other:
        assert (await other.browser().press(other.link(RAVI))).status == 503
