"""The Store port on SQL: one set of tables and statements that runs on SQLite and on PostgreSQL."""
