"""Channels as settings name them: `slack:C…`, `teams:19:…`, or an id alone on the first platform."""

from collections.abc import Mapping

from bot.flow.surface import SurfaceError
from storage.records import Place


def place_of(written: str, homes: Mapping[str, str], setting: str) -> Place:
    """The channel that is written in a setting; `homes` are the tenants by surface. Raises SurfaceError."""
    surface, colon, channel = written.partition(":")
    if not (colon and surface.isalpha()):
        surface, channel = next(iter(homes)), written
    if surface not in homes:
        raise SurfaceError(f"{setting} names a channel on {surface!r}, which is not connected.")
    return Place(surface=surface, tenant=homes[surface], channel=channel)


def qualified(place: Place | None) -> str | None:
    """The channel as a policy names it, so that it is the same one for runs from every platform."""
    return f"{place.surface}:{place.channel}" if place else None
