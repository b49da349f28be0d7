"""What the migrations do to rows that are there already."""

from pathlib import Path
from typing import Any

import pytest
from alembic import command
from sqlalchemy import ColumnClause, column
from sqlalchemy import table as sql_table
from sqlalchemy.engine import Connection

from storage.records import MessageStatus, Place
from storage.sql import procrastinate_schema, schema
from storage.sql.address import parse
from storage.sql.open import open_storage
from tests.storage.cluster import Cluster

CARD, RUN = '{"surface": "slack", "tenant": "T1", "channel": "C9"}', '{"surface": "slack", "tenant": "T1", "channel": "C1"}'
STOOD = '{"surface": "slack", "tenant": "T1", "channel": "C7", "thread": "1.5"}'
WHO = '{"key": "slack:T1:U1", "name": "Mia"}'
VERDICT = '{"outcome": "approve", "risk": "high", "reasons": [], "rules": [], "policy_version": "v1", "channel": %s}'
AT = "2026-11-22T12:00:00.000000+00:00"


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def before_places(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database as 0003 left it, with two requests: one asked about in C9, whose card stands in C7, one nowhere."""
    url = f"sqlite:///{tmp_path / 'old.db'}"
    if request.param == "postgresql":
        cluster: Cluster = request.getfixturevalue("cluster")
        url = cluster.create("before_places")
    with schema.transaction(parse(url)) as connection:
        if request.param == "postgresql":
            procrastinate_schema.upgrade(connection)
        config = schema._config()
        config.attributes["connection"] = connection
        command.upgrade(config, "0003")
        _fill(connection)
    return url


def _insert(connection: Connection, table: str, **values: Any) -> None:
    columns: list[ColumnClause[Any]] = [column(name) for name in values]
    connection.execute(sql_table(table, *columns).insert().values(values))


def _fill(connection: Connection) -> None:
    _insert(
        connection, "runs", id="run_1", trace_id="t", agent="support", agent_version="1", level=2, requester=WHO, origin=RUN,
        input="x", status="waiting", attempt=1, created_at=AT,
    )  # fmt: skip
    for request_id, place, channel in (("req_1", CARD, '"slack:C9"'), ("req_2", None, "null")):
        _insert(
            connection, "requests", id=request_id, run_id="run_1", step=2, agent="support", tenant="T1", requester=WHO,
            requester_key="slack:T1:U1", action="pay", summary="s", evidence="[]", labels="[]", revision=1, arguments="{}",
            target="t", verdict=VERDICT % channel, fingerprint="f", place=place, status="pending", created_at=AT,
            expires_at=AT,
        )  # fmt: skip
    for subject, purpose, place, channel in (("req_1", "card", STOOD, "C7"), ("run_1", "run", RUN, "C1")):
        _insert(
            connection, "messages", id=f"msg_{purpose}", purpose=purpose, subject=subject, place=place, surface="slack",
            tenant="T1", channel=channel, status="posted", address='{"ts": "1.6"}', shown="d", created_at=AT,
        )  # fmt: skip


async def test_what_was_asked_in_one_place_is_asked_there_still(before_places: str) -> None:
    schema.upgrade(before_places)
    storage = await open_storage(before_places)
    try:
        asked, nowhere = await storage.store.read(lambda tx: (tx.request("req_1"), tx.request("req_2")))
        [card] = await storage.store.read(lambda tx: tx.messages("req_1"))
        [notice] = await storage.store.read(lambda tx: tx.messages("run_1"))
    finally:
        await storage.close()
    home = Place(surface="slack", tenant="T1", channel="C9")
    assert (asked.places, nowhere.places) == ((home,), ())
    assert (asked.verdict.channels, nowhere.verdict.channels) == (("slack:C9",), ())
    assert (card.home, card.place.channel, card.status) == (home, "C7", MessageStatus.posted)
    assert notice.home == notice.place
