"""A point in the past, as people type it on a command line: `30m`, `24h`, `7d`, `2w`, or a date."""

import re
from datetime import UTC, datetime, timedelta

import click

_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


class Since(click.ParamType[datetime]):
    """How long ago, or since when; becomes a point in time in UTC."""

    name = "since"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Read it; whatever cannot be read is told with an example."""
        if isinstance(value, datetime):
            return value
        try:
            return since(str(value), datetime.now(UTC))
        except (ValueError, OverflowError):
            self.fail(f"{value!r} is not a time: write how long ago (30m, 24h, 7d, 2w) or a date (2026-11-01).", param, ctx)


def since(text: str, now: datetime) -> datetime:
    """The point in time that `text` names, seen from `now`. A date without a zone is in UTC. Raises ValueError."""
    if found := re.fullmatch(r"(\d{1,6})\s*([mhdw])", text.strip().lower()):
        return now - timedelta(**{_UNITS[found[2]]: int(found[1])})
    at = datetime.fromisoformat(text.strip())
    return at if at.tzinfo else at.replace(tzinfo=UTC)
