"""Versions of the schema, run by `storage.sql.schema`."""
