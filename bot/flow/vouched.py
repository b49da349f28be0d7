"""Decisions of people whom no chat platform vouches for, but the owner of a key or an operator at a terminal.

They decide by the same rules and through the same transactions as a click on a card. Chat directories are asked where a rule
names a group; where one does not answer, nobody is let through by it, and the person is told so.
"""

from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass, field, replace
from typing import Literal, cast
from uuid import uuid4

from agents.actions import BadArguments
from bot.cards.form import REJECT_REASONS
from bot.cards.text import words
from bot.flow import decide
from bot.flow.desk import Answer, Click
from bot.flow.people import Rights, around, rights
from bot.flow.signoff import Signoff
from bot.flow.surface import Known, Surface, SurfaceBusy, SurfaceError
from policies.people import reviewers
from policies.reviewers import names
from storage.records import JsonObject, Person, Request, RequestStatus, Verb
from storage.store import Transaction

Kind = Literal["done", "invalid", "refused", "late"]
Work = Callable[[Transaction, Click, Rights], Answer]

LOOK_AGAIN = "This is not what the request asks for now: it was changed since, or the fingerprint is another's. Look again."
NOT_EDITABLE = "Signoff does not know this action, so its arguments cannot be edited. Reject it, and say in the notes why."


@dataclass(frozen=True)
class Choice:
    """What somebody decides, on what they saw. `arguments` are those to change, `reason` is one of REJECT_REASONS."""

    verb: Verb
    fingerprint: str
    notes: str = ""
    reason: str | None = None
    arguments: JsonObject = field(default_factory=dict)


@dataclass(frozen=True)
class Ruled:
    """What became of a decision: done, the values were invalid, the person was refused, or it came too late."""

    kind: Kind
    answer: Answer
    request: Request


async def decide_as(signoff: Signoff, request_id: str, person: Person, choice: Choice, *, by: str) -> Ruled:
    """Record a decision as that person's. `by` goes into the audit as who vouched for them.

    Raises NotFound, StorageError, and SurfaceError or SurfaceBusy where a platform has to say who the person is.
    """
    request = await signoff.store.read(lambda tx: tx.request(request_id))
    work = _work(signoff, request, choice)
    if isinstance(work, Ruled):
        return work
    click = Click(request.id, request.revision, request.fingerprint, person, f"{by}:{uuid4()}")
    has, sure, unsure = await _rights(signoff, request, click)
    if isinstance(has, Ruled):
        return has
    return await signoff.store.write(lambda tx: _ruled(tx, sure, work(tx, sure, has), choice, by, unsure))


def _work(signoff: Signoff, request: Request, choice: Choice) -> Work | Ruled:
    """The transaction that the choice asks for."""
    if choice.fingerprint != request.fingerprint:
        return Ruled("late", Answer(False, words(LOOK_AGAIN)), request)
    match choice.verb:
        case "approve":
            return lambda tx, click, has: decide.approve(tx, signoff, click, has, choice.notes)
        case "reject":
            reason = choice.reason or ("other" if choice.notes else None)
            if reason not in REJECT_REASONS:
                why = f"Say why, with one of the reasons {', '.join(REJECT_REASONS)}, or with notes."
                return Ruled("invalid", Answer(False, words(why), {"reason": why}), request)
            return lambda tx, click, has: decide.reject(tx, signoff, click, has, {"reason": reason, "notes": choice.notes})
        case "edit":
            return _edit(signoff, request, choice)


def _edit(signoff: Signoff, request: Request, choice: Choice) -> Work | Ruled:
    if request.action not in signoff.actions:
        return Ruled("invalid", Answer(False, words(NOT_EDITABLE), {"decision": NOT_EDITABLE}), request)
    if request.status is RequestStatus.pending and not request.verdict.editable:
        return Ruled("invalid", Answer(False, words(decide.FIXED), {"decision": decide.FIXED}), request)
    unknown = choice.arguments.keys() - request.arguments.keys()
    wrong = {name: f"There is no such argument. There are: {', '.join(request.arguments)}." for name in sorted(unknown)}
    try:
        arguments, _ = signoff.actions[request.action].normal({**request.arguments, **choice.arguments})
    except BadArguments as error:
        wrong = {**error.errors, **wrong}
    if wrong:
        return Ruled("invalid", Answer(False, words("Some values cannot be used."), wrong), request)
    values: JsonObject = {**arguments, "notes": choice.notes}
    return lambda tx, click, has: decide.edit(tx, signoff, click, has, values)


def _ruled(tx: Transaction, click: Click, answer: Answer, choice: Choice, by: str, unsure: list[str]) -> Ruled:
    request = tx.request(click.request_id)
    if answer.ok:
        body: JsonObject = {"person": click.person.key, "decision": choice.verb, "said": choice.notes}
        tx.audit("decision.vouched", actor=by, run_id=request.run_id, request_id=request.id, body=body)
        return Ruled("done", answer, request)
    if answer.errors:
        return Ruled("invalid", answer, request)
    if request.status is not RequestStatus.pending or request.revision != click.revision:
        return Ruled("late", answer, request)
    return Ruled("refused", replace(answer, text=(*answer.text, *words(*(f" {why}" for why in unsure)))), request)


async def _rights(signoff: Signoff, request: Request, click: Click) -> tuple[Rights | Ruled, Click, list[str]]:
    """What is known of the person, the click with them as they are known, and what could not be looked up.

    Somebody with an account on a connected platform is looked up there, like anybody who clicks.
    """
    if click.person.surface in signoff.surfaces:
        return *await rights(signoff, request, click), []
    if why := _unknown(click.person) or await _perhaps_behind(signoff, request, click.person):
        return Ruled("refused", Answer(False, words(why)), request), click, []
    unsure: list[str] = []
    silent: set[str] = set()
    named = any(names(reference, click.person) for reference in reviewers(request))
    who = None if named else click.person
    asked = {name: _Asked(surface, who, unsure, silent) for name, surface in signoff.surfaces.items()}
    # Nothing is posted through these: who is who is all that `rights` asks of a surface.
    directories = cast("Mapping[str, Surface]", {**asked, click.person.surface: _Vouched(click.person)})
    has, sure = await rights(replace(signoff, surfaces=directories), request, click)
    answered = {each.person.key for each in has.others} - silent
    if why := await _perhaps_linked(signoff, request, click.person, answered):
        return Ruled("refused", Answer(False, words(why)), request), click, []
    return has, sure, unsure


def _unknown(person: Person) -> str | None:
    """Why nothing can be said about somebody; None of who is named by an address."""
    if person.email is not None:
        return None
    return f"It cannot be looked up who {person.key} is: that platform is not connected here. Use an e-mail address instead."


async def _perhaps_linked(signoff: Signoff, request: Request, person: Person, answered: Set[str]) -> str | None:
    """Why somebody may have to do with the request already, under a linked account whose address nobody tells; else None."""
    keys = [each.key for each in await signoff.store.read(lambda tx: around(tx, request, person))]
    for linked in await signoff.store.read(lambda tx: tx.identities(keys)):
        if linked.person.key not in answered and linked.person.email is None:
            return (
                f"It cannot be looked up whether you are {linked.person.key}, which is linked to somebody who has to do "
                "with this request. Try again when that platform answers."
            )
    return None


async def _perhaps_behind(signoff: Signoff, request: Request, person: Person) -> str | None:
    """Why somebody may be the one who asked, under an account whose address is not written in the request; else None."""
    behind = [each for each in (request.requester, request.on_behalf_of) if each is not None and each.email is None]
    if not request.verdict.exclude_requester:
        return None
    for each in behind:
        surface = signoff.surfaces.get(each.surface)
        try:
            known = (await surface.person(each.key)).person if surface else each
        except (SurfaceError, SurfaceBusy) as error:
            return f"It cannot be looked up whether you are {each.key}, who is behind this request: {error}"
        if known.email and person.email and known.email.strip().lower() == person.email.strip().lower():
            return f"You are {each.key}, who is behind this request, so somebody else has to decide."
    return None


@dataclass
class _Vouched:
    """The directory in which the person is known."""

    who: Person

    async def person(self, key: str) -> Known:
        return Known(self.who, "member" if key == self.who.key else "stranger")

    async def members(self, group: str, *, fresh: bool = False) -> frozenset[str]:
        return frozenset()


@dataclass
class _Asked:
    """A platform's directory, asked about others and, unless a rule names them, whether `who` is in its groups.

    What it does not answer entitles nobody and is noted in `unsure`; of whom it does not say who they are, in `silent`.
    """

    surface: Surface
    who: Person | None
    unsure: list[str]
    silent: set[str]

    async def person(self, key: str) -> Known:
        try:
            return await self.surface.person(key)
        except (SurfaceError, SurfaceBusy):
            self.silent.add(key)
            return Known(Person(key=key, name=key), "stranger")

    async def members(self, group: str, *, fresh: bool = False) -> frozenset[str]:
        try:
            keys = await self.surface.members(group, fresh=fresh)
            return keys | {self.who.key} if self.who and await self._among(keys) else keys
        except (SurfaceError, SurfaceBusy) as error:
            if self.who is None:
                return frozenset()
            self.unsure.append(f"Whether you are in {group.partition(':')[2]} could not be looked up: {error}")
            return frozenset()

    async def _among(self, keys: frozenset[str]) -> bool:
        """Whether one of these accounts is a full member's with the same address."""
        mail = (self.who.email or "").lower() if self.who else ""
        for key in sorted(keys):
            known = await self.surface.person(key)
            if mail and known.standing == "member" and (known.person.email or "").strip().lower() == mail:
                return True
        return False
