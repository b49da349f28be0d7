"""Who may decide. Pure: the members of groups and a person's standing are looked up beforehand, at the click."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from policies.reviewers import group_references, names, shown
from storage.records import Person, Verdict

__all__ = ["Allowed", "Refused", "Standing", "group_references", "humans", "may_decide"]

Standing = Literal["member", "guest", "deactivated", "stranger"]
"""What the directory says of a person: full member, guest, deactivated account, or of another organisation."""

_UNFIT = {
    "guest": "Guests cannot decide here.",
    "deactivated": "This account is deactivated.",
    "stranger": "People from other organisations cannot decide here.",
}


@dataclass(frozen=True)
class Allowed:
    """The person may decide. `by` is the reviewer reference that entitles them."""

    by: str


@dataclass(frozen=True)
class Refused:
    """The person may not decide. `reason` is a sentence for them."""

    reason: str


def may_decide(
    person: Person,
    requester: Person,
    verdict: Verdict,
    groups: Mapping[str, frozenset[str]],
    *,
    standing: Standing = "member",
) -> Allowed | Refused:
    """Whether `person` may decide on what `requester` asked for, given the verdict.

    `groups` maps each group reference of the verdict (see `group_references`) to the keys of its members. A group that
    could not be looked up is left out and entitles nobody.
    """
    if standing != "member":
        return Refused(_UNFIT[standing])
    if verdict.exclude_requester and _same_human(person, requester):
        return Refused(f"You asked for this, so somebody else has to decide. {_who_can(verdict)}")
    for reference in verdict.reviewers:
        if names(reference, person) or person.key in groups.get(reference, frozenset()):
            return Allowed(by=reference)
    return Refused(_who_can(verdict))


def humans(people: Iterable[Person]) -> int:
    """How many humans these accounts belong to: two accounts of one human count once."""
    apart: list[Person] = []
    for person in people:
        if not any(_same_human(person, other) for other in apart):
            apart.append(person)
    return len(apart)


def _same_human(one: Person, other: Person) -> bool:
    """Whether two accounts belong to one human, as far as keys and addresses tell."""
    mails = {(person.email or "").strip().lower() for person in (one, other)}
    return one.key == other.key or (len(mails) == 1 and mails != {""})


def _who_can(verdict: Verdict) -> str:
    people = [shown(reference) for reference in verdict.reviewers]
    if not people:
        return "Nobody can decide on this."
    return f"Only {' and '.join(filter(None, [', '.join(people[:-1]), people[-1]]))} can decide on this."
