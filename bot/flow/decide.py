"""Second stretch: people decide.

Every function of a transaction here begins with `hold_request`, the one conditional write that only succeeds while the
request is pending, at the revision that the person saw, and not past its expiry. The first commit wins; everybody else is
told who and when.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from agents.actions import BadArguments
from agents.runtime import Outcome
from bot.cards import lines
from bot.cards.form import NOTES_MAX, REJECT_REASONS, argument_fields, arguments_from
from bot.cards.text import Text, words
from bot.flow import jobs
from bot.flow.close import close, expire, settle
from bot.flow.desk import Answer, Click
from bot.flow.signoff import Signoff, proposal_of
from policies.people import Refused, Standing, group_references, humans, may_decide
from storage.canonical import NotCanonical, fingerprint
from storage.records import Decision, JsonObject, Person, Request, RequestStatus, Revision, Verb, Verdict
from storage.records import Outcome as Ruling
from storage.store import Transaction

DECISION = "decision"  # purpose of the seals on decisions
TOO_LONG = Answer(False, words("The notes are too long."), {"notes": f"At most {NOTES_MAX:,} characters."})


@dataclass(frozen=True)
class Rights:
    """What the directory says right now about the person who clicked and the groups that the rule names."""

    standing: Standing
    groups: dict[str, frozenset[str]]


async def rights(signoff: Signoff, request: Request, click: Click) -> tuple[Rights, Click]:
    """Look the person and the groups up. Returns the click with the person as the directory knows them.

    Raises SurfaceError and SurfaceBusy: who cannot be looked up does not decide.
    """
    surface = signoff.surfaces[click.person.surface]
    known = await surface.person(click.person.key)
    groups = {name: await surface.members(name) for name in group_references(request.verdict.reviewers)}
    person = Click(click.request_id, click.revision, click.fingerprint, known.person, click.delivery)
    return Rights(known.standing, dict(groups)), person


def refusal(request: Request, verdict: Verdict, click: Click, has: Rights) -> str | None:
    """Why this person may not decide; None if they may."""
    answer = may_decide(click.person, request.requester, verdict, has.groups, standing=has.standing)
    return answer.reason if isinstance(answer, Refused) else None


def approve(tx: Transaction, signoff: Signoff, click: Click, has: Rights) -> Answer:
    """One person approves one revision."""
    held = _hold(tx, signoff, click, has)
    if isinstance(held, Answer):
        return held
    return _approved(tx, signoff, held, click)


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
    if not tx.add_decision(_decision(tx, signoff, held, click, "reject", notes, str(reason))):
        return Answer(False, words("You have decided on this already."))
    rejected = tx.move_request(held.id, RequestStatus.pending, RequestStatus.rejected, reason=REJECT_REASONS[str(reason)])
    assert rejected is not None  # noqa: S101  # this transaction holds it
    outcome = Outcome("rejected", held.arguments, notes=notes, reason=REJECT_REASONS[str(reason)])
    close(tx, signoff, rejected, outcome, actor=click.person.key, said=lines.rejected(click.person, outcome))
    return Answer(True, words("Rejected. The agent and the requester are told."))


def edit(tx: Transaction, signoff: Signoff, click: Click, has: Rights, values: JsonObject) -> Answer:
    """One person changes arguments: a new revision, judged again, which is also that person's approval of it."""
    request = tx.request(click.request_id)
    try:
        arguments, target, notes = _edited(signoff, request, values)
    except BadArguments as error:
        return Answer(False, words("Some values cannot be used."), error.errors)
    except NotCanonical as error:
        return Answer(False, words(f"A value cannot be used: {error}."))
    if len(notes) > NOTES_MAX:
        return TOO_LONG
    held = _hold(tx, signoff, click, has)
    if isinstance(held, Answer):
        return held
    if arguments == held.arguments:
        return _approved(tx, signoff, held, click, notes)
    proposal = proposal_of(held).model_copy(update={"arguments": arguments, "target": target})
    verdict = signoff.judge(proposal, held.agent)
    if verdict.outcome is Ruling.block:
        return _edit_blocked(tx, held, click, verdict)
    revised = revise(tx, held, arguments, target, never_looser(held.verdict, verdict), click)
    if why := refusal(revised, revised.verdict, click, has):
        said = lines.edited(click.person, held, revised, notes, revised.verdict.quorum)
        tx.defer(jobs.show_card(revised))
        tx.defer(jobs.reply(held.run_id, said, request_id=held.id))
        return Answer(True, words(f"Your edit is stored as revision {revised.revision} for others to approve. {why}"))
    return _approved(tx, signoff, revised, click, notes, before=held)


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
        most = {
            "risk": risk,
            "quorum": max(before.quorum, after.quorum),
            "exclude_requester": before.exclude_requester or after.exclude_requester,
            "channel": before.channel,
        }
        return after.model_copy(update=most)
    reasons = (*before.reasons, *after.reasons)
    kept = {"risk": risk, "policy_version": after.policy_version, "rules": after.rules, "reasons": reasons}
    return before.model_copy(update=kept)


def _edited(signoff: Signoff, request: Request, values: JsonObject) -> tuple[JsonObject, str, str]:
    action = signoff.actions[request.action]
    fields = argument_fields(action, request.arguments)
    arguments, target = action.normal(arguments_from(values, fields))
    return arguments, target, str(values.get("notes") or "").strip()


def _hold(tx: Transaction, signoff: Signoff, click: Click, has: Rights) -> Request | Answer:
    """The request, held for this decision; or the answer to a person who may not, or can no longer, decide."""
    if not tx.first_delivery(click.delivery):
        return Answer(True, lines.standing(tx.request(click.request_id), tx.decisions(click.request_id)))
    held = tx.hold_request(click.request_id, click.revision)
    if held is None:
        return _too_late(tx, signoff, click)
    if held.fingerprint != click.fingerprint:
        return _refuse(tx, held, click, "This button does not belong to what the card shows. Nothing was done.")
    if why := refusal(held, held.verdict, click, has):
        return _refuse(tx, held, click, why)
    return _judged_again(tx, signoff, held, click)


def _judged_again(tx: Transaction, signoff: Signoff, held: Request, click: Click) -> Request | Answer:
    """A click under newer rules: a stricter verdict makes a new revision, a block ends the request."""
    verdict = signoff.judge(proposal_of(held), held.agent)
    if verdict.outcome is Ruling.block:
        reason = "The policy changed and now blocks this: " + " ".join(verdict.reasons)
        ended = tx.move_request(held.id, RequestStatus.pending, RequestStatus.cancelled, reason=reason)
        assert ended is not None  # noqa: S101  # this transaction holds it
        outcome = Outcome("cancelled", held.arguments, reason=reason)
        close(tx, signoff, ended, outcome, actor="policy", said=words(reason))
        return Answer(False, words(reason))
    if verdict.stricter_than(held.verdict):
        revised = revise(tx, held, held.arguments, held.target, never_looser(held.verdict, verdict), None)
        tx.defer(jobs.show_card(revised))
        return Answer(False, words("The policy became stricter since this card was posted. Look at it again, then decide."))
    return held


def _approved(
    tx: Transaction, signoff: Signoff, held: Request, click: Click, notes: str = "", *, before: Request | None = None
) -> Answer:
    """Count this approval, of an edit if the request was another `before`; with enough people it is settled."""
    verb: Verb = "edit" if before else "approve"
    decision = _decision(tx, signoff, held, click, verb, notes)
    others = approvers(tx.decisions(held.id), held.fingerprint)
    together = humans([*others, click.person])
    if together == humans(others) or not tx.add_decision(decision):
        return Answer(True, words("You have approved this already; it needs somebody else too."))
    missing = held.verdict.quorum - together
    tx.audit(
        f"request.{verb}",
        actor=click.person.key,
        run_id=held.run_id,
        request_id=held.id,
        body={"decision": decision.id, "revision": held.revision, "fingerprint": held.fingerprint, "notes": notes},
    )
    who = click.person
    said = lines.edited(who, before, held, notes, missing) if before else lines.approved(who, notes, missing)
    if missing == 0:
        settle(tx, held, who, verb)
    tx.defer(jobs.show_card(held))
    tx.defer(jobs.reply(held.run_id, said, request_id=held.id))
    return Answer(True, words("Approved. It runs now." if missing == 0 else f"Recorded. {missing} more must approve."))


def approvers(decisions: Sequence[Decision], mark: str) -> list[Person]:
    """Who approved exactly what has that fingerprint."""
    return [given.person for given in decisions if given.fingerprint == mark and given.verb != "reject"]


def agreed(tx: Transaction, signoff: Signoff, request: Request, mark: str) -> int:
    """How many humans approved exactly what has that fingerprint, by decisions that were made through here."""
    genuine = [given for given in tx.decisions(request.id) if signoff.seals.holds(given.seal, DECISION, sealed(given))]
    return humans(approvers(genuine, mark))


def sealed(decision: Decision) -> JsonObject:
    """What the seal of a decision is over: who decided what on which contents, and in whose place."""
    return {
        "id": decision.id,
        "request": decision.request_id,
        "revision": decision.revision,
        "fingerprint": decision.fingerprint,
        "person": decision.person.key,
        "lent_by": decision.lent_by.key if decision.lent_by else None,
        "verb": decision.verb,
    }


def _decision(
    tx: Transaction, signoff: Signoff, held: Request, click: Click, verb: Verb, notes: str, reason: str | None = None
) -> Decision:
    made = Decision(
        id=signoff.ids.new("dec"), request_id=held.id, revision=held.revision, fingerprint=held.fingerprint,
        person=click.person, verb=verb, reason=reason, notes=notes, created_at=tx.now(),
    )  # fmt: skip
    return made.model_copy(update={"seal": signoff.seals.seal(DECISION, sealed(made))})


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
