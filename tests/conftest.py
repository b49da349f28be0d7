"""Databases for tests: a SQLite file, or a database on a PostgreSQL cluster of this test session's own."""

import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from storage.sql import schema
from storage.sql.open import Storage, open_storage
from tests.scratch import scratch
from tests.storage.cluster import Cluster, find_binaries


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Have `tmp_path` lie in memory, unless `--basetemp` says otherwise or one of several workers was told where."""
    memory = scratch()
    if memory is not None and config.option.basetemp is None:
        config.option.basetemp = folder = tempfile.mkdtemp(prefix="signoff-tests-", dir=memory)
        config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))


@dataclass
class Database:
    """An empty, migrated database. `ahead` moves the store's time for all that open it through here."""

    url: str
    ahead: timedelta = field(default_factory=timedelta)

    @property
    def name(self) -> str:
        return self.url.split(":", 1)[0]

    @asynccontextmanager
    async def open(self, *, exclusive: bool = False) -> AsyncIterator[Storage]:
        storage = await open_storage(
            self.url,
            exclusive=exclusive,
            clock=lambda: datetime.now(UTC) + self.ahead,
            clock_offset=lambda: self.ahead,
        )
        try:
            yield storage
        finally:
            await storage.close()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    schema.upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    path = tmp_path / "signoff.db"
    shutil.copy(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    binaries = find_binaries()
    if binaries is None:
        pytest.skip("PostgreSQL's initdb and postgres are not installed")
    with Cluster.start(binaries) as running:
        yield running


@pytest.fixture(scope="session")
def migrated(cluster: Cluster) -> str:
    url = cluster.create("migrated")
    schema.upgrade(url)
    return url


@pytest.fixture
def postgresql_url(cluster: Cluster, migrated: str) -> Iterator[str]:
    yield migrated
    cluster.empty(migrated)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest) -> Database:
    return Database(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture
async def storage(database: Database) -> AsyncIterator[Storage]:
    async with database.open() as opened:
        yield opened
