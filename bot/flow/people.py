"""What is known of people at a click: what the directory says of them beforehand, and what the database says of them inside
the very transaction that decides."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from pydantic import JsonValue

from bot.flow.accounts import API, LOCAL, TERMINAL
from bot.flow.desk import Click
from bot.flow.seals import Seals
from bot.flow.signoff import Signoff
from bot.flow.surface import Known, Surface, SurfaceError
from policies.people import (
    Allowed,
    Refused,
    Standing,
    Ties,
    group_references,
    is_behind,
    lapsed,
    may_decide,
    reviewers,
    voice_of,
    voices,
)
from storage.records import Decision, Identity, JsonObject, Person, Request, Risk, Verdict
from storage.store import Transaction

DECISION = "decision"  # purpose of the seals on decisions
VOUCHED = (API, TERMINAL)  # surfaces of those whom no directory knows


@dataclass(frozen=True)
class Rights:
    """What the directory says right now about the person who clicked, the groups that the rule names, and `others`: those in
    whose place the person may decide, the linked accounts of everybody who has to do with the request, and those behind the
    approvals whose ids are in `looked_at`."""

    standing: Standing
    groups: Mapping[str, frozenset[str]]
    others: tuple[Known, ...] = ()
    looked_at: frozenset[str] = frozenset()

    def everybody(self, click: Click) -> tuple[Known, ...]:
        """The others and who clicked."""
        return (*self.others, Known(click.person, self.standing))


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
    to_ask, given = await signoff.store.read(
        lambda tx: (around(tx, request, known.person), approvals(tx.decisions(request.id), request.fingerprint))
    )
    skipped = {known.person.key, *(each.key for each in to_ask)}
    before = {each.key: each for decision in given for each in voice_of(decision) if each.key not in skipped}
    asked = [signoff.surfaces[each.surface].person(each.key) for each in to_ask if each.surface in signoff.surfaces]
    spoke = [_if_there(signoff.surfaces, each) for each in before.values() if each.surface not in VOUCHED]
    others = [each for each in await asyncio.gather(*asked, *spoke) if each is not None]
    return Rights(known.standing, groups, tuple(others), frozenset(each.id for each in given)), person


async def _if_there(surfaces: Mapping[str, Surface], person: Person) -> Known | None:
    """Somebody who approved earlier, as the directory knows them now; None if it does not. Raises SurfaceBusy."""
    try:
        return await surfaces[person.surface].person(person.key) if person.surface in surfaces else None
    except SurfaceError:  # their account was deleted, for example, which must not keep others from deciding
        return None


def ties_of(tx: Transaction, others: Sequence[Known] = (), about: Sequence[Person] | None = None) -> Ties:
    """Who is tied to whom as this transaction sees it; of the people it is `about` and of `others` only, if that is given.

    Of `others`, what the directory says of them counts; only those of them who are full members entitle anybody.
    """
    now = {each.person.key: each.person for each in others}
    members = frozenset(each.person.key for each in others if each.standing == "member")
    identities = tx.identities() if about is None else linked_with(tx, [*about, *now.values()])
    linked = [each.model_copy(update={"person": now.get(each.person.key, each.person)}) for each in identities]
    keys = {each.person.key for each in linked}
    # The others are tied to their accounts elsewhere by the address that the directory gives them.
    linked += [Identity(person=each, human=key, created_at=tx.now()) for key, each in now.items() if key not in keys]
    lent = tx.delegations(at=tx.now()) if members else ()
    return Ties(tuple(linked), tuple(each for each in lent if each.giver.key in members), members)


def linked_with(tx: Transaction, people: Iterable[Person]) -> list[Identity]:
    """The linked accounts of these people's humans, found by account or by address. Those that an address is written down
    with have it in their keys."""
    found: dict[str, Identity] = {}
    asked: set[str] = set()
    wanted = {key for person in people for key in _keys(person)}
    while wanted:
        asked |= wanted
        found |= {each.person.key: each for each in tx.identities_of_humans(wanted)}
        wanted = {key for each in found.values() for key in _keys(each.person)} - asked
    return [found[key] for key in sorted(found)]


def _keys(person: Person) -> list[str]:
    mail = (person.email or "").strip().lower()
    return [person.key, *(f"{surface}:{LOCAL}:{mail}" for surface in VOUCHED if mail)]


def concerned(tx: Transaction, request: Request, *people: Person) -> list[Person]:
    """Everybody who has to do with a request: these, those behind it, and those who have spoken."""
    behind = [each for each in (request.requester, request.on_behalf_of) if each is not None]
    return [*people, *behind, *(each for decision in tx.decisions(request.id) for each in voice_of(decision))]


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


def not_counted(request: Request, click: Click, has: Rights, ties: Ties, given: Sequence[Decision]) -> dict[str, str]:
    """Which of the approvals that were `given` do not count at this click, by id, and why: their givers have left since.

    Who approved after the look-up was looked up at that very click. Of people whom no directory knows, who was vouched for
    when they decided is believed.
    """
    known = {each.person.key: each for each in has.everybody(click)}
    standings = {key: each.standing for key, each in known.items()}
    why: dict[str, str] = {}
    for decision in given:
        voice = tuple(known[each.key].person if each.key in known else each for each in voice_of(decision))
        if decision.id not in has.looked_at or voice[-1].surface in VOUCHED:
            continue
        vouched: dict[str, Standing] = {each.key: "member" for each in voice if each.surface in VOUCHED}
        if reason := lapsed(voice, request, has.groups, ties, {**standings, **vouched}):
            why[decision.id] = reason
    return why


def agreed(tx: Transaction, signoff: Signoff, request: Request, mark: str) -> int:
    """How many voices approved exactly what has that fingerprint."""
    ties = ties_of(tx, about=concerned(tx, request))
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
    people = concerned(tx, request, person)
    theirs = Ties(tuple(linked_with(tx, [person])))
    givers = [each.giver for each in tx.delegations(at=tx.now()) if theirs.same(person, each.taker)]
    ties = Ties(tuple(linked_with(tx, [*people, *givers])))
    linked = [account for each in (*people, *givers) for account in ties.accounts(each)[1:]]
    unaddressed = [each for each in (request.requester, request.on_behalf_of) if each is not None and not each.email]
    wanted = {each.key: each for each in (*givers, *linked, *unaddressed)}
    return [each for key, each in wanted.items() if key != person.key]
