"""One request's life through a kill: what people do meanwhile, and everything that must be true afterwards."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.demo import CHANNEL, RAVI, TESS
from bot.sandbox.delivery import Answer
from bot.sandbox.workspace import Message
from storage.records import ExecutionStatus, Request, RequestStatus, Run
from storage.store import Transaction
from tests.e2e.company import actions_of, text_of, values
from tests.faults.crash import PATIENCE, TICKET, Town
from tests.faults.points import Point

HOURS = 3600.0
BUTTONS = {"signoff_approve", "signoff_edit", "signoff_reject", "signoff_read"}
CONVERGED = 5.0  # seconds until the cards of a request that ended say so
ENDS = {
    RequestStatus.succeeded: "Approved and done",
    RequestStatus.unknown: "Outcome unknown",
    RequestStatus.rejected: "Rejected",
    RequestStatus.expired: "Expired",
}  # what a card says in the end


@dataclass
class Case:
    """One request's life through a kill: what people do, as patiently as they are, and what is true afterwards."""

    town: Town
    point: Point
    number: int = 0
    problems: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.town.cases += 1
        self.number = self.town.cases

    @property
    def mark(self) -> str:
        """How the ticket of this case ends, and no other."""
        return f"Case {self.number}."

    async def play(self) -> None:
        """Drive it from the command to the end, with the kill on the way; what must hold is in `problems` if it does not."""
        town, before = self.town, self.town.kills
        await town.served()
        if self.point.early:
            await town.arm(self.point)
        await self._acked(lambda: self._say(), "command")
        request = await town.read_until(self._request, f"the request of {self.point}")
        if self.point.early:
            await self._killed(before)
        card = await self._standing(request)
        if not self.point.early:
            await town.arm(self.point)
        await self._act(request, card, before)
        await self._killed(before)
        await self._end(request)

    async def _killed(self, before: int) -> None:
        """Until the kill has happened and a new replica serves."""
        await self.town.until(lambda: self.town.kills > before, f"the kill at {self.point.spot!r}")
        await self.town.served()

    async def _say(self) -> Answer | None:
        sandbox, ticket = self.town.place.sandbox, TICKET.format(case=self.number)
        return await sandbox.say(TESS.id, CHANNEL, f"/signoff run support {ticket}")

    async def _acked(self, act: Callable[[], Awaitable[Answer | None]], what: str, request: str = "") -> None:
        """Somebody does something. If nobody acknowledged it, the platform's client says so, and it comes once more: the
        very same bytes, as any sender repeats them that heard nothing."""
        decides = self.town.history.invoke(RAVI.name, "decide", request) if request else None
        answer = await act()
        if answer is not None and answer.acked:
            if decides:
                decides("ok", await self._became(request))
            return
        if decides:
            decides("unknown", None)
        await self.town.served()
        await self._undecided(request, what)
        for _ in range(100):
            [again] = await self.town.place.sandbox.redeliver_last(1)
            if again.acked:
                return
            await asyncio.sleep(0.05)
        self.problems.append(f"{what} was never acknowledged")

    async def _undecided(self, request: str, what: str) -> None:
        """After a kill before its commit, a decision must not have happened; after it, it must have."""
        if not request or not self.point.spot.startswith("request."):
            return
        decisions = await self.town.storage.store.read(lambda tx: len(tx.decisions(request)))
        expected = 1 if self.point.spot.endswith("after commit") else 0
        if decisions != expected:
            self.problems.append(f"{decisions} decisions after a {what} that was killed {self.point.spot}, not {expected}")

    async def _became(self, request: str) -> str | None:
        """What an acknowledged decision made of the request, which must be in the rows by now."""
        now = await self.town.storage.store.read(lambda tx: tx.request(request))
        if now.status is RequestStatus.pending:
            self.problems.append("I3: an acknowledged decision is not in the database")
            return None
        return "rejected" if now.status is RequestStatus.rejected else "approved"

    def _request(self, tx: Transaction) -> Request | None:
        return next((each for run in self._runs(tx) for each in tx.requests(run_id=run.id, limit=5)), None)

    def _runs(self, tx: Transaction) -> list[Run]:
        return [run for run in tx.runs(limit=20) if run.input.endswith(self.mark)]

    async def _standing(self, request: Request) -> Message:
        """The card that people see, once it has buttons and its address is stored: nobody clicks within milliseconds."""

        def look(tx: Transaction) -> list[str] | None:
            return [str(each.address["ts"]) for each in tx.messages(request.id) if each.address]

        [stands] = await self.town.read_until(look, f"the card of {self.point}")
        return next(card for card in self.town.cards(request.id) if card.ts == stands)

    async def _act(self, request: Request, card: Message, before: int) -> None:
        town, sandbox = self.town, self.town.place.sandbox
        match self.point.story:
            case "approve":
                await self._acked(lambda: sandbox.click(RAVI.id, card, "signoff_approve"), "approval", request.id)
            case "reject":
                await self._submitted(card, "signoff_reject", {"reason": "no_longer_needed"}, request.id)
            case "edit":
                await self._submitted(card, "signoff_edit", {"amount": "0.05"}, request.id)
            case "expire":
                town.ahead += 5 * HOURS
                await town.arm(self.point)
            case "remind":
                town.ahead += 2.2 * HOURS
                await town.arm(self.point)
                await self._killed(before)
                await self._acked(lambda: sandbox.click(RAVI.id, card, "signoff_approve"), "approval", request.id)

    async def _submitted(self, card: Message, action: str, typed: Mapping[str, str], request: str) -> None:
        sandbox = self.town.place.sandbox
        # A dialog opens only by a press that is seconds old, so nobody but the person repeats it.
        while not (await sandbox.click(RAVI.id, card, action)).acked:
            await self.town.served()
        view = await sandbox.until(lambda: sandbox.view_of(RAVI.id), PATIENCE)
        entered: dict[str, Any] = dict(values(**typed))
        await self._acked(lambda: sandbox.submit(RAVI.id, view, entered), "form", request)
        if left := sandbox.view_of(RAVI.id):  # it stays open where the acknowledgement was lost
            await sandbox.close_view(RAVI.id, left)

    async def _end(self, request: Request) -> None:
        """Wait until everything about the request has settled, then look at all that must hold."""
        told = self.town.history.invoke("rig", "read", request.id)
        ended = await self.town.read_until(lambda tx: self._ended(tx, request.id), f"the end after {self.point}")
        told("ok", [ended.status, ended.revision])
        with contextlib.suppress(AssertionError):
            await self.town.until(lambda: not self._cards(ended), "every card", CONVERGED)
        self.problems += self._cards(ended)
        effects, refunds = self.town.effects(ended.id), self.town.refunds(ended.id)
        self.problems += await self.town.storage.store.read(lambda tx: list(self._rows(tx, ended, effects, refunds)))

    def _ended(self, tx: Transaction, request_id: str) -> Request | None:
        request = tx.request(request_id)
        return request if request.status.ended and tx.run(request.run_id).status.ended else None

    def _cards(self, ended: Request) -> list[str]:
        """I6 and I7: at most one card too many, and each says how it ended, an unknown outcome in so many words too."""
        cards, says = self.town.cards(ended.id), ENDS.get(ended.status, "?")
        problems = [] if len(cards) == 1 else [f"I6: {len(cards)} cards stand"]
        problems += ["I6: a card still has buttons" for card in cards if BUTTONS & set(actions_of(card))]
        return problems + [f"I6: a card does not say {says!r}" for card in cards if says not in text_of(card)]

    def _rows(self, tx: Transaction, ended: Request, effects: int, refunds: int) -> Iterator[str]:
        """What the rows, billing and the witness must agree on."""
        runs, decisions = self._runs(tx), tx.decisions(ended.id)
        executions = [each for each in tx.executions(ended.run_id) if each.request_id == ended.id]
        if len(runs) != 1:
            yield f"I8: {len(runs)} runs of one command"
        if len(tx.requests(run_id=ended.run_id, limit=5)) != 1:
            yield "I8: more than one request of one proposal"
        if len(decisions) != (0 if self.point.story == "expire" else 1):
            yield f"I1: {len(decisions)} decisions"
        if effects > 1 or refunds > 1 or len(executions) > 1:
            yield f"I7: {len(executions)} executions, {effects} effects, {refunds} refunds"
        if (ended.status is RequestStatus.succeeded) != (refunds == 1) and ended.status is not RequestStatus.unknown:
            yield f"I2: {ended.status} with {refunds} refunds"
        if ended.status not in self._fates():
            yield f"ended as {ended.status}, not as one of {sorted(self._fates())}"
        if executions and executions[0].status is ExecutionStatus.claimed:
            yield "I7: an execution is claimed for ever"
        yield from self._audited(tx, ended)

    def _fates(self) -> set[RequestStatus]:
        """How the story may end. What was begun and not reported is unknown, and nothing else is."""
        if self.point.story in ("expire", "reject"):
            return {RequestStatus.expired if self.point.story == "expire" else RequestStatus.rejected}
        begun = ("execution.claimed after commit", "effect before", "effect after", "execution.succeeded before commit")
        if self.point.spot in ("update Card after", "reply after"):  # perhaps while it runs
            return {RequestStatus.succeeded, RequestStatus.unknown}
        return {RequestStatus.unknown if self.point.spot in begun else RequestStatus.succeeded}

    def _audited(self, tx: Transaction, ended: Request) -> Iterator[str]:
        """I4: every state that was passed has its audit entry, once."""
        events = [entry.event for entry in tx.audit_entries(request_id=ended.id)]
        verdict = {"approve": "request.approve", "remind": "request.approve", "edit": "request.edit"}.get(self.point.story)
        executed = ended.status in (RequestStatus.succeeded, RequestStatus.unknown)
        wanted = ["request.created", *([verdict] if verdict else [f"request.{ended.status}"])]
        wanted += ["request.approved", "execution.claimed", f"execution.{ended.status}"] if executed else []
        yield from (f"I4: {events.count(each)} audit entries {each}" for each in wanted if events.count(each) != 1)
