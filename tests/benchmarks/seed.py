"""Many pending requests, made of one real one by the database itself: all its rows again and again, under other ids.

The audit chain goes on over all of them, so `signoff audit verify` holds on what is made here.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import psycopg
from psycopg.types.string import TextLoader
from sqlalchemy import Connection, text

from storage.audit import link
from storage.records import AuditEntry
from storage.sql.address import parse
from storage.sql.query import POSTGRESQL, SQLITE, Query
from storage.sql.rows import columns
from storage.sql.schema import transaction
from storage.sql.tables import Audit, Messages, Requests, Revisions, Row, Runs, Steps, table
from storage.sql.types import Json

# What names a run or a request, and how the rows of one run and its request are found.
_NAMES = ("id", "run_id", "request_id", "subject")
_TABLES: Sequence[tuple[type[Row], str]] = (
    (Runs, "id = :run"),
    (Steps, "run_id = :run"),
    (Requests, "id = :request"),
    (Revisions, "request_id = :request"),
    (Messages, "subject IN (:run, :request)"),
)
# Each a little older than the one before it: what is listed by age must find an order.
_AGES = {
    "sqlite": "strftime('%Y-%m-%dT%H:%M:%f000+00:00', created_at, printf('-%.2f seconds', n * 0.01))",
    "postgresql": "created_at - n * interval '10 milliseconds'",
}
_SERIES = "WITH RECURSIVE series(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM series WHERE n < :count)"


def name(original: str, number: int) -> str:
    """The id of the copy with that number."""
    return f"{original}_{number}"


def multiply(url: str, run_id: str, request_id: str, count: int, *, overdue: bool = False) -> None:
    """Store so many copies of a pending request and its run; `overdue` puts the end of their time into the past."""
    if not count:
        return
    with transaction(parse(url)) as connection:
        for model, which in _TABLES:
            values = {"run": run_id, "request": request_id, "count": count}
            connection.execute(text(_copies(model, which, connection.dialect.name)), values)
        if overdue:
            long_ago = text("UPDATE requests SET expires_at = '2026-01-01T00:00:00.000000+00:00' WHERE status = 'pending'")
            connection.execute(long_ago)
        _audit(connection, run_id, count)
    with transaction(parse(url)) as connection:
        connection.execute(text("ANALYZE"))


def _copies(model: type[Row], which: str, dialect: str) -> str:
    stored = table(model)
    names = ", ".join(f'"{column.name}"' for column in stored.columns)
    copied = ", ".join(_copied(column, dialect) for column in stored.columns)
    order = "n" if dialect == "sqlite" else "random()"  # ids are random, and rows lie in the order of ids nowhere
    return f"INSERT INTO {stored.name} ({names}) {_SERIES} SELECT {copied} FROM {stored.name}, series WHERE {which} ORDER BY {order}"  # noqa: S608, E501


def _copied(column: Any, dialect: str) -> str:
    if column.name in _NAMES:
        return f"\"{column.name}\" || '_' || n"
    if column.name == "created_at":
        return _AGES[dialect]
    if isinstance(column.type, Json) and column.name == "detail":
        renamed = f"replace(CAST(\"{column.name}\" AS TEXT), :request, :request || '_' || n)"
        return renamed if dialect == "sqlite" else f"CAST({renamed} AS JSON)"
    return f'"{column.name}"'


def _audit(connection: Connection, run_id: str, count: int) -> None:
    """The entries of the run again for each copy, linked."""
    dialect = SQLITE if connection.dialect.name == "sqlite" else POSTGRESQL
    stored = table(Audit)
    insert = Query(stored.insert()).on(dialect)
    if isinstance(driver := connection.connection.driver_connection, psycopg.Connection):
        driver.adapters.register_loader("json", TextLoader)  # as the store reads it
    entries = [
        AuditEntry.model_validate(dict(row._mapping))
        for row in connection.execute(stored.select().with_only_columns(*columns(stored, AuditEntry)).order_by(stored.c.seq))
    ]
    mine = [entry for entry in entries if entry.run_id == run_id]
    cursor = connection.connection.cursor()
    batch: list[Any] = []
    for entry in _linked(mine, entries[-1], count):
        batch.append(insert.parameters(vars(entry)))
        if len(batch) == 5000:
            cursor.executemany(insert.sql, batch)
            batch.clear()
    cursor.executemany(insert.sql, batch)


def _linked(entries: Sequence[AuditEntry], last: AuditEntry, count: int) -> Iterator[AuditEntry]:
    seq, previous = last.seq, last.hash
    for number in range(1, count + 1):
        for entry in entries:
            seq += 1
            copied = {"seq": seq, "previous": previous, "run_id": name(str(entry.run_id), number)}
            if entry.request_id:
                copied["request_id"] = name(entry.request_id, number)
            made = entry.model_copy(update=copied)
            previous = link(made)
            yield made.model_copy(update={"hash": previous})
