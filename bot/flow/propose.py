"""First stretch: an agent proposes, the policy judges, and the proposal runs, is asked about, or is refused."""

from dataclasses import dataclass
from datetime import timedelta

from agents.actions import Actions
from agents.runtime import Blocked, Outcome, Parked
from bot.cards import lines
from bot.flow import jobs
from bot.flow.circumstances import spending
from bot.flow.close import APPROVED
from bot.flow.effect import perform, recorded
from bot.flow.evaluate import evaluation
from bot.flow.execute import LOST, begin, end, granted
from bot.flow.outcomes import outcome_from, told
from bot.flow.places import review_places, told_places
from bot.flow.remind import scheduled
from bot.flow.signoff import Signoff
from storage.canonical import fingerprint
from storage.records import (
    Execution,
    JsonObject,
    Proposal,
    Request,
    Revision,
    Run,
    Step,
    StepStatus,
    StepType,
    Verdict,
)
from storage.records import Outcome as Ruling
from storage.store import Fenced, Transaction


class StoredJournal:
    """The journal of a claimed run: rows read once when the run goes on, written through as it takes steps."""

    def __init__(self, signoff: Signoff, run: Run, steps: list[Step]) -> None:
        self._store, self._run = signoff.store, run
        self._by_number = {step.number: step for step in steps}

    @property
    def steps(self) -> list[Step]:
        """All steps in order."""
        return [self._by_number[number] for number in sorted(self._by_number)]

    def step(self, number: int) -> Step | None:
        """The step with that number, if it was taken."""
        return self._by_number.get(number)

    def note(self, step: Step) -> None:
        """Remember a step that a transaction of the gate has written."""
        self._by_number[step.number] = step

    async def write(self, step: Step) -> None:
        """Insert or finish a step, fenced by the run's attempt. Raises Fenced."""
        await self._store.write(lambda tx: tx.write_step(step, attempt=self._run.attempt))
        self.note(step)


@dataclass(frozen=True)
class PolicyGate:
    """The gate of one claimed run: the only way from a proposal to an effect."""

    signoff: Signoff
    run: Run
    journal: StoredJournal

    async def propose(self, number: int, proposal: Proposal) -> Outcome:
        """See `agents.runtime.Gate`."""
        if self.journal.step(number) is not None:
            return await self._replay(number, proposal)
        verdict, begun = await self.signoff.store.write(lambda tx: self._ruled(tx, number, proposal))
        if verdict.outcome is Ruling.block:
            raise Blocked(_because(verdict))
        if begun is None:
            raise Parked
        return await self._run_now(*begun, proposal, verdict)

    def _ruled(self, tx: Transaction, number: int, proposal: Proposal) -> tuple[Verdict, tuple[Execution, Step] | None]:
        """The verdict, and what it lets run by itself, journaled as begun: in one transaction, so that no budget is
        overspent and no policy comes in between."""
        verdict = spending(tx, self.signoff, self.run, proposal, number)
        match verdict.outcome:
            case Ruling.block:
                refuse(tx, self.signoff, self.run, number, proposal, verdict)
            case Ruling.approve:
                ask(tx, self.signoff, self.run, number, proposal, verdict)
            case _:
                return verdict, self._begun(tx, number, proposal, verdict)
        return verdict, None

    def steps_taken(self, number: int) -> int:
        """See `agents.runtime.Gate`: the proposal alone, with its approval, or with its approval and its execution."""
        taken = 1
        for offset in (1, 2):
            step = self.journal.step(number + offset)
            if step is None or step.detail.get("proposal_step") != number:
                break
            taken += 1
        return taken

    async def _replay(self, number: int, proposal: Proposal) -> Outcome:
        first = self.journal.step(number)
        assert first is not None  # noqa: S101  # the caller looked
        if first.detail.get("result") == "blocked":
            raise Blocked(first.error or "The policy blocks this action.")
        if "approval_request_id" in first.detail:
            last = self.journal.step(number + self.steps_taken(number) - 1) or first
            if last.status in (StepStatus.started, StepStatus.waiting) or last.result in (None, APPROVED):
                raise Parked
            return outcome_from(last.result)
        if first.status is StepStatus.started:
            return await self._lost(first, proposal)
        return outcome_from(first.result)

    def _begun(self, tx: Transaction, number: int, proposal: Proposal, verdict: Verdict) -> tuple[Execution, Step]:
        """`auto` and `log`: the intent, journaled."""
        execution = Execution(
            id=self.signoff.ids.new("exe"),
            run_id=self.run.id,
            step=number,
            request_id=None,
            action=proposal.action,
            arguments=proposal.arguments,
            fingerprint=_fingerprint(self.run, proposal, verdict, revision=1),
            started_at=tx.now(),
        )
        detail = proposal_detail(proposal, verdict, self.signoff.actions)
        return execution, begin(tx, self.signoff, self.run.agent, execution, detail, attempt=self.run.attempt)

    async def _run_now(self, execution: Execution, step: Step, proposal: Proposal, verdict: Verdict) -> Outcome:
        """Run what was begun, journal the result."""
        self.journal.note(step)
        grant = granted(self.signoff, execution, self.run.agent, self.run.requester.tenant, 1, verdict)
        result = await perform(self.signoff, execution, grant)
        return await self._finish(execution, result, proposal, verdict)

    async def _lost(self, first: Step, proposal: Proposal) -> Outcome:
        """The process died between the intent and the result: nobody knows, and it is not tried again."""
        execution = await self.signoff.store.read(lambda tx: tx.execution_of(self.run.id, first.number))
        assert execution is not None  # noqa: S101  # `begin` wrote both rows in one transaction
        lost = Outcome("unknown", execution.arguments, reason=LOST)
        return await self._finish(execution, lost, proposal, Verdict.model_validate(first.detail["verdict"]))

    async def _finish(self, execution: Execution, result: Outcome, proposal: Proposal, verdict: Verdict) -> Outcome:
        shown = told(result, self.signoff.actions.cover(proposal.action, proposal.arguments))

        def work(tx: Transaction) -> Step | None:
            step = end(tx, self.signoff, execution, result, self.run.attempt)
            if step is None:
                return None
            tx.add_evaluation(
                evaluation(
                    tx,
                    self.signoff.ids,
                    self.run,
                    proposal,
                    verdict,
                    step=execution.step,
                    ruling=result,
                    actions=self.signoff.actions,
                )
            )
            if verdict.outcome is Ruling.log or result.status == "unknown":
                said = lines.logged(self.run, proposal, shown)
                places = told_places(self.signoff, verdict, self.run, unknown=result.status == "unknown")
                tx.defer(*jobs.log(self.run.id, said, places))
            return step

        step = await recorded(self.signoff.store, work)
        if step is None:
            raise Fenced(f"{execution.action} was given up by another worker, which has the run now.")
        self.journal.note(step)
        return result


def ask(tx: Transaction, signoff: Signoff, run: Run, number: int, proposal: Proposal, verdict: Verdict) -> None:
    """Store the request, journal that it waits, park the run and have the card posted, all in one transaction."""
    now, request_id = tx.now(), signoff.ids.new("req")
    mark = _fingerprint(run, proposal, verdict, revision=1)
    request = Request(
        id=request_id,
        run_id=run.id,
        step=number + 1,
        agent=run.agent,
        tenant=run.requester.tenant,
        requester=run.requester,
        action=proposal.action,
        summary=proposal.summary,
        evidence=proposal.evidence,
        labels=proposal.labels,
        revision=1,
        arguments=proposal.arguments,
        target=proposal.target,
        verdict=verdict,
        fingerprint=mark,
        places=review_places(signoff, verdict, run),
        created_at=now,
        expires_at=now + timedelta(seconds=verdict.expires_in),
    )
    request = scheduled(request, now)
    revision = Revision(
        request_id=request_id,
        number=1,
        arguments=proposal.arguments,
        target=proposal.target,
        verdict=verdict,
        fingerprint=mark,
        created_at=now,
    )
    detail = {
        **proposal_detail(proposal, verdict, signoff.actions),
        "result": "pending_approval",
        "approval_request_id": request_id,
    }
    proposed = Step(
        run_id=run.id, number=number, span_id=signoff.ids.span(), type=StepType.tool_call, name=proposal.action,
        status=StepStatus.done, detail=detail, started_at=now, finished_at=now,
    )  # fmt: skip
    waiting = Step(
        run_id=run.id, number=number + 1, span_id=signoff.ids.span(), type=StepType.approval, name=proposal.action,
        status=StepStatus.waiting, detail={"approval_request_id": request_id, "proposal_step": number}, started_at=now,
    )  # fmt: skip
    tx.add_request(request, revision)
    tx.write_step(proposed, attempt=run.attempt)
    tx.write_step(waiting, attempt=run.attempt)
    tx.park_run(run.id, run.attempt)
    tx.audit(
        "request.created",
        actor=f"agent:{run.agent}",
        run_id=run.id,
        request_id=request_id,
        body={"action": proposal.action, "fingerprint": mark, "revision": 1, "rules": list(verdict.rules)},
    )
    tx.defer(jobs.show_run(run.id))
    tx.defer(*jobs.show_card(request))


def refuse(tx: Transaction, signoff: Signoff, run: Run, number: int, proposal: Proposal, verdict: Verdict) -> None:
    """Journal and evaluate a proposal that the policy never lets happen."""
    now, reason = tx.now(), _because(verdict)
    step = Step(
        run_id=run.id, number=number, span_id=signoff.ids.span(), type=StepType.tool_call, name=proposal.action,
        status=StepStatus.failed, detail={**proposal_detail(proposal, verdict, signoff.actions), "result": "blocked"},
        error=reason, started_at=now, finished_at=now,
    )  # fmt: skip
    tx.write_step(step, attempt=run.attempt)
    blocked = Outcome("blocked", proposal.arguments, reason=reason)
    tx.add_evaluation(
        evaluation(tx, signoff.ids, run, proposal, verdict, step=number, ruling=blocked, actions=signoff.actions)
    )
    tx.audit(
        "proposal.blocked",
        actor=f"agent:{run.agent}",
        run_id=run.id,
        body={"action": proposal.action, "rules": list(verdict.rules), "reasons": list(verdict.reasons)},
    )


def proposal_detail(proposal: Proposal, verdict: Verdict, actions: Actions) -> JsonObject:
    """What the trace says of a proposal: everything but its secrets."""
    cover = actions.cover(proposal.action, proposal.arguments)
    return {
        "tool": proposal.action,
        "arguments": actions.covered(proposal.action, proposal.arguments, cover),
        "target": cover(proposal.target),
        "summary": cover(proposal.summary),
        "evidence": [cover.json(item.model_dump(mode="json")) for item in proposal.evidence],
        "claimed_risk": proposal.risk,
        "verdict": verdict.model_dump(mode="json"),
    }


def _fingerprint(run: Run, proposal: Proposal, verdict: Verdict, *, revision: int) -> str:
    return fingerprint(
        action=proposal.action,
        arguments=proposal.arguments,
        target=proposal.target,
        agent=run.agent,
        tenant=run.requester.tenant,
        revision=revision,
        policy_version=verdict.policy_version,
    )


def _because(verdict: Verdict) -> str:
    return " ".join(verdict.reasons) or "The policy blocks this action."
