"""What you see is what executes: whoever changes a row, a decision or a grant after the approval gets nothing run."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Connection, create_engine, make_url, text

from bot.cards.text import plain
from bot.flow.effect import perform, recorded
from bot.flow.execute import claim, execute, report
from bot.flow.seals import Seals
from storage.canonical import NotCanonical, canonical, digest, fingerprint
from storage.records import Execution, ExecutionStatus, Request, RequestStatus
from tests.bot.flow.stage import NOOR, Stage, stage_on

TWO = """
rules:
  - name: payments
    actions: [pay]
    verdict: approve
    risk: high
    quorum: 2
    reviewers: [ravi@example.com, noor@example.com]
"""


@dataclass(frozen=True)
class Rows:
    """Somebody with every right on the database."""

    connection: Connection

    def run(self, statement: str, **values: object) -> None:
        assert self.connection.execute(text(statement), values).rowcount != 0, "nothing was changed"

    def json(self, table: str, column: str, **changes: object) -> None:
        """Change fields of a JSON column."""
        stored = self.connection.execute(text(f"SELECT {column} FROM {table}")).scalars().first()  # noqa: S608
        before = json.loads(stored) if isinstance(stored, str) else stored
        self.put(table, column, {**(before or {}), **changes})

    def put(self, table: str, column: str, value: object) -> None:
        cast = "CAST(:value AS json)" if self.connection.dialect.name == "postgresql" else ":value"
        self.run(f"UPDATE {table} SET {column} = {cast}", value=json.dumps(value))  # noqa: S608


Tampering = Callable[[Rows, Request], None]


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture
async def stage(url: str) -> AsyncIterator[Stage]:
    async with stage_on(url) as made:
        yield made


def tamper(url: str, work: Tampering, request: Request) -> None:
    address = make_url(url)
    kind = address.get_backend_name()
    engine = create_engine(address.set(drivername="postgresql+psycopg") if kind == "postgresql" else address)
    try:
        with engine.begin() as connection:
            work(Rows(connection), request)
    finally:
        engine.dispose()


def column(name: str, value: object) -> Tampering:
    return lambda rows, request: rows.run(f"UPDATE requests SET {name} = :value", value=value)  # noqa: S608


def arguments(**changes: object) -> Tampering:
    return lambda rows, request: rows.json("requests", "arguments", **changes)


def verdict(**changes: object) -> Tampering:
    return lambda rows, request: rows.json("requests", "verdict", **changes)


def consistent(**changes: Any) -> Tampering:
    """Change the request, its revision and every fingerprint to fit, those in the decisions and the revision too."""

    def work(rows: Rows, request: Request) -> None:
        new = request.model_copy(update=changes)
        mark = fingerprint(
            action=new.action, arguments=new.arguments, target=new.target, agent=new.agent, tenant=new.tenant,
            revision=new.revision, policy_version=new.verdict.policy_version,
        )  # fmt: skip
        for table in ("requests", "revisions"):
            rows.put(table, "arguments", new.arguments)
            rows.put(table, "verdict", new.verdict.model_dump(mode="json"))
            rows.run(f"UPDATE {table} SET target = :target, fingerprint = :mark", target=new.target, mark=mark)  # noqa: S608
        values = {"action": new.action, "agent": new.agent, "tenant": new.tenant, "number": new.revision}
        rows.run("UPDATE requests SET action = :action, agent = :agent, tenant = :tenant, revision = :number", **values)
        rows.run("UPDATE revisions SET number = :number", number=new.revision)
        rows.run("UPDATE decisions SET fingerprint = :mark, revision = :number", mark=mark, number=new.revision)

    return work


def policy_moved(rows: Rows, request: Request) -> None:
    consistent(verdict=request.verdict.model_copy(update={"policy_version": "9" * 64}))(rows, request)


def dearer(rows: Rows, request: Request) -> None:
    consistent(arguments={**request.arguments, "amount": "990.00"})(rows, request)


TAMPERINGS: dict[str, Tampering] = {
    "an amount": arguments(amount="990.00"),
    "one digit": arguments(amount="480.01"),
    "another form of the same number": arguments(amount="480.0"),
    "a receiver": arguments(to="lamp-sh\u043ep"),
    "the receiver in another normal form": arguments(to="lamp-shop\u0301"),
    "an argument more": arguments(note=""),
    "the target": column("target", "lamp-shop "),
    "the action": column("action", "note"),
    "the agent": column("agent", "payer2"),
    "the tenant": column("tenant", "T2"),
    "the revision": column("revision", 2),
    "the policy version": verdict(policy_version="9" * 64),
    "the fingerprint": column("fingerprint", "f" * 64),
    "the quorum": verdict(quorum=3),
    "the verdict, as if nobody had to be asked": verdict(outcome="auto"),
    "the verdict, as if it were only logged": verdict(outcome="log"),
    "the reviewers": verdict(reviewers=["dan@example.com"]),
    "everything in step: arguments": dearer,
    "everything in step: target": consistent(target="somebody-else"),
    "everything in step: tenant": consistent(tenant="T2"),
    "everything in step: agent": consistent(agent="other"),
    "everything in step: action": consistent(action="note", arguments={"text": "x"}, target="everybody"),
    "everything in step: revision": consistent(revision=7),
    "everything in step: policy version": policy_moved,
    "no decisions": lambda rows, request: rows.run("DELETE FROM decisions"),
    "a decision by somebody else": lambda rows, request: rows.json("decisions", "person", key="slack:T1:dan"),
    "a rejection made an approval": lambda rows, request: rows.run("UPDATE decisions SET verb = 'edit'"),
    "a decision without its seal": lambda rows, request: rows.run("UPDATE decisions SET seal = ''"),
    "a decision of another request": lambda rows, request: rows.run("UPDATE decisions SET id = 'dec_other'"),
}


@pytest.mark.parametrize("work", TAMPERINGS.values(), ids=TAMPERINGS)
async def test_whatever_is_changed_after_the_approval_nothing_runs(stage: Stage, url: str, work: Tampering) -> None:
    request = await stage.ask()
    assert (await stage.desk.approve(stage.click(request))).ok
    tamper(url, work, await stage.latest())
    await stage.settle()
    assert stage.till.paid == []
    assert await stage.status() is RequestStatus.failed
    assert "refused" in str(stage.card().lines)
    events = [entry.event for entry in await stage.read(lambda tx: tx.audit_entries(request_id=request.id))]
    assert "execution.refused" in events
    assert "execution.succeeded" not in events


def forged(rows: Rows, request: Request) -> None:
    """An approval that was never given: a copy of the other one, by another reviewer, and the status to go with it."""
    rows.run(
        "INSERT INTO decisions (id, request_id, revision, fingerprint, person, person_key, verb, reason, notes, lent_by,"
        " seal, created_at) SELECT 'dec_forged', request_id, revision, fingerprint, person, :key, verb, reason, notes,"
        " lent_by, seal, created_at FROM decisions",
        key=NOOR.key,
    )
    person = NOOR.model_dump(mode="json")
    cast = "CAST(:value AS json)" if rows.connection.dialect.name == "postgresql" else ":value"
    rows.run(f"UPDATE decisions SET person = {cast} WHERE id = 'dec_forged'", value=json.dumps(person))  # noqa: S608
    rows.run("UPDATE requests SET status = 'approved'")


def lowered(rows: Rows, request: Request) -> None:
    """One approval of two, and a quorum that was lowered to one."""
    rows.json("requests", "verdict", quorum=1)
    rows.json("revisions", "verdict", quorum=1)
    rows.run("UPDATE requests SET status = 'approved'")


def let_through(rows: Rows, request: Request) -> None:
    """No approval at all: the row says that the policy lets it run."""
    rows.json("requests", "verdict", outcome="auto")
    rows.run("DELETE FROM decisions")
    rows.run("UPDATE requests SET status = 'approved'")


def only_a_status(rows: Rows, request: Request) -> None:
    rows.run("UPDATE requests SET status = 'approved'")


@pytest.mark.parametrize("work", [forged, lowered, let_through, only_a_status])
async def test_no_rows_alone_make_an_approval(stage: Stage, url: str, work: Tampering) -> None:
    stage.adopt(TWO)
    request = await stage.ask()
    assert (await stage.approve(request)).ok
    assert await stage.status() is RequestStatus.pending
    tamper(url, work, request)
    await execute(stage.signoff, request.id)
    await stage.settle()
    assert stage.till.paid == []
    assert await stage.status() is RequestStatus.failed


# The grant, between the claim and the effect.


async def claimed(stage: Stage) -> tuple[Request, Execution, str]:
    request = await stage.ask()
    assert (await stage.desk.approve(stage.click(request))).ok
    taken = await stage.store.write(lambda tx: claim(tx, stage.signoff, request.id))
    assert taken is not None
    return taken


async def test_the_rig_is_right_the_grant_as_it_was_made_runs(stage: Stage) -> None:
    _, execution, token = await claimed(stage)
    assert (await perform(stage.signoff, execution, token)).succeeded
    assert [paid for paid, *_ in stage.till.paid] == [Decimal("480.00")]


@pytest.mark.parametrize("change", [{"fingerprint": "f" * 64}, {"execution": "exe_other"}, {"agent": "other"},
                                    {"tenant": "T2"}, {"revision": 2}, {"policy_version": "v9"}], ids=str)  # fmt: skip
async def test_a_grant_for_something_else_runs_nothing(stage: Stage, change: dict[str, Any]) -> None:
    _, execution, token = await claimed(stage)
    grant = stage.signoff.seals.verify(token, stage.clock.now)
    result = await perform(stage.signoff, execution, stage.signoff.seals.sign(replace(grant, **change)))
    assert (result.status, stage.till.paid) == ("failed", [])


async def test_a_grant_of_another_key_runs_nothing(stage: Stage) -> None:
    _, execution, token = await claimed(stage)
    grant = stage.signoff.seals.verify(token, stage.clock.now)
    result = await perform(stage.signoff, execution, Seals([bytes([1]) * 32]).sign(grant))
    assert (result.status, stage.till.paid) == ("failed", [])
    assert "not this deployment's" in result.reason


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "\ud800"])
async def test_what_is_no_grant_runs_nothing(stage: Stage, token: str) -> None:
    _, execution, _ = await claimed(stage)
    assert (await perform(stage.signoff, execution, token)).status == "failed"
    assert stage.till.paid == []


async def test_a_grant_is_over_after_five_minutes(stage: Stage) -> None:
    _, execution, token = await claimed(stage)
    stage.clock.move(minutes=5, seconds=1)
    result = await perform(stage.signoff, execution, token)
    assert (result.status, stage.till.paid) == ("failed", [])
    assert "a grant lives five minutes" in result.reason


async def test_a_grant_is_used_once(stage: Stage) -> None:
    request, execution, token = await claimed(stage)
    result = await perform(stage.signoff, execution, token)
    await recorded(stage.store, lambda tx: report(tx, stage.signoff, request.id, execution, result))
    again = await perform(stage.signoff, execution, token)
    assert (again.status, len(stage.till.paid)) == ("failed", 1)
    assert "used already" in again.reason


async def test_of_simultaneous_uses_of_one_grant_one_runs(stage: Stage) -> None:
    _, execution, token = await claimed(stage)
    results = await asyncio.gather(*(perform(stage.signoff, execution, token) for _ in range(5)))
    assert sorted(result.status for result in results) == ["succeeded"] + 4 * ["unknown"]
    assert [paid for paid, *_ in stage.till.paid] == [Decimal("480.00")]


async def test_a_claim_that_was_changed_in_the_database_runs_nothing(stage: Stage, url: str) -> None:
    request, execution, token = await claimed(stage)
    tamper(url, lambda rows, _: rows.json("executions", "arguments", amount="990.00"), request)
    assert (await perform(stage.signoff, execution, token)).status == "failed"
    assert stage.till.paid == []


async def test_what_the_executor_gets_is_what_the_grant_is_for(stage: Stage) -> None:
    _, execution, token = await claimed(stage)
    other = execution.model_copy(update={"arguments": {**execution.arguments, "amount": "990.00"}})
    assert (await perform(stage.signoff, other, token)).status == "failed"
    assert stage.till.paid == []


async def test_a_claim_is_made_once(stage: Stage) -> None:
    request, execution, _ = await claimed(stage)
    assert await stage.store.write(lambda tx: claim(tx, stage.signoff, request.id)) is None
    ended = await stage.read(lambda tx: tx.execution_of(execution.run_id, execution.step))
    assert ended is not None
    assert ended.status is ExecutionStatus.unknown, "a second worker takes the first for dead and asks people to look"


# Canonical JSON (RFC 8785): what is the same and what is not.

SAME: list[tuple[Any, Any]] = [
    (1.0, 1), (-0.0, 0), (0.0, -0.0), (1e21, 1000000000000000000000.0), (100, 1e2), ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
    ("\u20ac", "€"), (json.loads('{"a": 1, "a": 2}'), {"a": 2}), (json.loads("1.50"), 1.5),
]  # fmt: skip
DIFFERENT: list[tuple[Any, Any]] = [
    ("1", 1), (True, 1), (None, ""), ("é", "e\u0301"), ("480.00", "480.0"), ([1, 2], [2, 1]), ({}, []), ("a", "a\u200b"),
    ("A", "А"), (0.1, 0.1 + 2**-54), (2**53 - 1, 2**53 - 2), ({"a": None}, {}), ("\n", "\r\n"), ("&", "&amp;"),
]  # fmt: skip
REFUSED = [2**53 + 1, -(2**60), float("nan"), float("inf"), "\ud800", {"\ud800": 1}, 10**400]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_the_same_value_has_one_form(one: Any, other: Any) -> None:
    assert canonical(one) == canonical(other)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_different_values_have_different_fingerprints(one: Any, other: Any) -> None:
    assert digest(one) != digest(other)


@pytest.mark.parametrize("value", REFUSED, ids=repr)
def test_what_json_cannot_carry_exactly_has_no_fingerprint(value: Any) -> None:
    with pytest.raises(NotCanonical):
        canonical(value)


def test_every_part_of_a_fingerprint_matters() -> None:
    parts: dict[str, Any] = {
        "action": "pay", "arguments": {"a": 1}, "target": "t", "agent": "g", "tenant": "T1", "revision": 1,
        "policy_version": "v",
    }  # fmt: skip
    others: dict[str, Any] = {
        "action": "Pay", "arguments": {"a": 2}, "target": "t ", "agent": "G", "tenant": "T2", "revision": 2,
        "policy_version": "w",
    }  # fmt: skip
    marks = {fingerprint(**parts), *(fingerprint(**{**parts, name: others[name]}) for name in parts)}
    assert len(marks) == len(parts) + 1


async def test_a_restart_with_another_key_does_not_run_what_the_old_one_sealed(sqlite_url: str) -> None:
    async with stage_on(sqlite_url) as stage:
        request = await stage.ask()
        assert (await stage.desk.approve(stage.click(request))).ok
        stage.signoff = replace(stage.signoff, seals=Seals([bytes([9]) * 32]))
        await stage.settle()
        assert stage.till.paid == []
        assert await stage.status() is RequestStatus.failed


@pytest.mark.parametrize("seal", ["", "x" * 43])
async def test_who_decided_before_there_were_seals_decides_again(stage: Stage, url: str, seal: str) -> None:
    stage.adopt(TWO)
    request = await stage.ask()
    await stage.approve(request)
    tamper(url, lambda rows, _: rows.run("UPDATE decisions SET seal = :seal", seal=seal), request)
    old = (await stage.read(lambda tx: tx.decisions(request.id)))[0]
    assert "1 more must approve" in plain((await stage.approve(request, NOOR)).text)
    assert plain((await stage.approve(request)).text) == "Approved. It runs now."
    assert len(stage.till.paid) == 1
    given = await stage.read(lambda tx: tx.decisions(request.id))
    assert sorted(each.person.name for each in given) == ["Noor", "Ravi"]
    assert old.id not in [each.id for each in given]
    entries = await stage.read(lambda tx: tx.audit_entries(request_id=request.id))
    [instead_of] = [entry.body["instead_of"] for entry in entries if "instead_of" in entry.body]
    assert isinstance(instead_of, dict)
    assert (instead_of["id"], instead_of["seal"]) == (old.id, seal)


async def test_a_genuine_decision_is_never_replaced(stage: Stage) -> None:
    stage.adopt(TWO)
    request = await stage.ask()
    await stage.approve(request)
    before = await stage.read(lambda tx: tx.decisions(request.id))
    assert "You have approved this already" in plain((await stage.approve(request)).text)
    assert await stage.read(lambda tx: tx.decisions(request.id)) == before
