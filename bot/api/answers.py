"""What programs get: a request as it stands, and a claimed grant."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer

from agents.actions import Actions
from bot.cards.build import can_be_edited
from bot.flow.claim import Claimed, claim_before
from bot.flow.evaluate import diff_of
from bot.flow.execute import execution_of
from bot.flow.seals import GRANT_LIFE
from storage.records import (
    Decision,
    Evidence,
    Execution,
    ExecutionStatus,
    JsonObject,
    Outcome,
    Request,
    RequestStatus,
    Risk,
    Verb,
)
from storage.redaction import Cover
from storage.store import Transaction

Moment = Annotated[datetime, PlainSerializer(lambda at: at.isoformat().replace("+00:00", "Z"), return_type=str)]


class Answer(BaseModel):
    """Base of what is answered."""

    model_config = ConfigDict(frozen=True, json_schema_serialization_defaults_required=True)


class DecisionAnswer(Answer):
    """What one person decided."""

    decision: Verb
    person: str = Field(description="Key of the account.")
    name: str
    revision: int
    reason: str | None
    notes: str
    at: Moment


class ChangeAnswer(Answer):
    """One argument that people changed."""

    field: str
    before: str | None
    after: str | None


class ExecutionAnswer(Answer):
    """The one attempt to run it."""

    id: str
    status: ExecutionStatus
    receipt: JsonObject | None
    error: str | None
    started_at: Moment
    finished_at: Moment | None


class RequestAnswer(Answer):
    """A request as it stands. `arguments` are those of its current revision: what was asked for, with people's edits.
    Secrets are covered; the grant has them."""

    id: str
    status: RequestStatus
    verdict: Outcome = Field(description="What the policy said: auto and log need nobody, approve needs people.")
    risk: Risk
    reasons: list[str] = Field(description="Why the policy said so.")
    reason: str | None = Field(description="Why it ended, where the status alone does not say.")
    action: str
    arguments: JsonObject
    target: str
    summary: str
    evidence: list[Evidence]
    agent: str
    requester: str = Field(description="Key of the account that answers for it.")
    on_behalf_of: str | None
    revision: int
    fingerprint: str = Field(description="Binds what people saw to what is granted; a decision has to name it.")
    policy_version: str
    quorum: int = Field(description="How many people have to approve.")
    editable: bool = Field(description="Whether people can change the arguments before they approve.")
    decisions: list[DecisionAnswer]
    edit: list[ChangeAnswer] = Field(description="What people changed of what was asked for.")
    execution: ExecutionAnswer | None
    created_at: Moment
    expires_at: Moment = Field(description="Until when people can decide.")
    decided_at: Moment | None
    claim_before: Moment | None = Field(description="While it is approved: until when the grant can be claimed.")


class RequestsAnswer(Answer):
    """Requests, newest first."""

    requests: list[RequestAnswer]


class GrantAnswer(Answer):
    """The right to run a request once: with exactly these arguments, begun before `expires_at`."""

    id: str = Field(description="Id of the execution; a good idempotency key for the system that does it.")
    request_id: str
    action: str
    arguments: JsonObject
    target: str
    fingerprint: str
    revision: int
    grant: str = Field(description="A JWT signed with Ed25519, for whoever does it to verify with /v1/grant-keys.")
    expires_at: Moment


class DecidedAnswer(Answer):
    """What became of a decision, in the words that a person would read."""

    said: str
    request: RequestAnswer


class GrantKeysAnswer(Answer):
    """A JWK set (RFC 7517)."""

    keys: list[JsonObject]


def request_answer(tx: Transaction, actions: Actions, request: Request) -> RequestAnswer:
    """A request with everything that belongs to it but its secrets, from one snapshot."""
    verdict, first = request.verdict, tx.revisions(request.id)[0]
    cover = actions.cover(request.action, request.arguments)
    edit = diff_of(actions, request.action, first.arguments, request.arguments)
    return RequestAnswer(
        id=request.id, status=request.status, verdict=first.verdict.outcome, risk=verdict.risk,
        reasons=list(map(cover, verdict.reasons)), reason=_covered(request.reason, cover), action=request.action,
        arguments=actions.covered(request.action, request.arguments, cover), target=cover(request.target),
        summary=cover(request.summary), evidence=[_evidence(item, cover) for item in request.evidence], agent=request.agent,
        requester=request.requester.key, on_behalf_of=request.on_behalf_of.key if request.on_behalf_of else None,
        revision=request.revision, fingerprint=request.fingerprint, policy_version=verdict.policy_version,
        quorum=verdict.quorum if verdict.outcome is Outcome.approve else 0,
        editable=can_be_edited(actions, request), decisions=_decisions(tx.decisions(request.id), cover),
        edit=[ChangeAnswer.model_validate(change) for change in edit],
        execution=_execution(execution_of(tx, request), cover), created_at=request.created_at, expires_at=request.expires_at,
        decided_at=request.decided_at, claim_before=claim_before(request),
    )  # fmt: skip


def grant_answer(claimed: Claimed) -> GrantAnswer:
    """A grant that was claimed just now."""
    execution, request = claimed.execution, claimed.request
    return GrantAnswer(
        id=execution.id, request_id=request.id, action=execution.action, arguments=execution.arguments,
        target=request.target, fingerprint=execution.fingerprint, revision=request.revision, grant=claimed.grant,
        expires_at=(execution.started_at + GRANT_LIFE).replace(microsecond=0),
    )  # fmt: skip


def _covered(text: str | None, cover: Cover) -> str | None:
    return None if text is None else cover(text)


def _evidence(item: Evidence, cover: Cover) -> Evidence:
    return Evidence(title=cover(item.title), quote=cover(item.quote), link=_covered(item.link, cover))


def _decisions(decisions: Sequence[Decision], cover: Cover) -> list[DecisionAnswer]:
    return [
        DecisionAnswer(
            decision=each.verb,
            person=each.person.key,
            name=each.person.name,
            revision=each.revision,
            reason=each.reason,
            notes=cover(each.notes),
            at=each.created_at,
        )
        for each in decisions
    ]


def _execution(ran: Execution | None, cover: Cover) -> ExecutionAnswer | None:
    if ran is None:
        return None
    return ExecutionAnswer(
        id=ran.id, status=ran.status, receipt=cover.json(ran.receipt) if ran.receipt else None,
        error=_covered(ran.error, cover), started_at=ran.started_at,
        finished_at=ran.finished_at,
    )  # fmt: skip
