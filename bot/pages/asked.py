"""What somebody asks of the list, from its form and its links. Whatever cannot be read counts as not asked."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

from bot.pages.room import Cursor, Wanted
from storage.records import RunStatus

AGES: Mapping[str, tuple[str, timedelta]] = {
    "1h": ("The last hour", timedelta(hours=1)),
    "24h": ("The last 24 hours", timedelta(days=1)),
    "7d": ("The last 7 days", timedelta(days=7)),
    "30d": ("The last 30 days", timedelta(days=30)),
}
_MOST = 80  # characters of a word


@dataclass(frozen=True)
class Asked:
    """The words as they stand in the form, and the runs that they ask for."""

    agent: str
    status: str
    since: str
    id: str
    runs: Wanted

    @property
    def anything(self) -> bool:
        """Whether the list is filtered."""
        return any((self.agent, self.status, self.since, self.id))

    def onward(self, cursor: Cursor) -> str:
        """The query of the page that begins after `cursor`."""
        words = {"agent": self.agent, "status": self.status, "since": self.since, "id": self.id}
        return urlencode({**{name: word for name, word in words.items() if word}, "after": _written(cursor)})


def asked_for(query: Mapping[str, str], now: datetime) -> Asked:
    """What the query of an address asks for."""
    word = {name: _word(query.get(name, "")) for name in ("agent", "status", "since", "id")}
    status = RunStatus(word["status"]) if word["status"] in set(RunStatus) else None
    since = now - AGES[word["since"]][1] if word["since"] in AGES else None
    runs = Wanted(word["agent"] or None, status, since, word["id"].lower() or None, _cursor(query.get("after", "")))
    return Asked(word["agent"], status.value if status else "", word["since"] if since else "", word["id"], runs)


def _word(text: str) -> str:
    return text.strip()[:_MOST] if text.isprintable() else ""


def _written(cursor: Cursor) -> str:
    return f"{cursor[0].isoformat()}~{cursor[1]}"


def _cursor(text: str) -> Cursor | None:
    moment, _, run = text.partition("~")
    try:
        at = datetime.fromisoformat(moment)
    except ValueError:
        return None
    return (at, _word(run)) if at.tzinfo is not None else None
