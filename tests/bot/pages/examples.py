"""Runs worth looking at: small, long, failed, waiting, hostile."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.flow.ids import RandomIds
from storage.records import Evidence, RunStatus, Step, StepStatus, StepType
from tests.bot.flow.casting import TWO_PEOPLE
from tests.bot.flow.stage import ANNA, CHANNEL, NOOR, RAVI, Stage
from tests.storage.records import run as a_run

TICKET = """From: Mia Keller <mia@example.com>
Subject: Aurora floor lamp arrived broken (order A-1042)

Hello,

my Aurora floor lamp from order A-1042 arrived with a cracked base. I paid $480 for it and would like a full refund.

Best
Mia Keller"""

MODEL = {
    "model": "claude-haiku-5-5", "prompt": "read_ticket", "prompt_version": "8a8e29dbab31", "prompt_tokens": 1840,
    "completion_tokens": 212, "cached_tokens": 1536, "cost_usd": 0.0042, "retries": 0, "output_summary": "refund, $480",
}  # fmt: skip
IDS = RandomIds()


async def edited(stage: Stage) -> str:
    """A whole run: a decision after three hours, with an edit."""
    request = await stage.ask("480.00 Mia Keller, order A-1042")
    stage.clock.move(hours=3, minutes=12)
    await stage.edit(request, RAVI, amount="300.00", notes="The base can be replaced for $180, so we refund the rest.")
    return request.run_id


async def waiting(stage: Stage) -> str:
    """Two people are asked, one has approved."""
    stage.adopt(TWO_PEOPLE)
    request = await stage.ask("950.00 Brightfold Supplies")
    stage.clock.move(minutes=8)
    await stage.approve(request, NOOR)
    stage.clock.move(minutes=33)
    return request.run_id


async def rejected(stage: Stage) -> str:
    request = await stage.ask("12.00 Oakhouse")
    stage.clock.move(minutes=2)
    await stage.reject(request, RAVI, notes="They have been paid already, see invoice 7.")
    return request.run_id


async def long_one(stage: Stage, steps: int = 300) -> str:
    """Look-ups, model calls and tools in turn, of very different length; some fail, some are tried again."""
    made = []
    for number in range(1, steps + 1):
        match number % 5:
            case 1:
                made.append(_retrieval(number, 20 + number % 40))
            case 2 | 4:
                tried = 2 if number % 35 == 7 else 0
                made.append(_call(number, 900 + 37 * (number % 23), retries=tried))
            case 3:
                made.append(_tool(number, 5 + number % 11))
            case _:
                wrong = number % 60 == 0
                made.append(_tool(number, 180, error="The warehouse did not answer within 20 s." if wrong else None))
    return await _told(stage, "research", "Which suppliers delivered late this year, and what did it cost us?", made)


async def failed(stage: Stage) -> str:
    """A model that answers nonsense three times."""
    steps = [
        _tool(1, 12),
        _retrieval(2, 240),
        _call(3, 2300, retries=2, notes={"lost": "The answer was cut off; it was asked for again."}),
        _call(4, 61_000, error="The model gave no answer of the right form after 3 tries: `amount` is not a number."),
    ]
    why = "The model gave no answer of the right form after 3 tries: `amount` is not a number."
    return await _told(stage, "triage", TICKET, steps, status=RunStatus.failed, error=why, output=None)


async def hostile(stage: Stage, text: str) -> str:
    """Somebody else's words wherever there can be some."""
    return await _told(
        stage, "payer", text,
        [
            _retrieval(1, 20, query=text, sources=[text, text]),
            _call(2, 900, output=text, result={"value": {text: text, "answer": text}, "label": text}),
            _tool(3, 30, error=text, arguments={text: text, "note": [text, {"deep": text}]}, name=text),
        ],
        status=RunStatus.failed, error=text, output=text,
    )  # fmt: skip


async def hostile_request(stage: Stage, text: str) -> str:
    """The id of a request whose target, summary, evidence, labels and notes are somebody else's words."""
    stage.clock.move(seconds=1)
    request = await stage.ask(f"480.00 {text}")
    changed: dict[str, Any] = {
        "id": IDS.new("req"),
        "summary": text,
        "labels": (text,),
        "evidence": (Evidence(title=text, quote=text, link=text), Evidence(title="Bank", quote=text, link="https://a.example/b")),
    }  # fmt: skip
    again = request.model_copy(update=changed)
    revision = (await stage.read(lambda tx: tx.revisions(request.id)))[0]
    await stage.store.write(lambda tx: tx.add_request(again, revision.model_copy(update={"request_id": again.id})))
    await stage.reject(again, RAVI, notes=text)
    return again.id


def _retrieval(
    number: int, ms: int, query: str = "late deliveries 2026", sources: Sequence[str] = ("returns", "shipping")
) -> Step:
    detail = {"query": query, "sources_retrieved": list(sources)}
    found = [{"title": each, "text": "Deliveries after the agreed day count as late. " * 4} for each in sources]
    return _step(number, StepType.retrieval, "library", ms, detail, found)


def _call(
    number: int, ms: int, *, retries: int = 0, error: str | None = None, notes: dict[str, str] | None = None,
    output: str = "refund, $480", result: Any = None,
) -> Step:  # fmt: skip
    detail = {**MODEL, "retries": retries, "output_summary": output, **(notes or {})}
    answer = result or {"value": {"intent": "refund", "amount": "480.00", "why": "The base is cracked."}, "label": None}
    return _step(number, StepType.llm_call, "read_ticket", ms, detail, answer, error)


def _tool(
    number: int, ms: int, *, error: str | None = None, arguments: dict[str, Any] | None = None, name: str = "stock_of_item"
) -> Step:
    detail = {"tool": name, "arguments": arguments or {"item": "Aurora floor lamp", "warehouse": number}, "result": "done"}
    return _step(number, StepType.tool_call, name, ms, detail, {"count": number, "shelf": "B-12"}, error)


def _step(
    number: int, type: StepType, name: str, ms: int, detail: dict[str, Any], result: Any, error: str | None = None
) -> Step:
    """`latency` of a step stands in its ends, which `_told` moves to where they belong."""
    at = datetime(2026, 11, 22, tzinfo=UTC)
    return Step(
        run_id="", number=number, span_id=IDS.span(), type=type, name=name,
        status=StepStatus.failed if error else StepStatus.done, detail=detail, result=None if error else result,
        error=error, started_at=at, finished_at=at + timedelta(milliseconds=ms),
    )  # fmt: skip


async def _told(
    stage: Stage, agent: str, text: str, steps: Sequence[Step], *, status: RunStatus = RunStatus.succeeded,
    error: str | None = None, output: str | None = "Three suppliers delivered late: Brightfold, Oakhouse and Lumen.",
) -> str:  # fmt: skip
    """Write a run of Anna's with these steps one after the other."""
    at = begun = stage.clock.now
    run = a_run(
        IDS.new("run"), agent=agent, requester=ANNA, origin=CHANNEL, input=text, created_at=begun, trace_id=IDS.trace()
    )
    rows = []
    for step in steps:
        took = timedelta(milliseconds=step.latency_ms or 0)
        rows.append(step.model_copy(update={"run_id": run.id, "started_at": at, "finished_at": at + took}))
        at += took + timedelta(milliseconds=3)
    calls = [step for step in steps if step.type is StepType.llm_call]
    waited = sum(step.latency_ms or 0 for step in steps if step.type is StepType.approval)
    ended = run.model_copy(
        update={
            "status": status, "attempt": 1, "error": error, "final_output": output,
            "finished_at": at, "total_latency_ms": round((at - begun).total_seconds() * 1000) - waited, "waited_ms": waited,
            "prompt_tokens": 1840 * len(calls), "completion_tokens": 212 * len(calls),
            "total_cost_usd": None if status is RunStatus.failed else 0.0042 * len(calls),
        }
    )  # fmt: skip

    def work(tx: Any) -> None:
        tx.add_run(run)
        tx.claim_run(run.id)
        for row in rows:
            tx.write_step(row, attempt=None)
        tx.end_run(ended)

    await stage.store.write(work)
    stage.clock.now = at + timedelta(seconds=5)
    return run.id


async def answered_late(stage: Stage) -> str:
    """Work of seconds on both sides of hours in which people were asked."""
    approval = _step(
        4, StepType.approval, "refund", 2 * 3600 * 1000, {"approval_request_id": "req_0", "proposal_step": 3}, None
    )
    steps = [_retrieval(1, 300), _call(2, 1900), _tool(3, 40, name="refund"), approval, _tool(5, 420, name="send_mail")]
    return await _told(stage, "support", TICKET, steps, output="Refunded $300, and told Mia.")
