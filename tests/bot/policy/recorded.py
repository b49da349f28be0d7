"""Histories for tests: what agents proposed, what the policy said, what people answered, and when.

A `Told` is one proposal and its end in a few words. `record` writes many of them to a database as the flow leaves them, in
few transactions, so that a hundred thousand take seconds.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from storage.records import (
    Decision,
    Evaluation,
    Execution,
    ExecutionStatus,
    JsonObject,
    Outcome,
    Person,
    Request,
    RequestStatus,
    Revision,
    Risk,
    Run,
    Verdict,
)
from storage.store import Store, Transaction

START = datetime(2025, 9, 1, 9, 0, tzinfo=UTC)
MIA = Person(key="slack:T1:UMIA", name="Mia", email="mia@example.com")
RAVI = Person(key="slack:T1:URAVI", name="Ravi", email="ravi@example.com")
NOOR = Person(key="slack:T1:UNOOR", name="Noor", email="noor@example.com")
BATCH = 500  # proposals of one transaction


@dataclass(frozen=True)
class Told:
    """One proposal. `minutes` are counted from START. Who answered what: `(person, verb)`, each `seconds` after the other.

    `edited` are the arguments as people changed them. Nobody was asked where there is no answer and `decided` is not
    expired or cancelled.
    """

    minutes: float
    action: str = "pay"
    arguments: JsonObject = field(default_factory=lambda: {"amount": "10.00", "to": "lamp-shop"})
    decided: str = "approve"
    answers: tuple[tuple[Person, str], ...] = ()
    edited: JsonObject | None = None
    notes: str = ""
    reason: str | None = None
    seconds: float = 30.0
    agent: str = "payer"
    requester: Person = MIA
    outcome: str = "succeeded"
    shown: JsonObject | None = None
    claimed: Risk | None = None
    level: int = 2
    version: str = "1"

    @property
    def asked(self) -> bool:
        """Whether it became a request."""
        return bool(self.answers) or self.decided in ("expired", "cancelled")

    @property
    def at(self) -> datetime:
        return START + timedelta(minutes=self.minutes)


def approved(minutes: float, amount: str = "10.00", *, by: Person = RAVI, **more: Any) -> Told:
    return Told(minutes, arguments={"amount": amount, "to": "lamp-shop"}, answers=((by, "approve"),), **more)


def rejected(minutes: float, amount: str = "10.00", *, by: Person = RAVI, **more: Any) -> Told:
    arguments: JsonObject = {"amount": amount, "to": "lamp-shop"}
    return Told(minutes, arguments=arguments, decided="reject", answers=((by, "reject"),), outcome="none", **more)


def edited(minutes: float, amount: str, after: str, *, by: Person = RAVI, **more: Any) -> Told:
    arguments: JsonObject = {"amount": amount, "to": "lamp-shop"}
    changed: JsonObject = {**arguments, "amount": after}
    return Told(minutes, arguments=arguments, decided="edit", answers=((by, "edit"),), edited=changed, **more)


def ran(minutes: float, amount: str = "10.00", *, decided: str = "auto", **more: Any) -> Told:
    return Told(minutes, arguments={"amount": amount, "to": "lamp-shop"}, decided=decided, **more)


async def record(store: Store, history: Iterable[Told]) -> int:
    """Write them all; how many these were."""
    numbered, count = enumerate(history), 0
    while batch := list(islice(numbered, BATCH)):

        def work(tx: Transaction, batch: Sequence[tuple[int, Told]] = batch) -> None:
            for number, told in batch:
                _write(tx, f"{number:07}", told)

        await store.write(work)
        count += len(batch)
    return count


def _write(tx: Transaction, name: str, told: Told) -> None:
    run = Run(
        id=f"run_{name}", trace_id="t", agent=told.agent, agent_version=told.version, level=told.level,
        requester=told.requester, origin=None, input="Pay", created_at=told.at,
    )  # fmt: skip
    tx.add_run(run)
    request_id = f"req_{name}" if told.asked else None
    if request_id:
        for made in _request(request_id, run, told):
            tx.add_request(*made)
        for decision in _decisions(request_id, told):
            tx.add_decision(decision)
    elif told.decided != "block":
        execution = Execution(
            id=f"exe_{name}", run_id=run.id, step=3, request_id=None, action=told.action, arguments=told.arguments,
            fingerprint="f", status=ExecutionStatus.claimed, started_at=told.at,
        )  # fmt: skip
        tx.claim_execution(execution)
    tx.add_evaluation(_evaluation(f"eva_{name}", run, request_id, told))


def _request(id: str, run: Run, told: Told) -> Iterator[tuple[Request, Revision]]:
    request = Request(
        id=id, run_id=run.id, step=4, agent=told.agent, tenant="T1", requester=told.requester, action=told.action,
        summary="Pay", evidence=(), labels=(), revision=1, arguments=told.arguments, target="lamp-shop",
        verdict=_verdict(told), fingerprint="f", places=(), status=RequestStatus.succeeded, created_at=told.at,
        expires_at=told.at + timedelta(hours=4),
    )  # fmt: skip
    first = Revision(
        request_id=id, number=1, arguments=told.arguments, target="lamp-shop", verdict=request.verdict, fingerprint="f",
        created_at=told.at,
    )  # fmt: skip
    yield request, first


def _decisions(id: str, told: Told) -> Iterator[Decision]:
    for number, (person, verb) in enumerate(told.answers, start=1):
        yield Decision(
            id=f"dec_{id}_{number}", request_id=id, revision=1, fingerprint="f", person=person, verb=verb,
            reason=told.reason, notes=told.notes, created_at=told.at + timedelta(seconds=number * told.seconds),
        )  # fmt: skip


def _verdict(told: Told) -> Verdict:
    outcome = Outcome.approve if told.asked else Outcome(told.decided)
    return Verdict(outcome=outcome, risk=Risk.high, reasons=("r",), rules=("payments",), policy_version="then")


def _evaluation(id: str, run: Run, request_id: str | None, told: Told) -> Evaluation:
    verdict = _verdict(told)
    waited = timedelta(seconds=told.seconds * len(told.answers)) if request_id else timedelta()
    body: JsonObject = {
        "proposed_action": {"action": told.action, "arguments": told.shown or told.arguments, "target": "lamp-shop"},
        "one_line_summary": "Pay",
        "evidence_used": [],
        "claimed_risk": told.claimed,
        "verdict": verdict.model_dump(mode="json"),
        "decisions": [
            {
                "decision": verb,
                "person": person.key,
                "reason": told.reason,
                "notes": told.notes,
                "timestamp": (told.at + timedelta(seconds=number * told.seconds)).isoformat(),
                "seconds_to_decide": number * told.seconds,
            }
            for number, (person, verb) in enumerate(told.answers, start=1)
        ],
        "edit": _edit(told),
    }
    return Evaluation(
        id=id, run_id=run.id, step=3, request_id=request_id, agent=told.agent, action=told.action, verdict=verdict.outcome,
        decision=told.decided, outcome=told.outcome, body=body, created_at=told.at + waited,
    )  # fmt: skip


def _edit(told: Told) -> list[Any]:
    after = told.edited or told.arguments
    return [
        {"field": name, "before": str(value), "after": str(after[name])}
        for name, value in told.arguments.items()
        if after[name] != value
    ]
