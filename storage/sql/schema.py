"""The schema of a database: bring it up to date, or say that it is not."""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import psycopg
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from storage.sql import procrastinate_schema, sqlite
from storage.sql.address import PostgresServer, SqliteFile, parse
from storage.sql.errors import UPGRADE, from_psycopg, from_sqlite
from storage.sql.tables import metadata
from storage.store import SchemaOutdated

_MIGRATIONS = Path(__file__).parent.parent / "migrations"
_ONE_AT_A_TIME = 1365311233  # advisory lock of whoever changes a PostgreSQL schema


def upgrade(url: str) -> str:
    """Bring the schema up to date in one transaction; return its version. Raises BadAddress, StoreBusy."""
    address = parse(url)
    if isinstance(address, SqliteFile):
        address.path.parent.mkdir(parents=True, exist_ok=True)
    with transaction(address) as connection:
        if isinstance(address, PostgresServer):
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_ONE_AT_A_TIME})")
            procrastinate_schema.upgrade(connection)
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    return head()


def current(url: str) -> str | None:
    """The version of the schema in the database; None if there is none. Raises BadAddress, StoreBusy."""
    address = parse(url)
    if isinstance(address, SqliteFile) and not address.path.exists():
        return None
    with transaction(address) as connection:
        return MigrationContext.configure(connection).get_current_revision()


def head() -> str:
    """The version that this program needs."""
    return str(ScriptDirectory.from_config(_config()).get_current_head())


def check(url: str) -> None:
    """Raises SchemaOutdated unless the database has the version that this program needs; also BadAddress, StoreBusy."""
    found, needed = current(url), head()
    if found is None:
        raise SchemaOutdated(f"The database has no tables of Signoff's yet. {UPGRADE}")
    if found == needed:
        return
    if found in {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}:
        raise SchemaOutdated(f"The database's schema is {found}, this program needs {needed}. {UPGRADE}")
    raise SchemaOutdated(f"The database's schema is {found}, which is newer than this program ({needed}). Update Signoff.")


def options(connection: Connection) -> Mapping[str, Any]:
    """How alembic works on this database; also what tests compare the tables with."""
    database = connection.dialect.name

    def ours(thing: Any, name: str | None, kind: str, reflected: bool, other: Any) -> bool:
        if kind == "table" and reflected:
            return name in metadata.tables
        return kind != "table" or thing.info.get("database", database) == database

    return {
        "target_metadata": metadata,
        "render_as_batch": database == "sqlite",
        "transactional_ddl": True,
        "include_object": ours,
    }


@contextmanager
def transaction(address: SqliteFile | PostgresServer) -> Iterator[Connection]:
    """A transaction by the same recipe, for changes of the schema. Raises StorageError."""
    engine = _engine(address)
    try:
        with engine.begin() as connection:
            yield connection
    except DBAPIError as error:
        if isinstance(error.orig, sqlite3.Error):
            raise from_sqlite(error.orig) from error
        raise from_psycopg(cast("psycopg.Error", error.orig)) from error
    except psycopg.Error as error:
        raise from_psycopg(error) from error
    finally:
        engine.dispose()


def _engine(address: SqliteFile | PostgresServer) -> Engine:
    if isinstance(address, PostgresServer):
        return create_engine(
            "postgresql+psycopg://", creator=lambda: psycopg.connect(address.dsn, connect_timeout=5), poolclass=NullPool
        )
    engine = create_engine("sqlite://", creator=lambda: sqlite.connect(address.path), poolclass=NullPool)
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    return engine


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
