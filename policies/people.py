"""Who may decide, and how many voices have spoken. Pure: whatever the directory and the database say of people is looked up
beforehand and handed in."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from policies.reviewers import group_references, is_group, names, shown
from storage.records import Decision, Delegation, Identity, Person, Request

__all__ = [
    "Allowed", "Refused", "Standing", "Ties", "group_references", "is_behind", "lapsed", "may_decide", "out_of_reach",
    "people_named", "reviewers", "voice_of", "voices",
]  # fmt: skip

Standing = Literal["member", "guest", "deactivated", "stranger"]
"""What the directory says of a person: full member, guest, deactivated account, or of another organisation."""

Groups = Mapping[str, frozenset[str]]
"""The keys of the members of each group that a rule names. A group that could not be looked up is left out and entitles
nobody."""

Voice = tuple[Person, ...]
"""The humans behind one decision: who made it and, if they did so in somebody's place, that person."""

_UNFIT = {
    "guest": "Guests cannot decide here.",
    "deactivated": "This account is deactivated.",
    "stranger": "People from other organisations cannot decide here.",
}


@dataclass(frozen=True)
class Allowed:
    """The person may decide. `by` is the reviewer reference that entitles them, or `lent_by` in whose place they decide."""

    by: str
    lent_by: Person | None = None


@dataclass(frozen=True)
class Refused:
    """The person may not decide. `reason` says to them why, and who can."""

    reason: str


@dataclass(frozen=True)
class Ties:
    """What ties accounts together now: the linked accounts of humans who have several, and the delegations in force."""

    identities: tuple[Identity, ...] = ()
    delegations: tuple[Delegation, ...] = ()
    members: frozenset[str] = frozenset()  # keys of linked accounts that the directory knows as full members'

    def accounts(self, person: Person) -> tuple[Person, ...]:
        """Every account that is known to be of the same human, this one first: linked, or with the same address."""
        found = [person]
        for each in found:  # grows while it is walked, so that ties of ties are found too
            keys = {account.key for account in found}
            linked = (identity.person for identity in self.identities)
            found += [other for other in linked if other.key not in keys and self._tied(each, other)]
        return tuple(found)

    def same(self, one: Person, other: Person) -> bool:
        """Whether two accounts belong to one human, as far as anybody can tell."""
        return any(self._tied(account, other) for account in self.accounts(one))

    @cached_property
    def _humans(self) -> dict[str, str]:
        return {identity.person.key: identity.human for identity in self.identities}

    def _tied(self, one: Person, other: Person) -> bool:
        human = self._humans.get(one.key)
        linked = human is not None and human == self._humans.get(other.key)
        return one.key == other.key or linked or (_address(one) != "" and _address(one) == _address(other))


def may_decide(
    person: Person,
    request: Request,
    groups: Groups,
    ties: Ties,
    *,
    standing: Standing = "member",
    spoken: Sequence[Voice] = (),
) -> Allowed | Refused:
    """Whether `person` may decide on the current revision of `request`.

    Their own right comes first. Who decides in the place of several gives a voice that was not among `spoken`, if they can.
    """
    if standing != "member":
        return Refused(_UNFIT[standing])
    if why := _excluded(person, request, ties):
        return Refused(f"{why}, so somebody else has to decide. {_who_can(request)}")
    ways = list(_ways(person, request, groups, ties))
    if not ways:
        return Refused(f"{_lent_in_vain(person, request, ties)}{_who_can(request)}")
    before = voices(spoken, ties)
    return next((way for way in ways if voices([*spoken, _voice(person, way.lent_by)], ties) > before), ways[0])


def reviewers(request: Request) -> tuple[str, ...]:
    """Whom the rule asks about the current revision; with those it escalates to, once it has."""
    verdict = request.verdict
    return (*verdict.reviewers, *(verdict.escalate_to if request.escalated_at else ()))


def lapsed(voice: Voice, request: Request, groups: Groups, ties: Ties, standings: Mapping[str, Standing]) -> str | None:
    """Why a decision that was rightly made does not count now, to be read after "the approval of somebody"; None if it does.

    Everybody behind it has to be a full member by `standings` (by key; who is left out is none), and whoever's right it was
    made by has to be asked still. A delegation may be over by now: it was in force when it was used.
    """
    for person in voice:
        if standings.get(person.key) != "member":
            return f"{person.name} is not known as a full member now"
    return None if _entitled(voice[-1], request, groups, ties) else f"{voice[-1].name} is not asked about this any more"


def people_named(references: Iterable[str]) -> int | None:
    """How many people these references name at most, as far as that shows without a directory: an account that is written
    with its workspace and without is one. None where a group is among them, which may be any number.

    That an address and an id name one person only a directory knows; `out_of_reach` says so once it has been asked.
    """
    found = set(references)
    if any(map(is_group, found)):
        return None
    written_out = {(each.split(":")[0], each.rsplit(":", 1)[1]) for each in found if each.count(":") == 2}
    return sum(each.count(":") != 1 or tuple(each.split(":")) not in written_out for each in found)


def out_of_reach(request: Request, spoken: Sequence[Voice], ties: Ties) -> str | None:
    """Why the approvals that are missing cannot come from anybody whom the rule names or escalates to, as far as is known of
    those who have `spoken`; None if they can."""
    out = [account for voice in spoken for person in voice for account in ties.accounts(person)]
    if request.verdict.exclude_requester:
        behind = [each for each in (request.requester, request.on_behalf_of) if each is not None]
        out += [account for person in behind for account in ties.accounts(person)]
    asked = {*request.verdict.reviewers, *request.verdict.escalate_to}
    left = people_named(each for each in asked if not any(names(each, account) for account in out))
    if left is None or left >= request.verdict.quorum - voices(spoken, ties):
        return None
    nobody = "nobody else is" if left == 0 else f"only {left} more {'is' if left == 1 else 'are'}"
    return f"But {nobody} asked about this, so it cannot be approved: the rule names too few people. Reject it."


def is_behind(voice: Voice, request: Request, ties: Ties) -> bool:
    """Whether one of the voice's humans turns out to be somebody who may not decide on the request whatever their rights."""
    return any(_excluded(person, request, ties) for person in voice)


def voice_of(decision: Decision) -> Voice:
    """The humans behind a decision."""
    return _voice(decision.person, decision.lent_by)


def voices(spoken: Iterable[Voice], ties: Ties) -> int:
    """How many there are that share no human: two accounts, or two delegates, of one human are one voice."""
    apart: list[list[Person]] = []
    for voice in spoken:
        joined = [others for others in apart if any(ties.same(one, other) for one in voice for other in others)]
        apart = [others for others in apart if others not in joined]
        apart.append([*voice, *(person for others in joined for person in others)])
    return len(apart)


def _ways(person: Person, request: Request, groups: Groups, ties: Ties) -> Iterator[Allowed]:
    """Every right by which somebody may decide: their own, then those lent to them. What is lent is not lent on."""
    if by := _entitled(person, request, groups, ties):
        yield Allowed(by)
    for giver in _givers(person, ties):
        if not _excluded(giver, request, ties) and (by := _entitled(giver, request, groups, ties)):
            yield Allowed(by, lent_by=giver)


def _entitled(person: Person, request: Request, groups: Groups, ties: Ties) -> str | None:
    """The reference that names the person, under this account or another that is a full member's."""
    accounts = [each for each in ties.accounts(person) if each is person or each.key in ties.members]
    for reference in reviewers(request):
        members = groups.get(reference, frozenset())
        if any(names(reference, account) or account.key in members for account in accounts):
            return reference
    return None


def _excluded(person: Person, request: Request, ties: Ties) -> str | None:
    """Why somebody may not decide whatever rights they have, addressed to them."""
    if not request.verdict.exclude_requester:
        return None
    if ties.same(person, request.requester):
        return "You asked for this"
    if request.on_behalf_of is not None and ties.same(person, request.on_behalf_of):
        return "This is done on your behalf"
    return None


def _givers(person: Person, ties: Ties) -> list[Person]:
    return [each.giver for each in ties.delegations if ties.same(person, each.taker)]


def _lent_in_vain(person: Person, request: Request, ties: Ties) -> str:
    """Why what others lent to somebody does not help them here."""
    givers = _givers(person, ties)
    for giver in givers:
        if _excluded(giver, request, ties):
            return f"{giver.name} is behind this request, so nobody can decide on it in the place of {giver.name}. "
    return f"{givers[0].name}, in whose place you may decide, is not asked about this. " if givers else ""


def _who_can(request: Request) -> str:
    """Whom to turn to, without those who are excluded by name."""
    behind = [each for each in (request.requester, request.on_behalf_of) if each and request.verdict.exclude_requester]
    left = [each for each in dict.fromkeys(reviewers(request)) if not any(names(each, person) for person in behind)]
    people = [shown(reference) for reference in left]
    if not people:
        return "Nobody can decide on this."
    return f"Only {' and '.join(filter(None, [', '.join(people[:-1]), people[-1]]))} can decide on this."


def _voice(person: Person, lent_by: Person | None) -> Voice:
    return (person,) if lent_by is None else (person, lent_by)


def _address(person: Person) -> str:
    return (person.email or "").strip().lower()
