"""Procrastinate's own tables, brought up to date with ours.

Procrastinate ships a schema for new databases and a file for each later change
(https://procrastinate.readthedocs.io/en/stable/howto/production/migrations.html), but does not record which of them a
database has. We write the last one's name into the comment on its main table.
"""

from pathlib import Path

from procrastinate.schema import SchemaManager
from sqlalchemy import Connection

from storage.store import SchemaOutdated

_FIND = "SELECT to_regclass('procrastinate_jobs')::text, obj_description(to_regclass('procrastinate_jobs'), 'pg_class')"


_CHANGES = Path(SchemaManager.get_migrations_path())


def upgrade(connection: Connection, folder: Path = _CHANGES) -> None:
    """Create or update the tables, by the changes in `folder`, within the transaction of `connection`.

    Raises SchemaOutdated.
    """
    changes = sorted(folder.glob("*.sql"))
    table, applied = connection.exec_driver_sql(_FIND).one()
    if table is None:
        _run(connection, SchemaManager.get_schema())
    elif applied is None:
        raise SchemaOutdated(
            "This database holds Procrastinate tables that Signoff did not make. Give Signoff a database of its own."
        )
    else:
        for change in changes:
            if change.name > applied:
                _run(connection, change.read_text(encoding="utf-8"))
    _run(connection, f"COMMENT ON TABLE procrastinate_jobs IS '{changes[-1].name}'")


def _run(connection: Connection, script: str) -> None:
    """Several statements at once, with no parameters, so that a percent sign is a percent sign."""
    driver = connection.connection.driver_connection
    assert driver is not None  # noqa: S101  # the connection is open
    driver.execute(script)
