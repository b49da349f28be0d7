"""What is known of people at a click: what the directory says of them beforehand, and what the database says of them inside
the very transaction that decides."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from pydantic import JsonValue

from bot.flow.desk import Click
from bot.flow.seals import Seals
from bot.flow.signoff import Signoff
from bot.flow.surface import Known
from policies.people import (
    Allowed,
    Refused,
    Standing,
    Ties,
    group_references,
    is_behind,
    may_decide,
    reviewers,
    voice_of,
    voices,
)
from storage.records import Decision, JsonObject, Person, Request, Risk, Verdict
from storage.store import Transaction

DECISION = "decision"  # purpose of the seals on decisions


@dataclass(frozen=True)
class Rights:
    """What the directory says right now about the person who clicked, the groups that the rule names, and `others`: those in
    whose place the person may decide, and the linked accounts of everybody who has to do with the request."""

    standing: Standing
    groups: Mapping[str, frozenset[str]]
    others: tuple[Known, ...] = ()


async def rights(signoff: Signoff, request: Request, click: Click, *, fresh: bool = False) -> tuple[Rights, Click]:
    """Look the person, the groups and the others up. Returns the click with the person as the directory knows them.

    Groups are as they are now for high and critical risk, or if `fresh`; else as they were at most a minute ago.
    Raises SurfaceError and SurfaceBusy: who cannot be looked up does not decide.
    """
    known = await signoff.surfaces[click.person.surface].person(click.person.key)
    person = replace(click, person=known.person)
    now = fresh or request.verdict.risk.rank >= Risk.high.rank
    groups = {
        name: await surface.members(name, fresh=now)
        for name in group_references(reviewers(request))
        if (surface := signoff.surfaces.get(name.partition(":")[0])) is not None
    }
    to_ask = await signoff.store.read(lambda tx: around(tx, request, known.person))
    asked = [signoff.surfaces[each.surface].person(each.key) for each in to_ask if each.surface in signoff.surfaces]
    return Rights(known.standing, groups, tuple(await asyncio.gather(*asked))), person


def ties_of(tx: Transaction, others: Sequence[Known] = ()) -> Ties:
    """Who is tied to whom as this transaction sees it. Of `others`, what the directory says of them counts; only those of
    them who are full members entitle anybody."""
    now = {each.person.key: each.person for each in others}
    members = frozenset(each.person.key for each in others if each.standing == "member")
    linked = (each.model_copy(update={"person": now.get(each.person.key, each.person)}) for each in tx.identities())
    lent = tx.delegations(at=tx.now()) if members else ()
    return Ties(tuple(linked), tuple(each for each in lent if each.giver.key in members), members)


def allowed(request: Request, click: Click, has: Rights, ties: Ties, given: Sequence[Decision] = ()) -> Allowed | Refused:
    """Whether the person who clicked may decide on the request; `given` are the approvals that it has."""
    spoken = [voice_of(decision) for decision in given]
    return may_decide(click.person, request, has.groups, ties, standing=has.standing, spoken=spoken)


def approvals(decisions: Sequence[Decision], mark: str) -> list[Decision]:
    """The decisions by which people approved exactly what has that fingerprint."""
    return [given for given in decisions if given.fingerprint == mark and given.verb != "reject"]


def genuine_approvals(tx: Transaction, signoff: Signoff, request: Request, mark: str, ties: Ties) -> list[Decision]:
    """Those that were made through here, are not only rows, and by nobody who is known by now to be behind the request."""
    given = approvals(tx.decisions(request.id), mark)
    return [
        each
        for each in given
        if holds(signoff.seals, each, request.verdict) and not is_behind(voice_of(each), request, ties)
    ]


def agreed(tx: Transaction, signoff: Signoff, request: Request, mark: str) -> int:
    """How many voices approved exactly what has that fingerprint."""
    ties = ties_of(tx)
    return voices(map(voice_of, genuine_approvals(tx, signoff, request, mark, ties)), ties)


def seal(seals: Seals, decision: Decision, verdict: Verdict) -> Decision:
    """The decision with the seal over who decided what on which contents, under which verdict, and in whose place."""
    return decision.model_copy(update={"seal": seals.seal(DECISION, sealed(decision, verdict))})


def holds(seals: Seals, decision: Decision, verdict: Verdict) -> bool:
    """Whether the seal of a decision holds, and the verdict is still the one under which it was made."""
    return seals.holds(decision.seal, DECISION, sealed(decision, verdict))


def sealed(decision: Decision, verdict: Verdict) -> JsonObject:
    """What the seal of a decision is over. The verdict is part of it: a quorum that was lowered afterwards is not met."""
    return {
        "id": decision.id,
        "request": decision.request_id,
        "revision": decision.revision,
        "fingerprint": decision.fingerprint,
        "person": decision.person.key,
        "lent_by": decision.lent_by.key if decision.lent_by else None,
        "verb": decision.verb,
        "verdict": {**verdict.model_dump(mode="json", exclude={"channels"}), "channel": _asked_in(verdict)},
    }


def _asked_in(verdict: Verdict) -> JsonValue:
    """The channels as they were sealed when there could be one only, so that what was approved then stays approved."""
    return [*verdict.channels] if len(verdict.channels) > 1 else next(iter(verdict.channels), None)


def around(tx: Transaction, request: Request, person: Person) -> list[Person]:
    """Whom to look up besides the person who clicked."""
    ties = Ties(tuple(tx.identities()))
    givers = [each.giver for each in tx.delegations(at=tx.now()) if ties.same(person, each.taker)]
    if not ties.identities and not givers:
        return []
    spoken = [each for decision in tx.decisions(request.id) for each in voice_of(decision)]
    behind = [each for each in (request.requester, request.on_behalf_of) if each is not None]
    linked = [account for each in (person, *givers, *spoken, *behind) for account in ties.accounts(each)[1:]]
    wanted = {each.key: each for each in (*givers, *linked)}
    return [each for key, each in wanted.items() if key != person.key]
