"""Who sees what. The rule is in the docstring of this package; here it is code. What the directory and the database say is
looked up beforehand."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from bot.flow.accounts import TERMINAL
from bot.flow.people import linked_with
from bot.flow.signoff import Signoff
from bot.flow.surface import Known, Standing, SurfaceBusy, SurfaceError
from bot.pages.links import Visitor
from policies.people import Ties, group_references, reviewers, voice_of
from policies.reviewers import names
from storage.records import Person, Request, Run
from storage.store import Transaction

REMEMBERED = 60.0  # seconds for which the directory is not asked again about somebody who looks around
MOST = 1000  # people who are remembered; requests of one run

WHY_OUT: Mapping[Standing, str] = {
    "guest": "Guests of the workspace cannot see what agents do here.",
    "deactivated": "This account was deactivated.",
    "stranger": "People from other organisations cannot see what agents do here.",
}


class Shut(Exception):
    """This person may not come in at all; the message says why, to them."""


@dataclass(frozen=True)
class Concern:
    """Whom a run concerns: people, and references to people as policies write them."""

    people: tuple[Person, ...]
    asked: tuple[str, ...]


@dataclass(frozen=True)
class Eyes:
    """Somebody who looks, with everything that decides what they see. `accounts` are theirs, and after them those of whom
    they stand in for; `groups` are the members of the groups that were looked up."""

    ties: Ties
    own: tuple[Person, ...]
    lenders: tuple[Person, ...] = ()
    readers: tuple[str, ...] = ()
    groups: Mapping[str, frozenset[str]] | None = None
    everything: bool = False

    def see(self, concern: Concern) -> bool:
        """Whether a run is this person's business."""
        if self.everything or self._named(self.readers, self.own):
            return True
        if any(self.ties.same(self.own[0], each) for each in concern.people):
            return True
        return self._named(concern.asked, (*self.own, *self.lenders))

    def _named(self, references: Iterable[str], accounts: Sequence[Person]) -> bool:
        groups = self.groups or {}
        return any(
            names(reference, each) or each.key in groups.get(reference, frozenset())
            for reference in references
            for each in accounts
        )


def concern_of(tx: Transaction, run: Run, requests: Sequence[Request]) -> Concern:
    """Whom a run concerns now."""
    people = [run.requester, *([run.on_behalf_of] if run.on_behalf_of else [])]
    people += [each for request in requests for given in tx.decisions(request.id) for each in voice_of(given)]
    asked = dict.fromkeys(reference for request in requests for reference in reviewers(request))
    return Concern(tuple({each.key: each for each in people}.values()), tuple(asked))


def eyes_of(tx: Transaction, visitor: Visitor, readers: tuple[str, ...]) -> Eyes:
    """Somebody's eyes, but for the groups."""
    person = visitor.person
    accounts = Ties(tuple(linked_with(tx, [person]))).accounts(person)
    lent = [each.giver for each in tx.delegations(at=tx.now()) if each.taker.key in {one.key for one in accounts}]
    ties = Ties(tuple(linked_with(tx, [person, *lent])))
    return Eyes(ties, ties.accounts(person), tuple(lent), readers, None, visitor.operator)


async def groups_of(signoff: Signoff, references: Iterable[str]) -> dict[str, frozenset[str]]:
    """The members of the groups among these references. One that cannot be looked up lets nobody in."""
    found: dict[str, frozenset[str]] = {}
    for name in group_references(references):
        surface = signoff.surfaces.get(name.partition(":")[0])
        try:
            found[name] = await surface.members(name) if surface else frozenset()
        except (SurfaceBusy, SurfaceError):
            found[name] = frozenset()
    return found


class Directory:
    """Looks people up where they are known, and remembers them for a minute. Who cannot be looked up stays out."""

    def __init__(self, signoff: Signoff, clock: Callable[[], float]) -> None:
        """`clock` counts seconds."""
        self._signoff, self._clock = signoff, clock
        self._met: dict[str, tuple[float, Known]] = {}

    async def known(self, visitor: Visitor) -> Known:
        """Who a visitor is now. Raises Shut, SurfaceBusy, SurfaceError."""
        key = visitor.person.key
        until, known = self._met.get(key, (0.0, None))
        if known is None or self._clock() >= until:
            known = await self._look(visitor)
            if len(self._met) >= MOST:
                self._met.clear()
            self._met[key] = (self._clock() + REMEMBERED, known)
        if known.standing != "member":
            raise Shut(WHY_OUT[known.standing])
        return known

    async def _look(self, visitor: Visitor) -> Known:
        person = visitor.person
        if visitor.operator:
            return Known(person, "member")
        if person.surface in self._signoff.surfaces:
            return await self._signoff.surfaces[person.surface].person(person.key)
        if person.surface != TERMINAL:
            raise SurfaceError(f"{person.surface} is not connected now.")
        return Known(person, await self._vouched(person))

    async def _vouched(self, person: Person) -> Standing:
        """How somebody stands whom an operator let in by address: worse than a member if a platform says so."""
        standings = [
            (await surface.person(key)).standing
            for surface in self._signoff.surfaces.values()
            for key in sorted(await surface.find(person.email or ""))
        ]
        return next((each for each in standings if each != "member"), "member")
