"""The test of the tester: bugs that somebody could have written, each put into the running program for a while.

Each is a small change of production code: a statement without its condition, a check that is not made, a step in the wrong
place. `takes` names what a schedule must have in it for the bug to matter (see `tests.faults.schedule`); which seed shows
it, and by which invariant, is the rig's own affair.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Any

from sqlalchemy import bindparam

from bot.flow import circumstances, decide, effect, execute, people, propose
from bot.flow import handlers as flow_handlers
from bot.flow.converge import current_card, show_card
from bot.flow.desk import Answer, Click
from bot.flow.front_desk import FrontDesk
from bot.flow.people import Rights, rights
from bot.flow.seals import Grant
from bot.flow.signoff import Signoff
from bot.flow.surface import SurfaceBusy, SurfaceError
from policies import people as who_may
from storage.dispatch import TryLater
from storage.records import (
    Decision,
    Execution,
    ExecutionStatus,
    JsonObject,
    MessageStatus,
    Place,
    Request,
    RequestStatus,
    Risk,
    Verdict,
)
from storage.records import Outcome as Ruling
from storage.sql import requests as statements
from storage.sql.audit import AuditRows
from storage.sql.query import Query
from storage.sql.requests import RequestRows
from storage.sql.rows import value
from storage.sql.runs import RunRows
from storage.sql.types import now
from storage.store import StorageError, Transaction

Owner = ModuleType | type
Swaps = Sequence[tuple[Owner, str, object]]
Work = Callable[[Transaction, Click, Rights], Answer]

_REQUESTS = statements._requests


@dataclass(frozen=True)
class Mutant:
    """One planted bug."""

    name: str
    takes: tuple[str, ...]
    swaps: Callable[[], Swaps]

    @contextmanager
    def planted(self) -> Iterator[None]:
        """The program has the bug, for as long as this lasts."""
        with ExitStack() as stack:
            for owner, name, new in self.swaps():
                old = vars(owner)[name]  # raises KeyError where the program has changed and the bug with it
                stack.callback(setattr, owner, name, old)
                setattr(owner, name, new)
            yield


MUTANTS: list[Mutant] = []


def mutant(name: str, *takes: str) -> Callable[[Callable[[], Swaps]], Callable[[], Swaps]]:
    """Registers a planted bug."""

    def registered(swaps: Callable[[], Swaps]) -> Callable[[], Swaps]:
        MUTANTS.append(Mutant(name, takes, swaps))
        return swaps

    return registered


# --- the statement that decides
def _held_where(*conditions: Any) -> tuple[Owner, str, object]:
    """The request is held under these conditions, and under no others."""
    touched = _REQUESTS.update().where(statements._this, *conditions).values(revision=_REQUESTS.c.revision)
    query = Query(touched.returning(*statements._request))

    def hold(self: RequestRows, id: str, revision: int) -> Request | None:
        return self._one(query, Request, request=id, at_revision=revision)

    return RequestRows, "hold_request", hold


@mutant("the statement that decides has no WHERE but the id", "deadline")
def no_where() -> Swaps:
    return [_held_where()]


@mutant("a deadline is checked by the program's clock before the statement", "deadline")
def app_clock() -> Swaps:
    async def decided(self: FrontDesk, click: Click, work: Work, *, fresh: bool = False) -> Answer:
        at, request = await self._signoff.store.read(lambda tx: (tx.now(), tx.request(click.request_id)))
        if at >= request.expires_at:
            return await real(self, click, lambda tx, sure, has: decide._too_late(tx, self._signoff, sure), fresh=fresh)
        return await real(self, click, work, fresh=fresh)

    real = FrontDesk._decide
    hold = _held_where(statements._pending, _REQUESTS.c.revision == bindparam("at_revision"))
    return [hold, (FrontDesk, "_decide", decided)]


@mutant("decisions are read, then written")
def read_then_write() -> Swaps:
    seen: dict[str, Request] = {}

    async def decided(self: FrontDesk, click: Click, work: Work, *, fresh: bool = False) -> Answer:
        with suppress(StorageError):
            seen[click.request_id] = await self._signoff.store.read(lambda tx: tx.request(click.request_id))
        return await real(self, click, work, fresh=fresh)

    def held(self: RequestRows, id: str, revision: int) -> Request | None:
        request = seen.get(id) or self.request(id)
        open_ = request.status is RequestStatus.pending and request.expires_at > self.now()  # type: ignore[attr-defined]
        return request if open_ and request.revision == revision else None

    real = FrontDesk._decide
    return [(FrontDesk, "_decide", decided), (RequestRows, "hold_request", held), *move_anything()]


@mutant("a status is changed whatever it was", "cancel")
def move_anything() -> Swaps:
    to = {"status": bindparam("after"), "decided_at": now()}
    moved = _REQUESTS.update().where(statements._this, bindparam("before") != "").values(to)
    lax = Query(moved.values(reason=value("why", _REQUESTS.c.reason)).returning(*statements._request))
    return [(statements, "_move", lax)]


@mutant("whatever is past its time expires, decided or not", "deadline", "wait", "again")
def expire_anything() -> Swaps:
    late = _REQUESTS.update().where(statements._this, _REQUESTS.c.expires_at <= now())
    return [(statements, "_expire", Query(late.values(status="expired", decided_at=now()).returning(*statements._request)))]


# --- durability
class _TakeBack(Exception):
    """Carries an answer out of a transaction that is to leave nothing."""


async def _tried(desk: FrontDesk, click: Click, work: Callable[[Transaction, Click, Rights], Any], fresh: bool) -> Any:
    """What `work` would return; nothing is written."""

    def tried(tx: Transaction) -> None:
        raise _TakeBack(work(tx, sure, has))

    request = await desk._signoff.store.read(lambda tx: tx.request(click.request_id))
    has, sure = await rights(desk._signoff, request, click, fresh=fresh)
    try:
        await desk._signoff.store.write(tried)
    except _TakeBack as answer:
        return answer.args[0]


@mutant("people are answered before the commit")
def ack_before_commit() -> Swaps:
    async def decided(self: FrontDesk, click: Click, work: Work, *, fresh: bool = False) -> Answer:
        try:
            answer: Answer = await _tried(self, click, work, fresh)
        except (StorageError, SurfaceBusy, SurfaceError):
            return await real(self, click, work, fresh=fresh)
        later.add(task := asyncio.create_task(real(self, click, work, fresh=fresh), name="later"))
        task.add_done_callback(later.discard)
        return answer

    real, later = FrontDesk._decide, set[asyncio.Task[Answer]]()
    return [(FrontDesk, "_decide", decided)]


@mutant("the card is updated before the commit")
def card_ahead() -> Swaps:
    async def decided(self: FrontDesk, click: Click, work: Work, *, fresh: bool = False) -> Answer:
        def foreseen(tx: Transaction, sure: Click, has: Rights) -> Any:
            work(tx, sure, has)
            return tx.messages(click.request_id), current_card(tx, self._signoff, click.request_id)

        with suppress(StorageError, SurfaceBusy, SurfaceError):
            messages, card = await _tried(self, click, foreseen, fresh)
            for message in messages:
                if message.status is MessageStatus.posted and message.address:
                    await self._signoff.surface_of(message.place).update(message.address, card)
        return await real(self, click, work, fresh=fresh)

    real = FrontDesk._decide
    return [(FrontDesk, "_decide", decided)]


@mutant("audit entries are written by a transaction of their own", "killed", "busy")
def audit_apart() -> Swaps:
    async def decided(self: FrontDesk, click: Click, work: Work, *, fresh: bool = False) -> Answer:
        notes: list[tuple[Any, Any]] = []

        def apart(tx: Transaction, sure: Click, has: Rights) -> Answer:
            notes.clear()
            return work(_Deaf(tx, notes), sure, has)

        def noted(tx: Transaction) -> None:
            for given, named in notes:
                tx.audit(*given, **named)

        answer = await real(self, click, apart, fresh=fresh)
        with suppress(StorageError):
            await self._signoff.store.write(noted)
        return answer

    real = FrontDesk._decide
    return [(FrontDesk, "_decide", decided)]


class _Deaf:
    """A transaction that only remembers what it was to write into the audit chain."""

    def __init__(self, real: Transaction, notes: list[tuple[Any, Any]]) -> None:
        self._real, self._notes = real, notes

    def audit(self, *given: object, **named: object) -> None:
        self._notes.append((given, named))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


@mutant("approvals leave no audit entry")
def audit_missing() -> Swaps:
    def audit(self: AuditRows, event: str, **named: Any) -> None:
        if event != "request.approve":
            real(self, event, **named)

    real = AuditRows.audit
    return [(AuditRows, "audit", audit)]


# --- what was shown, and what runs
@mutant("what is about to run is not compared with what was approved", "tamper")
def no_fingerprint_at_execution() -> Swaps:
    return [(execute, "mismatch", lambda tx, signoff, request: None), (effect, "_covers", lambda *compared: True)]


@mutant("a button's fingerprint is not compared with the revision's", "forge", "edit")
def no_fingerprint_at_click() -> Swaps:
    def hold(tx: Transaction, signoff: Signoff, click: Click, has: Rights) -> object:
        return real(tx, signoff, replace(click, fingerprint=tx.request(click.request_id).fingerprint), has)

    real = decide._hold
    return [(decide, "_hold", hold)]


@mutant("approvals of earlier revisions count", "approve", "edit", "adopt")
def old_approvals() -> Swaps:
    def approvals(decisions: Sequence[Decision], mark: str) -> list[Decision]:
        return [given for given in decisions if given.verb != "reject"]

    def approved(tx: Transaction, signoff: Signoff, held: decide.Held, *rest: Any, **named: Any) -> Answer:
        given = tuple(people.genuine_approvals(tx, signoff, held.request, held.request.fingerprint, held.ties))
        return real(tx, signoff, replace(held, given=given), *rest, **named)

    real = decide._approved
    return [(people, "approvals", approvals), (decide, "_approved", approved)]


# --- once
@mutant("an effect whose outcome is unknown is tried again on the same grant", "vanishes", "breaks", "hangs")
def grant_twice() -> Swaps:
    async def twice(*given: Any) -> tuple[str, str, JsonObject]:
        result = await real(*given)
        return await real(*given) if result[0] == "unknown" else result

    real = effect._effect
    return [(effect, "_effect", twice)]


@mutant("an execution that a crash interrupted runs again", "dies")
def rerun_lost() -> Swaps:
    def claim(tx: Transaction, signoff: Signoff, request_id: str) -> object:
        request = tx.request(request_id)
        lost = execute.execution_of(tx, request)
        if request.status is not RequestStatus.executing or lost is None or lost.status is not ExecutionStatus.claimed:
            return real(tx, signoff, request_id)
        again = lost.model_copy(update={"started_at": tx.now()})
        grant = execute.granted(signoff, again, request.agent, request.tenant, request.revision, request.verdict)
        return request, lost, grant

    def used(tx: Transaction, signoff: Signoff, execution: Execution, token: str) -> Grant:
        return signoff.seals.verify(token, tx.now())  # without this it is found that the grant was used

    real = execute.claim
    return [(execute, "claim", claim), (effect, "_used", used)]


@mutant("redeliveries are taken again", "submit", "again")
def no_dedup() -> Swaps:
    return [(RunRows, "first_delivery", lambda self, key: True)]


# --- people
@mutant("two accounts of one human are two people", "twin")
def one_human_twice() -> Swaps:
    def voices(spoken: Any, ties: object) -> int:
        return len({voice[0].key for voice in spoken})

    return [(decide, "voices", voices), (people, "voices", voices)]


@mutant("people may decide on what they asked for", "approve")
def requester_may() -> Swaps:
    return [(who_may, "_excluded", lambda person, request, ties: None)]


@mutant("guests and deactivated accounts may decide", "stand")
def anybody_may() -> Swaps:
    def may(*given: Any, standing: object = None, **named: Any) -> object:
        return real(*given, **named)

    real = who_may.may_decide
    return [(people, "may_decide", may)]


# --- errors
@mutant("a policy that cannot be read lets everything run", "unreadable", "submit")
def error_means_auto() -> Swaps:
    def spending(*given: Any) -> Verdict:
        try:
            return real(*given)
        except OSError:
            return Verdict(outcome=Ruling.auto, risk=Risk.low, reasons=(), rules=(), policy_version="")

    real = circumstances.spending
    return [(propose, "spending", spending)]


@mutant("a platform that asks to wait is not called again", "429", "500", "reset")
def lost_update() -> Swaps:
    async def show(signoff: Signoff, request_id: str, home: Place | None = None) -> None:
        with suppress(TryLater):
            await show_card(signoff, request_id, home)

    return [(flow_handlers, "show_card", show)]
