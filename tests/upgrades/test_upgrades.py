"""Runs that were parked by older releases are decided on by this one, and go on: nothing is asked again, nothing lost.

0.1.0-a   the first schema (0001): the support agent alone, approvals without seals
0.1.0-b   schema 0003, before a request could be asked about in several places
0.1.0-c   schema 0004 with triage, and a research agent whose turns had another form
0.1.0-d   the levels that the runtime enforces, and research on `run.work`
"""

import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from sqlalchemy import column, table
from sqlalchemy.engine import Connection

from agents.actions import Actions, Effect
from agents.model import Answer, Call, M, Prompt, Said, Talk
from bot.flow.front_desk import FrontDesk
from storage.audit import verify
from storage.records import JsonObject, Request, RequestStatus, Run, RunStatus
from storage.sql import procrastinate_schema, schema
from storage.sql.address import parse
from tests.bot.flow.stage import Clock, Stage, stage_on
from tests.storage.cluster import Cluster
from tests.upgrades.make import staff, systems_in

NUMBERS = count()
HERE = Path(__file__).parent
ALL = ("0.1.0-a", "0.1.0-b", "0.1.0-c", "0.1.0-d")
DONE = {
    "execute_financial_action": "Done: execute_financial_action.",
    "send_external_email": "Done: send_external_email.",
    "update_internal_record": "Done: update_internal_record.",
}


@dataclass
class Counting:
    """A model that remembers what it was asked."""

    real: Any
    asked: list[str]
    name: str = "counting"

    async def ask(self, prompt: Prompt, schema: type[M]) -> Answer[M]:
        self.asked.append(prompt.name)
        answer: Answer[M] = await self.real.ask(prompt, schema)
        return answer

    async def turn(self, talk: Talk) -> Answer[Call | Said]:
        self.asked.append(talk.name)
        answer: Answer[Call | Said] = await self.real.turn(talk)
        return answer


@dataclass
class Now:
    """Today's Signoff on an old database, with what ran and what the model was asked since."""

    stage: Stage
    ran: list[tuple[str, JsonObject]]
    asked: list[str]

    async def waiting(self) -> list[Request]:
        return list(await self.stage.read(lambda tx: tx.requests(status=RequestStatus.pending)))

    async def run_of(self, request: Request) -> Run:
        return await self.stage.read(lambda tx: tx.run(request.run_id))


def _noting(name: str, ran: list[tuple[str, JsonObject]]) -> Callable[[Any, Effect], Awaitable[JsonObject]]:
    async def execute(arguments: Any, effect: Effect) -> JsonObject:
        ran.append((name, arguments.model_dump(mode="json")))
        return {"summary": f"Done: {name}."}

    return execute


@asynccontextmanager
async def today(url: str, folder: Path) -> AsyncIterator[Now]:
    """Today's Signoff on a database, a minute after the runs were parked."""
    clock, systems = Clock(), systems_in(folder)
    clock.move(minutes=1)
    ran: list[tuple[str, JsonObject]] = []
    asked: list[str] = []
    async with stage_on(url, clock) as stage:
        staff(stage, systems)
        spied = Actions(replace(each, execute=_noting(each.name, ran)) for each in stage.signoff.actions.values())
        stage.signoff = replace(stage.signoff, actions=spied, model=Counting(stage.signoff.model, asked))
        stage.desk = FrontDesk(stage.signoff)
        yield Now(stage, ran, asked)
    systems.close()


def _restored(release: str, path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path)
    connection.executescript((HERE / f"{release}.sql").read_text())
    return connection


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str], str]:
    """Makes a database as a release left it, and returns its URL."""

    def restore(release: str) -> str:
        url = f"sqlite:///{tmp_path / 'signoff.db'}"
        connection = _restored(release, tmp_path / "signoff.db")
        if request.param == "postgresql":
            cluster: Cluster = request.getfixturevalue("cluster")
            url = cluster.create(f"upgrade_{next(NUMBERS)}")
            _moved(connection, url)
        connection.close()
        return url

    return restore


def _moved(old: sqlite3.Connection, url: str) -> None:
    """The rows of a SQLite database in a PostgreSQL database of the same schema."""
    [(version,)] = old.execute("SELECT version_num FROM alembic_version")
    with schema.transaction(parse(url)) as connection:
        procrastinate_schema.upgrade(connection)
        config = schema._config()
        config.attributes["connection"] = connection
        command.upgrade(config, version)
        connection.exec_driver_sql("SET session_replication_role = replica")  # rows come in any order
        for (name,) in old.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            if not name.startswith(("alembic", "sqlite", "jobs")):
                _copy(old, connection, name)


def _copy(old: sqlite3.Connection, new: Connection, name: str) -> None:
    found = old.execute(f'SELECT * FROM "{name}"')  # noqa: S608
    names = [each[0] for each in found.description]
    rows = [dict(zip(names, row, strict=True)) for row in found]
    if rows:
        new.execute(table(name, *(column(each) for each in names)).insert(), rows)


@pytest.mark.parametrize("release", ALL)
async def test_runs_parked_by_an_older_release_are_approved_and_end_right(
    old: Callable[[str], str], tmp_path: Path, release: str
) -> None:
    url = old(release)
    schema.upgrade(url)
    async with today(url, tmp_path) as now:
        waiting = [each for each in await now.waiting() if each.agent != "research"]
        assert {each.action for each in waiting} == set(DONE) - (
            {"update_internal_record"} if release < "0.1.0-c" else set()
        )
        for request in waiting:
            await now.stage.approve(request)
            run = await now.run_of(request)
            assert (run.status, run.error) == (RunStatus.succeeded, None)
            assert DONE[request.action] in (run.final_output or "")
        assert now.ran == [(request.action, request.arguments) for request in waiting]
        assert now.asked == []
        assert verify(list(await now.stage.read(lambda tx: tx.audit_entries(limit=10_000)))) is None


@pytest.mark.parametrize("release", ALL)
async def test_a_run_parked_by_an_older_release_hears_of_a_rejection(
    old: Callable[[str], str], tmp_path: Path, release: str
) -> None:
    url = old(release)
    schema.upgrade(url)
    async with today(url, tmp_path) as now:
        [refund] = [each for each in await now.waiting() if each.action == "execute_financial_action"]
        await now.stage.reject(refund, note="Not this one.")
        run = await now.run_of(refund)
        assert run.status is RunStatus.succeeded
        assert "was rejected" in (run.final_output or "")
        assert now.ran == []


async def test_research_goes_on_where_it_was_parked(old: Callable[[str], str], tmp_path: Path) -> None:
    url = old(ALL[-1])
    schema.upgrade(url)
    async with today(url, tmp_path) as now:
        [mail] = [each for each in await now.waiting() if each.agent == "research"]
        await now.stage.approve(mail)
        assert (await now.run_of(mail)).status is RunStatus.succeeded
        assert now.ran == [(mail.action, mail.arguments)]
        assert now.asked == ["research"]  # the one turn that was still to come


async def test_research_of_another_form_runs_what_was_approved_and_says_that_it_cannot_go_on(
    old: Callable[[str], str], tmp_path: Path
) -> None:
    url = old("0.1.0-c")
    schema.upgrade(url)
    async with today(url, tmp_path) as now:
        [mail] = [each for each in await now.waiting() if each.agent == "research"]
        await now.stage.approve(mail)
        run = await now.run_of(mail)
        assert now.ran == [(mail.action, mail.arguments)]
        assert run.status is RunStatus.failed
        assert "step 1 was llm_call 'turn', now it is one that cannot read the result it gave" in (run.error or "")
        assert "send_external_email (succeeded)" in (run.error or "")


@pytest.mark.parametrize("release", ALL)
def test_a_fixture_names_no_machine(release: str) -> None:
    text = (HERE / f"{release}.sql").read_text()
    assert not [word for word in ("/tmp/", "/home/", "/root/", "/Users/", "/dev/shm") if word in text]
