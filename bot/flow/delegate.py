"""`/signoff delegate`: a reviewer has somebody else decide in their place until a day.

What is lent is the giver's own right, looked up at each click; it cannot be lent on, and it never lets anybody decide on
what they, or the giver, asked for (see `policies/people.py`).
"""

import asyncio
import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.cards import listing
from bot.cards.said import TAKEN
from bot.cards.text import Text, Who, code, from_json, quote, words
from bot.flow import jobs
from bot.flow.desk import Answer, Command
from bot.flow.people import ties_of
from bot.flow.signoff import Signoff
from bot.flow.surface import Known, SurfaceBusy, SurfaceError
from policies.people import Ties
from storage.dispatch import TryLater
from storage.records import Delegation, JsonObject, Person
from storage.store import Transaction

log = logging.getLogger(__name__)

LONGEST = timedelta(days=90)
MOST = 10  # delegations of one giver at a time
SHOWN = 80  # characters of what was typed that an answer repeats

_LINE = re.compile(r"(?P<name>.+?)\s+(?:until|till)\s+(?P<end>.+)", re.IGNORECASE | re.DOTALL)
_UNFIT = {
    "guest": " is a guest here, and guests cannot decide.",
    "deactivated": "'s account is deactivated.",
    "stranger": " is no full member of this workspace, so they cannot decide here.",
}


class BadEnd(ValueError):
    """No delegation can end then; the message says why and what to write."""


@dataclass(frozen=True)
class Term:
    """When a delegation ends: the moment, and how a sentence says it, with its time zone."""

    at: datetime
    said: str


async def delegate(signoff: Signoff, typed: Command, rest: str) -> Answer:
    """`delegate @NAME until DAY`, `delegate`, `delegate stop`."""
    if not rest:
        return Answer(True, await signoff.store.read(lambda tx: _shown(tx, typed.person)))
    if rest.casefold() == "stop":
        return await signoff.store.write(lambda tx: _stop(tx, typed))
    parts = _LINE.fullmatch(rest)
    if parts is None:
        return Answer(False, words("Until when? Type ", code("/signoff delegate @anna until friday"), "."))
    now = await signoff.store.read(lambda tx: tx.now())
    try:
        term = await asyncio.to_thread(end_of, parts["end"], now, typed.zone)
    except BadEnd as error:
        return Answer(False, words(str(error)))
    taker = await _somebody(signoff, typed, parts["name"].strip())
    if isinstance(taker, Answer):
        return taker
    return await signoff.store.write(lambda tx: _start(tx, signoff, typed, taker, term))


def end_of(written: str, now: datetime, zone: str) -> Term:
    """When `written` is, read in that time zone (IANA name): a day means its end, 23:59. Raises BadEnd."""
    from dateparser.date import DateDataParser  # type: ignore[import-untyped]  # not before somebody delegates

    here = _zone(zone)
    local = now.astimezone(here)
    settings = {"PREFER_DATES_FROM": "future", "RELATIVE_BASE": local.replace(tzinfo=None), "RETURN_TIME_AS_PERIOD": True}
    found = DateDataParser(languages=["en"], settings=settings).get_date_data(written[:SHOWN])
    if found.date_obj is None or found.period in ("month", "year") or len(written) > SHOWN:
        raise BadEnd(f"“{written[:SHOWN]}” is no day that I understand. Write one like friday, 27 November or 2026-11-27.")
    at: datetime = found.date_obj.replace(second=0, microsecond=0)
    if found.period in ("day", "week"):
        at = at.replace(hour=23, minute=59)
    at = at if at.tzinfo else at.replace(tzinfo=here)
    if abs(at.year - now.year) <= 1:  # further away, it may be beyond what another time zone can say
        at = at.astimezone(here)
    return _checked(Term(at, f"{at:%A} {at.day} {at:%B %Y, %H:%M} {here.key}"), now)


async def tell(signoff: Signoff, payload: JsonObject) -> None:
    """The job that says something to one person in a direct message."""
    person = Person.model_validate(payload["person"])
    surface = signoff.surfaces.get(person.surface)
    if surface is None:
        return
    try:
        await surface.tell(person, None, from_json(payload["text"]))
    except SurfaceBusy as busy:
        raise TryLater(busy.delay, str(busy)) from busy
    except SurfaceError as error:
        log.warning("%s could not be told something: %s", person.key, error)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def _checked(term: Term, now: datetime) -> Term:
    if term.at <= now:
        raise BadEnd(f"{term.said} is over already. Name a day that is still to come.")
    if term.at.date() - now.astimezone(term.at.tzinfo).date() > LONGEST:
        raise BadEnd(f"{term.said} is too far away: a delegation lasts {LONGEST.days} days at most.")
    return Term(term.at.astimezone(UTC), term.said)


async def _somebody(signoff: Signoff, typed: Command, written: str) -> Person | Answer:
    """The one full member whom `written` names, as the directory knows them; or why there is none."""
    surface = signoff.surfaces[typed.person.surface]
    try:
        keys = await surface.find(written)
        known = [await surface.person(key) for key in sorted(keys)[:2]]
    except SurfaceError as error:
        return Answer(False, words(str(error)))
    if why := _nobody(written, known):
        return Answer(False, why)
    return known[0].person


def _nobody(written: str, known: Sequence[Known]) -> Text | None:
    if not known:
        return words(
            "There is nobody called ", quote(written[:SHOWN]), " here. Write @name as the chat completes it, or an address."
        )
    if len(known) > 1:
        return words("Several people here are called ", quote(written[:SHOWN]), ". Write the e-mail address instead.")
    if known[0].standing != "member":
        return words(Who(person=known[0].person), _UNFIT[known[0].standing])
    return None


def _start(tx: Transaction, signoff: Signoff, typed: Command, taker: Person, term: Term) -> Answer:
    if not tx.first_delivery(typed.delivery):
        return Answer(True, TAKEN)
    ties, giver = ties_of(tx), typed.person
    if ties.same(giver, taker):
        return Answer(False, words("You cannot delegate to yourself. Name somebody else."))
    given = _given(tx, ties, giver)
    before = [each for each in given if ties.same(each.taker, taker)]
    if len(given) - len(before) >= MOST:
        return Answer(
            False, words(f"{MOST} people decide in your place already. ", code("/signoff delegate stop"), " ends that.")
        )
    for each in before:
        _end(tx, each, giver, "replaced")
    delegation = Delegation(id=signoff.ids.new("del"), giver=giver, taker=taker, created_at=tx.now(), until=term.at)
    tx.add_delegation(delegation)
    body: JsonObject = {"delegation": delegation.id, "giver": giver.key, "taker": taker.key, "until": term.at.isoformat()}
    tx.audit("delegation.started", actor=giver.key, body=body)
    told = words(
        Who(person=giver), " lets you decide in their place until ", f"{term.said}, except on what either of you asked for."
    )
    tx.defer(jobs.tell(taker, told))
    limits = f" may decide in your place until {term.said}, except on what either of you asked for. "
    return Answer(True, words(Who(person=taker), *_address(taker), limits, code("/signoff delegate stop"), " ends it."))


def _stop(tx: Transaction, typed: Command) -> Answer:
    if not tx.first_delivery(typed.delivery):
        return Answer(True, TAKEN)
    ended = _given(tx, ties_of(tx), typed.person)
    for each in ended:
        _end(tx, each, typed.person, "stopped")
        tx.defer(jobs.tell(each.taker, words("You no longer decide in the place of ", Who(person=each.giver), ".")))
    if not ended:
        return Answer(True, words("Nobody decides in your place."))
    return Answer(True, words("Nobody decides in your place any more."))


def _shown(tx: Transaction, person: Person) -> Text:
    ties = ties_of(tx)
    taken = [each for each in tx.delegations(at=tx.now()) if ties.same(person, each.taker)]
    return listing.delegations(_given(tx, ties, person), taken)


def _given(tx: Transaction, ties: Ties, person: Person) -> list[Delegation]:
    """What somebody gave, under any of their accounts, and is in force."""
    return [each for each in tx.delegations(at=tx.now()) if ties.same(person, each.giver)]


def _end(tx: Transaction, delegation: Delegation, by: Person, why: str) -> None:
    if tx.end_delegation(delegation.id) is not None:
        body: JsonObject = {
            "delegation": delegation.id, "giver": delegation.giver.key, "taker": delegation.taker.key, "reason": why,
        }  # fmt: skip
        tx.audit("delegation.ended", actor=by.key, body=body)


def _address(person: Person) -> Text:
    """The address, so that whoever typed a name sees whom it was taken for: names can be imitated, addresses cannot."""
    return words(" (", quote(person.email), ")") if person.email else ()
