"""A policy comes into force: once, however many replicas find it in their file, it is audited with what it says otherwise
than the one before, and told to those who own it.

Which policy came into force when is rows, so a change is also noticed that was made while nothing ran. Nothing here, and
nothing else in Signoff, ever writes a policy.
"""

import logging

from pydantic import JsonValue, TypeAdapter

from bot.cards import policy as told
from bot.cards.text import Text, from_json
from bot.flow import jobs
from bot.flow.signoff import Signoff
from bot.flow.surface import SurfaceBusy, SurfaceError
from policies.changes import Change, changes
from policies.problems import PolicyError
from policies.rules import Policy
from storage.canonical import digest
from storage.dispatch import TryLater
from storage.records import Adoption, JsonObject, Place
from storage.store import Transaction

log = logging.getLogger(__name__)

_CHANGES = TypeAdapter(tuple[Change, ...])
MOST_KEPT = 100  # mistakes of a file that the audit keeps


def adopt(tx: Transaction, signoff: Signoff, policy: Policy) -> bool:
    """Say that this policy is in force, unless that was said; False if another replica says something at this moment."""
    last = tx.adopted()
    if last is not None and last.version == policy.version:
        return True
    content: JsonObject = policy.model_dump(mode="json")
    number = last.number + 1 if last else 1
    if not tx.adopt(Adoption(number=number, version=policy.version, content=content, at=tx.now())):
        return False
    found = changes(last.content, content) if last else ()
    body: JsonObject = {
        "number": number, "before": last.version if last else None, "after": policy.version,
        "changes": _CHANGES.dump_python(found, mode="json"),
    }  # fmt: skip
    tx.audit("policy.adopted", actor="signoff", body=body)
    if last and found:
        _announce(tx, signoff, told.adopted(policy.version, last.version, found))
    return True


def refuse(tx: Transaction, signoff: Signoff, error: PolicyError) -> None:
    """Say that the changed file cannot be used: once an hour, however many replicas found that."""
    problems: list[JsonValue] = [str(problem) for problem in error.problems[:MOST_KEPT]]
    if _first_within_the_hour(tx, digest(problems)):
        body: JsonObject = {"problems": problems, "count": len(error.problems)}
        tx.audit("policy.refused", actor="signoff", body=body)
        _announce(tx, signoff, told.refused(error))


def say_usable(tx: Transaction, signoff: Signoff) -> None:
    """Say that a file which could not be used says again what is in force."""
    if _first_within_the_hour(tx, "usable"):
        _announce(tx, signoff, told.USABLE)


async def announce(signoff: Signoff, payload: JsonObject) -> None:
    """The job that says it in the channel; where that is lost, in the deployment's."""
    place, text = jobs.place_in(payload), from_json(payload["text"])
    fallback = signoff.fallback_place
    for where in (place, fallback if fallback != place else None):
        if where is not None and await _said(signoff, where, text):
            return


async def _said(signoff: Signoff, place: Place, text: Text) -> bool:
    surface, now = signoff.surfaces.get(place.surface), await signoff.store.read(lambda tx: tx.now())
    if surface is None:
        return False
    if wait := signoff.turns.wait(place, now):
        raise TryLater(wait, "others wait for that channel")
    try:
        await surface.reply(place, text)
    except SurfaceBusy as busy:
        raise TryLater(signoff.turns.refused(place, now, busy.delay), str(busy)) from busy
    except SurfaceError as error:
        log.error("what became of the policy could not be said in %s: %s", place.channel, error)
        return False
    return True


def _announce(tx: Transaction, signoff: Signoff, text: Text) -> None:
    place = signoff.admin_place or signoff.fallback_place
    if place is not None:
        tx.defer(jobs.announce(place, text))


def _first_within_the_hour(tx: Transaction, what: str) -> bool:
    return tx.first_delivery(f"policy:{tx.now():%Y-%m-%dT%H}:{what}")
