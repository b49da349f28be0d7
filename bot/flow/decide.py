"""Second stretch: people decide.

Every function of a transaction here begins with `hold_request`, the one conditional write that only succeeds while the
request is pending, at the revision that the person saw, and not past its expiry. The first commit wins; everybody else is
told who and when.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from agents.actions import BadArguments
from agents.runtime import Outcome
from bot.cards import lines
from bot.cards.build import changes_of
from bot.cards.card import Change
from bot.cards.form import NOTES_MAX, REJECT_REASONS, argument_fields, arguments_from
from bot.cards.text import Text, words
from bot.flow import jobs
from bot.flow.circumstances import judged
from bot.flow.close import close, expire, settle
from bot.flow.desk import Answer, Click
from bot.flow.people import Rights, allowed, concerned, genuine_approvals, holds, not_counted, seal, ties_of
from bot.flow.remind import scheduled
from bot.flow.signoff import Signoff, proposal_of
from policies.people import Allowed, Refused, Ties, out_of_reach, voice_of, voices
from storage.canonical import NotCanonical, fingerprint
from storage.records import Decision, JsonObject, Request, RequestStatus, Revision, Verb, Verdict
from storage.records import Outcome as Ruling
from storage.store import Transaction

UNREAD = Answer(False, words("Nothing was changed. To approve it as it is, open the card and read it to its end."))
FIXED = "The policy lets nobody edit this. Approve it as it is, or reject it and say in the notes what should change."
TOO_LONG = Answer(False, words("The notes are too long."), {"notes": f"At most {NOTES_MAX:,} characters."})


@dataclass(frozen=True)
class Held:
    """A request that this transaction holds for somebody who may decide on it: by what right, who is tied to whom, the
    approvals that count for its current revision, and why others do not count any more, by their ids."""

    request: Request
    right: Allowed
    ties: Ties
    given: tuple[Decision, ...] = ()
    lapsed: Mapping[str, str] = field(default_factory=dict)


def approve(tx: Transaction, signoff: Signoff, click: Click, has: Rights, notes: str = "") -> Answer:
    """One person approves one revision."""
    if len(notes) > NOTES_MAX:
        return TOO_LONG
    held = _hold(tx, signoff, click, has)
    if isinstance(held, Answer):
        return held
    return _approved(tx, signoff, held, click, notes)


def reject(tx: Transaction, signoff: Signoff, click: Click, has: Rights, values: JsonObject) -> Answer:
    """One person rejects; that ends it."""
    reason, notes = values.get("reason"), str(values.get("notes") or "").strip()
    if reason not in REJECT_REASONS:
        return Answer(False, words("Choose a reason."), {"reason": "Choose a reason."})
    if reason == "other" and not notes:
        return Answer(False, words("Say in the notes what is wrong."), {"notes": "Say here what is wrong."})
    if len(notes) > NOTES_MAX:
        return TOO_LONG
    held = _hold(tx, signoff, click, has)
    if isinstance(held, Answer):
        return held
    decision = _decision(tx, signoff, held, click, "reject", notes, str(reason))
    if not _added(tx, signoff, held, decision):
        return Answer(False, words("You have decided on this already."))
    why = REJECT_REASONS[str(reason)]
    rejected = tx.move_request(held.request.id, RequestStatus.pending, RequestStatus.rejected, reason=why)
    assert rejected is not None  # noqa: S101  # this transaction holds it
    outcome = Outcome("rejected", rejected.arguments, notes=notes, reason=why)
    said = lines.rejected(click.person, outcome, lent_by=decision.lent_by)
    close(tx, signoff, rejected, outcome, actor=click.person.key, said=said)
    return Answer(True, words("Rejected. The agent and the requester are told."))


def edit(tx: Transaction, signoff: Signoff, click: Click, has: Rights, values: JsonObject) -> Answer:
    """One person changes arguments: a new revision, judged again, which is also that person's approval of it."""
    request = tx.request(click.request_id)
    typed = _typed(signoff, request, values) if request.verdict.editable else None
    if isinstance(typed, Answer):
        return typed
    held = _hold(tx, signoff, click, has)
    if isinstance(held, Answer):
        return held
    if typed is None or not held.request.verdict.editable:
        return _refuse(tx, held.request, click, FIXED)
    arguments, target, notes = typed
    before = held.request
    if arguments == before.arguments:
        return _approved(tx, signoff, held, click, notes) if click.whole else UNREAD
    proposal = proposal_of(before).model_copy(update={"arguments": arguments, "target": target})
    verdict = judged(tx, signoff, tx.run(before.run_id), proposal)
    if verdict.outcome is Ruling.block:
        return _edit_blocked(tx, before, click, verdict)
    revised = revise(tx, before, arguments, target, never_looser(before.verdict, verdict), click)
    right = allowed(revised, click, has, held.ties) if click.whole else Refused("Open the card to read and approve it.")
    if isinstance(right, Refused):
        lent_by = held.right.lent_by
        changes = _changes(signoff, before, revised)
        said = lines.edited(click.person, changes, notes, revised.verdict.quorum, lent_by=lent_by)
        tx.defer(*jobs.show_card(revised))
        tx.defer(*jobs.say(revised, said))
        told = f"Your edit is stored as revision {revised.revision}, which waits for approval. {right.reason}"
        return Answer(True, words(told))
    return _approved(tx, signoff, Held(revised, right, held.ties), click, notes, before=before)


def fixed(tx: Transaction, signoff: Signoff, request: Request) -> bool:
    """Whether nobody may edit this, by what its card says or by the policy in force since."""
    if not request.verdict.editable:
        return True
    verdict = judged(tx, signoff, tx.run(request.run_id), proposal_of(request))
    return verdict.outcome is Ruling.approve and not verdict.editable


def revise(
    tx: Transaction, held: Request, arguments: JsonObject, target: str, verdict: Verdict, click: Click | None
) -> Request:
    """A new revision of a held request. Approvals of earlier ones no longer count: they carry another fingerprint."""
    now, number = tx.now(), held.revision + 1
    mark = fingerprint(
        action=held.action, arguments=arguments, target=target, agent=held.agent, tenant=held.tenant, revision=number,
        policy_version=verdict.policy_version,
    )  # fmt: skip
    soonest = min(held.expires_at, now + timedelta(seconds=verdict.expires_in))
    revised = held.model_copy(
        update={
            "revision": number, "arguments": arguments, "target": target, "verdict": verdict, "fingerprint": mark,
            "expires_at": soonest,
        }
    )  # fmt: skip
    revised = scheduled(revised, now)
    revision = Revision(
        request_id=held.id, number=number, arguments=arguments, target=target, verdict=verdict, fingerprint=mark,
        editor=click.person if click else None, created_at=now,
    )  # fmt: skip
    tx.revise_request(revised, revision)
    tx.audit(
        "request.revised",
        actor=click.person.key if click else "policy",
        run_id=held.run_id,
        request_id=held.id,
        body={"revision": number, "fingerprint": mark, "previous": held.fingerprint, "rules": list(verdict.rules)},
    )
    return revised


def never_looser(before: Verdict, after: Verdict) -> Verdict:
    """The verdict of an edited proposal: what people were asked for stays asked for, whatever the new arguments allow."""
    risk = max(before.risk, after.risk, key=lambda risk: risk.rank)
    if after.outcome is Ruling.approve:
        kept_risk = (f"The risk stays {risk}, as it was rated before.",) if risk is not after.risk else ()
        most = {
            "risk": risk,
            "reasons": (*after.reasons, *kept_risk),
            "quorum": max(before.quorum, after.quorum),
            "exclude_requester": before.exclude_requester or after.exclude_requester,
            "editable": before.editable and after.editable,
            "channels": before.channels,
        }
        return after.model_copy(update=most)
    reasons = (*before.reasons, *after.reasons)
    kept = {"risk": risk, "policy_version": after.policy_version, "rules": after.rules, "reasons": reasons}
    return before.model_copy(update=kept)


def _changes(signoff: Signoff, before: Request, after: Request) -> tuple[Change, ...]:
    return changes_of(signoff.actions, before.action, before.arguments, after.arguments)


def _typed(signoff: Signoff, request: Request, values: JsonObject) -> tuple[JsonObject, str, str] | Answer:
    """The arguments, target and notes that an edit form says; or what is wrong with it."""
    action, notes = signoff.actions[request.action], str(values.get("notes") or "").strip()
    fields = argument_fields(action, request.arguments)
    try:
        arguments, target = action.normal(arguments_from(values, fields, request.arguments))
    except BadArguments as error:
        return Answer(False, words("Some values cannot be used."), error.errors)
    except NotCanonical as error:
        return Answer(False, words(f"A value cannot be used: {error}."))
    return TOO_LONG if len(notes) > NOTES_MAX else (arguments, target, notes)


def _hold(tx: Transaction, signoff: Signoff, click: Click, has: Rights) -> Held | Answer:
    """The request, held for this decision; or the answer to a person who may not, or can no longer, decide."""
    if not tx.first_delivery(click.delivery):
        return Answer(True, lines.standing(tx.request(click.request_id), tx.decisions(click.request_id)))
    held = tx.hold_request(click.request_id, click.revision)
    if held is None:
        return _too_late(tx, signoff, click)
    if held.fingerprint != click.fingerprint:
        return _refuse(tx, held, click, "This button does not belong to what the card shows. Nothing was done.")
    ties = ties_of(tx, has.everybody(click), concerned(tx, held, click.person))
    made = genuine_approvals(tx, signoff, held, held.fingerprint, ties)
    lapsed = not_counted(held, click, has, ties, made)
    given = tuple(each for each in made if each.id not in lapsed)
    right = allowed(held, click, has, ties, given)
    if isinstance(right, Refused):
        return _refuse(tx, held, click, right.reason)
    return _judged_again(tx, signoff, held, click) or Held(held, right, ties, given, lapsed)


def _judged_again(tx: Transaction, signoff: Signoff, held: Request, click: Click) -> Answer | None:
    """A click under newer rules: a stricter verdict makes a new revision, a block ends the request; else None."""
    verdict = judged(tx, signoff, tx.run(held.run_id), proposal_of(held))
    if verdict.outcome is Ruling.block:
        reason = "The policy changed and now blocks this: " + " ".join(verdict.reasons)
        ended = tx.move_request(held.id, RequestStatus.pending, RequestStatus.cancelled, reason=reason)
        assert ended is not None  # noqa: S101  # this transaction holds it
        outcome = Outcome("cancelled", held.arguments, reason=reason)
        close(tx, signoff, ended, outcome, actor="policy", said=words(reason))
        return Answer(False, words(reason))
    if verdict.stricter_than(held.verdict):
        revised = revise(tx, held, held.arguments, held.target, never_looser(held.verdict, verdict), None)
        tx.defer(*jobs.show_card(revised))
        return Answer(False, words("The policy became stricter since this card was posted. Look at it again, then decide."))
    return None


def _approved(
    tx: Transaction, signoff: Signoff, held: Held, click: Click, notes: str = "", *, before: Request | None = None
) -> Answer:
    """Count this approval, of an edit if the request was another `before`; with enough voices it is settled."""
    request, who, lent_by = held.request, click.person, held.right.lent_by
    decision = _decision(tx, signoff, held, click, "edit" if before else "approve", notes)
    earlier = [voice_of(given) for given in held.given]
    spoken = [*earlier, voice_of(decision)]
    together = voices(spoken, held.ties)
    again = together <= voices(earlier, held.ties) or not _added(tx, signoff, held, decision)
    if again and together < request.verdict.quorum:  # else approvals that did not count meanwhile count again
        return Answer(True, words(_spoken_already(held, click)))
    missing = max(request.verdict.quorum - together, 0)
    said = (
        lines.edited(who, _changes(signoff, before, request), notes, missing, lent_by=lent_by)
        if before
        else lines.approved(who, notes, missing, lent_by=lent_by)
    )
    if missing == 0:
        settle(tx, signoff, request, who, decision.verb)
    tx.defer(*jobs.show_card(request))
    tx.defer(*jobs.say(request, said))
    if missing == 0:
        return Answer(True, words(f"Approved{_for(held)}. It runs now."))
    stuck = out_of_reach(request, spoken, held.ties)
    told = [f"Recorded{_for(held)}. {missing} more must approve.", *_not_counted(held), *filter(None, [stuck])]
    return Answer(True, words(" ".join(told)))


def _added(tx: Transaction, signoff: Signoff, held: Held, decision: Decision) -> bool:
    """Store and audit a decision; False if that person has decided the same on that revision before."""
    instead_of = _in_the_way(tx, signoff, held, decision)
    if not (tx.replace_decision(instead_of.id, decision) if instead_of else tx.add_decision(decision)):
        return False
    body: JsonObject = {
        "decision": decision.id, "revision": decision.revision, "fingerprint": decision.fingerprint,
        "right": held.right.by, "lent_by": decision.lent_by.key if decision.lent_by else None, "notes": decision.notes,
    }  # fmt: skip
    if instead_of:
        body["instead_of"] = instead_of.model_dump(mode="json", exclude={"person", "request_id", "revision", "verb"})
    if held.lapsed:
        body["not_counted"] = dict(held.lapsed)
    tx.audit(
        f"request.{decision.verb}", actor=decision.person.key, run_id=held.request.run_id, request_id=held.request.id,
        body=body,
    )  # fmt: skip
    return True


def _in_the_way(tx: Transaction, signoff: Signoff, held: Held, decision: Decision) -> Decision | None:
    """The row that stands where this decision belongs, if nobody made it through here: its seal is missing or wrong."""
    place = (decision.person.key, decision.revision, decision.verb)
    for row in tx.decisions(held.request.id):
        if (row.person.key, row.revision, row.verb) == place:
            genuine = row.fingerprint == decision.fingerprint and holds(signoff.seals, row, held.request.verdict)
            return None if genuine else row
    return None


def _decision(
    tx: Transaction, signoff: Signoff, held: Held, click: Click, verb: Verb, notes: str, reason: str | None = None
) -> Decision:
    request = held.request
    made = Decision(
        id=signoff.ids.new("dec"), request_id=request.id, revision=request.revision, fingerprint=request.fingerprint,
        person=click.person, verb=verb, reason=reason, notes=notes, lent_by=held.right.lent_by, created_at=tx.now(),
    )  # fmt: skip
    return seal(signoff.seals, made, request.verdict)


def _spoken_already(held: Held, click: Click) -> str:
    """Why an approval adds nothing."""
    lent_by = held.right.lent_by
    if lent_by is None or any(held.ties.same(click.person, given.person) for given in held.given):
        return " ".join(["You have approved this already; it needs somebody else too.", *_not_counted(held)])
    return f"{lent_by.name} has a voice in this already, and it counts once; it needs somebody else too."


def _not_counted(held: Held) -> list[str]:
    """The sentences about approvals that do not count now."""
    return [f"An earlier approval does not count: {why}." for why in held.lapsed.values()]


def _for(held: Held) -> str:
    return f" for {held.right.lent_by.name}" if held.right.lent_by else ""


def _too_late(tx: Transaction, signoff: Signoff, click: Click) -> Answer:
    """Nothing was held: say what is true now."""
    request = tx.request(click.request_id)
    expired = expire(tx, signoff, request.id)
    if expired is not None:
        return Answer(False, lines.standing(expired, ()))
    if request.status is RequestStatus.pending and request.revision != click.revision:
        return Answer(False, words("This was edited since. Look at the card again, then decide."))
    return Answer(False, lines.standing(request, tx.decisions(request.id)))


def _refuse(tx: Transaction, held: Request, click: Click, why: str) -> Answer:
    body: JsonObject = {"revision": click.revision, "reason": why}
    tx.audit("decision.refused", actor=click.person.key, run_id=held.run_id, request_id=held.id, body=body)
    return Answer(False, words(why))


def _edit_blocked(tx: Transaction, held: Request, click: Click, verdict: Verdict) -> Answer:
    reason = "The policy blocks this edit: " + " ".join(verdict.reasons)
    body: JsonObject = {"revision": click.revision, "rules": list(verdict.rules)}
    tx.audit("edit.blocked", actor=click.person.key, run_id=held.run_id, request_id=held.id, body=body)
    said: Text = words(reason)
    return Answer(False, said)
