"""Statements written in SQLAlchemy Core, compiled once for each database and run on its driver.

Skipping SQLAlchemy's execution layer makes a statement about five times cheaper, which on SQLite, where all writes share
one thread, is most of what a transaction costs.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import ColumnElement
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.postgresql import psycopg
from sqlalchemy.engine import Dialect
from sqlalchemy.sql.base import Executable
from sqlalchemy.sql.dml import UpdateBase
from sqlalchemy.sql.selectable import SelectBase
from sqlalchemy.types import TypeDecorator

from storage.sql.types import Json, Processor

SQLITE: Dialect = sqlite.dialect(paramstyle="named")
POSTGRESQL: Dialect = psycopg.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy has no types here


class Cursor(Protocol):
    """What is used of a driver's cursor."""

    @property
    def rowcount(self) -> int:
        """Rows that the statement touched."""

    def executemany(self, query: str, params: Sequence[Mapping[str, object]], /) -> object:
        """Run one statement that returns nothing with each of these parameters; psycopg does it in one round trip."""

    def fetchone(self) -> Sequence[Any] | None:
        """The next row."""

    def fetchall(self) -> Sequence[Sequence[Any]]:
        """The remaining rows."""


class Connection(Protocol):
    """What is used of a driver's connection."""

    def execute(self, query: str, params: Mapping[str, object], /) -> Cursor:
        """Run one statement with named parameters."""

    def cursor(self) -> Cursor:
        """For statements that are run many times."""


@dataclass(frozen=True)
class Compiled:
    """One statement, ready for one database."""

    sql: str
    constants: Mapping[str, object]
    convert: Mapping[str, Callable[[Any], Any]]
    columns: tuple[tuple[str, Processor], ...]
    json: frozenset[str]
    """Names of the columns that hold JSON text."""

    def parameters(self, values: Mapping[str, object]) -> Mapping[str, object]:
        """Values for the driver; names that the statement does not have are an error there, missing ones too."""
        ready = {**self.constants, **values}
        for name, convert in self.convert.items():
            if ready[name] is not None:
                ready[name] = convert(ready[name])
        return ready

    def row(self, raw: Sequence[Any]) -> dict[str, Any]:
        """A row from the driver, by column name."""
        return {
            name: value if convert is None or value is None else convert(value)
            for (name, convert), value in zip(self.columns, raw, strict=True)
        }


class Query:
    """A statement of the program's, made once when its module is loaded."""

    def __init__(self, statement: Executable) -> None:
        self._statement = statement
        self._compiled: dict[str, Compiled] = {}

    def on(self, dialect: Dialect) -> Compiled:
        """The statement for `dialect`."""
        compiled = self._compiled.get(dialect.name)
        if compiled is None:
            compiled = self._compiled[dialect.name] = _compile(self._statement, dialect)
        return compiled


def _compile(statement: Executable, dialect: Dialect) -> Compiled:
    compiled = statement.compile(dialect=dialect)  # type: ignore[attr-defined]  # every Core statement has it
    convert: dict[str, Callable[[Any], Any]] = {}
    constants: dict[str, object] = {}
    for bind, name in compiled.bind_names.items():
        if process := _binder(bind.type, dialect):
            convert[name] = process
        if not bind.required:
            constants[name] = bind.effective_value
    json = frozenset(str(column.key) for column in _exported(statement) if isinstance(column.type, Json))
    return Compiled(compiled.string, constants, convert, _columns(statement, dialect), json)


def _columns(statement: Executable, dialect: Dialect) -> tuple[tuple[str, Processor], ...]:
    return tuple((str(column.key), _reader(column.type, dialect)) for column in _exported(statement))


def _exported(statement: Executable) -> Iterable[ColumnElement[Any]]:
    return statement.exported_columns if isinstance(statement, SelectBase | UpdateBase) else ()


def _binder(type: Any, dialect: Dialect) -> Processor:
    return type.bind_processor(dialect) if isinstance(type, TypeDecorator) else None  # drivers know the plain types


def _reader(type: Any, dialect: Dialect) -> Processor:
    return type.result_processor(dialect, None) if isinstance(type, TypeDecorator) else None
