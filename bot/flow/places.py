"""Where people are asked, and told: the channels that the policy or the deployment names, else where the run was started."""

import logging

from bot.flow.signoff import Signoff
from storage.records import Outcome, Place, Run, Verdict

log = logging.getLogger(__name__)


def review_places(signoff: Signoff, verdict: Verdict, run: Run) -> tuple[Place, ...]:
    """Each channel once, the run's own first; none if nobody named one that can be used.

    A channel is written `C0123` or `#name` for the surface the run came from, or `slack:C0123` to name the surface. One on a
    surface that is not connected is left out; if no other is named, the deployment's own takes its place.
    """
    return _places(signoff, verdict.channels, run)


def told_places(signoff: Signoff, verdict: Verdict, run: Run, *, unknown: bool) -> tuple[Place, ...]:
    """Where people read of what ran without asking: the log channels, else where they are asked. Somebody has to look at
    what is `unknown`, so it is told there as well."""
    asked = review_places(signoff, verdict, run)
    if verdict.outcome is not Outcome.log or not verdict.log_channels:
        return asked
    logged = _places(signoff, verdict.log_channels, run)
    return tuple({place.where: place for place in (*logged, *(asked if unknown else ()))}.values())


def _places(signoff: Signoff, channels: tuple[str, ...], run: Run) -> tuple[Place, ...]:
    home = run.origin or signoff.fallback_place
    if not channels:
        return _connected(signoff, (home,)) if home else ()
    named = tuple(_named(signoff, channel, home) for channel in channels)
    places = {place.where: place for place in _connected(signoff, named)}
    return tuple(sorted(places.values(), key=lambda place: home is None or place.where != home.where))


def _named(signoff: Signoff, written: str, home: Place | None) -> Place:
    """The place that a policy's channel means; without a tenant if nothing says which."""
    surface, colon, channel = written.partition(":")
    if not (colon and surface.isalpha()):  # an id of a channel may have colons of its own
        surface, channel = home.surface if home else _only(signoff), written
    tenant = home.tenant if home and home.surface == surface else signoff.homes.get(surface, "")
    return Place(surface=surface, tenant=tenant, channel=channel)


def _only(signoff: Signoff) -> str:
    """The surface that is meant where there is one only."""
    return next(iter(signoff.surfaces)) if len(signoff.surfaces) == 1 else ""


def _connected(signoff: Signoff, places: tuple[Place, ...]) -> tuple[Place, ...]:
    """Those that can be used, else the deployment's own: a policy may name a surface that is not connected."""
    usable = tuple(place for place in places if place.surface in signoff.surfaces and place.tenant)
    for place in places:
        if place not in usable:
            log.error(
                "the policy names %r on %r, which is not connected; Signoff uses %s",
                place.channel, place.surface, "the other channels" if usable else "the deployment's channel",
            )  # fmt: skip
    return usable or ((signoff.fallback_place,) if signoff.fallback_place else ())
