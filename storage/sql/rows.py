"""What the parts of a transaction share: running statements and turning rows into records."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Table, bindparam, or_
from sqlalchemy.engine import Dialect

from storage.records import Record
from storage.sql.query import Connection, Cursor, Query
from storage.sql.reader import Reader

R = TypeVar("R", bound=Record)


@cache
def reader(kind: type[R], query: Query, dialect: Dialect) -> Reader[R]:
    """What makes records of the rows of `query`."""
    return Reader(kind, query.on(dialect))


class Rows:
    """One open transaction on one connection. Its parts (runs, requests ...) are subclasses, one for each stretch."""

    def __init__(self, connection: Connection, dialect: Dialect) -> None:
        self._connection = connection
        self._dialect = dialect

    def _run(self, query: Query, **values: object) -> Cursor:
        ready = query.on(self._dialect)
        return self._connection.execute(ready.sql, ready.parameters(values))

    def _run_each(self, query: Query, many: Sequence[Mapping[str, object]]) -> None:
        """Run a statement that returns nothing once for each of these values."""
        ready = query.on(self._dialect)
        self._connection.cursor().executemany(ready.sql, [ready.parameters(values) for values in many])

    def _changed(self, query: Query, **values: object) -> bool:
        """Whether the statement, which returns no rows, took effect."""
        return self._run(query, **values).rowcount > 0

    def _one(self, query: Query, kind: type[R], **values: object) -> R | None:
        row = self._run(query, **values).fetchone()
        return None if row is None else reader(kind, query, self._dialect).read(row)

    def _all(self, query: Query, kind: type[R], **values: object) -> list[R]:
        rows, read = self._run(query, **values).fetchall(), reader(kind, query, self._dialect).read
        return [read(row) for row in rows]

    def _values(self, query: Query, **values: object) -> dict[str, Any] | None:
        """The first row as it is, for results that are no record."""
        row = self._run(query, **values).fetchone()
        return None if row is None else query.on(self._dialect).row(row)


def columns(table: Table, kind: type[Record]) -> list[ColumnElement[Any]]:
    """The columns that make up a record of `kind`."""
    return [table.c[name] for name in kind.model_fields]


def value(name: str, column: ColumnElement[Any]) -> ColumnElement[Any]:
    """A parameter that is converted like `column`."""
    return bindparam(name, type_=column.type)


def among(column: ColumnElement[str], *values: str) -> ColumnElement[bool]:
    """`column IN (values)`, written so that the number of parameters is part of the statement."""
    return or_(*(column == str(one) for one in values))


def literal(prefix: str) -> str:
    """A prefix for `startswith(..., escape="/")` over what `lower` makes of a column: nothing in it is a pattern."""
    return prefix.lower().replace("/", "//").replace("%", "/%").replace("_", "/_")


def fields(record: Record) -> dict[str, Any]:
    """The record's fields as parameters; the column types turn what is nested into JSON."""
    return vars(record)
