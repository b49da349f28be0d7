"""The demo's story told without a browser: real people's moves in the sandbox, each step checked against the rows and the
world, told in a line."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from bot.demo import CHANNEL, RAVI, TESS, Demo
from bot.flow.execute import execution_of
from bot.sandbox.workspace import Message
from storage.audit import verify
from storage.records import JsonObject, Outcome, Request, Run, RunStatus
from storage.store import Transaction

T = TypeVar("T")

LOWERED = "300.00"
NOTE = "The base can be replaced for $180, so we refund the rest."
PATIENCE = 30.0  # seconds for each step; a language model may be asked in one


@dataclass(frozen=True)
class Told:
    """One step of the story: what happened in a sentence, whether it is as it should be, and the facts."""

    step: str
    ok: bool
    text: str
    facts: JsonObject


class Storyteller:
    """Plays the story once."""

    def __init__(self, demo: Demo, ticket: str, *, lower: bool) -> None:
        self._demo, self._ticket, self._lower = demo, ticket, lower

    async def tell(self) -> AsyncIterator[Told]:
        """The steps as they happen. The story ends early where the policy blocks, or lets the action run by itself."""
        await self._demo.sandbox.say(TESS.id, CHANNEL, f"/signoff run support {self._ticket}")
        first_line = next((line for line in self._ticket.splitlines() if line.strip()), "")[:60]
        yield Told("ask", True, f"Tess types: /signoff run support {first_line} …", {"person": TESS.name})
        run = await self._until(_parked_or_ended)
        if run is None:
            yield Told("propose", False, f"The agent did not come to a proposal within {PATIENCE:.0f} seconds.", {})
            return
        request = await self._read(lambda tx: next(iter(tx.requests(run_id=run.id)), None))
        if request is None:
            yield await self._without_people(run)
        else:
            yield _proposed(request)
            async for told in self._with_people(request):
                yield told
        yield await self._evaluated()
        yield await self._audited()

    async def _without_people(self, run: Run) -> Told:
        evaluations = await self._read(lambda tx: tx.evaluations(run_id=run.id))
        verdict = evaluations[0].verdict if evaluations else None
        facts: JsonObject = {"verdict": verdict, "status": run.status, "output": run.final_output or run.error}
        if run.status is RunStatus.blocked:
            return Told("propose", True, f"The policy blocks it, and nothing happens: {run.error}", facts)
        if run.status is RunStatus.succeeded:
            return Told(
                "propose", verdict in (Outcome.auto, Outcome.log), f"It ran without asking: {run.final_output}", facts
            )
        return Told("propose", False, f"The run ended: {run.error}", facts)

    async def _with_people(self, request: Request) -> AsyncIterator[Told]:
        card = await self._demo.sandbox.until(lambda: self._card(request), PATIENCE)
        yield Told("card", True, "A card appears in #support, asking the reviewers.", {"notification": card.text})
        lowered = self._lower and request.action == "execute_financial_action"
        yield await (self._edit(card) if lowered else self._approve(card))
        ended = await self._until(lambda tx: _ended(tx, request.id))
        if ended is None:
            yield Told("execute", False, "The approved action did not come to an end.", {})
            return
        yield await self._executed(ended)
        yield await self._world(ended)

    async def _edit(self, card: Message) -> Told:
        sandbox = self._demo.sandbox
        await sandbox.click(RAVI.id, card, "signoff_edit")
        view = await sandbox.until(lambda: sandbox.view_of(RAVI.id), PATIENCE)
        answer = await sandbox.submit(RAVI.id, view, {"amount": {"value": LOWERED}, "notes": {"value": NOTE}})
        ok = answer is not None
        return Told(
            "decide", ok, f"Ravi edits the amount to {LOWERED} and notes: {NOTE}", {"amount": LOWERED, "notes": NOTE}
        )

    async def _approve(self, card: Message) -> Told:
        await self._demo.sandbox.click(RAVI.id, card, "signoff_approve")
        return Told("decide", True, "Ravi approves it as it stands.", {"person": RAVI.name})

    async def _executed(self, request: Request) -> Told:
        execution = await self._read(lambda tx: execution_of(tx, request))
        receipt = execution.receipt if execution and execution.receipt else {}
        facts: JsonObject = {"action": request.action, "arguments": request.arguments, "status": request.status}
        ok = execution is not None and execution.arguments == request.arguments and request.status == "succeeded"
        return Told("execute", ok, str(receipt.get("summary") or request.reason or request.status), facts)

    async def _world(self, request: Request) -> Told:
        """What the world received, told by the world itself."""
        panels = {panel["name"]: panel["rows"] for panel in self._demo.world.panels()}
        rows = received(request, panels)
        told = " · ".join(" ".join(cell.split()) for cell in rows[0]) if rows else "nothing"
        shown: JsonObject = {"rows": [[*row] for row in rows]}
        return Told("world", len(rows) == 1, f"The world has it: {told[:160]}", shown)

    async def _evaluated(self) -> Told:
        def newest(tx: Transaction) -> Any:
            return next(iter(tx.evaluations(limit=1)), None)

        record = await self._read(newest)
        if record is None:
            return Told("evaluate", False, "There is no evaluation record.", {})
        facts: JsonObject = {
            "id": record.id,
            "decision": record.decision,
            "outcome": record.outcome,
            "edit": record.body["edit"],
        }
        return Told("evaluate", True, f"Kept as evaluation data: {record.id}, {record.decision}, {record.outcome}.", facts)

    async def _audited(self) -> Told:
        entries = await self._read(lambda tx: tx.audit_entries(limit=10_000))
        broken = verify(entries)
        text = (
            f"The audit chain of {len(entries)} entries holds."
            if broken is None
            else f"The audit chain is broken: {broken.reason}"
        )
        return Told("audit", broken is None, text, {"entries": len(entries)})

    def _card(self, request: Request) -> Message | None:
        sandbox = self._demo.sandbox
        everything = [*sandbox.messages(CHANNEL)]
        everything += [reply for message in sandbox.messages(CHANNEL) for reply in sandbox.replies(CHANNEL, message.ts)]
        return next((message for message in everything if request.id in str(message.metadata)), None)

    async def _read(self, work: Callable[[Transaction], T]) -> T:
        return await self._demo.replica.storage.store.read(work)

    async def _until(self, look: Callable[[Transaction], T | None]) -> T | None:
        with_patience = asyncio.get_running_loop().time() + PATIENCE
        while (found := await self._read(look)) is None and asyncio.get_running_loop().time() < with_patience:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        return found


def _parked_or_ended(tx: Transaction) -> Run | None:
    run = next(iter(tx.runs(limit=1)), None)
    return run if run and (run.status is RunStatus.waiting or run.status.ended) else None


def _ended(tx: Transaction, request_id: str) -> Request | None:
    request = tx.request(request_id)
    return request if request.status.ended and tx.run(request.run_id).status.ended else None


def _proposed(request: Request) -> Told:
    arguments = ", ".join(f"{name} {value}" for name, value in request.arguments.items())
    facts: JsonObject = {"action": request.action, "arguments": request.arguments, "summary": request.summary}
    return Told("propose", True, f"The support agent proposes {request.action}: {arguments[:200]}", facts)


def received(request: Request, panels: Mapping[str, Sequence[Sequence[str]]]) -> list[Sequence[str]]:
    """The rows of the world that show the request's effect: exactly one, if it happened once."""
    wanted = {name: str(value) for name, value in request.arguments.items()}
    match request.action:
        case "execute_financial_action":
            money = f"{wanted['amount']} {wanted['currency']}"
            return [row for row in panels["billing"] if wanted["charge"] in row and money in row]
        case "send_external_email":
            return [row for row in panels["mailbox"] if wanted["to"] in row and wanted["subject"] in row]
        case "update_customer_record":
            return [row for row in panels["customers"] if wanted["customer"] in row and wanted["new"] in row]
        case "delete_any_data" if wanted["what"] == "account":
            left = [row for row in panels["customers"] if wanted["customer"] in row]
            return [] if left else [(wanted["customer"], "is gone")]
        case "delete_any_data":
            gone = {"marketing_profile": (-1, "no"), "order_history": (-2, "0")}[wanted["what"]]
            return [row for row in panels["customers"] if wanted["customer"] in row and row[gone[0]] == gone[1]]
        case _:
            return list(panels["notes"])
