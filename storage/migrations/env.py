"""Run by alembic for every command; the connection, with its transaction open, comes from `storage.sql.schema`."""

from alembic import context

from storage.sql.schema import options

context.configure(connection=context.config.attributes["connection"], **options(context.config.attributes["connection"]))
with context.begin_transaction():
    context.run_migrations()
