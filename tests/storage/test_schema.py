"""Migrations, and what is said of a database that has not had them."""

from pathlib import Path

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text

from storage.sql import procrastinate_schema, schema
from storage.sql.address import BadAddress, PostgresServer, SqliteFile, parse
from storage.sql.open import Storage, open_storage
from storage.sql.tables import metadata
from storage.store import SchemaOutdated, StorageError, StoreBusy
from tests.conftest import Database
from tests.storage.cluster import Cluster


def test_migrations_make_exactly_the_tables(database: Database) -> None:
    with schema.transaction(parse(database.url)) as connection:
        context = MigrationContext.configure(connection, opts=dict(schema.options(connection)))
        assert compare_metadata(context, metadata) == []


def test_upgrading_twice_changes_nothing(database: Database) -> None:
    assert schema.current(database.url) == schema.head()
    assert schema.upgrade(database.url) == schema.head()
    schema.check(database.url)


@pytest.mark.parametrize("version", ["0000", "9999"])
async def test_a_schema_of_another_version_is_refused(database: Database, version: str) -> None:
    with schema.transaction(parse(database.url)) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :version"), {"version": version})
    try:
        with pytest.raises(SchemaOutdated, match="newer than this program"):
            await open_storage(database.url)
    finally:
        with schema.transaction(parse(database.url)) as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = :version"), {"version": schema.head()})


async def test_a_missing_database_is_not_made_by_opening_it(tmp_path: Path) -> None:
    path = tmp_path / "none.db"
    with pytest.raises(SchemaOutdated, match="signoff db upgrade"):
        await open_storage(f"sqlite:///{path}")
    assert not path.exists()


async def test_an_empty_file_is_told_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "empty.db").touch()
    with pytest.raises(SchemaOutdated, match="signoff db upgrade"):
        await open_storage(f"sqlite:///{tmp_path / 'empty.db'}")


def test_upgrading_makes_the_folder_too(tmp_path: Path) -> None:
    schema.upgrade(f"sqlite:///{tmp_path / 'new' / 'signoff.db'}")
    schema.check(f"sqlite:///{tmp_path / 'new' / 'signoff.db'}")


def test_a_file_that_is_no_database_is_named_so(tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("hello " * 100)
    with pytest.raises(StorageError, match="not a database"):
        schema.check(f"sqlite:///{tmp_path / 'text.db'}")


async def test_a_server_that_is_not_there_is_busy() -> None:
    with pytest.raises(StoreBusy, match="did not answer"):
        await open_storage("postgresql://signoff@127.0.0.1:9/none")


async def test_an_empty_server_is_told_what_to_do(cluster: Cluster) -> None:
    with pytest.raises(SchemaOutdated, match="signoff db upgrade"):
        await open_storage(cluster.create("empty"))


def test_foreign_procrastinate_tables_are_left_alone(cluster: Cluster) -> None:
    url = cluster.create("foreign")
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE procrastinate_jobs (id int)")
    with pytest.raises(SchemaOutdated, match="a database of its own"):
        schema.upgrade(url)
    assert schema.current(url) is None


def test_later_changes_of_procrastinate_are_applied_once(cluster: Cluster, tmp_path: Path) -> None:
    address = parse(cluster.create("older"))
    schema.upgrade(cluster.url("older"))
    (tmp_path / "00.01.00_01_early.sql").write_text("CREATE TABLE too_early (id int);")
    (tmp_path / "99.00.00_01_later.sql").write_text("CREATE TABLE later (id int); INSERT INTO later VALUES (1)")
    for _ in range(2):
        with schema.transaction(address) as connection:
            procrastinate_schema.upgrade(connection, tmp_path)
    with schema.transaction(address) as connection:
        assert connection.execute(text("SELECT count(*) FROM later")).scalar() == 1
        assert connection.execute(text("SELECT to_regclass('too_early')")).scalar() is None


async def test_audit_entries_cannot_be_changed(database: Database, storage: Storage) -> None:
    await storage.store.write(lambda tx: tx.audit("e", actor="a"))
    changes = ["UPDATE audit SET actor = 'b'", "DELETE FROM audit"]
    for change in changes if database.name == "sqlite" else [*changes, "TRUNCATE audit"]:
        with pytest.raises(StorageError, match="never changed"), schema.transaction(parse(database.url)) as connection:
            connection.execute(text(change))
    assert len(await storage.store.read(lambda tx: tx.audit_entries())) == 1


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("sqlite:///signoff.db", SqliteFile(Path("signoff.db"))),
        ("sqlite:////var/lib/signoff.db", SqliteFile(Path("/var/lib/signoff.db"))),
        ("postgresql://me:p%40ss@db/signoff", PostgresServer("postgresql://me:p%40ss@db/signoff")),
        ("postgres://me@db/signoff", PostgresServer("postgresql://me@db/signoff")),
        ("postgresql+psycopg://me@db/signoff?sslmode=require", PostgresServer("postgresql://me@db/signoff?sslmode=require")),
    ],
)
def test_addresses(url: str, address: object) -> None:
    assert parse(url) == address


@pytest.mark.parametrize("url", ["", "signoff.db", "sqlite://", "sqlite:///:memory:", "mysql://me@db/signoff", "http://x"])
def test_bad_addresses_say_what_a_good_one_is(url: str) -> None:
    with pytest.raises(BadAddress, match=r"sqlite:///signoff\.db"):
        parse(url)


def test_secrets_stay_out_of_messages() -> None:
    with pytest.raises(BadAddress) as caught:
        parse("mysql://me:hunter2@db/signoff")
    assert "hunter2" not in str(caught.value)
