"""People are who Teams says they are now."""

import asyncio

import pytest

from bot.flow.surface import SurfaceBusy
from bot.teams.directory import Mentions, mentions
from bot.teams.payloads import key_of
from tests.bot.teams.conftest import Office, eventually
from tests.fakes.connector.cast import (
    ANNA,
    ELSEWHERE,
    GONE,
    NOOR,
    OLGA_OUTSIDE,
    ONCALL,
    RAVI,
    SUPPORT,
    TENANT,
    ZOE_GUEST,
    Human,
    personal,
)


def key(who: Human) -> str:
    return key_of(TENANT, who.aad)


@pytest.mark.parametrize(
    ("who", "standing"),
    [(RAVI, "member"), (ZOE_GUEST, "guest"), (OLGA_OUTSIDE, "stranger"), (GONE, "stranger")],
    ids=lambda value: getattr(value, "handle", value),
)
async def test_people_stand_as_the_roster_says(installed: Office, who: Human, standing: str) -> None:
    known = await installed.surface.person(key(who))
    assert (known.standing, known.person.key) == (standing, key(who))


async def test_a_person_has_a_name_an_address_and_their_own_time(installed: Office) -> None:
    known = await installed.surface.person(key(RAVI))
    assert (known.person.name, known.person.email, known.zone) == ("Ravi Rao", "ravi@example.com", "UTC")
    await installed.town.say(RAVI, SUPPORT, "list")
    assert (await installed.surface.person(key(RAVI))).zone == "Europe/Berlin"


async def test_somebody_who_has_left_is_a_stranger_at_once(installed: Office) -> None:
    assert (await installed.surface.person(key(RAVI))).standing == "member"
    installed.town.leave(RAVI)
    assert (await installed.surface.person(key(RAVI))).standing == "stranger"


async def test_somebody_is_found_where_they_acted_without_looking_around(office: Office) -> None:
    await office.town.say(RAVI, ONCALL, "list")
    before = len(office.town.calls)
    assert (await office.surface.person(key(RAVI))).standing == "member"
    assert len(office.town.calls) == before + 1


async def test_somebody_is_found_in_their_own_conversation(office: Office) -> None:
    await office.town.say(RAVI, personal(RAVI), "list", mention=False)
    await eventually(office.conversations, 1)
    assert (await office.surface.person(key(RAVI))).person.name == "Ravi Rao"


async def test_where_nobody_spoke_yet_everybody_is_a_stranger(office: Office) -> None:
    assert (await office.surface.person(key(RAVI))).standing == "stranger"


async def test_who_cannot_be_looked_up_is_not_guessed(installed: Office) -> None:
    installed.town.down = True
    with pytest.raises(SurfaceBusy):
        await installed.surface.person(key(RAVI))


async def test_a_channel_is_a_group_of_its_members(installed: Office) -> None:
    members = await installed.surface.members(f"teams:{SUPPORT}")
    assert {key(ANNA), key(RAVI), key(NOOR)} <= members
    assert key(OLGA_OUTSIDE) not in members
    assert key_of(ELSEWHERE, OLGA_OUTSIDE.aad) in members


async def test_members_are_remembered_unless_asked_for_anew(installed: Office) -> None:
    group = f"teams:{SUPPORT}"
    assert key(RAVI) in await installed.surface.members(group)
    installed.town.leave(RAVI)
    assert key(RAVI) in await installed.surface.members(group)
    assert key(RAVI) not in await installed.surface.members(group, fresh=True)


async def test_a_channel_that_is_not_there_has_no_members(installed: Office) -> None:
    assert await installed.surface.members("teams:19:nowhere@thread.tacv2") == frozenset()


@pytest.mark.parametrize("written", ["@Ravi Rao", "ravi rao", "RAVI@example.com", "@ravi@example.com"])
async def test_people_are_found_by_name_and_address(installed: Office, written: str) -> None:
    assert await installed.surface.find(written) == {key(RAVI)}


@pytest.mark.parametrize("written", ["@nobody", "", "Ravi", "ravi@example.org"])
async def test_who_is_called_otherwise_is_not_found(installed: Office, written: str) -> None:
    assert await installed.surface.find(written) == frozenset()


async def test_a_mention_means_exactly_the_account_that_was_mentioned(installed: Office) -> None:
    spot = (await installed.surface.conversations.rooms(TENANT, 5))[0]
    token = mentions.set(Mentions(spot, {"Ravi Rao": frozenset({NOOR.id})}))
    try:
        assert await installed.surface.find("@Ravi Rao") == {key(NOOR)}
        assert await installed.surface.find("@Anna Adler") == {key(ANNA)}
    finally:
        mentions.reset(token)
    assert await installed.surface.find("@Ravi Rao") == {key(RAVI)}


async def test_a_service_that_takes_no_object_ids_is_asked_by_account(installed: Office) -> None:
    installed.town.fail_next("GET members", status=404, code="MemberNotFoundInConversation")
    assert (await installed.surface.person(key(RAVI))).standing == "member"
    assert [RAVI.id in call.path for call in installed.town.calls][-1]


async def test_a_conversation_that_answers_slowly_holds_up_no_other(installed: Office) -> None:
    installed.town.fail_next("GET members", hang=True)
    slow = asyncio.create_task(installed.surface.members(f"teams:{SUPPORT}"))
    try:
        await asyncio.sleep(0.1)
        async with asyncio.timeout(2):
            assert key(RAVI) in await installed.surface.members(f"teams:{ONCALL}")
        assert not slow.done()
    finally:
        slow.cancel()


async def test_many_who_ask_for_the_same_members_at_once_share_one_look_up(installed: Office) -> None:
    before = len(installed.town.calls)
    await asyncio.gather(*(installed.surface.members(f"teams:{SUPPORT}") for _ in range(5)))
    assert len(installed.town.calls) == before + 1
