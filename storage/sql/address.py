"""Where a database is, read from a URL."""

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from storage.store import StorageError


class BadAddress(StorageError):
    """The URL names no database that Signoff can use."""


@dataclass(frozen=True)
class SqliteFile:
    """A SQLite file on this machine's own disk."""

    path: Path


@dataclass(frozen=True)
class PostgresServer:
    """A PostgreSQL database; `dsn` is what libpq understands."""

    dsn: str


def parse(url: str) -> SqliteFile | PostgresServer:
    """`sqlite:///relative.db`, `sqlite:////absolute.db` or `postgresql://user@host/name`. Raises BadAddress."""
    try:
        parts = make_url(url)
    except (ArgumentError, ValueError) as error:
        raise BadAddress(f"That is no database URL. {EXAMPLES}") from error
    kind = parts.get_backend_name()
    if kind == "sqlite":
        if parts.database in (None, "", ":memory:"):
            raise BadAddress(f"A SQLite database must be a file, because readers and the writer share it. {EXAMPLES}")
        return SqliteFile(Path(str(parts.database)))
    if kind in ("postgresql", "postgres"):
        return PostgresServer(parts.set(drivername="postgresql").render_as_string(hide_password=False))
    raise BadAddress(f"Signoff runs on SQLite and PostgreSQL, not on {kind}. {EXAMPLES}")


EXAMPLES = "Write sqlite:///signoff.db or postgresql://user:password@host/name."
