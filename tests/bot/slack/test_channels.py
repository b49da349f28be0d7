"""Channels that are lost: Slack tells us, or we ask."""

import asyncio
from dataclasses import replace
from typing import TypeVar

import pytest

from bot.cards.text import words
from bot.flow.surface import ChannelGone
from bot.sandbox.people import ALL_SCOPES
from bot.sandbox.server import Sandbox
from bot.slack.channels import EVENTS, lost_place
from bot.slack.surface import SlackSurface
from storage.records import Place
from tests.bot.slack.conftest import BOT, HERE, MIA, OLD, QUIET, SECRET, SUPPORT, TEAM, Office

T = TypeVar("T")


async def soon(found: list[T]) -> list[T]:
    """The list as soon as something is in it."""
    for _ in range(500):
        if found:
            break
        await asyncio.sleep(0.01)
    return found


def at(channel: str) -> Place:
    return HERE.model_copy(update={"channel": channel})


@pytest.mark.parametrize("what", ["archive", "delete", "remove_bot"])
async def test_the_desk_hears_that_a_channel_is_lost(office: Office, what: str) -> None:
    getattr(office.sandbox, what)(SUPPORT, MIA)
    assert await soon(office.desk.losses) == [Place(surface="slack", tenant=TEAM, channel=SUPPORT)]
    [(parcel, answer)] = await soon(office.sandbox.deliveries)
    assert answer.acked
    assert parcel.payload["event"]["type"] in EVENTS


def test_the_tenant_is_where_the_app_is_installed() -> None:
    event = {"type": "channel_left", "channel": "C1"}
    shared = {"team_id": "T0OTHER", "event": event, "authorizations": [{"team_id": TEAM}]}
    assert lost_place(shared) == at("C1")
    assert lost_place({"team_id": TEAM, "event": event}) == at("C1")


@pytest.mark.parametrize(
    ("channel", "reached"),
    [(SUPPORT, True), (OLD, False), (QUIET, False), (SECRET, False), ("C0NOWHERE", False), ("D0MIA", True)],
)
async def test_a_channel_is_reached_if_messages_can_be_posted_there(
    surface: SlackSurface, channel: str, reached: bool
) -> None:
    assert await surface.reaches(at(channel)) is reached


async def test_with_the_scope_for_all_public_channels_membership_does_not_matter(
    sandbox: Sandbox, surface: SlackSurface
) -> None:
    sandbox.set_scopes(*ALL_SCOPES, "chat:write.public")
    assert await surface.reaches(at(QUIET))
    assert not await surface.reaches(at(OLD))
    assert not await surface.reaches(at(SECRET))


@pytest.mark.parametrize("what", ["archive", "delete", "remove_bot"])
async def test_a_line_for_a_lost_channel_says_that_it_is_gone(sandbox: Sandbox, surface: SlackSurface, what: str) -> None:
    getattr(sandbox, what)(SUPPORT, MIA)
    with pytest.raises(ChannelGone):
        await surface.reply(HERE, words("Still there?"))


async def test_the_sandbox_tells_of_private_channels_as_groups(office: Office) -> None:
    workspace = office.sandbox.workspace
    secret = workspace.channels[SECRET]
    workspace.replace_channel(replace(secret, members=(*secret.members, BOT)))
    office.sandbox.remove_bot(SECRET, MIA)
    [(parcel, _)] = await soon(office.sandbox.deliveries)
    assert parcel.payload["event"]["type"] == "group_left"
