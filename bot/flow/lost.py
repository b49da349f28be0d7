"""The fallback route: a channel that cannot be used any more must not take with it what waits for people.

A card there is given up, and `bot/flow/converge.py` posts it where it still can: in its own channel if that works after
all; else, if it stands in no other place, in the deployment's channel; else the requester is told.
"""

import logging
from datetime import datetime
from itertools import islice

from bot.flow import jobs
from bot.flow.signoff import Signoff
from bot.flow.surface import SurfaceBusy, SurfaceError
from storage.records import MessageStatus, Place
from storage.store import Transaction

log = logging.getLogger(__name__)

BATCH = 100  # cards given up in one transaction
CHANNELS = 10  # asked about in one go, so that Slack's limit is kept (conversations.info: 50 a minute)


async def lose(signoff: Signoff, place: Place) -> int:
    """Give up every card that waits in that channel; returns how many will be posted elsewhere."""
    lost = 0
    while given_up := await signoff.store.write(lambda tx: _give_up(tx, place)):
        lost += given_up
    if lost:
        log.error(
            "%d cards that wait for people stood in %s %s, which Signoff cannot use any more (archived, deleted, or Signoff "
            "was removed). %s Unarchive it or invite Signoff again, or name another channel in the policy.",
            lost, place.surface, place.channel, _route(signoff, place),
        )  # fmt: skip
    return lost


async def look(signoff: Signoff) -> None:
    """Ask the surfaces whether the channels can still be used in which something waits: nobody promises to tell us."""
    now, places = await signoff.store.read(lambda tx: (tx.now(), tx.places_of_cards()))
    first = int(now.timestamp()) // 30 * CHANNELS % max(len(places), 1)
    for place in islice([*places[first:], *places[:first]], CHANNELS):
        if not await _reaches(signoff, place) and await _believed(signoff, place, now):
            await lose(signoff, place)


async def _believed(signoff: Signoff, place: Place, now: datetime) -> bool:
    """Once an hour: a surface that is wrong about a channel makes second cards there."""
    key = f"lost:{place.surface}:{place.tenant}:{place.channel}:{now:%Y-%m-%dT%H}"
    return await signoff.store.write(lambda tx: tx.first_delivery(key))


async def _reaches(signoff: Signoff, place: Place) -> bool:
    surface = signoff.surfaces.get(place.surface)
    if surface is None:
        return True
    try:
        return await surface.reaches(place)
    except (SurfaceBusy, SurfaceError) as error:
        log.warning("%s cannot say whether %s can be used: %s", place.surface, place.channel, error)
        return True


def _give_up(tx: Transaction, place: Place) -> int:
    requests = tx.posted_requests(place.surface, place.tenant, place.channel, BATCH)
    for request in requests:
        for message in tx.messages(request.id):
            if message.place.where == place.where:
                tx.update_message(message.model_copy(update={"status": MessageStatus.gone, "shown": None}))
        tx.defer(*jobs.show_card(request))
    return len(requests)


def _route(signoff: Signoff, place: Place) -> str:
    fallback = signoff.fallback_place
    if fallback is None or fallback.channel == place.channel:
        return "There is no other channel (SIGNOFF_CHANNEL), so the requesters are told."
    return f"They go to {fallback.channel}."
