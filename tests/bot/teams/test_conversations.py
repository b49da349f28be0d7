"""Where Signoff may speak is found, however many talk to it alone."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.teams.connector import Spot
from bot.teams.conversations import LOOKED_THROUGH, Conversations
from bot.teams.directory import Mentions, mentions
from storage.records import Conversation, Place
from storage.store import Store, Transaction
from tests.bot.teams.conftest import Office
from tests.bot.teams.test_directory import key
from tests.fakes.connector.cast import GROUP, ONCALL, RAVI, SUPPORT, TENANT

NOW = datetime.now(UTC)
HERE, THERE = "https://here/", "https://there/"


def heard(id: str, minutes: int, **fields: Any) -> Conversation:
    given: dict[str, Any] = {"surface": "teams", "tenant": TENANT, "kind": "personal", "address": {"service": HERE}}
    return Conversation(**given | {"id": id, "seen_at": NOW + timedelta(minutes=minutes)} | fields)


@pytest.fixture
async def crowded(store: Store) -> Conversations:
    """Many talk to it alone, since anything was said in the rooms."""
    rooms = (
        heard("team", 1, kind="channel", address={"service": THERE, "team": "T"}),
        heard("other", 0, kind="channel", address={"service": THERE, "team": "T"}),
        heard("group", 2, kind="group", address={"service": THERE}),
    )

    def keep(tx: Transaction) -> None:
        for each in (*rooms, *(heard(f"a:{number}", 10 + number) for number in range(LOOKED_THROUGH + 1))):
            tx.keep_conversation(each)

    await store.write(keep)
    return Conversations(store, "https://nowhere/")


async def test_however_many_talk_to_it_alone_the_rooms_are_found_channels_first(crowded: Conversations) -> None:
    assert await crowded.rooms(TENANT, 5) == [Spot(THERE, "team"), Spot(THERE, "group")]
    assert await crowded.rooms(TENANT, 1) == [Spot(THERE, "team")]


async def test_however_many_talk_to_it_alone_all_channels_of_a_team_are_found(crowded: Conversations) -> None:
    assert [place.channel for place in await crowded.of_team(TENANT, "T")] == ["team", "other"]


async def test_a_channel_that_was_never_heard_of_is_spoken_to_at_the_tenants_service(crowded: Conversations) -> None:
    spots = [await crowded.spot(Place(surface="teams", tenant=tenant, channel="new")) for tenant in (TENANT, "elsewhere")]
    assert spots == [Spot(HERE, "new"), Spot("https://nowhere/", "new")]


async def test_somebody_is_looked_for_first_where_it_was_said(installed: Office) -> None:
    service = (await installed.surface.conversations.rooms(TENANT, 1))[0].service
    for channel in (ONCALL, GROUP, SUPPORT):
        installed.surface.directory._met.clear()
        before = len(installed.town.calls)
        token = mentions.set(Mentions(Spot(service, channel), {}))
        try:
            assert (await installed.surface.person(key(RAVI))).standing == "member"
        finally:
            mentions.reset(token)
        [call, *_] = installed.town.calls[before:]
        assert channel in call.path
