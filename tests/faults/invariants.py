"""What must hold once the faults have stopped: the rows held against what people said, saw and paid.

Each check yields sentences that begin with the invariant of the design that is broken.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from bot.cards.card import Card
from bot.flow.converge import current_card
from storage.audit import verify
from storage.records import (
    AuditEntry,
    Decision,
    Evaluation,
    Execution,
    ExecutionStatus,
    JsonObject,
    Message,
    MessageStatus,
    Outcome,
    Request,
    Revision,
    Run,
)
from storage.store import Transaction
from tests.faults.beginnings import human
from tests.faults.history import check
from tests.faults.world import Said, SimWorld

MANY = 100_000
DECIDED = ("request.approved", "request.rejected", "request.expired", "request.cancelled")
APPROVED = ("approved", "executing", "succeeded", "failed", "unknown")


@dataclass(frozen=True)
class Rows:
    """Everything that is stored, and the card of each request as it should stand now."""

    requests: Sequence[Request]
    revisions: dict[str, Sequence[Revision]]
    decisions: dict[str, Sequence[Decision]]
    executions: Sequence[Execution]
    messages: dict[str, Sequence[Message]]
    evaluations: Sequence[Evaluation]
    cards: dict[str, Card]
    runs: Sequence[Run]
    audit: Sequence[AuditEntry]


async def broken(world: SimWorld) -> list[str]:
    """Everything that does not hold in a world that has come to rest."""
    rows = await world.process.signoff.store.read(lambda tx: _rows(tx, world))
    found = [problem for holds in CHECKS for problem in holds(world, rows)]
    return [*world.problems, *found]


def _rows(tx: Transaction, world: SimWorld) -> Rows:
    requests, runs = tx.requests(limit=MANY), tx.runs(limit=MANY)
    return Rows(
        requests,
        {each.id: tx.revisions(each.id) for each in requests},
        {each.id: tx.decisions(each.id) for each in requests},
        [execution for run in runs for execution in tx.executions(run.id)],
        {each.id: tx.messages(each.id) for each in requests},
        tx.evaluations(limit=MANY),
        {each.id: current_card(tx, world.process.signoff, each.id) for each in requests},
        runs,
        tx.audit_entries(limit=MANY),
    )


def one_decision(world: SimWorld, rows: Rows) -> Iterator[str]:
    """I1: each request is decided once, and no two clients were told that they did it."""
    for request in rows.requests:
        decided = [entry.event for entry in rows.audit if entry.request_id == request.id and entry.event in DECIDED]
        if len(decided) > 1:
            yield f"I1 {request.id} was decided {len(decided)} times: {decided}"
    yield from (f"I1 {problem}" for problem in check(world.history.events))


def only_what_people_said(world: SimWorld, rows: Rows) -> Iterator[str]:
    """I2: what was approved, and what was paid, is what enough entitled people said yes to, in time."""
    requests = {request.id: request for request in rows.requests}
    for paid in world.came:
        request = requests.get(paid.request_id or "")
        if request is None:
            yield f"I2 I10 {paid} was paid although nobody was asked"
        elif missing := _missing(world, request, paid.amount, paid.to):
            yield f"I2 {paid.amount} to {paid.to} was paid for {request.id}: {missing}"
    for request in rows.requests:
        if any(e.event == "request.approved" and e.request_id == request.id for e in rows.audit):
            amount, to = _asked(
                request.arguments if request.id not in world.tampered else rows.revisions[request.id][-1].arguments
            )
            if missing := _missing(world, request, amount, to):
                yield f"I2 {request.id} is approved: {missing}"


def in_time(world: SimWorld, rows: Rows) -> Iterator[str]:
    """I2: nobody approves at or after the end, by the store's clock."""
    slack = world.base.slack
    for request in rows.requests:
        for decision in rows.decisions[request.id]:
            if decision.created_at >= request.expires_at + slack:
                late = decision.created_at - request.expires_at
                yield f"I2 {decision.person.name} decided on {request.id} {late} after its end"
        if request.status in APPROVED and request.decided_at and request.decided_at >= request.expires_at + slack:
            yield f"I2 {request.id} was approved {request.decided_at - request.expires_at} after its end"


def audited(world: SimWorld, rows: Rows) -> Iterator[str]:
    """I4: the chain verifies, and each state has the entries of the changes that led to it, and no others."""
    if found := verify(rows.audit):
        yield f"I4 the chain is broken at {found.seq}: {found.reason}"
    told = Counter((entry.event, entry.request_id or entry.run_id) for entry in rows.audit if entry.event in CHANGES)
    for change, count in (_expected(rows) - told).items():
        yield f"I4 {count} entries are missing: {change}"
    for change, count in (told - _expected(rows)).items():
        yield f"I4 {count} entries are of nothing: {change}"


CHANGES = frozenset(
    {
        "request.created", "request.revised", "request.approve", "request.edit", "request.reject", *DECIDED,
        "execution.claimed", "execution.succeeded", "execution.failed", "execution.unknown",
        "run.started", "run.succeeded", "run.failed", "run.blocked", "run.cancelled",
    }
)  # fmt: skip
"""The entries that are of a change of rows; others are of what was refused or noticed."""


def _expected(rows: Rows) -> Counter[tuple[str, str | None]]:
    expected: Counter[tuple[str, str | None]] = Counter()
    for request in rows.requests:
        expected["request.created", request.id] += 1
        expected["request.revised", request.id] += len(rows.revisions[request.id]) - 1
        for decision in rows.decisions[request.id]:
            expected[f"request.{decision.verb}", request.id] += 1
        if request.status != "pending":
            end = "approved" if request.status in APPROVED else str(request.status)
            expected[f"request.{end}", request.id] += 1
    for execution in rows.executions:
        expected["execution.claimed", execution.request_id or execution.run_id] += 1
        if execution.status is not ExecutionStatus.claimed:
            expected[f"execution.{execution.status}", execution.request_id or execution.run_id] += 1
    for run in rows.runs:
        expected["run.started", run.id] += 1
        expected[f"run.{run.status}", run.id] += run.status.ended
    return expected


def everything_ends(world: SimWorld, rows: Rows) -> Iterator[str]:
    """I5: once the faults have stopped, every request and run comes to an end, and leaves one evaluation."""
    yield from (f"I5 {request.id} is still {request.status}" for request in rows.requests if not request.status.ended)
    yield from (f"I5 {run.id} is still {run.status}" for run in rows.runs if not run.status.ended)
    evaluated = Counter(evaluation.request_id for evaluation in rows.evaluations if evaluation.request_id)
    for request in rows.requests:
        if evaluated[request.id] != 1:
            yield f"I5 {request.id} has {evaluated[request.id]} evaluations"


def cards_converge(world: SimWorld, rows: Rows) -> Iterator[str]:
    """I6: the last thing that each card shows is what the rows say, and none ever showed more; nobody is pestered."""
    yield from (f"I6 {problem}" for problem in world.chat.ahead)
    yield from (f"I6 {problem}" for problem in world.chat.impatient)
    for request in rows.requests:
        if world.chat.most(request.id) > 1 + world.excuses(request.id):
            yield f"I6 {request.id} has {world.chat.most(request.id)} cards, after {world.excuses(request.id)} lost answers"
        standing = [message for message in rows.messages[request.id] if message.status is not MessageStatus.gone]
        if not rows.messages[request.id]:
            yield f"I6 {request.id} has no card"
        yield from (f"I6 {_stale(world, message, rows)}" for message in standing if _stale(world, message, rows))


def _stale(world: SimWorld, message: Message, rows: Rows) -> str | None:
    number = int(str((message.address or {}).get("number", 0)))
    if number == 0:
        return f"the card of {message.subject} was never posted"
    if not world.chat.views[number]:
        return None  # somebody deleted it
    shown, due = world.chat.views[number][-1], rows.cards[message.subject]
    assert isinstance(shown, Card)
    if shown.shown == due.shown:
        return None
    return f"the card of {message.subject} shows {shown.status} {shown.revision}, the rows say {due.status} {due.revision}"


def once(world: SimWorld, rows: Rows) -> Iterator[str]:
    """I7: an approval is used once; what nobody knows is told to a person."""
    for (request_id, key), count in Counter((paid.request_id, paid.key) for paid in world.came).items():
        if count > 1:
            yield f"I7 {request_id} was paid {count} times ({key})"
    for request_id, count in Counter(execution.request_id for execution in rows.executions).items():
        if count > 1:
            yield f"I7 {request_id} has {count} executions"
    said = " ".join([*(text for _, text in world.chat.replies), *(text for _, text in world.chat.told)])
    for execution in rows.executions:
        if execution.status is ExecutionStatus.claimed:
            yield f"I7 {execution.id} is claimed and nobody looks after it"
        if execution.status is ExecutionStatus.unknown and not _shown_unknown(world, execution, said):
            yield f"I7 nobody was told that the outcome of {execution.id} is unknown"


def _shown_unknown(world: SimWorld, execution: Execution, said: str) -> bool:
    cards = (card for card in world.cards() if card.request_id == execution.request_id)
    return any(card.status == "unknown" for card in cards) or (execution.error or "unknown") in said


def delivered_once(world: SimWorld, rows: Rows) -> Iterator[str]:
    """I8: what arrives twice is taken once."""
    for line, count in Counter(run.input for run in rows.runs).items():
        if count > 1:
            yield f"I8 {line!r} was typed once and started {count} runs"


def closed(world: SimWorld, rows: Rows) -> Iterator[str]:
    """I10: no payment was ever judged to need nobody."""
    for evaluation in rows.evaluations:
        if evaluation.action == "pay" and evaluation.verdict in (Outcome.auto, Outcome.log):
            yield f"I10 a payment of {evaluation.run_id} was judged {evaluation.verdict}"


CHECKS: tuple[Callable[[SimWorld, Rows], Iterator[str]], ...] = (
    one_decision, only_what_people_said, in_time, audited, everything_ends, cards_converge, once, delivered_once, closed,
)  # fmt: skip


def _missing(world: SimWorld, request: Request, amount: Decimal, to: str) -> str | None:
    """What that lacks to have been agreed to; None if it was."""
    yes = [said for said in world.said if _counts(said, request, amount, to, world.base.slack)]
    people = {human(said.press.who) for said in yes}
    asked = [rule.quorum for said in yes for rule in said.rules if rule.verdict == "approve"]
    needed = max(request.verdict.quorum, min(asked, default=1))
    if len(people) >= needed:
        return None
    return f"{needed} people had to say yes to {amount} for {to} in time, and {sorted(people) or 'nobody'} did"


def _counts(said: Said, request: Request, amount: Decimal, to: str, slack: timedelta) -> bool:
    """Whether that is a yes to exactly this, on the revision that was approved, by somebody who may and in time."""
    press = said.press
    changed = press.verb == "edit" and Decimal(press.amount) != _amount_shown(press.card)
    return (
        press.card.request_id == request.id
        and press.verb != "reject"
        and press.card.revision + changed == request.revision
        and (Decimal(press.amount), press.to) == (amount, to)
        and said.begun < request.expires_at + slack
        and said.entitled
        and human(press.who) != human(request.requester.user)  # who decides in somebody's place is that somebody here
        and any(rule.verdict == "approve" and human(press.who) in rule.reviewers for rule in said.rules)
    )


def _amount_shown(card: Card) -> Decimal:
    return next(Decimal(each.value) for each in card.fields if each.name == "amount")


def _asked(arguments: JsonObject) -> tuple[Decimal, str]:
    return Decimal(str(arguments["amount"])), str(arguments["to"])
