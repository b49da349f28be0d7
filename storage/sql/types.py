"""Column types that mean the same on SQLite and PostgreSQL, and the database's own clock."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from pydantic_core import PydanticSerializationError, to_json, to_jsonable_python
from sqlalchemy import JSON, DateTime, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator, TypeEngine

Processor = Callable[[Any], Any] | None  # of values that are not None


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC datetime to the microsecond; on SQLite as text of one width, so that it sorts by time."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Text on SQLite, TIMESTAMP WITH TIME ZONE on PostgreSQL."""
        return dialect.type_descriptor(Text() if dialect.name == "sqlite" else DateTime(timezone=True))

    def bind_processor(self, dialect: Dialect) -> Processor:
        """Python to database."""
        return utc_text if dialect.name == "sqlite" else _utc

    def result_processor(self, dialect: Dialect, coltype: object) -> Processor:
        """Database to Python."""
        return datetime.fromisoformat if dialect.name == "sqlite" else _utc


class Json(TypeDecorator[Any]):
    """Any JSON value or record, kept as text exactly as it was written, so that what was hashed can be hashed again.

    On PostgreSQL this is `json` and not `jsonb`, which rewrites numbers and refuses U+0000.
    """

    impl = JSON
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Text on SQLite, JSON on PostgreSQL."""
        return dialect.type_descriptor(Text() if dialect.name == "sqlite" else JSON())

    def bind_processor(self, dialect: Dialect) -> Processor:
        """Python to database."""
        return _json_text

    def result_processor(self, dialect: Dialect, coltype: object) -> Processor:
        """Database to Python; psycopg was told to leave it text (see `storage.sql.postgres`)."""
        return json.loads


class Words(TypeDecorator[str]):
    """Text for people. NUL and lone surrogates, which not every database can carry, become U+FFFD."""

    impl = Text
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Processor:
        """Python to database."""
        return _storable


class now(FunctionElement[datetime]):  # noqa: N801  # used as a function in statements
    """The store's time at the moment the database evaluates the statement."""

    type = UtcDateTime()
    inherit_cache = True


@compiles(now, "sqlite")
def _now_on_sqlite(element: now, compiler: Any, **options: Any) -> str:
    return "signoff_now()"


@compiles(now, "postgresql")
def _now_on_postgresql(element: now, compiler: Any, **options: Any) -> str:
    return "clock_timestamp()"


def utc_text(moment: datetime) -> str:
    """`moment` as `2026-01-31T09:30:00.000000+00:00`. Raises ValueError for a datetime without a timezone."""
    return _utc(moment).isoformat(timespec="microseconds")


def _utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError(f"{moment!r} has no timezone; times are aware UTC datetimes.")
    return moment if moment.tzinfo is UTC else moment.astimezone(UTC)


def _json_text(value: Any) -> str:
    try:
        return to_json(value, inf_nan_mode="null").decode()
    except PydanticSerializationError:  # lone surrogates, which only ASCII escapes can carry
        return json.dumps(to_jsonable_python(value, inf_nan_mode="null"))


def _storable(text: str) -> str:
    if text.isascii() and "\x00" not in text:
        return text
    return text.replace("\x00", "\ufffd").encode("utf-16", "surrogatepass").decode("utf-16", "replace")
