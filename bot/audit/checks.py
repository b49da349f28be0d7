"""Whether a story is true to itself: fingerprints computed afresh, and each row held against the audit chain.

Only audit entries are chained. A revision, a decision or an execution that was added, changed or removed afterwards shows
here, because it no longer fits the entry that was written with it.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from pydantic import JsonValue

from bot.audit.story import Story
from bot.flow.people import approvals
from policies.people import Ties, voice_of, voices
from storage.canonical import NotCanonical, fingerprint
from storage.records import (
    Decision,
    Execution,
    ExecutionStatus,
    JsonObject,
    Outcome,
    Request,
    RequestStatus,
    Revision,
    Verdict,
)
from storage.redaction import redacted_json

RAN = (RequestStatus.succeeded, RequestStatus.failed, RequestStatus.unknown)
SETTLED = (RequestStatus.rejected, RequestStatus.expired, RequestStatus.cancelled)


@dataclass(frozen=True)
class Check:
    """One thing that must be so, in words, and whether it is."""

    ok: bool
    said: str


def checks(story: Story) -> tuple[Check, ...]:
    """Everything that can be checked without anything outside the database."""
    return (*_revisions(story), *_decisions(story), *_execution(story), *_end(story))


def recomputed(request: Request, arguments: JsonObject, target: str, number: int, verdict: Verdict) -> str | None:
    """The fingerprint of what is in the rows now; None if that has none."""
    try:
        return fingerprint(
            action=request.action, arguments=arguments, target=target, agent=request.agent, tenant=request.tenant,
            revision=number, policy_version=verdict.policy_version,
        )  # fmt: skip
    except NotCanonical:
        return None


def _revisions(story: Story) -> Iterator[Check]:
    for each in story.revisions:
        mark = recomputed(story.request, each.arguments, each.target, each.number, each.verdict)
        said = f"revision {each.number}"
        yield Check(mark == each.fingerprint, f"{said}: its fingerprint, computed afresh, is the stored one")
        yield Check(_recorded(story, each), f"{said}: it is in the audit chain with this fingerprint")
    now, last = story.request, story.revisions[-1] if story.revisions else None
    same = last is not None and (now.revision, now.arguments, now.target, now.fingerprint) == (
        last.number, last.arguments, last.target, last.fingerprint,
    )  # fmt: skip
    yield Check(same, "the request asks for what its last revision says")


def _recorded(story: Story, revision: Revision) -> bool:
    event = "request.created" if revision.number == 1 else "request.revised"
    return _has(story, event, revision=revision.number, fingerprint=revision.fingerprint)


def _decisions(story: Story) -> Iterator[Check]:
    marks = {(each.number, each.fingerprint) for each in story.revisions}
    for each in story.decisions:
        said = f"the {each.verb} of {each.person.key}"
        yield Check((each.revision, each.fingerprint) in marks, f"{said} is of what revision {each.revision} says")
        yield Check(_chained(story, each), f"{said} is in the audit chain")
    kept = {each.id for each in story.decisions}
    named = {str(entry.body["decision"]) for entry in story.entries if "decision" in entry.body}
    yield Check(named <= kept, "every decision in the audit chain is still there")


def _chained(story: Story, decision: Decision) -> bool:
    if decision.verb == "reject":
        return _has(story, "request.rejected", decision.person.key, revision=decision.revision, notes=decision.notes)
    body: JsonObject = {"decision": decision.id, "fingerprint": decision.fingerprint, "notes": decision.notes}
    return _has(story, f"request.{decision.verb}", decision.person.key, **body)


def _execution(story: Story) -> Iterator[Check]:
    ran, request = story.execution, story.request
    if ran is None:
        yield Check(request.status not in (*RAN, RequestStatus.executing), "nothing ran")
        return
    begun = _has(story, "execution.claimed", execution=ran.id, fingerprint=ran.fingerprint)
    yield Check(begun, "the execution is in the audit chain")
    if ran.status is not ExecutionStatus.claimed:
        yield Check(_reported(story, ran), f"its result, {ran.status}, and its receipt are those in the audit chain")
    if _has(story, "execution.refused"):
        yield Check(True, "the execution was refused before it began, as the audit chain says")
        return
    mark = recomputed(request, ran.arguments, request.target, request.revision, request.verdict)
    yield Check(mark == ran.fingerprint, "the fingerprint of what ran, computed afresh, is the one that was approved")
    if request.verdict.outcome is Outcome.approve:
        yield Check(
            _approved(story, ran), f"{request.verdict.quorum} people or more approved exactly what ran, before it ran"
        )
    else:
        let = _has(story, "request.approved", "policy", fingerprint=ran.fingerprint)
        yield Check(let, "the policy let exactly what ran run without asking, as the audit chain says")


def _reported(story: Story, ran: Execution) -> bool:
    reports = (entry.body for entry in story.entries if entry.event == f"execution.{ran.status}")
    return any(
        body.get("execution") == ran.id and _same(body.get("receipt") or None, ran.receipt or None) for body in reports
    )


def _approved(story: Story, ran: Execution) -> bool:
    before = [each for each in story.decisions if each.created_at <= ran.started_at]
    return voices(map(voice_of, approvals(before, ran.fingerprint)), Ties()) >= story.request.verdict.quorum


def _end(story: Story) -> Iterator[Check]:
    status = story.request.status
    if status in (*RAN, *SETTLED):
        kind = "execution" if status in RAN else "request"
        yield Check(_has(story, f"{kind}.{status}"), f"that it {_ended(status)} is in the audit chain")


def _ended(status: RequestStatus) -> str:
    return {RequestStatus.unknown: "ended with an unknown outcome", RequestStatus.rejected: "was rejected",
            RequestStatus.cancelled: "was cancelled"}.get(status, status.value)  # fmt: skip


def _same(chained: JsonValue, kept: JsonValue) -> bool:
    """Whether the chain says what the row says. The chain holds no secrets, so what it hid is hidden in the row as well."""
    return chained == kept or redacted_json(chained) == redacted_json(kept)


def _has(story: Story, event: str, actor: str | None = None, **body: JsonValue) -> bool:
    """Whether an entry of the chain says so."""
    return any(
        entry.event == event
        and (actor is None or entry.actor == actor)
        and all(_same(entry.body.get(name), value) for name, value in body.items())
        for entry in story.entries
    )
