"""Records for tests, complete and valid, of which a test names only what it cares about."""

from datetime import UTC, datetime, timedelta
from typing import Any

from storage.records import (
    Decision,
    Evaluation,
    Evidence,
    Execution,
    Message,
    Outcome,
    Person,
    Place,
    Request,
    Revision,
    Risk,
    Run,
    Step,
    StepStatus,
    StepType,
    Verdict,
)
from storage.store import Store

ASKED = Person(key="slack:T1:U1", name="Mia", email="mia@example.com")
PLACE = Place(surface="slack", tenant="T1", channel="C1", thread="1.2")
VERDICT = Verdict(outcome=Outcome.approve, risk=Risk.high, reasons=("refund",), rules=("money",), policy_version="v1")


async def start(store: Store, id: str) -> None:
    """Store a run."""
    await store.write(lambda tx: tx.add_run(run(id)))


def person(number: int) -> Person:
    return Person(key=f"slack:T1:R{number}", name=f"Reviewer {number}")


def run(id: str = "run_1", **fields: Any) -> Run:
    given = {
        "id": id, "trace_id": "t1", "agent": "support", "agent_version": "1", "level": 2, "requester": ASKED,
        "origin": PLACE, "input": "A ticket", "created_at": datetime.now(UTC),
    }  # fmt: skip
    return Run(**given | fields)


def step(number: int, run_id: str = "run_1", **fields: Any) -> Step:
    given = {
        "run_id": run_id, "number": number, "span_id": f"s{number}", "type": StepType.llm_call, "name": "classify",
        "status": StepStatus.started, "detail": {"model": "offline"}, "started_at": datetime.now(UTC),
    }  # fmt: skip
    return Step(**given | fields)


def request(id: str = "req_1", run_id: str = "run_1", *, expires_in: float = 3600, **fields: Any) -> Request:
    now = datetime.now(UTC)
    given = {
        "id": id, "run_id": run_id, "step": 2, "agent": "support", "tenant": "T1", "requester": ASKED,
        "action": "execute_financial_action", "summary": "Refund $480", "revision": 1, "target": "cus_1",
        "evidence": (Evidence(title="Order 7", quote="paid $480"),), "labels": ("offline model",),
        "arguments": {"amount": 48000}, "verdict": VERDICT, "fingerprint": "f1", "places": (PLACE,), "created_at": now,
        "expires_at": now + timedelta(seconds=expires_in),
    }  # fmt: skip
    return Request(**given | fields)


def revision_of(request: Request, **fields: Any) -> Revision:
    given = {
        "request_id": request.id, "number": request.revision, "arguments": request.arguments, "target": request.target,
        "verdict": request.verdict, "fingerprint": request.fingerprint, "created_at": request.created_at,
    }  # fmt: skip
    return Revision(**given | fields)


def decision(id: str, by: Person, request_id: str = "req_1", **fields: Any) -> Decision:
    given = {
        "id": id, "request_id": request_id, "revision": 1, "fingerprint": "f1", "person": by, "verb": "approve",
        "created_at": datetime.now(UTC),
    }  # fmt: skip
    return Decision(**given | fields)


def execution(id: str = "exe_1", run_id: str = "run_1", **fields: Any) -> Execution:
    given = {
        "id": id, "run_id": run_id, "step": 3, "request_id": None, "action": "execute_financial_action",
        "arguments": {"amount": 48000}, "fingerprint": "f1", "started_at": datetime.now(UTC),
    }  # fmt: skip
    return Execution(**given | fields)


def evaluation(id: str = "eva_1", run_id: str = "run_1", **fields: Any) -> Evaluation:
    given = {
        "id": id, "run_id": run_id, "step": 3, "request_id": None, "agent": "support", "action": "search_web",
        "verdict": Outcome.auto, "decision": "auto", "outcome": "succeeded", "body": {"edit": None},
        "created_at": datetime.now(UTC),
    }  # fmt: skip
    return Evaluation(**given | fields)


def message(id: str = "msg_1", subject: str = "req_1", **fields: Any) -> Message:
    given = {
        "id": id, "purpose": "card", "subject": subject, "home": PLACE, "place": PLACE, "status": "posting",
        "created_at": datetime.now(UTC),
    }  # fmt: skip
    return Message(**given | fields)
