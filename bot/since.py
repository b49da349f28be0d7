"""Since when, as people type it: `90d`, `12h`, `30m`, `2w`, or a date such as 2026-08-01."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import click

_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
_LONGEST = 36_500  # days


class Since(click.ParamType[timedelta | datetime]):
    """A span back from now, or a point in time (UTC where no zone is named)."""

    name = "since"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> timedelta | datetime:
        """See `click.ParamType`."""
        if isinstance(value, timedelta | datetime):
            return value
        if found := re.fullmatch(r"(\d{1,6})\s*([mhdw])", str(value).strip().lower(), re.ASCII):
            span = int(found[1]) * _UNITS[found[2]]
            if timedelta() < span <= timedelta(days=_LONGEST):
                return span
        try:
            moment = datetime.fromisoformat(str(value).strip())
        except ValueError:
            self.fail(f"{value!r}: write a span such as 90d, 12h or 2w, or a date such as 2026-08-01.", param, ctx)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def begin(since: timedelta | datetime, now: datetime) -> datetime:
    """The point in time."""
    return now - since if isinstance(since, timedelta) else since
