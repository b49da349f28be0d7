"""The story of what agents of other makes ask for: they propose here, people decide here, and they run it themselves.

A request of theirs lives like any other, with three differences. Its run has no workflow here, so it waits as rows until the
request ends. What the policy lets through is stored as `approved` at once, what it blocks as `blocked`. And nothing of ours
ever runs it: whoever asked claims the one grant, does it, and reports what came of it (see `bot/flow/claim.py`).
"""

from dataclasses import dataclass
from datetime import timedelta

from agents.actions import AgentError
from agents.runtime import Outcome
from agents.second_look.compare import looked_at
from bot.flow import jobs
from bot.flow.circumstances import circumstances, spending, spent
from bot.flow.close import APPROVED
from bot.flow.evaluate import evaluation
from bot.flow.finish import finish
from bot.flow.places import review_places
from bot.flow.propose import proposal_detail
from bot.flow.remind import scheduled
from bot.flow.signoff import Signoff
from policies.judge import Judge
from policies.rules import Rule
from storage.canonical import fingerprint
from storage.records import (
    ApiKey,
    JsonObject,
    Person,
    Proposal,
    Request,
    RequestStatus,
    Revision,
    Run,
    RunStatus,
    Step,
    StepStatus,
    StepType,
    Submission,
    Verdict,
)
from storage.records import Outcome as Ruling
from storage.store import Transaction

UNCHECKED = "Signoff does not know this action, so its arguments could not be checked."
ELSEWHERE = 0  # level of an agent whose workflow runs elsewhere: how it works is not known here
PROPOSED, APPROVAL, EXECUTION = 1, 2, 3  # numbers of the steps of such a run

STATUS = {
    Ruling.auto: RequestStatus.approved,
    Ruling.log: RequestStatus.approved,
    Ruling.approve: RequestStatus.pending,
    Ruling.block: RequestStatus.blocked,
}


class NotAsked(AgentError):
    """It cannot be asked for like this. `field` is what is wrong, the message says what to do."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(why)
        self.field = field


class KeyReused(AgentError):
    """The idempotency key stands for another request."""

    def __init__(self, request_id: str) -> None:
        super().__init__(f"This Idempotency-Key was used for {request_id}, whose body was different.")
        self.request_id = request_id


class _SubmittedBefore(Exception):
    """Rolls a submission back that stands already."""

    def __init__(self, standing: Submission) -> None:
        super().__init__(standing.request_id)
        self.standing = standing


@dataclass(frozen=True)
class Asked:
    """What an agent asks for. `proposal.target` is empty where Signoff computes it."""

    agent: str
    agent_version: str
    proposal: Proposal
    input: str
    on_behalf_of: Person | None = None
    session_id: str | None = None


@dataclass(frozen=True)
class Once:
    """The idempotency key that came with it, and the digest of the body that the key stands for."""

    key: str
    body: str


async def submit(signoff: Signoff, key: ApiKey, asked: Asked, once: Once) -> tuple[Request, bool]:
    """The request made of this submission, and whether it is new. Raises NotAsked, BadArguments, NotCanonical, KeyReused."""
    try:
        return await signoff.store.write(lambda tx: _submit(tx, signoff, key, asked, once)), True
    except _SubmittedBefore as before:
        standing = before.standing
    if standing.body != once.body:
        raise KeyReused(standing.request_id)
    return await signoff.store.read(lambda tx: tx.request(standing.request_id)), False


def _submit(tx: Transaction, signoff: Signoff, key: ApiKey, asked: Asked, once: Once) -> Request:
    if asked.agent in signoff.agents:
        raise NotAsked("agent", f"{asked.agent!r} is the name of one of Signoff's own agents. Use a name of your own.")
    proposal = _checked(signoff, asked.proposal)
    run = _run(tx, signoff, key, asked)
    tx.add_run(run)
    request = _request(tx, signoff, run, proposal, _verdict(tx, signoff, run, proposal))
    tx.add_request(request, _first_revision(request))
    submission = Submission(
        api_key=key.id, idempotency_key=once.key, body=once.body, request_id=request.id, created_at=request.created_at
    )
    if standing := tx.add_submission(submission):
        raise _SubmittedBefore(standing)
    _journal(tx, signoff, request, proposal, asked.session_id)
    _audit(tx, signoff, request, run)
    _go(tx, signoff, run, request, proposal)
    return request


def _checked(signoff: Signoff, proposal: Proposal) -> Proposal:
    """The proposal with arguments in normal form and a target of ours; where the action is not ours, as it was said."""
    if proposal.action in signoff.actions:
        arguments, target = signoff.actions[proposal.action].normal(proposal.arguments)
        normal = proposal.model_copy(update={"arguments": arguments, "target": target})
        return looked_at(normal, secrets=signoff.actions.secrets(proposal.action))
    if not proposal.target.strip():
        why = f"Signoff does not know the action {proposal.action!r}, so say in `target` whom or what it touches."
        raise NotAsked("target", why)
    return proposal


def _verdict(tx: Transaction, signoff: Signoff, run: Run, proposal: Proposal) -> Verdict:
    """What the policy says; an action whose arguments nobody can check is never let through without people."""
    if proposal.action in signoff.actions:
        return spending(tx, signoff, run, proposal, EXECUTION)
    policy = signoff.policy()
    around = circumstances(tx, signoff, run, spent(tx, policy))
    verdict = signoff.judge_of(policy).judge(proposal, around)
    if verdict.outcome is Ruling.block:
        return verdict
    if verdict.outcome is Ruling.approve:
        return verdict.model_copy(update={"reasons": (*verdict.reasons, UNCHECKED)})
    rule = Rule(name="unchecked arguments", actions=(proposal.action,), verdict=Ruling.approve, reason=UNCHECKED)
    stricter = policy.model_copy(update={"rules": (*policy.rules, rule)})
    raised = Judge(stricter, signoff.actions.models, signoff.fallback).judge(proposal, around)
    return raised.model_copy(update={"policy_version": verdict.policy_version})


def _run(tx: Transaction, signoff: Signoff, key: ApiKey, asked: Asked) -> Run:
    return Run(
        id=signoff.ids.new("run"), trace_id=signoff.ids.trace(), agent=asked.agent, agent_version=asked.agent_version,
        level=ELSEWHERE, requester=key.owner, origin=None, input=asked.input, on_behalf_of=asked.on_behalf_of,
        api_key=key.id, status=RunStatus.waiting, created_at=tx.now(),
    )  # fmt: skip


def _request(tx: Transaction, signoff: Signoff, run: Run, proposal: Proposal, verdict: Verdict) -> Request:
    now, status = tx.now(), STATUS[verdict.outcome]
    mark = fingerprint(
        action=proposal.action, arguments=proposal.arguments, target=proposal.target, agent=run.agent,
        tenant=run.requester.tenant, revision=1, policy_version=verdict.policy_version,
    )  # fmt: skip
    request = Request(
        id=signoff.ids.new("req"), run_id=run.id, step=APPROVAL, agent=run.agent, tenant=run.requester.tenant,
        requester=run.requester, action=proposal.action, summary=proposal.summary, evidence=proposal.evidence,
        labels=proposal.labels, revision=1, arguments=proposal.arguments, target=proposal.target, verdict=verdict,
        fingerprint=mark, places=review_places(signoff, verdict, run), on_behalf_of=run.on_behalf_of,
        api_key=run.api_key, status=status, reason=" ".join(verdict.reasons) if status is RequestStatus.blocked else None,
        created_at=now, expires_at=now + timedelta(seconds=verdict.expires_in),
        decided_at=None if status is RequestStatus.pending else now,
    )  # fmt: skip
    return scheduled(request, now) if status is RequestStatus.pending else request


def _first_revision(request: Request) -> Revision:
    return Revision(
        request_id=request.id, number=1, arguments=request.arguments, target=request.target, verdict=request.verdict,
        fingerprint=request.fingerprint, created_at=request.created_at,
    )  # fmt: skip


def _journal(tx: Transaction, signoff: Signoff, request: Request, proposal: Proposal, session_id: str | None) -> None:
    """The proposal, and the approval that waits for people or that the policy gave; nothing follows what is blocked."""
    blocked, now = request.status is RequestStatus.blocked, request.created_at
    result = "pending_approval" if request.status is RequestStatus.pending else request.status.value
    detail = {
        **proposal_detail(proposal, request.verdict, signoff.actions),
        "result": result,
        "approval_request_id": request.id,
    }
    if session_id is not None:
        detail["session_id"] = session_id
    proposed = Step(
        run_id=request.run_id, number=PROPOSED, span_id=signoff.ids.span(), type=StepType.tool_call, name=request.action,
        status=StepStatus.failed if blocked else StepStatus.done, detail=detail, error=request.reason, started_at=now,
        finished_at=now,
    )  # fmt: skip
    tx.write_step(proposed, attempt=None)
    if blocked:
        return
    approval = Step(
        run_id=request.run_id, number=APPROVAL, span_id=signoff.ids.span(), type=StepType.approval, name=request.action,
        status=StepStatus.waiting, detail={"approval_request_id": request.id, "proposal_step": PROPOSED}, started_at=now,
    )  # fmt: skip
    tx.write_step(approval, attempt=None)
    if request.status is RequestStatus.approved:
        by_policy = {**approval.detail, "decision": request.verdict.outcome.value}
        done = {"status": StepStatus.done, "detail": by_policy, "result": APPROVED, "finished_at": now}
        tx.write_step(approval.model_copy(update=done), attempt=None)


def _audit(tx: Transaction, signoff: Signoff, request: Request, run: Run) -> None:
    body: JsonObject = {"agent": run.agent, "version": run.agent_version, "api_key": run.api_key}
    tx.audit("run.started", actor=run.requester.key, run_id=run.id, body=body)
    rules = list(request.verdict.rules)
    made: JsonObject = {"action": request.action, "fingerprint": request.fingerprint, "revision": 1, "rules": [*rules]}
    actor = f"agent:{request.agent}"
    tx.audit("request.created", actor=actor, run_id=run.id, request_id=request.id, body={**made, "api_key": run.api_key})
    if request.status is RequestStatus.blocked:
        why: JsonObject = {"action": request.action, "rules": [*rules], "reasons": [*request.verdict.reasons]}
        tx.audit("proposal.blocked", actor=actor, run_id=run.id, request_id=request.id, body=why)
    if request.status is RequestStatus.approved:
        shown = signoff.actions.covered(request.action, request.arguments)
        given: JsonObject = {"revision": 1, "fingerprint": request.fingerprint, "arguments": shown}
        tx.audit("request.approved", actor="policy", run_id=run.id, request_id=request.id, body=given)


def _go(tx: Transaction, signoff: Signoff, run: Run, request: Request, proposal: Proposal) -> None:
    """People are asked, or the story of a blocked proposal is over."""
    if request.status is RequestStatus.pending:
        tx.defer(*jobs.show_card(request))
    if request.status is RequestStatus.blocked:
        why = request.reason or "The policy blocks this action."
        ruling = Outcome("blocked", proposal.arguments, reason=why)
        record = evaluation(
            tx, signoff.ids, run, proposal, request.verdict, step=PROPOSED, ruling=ruling, actions=signoff.actions
        )
        tx.add_evaluation(record.model_copy(update={"request_id": request.id}))
        finish(tx, signoff, run, RunStatus.blocked, None, why)
