"""Links that let one person in, and the sessions they become.

Both are facts under a seal that is derived from the deployment's signing key for this purpose only. With a new signing key
all of them end. That a link works once is the database's part: it remembers which were used.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bot.flow.accounts import TERMINAL
from bot.flow.ids import Ids
from bot.flow.seals import Seals
from bot.pages.sealed import packed, unpacked
from storage.records import JsonObject, Person

PREFIX = "/pages"
LINK_LIFE = timedelta(minutes=10)
SESSION_LIFE = timedelta(hours=8)
VOUCHED_LIFE = timedelta(hours=1)  # of a session of somebody whom only an operator vouched for

_LINK, _SESSION = "page link", "page session"
_PATH = re.compile(
    rf"{PREFIX}/(?:runs|runs/run_[0-9a-z]{{1,40}}(?:/steps/[1-9][0-9]{{0,5}})?|requests/req_[0-9a-z]{{1,40}})"
)
_NAME = 80  # characters


class BadPath(ValueError):
    """No page has that path; the message says which there are."""


@dataclass(frozen=True)
class Visitor:
    """Who looks. `operator`: somebody at the terminal of this deployment, who can read its database anyway."""

    person: Person
    operator: bool = False


@dataclass(frozen=True)
class Link:
    """What a link says: who may come in, to which page, until when. `id` is remembered once it was used."""

    id: str
    visitor: Visitor
    path: str
    until: datetime


@dataclass(frozen=True)
class Session:
    """What a cookie says."""

    visitor: Visitor
    until: datetime


def path_of(named: str) -> str:
    """The path of the page that a path, or the id of a run or a request, names. Raises BadPath."""
    text = named.strip()
    known = {"": "runs", "run_": f"runs/{text}", "req_": f"requests/{text}"}
    path = text if text.startswith(PREFIX) else f"{PREFIX}/{known.get(text[:4], text)}"
    if not _PATH.fullmatch(path):
        raise BadPath(f"There is no page {named!r}: name a run (run_…), a request (req_…), or runs for the list.")
    return path


def link_to(seals: Seals, ids: Ids, base: str, path: str, visitor: Visitor, now: datetime) -> str:
    """An address that lets `visitor` in to see `path`, once, within ten minutes. `base` is where Signoff's pages are served,
    without a slash at the end. Pure but for the ids. Raises BadPath."""
    facts = {"id": ids.new("link"), "path": path_of(path), **_facts(visitor, now + LINK_LIFE)}
    return f"{base}{PREFIX}/enter?link={packed(seals, _LINK, facts)}"


def links_of(base: str | None, seals: Seals, ids: Ids) -> Callable[[str, Person, datetime], str] | None:
    """Makes links for people in chat, who come from elsewhere: None without a public address."""
    if base is None:
        return None
    return lambda page, person, now: link_to(seals, ids, base, page, Visitor(person), now)


def link_in(seals: Seals, text: str, now: datetime) -> Link | None:
    """The link that `text` is, if we made it and it is not over."""
    facts = unpacked(seals, _LINK, text)
    if facts is None or (session := _session(facts, now)) is None:
        return None
    return Link(str(facts["id"]), session.visitor, str(facts["path"]), session.until)


def session_for(seals: Seals, visitor: Visitor, now: datetime) -> tuple[str, timedelta]:
    """The cookie of a new session, and how long it lives."""
    life = VOUCHED_LIFE if visitor.operator or visitor.person.surface == TERMINAL else SESSION_LIFE
    return packed(seals, _SESSION, _facts(visitor, now + life)), life


def session_in(seals: Seals, text: str, now: datetime) -> Session | None:
    """The session that a cookie is, if we made it and it is not over."""
    facts = unpacked(seals, _SESSION, text)
    return None if facts is None else _session(facts, now)


def _facts(visitor: Visitor, until: datetime) -> JsonObject:
    person = visitor.person
    name = person.name.encode(errors="replace").decode()[:_NAME]
    return {
        "person": person.key,
        "name": name,
        "email": person.email,
        "operator": visitor.operator,
        "until": int(until.timestamp()),
    }


def _session(facts: JsonObject, now: datetime) -> Session | None:
    until = datetime.fromtimestamp(int(str(facts["until"])), UTC)
    email = None if facts["email"] is None else str(facts["email"])
    person = Person(key=str(facts["person"]), name=str(facts["name"]), email=email)
    return Session(Visitor(person, facts["operator"] is True), until) if now < until else None
