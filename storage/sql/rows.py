"""What the parts of a transaction share: running statements and turning rows into records."""

from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Table, bindparam, or_
from sqlalchemy.engine import Dialect

from storage.records import Record
from storage.sql.query import Connection, Cursor, Query

R = TypeVar("R", bound=Record)


class Rows:
    """One open transaction on one connection. Its parts (runs, requests ...) are subclasses, one for each stretch."""

    def __init__(self, connection: Connection, dialect: Dialect) -> None:
        self._connection = connection
        self._dialect = dialect

    def _run(self, query: Query, **values: object) -> Cursor:
        ready = query.on(self._dialect)
        return self._connection.execute(ready.sql, ready.parameters(values))

    def _changed(self, query: Query, **values: object) -> bool:
        """Whether the statement, which returns no rows, took effect."""
        return self._run(query, **values).rowcount > 0

    def _one(self, query: Query, kind: type[R], **values: object) -> R | None:
        row = self._run(query, **values).fetchone()
        return None if row is None else kind.model_validate(query.on(self._dialect).row(row))

    def _all(self, query: Query, kind: type[R], **values: object) -> list[R]:
        ready = query.on(self._dialect)
        return [kind.model_validate(ready.row(row)) for row in self._run(query, **values).fetchall()]

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


def fields(record: Record) -> dict[str, Any]:
    """The record's fields as parameters; the column types turn what is nested into JSON."""
    return dict(record)
