"""Templates to HTML. Whatever a template puts out goes through one place: secrets are covered, hidden characters written
out, then everything is escaped. A template cannot forget it."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from bot.cards.inert import host, inert
from bot.pages.difference import difference
from bot.pages.links import PREFIX
from bot.pages.told import duration
from bot.traces.text import money
from policies.reviewers import shown
from storage.redaction import Cover

HERE = Path(__file__).parent
STYLE = (HERE / "files" / "style.css").read_bytes()
ICON = (HERE / "files" / "icon.svg").read_bytes()

SIGNS: Mapping[str, str] = {
    "succeeded": "✓", "failed": "✗", "unknown": "?", "blocked": "⊘", "cancelled": "⊘", "rejected": "✗", "expired": "⌛",
    "waiting": "…", "pending": "…", "running": "…", "ready": "…", "approved": "✓", "executing": "…",
}  # fmt: skip


@pass_context
def _harmless(context: Context, value: Any) -> Any:
    """What a template puts out. Markup is what a macro made of harmless pieces."""
    if isinstance(value, Markup) or not isinstance(value, str):
        return value
    cover: Cover = context["cover"]
    return inert(cover(value))


def _moment(at: datetime, zone: ZoneInfo) -> str:
    local = at.astimezone(zone)
    return f"{local.day} {local:%b %Y, %H:%M:%S}"


def _short_moment(at: datetime, zone: ZoneInfo) -> str:
    local = at.astimezone(zone)
    return f"{local.day} {local:%b, %H:%M}"


_environment = Environment(
    loader=FileSystemLoader(HERE / "templates", encoding="utf-8"),
    autoescape=True,
    undefined=StrictUndefined,
    finalize=_harmless,
    trim_blocks=True,
    lstrip_blocks=True,
)
_environment.globals |= {
    "prefix": PREFIX,
    "style": f"{PREFIX}/style-{hashlib.sha256(STYLE).hexdigest()[:12]}.css",
    "difference": difference,
    "host": host,
    "shown": shown,
}
_environment.filters |= {
    "duration": duration,
    "money": money,
    "moment": _moment,
    "short_moment": _short_moment,
    "sign": lambda status: SIGNS.get(str(status), "·"),
}


def rendered(template: str, *, zone: str = "UTC", cover: Cover | None = None, **values: Any) -> str:
    """A page. `zone` is the reader's time zone, `cover` hides the secrets of what is shown."""
    return _environment.get_template(f"{template}.html").render(
        **values, zone=_zone(zone), zone_name=zone, cover=cover or Cover()
    )


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # whatever a directory calls one
        return ZoneInfo("UTC")
