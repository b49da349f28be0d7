"""What drivers raise, in the words of the Store port."""

import sqlite3

import psycopg

from storage.store import Conflict, SchemaOutdated, StorageError, StoreBusy, Unreadable

UPGRADE = "Run `signoff db upgrade`."

# What passes without anybody mending the program (https://www.sqlite.org/rescode.html).
PASSING = {
    sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_INTERRUPT,
    sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PROTOCOL,
}  # fmt: skip


def from_sqlite(error: sqlite3.Error) -> StorageError:
    """The storage error that says what `error` means."""
    if isinstance(error, sqlite3.IntegrityError):
        return Conflict(f"The database refused the row: {error}.")
    if isinstance(error, sqlite3.OperationalError):
        if "no such table" in str(error) or "no such column" in str(error) or "has no column" in str(error):
            return SchemaOutdated(f"The database lacks something this program needs ({error}). {UPGRADE}")
        if "decode to UTF-8" in str(error):
            return Unreadable(f"A row cannot be read: {error}.")
        if getattr(error, "sqlite_errorcode", sqlite3.SQLITE_BUSY) & 0xFF in PASSING:
            return StoreBusy(f"The database did not take it: {error}.")
    return StorageError(f"The database refused the statement: {error}.")


def from_psycopg(error: psycopg.Error) -> StorageError:
    """The storage error that says what `error` means."""
    said = str(error).strip() or type(error).__name__
    if isinstance(error, psycopg.errors.UndefinedTable | psycopg.errors.UndefinedColumn | psycopg.errors.UndefinedFunction):
        return SchemaOutdated(f"The database lacks something this program needs ({said}). {UPGRADE}")
    if isinstance(error, psycopg.IntegrityError):
        return Conflict(f"The database refused the row: {said}.")
    if isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
        return StoreBusy(f"The database did not answer: {said}.")
    return StorageError(f"The database refused the statement: {said}.")
